//! What a function reacts with, and what it decides by.

use std::sync::Arc;

use futures::future::try_join;
use jiff::Timestamp;
use severance_aws::cases::{CaseError, Cases};
use severance_aws::clock;
use severance_aws::copies::CopiesFunction;
use severance_aws::error::AwsError;
use severance_aws::guardrails::{Guardrails, Loaded};
use severance_aws::identity::{Found, unresolved};
use severance_aws::recheck::RecheckFunction;
use severance_domain::case::{Case, CaseId};
use severance_domain::countermeasure::Countermeasure;
use severance_domain::lane::Lane;
use severance_domain::playbook::{Context, decide};
use severance_domain::policy::Policy;
use severance_domain::signal::{PrincipalHint, Signal, SubjectHint};
use severance_domain::subject::Absence;

use crate::access::{AccountAccess, Accounts};
use crate::alarm::Alarms;
use crate::publish::Publisher;
use crate::settings::Settings;

/// Everything that a function reacts with.
pub struct Reactor {
    /// What reads and ends identities, account by account.
    pub accounts: Accounts,
    /// The one policy that every step passes.
    pub policy: Arc<dyn Policy>,
    /// Exemptions, breakers and reviews.
    pub guardrails: Guardrails,
    /// Tells people that a breaker opened.
    pub alarms: Alarms,
    /// The cases' table.
    pub cases: Cases,
    /// Publishes evidence.
    pub publisher: Publisher,
    /// Has cases rechecked in invocations of their own; none where the schedule does it in its own.
    pub rechecks: Option<RecheckFunction>,
    /// Asks for the copies of a key; none where the search is switched off, or the function may not.
    pub copies: Option<CopiesFunction>,
    /// The stack's settings.
    pub settings: Settings,
}

/// Why a reaction did not end. What was done is stored, and the next delivery goes on from there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReactError {
    /// AWS did not let us read, publish or store.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The case could not be taken or written.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// Some steps failed in a way that another delivery may mend; the evidence of this attempt is published.
    #[error("case {case} revision {revision}: {failed}; to be tried again")]
    Unsettled {
        /// The case.
        case: CaseId,
        /// The revision that states how far it got.
        revision: u32,
        /// What failed.
        failed: String,
    },
}

impl ReactError {
    /// Whether another delivery may fare better.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Aws(error) => error.retryable,
            Self::Case(error) => error.is_retryable(),
            Self::Unsettled { .. } => true,
        }
    }
}

impl Reactor {
    /// Whom a signal is about, and what a decision about them depends on, as both are now.
    pub(crate) async fn read(&self, signal: &Signal) -> Result<(Vec<Found>, Context), AwsError> {
        // Neither needs the other, and every round trip is time that a stolen key lives.
        let read = async {
            match self.accounts.to_read(signal).await {
                Ok(access) => match Box::pin(access.identities.resolve(signal)).await {
                    Ok(found) => Ok(self.read_wherever(signal, found).await),
                    error @ Err(_) => error,
                },
                // An account that cannot be entered is a review, like an identity that cannot be read.
                Err(error) if !error.retryable => Ok(vec![unresolved(signal, Absence::Unread, error.to_string())]),
                Err(error) => Err(error),
            }
        };
        let guardrails = self.guardrails.in_account(&signal.account);
        let (found, loaded) = Box::pin(try_join(read, guardrails.load())).await?;
        // What follows from a containment was let in with it.
        let breaker_open = Lane::of(signal).is_some_and(|lane| loaded.breaker_open(lane));
        Ok((found, Context { breaker_open, ..self.context(loaded, clock::now()) }))
    }

    /// A session that may read one name only cannot read who was renamed since. What else the claim says of them, their key or their
    /// unique id, finds them among all users; where it does not, what was found before stands.
    async fn read_wherever(&self, signal: &Signal, found: Vec<Found>) -> Vec<Found> {
        let (SubjectHint::User(hint), [Found { absent: Some(Absence::Unread), .. }]) =
            (&signal.subject, found.as_slice())
        else {
            return found;
        };
        let has_key = signal.access_key.as_ref().is_some_and(|key| !key.is_temporary());
        let is_named = hint.name.is_some() || hint.arn.is_some();
        if !is_named || !(has_key || hint.unique_id.is_some()) {
            return found;
        }
        let hint = PrincipalHint { unique_id: hint.unique_id.clone(), ..PrincipalHint::default() };
        let anybody = Signal { subject: SubjectHint::User(hint), ..signal.clone() };
        let again = async {
            let access = self.accounts.to_read(&anybody).await?;
            Box::pin(access.identities.resolve(&anybody)).await
        };
        match again.await {
            Ok(again) if again.iter().all(|found| found.absent.is_none()) => again,
            Ok(_) | Err(_) => found,
        }
    }

    /// What a decision depends on besides the signal and its subject, the breakers aside.
    pub(crate) fn context(&self, loaded: Loaded, now: Timestamp) -> Context {
        Context {
            mode: self.settings.mode,
            now,
            stale_key_days: self.settings.stale_key_days,
            unused_key_days: self.settings.unused_key_days,
            own_roles: self.settings.own_roles(),
            scp_quarantine: self.settings.scp_quarantine,
            management_account: self.settings.management_account.clone(),
            breaker_open: false,
            exemptions: loaded.exemptions,
            organizational_units: self.settings.organizational_units.clone(),
        }
    }

    /// The case as it would be opened about this subject now.
    pub(crate) fn plan(&self, signal: &Signal, found: Found, context: &Context) -> Case {
        let Found { subject, profile, inventory, .. } = found;
        let mut plan = decide(signal, &subject, &profile, &inventory, context, self.policy.as_ref());
        plan.leave_to_responder(|step| self.can_take(step));
        Case::open(signal.clone(), subject, profile, inventory, plan, context.mode, self.settings.review, context.now)
    }

    /// The access for a case in which something is left to be done; for any other the function's own, which is not used.
    pub(crate) async fn access_for(&self, case: &Case) -> Result<Arc<AccountAccess>, AwsError> {
        self.accounts.to_act(&case.under_present_name()).await
    }

    /// Whether this function may take such a step, on its own account.
    pub(crate) fn can_take(&self, step: &Countermeasure) -> bool {
        self.accounts.own().driver(step).is_some()
    }

    /// Tells people that a breaker opened. Where that fails, the next scheduled run tells them: the breaker remembers that nobody knows.
    pub(crate) async fn raise_breaker_alarm(&self, scope: &str, case: Option<&CaseId>) {
        let told = async {
            let breakers = self.guardrails.breakers().await?;
            for breaker in breakers.iter().filter(|breaker| breaker.scope == scope && breaker.open_since.is_some()) {
                self.alarms.breaker_opened(breaker).await?;
                self.guardrails.alarm_sent(breaker).await?;
            }
            Ok::<(), AwsError>(())
        };
        if let Err(error) = told.await {
            let case = case.map(CaseId::as_str);
            // LOG: The next scheduled run tries again.
            tracing::error!(scope, case, error = %error, "the breaker is open, and nobody could be told");
        }
    }
}
