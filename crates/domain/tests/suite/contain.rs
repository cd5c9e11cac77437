//! Ending an identity as a whole, and rechecking it: which steps, in which order, and which never.

use crate::common::cases::*;
use crate::common::contained::*;
use crate::common::*;
use severance_domain::case::{Case, Outcome, StepRecord};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::plan::{Disposition, Plan, Step};
use severance_domain::playbook::{Context, FollowUp, Mode, decide, follow_up};
use severance_domain::profile::Profile;
use severance_domain::signal::{Planted, Signal, SignalKind as Kind};
use severance_domain::subject::{Inventory, Subject, SubjectKind, Trust};

/// A step by its name, and the one thing that tells it from its like.
pub(crate) fn short(steps: &[Step]) -> Vec<String> {
    let step = |step: &Step| {
        let what = match &step.countermeasure {
            Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { access_key, .. }) => {
                format!("key {access_key}")
            }
            Countermeasure::DeactivateSshPublicKey(card::DeactivateSshPublicKey { key, .. }) => format!("ssh {key}"),
            Countermeasure::DeactivateSigningCertificate(card::DeactivateSigningCertificate {
                certificate, ..
            }) => format!("certificate {certificate}"),
            Countermeasure::DeactivateServiceCredential(card::DeactivateServiceCredential { credential, .. }) => {
                format!("service {credential}")
            }
            Countermeasure::RemoveGroupMembership(card::RemoveGroupMembership { group, .. }) => {
                format!("group {group}")
            }
            Countermeasure::RemoveAccountAssignment(card::RemoveAccountAssignment { account, .. }) => {
                format!("account {account}")
            }
            Countermeasure::QuarantineByScp(card::QuarantineByScp { account, .. }) => format!("scp {account}"),
            Countermeasure::LeaveRolesAnywhere(card::LeaveRolesAnywhere { profile, .. }) => {
                format!("anywhere {}", profile.name_of("profile").unwrap())
            }
            other => other.as_str().to_owned(),
        };
        let held = if step.disposition() == Disposition::Review { " (held)" } else { "" };
        format!("{what}{held}")
    };
    steps.iter().map(step).collect()
}

fn words(plan: &Plan) -> String {
    plan.steps.iter().map(|step| step.reason.clone()).chain(plan.notes.clone()).collect::<Vec<_>>().join("\n")
}

fn plan_in(context: &Context, signal: &Signal, subject: &Subject, held: &Inventory) -> Plan {
    decide(signal, subject, &profile(&["alice"], None), held, context, &always(Disposition::Enforce))
}

fn plan(signal: &Signal, subject: &Subject, held: &Inventory) -> Plan {
    plan_in(&context(Mode::Enforce), signal, subject, held)
}

// The user.

#[test]
fn a_plan_takes_its_first_hundred_steps_and_names_the_rest() {
    for (profiles, steps, more) in [(98, 100, false), (99, 101, true), (400, 101, true)] {
        let roles_anywhere = (0..profiles).map(|n| anywhere(&format!("p-{n}"), true, &["app"])).collect();
        let held = Inventory { trust: Some(github()), roles_anywhere, ..Inventory::default() };
        let case = open(Mode::Enforce, &compromised(), subject(SubjectKind::Role, "app"), Profile::default(), held);
        assert_eq!(case.steps.len(), steps);
        assert!(matches!(case.steps[0].step.countermeasure, Countermeasure::CloseRoleTrust(_)));
        // Sessions are denied last, and however many profiles there are.
        assert!(matches!(case.steps[99].step.countermeasure, Countermeasure::RevokeRoleSessions(_)));
        let last = &case.steps.last().unwrap().step;
        assert_eq!(last.reason.contains("more steps fit than the 100"), more, "{}", last.reason);
        assert_eq!(last.disposition() == Disposition::Review, more);
    }
}

#[test]
fn a_user_is_denied_first_and_then_loses_every_credential_by_what_it_can_do() {
    let all = [
        "quarantine_user",
        "key AKIAIOSFODNN7EXAMPLE",
        "remove_console_password",
        "service ACCAEXAMPLE",
        "ssh APKAEXAMPLE",
        "certificate CERTEXAMPLE",
    ];
    for claim in [exposed(), compromised(), leaver(&["alice"]), found(Kind::IdentityCompromised, None)] {
        let plan = plan(&claim, &user("ci"), &every_credential());
        assert_eq!(short(&plan.steps), all, "{:?}", claim.kind);
        for told in [
            "AKIAI44QH8DHBEXAMPLE was inactive already",
            "APKAINACTIVE was inactive already",
            "CERTINACTIVE was inactive already",
            "ACCAINACTIVE for bedrock.amazonaws.com was inactive already",
            "ACCAEXPIRED for bedrock.amazonaws.com has expired",
            "there is a console password",
        ] {
            assert!(plan.notes.iter().any(|note| note.contains(told)), "{told}: {:?}", plan.notes);
        }
    }
    // What was not read is no reason to take it for absent, nor for present.
    let unknown = Inventory { console_password: None, ..every_credential() };
    let plan = plan(&exposed(), &user("ci"), &unknown);
    assert!(!short(&plan.steps).contains(&"remove_console_password".to_owned()));
    assert!(!words(&plan).contains("console password"));
}

#[test]
fn of_a_user_whom_others_use_only_the_planted_credential_is_ended() {
    let sessions = "revoke_user_sessions";
    let id = credential_id;
    let rows: Vec<(Planted, Vec<&str>)> = vec![
        (Planted::AccessKey(key_id(KEY)), vec!["key AKIAIOSFODNN7EXAMPLE", sessions]),
        (Planted::ConsolePassword, vec!["remove_console_password", sessions]),
        (Planted::SshPublicKey(id(SSH)), vec!["ssh APKAEXAMPLE"]),
        (Planted::SigningCertificate(id(CERTIFICATE)), vec!["certificate CERTEXAMPLE"]),
        (Planted::ServiceCredential(id(BEDROCK)), vec!["service ACCAEXAMPLE"]),
        // Dead already, or of another type, or gone.
        (Planted::AccessKey(key_id(OTHER_KEY)), vec![]),
        (Planted::SshPublicKey(id(OLD_SSH)), vec![]),
        (Planted::ServiceCredential(id("ACCAEXPIRED")), vec![]),
        (Planted::SigningCertificate(id(SSH)), vec![]),
        (Planted::AccessKey(key_id("AKIAGONE")), vec![]),
    ];
    for (planted, wanted) in rows {
        let claim = found(Kind::CredentialCreated, Some(planted.clone()));
        let plan = plan(&claim, &user("ci"), &every_credential());
        assert_eq!(short(&plan.steps), wanted, "{planted:?}");
        assert_eq!(plan.steps.is_empty(), words(&plan).contains("not active any more"), "{}", words(&plan));
    }
    let blind = Inventory { unread: names(&["the keys could not be listed"]), ..Inventory::default() };
    let plan = plan(&found(Kind::CredentialCreated, Some(Planted::ConsolePassword)), &user("ci"), &blind);
    assert_eq!((short(&plan.steps), plan.notes), (names(&["hold_for_review (held)"]), vec![]));
}

// The role.

#[test]
fn a_role_loses_the_ways_to_new_sessions_but_those_of_services_and_then_its_sessions() {
    let closed = Trust { closed: true, ..github() };
    let both = trust(r#"{"Service":["lambda.amazonaws.com","ec2.amazonaws.com"],"AWS":"*"}"#);
    let ours = trust(r#"{"AWS":"*"},"Sid":"SeveranceClosedBy0""#);
    let rows: [(Option<Trust>, &[&str], &str); 8] = [
        (Some(github()), &["close_role_trust", "revoke_role_sessions"], ""),
        (Some(trust(r#"{"AWS":"arn:aws:iam::999988887777:root"}"#)), &["close_role_trust", "revoke_role_sessions"], ""),
        (Some(ours), &["close_role_trust", "revoke_role_sessions"], ""),
        (Some(Trust::read("no policy")), &["close_role_trust", "revoke_role_sessions"], ""),
        (Some(by_service()), &["revoke_role_sessions"], "ec2.amazonaws.com uses the role and goes on"),
        (
            Some(both),
            &["close_role_trust", "revoke_role_sessions"],
            "ec2.amazonaws.com, lambda.amazonaws.com uses the role and goes on",
        ),
        (Some(closed), &["revoke_role_sessions"], "lets nobody in already"),
        (None, &["revoke_role_sessions"], "can still start new sessions"),
    ];
    let role = subject(SubjectKind::Role, "app");
    for (trust, wanted, told) in rows {
        let held = Inventory { trust: trust.clone(), ..Inventory::default() };
        let plan_of = plan(&compromised(), &role, &held);
        assert_eq!(short(&plan_of.steps), wanted, "{trust:?}");
        assert!(words(&plan_of).contains(told), "{}", words(&plan_of));
        // Made by a contained identity, it is nobody's: it is denied everything as well, and first.
        let made = short(&plan(&found(Kind::IdentityCompromised, None), &role, &held).steps);
        assert_eq!(made[0], "quarantine_role");
        assert_eq!(made[1..], *wanted);
    }
}

#[test]
fn a_role_leaves_the_profiles_of_roles_anywhere_by_which_it_can_be_reached() {
    let held = Inventory {
        trust: Some(github()),
        roles_anywhere: vec![
            anywhere("p-1", true, &["app"]),
            anywhere("p-2", true, &["app", "other"]),
            anywhere("p-3", false, &["app"]),
            anywhere("p-4", true, &["other"]),
        ],
        ..Inventory::default()
    };
    let plan = plan(&compromised(), &subject(SubjectKind::Role, "app"), &held);
    let wanted = ["close_role_trust", "anywhere p-1", "anywhere p-2", "revoke_role_sessions"];
    assert_eq!(short(&plan.steps), wanted);
}

#[test]
fn an_exposed_trust_is_closed_for_all_but_services() {
    let rows: [(Option<Trust>, &[&str]); 5] = [
        (Some(trust(r#"{"Service":"ec2.amazonaws.com","AWS":"*"}"#)), &["close_role_trust"]),
        (Some(github()), &["close_role_trust"]),
        (Some(by_service()), &["hold_for_review (held)"]),
        (Some(Trust { closed: true, ..github() }), &[]),
        (None, &["hold_for_review (held)"]),
    ];
    for (trust, wanted) in rows {
        let held = Inventory { trust: trust.clone(), ..Inventory::default() };
        let plan = plan(&signal(Kind::TrustExposed, None), &subject(SubjectKind::Role, "app"), &held);
        assert_eq!(short(&plan.steps), wanted, "{trust:?}");
    }
    // What a contained identity wrote there is not given back.
    let held = Inventory { trust: Some(github()), ..Inventory::default() };
    let plan = plan(&found(Kind::TrustExposed, None), &subject(SubjectKind::Role, "app"), &held);
    let Countermeasure::CloseRoleTrust(close) = &plan.steps[0].countermeasure else { panic!("{:?}", plan.steps) };
    assert!(close.written_at.is_some());
}

// The user of the directory.

#[test]
fn a_directory_user_leaves_groups_and_accounts_and_is_denied_beyond_them_only_where_the_stack_may() {
    let (second, management) = ("444455556666", "999988887777");
    let held = Inventory {
        group_memberships: vec![membership("admins"), membership("readers")],
        account_assignments: vec![
            assignment(ACCOUNT, None),
            assignment(second, Some("admins")),
            assignment(second, Some("readers")),
            assignment(management, Some("admins")),
        ],
        ..Inventory::default()
    };
    let who = subject(SubjectKind::DirectoryUser, "906-1");
    let without = ["group admins", "group readers", "account 111122223333"];
    let denied = ["scp 111122223333", "scp 444455556666"];
    for claim in [compromised(), leaver(&["alice"])] {
        let plan_of = plan(&claim, &who, &held);
        assert_eq!(short(&plan_of.steps), without);
        assert!(words(&plan_of).contains("disable them in the directory"));
        let management_account = Some(management.try_into().unwrap());
        let context = Context { scp_quarantine: true, management_account, ..context(Mode::Enforce) };
        let plan_of = plan_in(&context, &claim, &who, &held);
        // No service control policy binds the management account.
        assert_eq!(short(&plan_of.steps), [without.as_slice(), denied.as_slice()].concat());
        assert!(plan_of.steps.iter().all(|step| {
            step.countermeasure.needs_responder() == short(std::slice::from_ref(step))[0].starts_with("scp")
        }));
    }
    let nothing = plan(&compromised(), &who, &Inventory::default());
    assert!(nothing.steps.is_empty() && words(&nothing).contains("nothing to do"));
    let odd = Subject { name: "not an id".to_owned(), ..who };
    assert_eq!(short(&plan(&compromised(), &odd, &held).steps), ["hold_for_review (held)"]);
}

// A recheck.

pub(crate) fn seen(case: &Case, present: &Inventory, lifted: &[&Countermeasure]) -> FollowUp {
    follow_up(case, present, lifted, &context(Mode::Enforce), &always(Disposition::Enforce))
}

pub(crate) fn step_named<'a>(case: &'a Case, name: &str) -> &'a Countermeasure {
    &case.steps.iter().find(|record| record.step.countermeasure.as_str() == name).unwrap().step.countermeasure
}

#[test]
fn a_recheck_that_finds_nothing_new_is_quiet() {
    for case in [contained_user(), contained(&compromised()), contained_role(Some(github())), contained_role(None)] {
        let FollowUp { found, steps } = seen(&case, &after(&case), &[]);
        assert!(found.is_empty(), "{}: {found:?}", case.subject.name);
        // The moment of a role that was seen closed is written anew.
        assert!(steps.iter().all(|step| step.countermeasure.as_str() == "revoke_role_sessions"), "{steps:?}");
    }
}

#[test]
fn what_appeared_is_ended_and_what_came_back_is_ended_again() {
    type Change = fn(&mut Inventory);
    let case = contained_user();
    let rows: Vec<(Change, &str, &str)> = vec![
        (|held| held.access_keys.push(key(NEW_KEY, 0)), "access key AKIANEWEXAMPLE appeared", "key AKIANEWEXAMPLE"),
        (
            |held| held.access_keys[1].active = true,
            "access key AKIAIOSFODNN7EXAMPLE is back",
            "key AKIAIOSFODNN7EXAMPLE",
        ),
        // It was inactive before, so it was no step; now it lives.
        (
            |held| held.access_keys[0].active = true,
            "access key AKIAI44QH8DHBEXAMPLE appeared",
            "key AKIAI44QH8DHBEXAMPLE",
        ),
        (
            |held| held.console_password = Some(true),
            "a console password of user ci-deployer is back",
            "remove_console_password",
        ),
        (
            |held| held.ssh_public_keys.push(uploaded("APKANEW", true, 0)),
            "SSH public key APKANEW appeared",
            "ssh APKANEW",
        ),
        (
            |held| held.signing_certificates.push(uploaded("CERTNEW", true, 0)),
            "signing certificate CERTNEW appeared",
            "certificate CERTNEW",
        ),
        (
            |held| {
                use severance_domain::subject::CredentialState::Active;
                held.service_credentials[2].state = Active;
            },
            "credential ACCAEXAMPLE for bedrock.amazonaws.com is back",
            "service ACCAEXAMPLE",
        ),
    ];
    for (change, found, step) in rows {
        let mut present = after(&case);
        change(&mut present);
        let seen = seen(&case, &present, &[]);
        assert_eq!((seen.found, short(&seen.steps)), (names(&[found]), names(&[step])));
    }
}

#[test]
fn a_recheck_goes_on_when_the_key_of_the_claim_was_deleted_meanwhile() {
    let case = contained_user();
    let mut present = after(&case);
    present.access_keys.retain(|key| key.id != key_id(KEY));
    assert_eq!(seen(&case, &present, &[]), FollowUp::default());
    present.access_keys.push(key(NEW_KEY, 0));
    assert_eq!(short(&seen(&case, &present, &[]).steps), ["key AKIANEWEXAMPLE"]);
}

#[test]
fn a_step_that_somebody_declined_or_is_still_asked_about_stays_so() {
    let untaken = [
        (Disposition::Decline, None),
        (Disposition::Review, None),
        (Disposition::Observe, None),
        (Disposition::Refuse, None),
        (Disposition::Enforce, None),
        (
            Disposition::Enforce,
            Some(Outcome::Failed {
                at: later(1),
                action: "iam:UpdateAccessKey".to_owned(),
                code: "AccessDenied".to_owned(),
                message: String::new(),
                retryable: false,
            }),
        ),
    ];
    for (disposition, outcome) in untaken {
        let mut case = contained_user();
        let held = case.inventory.clone();
        for record in &mut case.steps {
            dispose(&mut record.step, disposition);
            record.outcome.clone_from(&outcome);
        }
        assert_eq!(seen(&case, &held, &[]), FollowUp::default(), "{disposition:?}");
    }
}

#[test]
fn a_role_that_was_opened_again_is_closed_again() {
    let case = contained_role(Some(github()));
    let mut present = after(&case);
    present.trust = Some(github());
    let lifted = [step_named(&case, "close_role_trust")];
    let seen_of = seen(&case, &present, &lifted);
    assert_eq!(seen_of.found, ["the trust policy of role app was opened again"]);
    assert_eq!(short(&seen_of.steps), ["close_role_trust", "revoke_role_sessions"]);

    // Opened to a service only, it is not closed over that service's head.
    present.trust = Some(by_service());
    assert_eq!(short(&seen(&case, &present, &lifted).steps), ["revoke_role_sessions", "hold_for_review (held)"]);

    let sessions = [step_named(&case, "revoke_role_sessions")];
    let seen_of = seen(&case, &after(&case), &sessions);
    assert_eq!(seen_of.found, ["the denial of role app's older sessions was lifted"]);
    assert_eq!(short(&seen_of.steps), ["revoke_role_sessions"]);

    let mut present = after(&case);
    present.roles_anywhere = vec![anywhere("p-2", true, &["app"])];
    let seen = seen(&case, &present, &[]);
    assert_eq!(short(&seen.steps), ["anywhere p-2", "revoke_role_sessions"]);
    assert!(seen.found[0].ends_with("profile/p-2 now"), "{:?}", seen.found);
}

#[test]
fn a_case_says_what_its_rechecks_found_until_one_is_quiet() {
    use severance_domain::verdict::Verdict::{Partial, RevokedUnverified, VerifiedRevoked};
    let mut case = contained_user();
    let mut present = after(&case);
    present.access_keys.push(key(NEW_KEY, 0));
    recheck(&mut case, &present, &[]);
    assert_eq!(case.verdict, Some(Partial), "it was ended, but nobody has rechecked since");
    let present = after(&case);
    assert_eq!(recheck(&mut case, &present, &[]), FollowUp::default());
    assert_eq!(case.verdict, Some(VerifiedRevoked));
    let blind = Inventory { unread: names(&["the keys could not be listed"]), ..after(&case) };
    recheck(&mut case, &blind, &[]);
    assert_eq!(case.verdict, Some(RevokedUnverified));
    assert!(case.steps.iter().all(StepRecord::is_confirmed));
}
