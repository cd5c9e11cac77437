//! `sever plan`, `contain`, `status`, `verify CASE`, `restore`: a responder's night, against a Lambda on this machine.

use crate::support::lambda::{Answer, Lambda, answers, lambda_says, sts_says};
use crate::support::{case, dir};
use serde_json::{Value, json};

const USER: &str = "arn:aws:iam::111122223333:user/deployer";
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const CASE: &str = "sev-0123456789abcdef0123";
const AT: &str = "2026-03-01T12:00:00Z";
const BOB: &str = "arn:aws:sts::111122223333:assumed-role/OnCall/bob";
const WHY: [&str; 2] = ["--reason", "false alarm, INC-42"];

fn inventory() -> Value {
    json!({
        "accessKeys": [
            {"id": KEY, "active": true, "createdAt": "2025-01-02T03:04:05Z", "lastUsed": {"state": "never"}},
            {"id": "AKIAI44QH8DHBEXAMPLE", "active": false, "lastUsed": {"state": "at", "at": AT}},
        ],
        "consolePassword": true,
        "sshPublicKeys": [{"id": "APKAEIBAERJR2EXAMPLE", "active": true, "createdAt": AT}],
        "signingCertificates": [{"id": "TA7SMP42TDN5Z26OBPJE7EXAMPLE", "active": false}],
        "serviceCredentials": [{
            "id": "ACCAEXAMPLE123EXAMPLE", "service": "bedrock.amazonaws.com", "state": "active", "createdAt": AT,
            "expiresAt": "2026-12-31T00:00:00Z",
        }],
        "unread": ["iam:ListGroupsForUser answered AccessDenied"],
        "gaps": ["keys of other accounts' users were not looked for"],
    })
}

fn step(countermeasure: &Value, disposition: &str, lowered_by: Option<&str>) -> Value {
    let mut ruling = json!({"answer": "enforce", "policies": [{"id": "danger", "says": "It is dangerous."}]});
    if let Some(by) = lowered_by {
        ruling["loweredBy"] = by.into();
    }
    json!({
        "countermeasure": countermeasure, "disposition": disposition, "reason": "somebody else may hold it",
        "ruling": ruling,
    })
}

fn explained() -> Value {
    let key = json!({"type": "deactivate_access_key", "user": "deployer", "accessKey": KEY});
    json!({"explained": [{
        "subject": {
            "kind": "user", "account": "111122223333", "name": "deployer", "arn": USER, "uniqueId": "AIDADEPLOYER",
        },
        "profile": {"owners": ["alice@example.com"], "class": "workload"},
        "inventory": inventory(), "mode": "review", "blastRadius": ["access keys: 1 active, 2 in all"],
        "plan": {
            "steps": [
                step(&json!({"type": "quarantine_user", "user": "deployer"}), "enforce", None),
                step(&key, "review", Some("the stack's mode is review")),
            ],
            "notes": ["AKIAI44QH8DHBEXAMPLE was inactive already"],
        },
    }]})
}

/// The column in which a text begins, in characters.
#[track_caller]
fn column(out: &str, line_with: &str, text: &str) -> usize {
    let line =
        out.lines().find(|line| line.contains(line_with)).unwrap_or_else(|| panic!("no {line_with:?} in\n{out}"));
    line.split_once(text).unwrap_or_else(|| panic!("no {text:?} in {line:?}")).0.chars().count()
}

#[test]
fn a_plan_shows_everything_before_anything_is_touched() {
    let lambda = Lambda::new([answers(explained())]);
    let run = lambda.sever(&dir("plan"), &["plan", USER]);
    run.expect(
        0,
        &[
            &format!("IAM user {USER}"),
            "Unique id  AIDADEPLOYER",
            "alice@example.com",
            "Class      workload",
            "Claim      identity_compromised, severity high",
            "Answer     of 2 steps: 1 done at once, 1 held for a person",
            "ENFORCE  quarantine user deployer with a deny-all policy",
            "REVIEW   deactivate access key AKIAIOSFODNN7EXAMPLE of user deployer",
            "2. the stack's mode is review; if nobody answers in time it is not done",
            "access keys: 1 active, 2 in all",
            "iam:ListGroupsForUser answered AccessDenied",
            "keys of other accounts' users were not looked for",
            "12 hours       sessions of roles that the user assumed are not ended",
            "1 hour         identity tokens",
            "AKIAI44QH8DHBEXAMPLE was inactive already",
            &format!("To do it:\n  sever contain {USER} --stack severance --reason 'WHY'"),
        ],
    );
    let out = &run.out;
    for (row, cells) in [
        (KEY, ["access key", "active", "2025-01-02T03:04:05Z", "never"].as_slice()),
        ("AKIAI44QH8DHBEXAMPLE", &["access key", "inactive", AT]),
        ("console password", &["active", "the console"]),
        ("APKAEIBAERJR2EXAMPLE", &["SSH public key", "active", AT]),
        ("TA7SMP42TDN5Z26OBPJE7EXAMPLE", &["signing certificate", "inactive"]),
        (
            "ACCAEXAMPLE123EXAMPLE",
            &["service credential", "active", "bedrock.amazonaws.com, until 2026-12-31T00:00:00Z"],
        ),
    ] {
        for cell in cells {
            column(out, row, cell);
        }
    }
    let state = column(out, "TYPE", "STATE");
    assert_eq!(column(out, "APKAEIBAERJR2EXAMPLE", "active"), state, "{out}");
    assert_eq!(column(out, "TA7SMP42TDN5Z26OBPJE7EXAMPLE", "inactive"), state, "{out}");
    let [asked] = lambda.asked().try_into().unwrap();
    assert_eq!(asked.body, json!({"request": {"explain": {"subject": USER, "signal": "identity_compromised"}}}));
    let run = lambda.sever(&dir("plan-json"), &["plan", USER, "--json"]);
    assert_eq!(
        serde_json::from_str::<Value>(&run.out).unwrap()["explained"][0]["plan"]["notes"][0],
        json!("AKIAI44QH8DHBEXAMPLE was inactive already")
    );
}

#[test]
fn the_command_that_a_plan_prints_says_what_was_asked() {
    let lambda = Lambda::new([answers(explained())]);
    let args = ["plan", USER, "--signal", "credential_exposed", "--access-key", KEY, "--severity", "critical"];
    let command = "--signal credential_exposed --access-key AKIAIOSFODNN7EXAMPLE --severity critical --stack my-stack \
                   --region us-east-2 --reason 'WHY'";
    let args = [&args[..], &["--stack", "my-stack", "--region", "us-east-2"]].concat();
    lambda.sever(&dir("plan-command"), &args).expect(0, &[&format!("  sever contain {USER} {command}\n")]);
    let mut nothing = explained();
    nothing["explained"][0]["plan"]["steps"] = json!([]);
    let lambda = Lambda::new([answers(nothing)]);
    lambda.sever(&dir("plan-nothing"), &["plan", USER]).expect(0, &["Answer     no step", "would change nothing"]);
    let lambda = Lambda::new([answers(json!({"explained": []}))]);
    lambda.sever(&dir("plan-nobody"), &["plan", USER]).expect(0, &["Nothing was found"]);
}

#[test]
fn of_a_key_alone_aws_is_asked_whose_account_it_is() {
    let lambda = Lambda::new([sts_says("111122223333"), answers(explained())]);
    let run = lambda.sever(&dir("plan-key"), &["plan", KEY]);
    run.expect(0, &[&format!("about {KEY}"), &format!("sever contain {KEY} --stack severance")]);
    let [sts, responder] = lambda.asked().try_into().unwrap();
    let form = sts.body.as_str().unwrap();
    assert!(form.contains("Action=GetAccessKeyInfo") && form.contains(KEY), "{form}");
    let claim = json!({
        "subject": "arn:aws:iam::111122223333:root", "signal": "identity_compromised", "accessKey": KEY,
    });
    assert_eq!(responder.body, json!({"request": {"explain": claim}}));
    let lambda = Lambda::new([lambda_says(403, "AccessDenied")]);
    lambda.sever(&dir("plan-key-denied"), &["plan", KEY]).expect(22, &["name its user instead", "--access-key"]);
    let dir = dir("plan-wrong");
    for (args, words) in [
        (["plan", "ASIAIOSFODNN7EXAMPLE", "--severity", "high"], "the key of a session"),
        (["plan", "deployer", "--severity", "high"], "an access key (AKIA"),
        (["plan", "arn:aws:iam", "--severity", "high"], "an ARN"),
        (["plan", KEY, "--access-key", "AKIAI44QH8DHBEXAMPLE"], "another key"),
    ] {
        lambda.sever(&dir, &args).expect(2, &[words]);
    }
}

#[test]
fn to_contain_needs_no_kind_but_a_reason() {
    let reacted = json!({"reacted": {"reactions": [reaction("verified_revoked")]}});
    let lambda = Lambda::new([answers(reacted)]);
    lambda.sever(&dir("contain"), &["contain", USER, "--reason", "INC-42"]).expect(0, &["verified_revoked"]);
    let claim = &lambda.asked()[0].body["request"]["contain"]["claim"];
    assert_eq!(claim, &json!({"subject": USER, "signal": "identity_compromised"}));
    lambda.sever(&dir("contain-why"), &["contain", USER]).expect(2, &["--reason"]);
}

/// What AWS says of names was written by whoever made them, who may know what a terminal does with it.
#[test]
fn names_cannot_write_on_the_terminal() {
    let evil = "\u{1b}[2J\u{1b}[1;1HANSWER  nothing\n\u{202e}evil";
    let shown = r"\u{1b}[2J\u{1b}[1;1HANSWER  nothing\u{a}\u{202e}evil";
    let mut answer = explained();
    let one = &mut answer["explained"][0];
    for pointer in [
        "/subject/arn",
        "/profile/owners/0",
        "/inventory/serviceCredentials/0/service",
        "/inventory/gaps/0",
        "/inventory/unread/0",
        "/plan/steps/0/reason",
        "/plan/steps/0/ruling/policies/0/id",
        "/plan/steps/1/ruling/loweredBy",
        "/plan/notes/0",
        "/blastRadius/0",
    ] {
        let of = one.pointer_mut(pointer).unwrap();
        *of = if pointer == "/subject/arn" { format!("arn:aws:iam::1:user/{evil}").into() } else { evil.into() };
    }
    let run = Lambda::new([answers(answer)]).sever(&dir("evil-plan"), &["plan", USER]);
    run.expect(0, &[]);
    assert_eq!(run.out.matches(shown).count(), 10, "{}", run.out);
    assert!(!run.out.contains('\u{1b}') && !run.out.contains('\u{202e}'), "{}", run.out);

    let mut stays = restorable();
    stays["restorable"]["subject"] = evil.into();
    stays["restorable"]["steps"][1]["answer"]["why"] = evil.into();
    let args = [&["restore", CASE, "--dry-run"], &WHY[..]].concat();
    let run = Lambda::new([answers(stays)]).sever(&dir("evil-restore"), &args);
    assert_eq!((run.code, run.out.matches(shown).count()), (Some(0), 2), "{}", run.out);

    let mut case = night();
    for pointer in ["/rounds/0/found/0", "/rounds/0/unread/0", "/followed/0/what", "/verification/alive/0"] {
        *case.pointer_mut(pointer).unwrap() = evil.into();
    }
    case["verification"]["request"]["reason"] = evil.into();
    case["restoration"]["request"]["reason"] = evil.into();
    case["restoration"]["steps"][0]["confirmation"]["observed"] = evil.into();
    let run = Lambda::new([answers(json!({"case": case}))]).sever(&dir("evil-status"), &["status", CASE]);
    assert_eq!((run.code, run.out.matches(shown).count()), (Some(0), 7), "{}", run.out);
}

fn reaction(verdict: &str) -> Value {
    json!({
        "case": CASE, "revision": 2, "subject": USER, "verdict": verdict,
        "evidence": "s3://bucket/evidence/r0002.dsse.json", "replayed": false,
    })
}

fn reacted(verdict: &str) -> Answer {
    answers(json!({"reacted": {"reactions": [reaction(verdict)]}}))
}

fn restorable() -> Value {
    json!({"restorable": {"case": CASE, "subject": USER, "steps": [
        {"step": 3, "countermeasure": {"type": "remove_console_password", "user": "deployer"},
         "answer": {"do": "keep", "why": "a password cannot be restored"}},
        {"step": 2, "countermeasure": {"type": "deactivate_access_key", "user": "deployer", "accessKey": KEY},
         "answer": {"do": "rotate", "why": "the claim names it"}},
        {"step": 1, "countermeasure": {"type": "deactivate_ssh_public_key", "user": "deployer", "key": "APKAEXAMPLE"},
         "answer": {"do": "undo"}},
        {"step": 0, "countermeasure": {"type": "quarantine_user", "user": "deployer"},
         "answer": {"do": "undo_keeping_sessions_denied"}},
    ]}})
}

/// A case with all that can come after its steps.
fn night() -> Value {
    let mut night = serde_json::to_value(case("deployer")).unwrap();
    night["inventory"] = inventory();
    let request = json!({"by": BOB, "reason": "is it dead?", "ticket": "INC-42"});
    night["rounds"] = json!([
        {"number": 1, "at": AT, "found": ["access key AKIANEW was made meanwhile"], "unread": ["iam:ListX was denied"]},
        {"number": 2, "at": AT},
    ]);
    night["followed"] = json!([
        {"what": "user backdoor, which it made", "case": "sev-aaaa", "verdict": "verified_revoked"},
        {"what": "role hidden, which it made"},
    ]);
    night["verification"] = json!({"request": request, "at": AT, "alive": ["deactivate access key AKIANEW"]});
    let at = |note: &str| json!({"state": "confirmed", "at": AT, "observed": note});
    let mut steps = restorable()["restorable"]["steps"].clone();
    steps[2]["outcome"] = json!({
        "result": "failed", "at": AT, "action": "iam:UpdateSSHPublicKey", "code": "Throttling", "message": "slow down",
        "retryable": true,
    });
    steps[3]["outcome"] = json!({"result": "applied", "at": AT});
    steps[3]["confirmation"] = at("no such policy");
    steps.as_array_mut().unwrap().reverse();
    night["restoration"] = json!({"request": request, "at": AT, "steps": steps});
    night
}

#[test]
fn a_dry_restoration_says_of_each_step_what_becomes_of_it() {
    let lambda = Lambda::new([answers(restorable())]);
    let args = [&["restore", CASE, "--dry-run"], &WHY[..]].concat();
    lambda.sever(&dir("restore-dry"), &args).expect(
        0,
        &[
            USER,
            "STAYS          remove the console password of user deployer",
            "a password cannot be restored",
            "STAYS, rotate  deactivate access key AKIAIOSFODNN7EXAMPLE of user deployer",
            "the claim names it",
            "UNDO           deactivate SSH public key APKAEXAMPLE of user deployer",
            "LIFT           quarantine user deployer with a deny-all policy",
            "sessions issued before now stay denied",
            "2 of 4 steps would be undone. Nothing was changed.",
        ],
    );
    let [asked] = lambda.asked().try_into().unwrap();
    assert_eq!(asked.body, json!({"request": {"restore": {"case": CASE, "reason": WHY[1], "dryRun": true}}}));
    let json = lambda.sever(&dir("restore-dry-json"), &[&args[..], &["--json"]].concat());
    assert_eq!(serde_json::from_str::<Value>(&json.out).unwrap(), restorable());
}

#[test]
fn a_restoration_says_what_came_back_and_what_stays() {
    let lambda = Lambda::new([reacted("partial"), answers(json!({"case": night()}))]);
    let args = [&["restore", CASE, "--ticket", "INC-42"], &WHY[..]].concat();
    let run = lambda.sever(&dir("restore"), &args);
    run.expect(
        25,
        &[
            "partial  arn:aws:iam::111122223333:user/deployer",
            "Came back\n    - 1. quarantine user deployer with a deny-all policy: undone, seen 2026-03-01T12:00:00Z: \
             no such policy",
            "(older sessions stay denied)",
            "DID NOT COME BACK, or was not seen to\n    - 2. deactivate SSH public key APKAEXAMPLE of user deployer: \
             FAILED",
            "iam:UpdateSSHPublicKey answered Throttling, to be tried again: slow down",
            "Stays as it is\n    - 3. deactivate access key AKIAIOSFODNN7EXAMPLE of user deployer: a new one must take \
             its place, because the claim names it",
            "4. remove the console password of user deployer: stays, because a password cannot be restored",
            "sever: NOT ALL CAME BACK",
        ],
    );
    let [restore, status] = lambda.asked().try_into().unwrap();
    let expected = json!({"restore": {"case": CASE, "reason": WHY[1], "ticket": "INC-42", "dryRun": false}});
    assert_eq!(restore.body["request"], expected);
    assert!(restore.proof()["authorization"].is_string(), "what changes something carries a proof");
    assert_eq!(status.body, json!({"request": {"status": {"case": CASE}}}));
}

#[test]
fn only_access_that_was_seen_to_be_back_is_restored() {
    let args = [&["restore", CASE], &WHY[..]].concat();
    for (verdict, code) in [("restored", 0), ("partial", 25), ("failed", 25), ("awaiting_review", 25)] {
        let lambda = Lambda::new([reacted(verdict), answers(json!({"case": night()}))]);
        let run = lambda.sever(&dir(&format!("restored-{verdict}")), &args);
        run.expect(code, &[verdict]);
        assert_eq!(run.err.contains("NOT ALL CAME BACK"), code != 0, "{}", run.err);
    }
    let lambda = Lambda::new([reacted("restored")]);
    let run = lambda.sever(&dir("restored-json"), &[&args[..], &["--json"]].concat());
    assert_eq!(serde_json::from_str::<Value>(&run.out).unwrap()["reacted"]["reactions"][0]["verdict"], "restored");
    assert_eq!(lambda.asked().len(), 1, "one document, one answer");
    // What was done is done, also where it cannot be shown.
    let lambda = Lambda::new([reacted("restored"), lambda_says(403, "AccessDeniedException")]);
    lambda.sever(&dir("restored-dark"), &args).expect(0, &["restored", "cannot be shown now"]);
    let lambda = Lambda::new([answers(json!({"refused": {"why": "nothing was done"}}))]);
    lambda.sever(&dir("restore-refused"), &args).expect(21, &["refused: nothing was done"]);
    lambda.sever(&dir("restore-why"), &["restore", CASE]).expect(2, &["--reason"]);
    // An answer to something else never passes for a dry run.
    let lambda = Lambda::new([reacted("restored")]);
    lambda.sever(&dir("restore-other"), &[&args[..], &["--dry-run"]].concat()).expect(22, &["another question"]);
}

#[test]
fn a_case_is_read_back_once_more() {
    let args = ["verify", CASE, "--reason", "is it dead?"];
    for (verdict, code) in [("verified_revoked", 0), ("reappeared", 26), ("revoked_unverified", 24), ("partial", 24)] {
        let lambda = Lambda::new([reacted(verdict), answers(json!({"case": night()}))]);
        let run = lambda.sever(&dir(&format!("recheck-{verdict}")), &args);
        run.expect(code, &[verdict, "NOT IN EFFECT ANY MORE:\n      - deactivate access key AKIANEW"]);
        assert_eq!(run.err.contains("ALIVE AGAIN"), code == 26, "{}", run.err);
        let [verify, status] = lambda.asked().try_into().unwrap();
        assert_eq!(verify.body["request"], json!({"verify": {"case": CASE, "reason": "is it dead?"}}));
        assert!(verify.proof()["authorization"].is_string() && status.body["request"]["status"]["case"] == CASE);
    }
    let lambda = Lambda::new([reacted("reappeared")]);
    let run = lambda.sever(&dir("recheck-json"), &[&args[..], &["--json"]].concat());
    run.expect(26, &[]);
    assert_eq!(serde_json::from_str::<Value>(&run.out).unwrap()["reacted"]["reactions"][0]["case"], CASE);
}

#[test]
fn files_and_cases_are_told_apart() {
    let (dir, nobody) = (dir("files-or-case"), Lambda::new([reacted("verified_revoked")]));
    dir.write("sev-cafe", "no evidence");
    dir.write("key.pem", "no key");
    for (args, code, words) in [
        (&["verify", CASE][..], 2, "--reason TEXT"),
        (&["verify", "case/"], 2, "--key PUB.pem"),
        (&["verify", "case/", "--reason", "x"], 2, "--key PUB.pem"),
        (&["verify", CASE, "sev-cafe", "--reason", "x"], 2, "--key PUB.pem"),
        (&["verify", CASE, "--key", "key.pem", "--reason", "x"], 2, "cannot be used with"),
        (&["verify", CASE, "--allow-partial-chain", "--reason", "x"], 2, "cannot be used with"),
        (&["verify", "sev-cafe", "--key", "key.pem"], 10, "not a public key"),
        (&["verify", "./sev-cafe", "--reason", "x"], 2, "--key PUB.pem"),
    ] {
        nobody.sever(&dir, args).expect(code, &[words]);
    }
    assert!(nobody.asked().is_empty());
}

#[test]
fn a_case_is_shown_from_the_first_recheck_to_what_lives_on() {
    let lambda = Lambda::new([answers(json!({"case": night()}))]);
    lambda.sever(&dir("status-night"), &["status", CASE]).expect(
        0,
        &[
            "service credential",
            "bedrock.amazonaws.com, until 2026-12-31T00:00:00Z",
            "recheck 1 at 2026-03-01T12:00:00Z, and this had appeared\n      - access key AKIANEW was made meanwhile",
            "- NOT SEEN: iam:ListX was denied",
            "recheck 2 at 2026-03-01T12:00:00Z: nothing new",
            "sev-aaaa  verified_revoked  user backdoor, which it made",
            "NO CASE   none yet          role hidden, which it made",
            "AT THE LATEST",
            "2026-03-02T00:00:00Z",
            "sessions of roles that the user assumed are not ended",
            "Read back once more",
            "deactivate access key AKIANEW",
            &format!("Asked by {BOB}: is it dead?, ticket INC-42"),
            "Given back",
            "Came back",
        ],
    );
}

#[test]
fn a_step_says_when_it_was_planned_and_that_it_is_undone_by_somebody() {
    let mut case = night();
    case["steps"][0]["round"] = 1.into();
    case["steps"][0]["confirmation"] =
        json!({"state": "unconfirmed", "at": AT, "reason": "no such policy", "contradicted": true});
    let lambda = Lambda::new([answers(json!({"case": case}))]);
    let words =
        ["1. quarantine user deployer with a deny-all policy (after recheck 1)", "NOT IN EFFECT 2026-03-01T12:00:00Z"];
    lambda.sever(&dir("status-step"), &["status", CASE]).expect(0, &words);
}
