//! Whose act a record of CloudTrail is, what came of it, and what of it costs the word until somebody has judged it.

use crate::common::contained::{contained_role, contained_user, github};
use crate::common::iam_name;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use severance_domain::case::Case;
use severance_domain::plan::Disposition;
use severance_domain::playbook::hold_doubts;
use severance_domain::signal::Planted;
use severance_domain::subject::Subject;
use severance_domain::trail::{Holder, Made, Names, Principal, Renaming, SessionOf, Trace, Whose};
use severance_domain::verdict::Verdict;

const OWN_ID: &str = "AIDAEXAMPLEOWN";
const ROLE: &str = "arn:aws:iam::111122223333:role/ci/deploy";

fn at() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn later(minutes: i64) -> Timestamp {
    at() + SignedDuration::from_mins(minutes)
}

fn record(call: &str, asked: Value, answered: Value) -> Value {
    let (service, name) = call.split_once(':').unwrap();
    let reads = name.starts_with("Get") || name.starts_with("List") || service == "sts";
    let mut record = json!({
        "eventSource": format!("{service}.amazonaws.com"), "eventName": name, "eventID": format!("id of {call}"),
        "eventTime": at().to_string(), "readOnly": reads,
        "userIdentity": { "type": "IAMUser", "principalId": OWN_ID, "userName": "ci-deploy" },
    });
    record["requestParameters"] = asked;
    record["responseElements"] = answered;
    record
}

fn made(call: &str, asked: Value, answered: Value) -> Option<Made> {
    Trace::of(&record(call, asked, answered)).map(|trace| trace.made)
}

fn user_case() -> Case {
    let mut case = contained_user();
    case.subject = Subject { unique_id: OWN_ID.try_into().ok(), ..case.subject };
    case
}

fn made_by(case: &Case, identity: Value) -> Whose {
    let mut record = json!({});
    record["userIdentity"] = identity;
    Principal::of(case).made(&record)
}

#[test]
fn an_act_is_the_users_by_the_principal_and_never_by_a_name() {
    let case = user_case();
    let arn = case.subject.arn.clone().unwrap();
    let issuer = |id: &str| json!({ "sessionIssuer": { "type": "x", "principalId": id, "arn": arn } });
    for (identity, expected) in [
        (json!({ "type": "IAMUser", "principalId": OWN_ID, "userName": "an earlier name" }), Whose::Its),
        (json!({ "type": "IAMUser", "principalId": OWN_ID, "accessKeyId": "ASIASESSIONTOKEN1" }), Whose::Its),
        // Whoever was made again under the name is somebody else.
        (json!({ "type": "IAMUser", "principalId": "AIDAANOTHER", "arn": arn }), Whose::Anothers),
        (json!({ "type": "IAMUser", "arn": arn }), Whose::Its),
        (json!({ "type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/x" }), Whose::Anothers),
        (json!({ "type": "FederatedUser", "sessionContext": issuer(OWN_ID), "principalId": "1:visitor" }), Whose::Its),
        (json!({ "type": "FederatedUser", "sessionContext": issuer("AIDAANOTHER") }), Whose::Anothers),
        // A role's session may be called like anybody.
        (
            json!({
                "type": "AssumedRole", "principalId": format!("AROASHARED:{}", case.subject.name),
                "sessionContext": issuer("AROASHARED"), "userName": case.subject.name,
            }),
            Whose::Anothers,
        ),
        (json!({ "type": "AssumedRole", "accessKeyId": "ASIAOTHERSESSION1" }), Whose::Anothers),
        (json!({ "type": "Root", "principalId": "111122223333" }), Whose::Anothers),
        (json!({ "type": "AWSService", "invokedBy": "ec2.amazonaws.com" }), Whose::Anothers),
        (json!({ "type": "AWSAccount", "principalId": OWN_ID }), Whose::Its),
        (json!({ "type": "IAMUser" }), Whose::Untold),
        (json!({}), Whose::Untold),
        (Value::Null, Whose::Untold),
    ] {
        assert_eq!(made_by(&case, identity.clone()), expected, "{identity}");
    }
    let switched = json!({ "userIdentity": { "type": "AssumedRole", "principalId": "AROAX:ci" }, "additionalEventData": { "SwitchFrom": arn } });
    assert_eq!(Principal::of(&case).made(&switched), Whose::Its);
    // A session that it started is its own, whosever rights it has.
    let mut principal = Principal::of(&case);
    let key = "ASIAOTHERSESSION1".try_into().unwrap();
    assert!(principal.learn(&key) && !principal.learn(&key));
    for kind in ["AssumedRole", "FederatedUser", "Root"] {
        let identity = json!({ "userIdentity": { "type": kind, "accessKeyId": "ASIAOTHERSESSION1" } });
        assert_eq!(principal.made(&identity), Whose::Its, "{kind}");
    }
}

#[test]
fn an_act_is_a_roles_by_the_roles_own_id() {
    let mut case = contained_role(Some(github()));
    case.subject.unique_id = "AROAOWN".try_into().ok();
    let session =
        |id: &str| json!({ "type": "AssumedRole", "principalId": format!("{id}:any"), "accessKeyId": "ASIA1" });
    assert_eq!(made_by(&case, session("AROAOWN")), Whose::Its);
    assert_eq!(made_by(&case, session("AROAMADEAGAIN")), Whose::Anothers);
    assert_eq!(made_by(&case, json!({ "type": "IAMUser", "principalId": OWN_ID })), Whose::Anothers);
    assert_eq!(made_by(&case, json!({ "type": "AssumedRole" })), Whose::Untold);
}

#[test]
fn every_way_to_a_session_is_read_with_its_latest_end() {
    let issued =
        |expiration: &str| json!({ "credentials": { "accessKeyId": "ASIAEXAMPLE1", "expiration": expiration } });
    let role = || SessionOf::Role(ROLE.try_into().unwrap());
    let plain = || SessionOf::Role("arn:aws:iam::111122223333:role/deploy".try_into().unwrap());
    let assumed = json!({ "assumedRoleUser": { "arn": "arn:aws:sts::111122223333:assumed-role/deploy/x" } });
    let by_certificate = json!({ "credentialSet": [issued("2026-03-01T13:00:00Z")] });
    for (call, asked, answered, of, minutes) in [
        ("sts:AssumeRole", json!({ "roleArn": ROLE }), issued("Mar 1, 2026, 1:30:00 PM"), role(), 90),
        ("sts:AssumeRole", json!({ "roleArn": ROLE }), issued("Mar 1, 2026, 1:30:00\u{202f}PM"), role(), 90),
        ("sts:AssumeRole", json!({ "roleArn": ROLE, "durationSeconds": 900 }), json!({}), role(), 15),
        ("sts:AssumeRole", json!({ "roleArn": ROLE }), Value::Null, role(), 720),
        ("sts:AssumeRoleWithSAML", Value::Null, assumed.clone(), plain(), 720),
        ("sts:AssumeRoleWithWebIdentity", json!({ "roleArn": ROLE }), issued("nonsense"), role(), 720),
        ("sts:GetSessionToken", Value::Null, issued("2026-03-02T12:00:00Z"), SessionOf::Starter, 1_440),
        ("sts:GetFederationToken", json!({ "durationSeconds": 3_600 }), Value::Null, SessionOf::Starter, 60),
        ("sts:GetScopedCredentials", Value::Null, Value::Null, SessionOf::Starter, 2_160),
        (
            "sts:AssumeRoot",
            json!({ "targetPrincipal": "444455556666" }),
            Value::Null,
            SessionOf::Root("444455556666".to_owned()),
            15,
        ),
        ("sts:GetDelegatedAccessToken", Value::Null, issued("2026-03-01T13:00:00Z"), SessionOf::Unsaid, 60),
        ("rolesanywhere:CreateSession", json!({ "roleArn": ROLE }), by_certificate, role(), 60),
        // What nobody has heard of yet, if it gives credentials away.
        ("novel:GetAnything", Value::Null, issued("2026-03-01T13:00:00Z"), SessionOf::Unsaid, 60),
    ] {
        let Some(Made::Session(session)) = made(call, asked, answered) else { panic!("{call}") };
        assert_eq!((session.of, session.ends_at), (of, later(minutes)), "{call}");
    }
    assert_eq!(made("sts:GetCallerIdentity", Value::Null, Value::Null), None);
}

#[test]
fn a_write_is_understood_or_named_and_a_read_is_none() {
    let write = |call: &str| match made(call, json!({ "any": "thing" }), Value::Null) {
        Some(Made::Write { action, does }) => (action, does.is_some()),
        other => panic!("{call}: {other:?}"),
    };
    for (call, action, is_known) in [
        ("lambda:AddPermission20150331v2", "lambda:AddPermission", true),
        ("lambda:UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode", true),
        ("cloudfront:CreateDistribution2020_05_31", "cloudfront:CreateDistribution", false),
        ("ec2:RunInstances", "ec2:RunInstances", true),
        ("s3:PutBucketPolicy", "s3:PutBucketPolicy", true),
        ("kms:CreateGrant", "kms:CreateGrant", true),
        ("iam:CreateSAMLProvider", "iam:CreateSAMLProvider", true),
        ("rolesanywhere:CreateTrustAnchor", "rolesanywhere:CreateTrustAnchor", true),
        ("rolesanywhere:DisableCrl", "rolesanywhere:DisableCrl", true),
        ("sso:CreateAccountAssignment", "sso:CreateAccountAssignment", true),
        ("organizations:LeaveOrganization", "organizations:LeaveOrganization", true),
        ("cloudtrail:StopLogging", "cloudtrail:StopLogging", true),
        ("dynamodb:CreateTable", "dynamodb:CreateTable", false),
        ("iam:AnythingNew", "iam:AnythingNew", false),
        // What would be understood, were its record whole.
        ("iam:CreateUser", "iam:CreateUser", false),
        ("iam:UpdateAccessKey", "iam:UpdateAccessKey", false),
    ] {
        assert_eq!(write(call), (action.to_owned(), is_known), "{call}");
    }
    for harmless in
        ["iam:DeleteAccessKey", "iam:CreateGroup", "signin:ConsoleLogin", "s3:GetBucketPolicy", "iam:ListUsers"]
    {
        assert_eq!(made(harmless, Value::Null, Value::Null), None, "{harmless}");
    }
    let refused =
        json!({ "eventSource": "s3.amazonaws.com", "eventName": "PutBucketPolicy", "errorCode": "AccessDenied" });
    assert_eq!(Trace::of(&refused), None);
    // Without a word of CloudTrail's whether it reads, the name tells.
    let mut silent = record("s3:PutBucketAcl", Value::Null, Value::Null);
    silent["readOnly"].take();
    assert!(Trace::of(&silent).is_some());
}

#[test]
fn a_credential_that_is_set_active_again_is_made() {
    let set = |status: &str| {
        made(
            "iam:UpdateSSHPublicKey",
            json!({ "userName": "x", "sSHPublicKeyId": "APKA1", "status": status }),
            Value::Null,
        )
    };
    let key = Planted::SshPublicKey("APKA1".try_into().unwrap());
    assert_eq!(set("Active"), Some(Made::Credential { user: iam_name("x"), credential: key }));
    assert_eq!(set("Inactive"), None);
    // Without a name, it is about whoever calls.
    let own = made("iam:UploadSigningCertificate", json!({}), json!({ "certificate": { "certificateId": "CERT" } }));
    let Some(Made::Credential { user, .. }) = own else { panic!("{own:?}") };
    assert_eq!(user.as_str(), "ci-deploy");
    let tagged = made("iam:TagRole", json!({ "roleName": "r" }), Value::Null);
    assert!(matches!(tagged, Some(Made::Rights { of: Holder::Role(_), taken: false, .. })), "{tagged:?}");
}

#[test]
fn a_user_who_renames_themselves_is_known_by_each_name_in_its_time() {
    let renamed = |minutes: i64, from: &str, to: &str| {
        let mut record = record("iam:UpdateUser", json!({ "userName": from, "newUserName": to }), Value::Null);
        record["eventTime"] = later(minutes).to_string().into();
        Renaming::read(&record).unwrap()
    };
    let all = [renamed(-60, "a", "b"), renamed(-30, "x", "a"), renamed(-10, "b", "c"), renamed(10, "c", "d")];
    let names = Names::of("c", at(), &all);
    assert_eq!(names.all().into_iter().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    assert!(names.was("a", later(-90)) && !names.was("a", later(-20)), "somebody else is called so by then");
    assert!(names.was("b", later(-20)) && names.was("c", at()) && names.was("d", later(20)) && !names.was("d", at()));
    assert!(all.iter().filter(|of| of.from != "x").all(|of| names.is_own(of)));
    assert!(names.is_own(&renamed(20, "elsewhere", "d")), "what led there is not told yet");
    assert!(!names.is_own(&renamed(-20, "x", "a")) && !names.is_own(&renamed(20, "x", "y")));
    let mut refused = record("iam:UpdateUser", json!({ "userName": "a", "newUserName": "b" }), Value::Null);
    refused["errorCode"] = "NoSuchEntityException".into();
    assert_eq!(Renaming::read(&refused), None);
}

fn trace(call: &str, n: i64, asked: Value, answered: Value) -> Trace {
    let mut record = record(call, asked, answered);
    record["eventID"] = format!("{call} {n}").into();
    record["eventTime"] = later(n).to_string().into();
    Trace::of(&record).unwrap()
}

fn assumed(role: &str, n: i64) -> Trace {
    trace("sts:AssumeRole", n, json!({ "roleArn": role, "durationSeconds": 3_600 }), Value::Null)
}

fn held(case: &Case) -> Vec<&str> {
    let waits = case.steps.iter().filter(|of| of.step.disposition() == Disposition::Review);
    waits.map(|of| of.step.reason.as_str()).collect()
}

#[test]
fn a_session_of_another_role_costs_the_word_until_it_has_ended() {
    let mut case = user_case();
    let hold =
        |case: &mut Case, traces: &[Trace], minutes: i64| hold_doubts(case, traces, None, true, (1, later(minutes)));
    hold(&mut case, &[assumed(ROLE, 0), assumed(ROLE, 5)], 10);
    let [one] = held(&case)[..] else { panic!("{:?}", held(&case)) };
    assert!(one.contains(&format!("of role {ROLE}: 2 times, the last at 2026-03-01T12:05:00Z")), "{one}");
    assert!(one.contains("by 2026-03-01T13:05:00Z") && one.ends_with(&format!("sever contain '{ROLE}'")), "{one}");
    assert_eq!(Verdict::of(&case), Verdict::Partial);
    // The same again is the same question.
    hold(&mut case, &[assumed(ROLE, 0), assumed(ROLE, 5)], 20);
    assert_eq!(held(&case).len(), 1);
    // Ended by themselves, with all that they did in view.
    hold(&mut case, &[assumed(ROLE, 0), assumed(ROLE, 5)], 66);
    assert_eq!(held(&case), Vec::<&str>::new());
    // Of another account nobody sees whether they renewed themselves.
    hold(&mut case, &[assumed("arn:aws:iam::444455556666:role/x", 0)], 1_000);
    assert_eq!(held(&case).len(), 1);
}

#[test]
fn sessions_of_its_own_and_of_what_it_made_are_ended_with_it() {
    let mut case = user_case();
    let answered = json!({ "role": { "roleName": "deploy", "arn": ROLE, "roleId": "AROAMADE" } });
    let made = trace("iam:CreateRole", 0, Value::Null, answered);
    let own = trace("sts:GetSessionToken", 1, Value::Null, Value::Null);
    hold_doubts(&mut case, &[own.clone(), assumed(ROLE, 2)], None, true, (1, later(10)));
    assert_eq!(held(&case).len(), 1, "CloudTrail may tell of the role later");
    hold_doubts(&mut case, &[made, own, assumed(ROLE, 2)], None, true, (2, later(10)));
    assert_eq!(held(&case), Vec::<&str>::new());
    let mut case = contained_role(Some(github()));
    let role = case.subject.arn.clone().unwrap();
    hold_doubts(&mut case, &[assumed(role.as_str(), 2)], None, true, (1, later(10)));
    assert_eq!(held(&case), Vec::<&str>::new());
}

#[test]
fn what_it_wrote_is_one_question_for_each_kind_and_bounded() {
    let wrote = |call: &str, n: i64| trace(call, n, Value::Null, Value::Null);
    let mut case = user_case();
    let first = [wrote("lambda:AddPermission20150331v2", 1)];
    hold_doubts(&mut case, &first, None, true, (1, later(5)));
    let [one] = held(&case)[..] else { panic!("{:?}", held(&case)) };
    assert!(one.contains("lambda:AddPermission, which lets others call a function") && one.contains("once"), "{one}");
    // What a recheck of fewer Regions shows neither ends the doubt nor counts less.
    hold_doubts(&mut case, &[], None, false, (2, later(6)));
    assert!(held(&case)[0].contains("once"), "{:?}", held(&case));
    let again = [wrote("lambda:AddPermission20150331v2", 1), wrote("lambda:AddPermission20150331v2", 2)];
    hold_doubts(&mut case, &again, None, true, (3, later(7)));
    let [two] = held(&case)[..] else { panic!("{:?}", held(&case)) };
    assert!(two.contains("2 times, the last at 2026-03-01T12:02:00Z"), "{two}");
    let many: Vec<Trace> = (0..40).map(|n| wrote(&format!("service{n}:Create"), n)).collect();
    hold_doubts(&mut case, &many, None, true, (4, later(50)));
    assert_eq!(held(&case).len(), 11, "ten by name, and that there are more");
    // What it did before it came into other hands is its honest work.
    let mut case = user_case();
    hold_doubts(&mut case, &first, Some(later(2)), true, (1, later(5)));
    assert_eq!(held(&case), Vec::<&str>::new());
}
