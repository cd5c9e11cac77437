//! What holds of every containment, recheck and restoration, whatever an identity holds.

use crate::common::cases::*;
use crate::common::contained::*;
use crate::common::*;
use proptest::prelude::*;
use severance_domain::case::Case;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::plan::Step;
use severance_domain::playbook::{FollowUp, Mode};
use severance_domain::profile::Profile;
use severance_domain::restoration::{Restoration, ReturnAnswer, alive};
use severance_domain::signal::{Signal, SignalKind as Kind};
use severance_domain::subject::{AccessKey, CredentialState, Inventory, SubjectKind};

fn any_inventory() -> impl Strategy<Value = Inventory> {
    let key = (prop::sample::select(vec![KEY, OTHER_KEY, NEW_KEY]), any::<bool>(), -1..400i64)
        .prop_map(|(id, active, age)| AccessKey { active, ..key(id, age) });
    let held = |ids: [&'static str; 2]| {
        let one = (prop::sample::select(ids.to_vec()), any::<bool>(), -1..400i64);
        prop::collection::vec(one.prop_map(|(id, active, age)| uploaded(id, active, age)), 0..3)
    };
    let states =
        prop::sample::select(vec![CredentialState::Active, CredentialState::Inactive, CredentialState::Expired]);
    let service = (prop::sample::select(vec![BEDROCK, "ACCAOTHER"]), states);
    let service = service.prop_map(|(id, state)| service_credential(id, state));
    let trust = prop::sample::select(vec![None, Some(github()), Some(by_service())]);
    (
        prop::collection::vec(key, 0..4),
        any::<Option<bool>>(),
        held([SSH, OLD_SSH]),
        held([CERTIFICATE, "CERTOTHER"]),
        prop::collection::vec(service, 0..3),
        trust,
        any::<bool>(),
    )
        .prop_map(|(mut keys, console_password, mut ssh, mut certificates, mut service, trust, anywhere_too)| {
            // AWS gives an id once.
            let mut seen = Vec::new();
            let mut is_new = |id: &str| {
                !seen.contains(&id.to_owned()) && {
                    seen.push(id.to_owned());
                    true
                }
            };
            keys.retain(|of| is_new(of.id.as_str()));
            ssh.retain(|of| is_new(of.id.as_str()));
            certificates.retain(|of| is_new(of.id.as_str()));
            service.retain(|of| is_new(of.id.as_str()));
            Inventory {
                access_keys: keys,
                console_password,
                ssh_public_keys: ssh,
                signing_certificates: certificates,
                service_credentials: service,
                trust,
                roles_anywhere: if anywhere_too { vec![anywhere("p-1", true, &["app"])] } else { vec![] },
                ..Inventory::default()
            }
        })
}

fn any_claim() -> impl Strategy<Value = Signal> {
    let named = prop::option::of(prop::sample::select(vec![KEY, SESSION_KEY]));
    let kind = prop::sample::select(vec![Kind::CredentialExposed, Kind::IdentityCompromised, Kind::Offboarding]);
    (kind, named, any::<bool>()).prop_map(|(kind, named, follows)| Signal {
        access_key: named.map(key_id),
        ..if follows { found(kind, None) } else { signal(kind, None) }
    })
}

fn any_way() -> impl Strategy<Value = Vec<Went>> {
    prop::collection::vec(prop::sample::select(WAYS.to_vec()), 1..4)
}

fn contained(claim: &Signal, kind: SubjectKind, held: Inventory, went: &[Went]) -> Case {
    taken(open(Mode::Enforce, claim, subject(kind, "app"), Profile::default(), held), went)
}

fn is_credential(step: &Countermeasure) -> bool {
    step.ends().is_some()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_denial_comes_first_and_nothing_dead_is_a_step(
        claim in any_claim(),
        held in any_inventory(),
        kind in prop::sample::select(vec![SubjectKind::User, SubjectKind::Role]),
    ) {
        let case = contained(&claim, kind, held.clone(), &[Went::Well]);
        let steps: Vec<&Countermeasure> = case.steps.iter().map(|of| &of.step.countermeasure).collect();
        if let Some(first) = steps.first().filter(|step| ***step != Countermeasure::HoldForReview) {
            // Of a role whose users go on: new sessions first, and in the end those that there are.
            let denies = matches!(first, Countermeasure::QuarantineUser(_) | Countermeasure::QuarantineRole(_))
                || matches!(steps.last(), Some(Countermeasure::RevokeRoleSessions(_)));
            prop_assert!(denies, "{:?}", steps);
            let denies_later = steps.iter().skip(1).any(|step| {
                matches!(step, Countermeasure::QuarantineUser(_) | Countermeasure::QuarantineRole(_))
            });
            prop_assert!(!denies_later, "{:?}", steps);
        }
        let ended = steps.iter().filter(|step| is_credential(step)).count();
        if kind == SubjectKind::User && steps.len() > 1 {
            prop_assert_eq!(ended, held.active_credentials());
        }
        prop_assert_eq!(after(&case).active_credentials(), held.active_credentials() - ended);
    }

    #[test]
    fn a_recheck_after_a_recheck_that_ended_all_is_quiet(
        claim in any_claim(),
        before in any_inventory(),
        present in any_inventory(),
        kind in prop::sample::select(vec![SubjectKind::User, SubjectKind::Role]),
    ) {
        let mut case = contained(&claim, kind, before, &[Went::Well]);
        recheck(&mut case, &present, &[]);
        let ended = Inventory { trust: case.inventory.trust.clone(), ..present };
        let mut seen = case.clone();
        seen.inventory = ended;
        let after = after(&seen);
        let FollowUp { found, steps } = recheck(&mut case, &after, &[]);
        let advances = |step: &Step| matches!(step.countermeasure, Countermeasure::RevokeRoleSessions(_));
        prop_assert!(found.is_empty() && steps.iter().all(advances), "{:?} {:?}", found, steps);
    }

    #[test]
    fn a_restoration_never_brings_back_what_others_may_know(
        claim in any_claim(),
        before in any_inventory(),
        present in any_inventory(),
        went in any_way(),
    ) {
        let mut case = contained(&claim, SubjectKind::User, before, &went);
        recheck(&mut case, &present, &[]);
        let in_danger = claim.kind.is_immediate_danger() || claim.follows.is_some();
        let restoration = Restoration::of(&case, request("why"), later(90));
        let undone = restoration.steps.iter().filter(|of| of.answer.changes());
        for of in undone.clone() {
            prop_assert!(case.steps[of.step].was_taken());
            if is_credential(&of.countermeasure) && in_danger {
                prop_assert!(claim.follows.is_none());
                let again = case.steps.iter().any(|record| {
                    record.recheck > 0 && record.step.countermeasure.is_same_target(&of.countermeasure)
                });
                prop_assert!(!again, "it appeared, or came back");
                let names_another = claim.access_key.as_ref().is_some_and(|key| !key.is_temporary());
                prop_assert!(names_another, "an unnamed credential may be any");
                if let Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { access_key, .. }) = &of.countermeasure {
                    prop_assert_ne!(Some(access_key), claim.access_key.as_ref());
                }
            }
            // A password has no copy, and what holds something down stays.
            let is_password = matches!(of.countermeasure, Countermeasure::RemoveConsolePassword(_));
            prop_assert!(!is_password);
            if in_danger && matches!(of.countermeasure, Countermeasure::QuarantineUser(_)) {
                prop_assert_eq!(&of.answer, &ReturnAnswer::UndoKeepingSessionsDenied);
                prop_assert!(alive(&case).is_empty());
            }
        }
        // Each thing once.
        for (n, of) in restoration.steps.iter().enumerate() {
            let again = restoration.steps.iter().skip(n + 1);
            let is_again = again.clone().any(|other| other.countermeasure.is_same_target(&of.countermeasure));
            prop_assert!(!is_again, "{:?}", of.countermeasure);
        }
    }
}
