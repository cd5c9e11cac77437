//! The commands that ask the stack's responder, against a Lambda on this machine.

use std::time::Duration;

use crate::support::lambda::{Answer, Lambda, TOKEN, answers, lambda_says, sever};
use crate::support::{case, dir};
use serde_json::{Value, json};
use severance_domain::digest::Digest;

const USER: &str = "arn:aws:iam::111122223333:user/deployer";
const CASE: &str = "sev-0123456789abcdef0123";
const PLAN: &str = "0123456789abcdef";

fn reacted(verdict: &str) -> Value {
    json!({"reacted": {"reactions": [{
        "case": CASE, "revision": 1, "subject": USER, "verdict": verdict,
        "evidence": "s3://bucket/evidence/r0001.dsse.json", "replayed": false,
    }]}})
}

fn contain(extra: &[&'static str]) -> Vec<&'static str> {
    let mut args = vec!["contain", USER, "--signal", "credential_exposed", "--reason", "in a public repository"];
    args.extend(extra);
    args
}

#[test]
fn a_change_carries_a_proof_of_who_asks_and_for_what() {
    let (dir, lambda) = (dir("proof"), Lambda::new([answers(reacted("verified_revoked"))]));
    let args = contain(&["--access-key", "AKIAIOSFODNN7EXAMPLE", "--severity", "critical", "--ticket", "INC-42"]);
    lambda.sever(&dir, &args).expect(0, &["verified_revoked", USER, CASE, "r0001.dsse.json"]);
    let [asked] = lambda.asked().try_into().unwrap();
    assert_eq!(asked.path, "/2015-03-31/functions/severance-responder/invocations");
    let request = json!({"contain": {
        "claim": {
            "subject": USER, "signal": "credential_exposed", "accessKey": "AKIAIOSFODNN7EXAMPLE", "severity": "critical",
        },
        "reason": "in a public repository", "ticket": "INC-42",
    }});
    assert_eq!(asked.body["request"], request);
    let proof = asked.proof();
    assert_eq!(proof["x-severance-request"], Digest::of_json(&request).as_hex());
    assert_eq!(proof["x-severance-function"], "severance-responder");
    assert_eq!((&proof["host"], &proof["x-amz-security-token"]), (&lambda.host().into(), &TOKEN.into()));
    let authorization = proof["authorization"].as_str().unwrap();
    assert!(authorization.contains("/eu-west-1/sts/aws4_request, "), "{authorization}");
    let signed =
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-severance-function;x-severance-request,";
    assert!(authorization.contains(signed), "{authorization}");
    assert!(asked.headers["authorization"].contains("/lambda/aws4_request"), "Lambda is asked with another signature");
}

#[test]
fn a_question_needs_no_proof() {
    let lambda = Lambda::new([answers(json!({"reviews": {"cases": []}}))]);
    lambda.sever(&dir("no-proof"), &["reviews"]).expect(0, &["Nothing waits"]);
    assert_eq!(lambda.asked()[0].body, json!({"request": "reviews"}));
}

#[test]
fn only_access_that_was_seen_to_end_is_success() {
    for (verdict, code) in [
        ("verified_revoked", 0),
        ("revoked_unverified", 24),
        ("partial", 24),
        ("failed", 24),
        ("awaiting_review", 24),
        ("observed", 24),
    ] {
        let lambda = Lambda::new([answers(reacted(verdict))]);
        let run = lambda.sever(&dir(verdict), &contain(&[]));
        run.expect(code, &[verdict]);
        assert_eq!(run.err.contains("NOT SEEN TO END"), code != 0, "{}", run.err);
    }
    let lambda = Lambda::new([answers(json!({"reacted": {"reactions": []}}))]);
    lambda.sever(&dir("nothing"), &contain(&[])).expect(24, &["nothing was found"]);
}

#[test]
fn a_plan_that_waits_is_shown_with_the_command_that_answers_it() {
    let mut answer = reacted("awaiting_review");
    answer["reacted"]["reactions"][0]["plan"] = PLAN.into();
    let lambda = Lambda::new([answers(answer)]);
    let run = lambda.sever(&dir("waits"), &contain(&[]));
    run.expect(24, &[&format!("sever approve|deny {CASE} --plan {PLAN} --reason TEXT")]);
}

#[test]
fn a_dry_run_only_asks() {
    let explained = json!({"explained": [{
        "subject": {"kind": "user", "account": "111122223333", "name": "deployer", "arn": USER},
        "profile": {"owners": ["alice@example.com"]}, "inventory": {}, "mode": "review",
        "blastRadius": ["2 active access keys"],
        "plan": {"steps": [{
            "countermeasure": {"type": "quarantine_user", "user": "deployer"}, "disposition": "review",
            "reason": "somebody else may be using its credentials",
            "ruling": {
                "answer": "enforce", "policies": [{"id": "danger", "says": "It is dangerous."}],
                "enforceOnSilence": true, "loweredBy": "the stack's mode is review",
            },
        }]},
    }]});
    for args in [contain(&["--dry-run"]), vec!["policy", "explain", USER, "--signal", "credential_exposed", "--live"]] {
        let lambda = Lambda::new([answers(explained.clone())]);
        lambda.sever(&dir("dry-run"), &args).expect(
            0,
            &[
                "alice@example.com",
                "2 active access keys",
                "1. REVIEW: quarantine user deployer",
                "the policies say enforce",
                "danger: It is dangerous.",
                "lowered to review: the stack's mode is review",
                "if nobody answers in time, it is carried out",
            ],
        );
        let asked = &lambda.asked()[0].body;
        assert_eq!(asked["request"]["explain"]["subject"], USER);
        assert!(asked.get("proof").is_none());
    }
}

#[test]
fn reviews_are_listed_and_a_case_is_shown() {
    let mut case = serde_json::to_value(case("deployer")).unwrap();
    case["signal"]["title"] = "\u{1b}[2Jan \u{202e}alarm".into();
    case["review"] = json!({
        "plan": format!("{PLAN}{}", "0".repeat(48)), "requestedAt": "2026-03-01T12:00:00Z",
        "escalateAt": "2026-03-02T12:00:00Z", "expiresAt": "2026-03-04T12:00:00Z", "enforceOnSilence": true,
    });
    let id = case["id"].as_str().unwrap().to_owned();
    let lambda = Lambda::new([answers(json!({"reviews": {"cases": [case]}}))]);
    lambda.sever(&dir("reviews"), &["reviews"]).expect(0, &[&id, PLAN, "2026-03-04T12:00:00Z", "carried out"]);
    let run = lambda.sever(&dir("reviews-json"), &["reviews", "--json"]);
    let printed: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(printed["reviews"]["cases"][0]["id"], id);

    let lambda = Lambda::new([answers(json!({"case": case}))]);
    let run = lambda.sever(&dir("status"), &["status", &id]);
    run.expect(
        0,
        &[
            "Verdict    partial",
            "1. quarantine user deployer",
            "iam:UpdateAccessKey answered Throttling",
            &format!("sever approve|deny {id} --plan {PLAN}"),
            "2026-03-04T12:00:00Z, then: carried out",
            r"\u{1b}[2Jan \u{202e}alarm",
        ],
    );
    assert_eq!(lambda.asked()[0].body, json!({"request": {"status": {"case": id}}}));
}

#[test]
fn a_decision_names_the_plan_as_it_was_shown() {
    let lambda = Lambda::new([answers(reacted("verified_revoked"))]);
    let run = lambda.sever(&dir("approve"), &["approve", CASE, "--plan", PLAN, "--reason", "asked the owner"]);
    run.expect(0, &["verified_revoked"]);
    let expected = json!({"approve": {"case": CASE, "plan": PLAN, "reason": "asked the owner"}});
    assert_eq!(lambda.asked()[0].body["request"], expected);
    let lambda = Lambda::new([answers(reacted("observed"))]);
    let full = format!("sha256:{}", PLAN.repeat(4));
    lambda.sever(&dir("deny"), &["deny", CASE, "--plan", &full, "--reason", "planned"]).expect(0, &["observed"]);
    assert_eq!(lambda.asked()[0].body["request"]["deny"]["plan"], PLAN.repeat(4));
    for (args, words) in [
        (["approve", CASE, "--plan", "0123", "--reason", "x"], "expected the plan's digest"),
        (["approve", CASE, "--plan", "0123456789ABCDEF", "--reason", "x"], "expected the plan's digest"),
        (["approve", "case-1", "--plan", PLAN, "--reason", "x"], "expected a case"),
        (["approve", CASE, "--plan", PLAN, "--reason", " "], "must not be empty"),
    ] {
        lambda.sever(&dir("approve-wrong"), &args).expect(2, &[words]);
    }
}

#[test]
fn an_exemption_is_asked_for_with_all_that_it_must_have() {
    let exemption = json!({
        "id": "exm-3f2a91c0", "subject": "arn:aws:iam::111122223333:user/batch-*",
        "countermeasures": ["deactivate_access_key"], "owner": "payments@example.com", "reason": "yearly closing",
        "ticket": "OPS-1", "wayOut": "move to a role", "expiresAt": "2126-01-01T00:00:00Z",
        "createdBy": "arn:aws:sts::111122223333:assumed-role/Admin/bob", "createdAt": "2026-03-01T12:00:00Z",
    });
    let lambda = Lambda::new([answers(json!({"exemptions": {"exemptions": [exemption]}}))]);
    let all = [
        "exempt",
        "add",
        "arn:aws:iam::111122223333:user/batch-*",
        "--countermeasure",
        "deactivate_access_key",
        "--owner",
        "payments@example.com",
        "--reason",
        "yearly closing",
        "--ticket",
        "OPS-1",
        "--way-out",
        "move to a role",
    ];
    let with = |extra: &[&'static str]| [&all[..], extra].concat();
    let run = lambda.sever(&dir("exempt"), &with(&["--until", "2099-12-31"]));
    run.expect(0, &["exm-3f2a91c0", "deactivate_access_key", "OPS-1", "move to a role", "assumed-role/Admin/bob"]);
    let [asked] = lambda.asked().try_into().unwrap();
    let sent = &asked.body["request"]["exempt"]["exemption"];
    assert_eq!((&sent["expiresAt"], &sent["wayOut"]), (&"2100-01-01T00:00:00Z".into(), &"move to a role".into()));
    lambda.sever(&dir("exempt"), &with(&[])).expect(2, &["--until", "--days"]);
    lambda.sever(&dir("exempt"), &with(&["--until", "2020-01-01"])).expect(2, &["expiresAt must be in the future"]);
    lambda.sever(&dir("exempt"), &["exempt", "list"]).expect(0, &["exm-3f2a91c0"]);
    let everyone: Vec<&str> =
        with(&["--days", "3"]).into_iter().map(|arg| if arg == all[2] { "*" } else { arg }).collect();
    lambda.sever(&dir("exempt"), &everyone).expect(2, &["must be the ARN"]);
    let lambda = Lambda::new([answers(json!({"done": {"what": "exemption ended", "count": 1}}))]);
    lambda.sever(&dir("exempt"), &["exempt", "end", "exm-3f2a91c0"]).expect(0, &["exemption ended"]);
    assert_eq!(lambda.asked()[0].body["request"], json!({"end_exemption": {"id": "exm-3f2a91c0"}}));
}

#[test]
fn breakers_are_shown_and_reset() {
    let breakers = json!({"breakers": {"breakers": [
        {"scope": "account 111122223333", "used": 50, "limit": 50, "windowMinutes": 60,
         "openSince": "2026-03-01T12:00:00Z", "openedBy": CASE},
        {"scope": "organization", "used": 50, "limit": 0, "windowMinutes": 60},
    ]}});
    let lambda = Lambda::new([answers(breakers)]);
    lambda
        .sever(&dir("breaker"), &["breaker", "status"])
        .expect(0, &["OPEN since 2026-03-01T12:00:00Z", CASE, "organization          closed", "none"]);
    lambda.sever(&dir("breaker"), &["breaker", "reset", "--reason", "INC-42"]).expect(0, &["OPEN since"]);
    assert!(lambda.asked()[0].body.get("proof").is_none() && lambda.asked()[1].proof()["authorization"].is_string());
}

#[test]
fn recertifying_names_a_day() {
    let lambda = Lambda::new([answers(json!({"done": {"what": "recertified", "count": 1}}))]);
    let args = ["recertify", USER, "--until", "2027-03-31", "--reason", "still runs"];
    lambda.sever(&dir("recertify"), &args).expect(0, &["recertified"]);
    let expected = json!({"recertify": {"subject": USER, "until": "2027-03-31", "reason": "still runs"}});
    assert_eq!(lambda.asked()[0].body["request"], expected);
    lambda.sever(&dir("recertify"), &["recertify", USER, "--until", "soon", "--reason", "x"]).expect(2, &["--until"]);
}

#[test]
fn a_refusal_says_why_and_has_a_code_of_its_own() {
    let why = "who asked for it cannot approve it: let somebody else\u{1b}[2J";
    let lambda = Lambda::new([answers(json!({"refused": {"why": why}}))]);
    let run = lambda.sever(&dir("refused"), &contain(&[]));
    run.expect(21, &[r"sever: refused: who asked for it cannot approve it: let somebody else\u{1b}[2J"]);
    assert_eq!(run.out, "");
}

#[test]
fn no_answer_says_what_is_missing() {
    let failed = Answer {
        failed: true,
        ..answers(json!({"errorMessage": "the table is gone", "errorType": "Severance.Terminal"}))
    };
    let cases = [
        (failed, "severance-responder failed: the table is gone (Severance.Terminal)"),
        (
            lambda_says(403, "AccessDeniedException"),
            "you need lambda:InvokeFunction on the function severance-responder",
        ),
        (lambda_says(404, "ResourceNotFoundException"), "there is no function severance-responder in eu-west-1"),
        (lambda_says(429, "TooManyRequestsException"), "nothing was done: ask again"),
        (lambda_says(403, "ExpiredTokenException"), "sign in again"),
        (answers(json!({"unheard": 1})), "use the sever of the stack's version"),
    ];
    for (n, (answer, words)) in cases.into_iter().enumerate() {
        let lambda = Lambda::new([answer]);
        lambda.sever(&dir(&format!("no-answer-{n}")), &contain(&[])).expect(22, &[words]);
        assert_eq!(lambda.asked().len(), 1, "what changes something is sent once: {words}");
    }
    let closed = [("AWS_ENDPOINT_URL", "http://127.0.0.1:1")];
    sever(&dir("closed"), &["breaker", "status"], &closed).expect(22, &["cannot be reached", "--endpoint-url"]);
    let nobody = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), ("AWS_SESSION_TOKEN", "")];
    sever(&dir("nobody"), &["reviews"], &nobody).expect(22, &["no AWS credentials", "--profile"]);
    sever(&dir("nowhere"), &["reviews"], &[("AWS_REGION", "")]).expect(22, &["--region"]);
}

#[test]
fn a_question_is_asked_again_where_lambda_is_busy() {
    let lambda =
        Lambda::new([lambda_says(500, "ServiceException"), answers(json!({"exemptions": {"exemptions": []}}))]);
    lambda.sever(&dir("again"), &["exempt", "list"]).expect(0, &["There are no exemptions"]);
    assert_eq!(lambda.asked().len(), 2);
}

#[test]
fn a_long_wait_is_told() {
    let late = Answer { after: Duration::from_millis(2_500), ..answers(json!({"breakers": {"breakers": []}})) };
    let run = Lambda::new([late]).sever(&dir("late"), &["breaker", "status"]);
    run.expect(0, &["waiting for severance-responder in eu-west-1, 330 s at most"]);
    assert!(!run.out.contains("waiting") && run.err.matches("waiting").count() == 1, "{run:?}");
}

#[test]
fn the_stack_region_and_profile_are_chosen_as_in_the_aws_cli() {
    let (dir, lambda) = (dir("chosen"), Lambda::new([answers(json!({"exemptions": {"exemptions": []}}))]));
    dir.write("credentials", "[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = other\n");
    let args = ["exempt", "end", "exm-1", "--stack", "sev-test", "--region", "us-east-2", "--profile", "other"];
    lambda.sever(&dir, &args).expect(0, &[]);
    let [asked] = lambda.asked().try_into().unwrap();
    assert!(asked.path.contains("/functions/sev-test-responder/"), "{}", asked.path);
    // A profile that is named counts more than the environment.
    assert!(asked.headers["authorization"].contains("Credential=AKIAOTHER/"), "{:?}", asked.headers);
    let authorization = asked.proof()["authorization"].as_str().unwrap();
    assert!(authorization.contains("Credential=AKIAOTHER/") && authorization.contains("/us-east-2/sts/"));
    let endpoint = format!("http://{}", lambda.host());
    let environment = [("SEVERANCE_STACK_NAME", "named"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")];
    sever(&dir, &["exempt", "list", "--endpoint-url", &endpoint], &environment).expect(0, &[]);
    assert!(lambda.asked()[1].path.contains("/functions/named-responder/"));
}

#[test]
fn every_help_has_examples_and_the_codes() {
    let dir = dir("help-all");
    for command in [
        "plan",
        "contain",
        "status",
        "restore",
        "reviews",
        "approve",
        "deny",
        "exempt add",
        "exempt list",
        "exempt end",
        "breaker status",
        "breaker reset",
        "registry import",
        "registry export",
        "registry remove",
        "recertify",
    ] {
        let mut args: Vec<&str> = command.split(' ').collect();
        args.push("--help");
        dir.sever(&args)
            .expect(0, &["Examples:", "  21  refused", "  22  no answer", "lambda:InvokeFunction", "--stack"]);
    }
    for command in ["check", "explain"] {
        dir.sever(&["policy", command, "--help"]).expect(0, &["Examples:", "  20  "]);
    }
}
