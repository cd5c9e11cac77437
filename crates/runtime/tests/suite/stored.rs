//! What lies in the table outlives the version that wrote it. The files below `stored` are items as this code wrote them in
//! November 2026: in whole runs over the AWS in memory, and exemptions, breakers, rows of the registry and copies by their
//! writers alone. A change that cannot read one of them cannot be deployed over it.

use crate::common::*;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};
use severance_domain::case::{Case, CaseId};
use severance_domain::copies::{How, Place, Updated};
use severance_domain::cutover::Stage;
use severance_domain::ids::{AccessKeyId, AccountId, IamName};
use severance_domain::playbook::Mode;
use severance_domain::profile::{Class, Criticality};
use severance_domain::rotation::MadeState;
use severance_domain::verdict::Verdict;

/// The items of one of the files.
macro_rules! items {
    ($name:literal) => {
        items(include_str!(concat!("stored/", $name, ".json")))
    };
}

fn items(text: &str) -> Vec<Map<String, Value>> {
    serde_json::from_str(text).unwrap()
}

/// A table that holds these.
fn table(items: Vec<Map<String, Value>>) -> FakeAws {
    let aws = FakeAws::new();
    for item in items {
        let of = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
        aws.state().table.insert(format!("{} {}", of("pk"), of("sk")), item);
    }
    aws
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn account() -> AccountId {
    AccountId::try_from(ACCOUNT).unwrap()
}

fn key(id: &str) -> AccessKeyId {
    AccessKeyId::try_from(id).unwrap()
}

#[tokio::test]
async fn cases_are_read_and_written_again_as_they_stand() {
    let mut cases: Vec<Case> = Vec::new();
    for item in items!("cases") {
        let record: Value = serde_json::from_str(item["record"]["S"].as_str().unwrap()).unwrap();
        let is_closed = item["state"]["S"] == "closed";
        let id: CaseId = serde_json::from_value(record["id"].clone()).unwrap();
        let stored = crate::common::cases(&table(vec![item])).load(&id).await.unwrap().unwrap();
        assert_eq!(serde_json::to_value(&stored.case).unwrap(), record, "{id}");
        assert_eq!(stored.closed, is_closed, "{id}");
        cases.push(stored.case);
    }
    let [held, restored, open, cut] = cases.as_slice() else { panic!("{} cases", cases.len()) };

    assert_eq!((held.revision, held.verdict, held.mode), (1, Some(Verdict::AwaitingReview), Mode::Review));
    let review = held.review.as_ref().unwrap();
    assert!(review.decision.is_none());
    assert_eq!(review.plan, held.plan_digest(), "an answer to what was asked is still one");

    assert_eq!((restored.revision, restored.verdict), (2, Some(Verdict::Restored)));
    assert_eq!((restored.steps.len(), restored.rechecks.len()), (7, 1));
    let restoration = restored.restoration.as_ref().unwrap();
    assert_eq!((restoration.request.reason.as_str(), restoration.steps.len()), ("false alarm", 7));

    assert_eq!((open.revision, open.verdict), (2, Some(Verdict::VerifiedRevoked)));
    assert!(open.previous.is_some() && open.radius.is_some());

    let facts = cut.signal.cutover.as_ref().unwrap();
    assert_eq!((facts.stage.as_str(), facts.replaced_by.as_str()), ("quiet", OTHER_KEY));
    assert_eq!(facts.copies.unread, ["two secrets"]);
}

#[tokio::test]
async fn reviews_and_notices_are_read() {
    let aws = table(items!("reviews"));
    let ours = guardrails(&aws, 0, 0);
    let reviews = ours.reviews().await.unwrap();
    let [(case, due_at)] = reviews.as_slice() else { panic!("{reviews:?}") };
    assert_eq!((case.as_str(), *due_at), ("sev-3cb6e1d19de4156f7c5c", at("2026-12-01T00:11:16.595Z")));
    assert!(!ours.forget_review_of(case, at("2026-12-01T00:11:16.594Z")).await.unwrap(), "of another time");
    assert!(ours.forget_review_of(case, *due_at).await.unwrap());

    let aws = table(items!("notices"));
    let ours = guardrails(&aws, 0, 0);
    let notice = "PROOF#ce2628f6089352a5a60075b3c8c870da0d60176f3f0a7d77da5274cc00203421";
    assert!(!ours.is_first_notice(notice, at("2026-12-01T00:00:00Z")).await.unwrap(), "it was told already");
    assert!(ours.forget_notice(notice).await.unwrap());
}

#[tokio::test]
async fn exemptions_are_read() {
    let loaded = guardrails(&table(items!("exemptions")), 0, 0).load().await.unwrap();
    let [warned, whole] = loaded.exemptions.as_slice() else { panic!("{loaded:?}") };
    assert_eq!(warned.id, "exm-3f2a91c0");
    assert_eq!(warned.request.subject, "arn:aws:iam::111122223333:user/batch-*");
    assert_eq!(warned.request.countermeasures, ["deactivate_access_key"]);
    assert_eq!(warned.request.owner, "payments@example.com");
    assert_eq!(warned.request.way_out, "move to a role by March");
    assert_eq!(warned.request.expires_at, at("2027-02-01T00:00:00Z"));
    assert_eq!(warned.created_by.as_str(), "arn:aws:sts::111122223333:assumed-role/admin/alice");
    assert_eq!(warned.warned_at, Some(at("2027-01-25T00:00:00Z")));
    assert_eq!((whole.id.as_str(), whole.warned_at), ("exm-77aa01bc", None));
    assert!(whole.request.countermeasures.is_empty(), "it covers all of them");
}

#[tokio::test]
async fn breakers_are_read() {
    let aws = table(items!("breakers"));
    let ours = guardrails(&aws, 3, 10);
    let breakers = ours.load().await.unwrap().breakers;
    let [of_account, of_all] = breakers.as_slice() else { panic!("{breakers:?}") };
    assert_eq!(of_account.scope, "account 111122223333");
    assert!(of_account.open_since.is_some_and(|since| since > at("2026-11-30T00:00:00Z")), "{of_account:?}");
    assert_eq!(of_account.opened_by.as_deref(), Some("sev-af0525c8ff18051eb538"));
    assert_eq!((of_all.scope.as_str(), of_all.open_since), ("organization", None));
    assert!(!ours.alarm_is_due(&of_account.scope).await.unwrap(), "its alarm was raised");
    let case: CaseId = serde_json::from_value(Value::from("sev-47eb42bb65d16130bb90")).unwrap();
    let admission = ours.admit(&case, 1).await.unwrap();
    assert!(matches!(admission, severance_aws::guardrails::Admission::Refused { opened_now: false, .. }));
    let reset = ours.reset_breakers().await.unwrap();
    assert!(reset.iter().all(|breaker| breaker.open_since.is_none() && breaker.used == 0), "{reset:?}");
}

#[tokio::test]
async fn rows_of_the_registry_are_read() {
    let aws = table(items!("registry"));
    let ours = guardrails(&aws, 0, 0);
    let full = ours.registry_entry("arn:aws:iam::111122223333:user/build-bot").await.unwrap().unwrap();
    assert_eq!(full.owners, ["Alice@example.com", "payments"]);
    assert_eq!(
        (full.class, full.criticality, full.privileged),
        (Some(Class::Workload), Some(Criticality::High), Some(true))
    );
    assert_eq!(full.environment.as_deref(), Some("prod"));
    let date = |text: &str| Some(text.parse::<Date>().unwrap());
    assert_eq!((full.expires_on, full.review_by), (date("2027-06-30"), date("2027-03-31")));
    let bare = ours.registry_entry("arn:aws:iam::111122223333:role/app").await.unwrap().unwrap();
    assert!(bare.owners.is_empty() && bare.class.is_none() && bare.review_by.is_none());
    assert_eq!(ours.registered_to(&["ALICE@example.com".to_owned()]).await.unwrap(), std::slice::from_ref(&full));
    assert_eq!(ours.registry_page(None).await.unwrap(), (vec![bare, full], None));
}

#[tokio::test]
async fn the_journal_of_a_rotation_is_read_at_each_of_its_stages() {
    let user = IamName::try_from(USER).unwrap();
    let mut stages = Vec::new();
    for item in items!("journals") {
        let ours = table(vec![item]);
        let ours = guardrails(&ours, 0, 0);
        let mut row = ours.journal(&account(), &user).await.unwrap();
        stages.push(row.journal.clone());
        ours.save_journal(&mut row).await.unwrap();
    }
    let [begun, made, stored, current] = stages.as_slice() else { panic!("{stages:?}") };
    let attempt = begun.attempt.as_ref().unwrap();
    assert_eq!((attempt.secret.as_str(), attempt.token.as_str()), (SECRET, "0123456789abcdef0123456789abcdef"));
    assert_eq!(attempt.before, [key(KEY)]);
    assert_eq!(attempt.begun_at, at("2026-11-30T00:11:18.078Z"));
    assert_eq!(attempt.held_until, Some(at("2026-11-30T00:13:48.078Z")));
    assert!(begun.keys.is_empty());
    let came = [made, stored, current].map(|journal| journal.keys[0].state);
    assert_eq!(came, [MadeState::Created, MadeState::Stored, MadeState::Current]);
    assert_eq!(made.keys[0].key, key("AKIAMADE000000000000"));
    assert_eq!(stored.attempt.as_ref().unwrap().held_until, None);
    assert!(current.attempt.is_none());
}

#[tokio::test]
async fn rotations_that_are_followed_and_cutovers_are_read() {
    let followed = guardrails(&table(items!("rotations")), 0, 0).rotations().await.unwrap();
    let [(case, since)] = followed.as_slice() else { panic!("{followed:?}") };
    assert_eq!((case.as_str(), *since), ("sev-609956a5a6f941ed366c", at("2026-11-30T00:11:16.586Z")));

    let mut cutovers = Vec::new();
    for item in items!("cutovers") {
        let aws = table(vec![item]);
        let ours = guardrails(&aws, 0, 0);
        let cutover = ours.cutovers().await.unwrap().remove(0);
        assert!(!ours.open_cutover(&cutover).await.unwrap(), "the same rotation has opened it");
        ours.save_cutover(&cutover).await.unwrap();
        assert!(ours.close_cutover(&cutover).await.unwrap());
        cutovers.push(cutover);
    }
    let [fresh, ended] = cutovers.as_slice() else { panic!("{cutovers:?}") };
    assert_eq!((fresh.user.as_str(), fresh.secret.as_str()), (USER, SECRET));
    assert_eq!((&fresh.old, &fresh.new), (&key(KEY), &key("AKIAMADE000000000000")));
    assert_eq!(fresh.version, "0123456789abcdef0123456789abcdef");
    assert_eq!(fresh.old_version.as_deref(), Some("first-version"));
    assert_eq!(fresh.opened_at, at("2026-11-30T00:11:18.091Z"));
    assert!(fresh.asked.is_empty() && fresh.inactive_since.is_none());
    assert_eq!(ended.asked, [(Stage::Quiet, Mode::Enforce), (Stage::Deletion, Mode::Enforce)]);
    assert_eq!(ended.inactive_since, Some(at("2026-11-30T00:11:16.807Z")));
    let cases: Vec<_> = ended.cases.iter().map(CaseId::as_str).collect();
    assert_eq!(cases, ["sev-12a6a6245503822065ec", "sev-47eb42bb65d16130bb90"]);
}

#[tokio::test]
async fn copies_that_were_found_are_read() {
    let found = guardrails(&table(items!("copies")), 0, 0).copies(&account(), &key(KEY)).await.unwrap().unwrap();
    assert_eq!((found.access_key.as_ref(), found.is_complete()), (Some(&key(KEY)), false));
    assert_eq!(found.regions, ["eu-west-1", "us-east-1"]);
    let places: Vec<_> = found.copies.iter().map(|copy| copy.place).collect();
    assert_eq!(
        places,
        [Place::Secret, Place::Secret, Place::Parameter, Place::FunctionEnvironment, Place::TaskDefinition]
    );
    let updated: Vec<_> = found.copies.iter().map(|copy| copy.updated.clone()).collect();
    let version = |version: &str| version.to_owned();
    assert_eq!(
        updated,
        [
            Some(Updated::Written { version: version("v-2") }),
            Some(Updated::Already { version: version("v-1") }),
            Some(Updated::Left { why: "parameters are not written".to_owned() }),
            Some(Updated::WouldBe),
            None,
        ]
    );
    assert_eq!(found.copies[1].how, How::EqualValue { to: SECRET.to_owned() });
    assert_eq!(found.copies[3].field.as_deref(), Some("AWS_ACCESS_KEY_ID"));
    assert_eq!((found.left().count(), found.looked_at[&Place::Secret]), (3, 12));
}
