//! What holds of every plan, whatever is put together: sense or nonsense.

use crate::common::*;
use jiff::SignedDuration;
use proptest::prelude::*;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::cutover::{Copies, CutoverFacts, Stage};
use severance_domain::exemption::Exemption;
use severance_domain::ids::Arn;
use severance_domain::plan::{Disposition, Plan};
use severance_domain::playbook::{Context, Mode, decide};
use severance_domain::profile::Profile;
use severance_domain::refusals::refusal;
use severance_domain::rotation::SECRET_TAG;
use severance_domain::signal::{Signal, SignalKind as Kind, SubjectHint};
use severance_domain::subject::{AccessKey, Inventory, LastUsed, Subject, SubjectKind};

fn any_key() -> impl Strategy<Value = AccessKey> {
    let id = prop::sample::select(vec![KEY, OTHER_KEY, "AKIATHIRD", SESSION_KEY]);
    let last_used = prop_oneof![
        Just(LastUsed::Never),
        Just(LastUsed::NotAsked),
        (-2..500i64).prop_map(|days| LastUsed::At(days_ago(days)))
    ];
    (id, any::<bool>(), prop::option::of(-2..500i64), last_used).prop_map(|(id, active, age, last_used)| AccessKey {
        id: key_id(id),
        active,
        created_at: age.map(days_ago),
        last_used,
    })
}

fn any_inventory() -> impl Strategy<Value = Inventory> {
    let state = prop::option::of((any::<bool>(), any::<bool>()));
    let unread = prop::sample::subsequence(vec!["the user's access keys could not be listed".to_owned()], 0..=1);
    let keys = prop::collection::vec(any_key(), 0..4);
    (keys, any::<Option<bool>>(), state, unread).prop_map(|(access_keys, password, state, unread)| Inventory {
        unread,
        access_keys,
        console_password: password,
        secret: state.and_then(|(enabled, deleted)| secret(enabled, deleted).secret),
        ..Inventory::default()
    })
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z0-9+=,.@_-]{1,20}", Just("alice".to_owned()), Just("severance-x".to_owned()), ".{0,8}"]
}

fn any_subject() -> impl Strategy<Value = Subject> {
    let path =
        prop::sample::select(vec!["", "ci/", "aws-service-role/x.amazonaws.com/", "aws-reserved/sso.amazonaws.com/"]);
    (prop::sample::select(SUBJECTS.to_vec()), any_name(), path, any::<bool>()).prop_map(
        |(kind, name, path, has_arn)| {
            let kind_name = if kind == SubjectKind::User { "user" } else { "role" };
            let arn = format!("arn:aws:iam::{ACCOUNT}:{kind_name}/{path}{name}").as_str().try_into().ok();
            Subject { arn: if has_arn { arn } else { None }, name, ..subject(kind, "x") }
        },
    )
}

fn any_cutover() -> impl Strategy<Value = CutoverFacts> {
    let stage = prop::sample::select(vec![Stage::Quiet, Stage::Deadline, Stage::Deletion]);
    let unread = prop::sample::subsequence(vec!["the calls in us-west-2".to_owned()], 0..=1);
    (stage, unread).prop_map(|(stage, unread)| CutoverFacts {
        stage,
        secret: Arn::try_from(SECRET).unwrap(),
        replaced_by: key_id(OTHER_KEY),
        opened_at: days_ago(3),
        quiet_for: SignedDuration::from_hours(26),
        deadline: days_ago(1),
        last_used_at: None,
        consumers: vec![],
        copies: Copies::default(),
        unread,
    })
}

/// The secret that a managed user's tag names.
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:severance/x-AbCdEf";

fn any_signal() -> impl Strategy<Value = Signal> {
    let named = prop::option::of(prop::sample::select(vec![KEY, OTHER_KEY, "AKIAGONE", SESSION_KEY]));
    let hint = prop_oneof![
        Just(SubjectHint::AccessKeyOnly),
        Just(SubjectHint::Person { identifiers: names(&["alice", "Alice@x.io"]) }),
        Just(SubjectHint::Workload { identifiers: names(&["billing"]) }),
        Just(SubjectHint::Root),
    ];
    let rule = prop::sample::select(vec!["IAM.3", "UnusedIAMUserPassword"]);
    let cutover = prop::option::of(any_cutover().prop_map(Box::new));
    (prop::sample::select(KINDS.to_vec()), named, hint, rule, cutover).prop_map(
        |(kind, named, subject, rule, cutover)| Signal {
            subject,
            rule: rule.to_owned(),
            cutover,
            ..signal(kind, named)
        },
    )
}

fn any_profile() -> impl Strategy<Value = Profile> {
    let owners = prop::sample::subsequence(vec!["alice", "alice@x.io", "billing", "bob"], 0..=4);
    let tag = prop::option::of(prop::sample::select(vec![SECRET, "severance/x", "arn:aws:s3:::x"]));
    (owners, prop::sample::select(CLASSES.to_vec()), tag).prop_map(|(owners, class, tag)| Profile {
        tags: tag.map(|secret| (SECRET_TAG.to_owned(), secret.to_owned())).into_iter().collect(),
        ..profile(&owners, class)
    })
}

fn any_exemptions() -> impl Strategy<Value = Vec<Exemption>> {
    let names = prop::sample::subsequence(Countermeasure::NAMES.to_vec(), 0..=2);
    let pattern = prop::sample::select(vec!["arn:*:user/*", "arn:*/a*", "arn:aws:secretsmanager:*"]);
    let one = (names, pattern, -2..2i64).prop_map(|(names, pattern, days)| {
        let mut exemption = exemption(&names);
        pattern.clone_into(&mut exemption.request.subject);
        exemption.request.expires_at = days_ago(days);
        exemption
    });
    prop::collection::vec(one, 0..3).prop_map(|mut exemptions| {
        for (n, exemption) in exemptions.iter_mut().enumerate() {
            exemption.id = format!("exm-{n}");
        }
        exemptions
    })
}

fn any_context() -> impl Strategy<Value = Context> {
    let mode = prop::sample::select(MODES.to_vec());
    (mode, 0..400i64, 0..400i64, -400..400i64, any::<bool>(), any_exemptions()).prop_map(
        |(mode, stale, unused, later, breaker_open, mut exemptions)| {
            for exemption in &mut exemptions {
                exemption.request.expires_at -= SignedDuration::from_hours(24 * later);
            }
            Context {
                stale_key_days: stale,
                unused_key_days: unused,
                now: days_ago(later),
                breaker_open,
                exemptions,
                ..context(mode)
            }
        },
    )
}

fn about_keys(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::CredentialStale
            | Kind::CredentialUnused
            | Kind::IdentityDormant
            | Kind::CredentialCreated
            | Kind::CredentialSuperseded
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_put_together_the_plan_keeps_its_promises(
        signal in any_signal(),
        subject in any_subject(),
        profile in any_profile(),
        inventory in any_inventory(),
        context in any_context(),
        answer in prop::sample::select(ANSWERS.to_vec()),
    ) {
        let policy = always(answer);
        let plan = decide(&signal, &subject, &profile, &inventory, &context, &policy);
        let asked = policy.asked();
        prop_assert_eq!(&plan, &decide(&signal, &subject, &profile, &inventory, &context, &policy), "deterministic");
        prop_assert!(!plan.steps.is_empty() || !plan.notes.is_empty(), "an empty plan says why");

        let refused = refusal(&subject, &profile, &context.own_roles).is_some();
        let mut seen = Vec::new();
        for step in &plan.steps {
            let touches = step.countermeasure != Countermeasure::HoldForReview;
            prop_assert!(!step.reason.is_empty());
            prop_assert_eq!(touches, step.ruling.is_some());
            if context.mode != Mode::Enforce || context.breaker_open || refused || !touches {
                prop_assert_ne!(step.disposition(), Disposition::Enforce);
            }
            if refused && touches {
                prop_assert_eq!(step.disposition(), Disposition::Refuse);
            } else if touches {
                prop_assert_ne!(step.disposition(), Disposition::Refuse);
            } else {
                prop_assert_eq!(step.disposition(), Disposition::Review, "a person looks at what is held, in every mode");
            }
            if let Some(ruling) = &step.ruling {
                prop_assert_eq!(ruling.answer, answer);
                // Nothing raises an answer, and what lowers it is said.
                prop_assert!(step.disposition() != Disposition::Enforce || answer == Disposition::Enforce);
                prop_assert!(step.disposition() != Disposition::Review || answer != Disposition::Observe);
                prop_assert_eq!(ruling.lowered_by.is_some(), step.disposition() != answer);
            }
            match &step.countermeasure {
                Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { user, access_key }) => {
                    prop_assert_eq!(subject.kind, SubjectKind::User);
                    prop_assert_eq!(user.as_str(), &subject.name);
                    prop_assert!(inventory.access_keys.iter().any(|key| key.id == *access_key && key.active));
                    if about_keys(signal.kind) && signal.access_key.is_some() {
                        prop_assert_eq!(Some(access_key), signal.access_key.as_ref());
                    }
                    seen.push("key");
                }
                Countermeasure::QuarantineUser(card::QuarantineUser { user, .. }) => {
                    prop_assert_eq!(subject.kind, SubjectKind::User);
                    prop_assert_eq!(user.as_str(), &subject.name);
                    prop_assert!(!about_keys(signal.kind), "claims about keys never quarantine");
                    seen.push("quarantine");
                }
                Countermeasure::RevokeRoleSessions(card::RevokeRoleSessions { role, issued_before }) => {
                    prop_assert_eq!((subject.kind, role.as_str()), (SubjectKind::Role, subject.name.as_str()));
                    prop_assert_eq!(*issued_before, context.now);
                }
                Countermeasure::RotateSecret(card::RotateSecret { secret }) if subject.kind == SubjectKind::User => {
                    prop_assert_eq!(secret.as_str(), SECRET, "what the user's tag names");
                    prop_assert_eq!(profile.tags.get(SECRET_TAG).map(String::as_str), Some(SECRET));
                    prop_assert!(matches!(
                        signal.kind,
                        Kind::CredentialStale | Kind::SecretUnrotated | Kind::CredentialExposed
                    ));
                }
                Countermeasure::RotateSecret(card::RotateSecret { secret }) => {
                    prop_assert_eq!((subject.kind, Some(secret)), (SubjectKind::Secret, subject.arn.as_ref()));
                }
                Countermeasure::DeleteAccessKey(card::DeleteAccessKey { user, access_key }) => {
                    prop_assert_eq!((signal.kind, user.as_str()), (Kind::CredentialSuperseded, subject.name.as_str()));
                    prop_assert_eq!(Some(access_key), signal.access_key.as_ref());
                    let first = inventory.access_keys.iter().find(|key| key.id == *access_key);
                    prop_assert!(first.is_some_and(|key| !key.active), "an active key is never deleted");
                }
                Countermeasure::AdoptAccessKey(card::AdoptAccessKey { user, access_key, secret }) => {
                    prop_assert_eq!((signal.kind, user.as_str()), (Kind::CredentialUnmanaged, subject.name.as_str()));
                    prop_assert_eq!(secret, &format!("severance/{user}"));
                    prop_assert!(inventory.access_keys.iter().any(|key| key.id == *access_key && key.active));
                    prop_assert!(inventory.unread.is_empty());
                }
                Countermeasure::RemoveConsolePassword(card::RemoveConsolePassword { user }) => {
                    prop_assert_eq!(user.as_str(), &subject.name);
                    prop_assert_eq!(inventory.console_password, Some(true));
                    if signal.kind != Kind::CredentialUnused {
                        seen.push("key");
                    }
                }
                Countermeasure::HoldForReview => {}
                other => prop_assert!(false, "nothing else fits what was put together: {:?}", other),
            }
        }
        let touching = plan.steps.iter().filter(|step| step.ruling.is_some());
        prop_assert_eq!(asked.len(), touching.clone().count());
        for (step, asked) in touching.zip(&asked) {
            prop_assert_eq!(&step.countermeasure, &asked.countermeasure);
            let covers = |exemption: &&Exemption| {
                context.now < exemption.request.expires_at && exemption.covers(&subject, &step.countermeasure)
            };
            let covering = context.exemptions.iter().find(covers);
            prop_assert_eq!(asked.exempted, covering.is_some());
            let name = step.countermeasure.as_str().to_owned();
            let traced: Vec<&str> = plan
                .exemptions
                .iter()
                .filter(|used| used.covered.contains(&name))
                .map(|used| used.id.as_str())
                .collect();
            prop_assert_eq!(traced, covering.map(|exemption| exemption.id.as_str()).into_iter().collect::<Vec<_>>());
        }
        // Deny first, once, then the keys.
        prop_assert!(seen.iter().skip(1).all(|step| *step == "key"), "{seen:?}");
        if signal.kind.is_immediate_danger() && seen.contains(&"key") {
            prop_assert_eq!(seen[0], "quarantine");
        }
    }

    #[test]
    fn every_mode_plans_the_very_steps_that_enforcing_takes(
        signal in any_signal(),
        subject in any_subject(),
        profile in any_profile(),
        inventory in any_inventory(),
        context in any_context(),
    ) {
        let in_mode = |mode| {
            let policy = always(Disposition::Enforce);
            decide(&signal, &subject, &profile, &inventory, &Context { mode, ..context.clone() }, &policy)
        };
        let enforced = in_mode(Mode::Enforce);
        for (mode, instead) in [(Mode::Observe, Disposition::Observe), (Mode::Review, Disposition::Review)] {
            let capped = in_mode(mode);
            prop_assert_eq!((&enforced.notes, &enforced.exemptions), (&capped.notes, &capped.exemptions));
            prop_assert_eq!(enforced.steps.len(), capped.steps.len());
            for (enforced, capped) in enforced.steps.iter().zip(&capped.steps) {
                prop_assert_eq!(&enforced.countermeasure, &capped.countermeasure);
                prop_assert_eq!(&enforced.reason, &capped.reason);
                let wanted = match enforced.disposition() {
                    Disposition::Enforce => instead,
                    // Nobody is asked for what an observing stack would not do.
                    Disposition::Review if mode == Mode::Observe && enforced.ruling.is_some() => instead,
                    other => other,
                };
                prop_assert_eq!(wanted, capped.disposition());
            }
        }
    }

    #[test]
    fn a_plan_survives_its_json(
        signal in any_signal(),
        subject in any_subject(),
        profile in any_profile(),
        inventory in any_inventory(),
        context in any_context(),
    ) {
        let plan = decide(&signal, &subject, &profile, &inventory, &context, &always(Disposition::Enforce));
        let json = serde_json::to_string(&plan).unwrap();
        prop_assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
        let json = serde_json::to_string(&inventory).unwrap();
        prop_assert_eq!(serde_json::from_str::<Inventory>(&json).unwrap(), inventory);
    }
}
