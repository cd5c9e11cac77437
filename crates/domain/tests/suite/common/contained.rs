//! Identities that hold one of everything, and the cases in which they were contained and rechecked.

use severance_domain::case::{Case, Confirmation, Followed, Outcome, Recheck, StepRecord};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::{CredentialId, ResourceId};
use severance_domain::plan::Step;
use severance_domain::playbook::{FollowUp, Mode, follow_up};
use severance_domain::policy::Request;
use severance_domain::profile::{Class, Profile};
use severance_domain::restoration::Restoration;
use severance_domain::signal::{Follows, Planted, Severity, Signal, SignalKind as Kind, Source};
use severance_domain::subject::{
    AccountAssignment, Credential, CredentialState, GroupMembership, Inventory, RolesAnywhereProfile,
    ServiceCredential, SubjectKind, Trust,
};
use severance_domain::verdict::Verdict;

use super::cases::{Went, exposed, later, open, take, taken, usual};
use super::*;

pub(crate) const SSH: &str = "APKAEXAMPLE";
pub(crate) const OLD_SSH: &str = "APKAINACTIVE";
pub(crate) const CERTIFICATE: &str = "CERTEXAMPLE";
pub(crate) const BEDROCK: &str = "ACCAEXAMPLE";
pub(crate) const NEW_KEY: &str = "AKIANEWEXAMPLE";

pub(crate) fn credential_id(id: &str) -> CredentialId {
    CredentialId::try_from(id).unwrap()
}

pub(crate) fn resource_id(id: &str) -> ResourceId {
    ResourceId::try_from(id).unwrap()
}

pub(crate) fn uploaded(id: &str, active: bool, age_days: i64) -> Credential {
    Credential { id: credential_id(id), active, created_at: Some(days_ago(age_days)) }
}

pub(crate) fn service_credential(id: &str, state: CredentialState) -> ServiceCredential {
    ServiceCredential {
        id: credential_id(id),
        service: "bedrock.amazonaws.com".to_owned(),
        state,
        created_at: Some(days_ago(200)),
        expires_at: None,
    }
}

/// One credential of each type that AWS accepts, and of each type that can be dead one that is.
pub(crate) fn every_credential() -> Inventory {
    Inventory {
        console_password: Some(true),
        ssh_public_keys: vec![uploaded(OLD_SSH, false, 300), uploaded(SSH, true, 200)],
        signing_certificates: vec![uploaded("CERTINACTIVE", false, 300), uploaded(CERTIFICATE, true, 200)],
        service_credentials: vec![
            service_credential("ACCAEXPIRED", CredentialState::Expired),
            service_credential("ACCAINACTIVE", CredentialState::Inactive),
            service_credential(BEDROCK, CredentialState::Active),
        ],
        ..keys([inactive(key(OTHER_KEY, 400)), key(KEY, 20)])
    }
}

/// A trust policy that allows this principal.
pub(crate) fn trust(principal: &str) -> Trust {
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}]}}"#
    );
    Trust::read(&document)
}

pub(crate) fn github() -> Trust {
    trust(r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#)
}

pub(crate) fn by_service() -> Trust {
    trust(r#"{"Service":"ec2.amazonaws.com"}"#)
}

/// A profile of Roles Anywhere that names these roles of the account.
pub(crate) fn anywhere(id: &str, enabled: bool, roles: &[&str]) -> RolesAnywhereProfile {
    let roles = roles.iter().map(|role| format!("arn:aws:iam::{ACCOUNT}:role/app/{role}"));
    let arn = Arn::try_from(format!("arn:aws:rolesanywhere:eu-west-1:{ACCOUNT}:profile/{id}")).unwrap();
    RolesAnywhereProfile { arn, enabled, roles: roles.collect() }
}

pub(crate) fn assignment(account: &str, by_group: Option<&str>) -> AccountAssignment {
    AccountAssignment {
        account: AccountId::try_from(account).unwrap(),
        permission_set: Arn::try_from("arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111").unwrap(),
        by_group: by_group.map(resource_id),
    }
}

pub(crate) fn membership(group: &str) -> GroupMembership {
    GroupMembership {
        group: resource_id(group),
        membership: resource_id(&format!("m-{group}")),
        store: resource_id("d-1234567890"),
    }
}

pub(crate) fn request(reason: &str) -> Request {
    Request { by: bob(), reason: reason.to_owned(), ticket: Some("OPS-7".to_owned()), standing: None }
}

/// What a containment found, which was made by another's subject: this credential of it, or all of it.
pub(crate) fn found(kind: Kind, planted: Option<Planted>) -> Signal {
    let follows = Follows { case: contained_user().id, generation: 1, planted };
    Signal {
        source: Source::Containment,
        rule: "CreateAccessKey".to_owned(),
        severity: Severity::High,
        title: "a contained identity made it".to_owned(),
        follows: Some(follows),
        ..signal(kind, None)
    }
}

pub(crate) fn compromised() -> Signal {
    Signal {
        source: Source::GuardDuty,
        rule: "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom".to_owned(),
        severity: Severity::High,
        title: "User ci-deployer called from a known malicious address".to_owned(),
        ..signal(Kind::IdentityCompromised, None)
    }
}

/// An exposed user with one credential of each type, contained.
pub(crate) fn contained_user() -> Case {
    contained(&exposed())
}

/// The same upon another claim.
pub(crate) fn contained(claim: &Signal) -> Case {
    let owned = profile(&["alice@x.io"], Some(Class::Pipeline));
    taken(open(Mode::Enforce, claim, user("ci-deployer"), owned, every_credential()), &[Went::Well])
}

pub(crate) fn contained_role(trust: Option<Trust>) -> Case {
    let claim = Signal { title: "Credentials of role app were used from outside AWS".to_owned(), ..compromised() };
    let held = Inventory { trust, roles_anywhere: vec![anywhere("p-1", true, &["app"])], ..Inventory::default() };
    taken(open(Mode::Enforce, &claim, subject(SubjectKind::Role, "app"), Profile::default(), held), &[Went::Well])
}

/// What a case's subject holds once its steps were taken.
pub(crate) fn after(case: &Case) -> Inventory {
    let mut held = case.inventory.clone();
    for record in case.steps.iter().filter(|record| record.was_taken()) {
        match &record.step.countermeasure {
            Countermeasure::CloseRoleTrust(_) => held.trust.iter_mut().for_each(|trust| trust.closed = true),
            Countermeasure::LeaveRolesAnywhere(card::LeaveRolesAnywhere { profile, .. }) => {
                held.roles_anywhere.retain(|of| of.arn != *profile);
            }
            Countermeasure::RemoveGroupMembership(card::RemoveGroupMembership { group, .. }) => {
                held.group_memberships.retain(|of| of.group != *group);
                held.account_assignments.retain(|of| of.by_group.as_ref() != Some(group));
            }
            Countermeasure::RemoveAccountAssignment(card::RemoveAccountAssignment {
                account, permission_set, ..
            }) => held
                .account_assignments
                .retain(|of| of.by_group.is_some() || (&of.account, &of.permission_set) != (account, permission_set)),
            step => {
                if let Some(ended) = step.ends() {
                    held.end(&ended);
                }
            }
        }
    }
    held
}

/// Rechecks: what had appeared is taken into the case, and carried out.
pub(crate) fn recheck(case: &mut Case, present: &Inventory, lifted: &[&Countermeasure]) -> FollowUp {
    let seen = follow_up(case, present, lifted, &context(Mode::Enforce), &usual(case.signal.kind));
    let number = u32::try_from(case.rechecks.len()).unwrap() + 1;
    case.rechecks.push(Recheck { number, at: later(70), found: seen.found.clone(), unread: present.unread.clone() });
    for step in &seen.steps {
        let mut record = StepRecord::planned(step.clone(), number, later(70));
        take(&mut record, Went::Well);
        case.steps.push(record);
    }
    case.conclude(later(80));
    seen
}

/// A contained user at whom a key had appeared, which was ended, and then nothing more.
pub(crate) fn rechecked() -> Case {
    let mut case = contained_user();
    let mut present = after(&case);
    present.access_keys.push(key(NEW_KEY, 0));
    recheck(&mut case, &present, &[]);
    let present = after(&case);
    recheck(&mut case, &present, &[]);
    case
}

pub(crate) fn followed(verdict: Option<Verdict>) -> Followed {
    let what = format!("user arn:aws:iam::{ACCOUNT}:user/backdoor (CreateUser at 2026-03-01T11:59:10Z)");
    Followed { what, case: verdict.map(|_| contained_user().id), verdict }
}

/// Gives back what may be given back, each step this way.
pub(crate) fn restored(mut case: Case, went: Went) -> Case {
    case.begin_revision();
    let mut restoration = Restoration::of(&case, request("it was a drill"), later(3_600));
    for of in restoration.steps.iter_mut().filter(|of| of.answer.changes()) {
        let mut record = StepRecord::planned(Step::fitting(of.countermeasure.clone(), ""), 0, later(3_600));
        take(&mut record, went);
        of.outcome = record.outcome;
        of.confirmation = record.confirmation.map(|seen| match seen {
            Confirmation::Confirmed { at, .. } => {
                Confirmation::Confirmed { at, observed: "IAM shows it so".to_owned() }
            }
            unseen @ Confirmation::Unconfirmed { .. } => unseen,
        });
    }
    case.restoration = Some(restoration);
    case.conclude(later(3_660));
    case
}

/// Reads everything back by hand, and finds these steps undone by somebody.
pub(crate) fn verified(mut case: Case, undone: &[&str]) -> Case {
    case.begin_verification(request("the weekly check"), later(7_200));
    for record in case.steps.iter_mut().filter(|record| matches!(record.outcome, Some(Outcome::Applied { .. }))) {
        take(record, Went::Well);
        if undone.contains(&record.step.countermeasure.as_str()) {
            let reason = "AWS shows the opposite".to_owned();
            record.confirmation = Some(Confirmation::Unconfirmed { at: later(7_201), reason, contradicted: true });
        }
    }
    case.conclude(later(7_210));
    case
}
