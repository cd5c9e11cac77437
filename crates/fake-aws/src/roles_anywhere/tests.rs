use jiff::Timestamp;
use serde_json::{Value, json};

use super::tables::key_of;
use super::*;
use crate::call::Request;
use crate::caller::Caller;
use crate::lag::Lag;
use crate::store::View;

const ACCOUNT: &str = "111122223333";
const ROLE: &str = "arn:aws:iam::111122223333:role/edge/gateway";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn ask(state: &mut State, second: i64, operation: &str, input: Value) -> Answer {
    let caller = Caller::Root { account: ACCOUNT.to_owned() };
    let request = Request::new("rolesanywhere", operation, input).in_region("eu-west-1");
    answer(state, &Call { request, caller, at: at(second) })
}

fn id_of(answer: &Answer, kind: &str) -> String {
    answer.as_ref().unwrap()[kind][format!("{kind}Id")].as_str().unwrap().to_owned()
}

#[test]
fn paths_name_operations() {
    let at = |method: &str, path: &str, body: &str| {
        route(method, &format!("https://rolesanywhere.eu-west-1.amazonaws.com{path}"), body.as_bytes())
    };
    assert_eq!(
        at("GET", "/profiles?nextToken=after-2&pageSize=5", ""),
        ("ListProfiles".to_owned(), json!({ "nextToken": "after-2", "pageSize": "5" }))
    );
    assert_eq!(
        at("PATCH", "/profile/p-1", r#"{"roleArns":[]}"#),
        ("UpdateProfile".to_owned(), json!({ "roleArns": [], "profileId": "p-1" }))
    );
    assert_eq!(
        at("POST", "/trustanchor/t-1/disable", ""),
        ("DisableTrustAnchor".to_owned(), json!({ "trustAnchorId": "t-1" }))
    );
}

#[test]
fn profiles_live_in_one_region_are_changed_in_part_and_read_late() {
    let mut state = State::new(Lag::slow(11));
    let made = ask(&mut state, 0, "CreateProfile", json!({ "name": "edge", "roleArns": [ROLE], "enabled": true }));
    let id = id_of(&made, "profile");
    assert_eq!(made.unwrap()["profile"]["profileArn"], arn("eu-west-1", ACCOUNT, "profile", &id));
    assert_eq!(ask(&mut state, 20, "ListProfiles", json!({})).unwrap()["profiles"].as_array().unwrap().len(), 1);
    assert_eq!(state.roles_anywhere.profiles.of(View::Settled, ACCOUNT, "us-east-1").count(), 0);
    ask(&mut state, 20, "DisableProfile", json!({ "profileId": id })).unwrap();
    let early = ask(&mut state, 20, "GetProfile", json!({ "profileId": id })).unwrap();
    assert_eq!(early["profile"]["enabled"], true, "late with this seed");
    let late = ask(&mut state, 40, "GetProfile", json!({ "profileId": id })).unwrap();
    assert_eq!((&late["profile"]["enabled"], &late["profile"]["roleArns"]), (&json!(false), &json!([ROLE])));
    let empty = ask(&mut state, 40, "UpdateProfile", json!({ "profileId": id, "roleArns": [] })).unwrap();
    assert_eq!((&empty["profile"]["name"], &empty["profile"]["roleArns"]), (&json!("edge"), &json!([])));
    ask(&mut state, 40, "DeleteProfile", json!({ "profileId": id })).unwrap();
    assert_eq!(
        ask(&mut state, 60, "GetProfile", json!({ "profileId": id })).unwrap_err().code,
        "ResourceNotFoundException"
    );
}

#[test]
fn a_certificate_opens_what_anchor_profile_and_trust_let_it_open() {
    let mut state = State::new(Lag::NONE);
    let trust = json!({ "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "rolesanywhere.amazonaws.com" }, "Action": "sts:AssumeRole",
    }] });
    let created = at(0);
    let role = crate::iam::Identity { name: "gateway".to_owned(), path: "/edge/".to_owned(), created };
    let key = key_of(ACCOUNT, "AROA1", "");
    state.iam.roles.put(at(0), &Lag::NONE, key, role);
    state.iam.plant_trust(at(0), ACCOUNT, "AROA1", &trust.to_string());
    let anchor = ask(&mut state, 0, "CreateTrustAnchor", json!({ "name": "ca", "source": {}, "enabled": true }));
    let anchor = id_of(&anchor, "trustAnchor");
    let profile = ask(
        &mut state,
        0,
        "CreateProfile",
        json!({ "name": "edge", "roleArns": [ROLE], "enabled": true, "durationSeconds": 900 }),
    );
    let profile = id_of(&profile, "profile");
    let profile_arn = arn("eu-west-1", ACCOUNT, "profile", &profile);
    let anchor_arn = arn("eu-west-1", ACCOUNT, "trust-anchor", &anchor);
    let open = |state: &mut State, role: &str| start_session(state, at(1), &profile_arn, &anchor_arn, role, "host-1");
    let credential = open(&mut state, ROLE).unwrap();
    let session = &state.sessions[&credential.key_id];
    assert_eq!((session.expires_at, session.source_identity.as_deref()), (at(901), Some("CN=host-1")));
    let record = state.cloudtrail.records().last().unwrap();
    assert_eq!(record.document["userIdentity"]["invokedBy"], "rolesanywhere.amazonaws.com");
    assert!(record.starts_session() && record.region == "eu-west-1");
    assert!(record.resources.contains(&("AWS::IAM::Role".to_owned(), ROLE.to_owned())));
    assert!(open(&mut state, "arn:aws:iam::111122223333:role/other").is_err());
    for (kind, id) in [("TrustAnchor", &anchor), ("Profile", &profile)] {
        let named = if kind == "Profile" { "profileId" } else { "trustAnchorId" };
        ask(&mut state, 1, &format!("Disable{kind}"), json!({ named: id })).unwrap();
        assert_eq!(open(&mut state, ROLE).unwrap_err().code, "AccessDeniedException", "{kind}");
        ask(&mut state, 1, &format!("Enable{kind}"), json!({ named: id })).unwrap();
        open(&mut state, ROLE).unwrap();
    }
    let closed = json!({ "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole",
    }] });
    state.iam.plant_trust(at(1), ACCOUNT, "AROA1", &closed.to_string());
    assert!(open(&mut state, ROLE).is_err());
}
