//! A key that was replaced lives on until nobody uses it, is held where somebody does, and every answer is a case of its own.
#![allow(clippy::disallowed_methods, reason = "tests read the clock")]

use crate::common::*;
use jiff::{SignedDuration, Timestamp};
use severance_aws::trail::Trail;
use severance_domain::case::Case;
use severance_domain::copies::{CopiesFound, Copy, How, Place};
use severance_domain::cutover::{Cutover, Times};
use severance_domain::ids::{AccessKeyId, AccountId, Arn, IamName};
use severance_domain::policy::Request;
use severance_domain::respond::{Answer, ScheduledRun};
use severance_domain::rotation::{MadeState, RotationJournal};
use severance_domain::signal::{Signal, SignalKind, SubjectHint};
use severance_domain::verdict::Verdict;
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

#[tokio::test(start_paused = true)]
async fn a_key_that_nobody_uses_is_deactivated_then_deleted_and_its_cutover_is_over() {
    let aws = replaced(90 * MINUTE).await;
    // Before it was replaced it was used: that says nothing.
    used(&aws, 95 * MINUTE, "batch");
    let report = run_schedule(&aws, "enforce").await;
    assert!(report.cutovers[0].contains("nobody uses it any more"), "{report:?}");
    assert_eq!((is_active(&aws, KEY), is_active(&aws, OTHER_KEY)), (Some(false), Some(true)));
    let case = cases(&aws).remove(0);
    assert_eq!(case.verdict, Some(Verdict::VerifiedRevoked));
    let facts = case.signal.cutover.as_ref().unwrap();
    assert_eq!((facts.stage.as_str(), facts.replaced_by.as_str()), ("quiet", OTHER_KEY));
    assert!(facts.copies.unread[0].contains("CopiesSearch=false"));

    // The next scheduled run deletes it, and the last finds it gone.
    assert!(cutovers(&aws).await[0].inactive_since.is_some());
    let report = run_schedule(&aws, "enforce").await;
    assert!(report.cutovers[0].contains("inactive long enough"), "{report:?}");
    assert_eq!(is_active(&aws, KEY), None);
    let report = run_schedule(&aws, "enforce").await;
    assert!(report.cutovers[0].contains("does not exist any more"), "{report:?}");
    assert_eq!(cutovers(&aws).await, vec![]);
    assert_eq!(cases(&aws).len(), 2);
    assert_eq!(is_active(&aws, OTHER_KEY), Some(true));
}

#[tokio::test(start_paused = true)]
async fn a_key_in_use_waits_and_at_its_deadline_people_hear_by_whom() {
    let aws = replaced(90 * MINUTE).await;
    used(&aws, 10 * MINUTE, "old-batch/1.0");
    assert_eq!(run_schedule(&aws, "enforce").await.cutovers, Vec::<String>::new());
    assert_eq!(is_active(&aws, KEY), Some(true));

    let aws = replaced(150 * MINUTE).await;
    used(&aws, 10 * MINUTE, "old-batch/1.0");
    let report = run_schedule(&aws, "enforce").await;
    assert!(report.cutovers[0].contains("awaiting_review"), "{report:?}");
    assert_eq!(is_active(&aws, KEY), Some(true), "held, not cut");
    let told = aws.state().messages.last().unwrap().body.clone();
    for part in ["198.51.100.7", "old-batch/1.0", "s3.amazonaws.com", "eu-west-1", "payments"] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    // Asked once, and not again with each run.
    let messages = aws.state().messages.len();
    assert_eq!(run_schedule(&aws, "enforce").await.cutovers, Vec::<String>::new());
    assert_eq!(aws.state().messages.len(), messages);

    // A person wants it cut.
    let by = Arn::try_from(format!("arn:aws:iam::{ACCOUNT}:user/responder")).unwrap();
    let request = Request { by, reason: "the batch host is gone".to_owned(), ticket: None };
    let key = AccessKeyId::try_from(KEY).unwrap();
    let answer = Box::pin(with_cutovers(&aws, "enforce").cut(&key, request.clone(), "cut")).await.unwrap();
    let Answer::Reacted { reactions } = answer else { panic!("{answer:?}") };
    assert_eq!(reactions[0].verdict, Verdict::VerifiedRevoked);
    assert_eq!(is_active(&aws, KEY), Some(false));
    // And of a key that was never replaced nobody can say so.
    let other = AccessKeyId::try_from("AKIAUNKNOWNKEY000000").unwrap();
    let answer = Box::pin(with_cutovers(&aws, "enforce").cut(&other, request, "cut")).await.unwrap();
    assert!(matches!(&answer, Answer::Refused { why } if why.contains("sever cutovers")), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_counts_as_use() {
    let aws = replaced(90 * MINUTE).await;
    aws.fault("cloudtrail:LookupEvents", DENIED, usize::MAX);
    assert_eq!(run_schedule(&aws, "enforce").await.cutovers, Vec::<String>::new());
    assert_eq!(is_active(&aws, KEY), Some(true));
    // IAM's own word counts too.
    let aws = replaced(90 * MINUTE).await;
    let at = (Timestamp::now() - 5 * MINUTE).to_string();
    aws.state().last_used.insert(KEY.to_owned(), at);
    assert_eq!(run_schedule(&aws, "enforce").await.cutovers, Vec::<String>::new());
    // The secret is gone, and the new key with it: nobody cuts the old one.
    let aws = replaced(90 * MINUTE).await;
    aws.state().secrets.clear();
    assert_eq!(run_schedule(&aws, "enforce").await.cutovers, Vec::<String>::new());
    assert_eq!(is_active(&aws, KEY), Some(true));
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_was_moved_back_and_a_key_that_was_given_back_end_the_cutover() {
    let aws = replaced(90 * MINUTE).await;
    aws.state().secrets.get_mut(SECRET).unwrap().versions.insert("old".to_owned(), vec!["AWSCURRENT".to_owned()]);
    let report = run_schedule(&aws, "enforce").await;
    assert!(report.cutovers[0].contains("moved back"), "{report:?}");
    assert_eq!((is_active(&aws, KEY), cutovers(&aws).await), (Some(true), vec![]));

    let aws = replaced(90 * MINUTE).await;
    run_schedule(&aws, "enforce").await;
    aws.state().users.get_mut(USER).unwrap().keys.insert(KEY.to_owned(), true);
    let report = run_schedule(&aws, "enforce").await;
    assert!(report.cutovers[0].contains("gave the old key back"), "{report:?}");
    assert_eq!((is_active(&aws, KEY), cutovers(&aws).await), (Some(true), vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_observes_says_once_what_it_would_do_and_does_it_once_it_enforces() {
    let aws = replaced(90 * MINUTE).await;
    assert!(run_schedule(&aws, "observe").await.cutovers[0].contains("observed"));
    assert_eq!(run_schedule(&aws, "observe").await.cutovers, Vec::<String>::new());
    assert_eq!(is_active(&aws, KEY), Some(true));
    assert!(run_schedule(&aws, "enforce").await.cutovers[0].contains("verified_revoked"));
    assert_eq!(is_active(&aws, KEY), Some(false));
}

#[tokio::test(start_paused = true)]
async fn the_copies_that_are_left_stand_in_the_evidence() {
    let aws = replaced(90 * MINUTE).await;
    let arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/legacy".to_owned();
    let copy = Copy {
        place: Place::Parameter,
        arn,
        region: "eu-west-1".to_owned(),
        field: None,
        how: How::NamesKey,
        updated: None,
    };
    let found = CopiesFound {
        searched_at: Timestamp::now(),
        access_key: AccessKeyId::try_from(KEY).ok(),
        regions: vec!["eu-west-1".to_owned()],
        copies: vec![copy],
        equal: vec![],
        looked_at: [].into(),
        unread: vec!["two secrets".to_owned()],
        calls: [].into(),
    };
    let account = AccountId::try_from(ACCOUNT).unwrap();
    guardrails(&aws, 0, 0).keep_copies(&account, &found).await.unwrap();
    guardrails(&aws, 0, 0).keep_copies(&account, &found).await.unwrap();
    let mut reactor = with_cutovers(&aws, "enforce");
    reactor.copies = Some(severance_aws::copies::CopiesFunction::new(lambda(&aws), "copies-search".to_owned()));
    let report = Box::pin(reactor.run_schedule("schedule")).await.unwrap();
    assert!(report.cutovers[0].contains("verified_revoked"), "{report:?}");
    assert_eq!(aws.take_calls().iter().filter(|call| *call == "lambda:Invoke").count(), 1);
    let case = cases(&aws).remove(0);
    assert!(case.notes.iter().any(|note| note.contains("parameter/legacy")), "{:?}", case.notes);
    assert!(case.notes.iter().any(|note| note.contains("two secrets")), "{:?}", case.notes);

    // A search that is not done yet is waited for.
    let aws = replaced(90 * MINUTE).await;
    let mut reactor = with_cutovers(&aws, "enforce");
    reactor.copies = Some(severance_aws::copies::CopiesFunction::new(lambda(&aws), "copies-search".to_owned()));
    assert_eq!(Box::pin(reactor.run_schedule("schedule")).await.unwrap().cutovers, Vec::<String>::new());
    assert_eq!(is_active(&aws, KEY), Some(true));
}

/// The user's one key is known to others, and a secret holds it.
fn exposed(aws: &FakeAws) -> Signal {
    let mut state = aws.state();
    let user = state.users.get_mut(USER).unwrap();
    user.keys.remove(OTHER_KEY);
    user.tags.insert("severance:secret".to_owned(), SECRET.to_owned());
    Signal { access_key: AccessKeyId::try_from(KEY).ok(), ..signal(SignalKind::CredentialExposed) }
}

#[tokio::test(start_paused = true)]
async fn an_exposed_key_dies_at_once_and_the_rotation_beside_it_is_spared() {
    let aws = replaced(90 * MINUTE).await;
    aws.state().table.clear();
    let signal = exposed(&aws);
    used(&aws, 30 * MINUTE, "payments/2.1");
    // What the rotation function does while the containment runs.
    let made = "AKIAMADE000000000009";
    let (account, user) = (AccountId::try_from(ACCOUNT).unwrap(), IamName::try_from(USER).unwrap());
    let mut row = guardrails(&aws, 0, 0).journal(&account, &user).await.unwrap();
    row.journal = RotationJournal::new(account, user);
    row.journal.made(AccessKeyId::try_from(made).unwrap(), &Arn::try_from(SECRET).unwrap(), "token");
    row.journal.reached(&AccessKeyId::try_from(made).unwrap(), MadeState::Stored);
    guardrails(&aws, 0, 0).save_journal(&mut row).await.unwrap();
    let rotation = {
        let aws = aws.clone();
        async move {
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            let mut state = aws.state();
            let user = state.users.get_mut(USER).unwrap();
            user.keys.insert(made.to_owned(), true);
            // And somebody else mints one meanwhile.
            user.keys.insert("AKIAMINTED0000000000".to_owned(), true);
        }
    };
    let reactor = with_cutovers(&aws, "enforce");
    let (outcomes, ()) = tokio::join!(reactor.react(&signal, "first"), rotation);
    let reaction = outcomes.into_iter().next().unwrap().unwrap();
    assert_eq!(is_active(&aws, KEY), Some(false));
    assert_eq!(is_active(&aws, made), Some(true), "what the rotation made is spared");
    assert_eq!(is_active(&aws, "AKIAMINTED0000000000"), Some(false), "what others made is not");
    let case = cases(&aws).remove(0);
    let order: Vec<&str> = case.steps.iter().map(|record| record.step.countermeasure.as_str()).collect();
    assert_eq!(order[..3], ["quarantine_user", "deactivate_access_key", "rotate_secret"]);
    assert!(case.notes.iter().any(|note| note.contains("payments/2.1") && note.contains("no longer can")));
    assert_eq!(reaction.case, case.id);

    // Its rotation had not ended: the schedule follows it, and says when it has.
    let version = {
        let state = aws.state();
        let versions = &state.secrets[SECRET].versions;
        versions.iter().find(|(_, labels)| labels.contains(&"AWSPENDING".to_owned())).unwrap().0.clone()
    };
    assert_eq!(run_schedule(&aws, "enforce").await.rotations, Vec::<String>::new());
    {
        let mut state = aws.state();
        let versions = &mut state.secrets.get_mut(SECRET).unwrap().versions;
        versions.insert("new".to_owned(), vec!["AWSPREVIOUS".to_owned()]);
        versions.insert(version, vec!["AWSCURRENT".to_owned()]);
    }
    let report = run_schedule(&aws, "enforce").await;
    assert!(report.rotations[0].contains("the rotation ended"), "{report:?}");
    let case = cases(&aws).remove(0);
    assert!(case.steps[2].is_confirmed(), "{:?}", case.steps[2]);
    assert_eq!(run_schedule(&aws, "enforce").await.rotations, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_key_is_adopted_once_however_often_it_is_asked_for() {
    let aws = one_user();
    aws.state().users.get_mut(USER).unwrap().keys.remove(OTHER_KEY);
    aws.state().users.get_mut(USER).unwrap().tags.insert("severance:class".to_owned(), "workload".to_owned());
    let by = Arn::try_from(format!("arn:aws:iam::{ACCOUNT}:user/responder")).unwrap();
    let request = Some(Request { by, reason: "rotate it".to_owned(), ticket: None });
    let claim = Signal { request, ..signal(SignalKind::CredentialUnmanaged) };
    let reaction = deliver(&aws, &claim, "first").await.unwrap();
    assert_eq!(reaction.verdict, Verdict::RevokedUnverified, "its rotation goes on");
    let arn = format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:severance/{USER}-AbCdEf");
    {
        let state = aws.state();
        let secret = &state.secrets[&arn];
        assert_eq!(
            (secret.tags["severance:managed"].as_str(), secret.tags["severance:adopted-key"].as_str()),
            ("true", KEY)
        );
        assert_eq!(state.users[USER].tags["severance:secret"], arn);
        assert!(!secret.values.values().any(|value| value.contains("AKIA")), "it holds no key before it is rotated");
    }
    let deleted = Signal { finding_id: "another".to_owned(), ..claim.clone() };
    let mut outcomes = reactor(&aws, "enforce").react(&deleted, "second").await;
    let again = outcomes.remove(0).unwrap();
    assert_eq!(again.verdict, Verdict::Observed, "it is under management already");

    // Whoever has two keys is asked which.
    let aws = one_user();
    let reaction = deliver(&aws, &claim, "first").await.unwrap();
    assert_eq!(reaction.verdict, Verdict::AwaitingReview);
    assert!(aws.state().secrets.is_empty());
    assert!(matches!(claim.subject, SubjectHint::User(_)));
}

#[tokio::test(start_paused = true)]
async fn an_old_key_that_may_be_the_only_one_is_never_ended() {
    type Change = fn(&FakeAws);
    let cases: [(Change, &str); 4] = [
        (|aws| move_to(aws, "old"), "holds AKIAIOSFODNN7EXAMPLE again"),
        // A value that somebody wrote by hand may hold the old key.
        (|aws| move_to(aws, "by-hand"), "its current version is one that no rotation made"),
        (deactivate_new, "not active any more"),
        (|aws| aws.state().secrets.get_mut(SECRET).unwrap().deleted = true, "it is gone or going"),
    ];
    for (change, expected) in cases {
        // Neither by the schedule, nor by a person, nor by what a person was asked before.
        let aws = replaced(40 * MINUTE).await;
        change(&aws);
        assert_eq!(run_schedule(&aws, "enforce").await.cutovers, Vec::<String>::new(), "{expected}");
        let answer = cut(&aws).await;
        assert!(matches!(&answer, Answer::Refused { why } if why.contains(expected)), "{expected}: {answer:?}");

        let aws = replaced(150 * MINUTE).await;
        used(&aws, 10 * MINUTE, "old-batch/1.0");
        assert!(run_schedule(&aws, "enforce").await.cutovers[0].contains("awaiting_review"));
        change(&aws);
        let case = cases_of(&aws);
        let by = Arn::try_from(format!("arn:aws:iam::{ACCOUNT}:user/approver")).unwrap();
        let plan = case.pending_review().unwrap().plan.as_hex().to_owned();
        let reviewer = severance_engine::review::Reviewer { by: &by, plan: &plan, reason: "cut it" };
        let answered = Box::pin(with_cutovers(&aws, "enforce").approve(&case.id, reviewer, "approve")).await.unwrap();
        assert!(
            matches!(&answered, severance_engine::review::Answered::Refused(why) if why.contains(expected)),
            "{expected}: {answered:?}"
        );
        assert_eq!(is_active(&aws, KEY), Some(true), "{expected}");

        // An inactive one is not deleted either.
        let aws = replaced(90 * MINUTE).await;
        run_schedule(&aws, "enforce").await;
        assert_eq!(is_active(&aws, KEY), Some(false));
        change(&aws);
        run_schedule(&aws, "enforce").await;
        assert_eq!(is_active(&aws, KEY), Some(false), "{expected}");
    }
}

fn deactivate_new(aws: &FakeAws) {
    aws.state().users.get_mut(USER).unwrap().keys.insert(OTHER_KEY.to_owned(), false);
}

fn cases_of(aws: &FakeAws) -> Case {
    cases(aws).remove(0)
}

fn move_to(aws: &FakeAws, version: &str) {
    let mut state = aws.state();
    let versions = &mut state.secrets.get_mut(SECRET).unwrap().versions;
    for labels in versions.values_mut() {
        labels.retain(|label| label != "AWSCURRENT");
    }
    versions.entry(version.to_owned()).or_default().push("AWSCURRENT".to_owned());
}

async fn cut(aws: &FakeAws) -> Answer {
    let by = Arn::try_from(format!("arn:aws:iam::{ACCOUNT}:user/responder")).unwrap();
    let request = Request { by, reason: "it is time".to_owned(), ticket: None };
    let key = AccessKeyId::try_from(KEY).unwrap();
    Box::pin(with_cutovers(aws, "enforce").cut(&key, request, "cut")).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_window_that_cannot_be_read_is_no_shorter_one() {
    let aws = replaced(90 * MINUTE).await;
    let tags = |aws: &FakeAws, value: &str| {
        let mut state = aws.state();
        state.users.get_mut(USER).unwrap().tags.insert("severance:quiet-window".to_owned(), value.to_owned());
    };
    tags(&aws, "five weeks");
    assert_eq!(run_schedule(&aws, "enforce").await.cutovers, Vec::<String>::new());
    let aws = replaced(150 * MINUTE).await;
    tags(&aws, "five weeks");
    assert!(run_schedule(&aws, "enforce").await.cutovers[0].contains("awaiting_review"));
    assert!(cases_of(&aws).notes.iter().any(|note| note.contains("severance:quiet-window")));
}

#[tokio::test(start_paused = true)]
async fn a_cutover_that_an_unfinished_rotation_left_makes_way_for_the_next_one() {
    let aws = replaced(5 * MINUTE).await;
    let table = guardrails(&aws, 0, 0);
    let first = cutovers(&aws).await.remove(0);
    assert!(!table.open_cutover(&first).await.unwrap(), "the same rotation opens it once");
    let next = Cutover { version: "newer".to_owned(), opened_at: Timestamp::now(), ..first };
    assert!(table.open_cutover(&next).await.unwrap());
    assert_eq!(cutovers(&aws).await[0].version, "newer");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_not_managed_is_not_rotated_whatever_a_users_tag_says() {
    let aws = replaced(90 * MINUTE).await;
    let signal = exposed(&aws);
    aws.state().secrets.get_mut(SECRET).unwrap().tags.clear();
    let reaction = with_cutovers(&aws, "enforce").react(&signal, "first").await.remove(0).unwrap();
    assert_eq!((reaction.verdict, is_active(&aws, KEY)), (Verdict::Partial, Some(false)));
    assert!(!aws.take_calls().contains(&"secretsmanager:RotateSecret".to_owned()));
    let told = format!("{:?}", cases_of(&aws).steps[2].outcome);
    assert!(told.contains("not tagged severance:managed=true"), "{told}");
}
