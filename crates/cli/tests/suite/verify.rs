//! `sever verify` as its users run it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::{Dir, Run, case, dir, history, key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use severance_domain::verdict::Verdict;

const KEY: [&str; 2] = ["--key", "key.pem"];

/// A directory with the public key and these revisions of a user's case.
fn evidence(test: &str, revisions: &[usize]) -> Dir {
    let dir = dir(test);
    dir.write("key.pem", key(7).pem());
    let statements = history("deployer", &key(7));
    for revision in revisions {
        dir.write(&format!("case/r{revision:04}.dsse.json"), key(7).seal(&statements[revision - 1]));
    }
    dir
}

#[test]
fn genuine_evidence_is_printed_for_a_reader() {
    let run = evidence("genuine", &[1]).sever(&["verify", "case/r0001.dsse.json", KEY[0], KEY[1]]);
    run.expect(
        0,
        &[
            "VERIFIED  case/r0001.dsse.json",
            "Verdict    partial",
            "IAM user arn:aws:iam::012345678901:user/deployer",
            "AIDADEPLOYER",
            "alice@example.com",
            "an access key of deployer is public",
            "1. quarantine user deployer with a deny-all policy",
            "confirmed 2026-03-01T12:00:00Z: the policy is there",
            "FAILED 2026-03-01T12:00:00Z: iam:UpdateAccessKey answered Throttling, to be tried again: Rate exceeded",
            "Not proven",
            "no call was made with the credential itself (probe)",
            &key(7).fingerprint(),
            "CHAIN WHOLE",
            "the last one left steps to be tried again: a later revision should exist",
            "RESULT  VERIFIED: 1 of 1 files verified, 1 case, exit code 0",
        ],
    );
    assert_eq!(run.err, "");
}

#[test]
fn standard_input_is_a_file_too() {
    let dir = evidence("stdin", &[]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_sever"))
        .args(["verify", "-", KEY[0], KEY[1]])
        .current_dir(dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&key(7).seal(&key(7).state(&case("deployer")))).unwrap();
    Run::of(child.wait_with_output().unwrap()).expect(0, &["VERIFIED  (standard input)"]);
}

#[test]
fn a_directory_is_searched_and_holds_several_cases() {
    let dir = evidence("several", &[1, 2, 3]);
    for (n, statement) in history("other", &key(7)).iter().enumerate() {
        dir.write(&format!("case/deeper/{n}.dsse.json"), key(7).seal(statement));
    }
    dir.write("case/notes.txt", "not evidence, and not named like it");
    let run = dir.sever(&["verify", "case", KEY[0], KEY[1]]);
    run.expect(0, &["RESULT  VERIFIED: 6 of 6 files verified, 2 cases", "revisions 1, 2, 3 at hand"]);
}

#[test]
fn the_order_of_files_and_copies_of_them_do_not_matter() {
    let dir = evidence("order", &[1, 2, 3]);
    let run = dir.sever(&[
        "verify",
        "case/r0003.dsse.json",
        "case/r0001.dsse.json",
        "case/r0002.dsse.json",
        "case/r0001.dsse.json",
        KEY[0],
        KEY[1],
    ]);
    run.expect(0, &["CHAIN WHOLE", "revisions 1, 2, 3 at hand"]);
}

#[test]
fn a_changed_byte_fails_as_altered() {
    let dir = evidence("altered", &[1]);
    let envelope: Value = serde_json::from_slice(&key(7).seal(&key(7).state(&case("deployer")))).unwrap();
    for pointer in ["/payload", "/signatures/0/sig", "/signatures/0/keyid"] {
        let length = envelope.pointer(pointer).unwrap().as_str().unwrap().len();
        for n in (0..length).step_by(length / 12) {
            let mut changed = envelope.clone();
            let mut text = changed.pointer(pointer).unwrap().as_str().unwrap().as_bytes().to_vec();
            text[n] = if text[n] == b'a' { b'b' } else { b'a' };
            *changed.pointer_mut(pointer).unwrap() = String::from_utf8(text).unwrap().into();
            dir.write("changed.dsse.json", changed.to_string());
            dir.sever(&["verify", "changed.dsse.json", KEY[0], KEY[1]])
                .expect(12, &["ALTERED  changed.dsse.json", "altered"]);
        }
    }
}

/// What a byte of the file itself turns into is refused, unless it means the same envelope (white space).
#[test]
fn no_changed_byte_of_a_file_passes() {
    let dir = evidence("bytes", &[]);
    let original = key(7).seal(&key(7).state(&case("deployer")));
    for n in (0..original.len()).step_by(41).chain(0..60).chain(original.len() - 60..original.len()) {
        let mut changed = original.clone();
        changed[n] ^= 1;
        dir.write("changed.dsse.json", &changed);
        let run = dir.sever(&["verify", "changed.dsse.json", KEY[0], KEY[1]]);
        assert!(matches!(run.code, Some(11 | 12)), "byte {n}: {run:?}");
    }
}

#[test]
fn a_wrong_key_is_named_and_so_is_the_right_one() {
    let dir = evidence("wrong-key", &[1]);
    dir.write("key.pem", key(9).pem());
    let run = dir.sever(&["verify", "case", KEY[0], KEY[1]]);
    run.expect(13, &["WRONG KEY  case", "wrong key", &key(7).fingerprint(), &key(9).fingerprint()]);
}

#[test]
fn evidence_from_before_and_after_a_change_of_keys_is_checked_with_both() {
    let dir = evidence("rotated", &[1]);
    let [_, second, _] = history("deployer", &key(7));
    dir.write("case/r0002.dsse.json", key(9).seal(&key(9).state(&second.predicate.case)));
    dir.write("new.pem", key(9).pem());
    dir.sever(&["verify", "case", KEY[0], KEY[1], "--key", "new.pem"]).expect(0, &["CHAIN WHOLE"]);
    dir.sever(&["verify", "case", KEY[0], KEY[1]]).expect(13, &["1 of 2 files verified"]);
}

#[test]
fn a_cut_chain_fails_and_says_what_is_missing() {
    for (revisions, missing) in [
        (&[2, 3][..], "cut: revision 1 is not"),
        (&[3], "cut: revisions 1 to 2 are not"),
        (&[1, 3], "cut: revision 2 is not"),
    ] {
        let dir = evidence(&format!("cut-{}", revisions.len() * 10 + revisions[0]), revisions);
        dir.sever(&["verify", "case", KEY[0], KEY[1]]).expect(14, &["CHAIN BROKEN", missing]);
    }
}

#[test]
fn a_partial_chain_is_accepted_on_demand_and_says_so_loudly() {
    let dir = evidence("partial", &[2]);
    let run = dir.sever(&["verify", "case", KEY[0], KEY[1], "--allow-partial-chain"]);
    run.expect(0, &["CHAIN PARTIAL", "NOT CHECKED: revision 1 is not", "BUT NOT EVERY REVISION WAS AT HAND"]);
    assert!(run.err.contains("WARNING"), "{}", run.err);
}

#[test]
fn two_stories_of_one_revision_break_a_chain_also_a_partial_one() {
    let dir = evidence("fork", &[1, 2, 3]);
    let [_, second, _] = history("deployer", &key(7));
    let mut other = second.predicate.case;
    other.notes.push("another story".to_owned());
    dir.write("case/other.dsse.json", key(7).seal(&key(7).state(&other)));
    let run = dir.sever(&["verify", "case", KEY[0], KEY[1], "--allow-partial-chain"]);
    run.expect(14, &["revision 2 exists twice with different content"]);
    let two_and_a_half =
        ["verify", "case/r0001.dsse.json", "case/other.dsse.json", "case/r0003.dsse.json", KEY[0], KEY[1]];
    dir.sever(&two_and_a_half).expect(14, &["revision 3 follows on"]);
}

#[test]
fn what_is_no_evidence_is_told_from_what_is_altered() {
    let dir = evidence("malformed", &[]);
    dir.write("text.json", "hello");
    dir.sever(&["verify", "text.json", KEY[0], KEY[1]]).expect(11, &["NOT EVIDENCE", "not a DSSE envelope"]);
    dir.write("other.json", key(7).seal_bytes("text/plain", b"hello"));
    dir.sever(&["verify", "other.json", KEY[0], KEY[1]]).expect(11, &["text/plain"]);
}

#[test]
fn a_signed_lie_is_inconsistent() {
    let dir = evidence("lie", &[]);
    let mut case = case("deployer");
    case.verdict = Some(Verdict::VerifiedRevoked);
    dir.write("lie.json", key(7).seal(&key(7).state(&case)));
    let run = dir.sever(&["verify", "lie.json", KEY[0], KEY[1]]);
    run.expect(15, &["INCONSISTENT", "its verdict is verified_revoked, but its steps allow only partial"]);
    let pretty = serde_json::to_vec_pretty(&key(7).state(&crate::support::case("deployer"))).unwrap();
    dir.write("pretty.json", key(7).seal_bytes("application/vnd.in-toto+json", &pretty));
    dir.sever(&["verify", "pretty.json", KEY[0], KEY[1]]).expect(15, &["not canonical JSON"]);
}

#[test]
fn what_cannot_be_read_is_no_success() {
    let dir = evidence("unreadable", &[1]);
    dir.write("empty/nothing.txt", "");
    dir.sever(&["verify", "case", "gone.json", KEY[0], KEY[1]])
        .expect(10, &["UNREADABLE  gone.json", "1 of 2 files verified"]);
    dir.sever(&["verify", "empty", KEY[0], KEY[1]]).expect(10, &["no *.dsse.json in this directory"]);
    dir.sever(&["verify", "case", "--key", "gone.pem"]).expect(10, &["cannot read the key gone.pem"]);
    dir.sever(&["verify", "case", "--key", "case/r0001.dsse.json"])
        .expect(10, &["not a public key of the curve P-256"]);
    dir.sever(&["verify", "case"]).expect(2, &["--key"]);
    dir.sever(&["verify", KEY[0], KEY[1]]).expect(2, &["FILE"]);
}

#[test]
fn all_files_are_reported_and_the_worst_counts() {
    let dir = evidence("worst", &[1, 3]);
    dir.write("case/a.dsse.json", "hello");
    dir.write("case/b.dsse.json", key(9).seal(&key(9).state(&case("other"))));
    let all = ["verify", "case", KEY[0], KEY[1]];
    dir.sever(&all).expect(13, &["NOT EVIDENCE", "WRONG KEY", "CHAIN BROKEN", "2 of 4 files verified"]);
    let mut altered: Value = serde_json::from_slice(&key(7).seal(&key(7).state(&case("other")))).unwrap();
    altered["payload"] = STANDARD.encode("{}").into();
    dir.write("case/c.dsse.json", altered.to_string());
    dir.sever(&all).expect(12, &["2 of 5 files verified"]);
}

#[test]
fn a_script_reads_json() {
    let dir = evidence("json", &[1, 3]);
    dir.write("case/a.dsse.json", "hello");
    let run = dir.sever(&["verify", "case", KEY[0], KEY[1], "--json"]);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, &report["exitCode"], &report["status"]), (Some(14), &14.into(), &"chain_broken".into()));
    assert_eq!(report["keys"][0], key(7).fingerprint());
    assert_eq!(
        (&report["files"][0]["status"], &report["files"][1]["status"]),
        (&"malformed".into(), &"verified".into())
    );
    assert_eq!(report["files"][1]["signedBy"], key(7).fingerprint());
    assert_eq!(report["files"][1]["statement"]["predicate"]["case"]["verdict"], "partial");
    assert_eq!(report["cases"][0]["revisions"], serde_json::json!([1, 3]));
    assert_eq!(
        (&report["cases"][0]["status"], &report["cases"][0]["unfinished"]),
        (&"chain_broken".into(), &true.into())
    );
}

/// What evidence quotes was written by others, who may know what a terminal does with it.
#[test]
fn quoted_text_cannot_write_on_the_terminal() {
    let dir = evidence("terminal", &[]);
    let mut case = case("deployer");
    case.signal.title = "\u{1b}[2J\u{1b}[1;1HVERIFIED\r\n  Verdict    verified_revoked \u{202e}".to_owned();
    dir.write("case.json", key(7).seal(&key(7).state(&case)));
    let run = dir.sever(&["verify", "case.json", KEY[0], KEY[1]]);
    run.expect(0, &[r"\u{1b}[2J\u{1b}[1;1HVERIFIED\u{d}\u{a}  Verdict    verified_revoked \u{202e}"]);
    assert_eq!(run.out.lines().filter(|line| line.trim_start().starts_with("Verdict ")).count(), 1);
}

#[test]
fn help_names_every_exit_code_and_an_example() {
    let run = dir("help").sever(&["verify", "--help"]);
    run.expect(0, &["Examples:", "--allow-partial-chain", "kms get-public-key"]);
    for code in [0, 2, 10, 11, 12, 13, 14, 15] {
        assert!(run.out.lines().any(|line| line.trim_start().starts_with(&format!("{code}  "))), "{code}\n{}", run.out);
    }
}
