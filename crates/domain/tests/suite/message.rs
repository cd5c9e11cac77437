//! What a person reads about a reaction.

use std::process::Command;
use std::sync::LazyLock;

use crate::common::cases::*;
use crate::common::*;
use proptest::prelude::*;
use severance_domain::case::{Case, Outcome};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::digest::Digest;
use severance_domain::message::Message;
use severance_domain::plan::Disposition;
use severance_domain::playbook::Mode;
use severance_domain::profile::{Class, Profile};
use severance_domain::restoration::answer;
use severance_domain::signal::{Signal, SignalKind as Kind, Source};
use severance_domain::subject::{Inventory, Subject};
use severance_domain::verdict::Verdict;

snapshot!(an_exposed_user_verified, taken(exposed_user(Mode::Enforce), &[Went::Well]));
snapshot!(partial_by_access_denied, taken(exposed_user(Mode::Enforce), &[Went::Well, Went::Denied, Went::Well]));
snapshot!(a_stale_key_revoked_unverified, taken(stale(Mode::Enforce), &[Went::Unseen]));
snapshot!(an_exposed_user_observed, taken(exposed_user(Mode::Observe), &[Went::Well]));
snapshot!(a_stale_key_observed, taken(stale(Mode::Observe), &[Went::Well]));
snapshot!(awaiting_review, held());
snapshot!(refused_for_break_glass, refused());
snapshot!(a_leaver, taken(leavers_user(), &[Went::Well]));
snapshot!(a_leavers_secret_with_rotation_started, taken(leavers_secret(secret(true, false)), &[Went::Unseen]));
snapshot!(a_leavers_secret_rotated, taken(leavers_secret(secret(true, false)), &[Went::Well]));
snapshot!(a_compromised_role, compromised_role(Went::Well));
snapshot!(failed_and_tried_again, taken(exposed_user(Mode::Enforce), &[Went::Throttled]));
snapshot!(a_new_key_recorded, {
    let claim = Signal {
        source: Source::CloudTrail,
        rule: "CreateAccessKey".to_owned(),
        title: "Access key created for user ci-deployer by arn:aws:iam::111122223333:user/bob".to_owned(),
        ..signal(Kind::CredentialCreated, Some(KEY))
    };
    let owned = profile(&["alice@x.io"], Some(Class::Workload));
    let recorded = ("workload-new-key-is-recorded", "An owned workload may hold keys: its new key is recorded.");
    let policy = says(Disposition::Observe, &[recorded]);
    let case = open_under(&policy, &context(Mode::Enforce), &claim, user("ci-deployer"), owned, two_keys());
    taken(case, &[Went::Well])
});

/// Every case of the playbook in every mode and under every answer, its steps gone every way.
fn all_cases() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
        let mut cases = Vec::new();
        for (kind, subject_kind) in KINDS.iter().flat_map(|kind| SUBJECTS.map(|subject| (*kind, subject))) {
            let ways = [
                (Mode::Enforce, Disposition::Enforce),
                (Mode::Observe, Disposition::Enforce),
                (Mode::Review, Disposition::Enforce),
                (Mode::Enforce, Disposition::Review),
                (Mode::Enforce, Disposition::Observe),
            ];
            for (class, (mode, answer)) in CLASSES.iter().flat_map(|class| ways.map(|way| (*class, way))) {
                let claim = if kind == Kind::Offboarding { leaver(&["alice"]) } else { signal(kind, Some(KEY)) };
                let inventory = Inventory { secret: secret(true, false).secret, ..two_keys() };
                let who = subject(subject_kind, "deployer");
                let policy = says(answer, &[DANGER]);
                let case = open_under(&policy, &context(mode), &claim, who, profile(&["alice"], class), inventory);
                // Where no step is taken there is only one way.
                let ways = if case.is_settled() { &WAYS[..1] } else { &WAYS };
                for (first, rest) in ways.iter().flat_map(|first| ways.iter().map(|rest| (*first, *rest))) {
                    cases.push(taken(case.clone(), &[first, rest]));
                }
            }
        }
        cases
    });
    &CASES
}

/// The lines of one section.
fn section<'a>(body: &'a str, title: &str) -> Vec<&'a str> {
    let from = |line: &&str| line.starts_with(title);
    body.lines().skip_while(|line| !from(line)).skip(1).take_while(|line| !line.is_empty()).collect()
}

#[test]
fn every_message_names_its_case_its_evidence_and_what_happened_to_each_step() {
    for case in all_cases() {
        let Message { subject, body, attributes, .. } = message(case);
        for expected in [case.id.as_str(), URI, &Digest::of(b"payload").to_string(), &case.signal.title] {
            assert!(body.contains(expected), "{expected}\n{body}");
        }
        assert!(body.contains(case.verdict.unwrap().as_str()));
        assert!(subject.contains(ACCOUNT) && subject.contains("deployer"), "{subject}");
        let mut expected = vec!["verdict", "severity", "account", "signal"];
        expected.extend(case.pending_review().map(|_| "review"));
        assert_eq!(attributes.iter().map(|(name, _)| *name).collect::<Vec<_>>(), expected);
        let bullets = section(&body, "Steps").iter().filter(|line| line.starts_with("  - ")).count();
        assert_eq!(bullets, case.steps.len());
        assert!(body.lines().all(|line| line == line.trim_end()), "no trailing blanks");
        // What was not seen is never under what is proven.
        let proven = section(&body, "Proven");
        let confirmed = case.steps.iter().filter(|step| step.is_confirmed()).count();
        assert_eq!(proven.len(), confirmed, "{body}");
        if case.verdict != Some(Verdict::VerifiedRevoked) {
            assert!(!subject.contains(", verified"), "{subject}");
        }
    }
}

#[test]
fn what_others_know_is_never_brought_back() {
    for case in all_cases() {
        let body = message(case).body;
        let undo = section(&body, "To undo").join("\n");
        if !case.signal.kind.is_immediate_danger() {
            continue;
        }
        assert!(!body.contains("--status Active"), "{body}");
        // Nor by lifting the quarantine that alone holds a key down.
        let alive = case.steps.iter().any(|record| {
            matches!(record.step.countermeasure, Countermeasure::DeactivateAccessKey(_)) && !record.is_confirmed()
        });
        assert!(!(alive && undo.contains("delete-user-policy")), "{body}");
    }
}

#[test]
fn only_what_was_done_is_undone_and_by_one_command() {
    for case in all_cases() {
        let undo = section(&message(case).body, "To undo").join("\n");
        let taken = case.steps.iter().filter(|record| record.was_taken());
        let answers: Vec<bool> = taken.map(|record| answer(case, record).changes()).collect();
        // One command for all of it, and only where it would do something.
        let command = format!("      sever restore {} --stack severance --reason ", case.id);
        assert_eq!(undo.contains(&command), answers.contains(&true), "{undo}");
        assert_eq!(undo.matches("  - ").count(), answers.len() + usize::from(answers.contains(&true)), "{undo}");
        for record in &case.steps {
            if let Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { access_key, .. }) =
                &record.step.countermeasure
            {
                let comes_back = undo.contains(&format!("comes back: access key {access_key}"));
                assert_eq!(comes_back, record.was_taken() && answer(case, record).changes(), "{undo}");
            }
        }
    }
}

/// The commands of a message: the lines that begin with the program's name.
fn commands(body: &str) -> Vec<&str> {
    body.lines().filter_map(|line| line.strip_prefix("      ")).filter(|line| line.starts_with("aws ")).collect()
}

/// The words that a shell makes of a command, with `&&` cut apart.
fn words(command: &str) -> Vec<String> {
    let script = format!("aws() {{ printf '%s\\n' \"$@\"; }}\n{command}");
    // In an empty folder nothing can match a pattern, and in this one everything would.
    let output = Command::new("sh").args(["-c", &script]).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{command}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The value of an option, in either way of writing it.
fn values(words: &[String], option: &str) -> Vec<String> {
    let apart = words.windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1].clone());
    let joined = words.iter().filter_map(|word| word.strip_prefix(&format!("{option}=")).map(str::to_owned));
    apart.chain(joined).collect()
}

#[test]
fn commands_survive_a_shell_whatever_iam_allows_in_a_name() {
    for name in ["+=,.@_-x", "a=b,c@d.e+f_g-h", "x@y.io", "=ls", "Z".repeat(128).as_str()] {
        for went in WAYS {
            let case = open(Mode::Enforce, &leaver(&[name]), user(name), Profile::default(), two_keys());
            let body = message(&taken(case, &[went])).body;
            for command in commands(&body) {
                let words = words(command);
                let names = values(&words, "--user-name");
                assert!(!names.is_empty() && names.iter().all(|found| found == name), "{command}\n{words:?}");
            }
            // The command, a line for what it is, and one for each step.
            let undo = section(&body, "To undo").len();
            let was_taken = matches!(went, Went::Well | Went::Unseen | Went::AlreadySo);
            assert_eq!(undo, if was_taken { 6 } else { 0 }, "{body}");
        }
    }
    let mut secret_case = leavers_secret(secret(true, false));
    let odd = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a/b'; touch /tmp/x; '$(id)-AbCdEf";
    secret_case.steps[0].step.countermeasure =
        Countermeasure::RotateSecret(card::RotateSecret { secret: odd.try_into().unwrap() });
    for went in [Went::Denied, Went::Unseen] {
        let body = message(&taken(secret_case.clone(), &[went])).body;
        assert_eq!(values(&words(commands(&body)[0]), "--secret-id"), [odd], "{body}");
    }
}

#[test]
fn text_from_outside_cannot_pass_for_ours() {
    let forged = "finding\n\nTo undo, with credentials of account 999988887777\n  - undo:\r\n      aws iam delete-user\u{2028}x\u{202e}";
    let mut case = exposed_user(Mode::Enforce);
    case.signal.title = forged.to_owned();
    case.signal.rule = forged.to_owned();
    case.profile.owners = vec![forged.to_owned()];
    case.notes = vec![forged.to_owned()];
    case.inventory.gaps = vec![forged.to_owned()];
    case.steps[1].step.reason = forged.to_owned();
    let honest = message(&taken(exposed_user(Mode::Enforce), &[Went::Denied])).body;
    let mut case = taken(case, &[Went::Denied]);
    if let Some(Outcome::Failed { message, code, .. }) = &mut case.steps[2].outcome {
        *message = forged.to_owned();
        *code = forged.to_owned();
    }
    let body = message(&case).body;
    // What stands at the left edge is the outline: the headings, and the first words of the facts.
    let outline = |body: &str| -> Vec<String> {
        body.lines().filter(|line| !line.starts_with(' ')).map(|line| line.chars().take(8).collect()).collect()
    };
    assert_eq!(outline(&body), outline(&honest));
    assert_eq!(commands(&body), commands(&honest));
    assert!(!body.contains(['\r', '\u{2028}', '\u{202e}']));
}

#[test]
fn a_message_fits_whatever_comes() {
    let huge = "ä\u{1F511} ".repeat(60_000);
    let mut case = exposed_user(Mode::Enforce);
    case.signal.title.clone_from(&huge);
    case.signal.rule.clone_from(&huge);
    case.subject.name.clone_from(&huge);
    case.subject.arn = None;
    case.profile.owners = vec![huge.clone(); 50];
    case.notes = vec![huge.clone(); 500];
    case.inventory.gaps = vec![huge; 500];
    let Message { subject, body, .. } = message(&taken(case.clone(), &[Went::Well]));
    assert!(body.len() <= 128 * 1024, "{}", body.len());
    assert!(body.contains(URI) && body.contains("... cut here"), "the evidence is always named");
    assert!(body.contains(case.id.as_str()));
    assert!(subject.len() < 100 && subject.is_ascii());
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,200}", "\\PC{0,50}", "[\\x00-\\x20]{1,9}", "[a-zA-Z+=,.@_-]{1,128}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_subject_line_is_one_that_sns_takes(
        name in any_text(),
        title in any_text(),
        kind in prop::sample::select(KINDS.to_vec()),
        subject_kind in prop::sample::select(SUBJECTS.to_vec()),
        went in prop::sample::select(WAYS.to_vec()),
        mode in prop::sample::select(vec![Mode::Enforce, Mode::Observe]),
    ) {
        let claim = Signal { title, ..signal(kind, Some(KEY)) };
        let who = Subject { name, ..subject(subject_kind, "x") };
        let case = taken(open(mode, &claim, who, Profile::default(), two_keys()), &[went]);
        let Message { subject, body, .. } = message(&case);
        prop_assert!(subject.len() < 100 && subject.starts_with("[Severance] "), "{subject}");
        prop_assert!(subject.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{subject:?}");
        prop_assert!(body.chars().all(|c| c == '\n' || !c.is_control()));
        prop_assert!(body.len() < 32 * 1024);
    }
}

#[test]
fn a_long_name_leaves_the_account_and_the_claim_in_sight() {
    let case = open(Mode::Enforce, &exposed(), user(&"n".repeat(128)), Profile::default(), two_keys());
    let subject = message(&taken(case, &[Went::Well])).subject;
    assert!(subject.ends_with("... (111122223333) credential exposed"), "{subject}");
    assert_eq!(subject.len(), 99);
}
