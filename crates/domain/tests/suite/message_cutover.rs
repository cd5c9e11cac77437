//! What a person reads of keys that a rotation replaces: adopted, rotated, quiet, still used at the deadline, deleted, exposed.

use crate::common::cases::*;
use crate::common::*;
use jiff::SignedDuration;
use severance_domain::case::Case;
use severance_domain::copies::{Copy, How, Place, Updated};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::cutover::{Consumer, Copies, CutoverFacts, Stage};
use severance_domain::ids::Arn;
use severance_domain::message::Message;
use severance_domain::plan::Disposition;
use severance_domain::playbook::Mode;
use severance_domain::profile::{Class, Profile};
use severance_domain::rotation::SECRET_TAG;
use severance_domain::signal::{Signal, SignalKind as Kind, Source};
use severance_domain::subject::Inventory;

const QUIET: (&str, &str) = ("superseded-and-quiet-is-ended", "It was replaced, and nobody uses it any more.");
const DEADLINE: (&str, &str) =
    ("superseded-in-use-needs-a-person", "It was replaced and is still used: a person decides.");

fn secret_arn() -> Arn {
    Arn::try_from(format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:severance/ci-deployer-AbCdEf")).unwrap()
}

fn consumer(source_ip: &str, user_agent: &str, minutes: i64) -> Consumer {
    Consumer {
        source_ip: source_ip.to_owned(),
        user_agent: user_agent.to_owned(),
        service: "s3.amazonaws.com".to_owned(),
        region: "eu-west-1".to_owned(),
        last_seen: now() - SignedDuration::from_mins(minutes),
        calls: 12,
    }
}

/// One that nobody has seen to.
fn copy() -> Copy {
    Copy {
        place: Place::FunctionEnvironment,
        arn: format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:nightly"),
        region: "eu-west-1".to_owned(),
        field: Some("AWS_KEY".to_owned()),
        how: How::NamesKey,
        updated: Some(Updated::Left { why: "its owner must write it".to_owned() }),
    }
}

fn cutover(stage: Stage, consumers: Vec<Consumer>) -> Signal {
    let facts = CutoverFacts {
        stage,
        secret: secret_arn(),
        replaced_by: key_id(OTHER_KEY),
        opened_at: days_ago(8),
        quiet_for: SignedDuration::from_mins(30),
        deadline: days_ago(1),
        last_used_at: Some(days_ago(if stage == Stage::Deadline { 0 } else { 7 })),
        consumers,
        copies: Copies { found: vec![copy()], unread: vec![] },
        unread: vec![],
    };
    Signal {
        source: Source::Rotation,
        rule: "AccessKeyReplaced".to_owned(),
        title: format!("{KEY} was replaced by {OTHER_KEY}"),
        cutover: Some(Box::new(facts)),
        ..signal(Kind::CredentialSuperseded, Some(KEY))
    }
}

fn owned() -> Profile {
    profile(&["alice@x.io"], Some(Class::Workload))
}

/// The old key and the new one.
fn both(old_is_active: bool) -> Inventory {
    let old = key(KEY, 400);
    keys([if old_is_active { old } else { inactive(old) }, key(OTHER_KEY, 8)])
}

fn two_consumers() -> Vec<Consumer> {
    vec![consumer("198.51.100.7", "Boto3/1.34.0", 2), consumer("203.0.113.9", "aws-sdk-java/2.20", 90)]
}

fn quiet() -> Case {
    let policy = says(Disposition::Enforce, &[QUIET]);
    let claim = cutover(Stage::Quiet, vec![]);
    taken(open_under(&policy, &context(Mode::Enforce), &claim, user("ci-deployer"), owned(), both(true)), &[Went::Well])
}

fn still_used(policy: &Always) -> Case {
    let claim = cutover(Stage::Deadline, two_consumers());
    taken(open_under(policy, &context(Mode::Enforce), &claim, user("ci-deployer"), owned(), both(true)), &[Went::Well])
}

fn deleted() -> Case {
    let policy = says(Disposition::Enforce, &[QUIET]);
    let claim = cutover(Stage::Deletion, vec![]);
    taken(
        open_under(&policy, &context(Mode::Enforce), &claim, user("ci-deployer"), owned(), both(false)),
        &[Went::Well],
    )
}

fn managed() -> Profile {
    Profile { tags: [(SECRET_TAG.to_owned(), secret_arn().to_string())].into(), ..owned() }
}

/// An exposed key of which a secret brings another one.
fn exposed_and_rotated() -> Case {
    let mut case = open(Mode::Enforce, &exposed(), user("ci-deployer"), managed(), keys([key(KEY, 20)]));
    let used = consumer("198.51.100.7", "Boto3/1.34.0", 2);
    case.notes.push(format!("used {KEY} and no longer can: {}", used.describe()));
    let rotates = case.steps.iter().position(|of| of.step.countermeasure.as_str() == "rotate_secret").unwrap();
    let mut went = vec![Went::Well; case.steps.len()];
    went[rotates] = Went::Unseen;
    taken(case, &went)
}

fn rotated(went: Went) -> Case {
    let claim = Signal { title: "it is due".to_owned(), ..signal(Kind::SecretUnrotated, Some(KEY)) };
    taken(open(Mode::Enforce, &claim, user("ci-deployer"), managed(), keys([key(KEY, 100)])), &[went])
}

fn adopted(went: Went) -> Case {
    let claim = Signal { title: "no secret holds it".to_owned(), ..signal(Kind::CredentialUnmanaged, Some(KEY)) };
    taken(open(Mode::Enforce, &claim, user("ci-deployer"), owned(), keys([key(KEY, 100)])), &[went])
}

snapshot!(a_replaced_key_is_quiet, quiet());
snapshot!(a_replaced_key_is_still_used, still_used(&says(Disposition::Review, &[DEADLINE])));
snapshot!(a_replaced_key_is_deleted, deleted());
snapshot!(an_exposed_key_is_rotated_beside, exposed_and_rotated());
snapshot!(a_users_key_was_rotated, rotated(Went::Well));
snapshot!(a_key_is_being_adopted, adopted(Went::Unseen));

#[test]
fn who_decides_about_a_used_key_is_told_by_whom_and_both_ways_out() {
    let case = still_used(&says(Disposition::Review, &[DEADLINE]));
    let Message { body, chat, .. } = message(&case);
    for text in [&body, &chat.description] {
        for who in two_consumers() {
            for part in [&who.source_ip, &who.user_agent, &who.service, &who.region, &format!("{:.0}", who.last_seen)] {
                assert!(text.contains(part.as_str()), "no {part} in {text}");
            }
            // Once: the notes need not repeat it.
            assert_eq!(text.matches(&who.source_ip).count(), 1, "{text}");
        }
        for way in ["do nothing", "sever approve ", "sever deny ", &format!("sever cut {KEY} ")] {
            assert!(text.contains(way), "no {way:?} in {text}");
        }
    }
}

#[test]
fn nobody_is_told_to_do_nothing_where_silence_cuts() {
    let Message { body, .. } = message(&still_used(&enforces_on_silence(&[DEADLINE])));
    assert!(!body.contains("do nothing") && body.contains("it is carried out then"), "{body}");
}

#[test]
fn a_replaced_key_is_not_said_to_be_revoked() {
    for case in [rotated(Went::Well), adopted(Went::Well), rotated(Went::Unseen), adopted(Went::Unseen)] {
        let Message { subject, body, .. } = message(&case);
        assert!(subject.contains("ROTAT") && !subject.contains("REVOKED"), "{subject}");
        assert!(!body.contains("no longer works"), "{body}");
    }
    assert!(message(&quiet()).subject.contains("REVOKED, verified"));
}

#[test]
fn what_consumers_call_themselves_forges_no_line() {
    let mut case = still_used(&says(Disposition::Review, &[DEADLINE]));
    let honest = message(&case).body.lines().count();
    let evil = "x\n\nTo decide\n      aws iam delete-user\u{202e}";
    let facts = case.signal.cutover.as_mut().unwrap();
    for who in &mut facts.consumers {
        evil.clone_into(&mut who.user_agent);
    }
    case.notes.retain(|note| !note.starts_with("still on"));
    let Message { body, chat, .. } = message(&case);
    assert_eq!(body.lines().count(), honest, "{body}");
    assert!(!body.contains('\u{202e}') && !chat.description.contains('\u{202e}'));
    let step = Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey {
        user: iam_name("ci-deployer"),
        access_key: key_id(KEY),
    });
    assert_eq!(case.steps[0].step.countermeasure, step);
}
