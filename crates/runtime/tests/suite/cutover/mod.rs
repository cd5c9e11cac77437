//! A key that was replaced lives on until nobody uses it, is held where somebody does, and every answer is a case of its own.
#![allow(clippy::disallowed_methods, reason = "tests read the clock")]

mod asked;
mod exposed;
mod scheduled;

use crate::common::*;
use jiff::{SignedDuration, Timestamp};
use severance_aws::trail::Trail;
use severance_domain::case::Case;
use severance_domain::cutover::{Cutover, Times};
use severance_domain::ids::{AccessKeyId, AccountId, Arn, IamName};
use severance_domain::respond::ScheduledRun;
use severance_engine::reactor::Reactor;

/// The user of a secret, whose old key was replaced so long ago.
async fn replaced(ago: SignedDuration) -> FakeAws {
    let aws = one_user();
    {
        let mut state = aws.state();
        let user = state.users.get_mut(USER).unwrap();
        user.tags.insert("severance:class".to_owned(), "workload".to_owned());
        user.tags.insert("severance:owner".to_owned(), "payments".to_owned());
        let secret = Secret {
            name: "severance/build-bot".to_owned(),
            rotation: true,
            driven: true,
            tags: [("severance:managed".to_owned(), "true".to_owned())].into(),
            versions: [
                ("old".to_owned(), vec!["AWSPREVIOUS".to_owned()]),
                ("new".to_owned(), vec!["AWSCURRENT".to_owned()]),
            ]
            .into(),
            ..Secret::default()
        };
        state.secrets.insert(SECRET.to_owned(), secret);
    }
    let cutover = Cutover {
        account: AccountId::try_from(ACCOUNT).unwrap(),
        user: IamName::try_from(USER).unwrap(),
        secret: Arn::try_from(SECRET).unwrap(),
        version: "new".to_owned(),
        old_version: Some("old".to_owned()),
        old: AccessKeyId::try_from(KEY).unwrap(),
        new: AccessKeyId::try_from(OTHER_KEY).unwrap(),
        opened_at: Timestamp::now() - ago,
        inactive_since: None,
        looked_at: None,
        due_at: None,
        searched_at: None,
        asked: vec![],
        cases: vec![],
    };
    assert!(guardrails(&aws, 0, 0).open_cutover(&cutover).await.unwrap());
    aws
}

/// A reactor that waits an hour for silence, two until its deadline, and no time before it deletes.
fn with_cutovers(aws: &FakeAws, mode: &str) -> Reactor {
    let mut reactor = reactor(aws, mode);
    reactor.settings.cutover = Times::read("*=1h", "*=2h", "0h").unwrap();
    let settings = reactor.settings.clone();
    let trail = Trail::new(cloudtrail(aws), SignedDuration::from_hours(24)).in_regions(["eu-west-1".to_owned()]);
    let identities = identities(aws, &settings).with_secrets(secrets(aws));
    let access = severance_engine::access::AccountAccess::new(identities, drivers(aws)).with_trail(Some(trail));
    reactor.accounts = severance_engine::access::Accounts::hub(settings.account.clone(), access);
    reactor
}

async fn run_schedule(aws: &FakeAws, mode: &str) -> ScheduledRun {
    let report = Box::pin(with_cutovers(aws, mode).run_schedule("schedule")).await.unwrap();
    assert_eq!(report.failed, Vec::<String>::new());
    report
}

fn used(aws: &FakeAws, ago: SignedDuration, agent: &str) {
    let at = Timestamp::now() - ago;
    let record = serde_json::json!({
        "eventTime": at.to_string(), "eventSource": "s3.amazonaws.com", "eventName": "ListBuckets",
        "awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.7", "userAgent": agent,
    });
    aws.state().used.push((KEY.to_owned(), record));
}

fn is_active(aws: &FakeAws, key: &str) -> Option<bool> {
    aws.state().users[USER].keys.get(key).copied()
}

fn cases(aws: &FakeAws) -> Vec<Case> {
    let state = aws.state();
    let cases = state.table.iter().filter(|(key, _)| key.starts_with("CASE#"));
    let mut cases: Vec<Case> =
        cases.map(|(_, item)| serde_json::from_str(item["record"]["S"].as_str().unwrap()).unwrap()).collect();
    cases.sort_by_key(|case| case.opened_at);
    cases
}

async fn cutovers(aws: &FakeAws) -> Vec<Cutover> {
    guardrails(aws, 0, 0).cutovers().await.unwrap()
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn cases_of(aws: &FakeAws) -> Case {
    cases(aws).remove(0)
}
