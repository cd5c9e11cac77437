//! One driver over one AWS: what it is asked to do, and what it answered.

use std::collections::BTreeMap;

use crate::common::*;
use jiff::Timestamp;
use severance_aws::clock;
use severance_aws::countermeasures::{About, Applied, Driver, Seen, Undo};
use severance_aws::error::AwsError;
use severance_domain::case::{Case, CaseId, Outcome};
use severance_domain::countermeasure::Countermeasure;
use severance_domain::ids::UniqueId;
use severance_domain::plan::{Plan, Step};
use severance_domain::playbook::Mode;
use severance_domain::profile::Profile as Owners;
use severance_domain::signal::SignalKind;
use severance_domain::subject::{Inventory, RolesAnywhereProfile, Subject, SubjectKind};

use super::{CASE, PROFILE, PROFILE_KEY, SHARED, SHARED_KEY, Scene, account, arn, aws};

pub(super) fn case_id(text: &str) -> CaseId {
    serde_json::from_value(text.into()).unwrap()
}

/// A case whose only step was taken at this moment, opened while AWS was as it is made.
fn case_of(step: &Countermeasure, taken: Timestamp) -> Case {
    let roles_anywhere = [(PROFILE, PROFILE_KEY), (SHARED, SHARED_KEY)].map(|(name, key)| {
        let roles = aws().state().profiles[key].roles.clone();
        RolesAnywhereProfile { arn: arn(name), enabled: true, roles }
    });
    let unique_id = UniqueId::try_from(USER_ID).ok();
    let subject = Subject { kind: SubjectKind::User, account: account(), name: USER.to_owned(), arn: None, unique_id };
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
pub(super) enum Half {
    Apply,
    Confirm,
    Undo,
    ConfirmUndone,
}

/// What it answered, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Changed(String),
    Already(String),
    InEffect(String),
    NotYet(String),
}

impl Said {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Changed(text) | Self::Already(text) | Self::InEffect(text) | Self::NotYet(text) => text,
        }
    }
}

fn applied(answer: Applied) -> Said {
    match answer {
        Applied::Changed(note) => Said::Changed(note.unwrap_or_default()),
        Applied::Already(note) | Applied::Gone(note) => Said::Already(note),
    }
}

fn seen(answer: Seen) -> Said {
    match answer {
        Seen::InEffect(how) => Said::InEffect(how),
        Seen::NotYet(how) => Said::NotYet(how),
    }
}

/// One driver over one AWS, and the case that asks it.
pub(super) struct Play {
    pub(super) aws: FakeAws,
    driver: Box<dyn Driver>,
    pub(super) step: Countermeasure,
    pub(super) case: Case,
    keep: bool,
}

impl Play {
    pub(super) fn of(scene: &Scene) -> Self {
        let aws = aws();
        let (driver, step) = ((scene.driver)(&aws), scene.step.clone());
        Self { driver, case: case_of(&step, clock::now()), step, keep: scene.keep_sessions_denied, aws }
    }

    /// The same, for a single step.
    pub(super) fn with(step: Countermeasure, driver: fn(&FakeAws) -> Box<dyn Driver>) -> Self {
        Self::of(&Scene { step, driver, vanish: |_| {}, keep_sessions_denied: false, reversible: true })
    }

    /// Each half in a millisecond of its own: the clock is read to the millisecond, and a half takes less.
    pub(super) async fn ask(&mut self, half: Half) -> Result<Said, AwsError> {
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
                let note = match (&answer, &self.case.steps[0].outcome) {
                    (Ok(Said::Changed(note)), _) => Some(note.clone()).filter(|note| !note.is_empty()),
                    (_, Some(Outcome::Applied { note, .. })) => note.clone(),
                    _ => None,
                };
                if answer.is_ok() {
                    self.case.steps[0].outcome = Some(Outcome::Applied { at: clock::now(), note });
                }
                answer
            }
            Half::Confirm => driver.confirm(step, About::of(&self.case)).await.map(seen),
            Half::Undo => driver.undo(step, undo).await.map(applied),
            Half::ConfirmUndone => driver.confirm_undone(step, undo).await.map(seen),
        }
    }

    pub(super) async fn must(&mut self, half: Half) -> Said {
        self.ask(half).await.unwrap_or_else(|error| panic!("{:?} {half:?}: {error}", self.step))
    }

    pub(super) async fn changes(&mut self, half: Half) -> String {
        match self.must(half).await {
            Said::Changed(note) => note,
            other => panic!("{:?} {half:?}: {other:?}", self.step),
        }
    }

    pub(super) async fn already(&mut self, half: Half) -> String {
        match self.must(half).await {
            Said::Already(note) => note,
            other => panic!("{:?} {half:?}: {other:?}", self.step),
        }
    }

    pub(super) async fn in_effect(&mut self, half: Half) -> String {
        match self.must(half).await {
            Said::InEffect(how) => how,
            other => panic!("{:?} {half:?}: {other:?}", self.step),
        }
    }

    pub(super) async fn not_yet(&mut self, half: Half) -> String {
        match self.must(half).await {
            Said::NotYet(how) => how,
            other => panic!("{:?} {half:?}: {other:?}", self.step),
        }
    }

    /// Everything that a step may change; memberships without their ids, which no restoration brings back.
    pub(super) fn state(&self) -> String {
        let state = self.aws.state();
        let mut memberships: Vec<_> = state.memberships.values().collect();
        memberships.sort();
        let identities = (&state.users, &state.roles, &state.policies, &state.profiles);
        format!("{identities:?} {:?} {memberships:?} {:?}", state.assignments, state.scps)
    }

    /// Uses up what all inline policies of the user and of the role may have together, and with it attaches as many managed
    /// policies as there may be.
    pub(super) fn fill(&self, attachments: bool) {
        let mut state = self.aws.state();
        let state = &mut *state;
        let holders = [(state.users.get_mut(USER).unwrap(), 2_040), (state.roles.get_mut(ROLE).unwrap(), 10_232)];
        for (holder, size) in holders {
            holder.policies.insert("work".to_owned(), "x".repeat(size));
            if attachments {
                holder.attached = (0..10).map(|n| format!("arn:aws:iam::{ACCOUNT}:policy/work-{n}")).collect();
            }
        }
    }

    pub(super) fn policies(&self) -> BTreeMap<String, String> {
        let state = self.aws.state();
        let holder = if matches!(self.step, Countermeasure::QuarantineRole(_)) {
            &state.roles[ROLE]
        } else {
            &state.users[USER]
        };
        holder.policies.clone()
    }

    pub(super) fn put_policy(&self, name: &str, document: &str) {
        let mut state = self.aws.state();
        let state = &mut *state;
        for holder in [state.users.get_mut(USER).unwrap(), state.roles.get_mut(ROLE).unwrap()] {
            holder.policies.insert(name.to_owned(), document.to_owned());
        }
    }
}
