//! `sever rotate`, `adopt`, `cutovers`, `cut`, `copies`: against a Lambda on this machine.

use crate::support::lambda::{Answer, Lambda, answers, lambda_says, sts_says};
use crate::support::{case, dir};
use serde_json::{Value, json};

const USER: &str = "arn:aws:iam::111122223333:user/deployer";
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const NEW_KEY: &str = "AKIAI44QH8DHBEXAMPLE";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:severance/deployer-AbCdEf";
const CASE: &str = "sev-0123456789abcdef0123";
const AT: &str = "2026-03-01T12:00:00Z";
const WHY: [&str; 2] = ["--reason", "OPS-7"];

fn reacted(verdict: &str, replayed: bool) -> Answer {
    answers(json!({"reacted": {"reactions": [{
        "case": CASE, "revision": 1, "subject": USER, "verdict": verdict,
        "evidence": "s3://bucket/evidence/r0001.dsse.json", "replayed": replayed,
    }]}}))
}

/// A case of one step that makes another key.
fn replaces(countermeasure: &Value, ended: bool) -> Value {
    let mut of = serde_json::to_value(case("deployer")).unwrap();
    let confirmation = if ended {
        json!({"state": "confirmed", "at": AT, "observed": "version v2 is AWSCURRENT"})
    } else {
        json!({"state": "unconfirmed", "at": AT, "reason": "version v2 is AWSPENDING"})
    };
    of["steps"] = json!([{
        "countermeasure": countermeasure, "disposition": "enforce", "reason": "it is due", "intentAt": AT,
        "outcome": {"result": "applied", "at": AT, "note": format!("{SECRET} holds the new key")},
        "confirmation": confirmation,
    }]);
    of["verdict"] = if ended { "verified_revoked" } else { "revoked_unverified" }.into();
    of["revision"] = if ended { 2 } else { 1 }.into();
    of
}

fn rotation(ended: bool) -> Answer {
    answers(json!({"case": replaces(&json!({"type": "rotate_secret", "secret": SECRET}), ended)}))
}

fn adoption(ended: bool) -> Answer {
    let step =
        json!({"type": "adopt_access_key", "user": "deployer", "accessKey": KEY, "secret": "severance/deployer"});
    answers(json!({"case": replaces(&step, ended)}))
}

fn report() -> Answer {
    answers(
        json!({"scheduled_run": {"escalated": [], "lapsed": [], "warned": [], "asked": [], "overdue": [], "failed": []}}),
    )
}

/// What was asked, without who asked.
fn requests(lambda: &Lambda) -> Vec<Value> {
    lambda.asked().into_iter().map(|asked| asked.body["request"].clone()).collect()
}

#[test]
fn a_rotation_is_followed_to_its_end() {
    let lambda = Lambda::new([reacted("revoked_unverified", false), rotation(false), report(), rotation(true)]);
    let args = [&["rotate", SECRET, "--ticket", "OPS-7"], &WHY[..]].concat();
    let run = lambda.sever(&dir("rotate"), &args);
    run.expect(
        0,
        &[
            "revoked_unverified  arn:aws:iam::111122223333:user/deployer",
            "start rotation of secret",
            "confirmed 2026-03-01T12:00:00Z: version v2 is AWSCURRENT",
            "works on until its consumers have moved: sever cutovers",
            "waiting for the rotation of",
        ],
    );
    assert!(!run.err.contains("NOT SEEN TO END"), "{}", run.err);
    let claim = json!({"subject": SECRET, "signal": "secret_unrotated"});
    let status = json!({"status": {"case": CASE}});
    assert_eq!(
        requests(&lambda),
        [
            json!({"contain": {"claim": claim, "reason": "OPS-7", "ticket": "OPS-7"}}),
            status.clone(),
            json!("scheduled_run"),
            status
        ]
    );
    let proofs: Vec<bool> = lambda.asked().iter().map(|asked| asked.proof().is_object()).collect();
    assert_eq!(proofs, [true, false, false, false], "only what changes something carries a proof");
}

#[test]
fn a_rotation_that_goes_on_is_left_to_the_schedule_and_is_no_success() {
    let lambda = Lambda::new([reacted("revoked_unverified", false), rotation(false)]);
    let run = lambda.sever(&dir("rotate-open"), &[&["rotate", SECRET, "--wait", "0"], &WHY[..]].concat());
    run.expect(24, &["the schedule follows it for 24 hours", "sever status sev-", "NOT SEEN TO END: the rotation"]);
    assert_eq!(lambda.asked().len(), 2);
    // What was begun is begun, also where it cannot be shown.
    let lambda = Lambda::new([reacted("revoked_unverified", false), lambda_says(403, "AccessDeniedException")]);
    let run = lambda.sever(&dir("rotate-dark"), &[&["rotate", SECRET], &WHY[..]].concat());
    run.expect(24, &["cannot be shown now", "NOT SEEN TO END"]);
    // What waits for a person or was refused is not waited for.
    for verdict in ["awaiting_review", "observed", "failed"] {
        let mut held = replaces(&json!({"type": "rotate_secret", "secret": SECRET}), false);
        held["steps"][0]["disposition"] = "review".into();
        (held["steps"][0]["outcome"], held["steps"][0]["confirmation"]) = (Value::Null, Value::Null);
        held["verdict"] = verdict.into();
        let lambda = Lambda::new([reacted(verdict, false), answers(json!({"case": held}))]);
        let run = lambda.sever(&dir(&format!("rotate-{verdict}")), &[&["rotate", SECRET], &WHY[..]].concat());
        run.expect(24, &[verdict]);
        assert!(lambda.asked().len() == 2 && !run.out.contains("How far it came"), "{}", run.out);
    }
}

#[test]
fn the_same_words_do_not_rotate_again_and_that_is_said() {
    let lambda = Lambda::new([reacted("verified_revoked", true), rotation(true)]);
    let run = lambda.sever(&dir("rotate-again"), &[&["rotate", SECRET], &WHY[..]].concat());
    run.expect(0, &["NOT ROTATED AGAIN", "give another --reason"]);
}

#[test]
fn a_rotation_for_a_script_is_one_document() {
    let lambda = Lambda::new([reacted("revoked_unverified", false), rotation(true)]);
    let run = lambda.sever(&dir("rotate-json"), &[&["rotate", SECRET, "--json"], &WHY[..]].concat());
    run.expect(0, &[]);
    let answer: Value = serde_json::from_str(&run.out).unwrap();
    let reaction = &answer["reacted"]["reactions"][0];
    assert_eq!((&reaction["verdict"], &reaction["revision"]), (&"verified_revoked".into(), &2.into()));
}

#[test]
fn of_a_key_alone_the_responder_finds_out_whose_it_is() {
    let lambda = Lambda::new([sts_says("111122223333"), reacted("verified_revoked", false), rotation(true)]);
    lambda.sever(&dir("rotate-key"), &[&["rotate", KEY], &WHY[..]].concat()).expect(0, &[]);
    let claim = json!({"subject": "arn:aws:iam::111122223333:root", "signal": "secret_unrotated", "accessKey": KEY});
    assert_eq!(requests(&lambda)[1]["contain"]["claim"], claim);
}

#[test]
fn names_that_say_too_little_are_refused_with_the_way_out() {
    let (dir, nobody) = (dir("rotate-usage"), Lambda::new([report()]));
    for (args, words) in [
        (&["rotate", "severance/deployer", "--reason", "x"][..], "aws secretsmanager describe-secret"),
        (&["rotate", USER, "--reason", "x"], "the ARN of a secret"),
        (&["rotate", "ASIAIOSFODNN7EXAMPLE", "--reason", "x"], "the ARN of a secret"),
        (&["rotate", SECRET], "--reason"),
        (&["rotate", SECRET, "--reason", " "], "must not be empty"),
        (&["rotate", SECRET, "--reason", "x", "--wait", "4000"], "--wait"),
        (&["adopt", "deployer", "--reason", "x"], "aws iam get-user --user-name NAME"),
        (&["adopt", SECRET, "--reason", "x"], "the ARN of an IAM user"),
        (&["adopt", USER, "--key", "ASIAIOSFODNN7EXAMPLE", "--reason", "x"], "long-term access key"),
        (&["adopt", USER], "--reason"),
        (&["cut", "ASIAIOSFODNN7EXAMPLE", "--reason", "x"], "long-term access key"),
        (&["cut", KEY], "--reason"),
        (&["copies", "deployer"], "long-term access key"),
    ] {
        nobody.sever(&dir, args).expect(2, &[words]);
    }
    assert!(nobody.asked().is_empty());
}

#[test]
fn who_adopts_a_key_is_told_what_its_consumers_must_do() {
    let lambda = Lambda::new([reacted("revoked_unverified", false), adoption(true)]);
    let args = [&["adopt", USER, "--key", KEY], &WHY[..]].concat();
    lambda.sever(&dir("adopt"), &args).expect(
        0,
        &[
            "Secret     severance/deployer",
            SECRET,
            &format!("have whatever uses {KEY} read the secret instead"),
            &format!("Old key    {KEY} works on until its consumers have moved: sever cutovers"),
        ],
    );
    let claim = json!({"subject": USER, "signal": "credential_unmanaged", "accessKey": KEY});
    assert_eq!(requests(&lambda)[0], json!({"contain": {"claim": claim, "reason": "OPS-7"}}));
}

#[test]
fn a_dry_run_only_asks() {
    let step =
        json!({"type": "adopt_access_key", "user": "deployer", "accessKey": KEY, "secret": "severance/deployer"});
    let explained = json!({"explained": [{
        "subject": {"kind": "user", "account": "111122223333", "name": "deployer", "arn": USER},
        "profile": {"owners": []}, "inventory": {}, "mode": "enforce", "blastRadius": [],
        "plan": {"steps": [{"countermeasure": step, "disposition": "enforce", "reason": "nothing rotates it"}]},
    }]});
    for args in [["adopt", USER, "--dry-run"], ["rotate", SECRET, "--dry-run"]] {
        let lambda = Lambda::new([answers(explained.clone())]);
        let run = lambda.sever(&dir("rotate-dry"), &[&args[..], &WHY[..]].concat());
        run.expect(0, &["1. ENFORCE: put access key AKIAIOSFODNN7EXAMPLE of user deployer under management"]);
        let [asked] = lambda.asked().try_into().unwrap();
        assert!(asked.body["request"]["explain"].is_object() && asked.body.get("proof").is_none(), "{asked:?}");
    }
}

fn cutover(old: &str, extra: &Value) -> Value {
    let mut cutover = json!({
        "account": "111122223333", "user": "deployer", "secret": SECRET, "version": "v2", "oldVersion": "v1", "old": old,
        "new": NEW_KEY, "openedAt": AT,
    });
    cutover.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    cutover
}

#[test]
fn keys_that_were_replaced_are_listed_with_what_they_wait_for() {
    let cutovers = json!({"cutovers": {"cutovers": [
        cutover(KEY, &json!({})),
        cutover("AKIAQUIETXXXXXEXAMPL", &json!({"asked": [["quiet", "observe"]], "cases": ["sev-a"]})),
        cutover("AKIAUSEDXXXXXXEXAMPL", &json!({"asked": [["deadline", "enforce"]], "cases": ["sev-b", "sev-c"]})),
        cutover("AKIADEADXXXXXXEXAMPL", &json!({"inactiveSince": AT, "asked": [["quiet", "enforce"]]})),
        cutover("AKIAGONEXXXXXXEXAMPL", &json!({"inactiveSince": AT, "asked": [["deletion", "review"]]})),
    ]}});
    let lambda = Lambda::new([answers(cutovers.clone())]);
    let run = lambda.sever(&dir("cutovers"), &["cutovers"]);
    run.expect(0, &["OLD KEY", "REPLACED BY", NEW_KEY, SECRET, "sev-b sev-c", "sever cut KEY --reason TEXT"]);
    for (key, state) in [
        (KEY, "in use, or not unused for long enough: it waits"),
        ("AKIAQUIETXXXXXEXAMPL", "not used any more, deactivation asked for (observe)"),
        ("AKIAUSEDXXXXXXEXAMPL", "may still be used at its deadline, people asked (enforce)"),
        ("AKIADEADXXXXXXEXAMPL", "2026-03-01T12:00:00Z  inactive since 2026-03-01T12:00:00Z"),
        ("AKIAGONEXXXXXXEXAMPL", "inactive since 2026-03-01T12:00:00Z, deletion asked for (review)"),
    ] {
        let line = run.out.lines().find(|line| line.starts_with(key)).unwrap();
        assert!(line.contains(state), "{line}");
    }
    assert_eq!(lambda.asked()[0].body, json!({"request": "cutovers"}));
    let json = lambda.sever(&dir("cutovers-json"), &["cutovers", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&json.out).unwrap(), cutovers);
    let lambda = Lambda::new([answers(json!({"cutovers": {"cutovers": []}}))]);
    lambda.sever(&dir("cutovers-none"), &["cutovers"]).expect(0, &["No key that was replaced lives on."]);
}

#[test]
fn a_key_is_cut_by_who_says_so() {
    for (verdict, code) in [("verified_revoked", 0), ("awaiting_review", 24), ("observed", 24)] {
        let lambda = Lambda::new([reacted(verdict, false)]);
        let args = [&["cut", KEY, "--ticket", "OPS-8"], &WHY[..]].concat();
        lambda.sever(&dir(&format!("cut-{verdict}")), &args).expect(code, &[verdict]);
        let [asked] = lambda.asked().try_into().unwrap();
        let cut = json!({"cut": {"accessKey": KEY, "reason": "OPS-7", "ticket": "OPS-8"}});
        assert_eq!(asked.body["request"], cut);
        assert!(asked.proof()["authorization"].is_string());
    }
    let lambda = Lambda::new([answers(json!({"refused": {"why": "no rotation has replaced it"}}))]);
    let run = lambda.sever(&dir("cut-refused"), &[&["cut", KEY], &WHY[..]].concat());
    run.expect(21, &["refused: no rotation has replaced it"]);
}

fn found(unread: &[&str]) -> Value {
    json!({
        "searchedAt": AT, "accessKey": KEY, "regions": ["eu-west-1"],
        "copies": [
            {"place": "secret", "arn": SECRET, "region": "eu-west-1", "field": "accessKeyId", "how": "names_key"},
            {"place": "function_environment", "arn": "arn:aws:lambda:eu-west-1:111122223333:function:job",
             "region": "eu-west-1", "field": "AWS_KEY", "how": "names_key",
             "updated": {"left": {"why": "its owner must write it"}}},
            {"place": "secret", "arn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:copy-AbCdEf",
             "region": "eu-west-1", "how": {"equal_value": {"to": SECRET}}},
        ],
        "equal": [[SECRET, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:copy-AbCdEf"]],
        "lookedAt": {"secret": 12, "function_environment": 3}, "unread": unread, "calls": {},
    })
}

#[test]
fn copies_are_listed_by_place_and_field() {
    let lambda = Lambda::new([answers(found(&[]))]);
    lambda.sever(&dir("copies"), &["copies", KEY, "--look-in", "eu-west-1"]).expect(
        0,
        &[
            "PLACE",
            "accessKeyId",
            "Lambda environment",
            "STILL THE OLD KEY: its owner must write it",
            &format!("holds the same as {SECRET}"),
            "Secrets that hold exactly the same",
            "Looked at, in eu-west-1\n    - secret: 12\n    - Lambda environment: 3",
        ],
    );
    let [asked] = lambda.asked().try_into().unwrap();
    assert_eq!(asked.path, "/2015-03-31/functions/severance-copies-search/invocations");
    assert_eq!(asked.body["search"]["accessKey"], KEY);
    assert_eq!(asked.body["search"]["regions"], json!(["eu-west-1"]));
    let json = lambda.sever(&dir("copies-json"), &["copies", KEY, "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&json.out).unwrap(), found(&[]));
}

#[test]
fn what_could_not_be_looked_at_is_no_all_clear() {
    let lambda = Lambda::new([answers(found(&["SSM parameters: denied"]))]);
    let run = lambda.sever(&dir("copies-unread"), &["copies", KEY]);
    run.expect(24, &["COULD NOT BE LOOKED AT\n    - SSM parameters: denied", "NOT ALL WAS LOOKED AT"]);
    let lambda = Lambda::new([lambda_says(404, "ResourceNotFoundException")]);
    let run = lambda.sever(&dir("copies-off"), &["copies", KEY]);
    run.expect(22, &["copies search is switched off in this stack: deploy it with CopiesSearch=true"]);
}

#[test]
fn a_case_of_a_replaced_key_shows_who_still_uses_it() {
    let mut of = serde_json::to_value(case("deployer")).unwrap();
    of["signal"]["kind"] = "credential_superseded".into();
    of["signal"]["cutover"] = json!({
        "stage": "deadline", "secret": SECRET, "replacedBy": NEW_KEY, "openedAt": AT, "quietFor": "PT30M", "deadline": AT,
        "lastUsedAt": AT, "unread": ["when IAM saw it used last"],
        "copies": {"unread": ["SSM parameters: denied"], "found": [{
            "place": "function_environment", "arn": "arn:aws:lambda:eu-west-1:111122223333:function:nightly",
            "region": "eu-west-1", "field": "AWS_KEY", "how": "names_key",
        }]},
        "consumers": [{
            "sourceIp": "198.51.100.7", "userAgent": "Boto3 \u{1b}[2J", "service": "s3.amazonaws.com", "region": "eu-west-1",
            "lastSeen": AT, "calls": 12,
        }],
    });
    let run = Lambda::new([answers(json!({"case": of}))]).sever(&dir("status-cutover"), &["status", CASE]);
    run.expect(
        0,
        &[
            "Cutover",
            &format!("{NEW_KEY}, since {AT}"),
            SECRET,
            "30m",
            "2026-03-01T12:00:00Z, says IAM",
            r"198.51.100.7  Boto3 \u{1b}[2J",
            "s3.amazonaws.com",
            "when IAM saw it used last",
            "Copies of it\n    - ",
            "function:nightly",
            "Not searched for copies\n    - SSM parameters: denied",
        ],
    );
    assert!(!run.out.contains('\u{1b}'));
}
