//! Each countermeasure by itself: taken, taken again, undone, undone again; with what it is about gone or changed by
//! others; and refused or unanswered at each of its calls.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::*;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use severance_aws::clock;
use severance_aws::countermeasures::{
    AdoptAccessKey, Applied, Attachment, CloseRoleTrust, DeactivateAccessKey, DeactivateServiceCredential,
    DeactivateSigningCertificate, DeactivateSshPublicKey, DeleteAccessKey, Driver, LeaveRolesAnywhere,
    NeutralizePolicy, PutBoundaryDenial, QuarantineByScp, QuarantineRole, QuarantineUser, RemoveAccountAssignment,
    RemoveConsolePassword, RemoveGroupMembership, RevokeRoleSessions, RevokeUserSessions, RotateSecret, Seen, Undo,
};
use severance_aws::error::AwsError;
use severance_domain::case::{Case, CaseId, Outcome};
use severance_domain::countermeasure::{self as card, Countermeasure, Kind};
use severance_domain::ids::{AccessKeyId, AccountId, Arn, CredentialId, IamName, ResourceId};
use severance_domain::plan::{Plan, QUARANTINE_POLICY, QUARANTINE_TAG, REVOKE_SESSIONS_POLICY, Step};
use severance_domain::playbook::Mode;
use severance_domain::profile::Profile as Owners;
use severance_domain::right;
use severance_domain::signal::SignalKind;
use severance_domain::subject::{Inventory, RolesAnywhereProfile, Subject, SubjectKind};

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
    let versions = [(2, "older".to_owned()), (3, "old".to_owned()), (4, "planted".to_owned())].into();
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

fn trust() -> String {
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "sts:AssumeRole"},
        {
            "Sid": "ci", "Effect": "Allow", "Principal": {"Federated": PROVIDER},
            "Action": "sts:AssumeRoleWithWebIdentity"
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
    Countermeasure::NeutralizePolicy(card::NeutralizePolicy { policy: arn(POLICY), version: "v4".to_owned() })
}

fn scp(principal: &str) -> Countermeasure {
    Countermeasure::QuarantineByScp(card::QuarantineByScp { principal: arn(principal), account: account() })
}

fn user_arn() -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{USER}")
}

fn boundary(principal: &str, earlier: Option<&str>) -> Countermeasure {
    Countermeasure::PutBoundaryDenial(card::PutBoundaryDenial { principal: arn(principal), earlier: earlier.map(arn) })
}

fn close() -> Countermeasure {
    Countermeasure::CloseRoleTrust(card::CloseRoleTrust { role: role() })
}

fn scenes() -> Vec<Scene> {
    let scene = |step, driver, vanish| Scene { step, driver, vanish, keep_sessions_denied: false, reversible: true };
    let quarantine_user = || Countermeasure::QuarantineUser(card::QuarantineUser { user: user() });
    let quarantine_role = || Countermeasure::QuarantineRole(card::QuarantineRole { role: role() });
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
        scene(scp(ROLE_ARN), |w| Box::new(QuarantineByScp::new(organizations(w))), |_| {}),
        scene(scp(DIRECTORY_ARN), |w| Box::new(QuarantineByScp::new(organizations(w))), |_| {}),
        for_good(scene(
            Countermeasure::RotateSecret(card::RotateSecret { secret: arn(SECRET) }),
            |w| Box::new(RotateSecret::new(secrets(w))),
            |w| w.state().secrets.clear(),
        )),
    ]
}

fn case_id(text: &str) -> CaseId {
    serde_json::from_value(text.into()).unwrap()
}

/// A case whose only step was taken at this moment, opened while AWS was as it is made.
fn case_of(step: &Countermeasure, taken: Timestamp) -> Case {
    let roles_anywhere = [(PROFILE, PROFILE_KEY), (SHARED, SHARED_KEY)].map(|(name, key)| {
        let roles = aws().state().profiles[key].roles.clone();
        RolesAnywhereProfile { arn: arn(name), enabled: true, roles }
    });
    let subject =
        Subject { kind: SubjectKind::User, account: account(), name: USER.to_owned(), arn: None, unique_id: None };
    let planned = Step::fitting(step.clone(), "because");
    let mut case = Case::open(
        signal(SignalKind::IdentityDormant),
        subject,
        Owners::default(),
        Inventory { roles_anywhere: roles_anywhere.into(), ..Inventory::default() },
        Plan { steps: vec![planned], ..Plan::default() },
        Mode::Enforce,
        settings("enforce").review,
        taken,
    );
    case.id = case_id(CASE);
    case.steps[0].outcome = Some(Outcome::Applied { at: taken, note: None });
    case
}

/// What a driver is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Apply,
    Confirm,
    Undo,
    ConfirmUndone,
}

/// What it answered, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Changed(String),
    Already(String),
    InEffect(String),
    NotYet(String),
}

impl Said {
    fn text(&self) -> &str {
        match self {
            Self::Changed(text) | Self::Already(text) | Self::InEffect(text) | Self::NotYet(text) => text,
        }
    }
}

fn applied(answer: Applied) -> Said {
    match answer {
        Applied::Changed(note) => Said::Changed(note.unwrap_or_default()),
        Applied::Already(note) => Said::Already(note),
    }
}

fn seen(answer: Seen) -> Said {
    match answer {
        Seen::InEffect(how) => Said::InEffect(how),
        Seen::NotYet(how) => Said::NotYet(how),
    }
}

/// One driver over one AWS, and the case that asks it.
struct Play {
    aws: FakeAws,
    driver: Box<dyn Driver>,
    step: Countermeasure,
    case: Case,
    keep: bool,
}

impl Play {
    fn of(scene: &Scene) -> Self {
        let aws = aws();
        let (driver, step) = ((scene.driver)(&aws), scene.step.clone());
        Self { driver, case: case_of(&step, clock::now()), step, keep: scene.keep_sessions_denied, aws }
    }

    /// The same, for a single step.
    fn with(step: Countermeasure, driver: fn(&FakeAws) -> Box<dyn Driver>) -> Self {
        Self::of(&Scene { step, driver, vanish: |_| {}, keep_sessions_denied: false, reversible: true })
    }

    /// Each half in a millisecond of its own: the clock is read to the millisecond, and a half takes less.
    async fn ask(&mut self, half: Half) -> Result<Said, AwsError> {
        let answer = self.ask_at_once(half).await;
        let done = clock::now();
        while clock::now() <= done {
            std::thread::sleep(std::time::Duration::from_micros(100));
        }
        answer
    }

    async fn ask_at_once(&mut self, half: Half) -> Result<Said, AwsError> {
        let (driver, step) = (&self.driver, &self.step);
        assert!(driver.drives(step));
        let undo = Undo { case: &self.case, keep_sessions_denied: self.keep };
        match half {
            Half::Apply => {
                let answer = driver.apply(step, &self.case.id).await.map(applied);
                if answer.is_ok() {
                    self.case.steps[0].outcome = Some(Outcome::Applied { at: clock::now(), note: None });
                }
                answer
            }
            Half::Confirm => driver.confirm(step, &self.case.id).await.map(seen),
            Half::Undo => driver.undo(step, undo).await.map(applied),
            Half::ConfirmUndone => driver.confirm_undone(step, undo).await.map(seen),
        }
    }

    async fn must(&mut self, half: Half) -> Said {
        self.ask(half).await.unwrap_or_else(|error| panic!("{:?} {half:?}: {error}", self.step))
    }

    async fn changes(&mut self, half: Half) -> String {
        match self.must(half).await {
            Said::Changed(note) => note,
            other => panic!("{:?} {half:?}: {other:?}", self.step),
        }
    }

    async fn already(&mut self, half: Half) -> String {
        match self.must(half).await {
            Said::Already(note) => note,
            other => panic!("{:?} {half:?}: {other:?}", self.step),
        }
    }

    async fn in_effect(&mut self, half: Half) -> String {
        match self.must(half).await {
            Said::InEffect(how) => how,
            other => panic!("{:?} {half:?}: {other:?}", self.step),
        }
    }

    async fn not_yet(&mut self, half: Half) -> String {
        match self.must(half).await {
            Said::NotYet(how) => how,
            other => panic!("{:?} {half:?}: {other:?}", self.step),
        }
    }

    /// Everything that a step may change; memberships without their ids, which no restoration brings back.
    fn state(&self) -> String {
        let state = self.aws.state();
        let mut memberships: Vec<_> = state.memberships.values().collect();
        memberships.sort();
        let identities = (&state.users, &state.roles, &state.policies, &state.profiles);
        format!("{identities:?} {:?} {memberships:?} {:?}", state.assignments, state.scps)
    }

    fn policies(&self) -> BTreeMap<String, String> {
        let state = self.aws.state();
        let holder = if matches!(self.step, Countermeasure::QuarantineRole(_)) {
            &state.roles[ROLE]
        } else {
            &state.users[USER]
        };
        holder.policies.clone()
    }

    fn put_policy(&self, name: &str, document: &str) {
        let mut state = self.aws.state();
        let state = &mut *state;
        for holder in [state.users.get_mut(USER).unwrap(), state.roles.get_mut(ROLE).unwrap()] {
            holder.policies.insert(name.to_owned(), document.to_owned());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_is_taken_and_undone_and_a_second_time_changes_nothing() {
    for scene in scenes() {
        let mut play = Play::of(&scene);
        let before = play.state();
        assert!(matches!(play.must(Half::Confirm).await, Said::NotYet(_)), "{:?}", scene.step);
        play.changes(Half::Apply).await;
        play.in_effect(Half::Confirm).await;
        let taken = play.aws.state().users.clone();
        play.must(Half::Apply).await;
        play.in_effect(Half::Confirm).await;
        assert_eq!(taken.keys().collect::<Vec<_>>(), play.aws.state().users.keys().collect::<Vec<_>>());
        if !scene.reversible {
            let why = play.already(Half::Undo).await;
            assert_eq!(play.not_yet(Half::ConfirmUndone).await, why);
            continue;
        }
        play.not_yet(Half::ConfirmUndone).await;
        play.changes(Half::Undo).await;
        play.in_effect(Half::ConfirmUndone).await;
        if !scene.keep_sessions_denied {
            assert_eq!(play.state(), before, "{:?}", scene.step);
        }
        play.aws.take_calls();
        let after = play.state();
        play.already(Half::Undo).await;
        play.in_effect(Half::ConfirmUndone).await;
        assert_eq!(play.state(), after, "{:?}", scene.step);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_ended_already_and_cannot_be_given_back() {
    for scene in scenes() {
        let mut play = Play::of(&scene);
        (scene.vanish)(&play.aws);
        if matches!(scene.step, Countermeasure::QuarantineByScp(_)) {
            assert_eq!(play.already(Half::Undo).await, "it is not there any more");
            continue;
        }
        let note = play.already(Half::Apply).await;
        assert!(note.contains("any more"), "{:?}: {note}", scene.step);
        let note = play.already(Half::Undo).await;
        assert!(!scene.reversible || note.contains("any more"), "{:?}: {note}", scene.step);
        if scene.reversible {
            play.in_effect(Half::ConfirmUndone).await;
        }
        // A user or a role that is not found by its name may live on under another.
        let by_name = play.aws.state().users.is_empty() || play.aws.state().roles.is_empty();
        match (play.must(Half::Confirm).await, &scene.step) {
            (Said::InEffect(how), Countermeasure::DeactivateAccessKey(_)) => {
                assert!(how.contains("no other holder"));
            }
            (Said::NotYet(why), _) => assert!(by_name && why.contains("renamed"), "{:?}: {why}", scene.step),
            (said, _) => assert!(!by_name && matches!(said, Said::InEffect(_)), "{:?}: {said:?}", scene.step),
        }
    }
}

/// Calls without which the step is whole: a tag, and the question who else holds a key.
const BESIDE: [&str; 3] = ["iam:TagUser", "iam:UntagUser", "iam:GetAccessKeyLastUsed"];

#[tokio::test(start_paused = true)]
async fn every_call_that_fails_is_named_and_says_whether_to_try_again() {
    use Half::{Apply, Confirm, ConfirmUndone, Undo};
    let faults = [
        (DENIED, "AccessDenied", false),
        (THROTTLED, "Throttling", true),
        (Fault::Refuse(429, "TooManyRequestsException"), "TooManyRequestsException", true),
        (BROKEN, "InternalFailure", true),
        (Fault::Silence, "Timeout", true),
    ];
    let halves: [(&[Half], bool, Half); 7] = [
        (&[], false, Apply),
        (&[Apply], false, Apply),
        (&[Apply], false, Confirm),
        (&[Apply], false, Undo),
        (&[Apply, Undo], false, ConfirmUndone),
        (&[], true, Confirm),
        (&[], true, Undo),
    ];
    for scene in scenes() {
        let mut needed: Vec<String> = Vec::new();
        for (before, gone, half) in halves {
            let staged = async || {
                let mut play = Play::of(&scene);
                for half in before {
                    play.must(*half).await;
                }
                if gone {
                    (scene.vanish)(&play.aws);
                }
                play.aws.take_calls();
                play
            };
            let mut whole = staged().await;
            whole.must(half).await;
            let calls = whole.aws.take_calls();
            for (n, action) in calls.iter().enumerate() {
                needed.push(action.clone());
                let earlier = calls[..n].iter().filter(|call| *call == action).count();
                for (fault, code, retryable) in faults {
                    let mut play = staged().await;
                    play.aws.fault_after(action, earlier, fault, usize::MAX);
                    let answer = play.ask(half).await;
                    let what = format!("{:?} {half:?} {action} {code}: {answer:?}", scene.step);
                    if BESIDE.contains(&action.as_str()) {
                        let said = answer.unwrap();
                        assert!(said.text().contains(action.as_str()), "{what}");
                        continue;
                    }
                    let error = answer.expect_err(&what);
                    assert_eq!(
                        (error.action, error.code.as_str(), error.retryable),
                        (action.as_str(), code, retryable)
                    );
                    assert!(!error.to_string().contains(USER), "{what}");
                }
            }
        }
        assert!(!needed.is_empty());
    }
}

/// What a driver called, by countermeasure and by what it was asked.
type Called = BTreeMap<(Kind, &'static str), BTreeSet<String>>;

/// Plays these halves, and keeps what the last one calls.
async fn called(play: &mut Play, kind: Kind, halves: &[Half], called: &mut Called) {
    for half in halves {
        play.aws.take_calls();
        play.must(*half).await;
        let of = match half {
            Half::Apply => "apply",
            Half::Confirm => "confirm",
            Half::Undo | Half::ConfirmUndone => "undo",
        };
        called.entry((kind, of)).or_default().extend(play.aws.take_calls());
    }
}

#[tokio::test(start_paused = true)]
async fn each_driver_calls_exactly_what_its_card_says() {
    use Half::{Apply, Confirm, ConfirmUndone, Undo};
    let mut all = Called::new();
    for scene in scenes() {
        let kind = scene.step.kind().unwrap();
        // Twice, and read back before it is so, too.
        for halves in
            [&[Confirm, Apply, Apply, Confirm][..], &[Apply, ConfirmUndone, Undo, Undo, ConfirmUndone], &[Undo, Apply]]
        {
            called(&mut Play::of(&scene), kind, halves, &mut all).await;
        }
        let mut gone = Play::of(&scene);
        (scene.vanish)(&gone.aws);
        called(&mut gone, kind, &[Confirm, Undo], &mut all).await;
    }
    // No older version is left that could count again.
    let mut play = neutralizing();
    play.aws.state().policies.get_mut(POLICY).unwrap().versions.retain(|n, _| *n == 4);
    called(&mut play, Kind::NeutralizePolicy, &[Apply], &mut all).await;
    // A boundary that was there comes back.
    for principal in [user_arn(), ROLE_ARN.to_owned()] {
        let step = boundary(&principal, Some(POLICY));
        let mut play = Play::with(step, |w| Box::new(PutBoundaryDenial::new(iam(w))));
        called(&mut play, Kind::PutBoundaryDenial, &[Apply, Undo], &mut all).await;
    }
    // What AWS fails to change says why.
    for (before, failing) in [(&[][..], [Apply, Confirm]), (&[Apply], [Undo, ConfirmUndone])] {
        let mut play = Play::with(unassign(), |w| Box::new(RemoveAccountAssignment::new(sso(w))));
        called(&mut play, Kind::RemoveAccountAssignment, before, &mut all).await;
        play.aws.state().assignments_fail = Some("the account is suspended".to_owned());
        called(&mut play, Kind::RemoveAccountAssignment, &failing, &mut all).await;
    }

    let adopt = card::AdoptAccessKey {
        user: user(),
        access_key: AccessKeyId::try_from(KEY).unwrap(),
        secret: format!("severance/{USER}"),
    };
    let mut play = Play::with(Countermeasure::AdoptAccessKey(adopt), |w| {
        let function = "arn:aws:lambda:eu-west-1:111122223333:function:rotation".to_owned();
        Box::new(AdoptAccessKey::new(iam(w), secrets(w), Attachment { function, every_days: 90, kms_key: None }))
    });
    called(&mut play, Kind::AdoptAccessKey, &[Apply, Apply, Confirm, Undo, ConfirmUndone], &mut all).await;
    let delete = card::DeleteAccessKey { user: user(), access_key: AccessKeyId::try_from(KEY).unwrap() };
    let mut play = Play::with(Countermeasure::DeleteAccessKey(delete), |w| Box::new(DeleteAccessKey::new(iam(w))));
    play.aws.state().users.get_mut(USER).unwrap().keys.insert(KEY.to_owned(), false);
    called(&mut play, Kind::DeleteAccessKey, &[Confirm, Apply, Confirm, Undo, ConfirmUndone], &mut all).await;

    let mut differ = Vec::new();
    for kind in Kind::ALL {
        let rights = kind.rights();
        for (of, said) in [("apply", rights.apply), ("confirm", rights.confirm), ("undo", rights.undo)] {
            let said: BTreeSet<String> = said.iter().map(|right| right.action.to_owned()).collect();
            let mut called = all.remove(&(kind, of)).unwrap_or_default();
            for (call, also) in right::IMPLIED {
                if called.contains(call.action) {
                    called.insert(also.action.to_owned());
                }
            }
            if called != said {
                differ.push(format!("{of} of {}: the card says {said:?}, called is {called:?}", kind.as_str()));
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_somebody_changed_since_is_left_alone() {
    let mut play = Play::with(deactivate(), |w| Box::new(DeactivateAccessKey::new(iam(w))));
    play.changes(Half::Apply).await;
    play.aws.state().users.get_mut(USER).unwrap().keys.insert(KEY.to_owned(), true);
    assert!(play.already(Half::Undo).await.contains("somebody reactivated it"));
    play.aws.state().users.get_mut(USER).unwrap().keys.remove(KEY);
    assert_eq!(play.already(Half::Undo).await, "it is not there any more");
    play.in_effect(Half::ConfirmUndone).await;

    let mut play = Play::with(deactivate_api_key(), |w| Box::new(DeactivateServiceCredential::new(iam(w))));
    let expired = ("Expired".to_owned(), API_KEY.to_owned());
    play.aws.state().users.get_mut(USER).unwrap().service_credentials.insert(expired.1, expired.0);
    assert!(play.in_effect(Half::Confirm).await.ends_with("Expired"));
    assert!(play.already(Half::Undo).await.contains("expired"));
    play.in_effect(Half::ConfirmUndone).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_of_a_renamed_user_lives_on() {
    let mut play = Play::with(deactivate(), |w| Box::new(DeactivateAccessKey::new(iam(w))));
    {
        let mut state = play.aws.state();
        let renamed = state.users.remove(USER).unwrap();
        state.users.insert("renamed".to_owned(), renamed);
    }
    assert!(play.not_yet(Half::Confirm).await.contains("with user renamed"));
}

/// The two drivers of quarantines.
fn quarantines() -> Vec<Scene> {
    let of =
        |scene: &Scene| matches!(scene.step, Countermeasure::QuarantineUser(_) | Countermeasure::QuarantineRole(_));
    scenes().into_iter().filter(|scene| of(scene) && scene.keep_sessions_denied).collect()
}

fn denied_before(document: &str, statement: usize) -> Timestamp {
    let document: Value = serde_json::from_str(document).unwrap();
    let moment = &document["Statement"][statement]["Condition"]["DateLessThan"]["aws:TokenIssueTime"];
    moment.as_str().unwrap().parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_quarantine_denies_all_and_says_from_when_on() {
    for scene in quarantines() {
        let mut play = Play::of(&scene);
        let begun = clock::now();
        play.changes(Half::Apply).await;
        let document = play.policies().remove(QUARANTINE_POLICY).unwrap();
        let parsed: Value = serde_json::from_str(&document).unwrap();
        let first = &parsed["Statement"][0];
        assert_eq!(
            (&first["Effect"], &first["Action"], &first["Resource"]),
            (&json!("Deny"), &json!("*"), &json!("*"))
        );
        assert!(first.get("Condition").is_none());
        assert!(denied_before(&document, 1) >= begun && denied_before(&document, 1) <= clock::now());
    }
}

#[tokio::test(start_paused = true)]
async fn sessions_of_before_the_last_step_stay_denied_where_a_quarantine_is_lifted() {
    let statement = json!({"Sid": "SeveranceQuarantine", "Effect": "Deny", "Action": "*", "Resource": "*"});
    let old = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    for scene in quarantines() {
        for document in [None, Some(&old)] {
            let mut play = Play::of(&scene);
            play.changes(Half::Apply).await;
            if let Some(document) = document {
                play.put_policy(QUARANTINE_POLICY, document);
            }
            // A quarantine of an earlier version is one, too.
            play.in_effect(Half::Confirm).await;
            let last = clock::now() + SignedDuration::from_mins(5);
            play.case.steps.push(play.case.steps[0].clone());
            play.case.steps[1].outcome = Some(Outcome::Applied { at: last, note: None });
            play.aws.take_calls();
            let note = play.changes(Half::Undo).await;
            assert!(note.contains("are denied"), "{note}");
            let policies = play.policies();
            assert_eq!(policies.keys().collect::<Vec<_>>(), [REVOKE_SESSIONS_POLICY]);
            assert_eq!(denied_before(&policies[REVOKE_SESSIONS_POLICY], 0), last);
            let calls = play.aws.take_calls();
            let at = |part: &str| calls.iter().position(|call| call.contains(part)).unwrap();
            assert!(at("Put") < at("Delete"), "{calls:?}");
            play.in_effect(Half::ConfirmUndone).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_denial_of_sessions_is_not_written_over() {
    for scene in quarantines() {
        let mut play = Play::of(&scene);
        play.changes(Half::Apply).await;
        let later = clock::now() + SignedDuration::from_hours(1);
        let document = json!({"Version": "2012-10-17", "Statement": [{
            "Sid": "SeveranceRevokeOlderSessions", "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": later.to_string()}}
        }]});
        play.put_policy(REVOKE_SESSIONS_POLICY, &document.to_string());
        play.changes(Half::Undo).await;
        assert_eq!(denied_before(&play.policies()[REVOKE_SESSIONS_POLICY], 0), later);
        play.in_effect(Half::ConfirmUndone).await;
    }
}

/// Somebody lifted it already. What was promised is that stolen sessions stay out.
#[tokio::test(start_paused = true)]
async fn sessions_stay_denied_also_where_somebody_lifted_the_quarantine_before() {
    for scene in quarantines() {
        let mut play = Play::of(&scene);
        play.changes(Half::Apply).await;
        {
            let mut state = play.aws.state();
            let state_ref = &mut *state;
            state_ref.users.values_mut().chain(state_ref.roles.values_mut()).for_each(|holder| holder.policies.clear());
        }
        assert!(play.not_yet(Half::ConfirmUndone).await.contains(REVOKE_SESSIONS_POLICY));
        assert!(play.changes(Half::Undo).await.starts_with("it is not there any more; sessions issued before"));
        play.in_effect(Half::ConfirmUndone).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_that_is_not_ours_is_left_alone() {
    for scene in scenes() {
        let name = match scene.step {
            Countermeasure::QuarantineUser(_) | Countermeasure::QuarantineRole(_) => QUARANTINE_POLICY,
            Countermeasure::RevokeUserSessions(_) | Countermeasure::RevokeRoleSessions(_) => REVOKE_SESSIONS_POLICY,
            _ => continue,
        };
        let mut play = Play::of(&scene);
        play.changes(Half::Apply).await;
        play.put_policy(name, r#"{"Version":"2012-10-17","Statement":[]}"#);
        assert!(play.not_yet(Half::Confirm).await.contains("another document"));
        let before = play.state();
        assert!(play.already(Half::Undo).await.contains("left alone"));
        assert!(play.in_effect(Half::ConfirmUndone).await.contains("left alone"));
        // But for the tag, which says that it is this case's quarantine.
        let tag = format!("\"{QUARANTINE_TAG}\": \"{CASE}\"");
        assert_eq!(play.state(), before.replace(&tag, ""));
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_that_another_case_holds_is_left_alone() {
    let quarantine = Countermeasure::QuarantineUser(card::QuarantineUser { user: user() });
    let mut play = Play::with(quarantine, |w| Box::new(QuarantineUser::new(iam(w))));
    play.changes(Half::Apply).await;
    let tag = (QUARANTINE_TAG.to_owned(), OTHER_CASE.to_owned());
    play.aws.state().users.get_mut(USER).unwrap().tags.insert(tag.0, tag.1);
    let before = play.state();
    assert!(play.already(Half::Undo).await.contains(OTHER_CASE));
    assert!(play.in_effect(Half::ConfirmUndone).await.contains(OTHER_CASE));
    assert_eq!(play.state(), before);
}

#[tokio::test(start_paused = true)]
async fn a_revocation_that_another_case_wrote_since_is_left_alone() {
    for scene in scenes() {
        if !matches!(scene.step, Countermeasure::RevokeUserSessions(_) | Countermeasure::RevokeRoleSessions(_)) {
            continue;
        }
        let mut play = Play::of(&scene);
        play.changes(Half::Apply).await;
        // Our case's step was over before the moment that is in place.
        play.case.steps[0].outcome =
            Some(Outcome::Applied { at: clock::now() - SignedDuration::from_hours(1), note: None });
        let before = play.state();
        assert!(play.already(Half::Undo).await.contains("another case"));
        assert!(play.in_effect(Half::ConfirmUndone).await.contains("another case"));
        assert_eq!(play.state(), before);
    }
}

fn trust_of(play: &Play) -> Value {
    serde_json::from_str(play.aws.state().roles[ROLE].trust.as_ref().unwrap()).unwrap()
}

fn set_trust(play: &Play, document: &Value) {
    play.aws.state().roles.get_mut(ROLE).unwrap().trust = Some(document.to_string());
}

fn closing() -> Play {
    Play::with(close(), |w| Box::new(CloseRoleTrust::new(iam(w))))
}

#[tokio::test(start_paused = true)]
async fn a_closed_trust_keeps_what_was_there_and_what_others_change_since() {
    let mut play = closing();
    let before = trust_of(&play);
    play.changes(Half::Apply).await;
    let closed = trust_of(&play);
    let statements = closed["Statement"].as_array().unwrap();
    assert_eq!(statements[..2], before["Statement"].as_array().unwrap()[..]);
    let ours = &statements[2];
    assert_eq!(ours["Sid"], "SeveranceClosedBy0123456789abcdef0123");
    assert_eq!(ours["Principal"], json!({"AWS": "*", "Federated": [PROVIDER]}));
    assert_eq!((&ours["Effect"], ours["Action"].as_array().unwrap().len()), (&json!("Deny"), 5));
    assert!(ours.get("Condition").is_none());

    // Somebody lets another account in, for later.
    let mut changed = closed.clone();
    let added = json!({"Effect": "Allow", "Principal": {"AWS": "777788889999"}, "Action": "sts:AssumeRole"});
    changed["Statement"].as_array_mut().unwrap().insert(0, added.clone());
    set_trust(&play, &changed);
    play.in_effect(Half::Confirm).await;
    play.changes(Half::Undo).await;
    let mut expected = before.clone();
    expected["Statement"].as_array_mut().unwrap().insert(0, added);
    assert_eq!(trust_of(&play), expected);
}

#[tokio::test(start_paused = true)]
async fn a_trust_with_a_single_statement_is_closed_too() {
    let mut play = closing();
    let only = json!({"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"});
    set_trust(&play, &json!({"Version": "2012-10-17", "Statement": only}));
    play.changes(Half::Apply).await;
    play.in_effect(Half::Confirm).await;
    assert_eq!(trust_of(&play)["Statement"][1]["Principal"], json!({"AWS": "*"}));
    play.changes(Half::Undo).await;
    assert_eq!(trust_of(&play)["Statement"], json!([only]));
}

#[tokio::test(start_paused = true)]
async fn a_denial_that_somebody_weakened_is_put_back() {
    for (pointer, value) in [
        ("/Statement/2/Effect", json!("Allow")),
        ("/Statement/2/Principal/AWS", json!("444455556666")),
        ("/Statement/2/Action", json!("sts:TagSession")),
        ("/Statement/2/Condition", json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
        ("/Statement/1/Principal/Federated", json!("accounts.google.com")),
    ] {
        let mut play = closing();
        play.changes(Half::Apply).await;
        let mut weakened = trust_of(&play);
        if pointer.ends_with("Condition") {
            weakened["Statement"][2]["Condition"] = value;
        } else {
            *weakened.pointer_mut(pointer).unwrap() = value;
        }
        set_trust(&play, &weakened);
        assert!(play.not_yet(Half::Confirm).await.contains("without our denial"), "{pointer}");
        play.changes(Half::Apply).await;
        play.in_effect(Half::Confirm).await;
        assert_eq!(trust_of(&play)["Statement"].as_array().unwrap().len(), 3, "{pointer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_case_does_not_open_what_another_one_closed() {
    let mut other = closing();
    other.case.id = case_id(OTHER_CASE);
    other.changes(Half::Apply).await;
    let closed = trust_of(&other);

    let mut play = closing();
    set_trust(&play, &closed);
    assert_eq!(play.already(Half::Apply).await, format!("case {OTHER_CASE} closed it already"));
    assert!(play.in_effect(Half::Confirm).await.contains(OTHER_CASE));
    assert!(play.already(Half::Undo).await.contains("not there any more"));
    play.in_effect(Half::ConfirmUndone).await;
    assert_eq!(trust_of(&play), closed);
}

#[tokio::test(start_paused = true)]
async fn a_trust_that_cannot_hold_more_or_be_read_fails_by_name() {
    let mut play = closing();
    let mut long = trust_of(&play);
    long["Statement"][0]["Principal"]["AWS"] = json!(vec!["arn:aws:iam::444455556666:root"; 50]);
    set_trust(&play, &long);
    let error = play.ask(Half::Apply).await.unwrap_err();
    assert_eq!((error.action, error.code.as_str()), ("iam:UpdateAssumeRolePolicy", "LimitExceeded"));
    set_trust(&play, &json!("no policy"));
    for half in [Half::Apply, Half::Confirm, Half::Undo, Half::ConfirmUndone] {
        let error = play.ask(half).await.unwrap_err();
        assert_eq!((error.action, error.code.as_str(), error.retryable), ("iam:GetRole", "InvalidResponse", false));
    }
}

fn leaving(profile: &str) -> Play {
    Play::with(leave(profile), |w| Box::new(LeaveRolesAnywhere::new(rolesanywhere(w))))
}

fn set_profile(play: &Play, key: &str, enabled: bool, roles: &[&str]) {
    let roles = roles.iter().map(|&role| role.to_owned()).collect();
    play.aws.state().profiles.insert(key.to_owned(), Profile { enabled, roles });
}

#[tokio::test(start_paused = true)]
async fn a_profile_is_disabled_only_where_it_has_no_other_role() {
    let mut play = leaving(PROFILE);
    assert!(play.changes(Half::Apply).await.contains("disabled"));
    assert_eq!(play.aws.take_calls(), ["rolesanywhere:GetProfile", "rolesanywhere:DisableProfile"]);
    assert!(play.already(Half::Apply).await.contains("disabled already"));
    let mut play = leaving(SHARED);
    play.changes(Half::Apply).await;
    assert_eq!(play.aws.take_calls(), ["rolesanywhere:GetProfile", "rolesanywhere:UpdateProfile"]);
    assert_eq!(play.aws.state().profiles[SHARED_KEY].roles, [OTHER_ROLE_ARN]);
    assert!(play.already(Half::Apply).await.contains("does not name the role"));
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_others_changed_since_gets_only_our_role_back() {
    // Enabled again, with another role.
    let mut play = leaving(PROFILE);
    play.changes(Half::Apply).await;
    set_profile(&play, PROFILE_KEY, true, &[OTHER_ROLE_ARN]);
    play.in_effect(Half::Confirm).await;
    play.changes(Half::Undo).await;
    assert_eq!(play.aws.state().profiles[PROFILE_KEY].roles, [OTHER_ROLE_ARN, ROLE_ARN]);
    play.in_effect(Half::ConfirmUndone).await;

    // Enabled again as it was.
    set_profile(&play, PROFILE_KEY, true, &[ROLE_ARN]);
    assert!(play.already(Half::Undo).await.contains("as it was"));

    // Disabled as we left it, but with another role: enabling it would let that one in as well.
    set_profile(&play, PROFILE_KEY, false, &[OTHER_ROLE_ARN, ROLE_ARN]);
    assert!(play.already(Half::Undo).await.contains("left alone"));
    assert!(play.in_effect(Half::ConfirmUndone).await.contains("left alone"));

    // The shared one was disabled by somebody else.
    let mut play = leaving(SHARED);
    play.changes(Half::Apply).await;
    set_profile(&play, SHARED_KEY, false, &[OTHER_ROLE_ARN]);
    assert!(play.changes(Half::Undo).await.contains("stays disabled"));
    assert!(!play.aws.state().profiles[SHARED_KEY].enabled);
    play.in_effect(Half::ConfirmUndone).await;
}

fn unassigning() -> Play {
    Play::with(unassign(), |w| Box::new(RemoveAccountAssignment::new(sso(w))))
}

#[tokio::test(start_paused = true)]
async fn an_assignment_that_aws_fails_to_change_says_why() {
    let mut play = unassigning();
    play.aws.state().assignments_fail = Some("the account is suspended".to_owned());
    play.changes(Half::Apply).await;
    assert!(play.not_yet(Half::Confirm).await.ends_with("it failed: the account is suspended"));
    // A process that did not ask knows only the list.
    let mut heir = unassigning();
    assert!(heir.not_yet(Half::Confirm).await.ends_with("still shows the assignment"));

    let mut play = unassigning();
    play.changes(Half::Apply).await;
    play.aws.state().assignments_fail = Some("the account is suspended".to_owned());
    play.changes(Half::Undo).await;
    assert!(play.not_yet(Half::ConfirmUndone).await.ends_with("it failed: the account is suspended"));
}

#[tokio::test(start_paused = true)]
async fn an_assignment_by_a_group_is_not_taken_for_the_users_own() {
    let mut play = unassigning();
    play.changes(Half::Apply).await;
    let of = (DIRECTORY_USER.to_owned(), ACCOUNT.to_owned(), PERMISSION_SET.to_owned(), Some(GROUP.to_owned()));
    play.aws.state().assignments.insert(of);
    play.in_effect(Half::Confirm).await;
    play.changes(Half::Undo).await;
}

#[tokio::test(start_paused = true)]
async fn a_conflict_with_another_write_is_worth_another_try() {
    for (action, half, mut play) in [
        ("sso:DeleteAccountAssignment", Half::Apply, unassigning()),
        ("identitystore:DeleteGroupMembership", Half::Apply, leaving_group()),
        ("identitystore:CreateGroupMembership", Half::Undo, leaving_group()),
    ] {
        play.aws.fault(action, Fault::Refuse(409, "ConflictException"), usize::MAX);
        let error = play.ask(half).await.unwrap_err();
        assert_eq!((error.action, error.retryable), (action, true));
    }
}

#[tokio::test(start_paused = true)]
async fn a_permission_set_of_an_unknown_instance_fails_by_name() {
    let permission_set = arn("arn:aws:sso:::permissionSet/ssoins-0000000000000000/ps-1");
    let step = Countermeasure::RemoveAccountAssignment(card::RemoveAccountAssignment {
        user: resource(DIRECTORY_USER),
        account: account(),
        permission_set,
    });
    let mut play = Play::with(step, |w| Box::new(RemoveAccountAssignment::new(sso(w))));
    let error = play.ask(Half::Apply).await.unwrap_err();
    assert_eq!((error.action, error.code.as_str(), error.retryable), ("sso:ListInstances", "NoInstance", false));
}

fn leaving_group() -> Play {
    Play::with(leave_group(), |w| Box::new(RemoveGroupMembership::new(identitystore(w))))
}

#[tokio::test(start_paused = true)]
async fn a_user_who_is_in_the_group_again_is_seen_and_not_put_there_twice() {
    let mut play = leaving_group();
    play.changes(Half::Apply).await;
    let again = ("new".to_owned(), (DIRECTORY_USER.to_owned(), GROUP.to_owned()));
    play.aws.state().memberships.insert(again.0, again.1);
    assert!(play.not_yet(Half::Confirm).await.contains("again, by membership new"));
    assert!(play.already(Half::Undo).await.contains("in the group already"));
    play.aws.state().memberships.remove("new");
    play.aws.state().deleted.insert(GROUP.to_owned());
    assert!(play.already(Half::Undo).await.contains("any more"));
}

#[tokio::test(start_paused = true)]
async fn a_boundary_that_was_there_comes_back_and_one_that_came_since_is_left_alone() {
    let policy = |name: &str| format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
    let driver: fn(&FakeAws) -> Box<dyn Driver> = |w| Box::new(PutBoundaryDenial::new(iam(w)));
    let held = |play: &Play| {
        let state = play.aws.state();
        (state.users[USER].boundary.clone(), state.roles[ROLE].boundary.clone())
    };
    let set = |play: &Play, boundary: &str| {
        let mut state = play.aws.state();
        state.users.get_mut(USER).unwrap().boundary = Some(boundary.to_owned());
        state.roles.get_mut(ROLE).unwrap().boundary = Some(boundary.to_owned());
    };
    for (principal, other) in [(user_arn(), ROLE), (ROLE_ARN.to_owned(), USER)] {
        let mut play = Play::with(boundary(&principal, Some(&policy("developers"))), driver);
        set(&play, &policy("developers"));
        play.changes(Half::Apply).await;
        play.in_effect(Half::Confirm).await;
        let denial = Some("arn:aws:iam::aws:policy/AWSDenyAll".to_owned());
        let beside = Some(policy("developers"));
        let expected = if other == ROLE { (denial, beside) } else { (beside, denial) };
        assert_eq!(held(&play), expected);
        play.changes(Half::Undo).await;
        play.in_effect(Half::ConfirmUndone).await;
        assert_eq!(held(&play), (Some(policy("developers")), Some(policy("developers"))));

        // Another one than the step remembers is replaced, and said.
        let mut play = Play::with(boundary(&principal, None), driver);
        set(&play, &policy("set-since"));
        assert!(play.changes(Half::Apply).await.contains(&policy("set-since")));
        // Whoever sets one while the identity is held down has the last word.
        set(&play, &policy("later"));
        assert!(play.not_yet(Half::Confirm).await.contains(&policy("later")));
        assert!(play.already(Half::Undo).await.contains("left alone"));
        play.in_effect(Half::ConfirmUndone).await;
        assert_eq!(held(&play).0, Some(policy("later")));
    }
}

fn neutralizing() -> Play {
    Play::with(neutralize(), |w| Box::new(NeutralizePolicy::new(iam(w))))
}

#[tokio::test(start_paused = true)]
async fn the_newest_older_version_counts_again_and_else_one_that_allows_nothing() {
    let mut play = neutralizing();
    // Newer than the one in force, and as little to be trusted.
    play.aws.state().policies.get_mut(POLICY).unwrap().versions.insert(10, "planted too".to_owned());
    assert!(play.changes(Half::Apply).await.contains("v3 again"));
    assert_eq!(play.aws.state().policies[POLICY].default, 3);
    assert_eq!(play.already(Half::Apply).await, "its default version is v3 already");

    let mut play = neutralizing();
    play.aws.state().policies.get_mut(POLICY).unwrap().versions.retain(|n, _| *n == 4);
    assert!(play.changes(Half::Apply).await.contains("allows nothing"));
    play.in_effect(Half::Confirm).await;
    let policy = play.aws.state().policies[POLICY].clone();
    assert_eq!((policy.default, policy.versions.len()), (5, 2));
    assert!(!policy.versions[&5].contains("Allow"), "{}", policy.versions[&5]);
    assert!(serde_json::from_str::<Value>(&policy.versions[&5]).is_ok());

    let mut play = neutralizing();
    let versions = (4..9).map(|n| (n, String::new())).collect();
    play.aws.state().policies.get_mut(POLICY).unwrap().versions = versions;
    let error = play.ask(Half::Apply).await.unwrap_err();
    assert_eq!((error.action, error.code.as_str()), ("iam:CreatePolicyVersion", "LimitExceeded"));
}

fn by_scp(principal: &str) -> Play {
    Play::with(scp(principal), |w| Box::new(QuarantineByScp::new(organizations(w))))
}

#[tokio::test(start_paused = true)]
async fn a_service_control_policy_denies_one_identity_alone() {
    for (principal, condition) in [
        (ROLE_ARN, json!({"ArnEquals": {"aws:PrincipalArn": ROLE_ARN}})),
        (DIRECTORY_ARN, json!({"StringEquals": {"identitystore:UserId": DIRECTORY_USER}})),
    ] {
        let mut play = by_scp(principal);
        play.changes(Half::Apply).await;
        let made = play.aws.state().scps.values().find(|of| of.name.contains(CASE)).cloned().unwrap();
        assert_eq!(made.name, format!("SeveranceQuarantine-{CASE}"));
        let content: Value = serde_json::from_str(&made.content).unwrap();
        assert_eq!(content["Statement"][0]["Condition"], condition);
        assert_eq!(
            (&content["Statement"][0]["Effect"], &content["Statement"][0]["Action"]),
            (&json!("Deny"), &json!("*"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn one_policy_serves_all_accounts_of_a_case_and_goes_with_the_last() {
    let other = AccountId::try_from("444455556666").unwrap();
    let mut play = by_scp(DIRECTORY_ARN);
    let before = play.state();
    play.changes(Half::Apply).await;
    let here = play.step.clone();
    play.step =
        Countermeasure::QuarantineByScp(card::QuarantineByScp { principal: arn(DIRECTORY_ARN), account: other });
    play.not_yet(Half::Confirm).await;
    play.changes(Half::Apply).await;
    play.in_effect(Half::Confirm).await;
    assert_eq!(play.aws.state().scps.len(), 2);

    assert!(play.changes(Half::Undo).await.contains("other accounts"));
    play.in_effect(Half::ConfirmUndone).await;
    assert!(play.already(Half::Undo).await.contains("other accounts"));
    play.step = here;
    play.in_effect(Half::Confirm).await;
    play.changes(Half::Undo).await;
    assert_eq!(play.state(), before);
}

#[tokio::test(start_paused = true)]
async fn a_service_control_policy_that_is_not_ours_is_neither_attached_nor_removed() {
    let mut play = by_scp(ROLE_ARN);
    play.changes(Half::Apply).await;
    for of in play.aws.state().scps.values_mut().filter(|of| of.name.contains(CASE)) {
        of.content = r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned();
    }
    let before = play.state();
    let error = play.ask(Half::Apply).await.unwrap_err();
    assert_eq!((error.action, error.code.as_str()), ("organizations:CreatePolicy", "DuplicatePolicyException"));
    assert!(play.not_yet(Half::Confirm).await.contains("does not show our denial"));
    assert!(play.already(Half::Undo).await.contains("left alone"));
    assert!(play.in_effect(Half::ConfirmUndone).await.contains("left alone"));
    assert_eq!(play.state(), before);
}

#[tokio::test(start_paused = true)]
async fn no_driver_takes_another_ones_step() {
    let (aws, all) = (aws(), scenes());
    for scene in &all {
        let driver = (scene.driver)(&aws);
        for other in all.iter().filter(|other| other.step.as_str() != scene.step.as_str()) {
            assert!(!driver.drives(&other.step));
            let error = driver.apply(&other.step, &case_id(CASE)).await.unwrap_err();
            assert_eq!((error.code.as_str(), error.retryable), ("NotDriven", false));
        }
    }
    assert!(aws.take_calls().is_empty());
}
