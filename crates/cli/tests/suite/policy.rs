//! `sever policy`: offline, whatever the environment says of AWS.

use std::process::Command;

use crate::support::{Dir, Run, dir};
use serde_json::Value;

const USER: &str = "arn:aws:iam::111122223333:user/batch";
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies");

const PERMIT: &str = r#"@id("anything-goes")
@reason("A test allows it.")
permit (principal, action == Action::"enforce", resource);
"#;

/// Runs `sever` where asking AWS would fail: no home, no network address to reach, no credentials.
fn offline(dir: &Dir, args: &[&str]) -> Run {
    let nowhere = [("AWS_ENDPOINT_URL", "http://127.0.0.1:1"), ("AWS_CONFIG_FILE", "/dev/full")];
    Run::of(
        Command::new(env!("CARGO_BIN_EXE_sever"))
            .args(args)
            .current_dir(dir.path())
            .env_clear()
            .envs(nowhere)
            .output()
            .unwrap(),
    )
}

fn explain(args: &[&str]) -> Run {
    let dir = dir(&format!("explain-{}", args.join("-").replace([':', '/', '=', '@'], "_")));
    offline(&dir, &[&["policy", "explain"], args].concat())
}

/// The plan that a description leads to.
fn plan(args: &[&str]) -> Value {
    let run = explain(&[args, &["--json"]].concat());
    run.expect(0, &[]);
    serde_json::from_str::<Value>(&run.out).unwrap()["explained"][0]["plan"].take()
}

#[test]
fn the_policies_of_the_repository_hold() {
    let dir = dir("check");
    offline(&dir, &["policy", "check", REPOSITORY]).expect(0, &["policies in", "all hold"]);
    let run = offline(&dir, &["policy", "check", REPOSITORY, "--json"]);
    let checked: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(checked["ok"], true);
    assert!(checked["policies"].as_array().unwrap().len() > 10, "{checked}");
}

#[test]
fn every_broken_policy_is_named_by_file_line_and_column() {
    let dir = dir("broken");
    dir.write("policies/default/good.cedar", PERMIT);
    offline(&dir, &["policy", "check"]).expect(0, &["1 policies in policies: all hold"]);
    dir.write("policies/custom/syntax.cedar", "\npermit (principal, action, resource)\n");
    dir.write(
        "policies/custom/schema.cedar",
        PERMIT
            .replace("anything-goes", "unknown-attribute")
            .replace("resource);", "resource) when { resource.colour == 1 };"),
    );
    let run = offline(&dir, &["policy", "check"]);
    run.expect(20, &["policies: broken", "policies/custom/syntax.cedar:", "policies/custom/schema.cedar:", "colour"]);
    let run = offline(&dir, &["policy", "check", "--json"]);
    let checked: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, &checked["ok"]), (Some(20), &false.into()));
    let problems = checked["problems"].as_array().unwrap();
    let syntax = problems.iter().find(|problem| problem["file"] == "policies/custom/syntax.cedar").unwrap();
    assert!(syntax["line"].as_u64() >= Some(2) && syntax["column"].as_u64() >= Some(1), "{syntax}");
    let args = ["policy", "explain", USER, "--signal", "credential_unused", "--policies", "policies"];
    offline(&dir, &args).expect(20, &["policies/custom/syntax.cedar:"]);
    offline(&dir, &["policy", "check", "gone"]).expect(20, &["gone"]);
}

#[test]
fn an_explanation_names_the_policies_and_what_was_assumed() {
    let run = explain(&[
        USER,
        "--signal",
        "credential_unused",
        "--class",
        "workload",
        "--owner",
        "Payments@x.io",
        "--environment",
        "prod",
    ]);
    run.expect(
        0,
        &[
            "Owner      payments@x.io (command line)",
            "1. REVIEW: deactivate access key AKIAIOSFODNN7EXAMPLE of user batch",
            "made 400 days ago and never used",
            "the policies say review",
            "if nobody answers in time",
            "Taken as given",
            "one active key, AKIAIOSFODNN7EXAMPLE, 400 days old and idle for 400",
        ],
    );
}

#[test]
fn the_policies_of_a_folder_count_in_the_place_of_the_built_in_ones() {
    let dir = dir("folder");
    dir.write("mine/default/all.cedar", PERMIT);
    let args =
        ["policy", "explain", USER, "--signal", "credential_unused", "--class", "workload", "--policies", "mine"];
    offline(&dir, &args).expect(0, &["1. ENFORCE: deactivate", "anything-goes: A test allows it."]);
}

#[test]
fn the_mode_and_a_refusal_lower_what_policies_say() {
    let danger = [USER, "--signal", "credential_exposed"];
    let enforced = plan(&danger);
    assert_eq!(enforced["steps"][0]["disposition"], "enforce");
    let observed = plan(&[&danger[..], &["--mode", "observe"]].concat());
    assert_eq!(observed["steps"][0]["disposition"], "observe");
    assert_eq!(observed["steps"][0]["ruling"]["answer"], "enforce");
    assert_eq!(observed["steps"][0]["ruling"]["loweredBy"], "the stack's mode is observe");
    // A tag asks a person: only the registry makes an identity untouchable.
    let asked = plan(&[&danger[..], &["--tag", "severance:class=break-glass"]].concat());
    assert_eq!(asked["steps"][0]["disposition"], "review");
    let run = explain(&[&danger[..], &["--tag", "severance:class=break-glass"]].concat());
    run.expect(0, &["REVIEW: quarantine", "break-glass-is-never-touched", "break-glass (tag severance:class)"]);
}

#[test]
fn ages_keys_and_leavers_are_as_described() {
    let steps = |args: &[&str]| plan(args)["steps"].as_array().unwrap().len();
    let stale = |days: &str| steps(&[USER, "--signal", "credential_stale", "--age-days", days]);
    assert_eq!((stale("89"), stale("90")), (0, 1));
    let unused = |days: &str| steps(&[USER, "--signal", "credential_unused", "--idle-days", days]);
    assert_eq!((unused("44"), unused("45")), (0, 1));
    let key = plan(&[USER, "--signal", "credential_stale", "--access-key", "AKIAOTHER"]);
    assert_eq!(key["steps"][0]["countermeasure"]["accessKey"], "AKIAOTHER");
    let new = plan(&[USER, "--signal", "credential_created"]);
    assert_eq!(new["steps"][0]["countermeasure"]["type"], "deactivate_access_key");
    let leaver = |owner: &str| plan(&[USER, "--signal", "offboarding", "--owner", owner, "--leaver", "alice"]);
    assert_eq!(leaver("alice")["steps"][0]["countermeasure"]["type"], "quarantine_user");
    assert_eq!(leaver("bob")["steps"][0]["countermeasure"]["type"], "hold_for_review");
    let role = plan(&["arn:aws:iam::111122223333:role/path/app", "--signal", "identity_compromised"]);
    assert_eq!(role["steps"][0]["countermeasure"]["role"], "app");
    let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db/main-AbCdEf";
    assert_eq!(plan(&[secret, "--signal", "secret_unrotated"])["steps"][0]["countermeasure"]["type"], "rotate_secret");
    let root = plan(&["arn:aws:iam::111122223333:root", "--signal", "identity_compromised"]);
    assert_eq!(root["steps"][0]["disposition"], "review");
}

#[test]
fn what_makes_no_sense_together_is_refused() {
    explain(&[USER, "--signal", "stolen"]).expect(2, &["credential_exposed"]);
    explain(&["arn:aws:s3:::bucket", "--signal", "trust_exposed"]).expect(2, &["not the ARN of an IAM user"]);
    explain(&[USER, "--signal", "credential_stale", "--leaver", "alice"]).expect(2, &["--signal offboarding"]);
    explain(&[USER, "--signal", "credential_stale", "--tag", "novalue"]).expect(2, &["KEY=VALUE"]);
    explain(&[USER, "--signal", "credential_stale", "--live", "--class", "human"]).expect(2, &["cannot be used with"]);
}
