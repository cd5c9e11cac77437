use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::call::Request;
use crate::caller::{Session, SessionOf, StartedBy};
use crate::iam::Identity;
use crate::lag::Lag;

const ACCOUNT: &str = "111122223333";
const OTHER: &str = "444455556666";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_798_804_800 + second).unwrap()
}

fn state(lag: Lag) -> State {
    let mut state = State::new(lag);
    let identity = |name: &str, path: &str| Identity { name: name.to_owned(), path: path.to_owned(), created: at(0) };
    let key = |id: &str| (ACCOUNT.to_owned(), id.to_owned(), String::new());
    state.iam.users.put(at(0), &Lag::NONE, key("AIDA1"), identity("build-bot", "/ci/"));
    state.iam.roles.put(at(0), &Lag::NONE, key("AROA1"), identity("deploy", "/service/"));
    state
}

fn user() -> Caller {
    Caller::User { account: ACCOUNT.to_owned(), id: "AIDA1".to_owned(), key: "AKIA1".to_owned() }
}

fn session(of: SessionOf, name: &str) -> Caller {
    Caller::Session(Box::new(Session {
        key: "ASIA1".to_owned(),
        token: "token".to_owned(),
        account: ACCOUNT.to_owned(),
        of,
        name: name.to_owned(),
        issued_at: at(0),
        expires_at: at(3_600),
        policies: vec![],
        source_identity: Some("alice".to_owned()),
        tags: BTreeMap::new(),
        by: StartedBy::Key("AKIA1".to_owned()),
        context: BTreeMap::new(),
    }))
}

fn made(state: &mut State, at: Timestamp, caller: Caller, request: Request, answer: &Answer) -> Record {
    record(state, &Call { request, caller, at }, answer);
    state.cloudtrail.records().last().unwrap().clone()
}

fn read(caller: Caller, at: Timestamp, region: &str, input: Value) -> Call {
    Call { request: Request::new("cloudtrail", "LookupEvents", input).in_region(region), caller, at }
}

fn by(key: &str, value: &str) -> Value {
    json!({ "LookupAttributes": [{ "AttributeKey": key, "AttributeValue": value }] })
}

fn names(answer: &Value) -> Vec<String> {
    answer["Events"].as_array().unwrap().iter().map(|event| event["EventName"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_new_key_is_written_as_cloudtrail_writes_it_and_found_by_what_it_names() {
    let mut state = state(Lag::NONE);
    let request = Request::new("iam", "CreateAccessKey", json!({ "UserName": "bob" })).in_region("eu-west-1");
    let result = json!({ "AccessKey": {
        "AccessKeyId": "AKIA2", "Status": "Active", "UserName": "bob", "SecretAccessKey": "sEcReT",
        "CreateDate": "2027-01-01T14:13:58Z",
    } });
    let record = made(&mut state, at(1), user(), request, &Ok(result));
    let document = &record.document;
    assert_eq!(
        document["userIdentity"],
        json!({
            "type": "IAMUser", "principalId": "AIDA1", "arn": "arn:aws:iam::111122223333:user/ci/build-bot",
            "accountId": ACCOUNT, "accessKeyId": "AKIA1", "userName": "build-bot",
        })
    );
    assert_eq!(document["requestParameters"], json!({ "userName": "bob" }));
    assert_eq!(
        document["responseElements"],
        json!({ "accessKey": {
            "accessKeyId": "AKIA2", "status": "Active", "userName": "bob", "createDate": "Jan 1, 2027, 2:13:58 PM",
        } })
    );
    assert_eq!((&document["awsRegion"], &document["readOnly"]), (&json!("us-east-1"), &json!(false)));
    assert_eq!(document["eventTime"], "2027-01-01T12:00:01Z");
    for (key, value) in [
        ("ResourceName", "AKIA2"),
        ("ResourceName", "bob"),
        ("Username", "build-bot"),
        ("AccessKeyId", "AKIA1"),
        ("EventName", "CreateAccessKey"),
        ("EventSource", "iam.amazonaws.com"),
        ("ReadOnly", "false"),
        ("EventId", record.id()),
    ] {
        let found =
            answer(&mut state, &read(Caller::Root { account: ACCOUNT.to_owned() }, at(9), "us-east-1", by(key, value)));
        // Each is asked in the same second.
        state.cloudtrail.requests_per_second = None;
        assert_eq!(names(&found.unwrap()), ["CreateAccessKey"], "{key}");
    }
    let elsewhere = read(user(), at(9), "eu-west-1", by("Username", "build-bot"));
    assert!(names(&answer(&mut state, &elsewhere).unwrap()).is_empty(), "IAM's events stand in one Region");
}

#[test]
fn a_session_of_a_role_stands_under_its_session_name_with_its_issuer() {
    let mut state = state(Lag::NONE);
    let caller = session(SessionOf::Role("AROA1".to_owned()), "build-bot");
    let record = made(&mut state, at(5), caller, Request::new("ec2", "RunInstances", json!({})), &Ok(json!({})));
    let identity = &record.document["userIdentity"];
    assert_eq!(identity["principalId"], "AROA1:build-bot");
    assert_eq!(identity["arn"], "arn:aws:sts::111122223333:assumed-role/deploy/build-bot");
    let context = &identity["sessionContext"];
    assert_eq!(context["sessionIssuer"]["arn"], "arn:aws:iam::111122223333:role/service/deploy");
    assert_eq!(context["sessionIssuer"]["userName"], "deploy");
    assert_eq!(context["sourceIdentity"], "alice");
    assert_eq!(context["attributes"]["creationDate"], "2027-01-01T12:00:00Z");
    // The product's namesake trap: a lookup by user name finds sessions of that name.
    assert_eq!(record.username.as_deref(), Some("build-bot"));
    assert_eq!(record.principal, "AROA1");
    assert_eq!(state.cloudtrail.writes_by("AROA1").count(), 1);
    let federated = session(SessionOf::Federated("AIDA1".to_owned()), "guest");
    let record = made(&mut state, at(6), federated, Request::new("s3", "ListBuckets", json!({})), &Ok(json!({})));
    assert_eq!(record.document["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"], "build-bot");
    assert_eq!((record.principal.as_str(), record.read_only), ("AIDA1", true));
    let token = session(SessionOf::User("AIDA1".to_owned()), "");
    let record = made(&mut state, at(7), token, Request::new("s3", "ListBuckets", json!({})), &Ok(json!({})));
    assert_eq!(record.document["userIdentity"]["type"], "IAMUser");
    assert_eq!(record.document["userIdentity"]["sessionContext"]["attributes"]["mfaAuthenticated"], "false");
}

#[test]
fn a_denied_call_tells_nothing_but_that_it_was_tried_and_is_no_write() {
    let mut state = state(Lag::NONE);
    let input = json!({ "UserName": "bob", "PolicyName": "p", "PolicyDocument": "{}" });
    let request = Request::new("iam", "PutUserPolicy", input);
    let denied = Err(Refusal::denied("build-bot", "iam:PutUserPolicy", "because"));
    let record = made(&mut state, at(0), user(), request.clone(), &denied);
    assert_eq!(record.document["requestParameters"], Value::Null);
    assert_eq!(record.document["errorCode"], "AccessDenied");
    let record = made(&mut state, at(0), user(), request.clone(), &Err(Refusal::limit("PolicySize")));
    assert_eq!(record.document["requestParameters"]["policyDocument"], "{}");
    assert_eq!(record.document["errorCode"], "LimitExceededException");
    assert_eq!(state.cloudtrail.writes_by("AIDA1").count(), 0);
    assert!(made(&mut state, at(0), user(), request, &Ok(json!({}))).document["responseElements"].is_null());
    let writes: Vec<&str> = state.cloudtrail.writes_by("AIDA1").map(|record| record.action.as_str()).collect();
    assert_eq!(writes, ["iam:PutUserPolicy"]);
}

#[test]
fn a_role_assumed_in_another_account_stands_in_the_history_of_both_in_the_region_that_was_called() {
    let mut state = state(Lag::NONE);
    let role = format!("arn:aws:iam::{OTHER}:role/target");
    let input = json!({ "RoleArn": role, "RoleSessionName": "s", "DurationSeconds": "900" });
    let request = Request::new("sts", "AssumeRole", input).in_region("eu-west-1");
    let result = json!({
        "Credentials": { "AccessKeyId": "ASIA9", "SecretAccessKey": "x", "SessionToken": "t", "Expiration": "2027-01-01T13:00:00Z" },
        "AssumedRoleUser": { "AssumedRoleId": "AROA9:s", "Arn": format!("arn:aws:sts::{OTHER}:assumed-role/target/s") },
    });
    let there = made(&mut state, at(0), user(), request.clone(), &Ok(result));
    let [here, there_too] = state.cloudtrail.records() else { panic!("two records") };
    assert_eq!((here.account.as_str(), there.account.as_str()), (ACCOUNT, OTHER));
    assert_eq!(here.document["sharedEventID"], there_too.document["sharedEventID"]);
    assert_eq!(
        there.document["userIdentity"],
        json!({ "type": "AWSAccount", "principalId": "AIDA1", "accountId": ACCOUNT })
    );
    assert_eq!(
        here.document["responseElements"]["credentials"],
        json!({ "accessKeyId": "ASIA9", "expiration": "Jan 1, 2027, 1:00:00 PM" })
    );
    assert_eq!(here.document["requestParameters"]["durationSeconds"], 900);
    assert!(here.starts_session() && here.read_only);
    let asked = read(Caller::Root { account: OTHER.to_owned() }, at(1), "eu-west-1", by("ResourceName", &role));
    assert_eq!(names(&answer(&mut state, &asked).unwrap()), ["AssumeRole"]);
    // What is refused, the other account does not hear of.
    made(&mut state, at(1), user(), request, &Err(Refusal::denied("x", "sts:AssumeRole", "")));
    assert_eq!(state.cloudtrail.records().len(), 3);
}

#[test]
fn a_token_of_an_identity_provider_names_its_holder_in_the_account_of_the_role() {
    let mut state = state(Lag::NONE);
    let token = json!({ "iss": "https://token.actions.githubusercontent.com", "sub": "repo:o/r:x", "aud": "sts.amazonaws.com" });
    let input = json!({
        "RoleArn": "arn:aws:iam::111122223333:role/service/deploy", "RoleSessionName": "s", "WebIdentityToken": token.to_string(),
    });
    let nobody = Caller::Anonymous { account: String::new() };
    let record =
        made(&mut state, at(0), nobody, Request::new("sts", "AssumeRoleWithWebIdentity", input), &Ok(json!({})));
    assert_eq!(record.account, ACCOUNT);
    let identity = &record.document["userIdentity"];
    assert_eq!((&identity["type"], &identity["userName"]), (&json!("WebIdentityUser"), &json!("repo:o/r:x")));
    assert!(!record.document.to_string().contains("iss"), "no token is recorded");
}

#[test]
fn pages_are_of_fifty_the_newest_first_and_hold_when_records_appear_between_them() {
    let mut state = state(Lag { seed: 3, trail_to: SignedDuration::from_mins(15), ..Lag::NONE });
    state.cloudtrail.requests_per_second = None;
    for n in 0..130 {
        let request = Request::new("iam", "TagUser", json!({ "UserName": format!("u{n}") }));
        made(&mut state, at(n / 3), user(), request, &Ok(json!({})));
    }
    let visible = |now| state.cloudtrail.records().iter().filter(|record| record.visible_at <= now).count();
    assert!(visible(at(60)) < visible(at(600)) && visible(at(600)) < 130 && visible(at(60 + 900)) == 130);
    let mut seen: Vec<(u64, String)> = Vec::new();
    let mut token = Value::Null;
    for now in [300, 600, 2_000] {
        let mut input = by("Username", "build-bot");
        input["NextToken"] = token;
        let page = answer(&mut state, &read(user(), at(now), "us-east-1", input)).unwrap();
        let events = page["Events"].as_array().unwrap();
        assert!(events.len() <= 50);
        seen.extend(
            events
                .iter()
                .map(|event| (event["EventTime"].as_u64().unwrap(), event["EventId"].as_str().unwrap().to_owned())),
        );
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
        let mut strange = by("Username", "alice");
        strange["NextToken"] = token.clone();
        let refused = answer(&mut state, &read(user(), at(now), "us-east-1", strange)).unwrap_err();
        assert_eq!(refused.code, "InvalidNextTokenException");
    }
    assert!(seen.windows(2).all(|pair| pair[0].0 >= pair[1].0), "the newest first");
    let ids: std::collections::BTreeSet<&String> = seen.iter().map(|(_, id)| id).collect();
    assert_eq!(ids.len(), seen.len(), "none twice");
    let mut input = by("Username", "build-bot");
    input["StartTime"] = json!(at(10).as_second());
    input["EndTime"] = json!(at(10).as_second());
    assert_eq!(names(&answer(&mut state, &read(user(), at(3_000), "us-east-1", input)).unwrap()).len(), 3);
}

#[test]
fn two_requests_a_second_are_answered_in_each_account_and_region() {
    let mut state = state(Lag::NONE);
    let mut ask = |account: &str, region: &str, milliseconds: i64| {
        let caller = Caller::Root { account: account.to_owned() };
        let now = at(0) + SignedDuration::from_millis(milliseconds);
        answer(&mut state, &read(caller, now, region, json!({}))).map(drop).map_err(|refusal| refusal.code)
    };
    let throttled = Err("ThrottlingException".to_owned());
    assert_eq!([0, 1, 2].map(|now| ask(ACCOUNT, "us-east-1", now)), [Ok(()), Ok(()), throttled.clone()]);
    assert_eq!(ask(ACCOUNT, "eu-west-1", 2), Ok(()));
    assert_eq!(ask(OTHER, "us-east-1", 2), Ok(()));
    assert_eq!([400, 501, 502].map(|now| ask(ACCOUNT, "us-east-1", now)), [throttled.clone(), Ok(()), throttled]);
}

#[test]
fn data_events_and_what_sets_the_stage_leave_no_record() {
    let mut state = state(Lag::NONE);
    for (service, operation) in
        [("dynamodb", "PutItem"), ("s3", "PutObject"), ("sns", "Publish"), ("kms", "Sign"), ("lambda", "Invoke")]
    {
        record(
            &mut state,
            &Call { request: Request::new(service, operation, json!({})), caller: user(), at: at(0) },
            &Ok(json!({})),
        );
    }
    assert!(state.cloudtrail.records().is_empty());
}

#[test]
fn a_region_that_is_not_enabled_knows_nobody_and_records_nothing() {
    let mut state = state(Lag::NONE);
    state.disabled_regions.insert("af-south-1".to_owned());
    let call = |service: &str, operation: &str, region: &str| {
        let request = Request::new(service, operation, json!({})).in_region(region);
        Call { request, caller: Caller::Stage { account: ACCOUNT.to_owned() }, at: at(1) }
    };
    let mut code = |of: Call| crate::perform::perform(&mut state, &of).err().map(|refusal| refusal.code);
    assert_eq!(code(call("cloudtrail", "LookupEvents", "af-south-1")).as_deref(), Some("UnrecognizedClientException"));
    assert_eq!(code(call("sts", "GetCallerIdentity", "af-south-1")).as_deref(), Some("InvalidClientTokenId"));
    assert_eq!(code(call("cloudtrail", "LookupEvents", "eu-west-1")), None);
    assert_eq!(state.cloudtrail.records().len(), 0);
}
