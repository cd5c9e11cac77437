//! Keys that a secret holds, or is to hold: replaced instead of cut, and the old one ended as its cutover asks.

use crate::common::*;
use jiff::SignedDuration;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::cutover::{Consumer, Copies, CutoverFacts, Stage};
use severance_domain::ids::Arn;
use severance_domain::plan::{Disposition, Plan};
use severance_domain::playbook::{Mode, decide};
use severance_domain::profile::{Class, Profile};
use severance_domain::rotation::SECRET_TAG;
use severance_domain::signal::{Signal, SignalKind as Kind, Source, SubjectHint};
use severance_domain::subject::{AccessKey, Inventory, SubjectKind};

fn secret_arn() -> Arn {
    Arn::try_from(format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:severance/ci-AbCdEf")).unwrap()
}

/// A workload whose key a secret holds.
fn managed() -> Profile {
    tagged(secret_arn().as_str())
}

fn tagged(secret: &str) -> Profile {
    let tags = [(SECRET_TAG.to_owned(), secret.to_owned())].into();
    Profile { tags, ..profile(&["platform"], Some(Class::Workload)) }
}

fn unmanaged() -> Profile {
    profile(&["platform"], Some(Class::Workload))
}

fn short(plan: &Plan) -> Vec<String> {
    let step = |step: &severance_domain::plan::Step| {
        let which =
            match &step.countermeasure {
                Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { access_key, .. })
                | Countermeasure::DeleteAccessKey(card::DeleteAccessKey { access_key, .. })
                | Countermeasure::AdoptAccessKey(card::AdoptAccessKey { access_key, .. }) => {
                    if access_key.as_str() == KEY { " old" } else { " other" }
                }
                _ => "",
            };
        let whether = match step.disposition() {
            Disposition::Enforce => "",
            Disposition::Observe => ":observe",
            Disposition::Review => ":review",
            Disposition::Refuse => ":refuse",
            Disposition::Decline => ":decline",
        };
        format!("{}{which}{whether}", step.countermeasure.as_str())
    };
    plan.steps.iter().map(step).collect()
}

fn words(plan: &Plan) -> String {
    plan.steps.iter().map(|step| step.reason.clone()).chain(plan.notes.clone()).collect::<Vec<_>>().join("\n")
}

fn plan_in(mode: Mode, signal: &Signal, profile: &Profile, inventory: &Inventory) -> Plan {
    decide(signal, &user("ci"), profile, inventory, &context(mode), &always(Disposition::Enforce))
}

fn plan(signal: &Signal, profile: &Profile, inventory: &Inventory) -> Plan {
    plan_in(Mode::Enforce, signal, profile, inventory)
}

/// An inventory of which something could not be read.
fn blind(inventory: Inventory) -> Inventory {
    Inventory { unread: vec!["the user's access keys could not be listed".to_owned()], ..inventory }
}

#[test]
fn beside_an_exposed_key_the_secret_is_rotated_after_the_denial_and_the_keys_and_before_the_rest() {
    let held = Inventory { console_password: Some(true), ..keys([key(KEY, 30), key(OTHER_KEY, 3)]) };
    let exposed = signal(Kind::CredentialExposed, Some(KEY));
    assert_eq!(
        short(&plan(&exposed, &managed(), &held)),
        [
            "quarantine_user",
            "deactivate_access_key old",
            "deactivate_access_key other",
            "rotate_secret",
            "remove_console_password"
        ]
    );
    let rotated = plan(&exposed, &managed(), &held).steps.remove(3);
    assert_eq!(rotated.countermeasure, Countermeasure::RotateSecret(card::RotateSecret { secret: secret_arn() }));
    assert_eq!(rotated.reason, "its consumers need another key than the exposed one");
    // Its key was inactive already: its consumers need another one all the same.
    let dead = keys([inactive(key(KEY, 30))]);
    assert_eq!(short(&plan(&exposed, &managed(), &dead)), ["quarantine_user", "rotate_secret"]);
    for (mode, word) in [(Mode::Observe, ":observe"), (Mode::Review, ":review")] {
        let steps = short(&plan_in(mode, &exposed, &managed(), &dead));
        assert_eq!(steps, [format!("quarantine_user{word}"), format!("rotate_secret{word}")]);
    }
    // Without a secret there is nothing to rotate, and a tag that names none is no secret.
    for not in [
        unmanaged(),
        tagged("severance/ci"),
        tagged(""),
        tagged(&format!("arn:aws:s3:::{ACCOUNT}")),
        tagged(&format!("arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/ci")),
    ] {
        let steps = short(&plan(&exposed, &not, &dead));
        assert_eq!(steps, ["quarantine_user"], "{:?}", not.tags);
    }
    // A session's key is not what the secret holds, and a suspicion of the whole user calls for people.
    let session = signal(Kind::CredentialExposed, Some(SESSION_KEY));
    assert!(!short(&plan(&session, &managed(), &held)).contains(&"rotate_secret".to_owned()));
    let compromised = signal(Kind::IdentityCompromised, Some(KEY));
    assert!(!short(&plan(&compromised, &managed(), &held)).contains(&"rotate_secret".to_owned()));
    // For one that was deleted meanwhile nothing is rotated, whoever deleted it.
    let gone = signal(Kind::CredentialExposed, Some("AKIAGONE"));
    assert!(!short(&plan(&gone, &managed(), &held)).contains(&"rotate_secret".to_owned()));
    let by_owner = Inventory { named_key_deleted_by: user("alice").arn, ..held };
    assert_eq!(short(&plan(&gone, &managed(), &by_owner)), ["hold_for_review:review"]);
}

#[test]
fn a_stale_key_that_a_secret_holds_is_replaced_and_not_cut() {
    let stale = |named| signal(Kind::CredentialStale, named);
    let rows: [(Option<&str>, Inventory, &[&str], &str); 9] = [
        (None, keys([key(KEY, 90)]), &["rotate_secret"], "when its consumers have moved"),
        (Some(KEY), keys([key(KEY, 400)]), &["rotate_secret"], "it is due"),
        (None, keys([key(KEY, 89)]), &[], "not borne out: AKIAIOSFODNN7EXAMPLE is 89 days old, and the limit is 90"),
        // The old one waits at its cutover: a rotation has just been.
        (None, keys([key(KEY, 400), key(OTHER_KEY, 2)]), &[], "AKIAI44QH8DHBEXAMPLE is 2 days old"),
        (Some(KEY), keys([key(KEY, 400), key(OTHER_KEY, 2)]), &["rotate_secret"], "it is due"),
        (Some(OTHER_KEY), keys([key(KEY, 400), key(OTHER_KEY, 2)]), &[], "not borne out"),
        (None, keys([inactive(key(KEY, 400))]), &[], "no key in question is active"),
        (None, keys([]), &[], "no key in question is active"),
        (
            None,
            keys([AccessKey { created_at: None, ..key(KEY, 0) }]),
            &["hold_for_review:review"],
            "AWS does not say of AKIAIOSFODNN7EXAMPLE how old it is",
        ),
    ];
    for (named, inventory, wanted, why) in rows {
        let plan = plan(&stale(named), &managed(), &inventory);
        assert_eq!(short(&plan), wanted, "{named:?} {inventory:?}");
        assert!(words(&plan).contains(why), "{}", words(&plan));
    }
    // The same key in no secret is deactivated, as ever.
    assert_eq!(short(&plan(&stale(None), &unmanaged(), &keys([key(KEY, 90)]))), ["deactivate_access_key old"]);
    // Keys that could not be listed are not young.
    let unread = plan(&stale(None), &managed(), &blind(keys([])));
    assert_eq!(short(&unread), ["hold_for_review:review"]);
    assert!(!words(&unread).contains("not borne out"), "{}", words(&unread));
    // Age is all that a rotation mends: what nobody uses is still ended.
    for kind in [Kind::CredentialUnused, Kind::IdentityDormant] {
        let unused = plan(&signal(kind, None), &managed(), &keys([key(KEY, 400)]));
        assert_eq!(short(&unused), ["deactivate_access_key old"], "{kind:?}");
    }
}

#[test]
fn a_rotation_that_is_asked_for_by_the_user_finds_its_secret() {
    let due = |named| signal(Kind::SecretUnrotated, named);
    let held = keys([key(KEY, 3)]);
    assert_eq!(short(&plan(&due(None), &managed(), &held)), ["rotate_secret"]);
    assert_eq!(short(&plan(&due(Some(KEY)), &managed(), &held)), ["rotate_secret"]);
    assert_eq!(short(&plan_in(Mode::Observe, &due(None), &managed(), &held)), ["rotate_secret:observe"]);
    let gone = plan(&due(Some("AKIAGONE")), &managed(), &held);
    assert_eq!(short(&gone), [] as [&str; 0]);
    assert!(words(&gone).contains("does not exist any more"), "{}", words(&gone));
    let nowhere = plan(&due(None), &unmanaged(), &held);
    assert_eq!(short(&nowhere), ["hold_for_review:review"]);
    assert!(words(&nowhere).contains("sever adopt puts it there"), "{}", words(&nowhere));
}

#[test]
fn a_failed_rotation_is_told_and_not_begun_anew() {
    let secret_of = subject(SubjectKind::Secret, "db/main");
    let failed = Signal {
        source: Source::SecretsManager,
        rule: "RotationFailed".to_owned(),
        subject: SubjectHint::Secret { arn: secret_of.arn.clone().unwrap() },
        ..signal(Kind::SecretUnrotated, None)
    };
    let decide = |signal: &Signal, inventory: &Inventory| {
        let policy = always(Disposition::Enforce);
        let plan = decide(signal, &secret_of, &unmanaged(), inventory, &context(Mode::Enforce), &policy);
        assert_eq!(policy.asked().len(), plan.steps.iter().filter(|step| step.ruling.is_some()).count());
        plan
    };
    for inventory in [secret(true, false), secret(false, true), Inventory::default()] {
        let told = decide(&failed, &inventory);
        assert_eq!(short(&told), ["hold_for_review:review"]);
        let reason = words(&told);
        assert!(reason.contains("its old value still counts"), "{reason}");
        let command = format!("(sever rotate {})", secret_of.arn.as_ref().unwrap().as_str());
        assert!(reason.ends_with(&command), "{reason}");
    }
    // Nobody else's rule of that name.
    let other = Signal { source: Source::SecurityHub, ..failed };
    assert_eq!(short(&decide(&other, &secret(true, false))), ["rotate_secret"]);
}

#[test]
fn a_key_is_adopted_where_the_new_one_has_a_place() {
    let asked = |named| signal(Kind::CredentialUnmanaged, named);
    let adopt = ["adopt_access_key old"];
    let one = keys([key(KEY, 400)]);
    for named in [None, Some(KEY)] {
        let plan = plan(&asked(named), &unmanaged(), &one);
        assert_eq!(short(&plan), adopt);
        let Countermeasure::AdoptAccessKey(card::AdoptAccessKey { user, secret, .. }) = &plan.steps[0].countermeasure
        else {
            panic!()
        };
        assert_eq!((user.as_str(), secret.as_str()), ("ci", "severance/ci"));
    }
    for (mode, word) in [(Mode::Observe, "observe"), (Mode::Review, "review")] {
        assert_eq!(short(&plan_in(mode, &asked(None), &unmanaged(), &one)), [format!("{}:{word}", adopt[0])]);
    }
    let hold = &["hold_for_review:review"][..];
    let rows: [(Option<&str>, Inventory, &[&str], &str); 7] = [
        (None, keys([key(KEY, 9), key(OTHER_KEY, 3)]), hold, "say which one is to be replaced"),
        (Some(KEY), keys([key(KEY, 9), key(OTHER_KEY, 3)]), hold, "AKIAI44QH8DHBEXAMPLE takes the place"),
        (None, keys([inactive(key(OTHER_KEY, 9)), key(KEY, 3)]), hold, "AKIAI44QH8DHBEXAMPLE takes the place"),
        (Some(OTHER_KEY), keys([key(KEY, 9)]), hold, "the named key is not the active one"),
        (Some(KEY), keys([inactive(key(KEY, 9))]), hold, "no active access key"),
        (None, keys([]), hold, "no active access key"),
        (None, blind(keys([key(KEY, 9)])), hold, "could not be listed"),
    ];
    for (named, inventory, wanted, why) in rows {
        let plan = plan(&asked(named), &unmanaged(), &inventory);
        assert_eq!(short(&plan), wanted, "{named:?} {inventory:?}");
        assert!(words(&plan).contains(why), "{named:?} {inventory:?}: {}", words(&plan));
    }
    let twice = plan(&asked(None), &managed(), &one);
    assert_eq!(short(&twice), [] as [&str; 0]);
    assert!(words(&twice).contains(&format!("under management already, in {}", secret_arn())), "{}", words(&twice));
}

/// What a cutover knows when it asks.
fn facts(stage: Stage) -> CutoverFacts {
    CutoverFacts {
        stage,
        secret: secret_arn(),
        replaced_by: key_id(OTHER_KEY),
        opened_at: days_ago(8),
        quiet_for: SignedDuration::from_mins(30),
        deadline: days_ago(1),
        last_used_at: None,
        consumers: vec![],
        copies: Copies::default(),
        unread: vec![],
    }
}

fn superseded(cutover: CutoverFacts) -> Signal {
    Signal {
        source: Source::Rotation,
        cutover: Some(Box::new(cutover)),
        ..signal(Kind::CredentialSuperseded, Some(KEY))
    }
}

#[test]
fn a_key_that_was_replaced_ends_as_its_cutover_asks_and_the_new_one_is_never_touched() {
    let alive = keys([key(KEY, 400), key(OTHER_KEY, 8)]);
    let dead = keys([inactive(key(KEY, 400)), key(OTHER_KEY, 8)]);
    let gone = keys([key(OTHER_KEY, 8)]);
    let hold = &["hold_for_review:review"][..];
    let rows: [(Stage, &Inventory, &[&str], &str); 10] = [
        (Stage::Quiet, &alive, &["deactivate_access_key old"], "nobody used it for 30m"),
        (Stage::Quiet, &dead, &[], "was inactive already"),
        (Stage::Quiet, &gone, &[], "does not exist any more"),
        (Stage::Deadline, &alive, &["deactivate_access_key old"], "nobody can say that it is not used"),
        (Stage::Deadline, &dead, &[], "was inactive already"),
        (Stage::Deadline, &gone, &[], "does not exist any more"),
        (Stage::Deletion, &dead, &["delete_access_key old"], "the next rotation needs its place"),
        // Somebody gave it back between the cutover's reading and the decision.
        (Stage::Deletion, &alive, hold, "is active again, so somebody needs it: it is not deleted"),
        (Stage::Deletion, &gone, &[], "does not exist any more"),
        (Stage::Deletion, &blind(keys([])), hold, "could not be listed"),
    ];
    for (stage, inventory, wanted, why) in rows {
        let plan = plan(&superseded(facts(stage)), &managed(), inventory);
        assert_eq!(short(&plan), wanted, "{stage:?} {inventory:?}");
        assert!(words(&plan).contains(why), "{stage:?}: {}", words(&plan));
        assert!(!short(&plan).iter().any(|step| step.ends_with("other")), "{stage:?}");
    }
    for (mode, word) in [(Mode::Observe, "observe"), (Mode::Review, "review")] {
        let quiet = plan_in(mode, &superseded(facts(Stage::Quiet)), &managed(), &alive);
        assert_eq!(short(&quiet), [format!("deactivate_access_key old:{word}")]);
        let deletion = plan_in(mode, &superseded(facts(Stage::Deletion)), &managed(), &dead);
        assert_eq!(short(&deletion), [format!("delete_access_key old:{word}")]);
        // What is active again is nobody's to delete, in any mode.
        assert_eq!(short(&plan_in(mode, &superseded(facts(Stage::Deletion)), &managed(), &alive)), hold);
    }
    let glass = Profile { class: Some(Class::BreakGlass), ..managed() };
    let refused = plan(&superseded(facts(Stage::Quiet)), &glass, &alive);
    assert_eq!(short(&refused), ["deactivate_access_key old:refuse"]);
}

#[test]
fn who_is_still_on_the_old_key_stands_in_the_plan() {
    let who = Consumer {
        source_ip: "198.51.100.23".to_owned(),
        user_agent: "Boto3/1.40".to_owned(),
        service: "sqs.amazonaws.com".to_owned(),
        region: "eu-west-1".to_owned(),
        last_seen: days_ago(2),
        calls: 41,
    };
    let unread = vec!["the calls in us-west-2".to_owned()];
    let late = CutoverFacts { consumers: vec![who], unread, ..facts(Stage::Deadline) };
    let asked = plan(&superseded(late), &managed(), &keys([key(KEY, 400), key(OTHER_KEY, 8)]));
    let said = words(&asked);
    for part in [
        "and it is still used",
        "its deadline 2026-02-28T12:00:00Z has passed",
        "still on AKIAIOSFODNN7EXAMPLE: 198.51.100.23 (Boto3/1.40) called sqs.amazonaws.com in eu-west-1, last at",
        "not read about its use: the calls in us-west-2",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn without_facts_a_key_that_was_replaced_is_held() {
    let held = keys([key(KEY, 400), key(OTHER_KEY, 8)]);
    let unknown = Signal { cutover: None, ..superseded(facts(Stage::Quiet)) };
    let unnamed = Signal { access_key: None, ..superseded(facts(Stage::Quiet)) };
    for claim in [unknown, unnamed] {
        let plan = plan(&claim, &managed(), &held);
        assert_eq!(short(&plan), ["hold_for_review:review"]);
        assert!(words(&plan).contains("nothing says which key was replaced"), "{}", words(&plan));
    }
    // About anything but a user there is nothing to do by a program.
    for kind in [SubjectKind::Role, SubjectKind::Secret, SubjectKind::DirectoryUser] {
        let claim = superseded(facts(Stage::Quiet));
        let policy = always(Disposition::Enforce);
        let plan = decide(&claim, &subject(kind, "x"), &managed(), &held, &context(Mode::Enforce), &policy);
        assert_eq!(short(&plan), ["hold_for_review:review"], "{kind:?}");
    }
}
