//! With which permissions an identity is read and ended: the function's own in its account, and in every other one those of a
//! session that is cut down to one subject and the steps at hand.

use std::fmt;
use std::sync::Arc;

use aws_config::SdkConfig;
use severance_aws::countermeasures::Driver;
use severance_aws::error::AwsError;
use severance_aws::identity::{self, Identities};
use severance_aws::sessions::{Scope, Sessions, SourceIdentity};
use severance_aws::trail::Trail;
use severance_domain::case::Case;
use severance_domain::countermeasure::Countermeasure;
use severance_domain::ids::AccountId;
use severance_domain::right::Right;
use severance_domain::signal::Signal;

/// What reads and ends identities of one account.
pub struct AccountAccess {
    /// Reads who is meant.
    pub identities: Identities,
    /// The countermeasures that may be taken.
    pub drivers: Vec<Box<dyn Driver>>,
    /// Reads what an identity did; none where the function may not.
    pub trail: Option<Trail>,
}

impl AccountAccess {
    /// Over these readers and countermeasures.
    pub fn new(identities: Identities, drivers: Vec<Box<dyn Driver>>) -> Self {
        Self { identities, drivers, trail: None }
    }

    /// With CloudTrail's history as well.
    #[must_use]
    pub fn with_trail(mut self, trail: Option<Trail>) -> Self {
        if let Some(trail) = &trail {
            self.identities = self.identities.with_trail(trail.clone());
        }
        self.trail = trail;
        self
    }

    /// What takes a step, if this function may take it.
    pub fn driver(&self, step: &Countermeasure) -> Option<&dyn Driver> {
        self.drivers.iter().map(Box::as_ref).find(|driver| driver.drives(step))
    }
}

/// Makes the access to one account over a configuration that acts there.
type Compose = Box<dyn Fn(&SdkConfig, &AccountId) -> AccountAccess + Send + Sync>;

/// The accounts that a function reaches.
pub struct Accounts {
    hub: AccountId,
    own: Arc<AccountAccess>,
    members: Option<(Sessions, Compose)>,
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sessions = self.members.as_ref().map(|(sessions, _)| sessions);
        f.debug_struct("Accounts").field("hub", &self.hub).field("sessions", &sessions).finish_non_exhaustive()
    }
}

impl Accounts {
    /// The function's own account.
    pub fn hub(hub: AccountId, own: AccountAccess) -> Self {
        Self { hub, own: Arc::new(own), members: None }
    }

    /// And those that these sessions enter, with an access that is made for each.
    #[must_use]
    pub fn with_members(
        mut self,
        sessions: Sessions,
        compose: impl Fn(&SdkConfig, &AccountId) -> AccountAccess + Send + Sync + 'static,
    ) -> Self {
        self.members = Some((sessions, Box::new(compose)));
        self
    }

    /// An access that may only read, and only whom a signal is about. An account that no session enters is answered with the
    /// function's own access, whose readers say that the account is not theirs.
    ///
    /// # Errors
    /// Where no session could be opened.
    pub async fn to_read(&self, signal: &Signal) -> Result<Arc<AccountAccess>, AwsError> {
        let Some((sessions, compose)) = self.member(&signal.account) else { return Ok(Arc::clone(&self.own)) };
        let partition = sessions.partition();
        let scope = Scope::read(partition, &signal.account, &signal.subject, signal.access_key.as_ref());
        let there = sessions.open(&signal.account, &SourceIdentity::of_signal(signal), &scope).await?;
        Ok(Arc::new(compose(&there, &signal.account)))
    }

    /// An access that may take, read back and undo the steps of a case, and read its subject anew.
    ///
    /// # Errors
    /// Where no session could be opened.
    pub async fn to_act(&self, case: &Case) -> Result<Arc<AccountAccess>, AwsError> {
        let account = &case.subject.account;
        let (Some((sessions, compose)), Some(arn)) = (self.member(account), &case.subject.arn) else {
            return Ok(Arc::clone(&self.own));
        };
        let mut rights: Vec<Right> = Vec::new();
        for step in case.steps.iter().map(|record| &record.step.countermeasure) {
            if let (Some(kind), Some(_)) = (step.kind(), self.own.driver(step)) {
                rights.extend(kind.rights().to_act());
                if case.restoration.is_some() {
                    rights.extend(kind.rights().undo);
                }
            }
        }
        rights.extend(identity::rights_on(case.subject.kind));
        let scope = Scope::act(arn, rights);
        let there = sessions.open(account, &SourceIdentity::of_case(&case.id), &scope).await?;
        Ok(Arc::new(compose(&there, account)))
    }

    /// What the function's own role may do, whatever the account.
    pub fn own(&self) -> &AccountAccess {
        &self.own
    }

    fn member(&self, account: &AccountId) -> Option<&(Sessions, Compose)> {
        self.members.as_ref().filter(|(sessions, _)| *account != self.hub && sessions.reaches(account))
    }
}
