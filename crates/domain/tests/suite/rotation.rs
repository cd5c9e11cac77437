//! How a key stands in a secret, and whose key it is: what is written down and what is never shown.

use std::collections::BTreeMap;

use crate::common::*;
use jiff::SignedDuration;
use severance_domain::ids::Arn;
use severance_domain::rotation::format::{Format, KeySecret, SecretText};
use severance_domain::rotation::{LEASE, MadeState, RotationJournal, RotationStep, StepRequest};

const HUSH: &str = "wJalrXUtnFEMIhush";

fn read(value: &str, tags: &[(&str, &str)]) -> Result<KeySecret, String> {
    let tags: BTreeMap<String, String> = tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let format = Format::from_tags(&tags);
    KeySecret::read(&SecretText::new(value), format.as_ref()).map_err(|error| error.to_string())
}

#[test]
fn each_format_is_read_and_written_with_what_else_stands_there() {
    let tags: &[(&str, &str)] =
        &[("severance:access-key-id-field", "s3.id"), ("severance:secret-access-key-field", "s3.key")];
    for (value, tags, names_user) in [
        (format!(r#"{{"accessKeyId":"{KEY}","secretAccessKey":"{HUSH}","userName":"ci","port":7}}"#), &[][..], true),
        (format!(r#"{{"AccessKeyId":"{KEY}","SecretAccessKey":"{HUSH}","UserName":"ci","port":7}}"#), &[], true),
        (
            format!(r#"{{"AccessKey":{{"AccessKeyId":"{KEY}","SecretAccessKey":"{HUSH}","UserName":"ci"}},"port":7}}"#),
            &[],
            true,
        ),
        (format!(r#"{{"aws_access_key_id":"{KEY}","aws_secret_access_key":"{HUSH}","port":7}}"#), &[], false),
        (format!(r#"{{"s3":{{"id":"{KEY}","key":"{HUSH}","bucket":"b"}},"port":7}}"#), tags, false),
    ] {
        let held = read(&value, tags).unwrap();
        assert_eq!(held.access_key, Some(key_id(KEY)), "{value}");
        assert_eq!(held.user.is_some(), names_user, "{value}");
        assert_eq!(held.secret().unwrap().expose(), HUSH);
        let new = held.with_key(&iam_name("ci"), &key_id(OTHER_KEY), &SecretText::new("new"));
        let expected = value.replace(KEY, OTHER_KEY).replace(HUSH, "new");
        let as_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(as_json(new.expose()), as_json(&expected));
        assert!(!format!("{held:?} {new:?}").contains(HUSH), "{held:?}");
    }
    // What is to hold a key and does not yet.
    let empty = read(r#"{"userName":"ci"}"#, &[]).unwrap();
    assert_eq!((empty.access_key.as_ref(), empty.user.as_ref()), (None, Some(&iam_name("ci"))));
    let first = empty.with_key(&iam_name("ci"), &key_id(KEY), &SecretText::new("s"));
    assert_eq!(read(first.expose(), &[]).unwrap().access_key, Some(key_id(KEY)));
}

#[test]
fn a_value_that_is_no_key_is_refused_by_its_path_and_never_shown() {
    for (value, expected) in [
        (format!("{HUSH} is no JSON"), "no JSON object (line 1, column 1)"),
        (format!(r#"["{HUSH}"]"#), "no JSON object"),
        (format!(r#"{{"password":"{HUSH}"}}"#), "severance:access-key-id-field"),
        (format!(r#"{{"accessKeyId":{{}},"secretAccessKey":"{HUSH}"}}"#), "$.accessKeyId of its value is an object"),
        (
            format!(r#"{{"accessKeyId":"{HUSH} {HUSH}","secretAccessKey":"x"}}"#),
            "$.accessKeyId of its value is another text",
        ),
        (format!(r#"{{"secretAccessKey":"{HUSH}"}}"#), "$.accessKeyId of its value is nothing"),
        (format!(r#"{{"AccessKeyId":"{KEY}","x":"{HUSH}"}}"#), "$.SecretAccessKey of its value is nothing"),
        (
            format!(r#"{{"accessKeyId":"{KEY}","secretAccessKey":"x","userName":"{HUSH}/x"}}"#),
            "$.userName of its value",
        ),
    ] {
        let error = read(&value, &[]).unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains(HUSH), "{error}");
    }
}

fn secret(name: &str) -> Arn {
    Arn::try_from(format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:{name}-AbCdEf")).unwrap()
}

#[test]
fn one_process_at_a_time_makes_a_key_and_one_secret_at_a_time_is_rotated() {
    let mut journal = RotationJournal::new(ACCOUNT.try_into().unwrap(), iam_name("ci"));
    let (one, other) = (secret("one"), secret("other"));
    journal.begin(&one, "v1", &[key_id(KEY)], now()).unwrap();
    let busy = journal.clone().begin(&one, "v1", &[], now() + SignedDuration::from_secs(1)).unwrap_err();
    assert!(busy.to_string().contains("user ci") && busy.to_string().contains(one.as_str()), "{busy}");
    // A process that died is waited for; one that is done is not.
    journal.clone().begin(&one, "v1", &[], now() + LEASE).unwrap();
    journal.release();
    journal.begin(&one, "v1", &[key_id(KEY), key_id(OTHER_KEY)], now()).unwrap();
    journal.release();
    assert_eq!(
        journal.unexplained(&[key_id(KEY), key_id(OTHER_KEY)]),
        [key_id(OTHER_KEY)],
        "what was there first counts"
    );
    // Another secret of the same user waits an hour at most; a later rotation of the same secret does not.
    assert!(journal.clone().begin(&other, "v1", &[], now() + SignedDuration::from_mins(59)).is_err());
    assert!(journal.clone().begin(&other, "v1", &[], now() + SignedDuration::from_mins(60)).is_ok());
    journal.begin(&one, "v2", &[key_id(KEY), key_id(OTHER_KEY)], now()).unwrap();
    assert_eq!(journal.unexplained(&[key_id(OTHER_KEY)]), [key_id(OTHER_KEY)], "the first attempt may have made it");
}

#[test]
fn only_keys_that_no_version_which_counted_holds_are_left_over() {
    let mut journal = RotationJournal::new(ACCOUNT.try_into().unwrap(), iam_name("ci"));
    let (ours, other) = (secret("one"), secret("other"));
    let stages = |labels: &str| BTreeMap::from([("v1".to_owned(), vec![labels.to_owned()])]);
    journal.made(key_id(KEY), &ours, "v1");
    let left = |journal: &RotationJournal, token: &str, labels: &str| {
        journal.leftovers(&ours, token, &stages(labels), &[key_id(KEY)])
    };
    assert_eq!(left(&journal, "v1", "AWSPENDING"), [key_id(KEY)], "made and not stored");
    journal.reached(&key_id(KEY), MadeState::Stored);
    assert!(left(&journal, "v1", "AWSPENDING").is_empty(), "its own version holds it");
    assert_eq!(left(&journal, "v2", "AWSPENDING"), [key_id(KEY)], "an earlier rotation left it pending");
    for counted in ["AWSCURRENT", "AWSPREVIOUS", "blue"] {
        assert!(left(&journal, "v2", counted).is_empty(), "{counted}: somebody reads it, whatever the journal missed");
    }
    assert!(journal.leftovers(&other, "v2", &BTreeMap::new(), &[key_id(KEY)]).is_empty(), "of another secret");
    assert!(journal.leftovers(&ours, "v2", &BTreeMap::new(), &[]).is_empty(), "gone");
    journal.end("v1", &[]);
    assert!(journal.keys.is_empty());
}

#[test]
fn a_step_is_read_and_a_broken_one_names_its_path() {
    let payload = serde_json::json!({"Step": "createSecret", "SecretId": "arn", "ClientRequestToken": "v1", "RotationToken": "x"});
    let step = StepRequest::read(&payload).unwrap();
    assert_eq!((step.step, step.client_request_token.as_str()), (RotationStep::CreateSecret, "v1"));
    for (change, at) in [
        (serde_json::json!({"Step": "makeSecret"}), "$.Step"),
        (serde_json::json!({"SecretId": " "}), "$.SecretId"),
        (serde_json::json!({"ClientRequestToken": 7}), "$.ClientRequestToken"),
    ] {
        let mut broken = payload.clone();
        broken.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(StepRequest::read(&broken).unwrap_err().at, at);
    }
}
