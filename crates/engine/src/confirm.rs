//! Reading back: what came of a call, and whether its effect is seen.

use std::time::Duration;

use futures::future::join_all;
use severance_aws::clock;
use severance_aws::countermeasures::{About, Applied, Seen};
use severance_aws::error::AwsError;
use severance_domain::case::{Case, CaseId, Confirmation, Outcome, StepRecord};
use severance_domain::countermeasure::Countermeasure;
use tokio::time::{Instant, timeout, timeout_at};

use crate::access::AccountAccess;
use crate::reactor::Reactor;

impl Reactor {
    /// Reads every effect back, all at once: each waits for IAM's eventual consistency on its own.
    pub(crate) async fn confirm(&self, case: &mut Case, access: &AccountAccess) {
        let asked = case.under_present_name().into_owned();
        let about = About::of(&asked);
        let waits = case.steps.iter_mut().zip(&asked.steps).map(|(record, asked)| async move {
            if record.confirmation.is_none() && record.was_taken() {
                let step = &asked.step.countermeasure;
                record.confirmation = Some(match access.driver(step) {
                    Some(driver) => self.wait_until(|| driver.confirm(step, about)).await,
                    None => unseen("this function cannot read it back".to_owned(), false),
                });
            }
        });
        join_all(waits).await;
    }

    /// Reads once more what was not seen to be in effect.
    pub(crate) async fn confirm_again(&self, case: &mut Case, access: &AccountAccess) {
        let asked = case.under_present_name().into_owned();
        let about = About::of(&asked);
        let unseen_yet = |(record, _): &(&mut StepRecord, &StepRecord)| record.was_taken() && !record.is_confirmed();
        for (record, asked) in case.steps.iter_mut().zip(&asked.steps).filter(unseen_yet) {
            let Some(driver) = access.driver(&asked.step.countermeasure) else { continue };
            let reading = driver.confirm(&asked.step.countermeasure, about);
            match timeout(self.settings.confirm_within, reading).await {
                Ok(Ok(Seen::InEffect(observed))) => {
                    record.confirmation = Some(Confirmation::Confirmed { at: clock::now(), observed });
                }
                Ok(Ok(Seen::NotYet(seen))) => record.confirmation = Some(unseen(seen, true)),
                // As it was: an error says nothing of it.
                Ok(Err(_)) | Err(_) => {}
            }
        }
    }

    /// Reads until the effect is seen, or the time for it is over.
    pub(crate) async fn wait_until<F>(&self, read: impl Fn() -> F) -> Confirmation
    where
        F: Future<Output = Result<Seen, AwsError>>,
    {
        let deadline = Instant::now() + self.settings.confirm_within;
        let mut pause = Duration::from_millis(50);
        let (mut last, mut contradicted) = ("AWS did not answer in time".to_owned(), false);
        loop {
            match timeout_at(deadline, read()).await {
                Ok(Ok(Seen::InEffect(observed))) => return Confirmation::Confirmed { at: clock::now(), observed },
                Ok(Ok(Seen::NotYet(seen))) => (last, contradicted) = (seen, true),
                Ok(Err(error)) if error.retryable => (last, contradicted) = (error.to_string(), false),
                Ok(Err(error)) => return unseen(error.to_string(), false),
                Err(_) => return unseen(last, contradicted),
            }
            if Instant::now() + pause >= deadline {
                return unseen(last, contradicted);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }
}

/// What came of a call that takes or undoes a step.
pub(crate) fn outcome(result: Result<Applied, AwsError>, case: &CaseId, step: &Countermeasure) -> Outcome {
    let at = clock::now();
    match result {
        Ok(Applied::Changed(note)) => Outcome::Applied { at, note },
        Ok(Applied::Already(note) | Applied::Gone(note)) => Outcome::AlreadyInEffect { at, note },
        Err(AwsError { action, code, message, retryable }) => {
            // LOG: AWS refused a step or did not answer.
            // - answer: AWS's words
            tracing::warn!(%case, step = step.as_str(), action, code, answer = message, "a step failed");
            Outcome::Failed { at, action: action.to_owned(), code, message, retryable }
        }
    }
}

pub(crate) fn unseen(reason: String, contradicted: bool) -> Confirmation {
    Confirmation::Unconfirmed { at: clock::now(), reason, contradicted }
}
