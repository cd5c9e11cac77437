//! What stands in the way of a rotation: what others left, keys and secrets that it has no place for.

use crate::common::*;
use severance_domain::rotation::RotationStep;
use severance_engine::rotation::RotationError;

use super::{
    FIRST, TOKEN, begin, begin_of, current_works, ended, keys, managed, request, rotate, rotate_until_done, rotator,
};

#[tokio::test(start_paused = true)]
async fn a_pending_version_that_an_earlier_rotation_left_is_cleaned_up() {
    let aws = managed();
    rotator(&aws).step(&request(RotationStep::CreateSecret, SECRET, TOKEN)).await.unwrap();
    let left: Vec<String> = keys(&aws).into_iter().filter(|key| key != KEY).collect();
    // Somebody cancels the rotation, takes the label away, and rotates anew.
    let token = "fedcba9876543210fedcba9876543210";
    begin(&aws, token);
    rotate(&aws, SECRET, token).await.unwrap();
    ended(&aws, &[]);
    assert!(!keys(&aws).contains(&left[0]));
}

#[tokio::test(start_paused = true)]
async fn a_user_whose_places_are_taken_is_told_by_which_keys() {
    let aws = managed();
    aws.state().users.get_mut(USER).unwrap().keys.insert(OTHER_KEY.to_owned(), true);
    let error = rotate(&aws, SECRET, TOKEN).await.unwrap_err();
    assert!(matches!(error, RotationError::NoPlace { .. }), "{error}");
    let told = error.to_string();
    for part in [USER, KEY, OTHER_KEY, "which the secret holds", "which Severance did not make", "sever cutovers"] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(keys(&aws), [KEY.to_owned(), OTHER_KEY.to_owned()].into());
    // When the other one is gone, the same rotation goes on.
    aws.state().users.get_mut(USER).unwrap().keys.remove(OTHER_KEY);
    rotate(&aws, SECRET, TOKEN).await.unwrap();
    ended(&aws, &[]);
}

#[tokio::test(start_paused = true)]
async fn two_secrets_of_one_user_are_rotated_one_after_the_other() {
    let aws = managed();
    let other = format!("{SECRET}x");
    {
        let mut state = aws.state();
        let second = state.secrets[SECRET].clone();
        state.secrets.insert(other.clone(), Secret { name: "second".to_owned(), ..second });
    }
    rotator(&aws).step(&request(RotationStep::CreateSecret, SECRET, TOKEN)).await.unwrap();
    let second = "fedcba9876543210fedcba9876543210";
    begin_of(&aws, &other, second);
    let error = rotate(&aws, &other, second).await.unwrap_err();
    assert!(matches!(error, RotationError::Busy(_)), "{error}");
    assert!(error.to_string().contains(SECRET), "{error}");
    assert_eq!(keys(&aws).len(), 2);
    rotate_until_done(&aws, TOKEN).await.unwrap();
    current_works(&aws, SECRET);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_cannot_be_rotated_says_why_and_no_key_is_made() {
    type Change = fn(&mut Secret);
    let cases: [(Change, &str); 9] = [
        (|secret| secret.deleted = true, "scheduled for deletion"),
        (|secret| secret.primary = Some("us-east-1".to_owned()), "rotate the secret in us-east-1"),
        (|secret| secret.rotation = false, "its rotation is switched off"),
        (|secret| secret.tags.clear(), "not tagged severance:managed=true"),
        (|secret| set(secret, "not json"), "no JSON object (line 1, column"),
        (|secret| set(secret, "{\"password\": \"x\"}"), "no field of a known format"),
        (
            |secret| set(secret, "{\"accessKeyId\": 7, \"secretAccessKey\": \"x\"}"),
            "$.accessKeyId of its value is a number",
        ),
        (
            |secret| set(secret, "{\"accessKeyId\": \"AKIAIOSFODNN7EXAMPLE\"}"),
            "$.secretAccessKey of its value is nothing",
        ),
        (|secret| drop(secret.versions.remove(TOKEN)), "it has no version"),
    ];
    for (change, expected) in cases {
        let aws = managed();
        change(aws.state().secrets.get_mut(SECRET).unwrap());
        let error = rotate(&aws, SECRET, TOKEN).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(keys(&aws), [KEY.to_owned()].into());
    }
    let aws = managed();
    aws.fault("secretsmanager:GetSecretValue", Fault::Refuse(400, "AccessDeniedException"), usize::MAX);
    let error = rotate(&aws, SECRET, TOKEN).await.unwrap_err().to_string();
    assert!(error.contains("secretsmanager:GetSecretValue answered AccessDeniedException"), "{error}");
    assert_eq!(keys(&aws).len(), 1);
    let aws = managed();
    aws.state().secrets.clear();
    let error = rotate(&aws, SECRET, TOKEN).await.unwrap_err().to_string();
    assert!(error.contains("ResourceNotFoundException"), "{error}");
    // The value can be read and not be written: the key that was made for it is gone again.
    let aws = managed();
    aws.fault("secretsmanager:PutSecretValue", Fault::Refuse(400, "AccessDeniedException"), usize::MAX);
    rotate(&aws, SECRET, TOKEN).await.unwrap_err();
    assert_eq!(keys(&aws).len(), 1);
}

fn set(secret: &mut Secret, value: &str) {
    secret.values.insert(FIRST.to_owned(), value.to_owned());
}
