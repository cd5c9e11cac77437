//! The registry's rows, and what is remembered of reviews and notices.

use std::time::Duration;

use crate::common::*;
use jiff::SignedDuration;
use serde_json::json;
use severance_domain::profile::RegistryEntry;

use super::{at, case, put};

fn entry(n: usize, owners: &[&str]) -> RegistryEntry {
    RegistryEntry {
        arn: format!("arn:aws:iam::111122223333:user/u{n:03}"),
        owners: owners.iter().map(|owner| (*owner).to_owned()).collect(),
        environment: Some("prod".to_owned()),
        ..RegistryEntry::default()
    }
}

#[tokio::test(start_paused = true)]
async fn rows_are_stored_in_batches_and_what_dynamodb_hands_back_is_sent_again() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 5, 5);
    let mut entries: Vec<RegistryEntry> = (0..60).map(|n| entry(n, &["Alice@Example.com", " BOB "])).collect();
    // The last of two rows for one ARN counts: no batch may hold both.
    entries.insert(0, entry(7, &["carol"]));
    aws.state().unprocessed = 30;
    guardrails.registry_put(&entries).await.unwrap();
    // 25, 25 and 10, and 30 once more: 25 came back of the first batch, 5 of its second try.
    assert!(aws.take_calls().len() >= 4);
    for expected in &entries[1..] {
        assert_eq!(guardrails.registry_entry(&expected.arn).await.unwrap().as_ref(), Some(expected));
    }
    assert_eq!(guardrails.registry_entry("arn:aws:iam::111122223333:user/unknown").await, Ok(None));
    let owners = aws.state().table[&format!("REGISTRY {}", entries[1].arn)]["owners"].clone();
    assert_eq!(owners, json!({"SS": ["alice@example.com", "bob"]}));

    // Rows page by page, in the order of their ARNs.
    aws.state().page = 25;
    let (mut all, mut after, mut pages) = (vec![], None, 0);
    loop {
        let (page, next) = guardrails.registry_page(after.as_deref()).await.unwrap();
        all.extend(page);
        pages += 1;
        let Some(next) = next else { break };
        after = Some(next);
    }
    assert_eq!((all.as_slice(), pages), (&entries[1..], 3));

    // Rows without an owner have no set: DynamoDB knows no empty one.
    guardrails.registry_put(&[entry(100, &[" "])]).await.unwrap();
    assert!(!aws.state().table[&format!("REGISTRY {}", entry(100, &[]).arn)].contains_key("owners"));

    let arns: Vec<String> = entries.iter().map(|entry| entry.arn.clone()).collect();
    aws.state().unprocessed = 3;
    guardrails.registry_remove(&arns).await.unwrap();
    assert_eq!(aws.state().table.len(), 1);

    aws.state().unprocessed = usize::MAX;
    aws.take_calls();
    let error = guardrails.registry_put(&entries).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retryable), ("UnprocessedItems", true));
    assert!(error.message.contains("took 0 of 60 rows"), "{error}");
    assert!(aws.take_calls().len() <= 10);
}

#[tokio::test(start_paused = true)]
async fn the_registry_is_asked_by_owner_whatever_the_case_of_the_letters() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 5, 5);
    let entries = [
        entry(1, &["Alice@Example.com"]),
        entry(2, &["bob", "alice"]),
        entry(3, &["alice2@example.com"]),
        entry(4, &[]),
    ];
    guardrails.registry_put(&entries).await.unwrap();
    aws.state().page = 1;
    let of = async |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let found = guardrails.registered_to(&names).await.unwrap();
        found.iter().map(|entry| entry.arn[entry.arn.len() - 1..].to_owned()).collect::<String>()
    };
    assert_eq!(of(&["ALICE@example.com "]).await, "1");
    assert_eq!(of(&["alice", "alice@example.com", "Alice"]).await, "12");
    // A part of a name is another name.
    assert_eq!(of(&["example.com", "ali"]).await, "");
    aws.take_calls();
    assert_eq!(of(&[" ", ""]).await, "");
    assert!(aws.take_calls().is_empty(), "nobody owns nothing");
    let many: Vec<String> = (0..250).map(|n| format!("n{n}")).chain(["bob".to_owned()]).collect();
    assert_eq!(guardrails.registered_to(&many).await.unwrap(), [entries[1].clone()]);

    put(&aws, "REGISTRY", "arn:x", &json!({"record": {"S": "{}"}, "owners": {"SS": ["mallory"]}}));
    let error = guardrails.registered_to(&["mallory".to_owned()]).await.unwrap_err();
    assert!(error.code == "CorruptItem" && error.message.contains("arn:x"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_confirmation_moves_the_review_date_and_keeps_the_rest_of_the_row() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 5, 5);
    let day = "2027-01-31".parse().unwrap();
    guardrails.registry_put(&[entry(1, &["alice"])]).await.unwrap();
    guardrails.set_review_by(&entry(1, &[]).arn, day).await.unwrap();
    let expected = RegistryEntry { review_by: Some(day), ..entry(1, &["alice"]) };
    assert_eq!(guardrails.registry_entry(&expected.arn).await.unwrap(), Some(expected.clone()));
    assert_eq!(guardrails.registered_to(&["alice".to_owned()]).await.unwrap(), [expected]);
    // What no inventory knows gets a row of its own.
    let bare = RegistryEntry { arn: entry(2, &[]).arn, review_by: Some(day), ..RegistryEntry::default() };
    guardrails.set_review_by(&bare.arn, day).await.unwrap();
    assert_eq!(guardrails.registry_entry(&bare.arn).await.unwrap(), Some(bare));
    // An import between reading and writing is not undone.
    aws.fault("dynamodb:PutItem", Fault::Delay(Duration::from_secs(2)), 1);
    let imported = entry(1, &["bob"]);
    let (confirmed, ()) = tokio::join!(guardrails.set_review_by(&imported.arn, day), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        guardrails.registry_put(std::slice::from_ref(&imported)).await.unwrap();
    });
    confirmed.unwrap();
    let expected = RegistryEntry { review_by: Some(day), ..imported };
    assert_eq!(guardrails.registry_entry(&expected.arn).await.unwrap(), Some(expected));
}

#[tokio::test(start_paused = true)]
async fn reviews_are_remembered_until_they_are_forgotten() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 5, 5);
    let (soon, later) = (at("2026-03-01T00:00:00Z"), at("2026-03-03T00:00:00Z"));
    guardrails.remember_review(&case("a"), later).await.unwrap();
    guardrails.remember_review(&case("b"), soon).await.unwrap();
    guardrails.remember_review(&case("b"), soon).await.unwrap();
    aws.state().page = 1;
    assert_eq!(guardrails.reviews().await.unwrap(), [(case("b"), soon), (case("a"), later)]);
    guardrails.remember_review(&case("b"), later + SignedDuration::from_hours(1)).await.unwrap();
    assert_eq!(guardrails.reviews().await.unwrap()[0], (case("a"), later));
    assert_eq!(guardrails.forget_review(&case("a")).await, Ok(true));
    assert_eq!(guardrails.forget_review(&case("a")).await, Ok(false));
    assert_eq!(guardrails.reviews().await.unwrap().len(), 1);
    put(&aws, "REVIEWS", "sev-broken", &json!({"due_at": {"S": "soon"}}));
    let error = guardrails.reviews().await.unwrap_err();
    assert!(error.code == "CorruptItem" && error.message.contains("sev-broken"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_notice_is_first_once_until_it_is_forgotten() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 5, 5);
    assert_eq!(guardrails.is_first_notice("RECERTIFY#1", at("2026-03-01T00:00:00Z")).await, Ok(true));
    assert_eq!(guardrails.is_first_notice("RECERTIFY#1", at("2026-03-01T01:00:00Z")).await, Ok(false));
    assert_eq!(guardrails.is_first_notice("RECERTIFY#2", at("2026-03-01T01:00:00Z")).await, Ok(true));
    assert_eq!(guardrails.forget_notice("RECERTIFY#1").await, Ok(true));
    assert_eq!(guardrails.is_first_notice("RECERTIFY#1", at("2026-03-01T02:00:00Z")).await, Ok(true));
}
