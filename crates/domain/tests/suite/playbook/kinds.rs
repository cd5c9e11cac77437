//! Every kind of claim about every kind of subject, and what becomes of secrets and sessions.

use crate::common::*;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::plan::Disposition;
use severance_domain::playbook::{Mode, decide};
use severance_domain::profile::{Class, Profile};
use severance_domain::signal::SignalKind as Kind;
use severance_domain::subject::{Inventory, Subject, SubjectKind};

use super::{enforce, everything, short, words};

/// The playbook as a person would write it on a wall, for subjects that hold [`everything`], are owned by the leaver
/// `alice` alone, and are named in a claim about the key [`KEY`]. The class is for the policy to weigh, not for the playbook.
fn expected(kind: Kind, subject: SubjectKind) -> Vec<&'static str> {
    match (subject, kind) {
        (SubjectKind::Root | SubjectKind::Unresolved, _) => vec!["hold"],
        (SubjectKind::Person, _) => vec![],
        // In no group, and with no account: nothing to do.
        (SubjectKind::DirectoryUser, Kind::CredentialExposed | Kind::IdentityCompromised | Kind::Offboarding) => vec![],

        (SubjectKind::User, Kind::CredentialExposed | Kind::IdentityCompromised) => {
            vec!["quarantine", "key", "other key"]
        }
        (
            SubjectKind::User,
            Kind::CredentialCreated | Kind::CredentialStale | Kind::CredentialUnused | Kind::IdentityDormant,
        ) => vec!["key"],
        (SubjectKind::User, Kind::Offboarding) => vec!["quarantine", "key", "other key"],
        // In no secret, with two keys, and without a cutover's facts: tests/managed.rs has what fits better.
        (SubjectKind::User, Kind::SecretUnrotated | Kind::CredentialUnmanaged | Kind::CredentialSuperseded) => {
            vec!["hold"]
        }
        // The claim is not borne out: there is an owner.
        (SubjectKind::User, Kind::IdentityOwnerless) => vec![],

        (SubjectKind::Role, Kind::CredentialExposed | Kind::IdentityCompromised | Kind::Offboarding) => {
            vec!["sessions"]
        }

        (SubjectKind::Secret, Kind::CredentialExposed | Kind::SecretUnrotated | Kind::Offboarding) => vec!["rotate"],
        _ => vec!["hold"],
    }
}

#[test]
fn every_kind_of_claim_about_every_kind_of_subject_in_every_class_and_mode() {
    let mut rows = 0;
    for kind in KINDS {
        for subject_kind in SUBJECTS {
            for class in CLASSES {
                for mode in MODES {
                    let signal = match kind {
                        Kind::Offboarding => leaver(&["alice"]),
                        _ => signal(kind, Some(KEY)),
                    };
                    let plan = decide(
                        &signal,
                        &subject(subject_kind, "deployer"),
                        &profile(&["alice"], class),
                        &everything(),
                        &context(mode),
                        &always(Disposition::Enforce),
                    );
                    let whether = match (class, mode) {
                        (Some(Class::BreakGlass), _) => "refuse",
                        (_, Mode::Observe) => "observe",
                        (_, Mode::Review) => "review",
                        (_, Mode::Enforce) => "enforce",
                    };
                    let expected: Vec<String> = expected(kind, subject_kind)
                        .into_iter()
                        .map(|step| format!("{step}:{}", if step == "hold" { "review" } else { whether }))
                        .collect();
                    assert_eq!(short(&plan), expected, "{kind:?} {subject_kind:?} {class:?} {mode:?}");
                    assert!(!plan.steps.is_empty() || !plan.notes.is_empty(), "an empty plan says why");
                    rows += 1;
                }
            }
        }
    }
    assert_eq!(rows, 14 * 7 * 7 * 3);
}

#[test]
fn a_secret_is_rotated_only_where_it_can_be() {
    let the_secret = subject(SubjectKind::Secret, "db/main");
    let mine = profile(&["alice"], None);
    let unknown = Inventory::default();
    for signal in [signal(Kind::SecretUnrotated, None), signal(Kind::CredentialExposed, None), leaver(&["alice"])] {
        let rows: [(&Inventory, &str, &str); 5] = [
            (&secret(true, false), "rotate:enforce", ""),
            (&secret(false, false), "hold:review", "no rotation configured"),
            (&secret(true, true), "hold:review", "scheduled for deletion"),
            (&secret(false, true), "hold:review", "scheduled for deletion"),
            (&unknown, "hold:review", "AWS did not say"),
        ];
        for (inventory, wanted, why) in rows {
            let plan = enforce(&signal, &the_secret, &mine, inventory);
            assert_eq!(short(&plan), [wanted], "{:?} {inventory:?}", signal.kind);
            assert!(words(&plan).contains(why), "{}", words(&plan));
        }
    }
    for (owners, why) in [(&["alice", "bob"][..], "as well: bob"), (&["bob"], "as well: bob"), (&[], "has no owner")] {
        let plan = enforce(&leaver(&["alice"]), &the_secret, &profile(owners, None), &secret(true, false));
        assert_eq!(short(&plan), ["hold:review"], "{owners:?}");
        assert!(words(&plan).contains(why), "{}", words(&plan));
    }
    let nameless = Subject { arn: None, ..the_secret };
    let plan = enforce(&signal(Kind::SecretUnrotated, None), &nameless, &mine, &secret(true, false));
    assert_eq!(short(&plan), ["hold:review"]);
}

#[test]
fn sessions_are_revoked_up_to_the_moment_of_the_decision() {
    let plan = enforce(
        &signal(Kind::IdentityCompromised, Some(SESSION_KEY)),
        &subject(SubjectKind::Role, "app"),
        &Profile::default(),
        &keys([]),
    );
    assert_eq!(
        plan.steps[0].countermeasure,
        Countermeasure::RevokeRoleSessions(card::RevokeRoleSessions { role: iam_name("app"), issued_before: now() })
    );
    assert!(words(&plan).contains("can still start new sessions"));
}
