//! Each countermeasure by itself: taken, taken again, undone, undone again; with what it is about gone or changed by
//! others; and refused or unanswered at each of its calls.

mod credentials;
mod directory;
mod each;
mod ladder;
mod play;
mod policies;
mod quarantines;
mod roles_anywhere;
mod scps;
mod trust;

use crate::common::*;
use serde_json::json;
use severance_aws::clock;
use severance_aws::countermeasures::{
    CloseRoleTrust, DeactivateAccessKey, DeactivateServiceCredential, DeactivateSigningCertificate,
    DeactivateSshPublicKey, Driver, LeaveRolesAnywhere, NeutralizePolicy, PutBoundaryDenial, QuarantineByScp,
    QuarantineRole, QuarantineUser, RemoveAccountAssignment, RemoveConsolePassword, RemoveGroupMembership,
    RevokeRoleSessions, RevokeUserSessions, RotateSecret,
};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::{AccessKeyId, AccountId, Arn, CredentialId, IamName, ResourceId};

const SSH_KEY: &str = "APKAEIBAERJR2EXAMPLE";
const CERTIFICATE: &str = "TA7SMP42TDN5Z26OBPJE7EXAMPLE";
const API_KEY: &str = "ACCAEXAMPLE123EXAMPLE";
const POLICY: &str = "arn:aws:iam::111122223333:policy/deploy";
const ROLE_ARN: &str = "arn:aws:iam::111122223333:role/app";
const OTHER_ROLE_ARN: &str = "arn:aws:iam::111122223333:role/other";
const PROFILE: &str = "arn:aws:rolesanywhere:us-west-2:111122223333:profile/a1b2c3d4-5678-90ab-cdef-11111EXAMPLE";
const PROFILE_KEY: &str = "us-west-2/a1b2c3d4-5678-90ab-cdef-11111EXAMPLE";
const SHARED: &str = "arn:aws:rolesanywhere:eu-west-1:111122223333:profile/a1b2c3d4-5678-90ab-cdef-22222EXAMPLE";
const SHARED_KEY: &str = "eu-west-1/a1b2c3d4-5678-90ab-cdef-22222EXAMPLE";
const PERMISSION_SET: &str = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-5555666677778888";
const DIRECTORY_USER: &str = "94482488-3041-7026-18f3-be45837cd0e4";
const DIRECTORY_ARN: &str = "arn:aws:identitystore:::user/94482488-3041-7026-18f3-be45837cd0e4";
const GROUP: &str = "84482478-9071-70d3-5a9d-0a4b1c2d3e4f";
const MEMBERSHIP: &str = "14482418-5001-70cc-1dcc-5c6d7e8f9a0b";
const CASE: &str = "sev-0123456789abcdef0123";
const OTHER_CASE: &str = "sev-fedcba98765432100000";
const SUB: &str = "token.actions.githubusercontent.com:sub";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";

/// A user, a role, a directory user and all that they can hold, a page for each thing.
fn aws() -> FakeAws {
    let aws = one_user();
    let mut state = aws.state();
    state.page = 1;
    let user = state.users.get_mut(USER).unwrap();
    user.password = true;
    // Beside ours, one that is listed before it: on another page.
    let status = |ours: &str| [(ours.to_owned(), "Active".to_owned()), ("AAAA".to_owned(), "Active".to_owned())].into();
    user.ssh_keys = status(SSH_KEY);
    user.certificates = status(CERTIFICATE);
    user.service_credentials = status(API_KEY);
    let role = Principal { id: "AROADBQP57FF2AEXAMPLE".to_owned(), trust: Some(trust()), ..Principal::default() };
    state.roles.insert(ROLE.to_owned(), role);
    let versions = [(2, allows("s3:GetObject")), (3, allows("s3:*")), (4, allows("*"))].into();
    state.policies.insert(POLICY.to_owned(), ManagedPolicy { default: 4, versions });
    state.profiles.insert(PROFILE_KEY.to_owned(), Profile { enabled: true, roles: vec![ROLE_ARN.to_owned()] });
    let roles = vec![OTHER_ROLE_ARN.to_owned(), ROLE_ARN.to_owned()];
    state.profiles.insert(SHARED_KEY.to_owned(), Profile { enabled: true, roles });
    let assigned = |set: &str, group: Option<&str>| {
        (DIRECTORY_USER.to_owned(), ACCOUNT.to_owned(), set.to_owned(), group.map(str::to_owned))
    };
    state.assignments.insert(assigned("arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1", None));
    state.assignments.insert(assigned(PERMISSION_SET, None));
    let member = |group: &str| (DIRECTORY_USER.to_owned(), group.to_owned());
    state.memberships.insert("04482418".to_owned(), member("another-group"));
    state.memberships.insert(MEMBERSHIP.to_owned(), member(GROUP));
    let other = Scp { name: "Others".to_owned(), targets: [ACCOUNT.to_owned()].into(), ..Scp::default() };
    state.scps.insert("p-0".to_owned(), other);
    state.secrets.insert(SECRET.to_owned(), one_secret().state().secrets.remove(SECRET).unwrap());
    drop(state);
    aws
}

fn allows(action: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}).to_string()
}

fn trust() -> String {
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "sts:AssumeRole"},
        {
            "Sid": "ci", "Effect": "Allow", "Principal": {"Federated": PROVIDER},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringLike": {SUB: "repo:acme/app:*"}}
        },
    ]});
    document.to_string()
}

/// One countermeasure and what it is taken on.
struct Scene {
    step: Countermeasure,
    driver: fn(&FakeAws) -> Box<dyn Driver>,
    /// Takes away what the step is about.
    vanish: fn(&FakeAws),
    keep_sessions_denied: bool,
    reversible: bool,
}

fn user() -> IamName {
    IamName::try_from(USER).unwrap()
}

fn role() -> IamName {
    IamName::try_from(ROLE).unwrap()
}

fn arn(text: &str) -> Arn {
    Arn::try_from(text).unwrap()
}

fn id(text: &str) -> CredentialId {
    CredentialId::try_from(text).unwrap()
}

fn resource(text: &str) -> ResourceId {
    ResourceId::try_from(text).unwrap()
}

fn account() -> AccountId {
    AccountId::try_from(ACCOUNT).unwrap()
}

fn no_user(aws: &FakeAws) {
    aws.state().users.clear();
}

fn no_role(aws: &FakeAws) {
    aws.state().roles.clear();
}

fn no_directory_user(aws: &FakeAws) {
    let mut state = aws.state();
    state.deleted.insert(DIRECTORY_USER.to_owned());
    state.memberships.clear();
    state.assignments.clear();
}

fn deactivate() -> Countermeasure {
    Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey {
        user: user(),
        access_key: AccessKeyId::try_from(KEY).unwrap(),
    })
}

fn deactivate_api_key() -> Countermeasure {
    let service = "bedrock.amazonaws.com".to_owned();
    Countermeasure::DeactivateServiceCredential(card::DeactivateServiceCredential {
        user: user(),
        credential: id(API_KEY),
        service,
    })
}

fn leave(profile: &str) -> Countermeasure {
    Countermeasure::LeaveRolesAnywhere(card::LeaveRolesAnywhere { role: arn(ROLE_ARN), profile: arn(profile) })
}

fn unassign() -> Countermeasure {
    let (user, permission_set) = (resource(DIRECTORY_USER), arn(PERMISSION_SET));
    Countermeasure::RemoveAccountAssignment(card::RemoveAccountAssignment { user, account: account(), permission_set })
}

fn leave_group() -> Countermeasure {
    Countermeasure::RemoveGroupMembership(card::RemoveGroupMembership {
        user: resource(DIRECTORY_USER),
        store: resource("d-1234567890"),
        group: resource(GROUP),
        membership: resource(MEMBERSHIP),
    })
}

fn neutralize() -> Countermeasure {
    neutralizing_versions(&["v4"])
}

/// The identity wrote these versions, the last of them last, and nothing before the fourth minute.
fn neutralizing_versions(distrusted: &[&str]) -> Countermeasure {
    Countermeasure::NeutralizePolicy(card::NeutralizePolicy {
        policy: arn(POLICY),
        version: (*distrusted.last().unwrap()).to_owned(),
        before: Some("2026-01-01T00:04:00Z".parse().unwrap()),
        distrusted: distrusted.iter().map(|version| (*version).to_owned()).collect(),
    })
}

fn scp(principal: &str) -> Countermeasure {
    Countermeasure::QuarantineByScp(card::QuarantineByScp {
        principal: arn(principal),
        account: account(),
        unique_id: None,
    })
}

fn user_arn() -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{USER}")
}

fn boundary(principal: &str, earlier: Option<&str>) -> Countermeasure {
    Countermeasure::PutBoundaryDenial(card::PutBoundaryDenial { principal: arn(principal), earlier: earlier.map(arn) })
}

fn close() -> Countermeasure {
    Countermeasure::CloseRoleTrust(card::CloseRoleTrust::of(role()))
}

fn scenes() -> Vec<Scene> {
    let scene = |step, driver, vanish| Scene { step, driver, vanish, keep_sessions_denied: false, reversible: true };
    let quarantine_user = || Countermeasure::QuarantineUser(card::QuarantineUser::of(user(), None));
    let quarantine_role = || Countermeasure::QuarantineRole(card::QuarantineRole::of(role(), None));
    let keeping = |scene| Scene { keep_sessions_denied: true, ..scene };
    let for_good = |scene| Scene { reversible: false, ..scene };
    let revoke_role =
        || Countermeasure::RevokeRoleSessions(card::RevokeRoleSessions { role: role(), issued_before: clock::now() });
    vec![
        scene(deactivate(), |w| Box::new(DeactivateAccessKey::new(iam(w))), no_user),
        scene(quarantine_user(), |w| Box::new(QuarantineUser::new(iam(w))), no_user),
        keeping(scene(quarantine_user(), |w| Box::new(QuarantineUser::new(iam(w))), no_user)),
        for_good(scene(
            Countermeasure::RemoveConsolePassword(card::RemoveConsolePassword { user: user() }),
            |w| Box::new(RemoveConsolePassword::new(iam(w))),
            no_user,
        )),
        scene(
            Countermeasure::DeactivateSshPublicKey(card::DeactivateSshPublicKey { user: user(), key: id(SSH_KEY) }),
            |w| Box::new(DeactivateSshPublicKey::new(iam(w))),
            no_user,
        ),
        scene(
            Countermeasure::DeactivateSigningCertificate(card::DeactivateSigningCertificate {
                user: user(),
                certificate: id(CERTIFICATE),
            }),
            |w| Box::new(DeactivateSigningCertificate::new(iam(w))),
            no_user,
        ),
        scene(deactivate_api_key(), |w| Box::new(DeactivateServiceCredential::new(iam(w))), no_user),
        scene(
            Countermeasure::RevokeUserSessions(card::RevokeUserSessions { user: user() }),
            |w| Box::new(RevokeUserSessions::new(iam(w))),
            no_user,
        ),
        scene(revoke_role(), |w| Box::new(RevokeRoleSessions::new(iam(w))), no_role),
        scene(quarantine_role(), |w| Box::new(QuarantineRole::new(iam(w))), no_role),
        keeping(scene(quarantine_role(), |w| Box::new(QuarantineRole::new(iam(w))), no_role)),
        scene(close(), |w| Box::new(CloseRoleTrust::new(iam(w))), no_role),
        scene(leave(PROFILE), |w| Box::new(LeaveRolesAnywhere::new(rolesanywhere(w))), |w| w.state().profiles.clear()),
        scene(leave(SHARED), |w| Box::new(LeaveRolesAnywhere::new(rolesanywhere(w))), |w| w.state().profiles.clear()),
        scene(unassign(), |w| Box::new(RemoveAccountAssignment::new(sso(w))), no_directory_user),
        scene(leave_group(), |w| Box::new(RemoveGroupMembership::new(identitystore(w))), no_directory_user),
        for_good(scene(neutralize(), |w| Box::new(NeutralizePolicy::new(iam(w))), |w| w.state().policies.clear())),
        scene(boundary(&user_arn(), None), |w| Box::new(PutBoundaryDenial::new(iam(w))), no_user),
        scene(boundary(ROLE_ARN, None), |w| Box::new(PutBoundaryDenial::new(iam(w))), no_role),
        scene(scp(ROLE_ARN), |w| Box::new(QuarantineByScp::new(organizations(w), "severance")), |_| {}),
        scene(scp(DIRECTORY_ARN), |w| Box::new(QuarantineByScp::new(organizations(w), "severance")), |_| {}),
        for_good(scene(
            Countermeasure::RotateSecret(card::RotateSecret { secret: arn(SECRET) }),
            |w| Box::new(RotateSecret::new(secrets(w))),
            |w| w.state().secrets.clear(),
        )),
    ]
}
