//! The four steps by which Secrets Manager replaces an IAM access key, each safe to repeat after any crash.
//!
//! INVARIANT: AWSCURRENT always holds a key that worked when it was tested. At no point is a key deleted that the rotation journal, or
//! CloudTrail, does not name as one that this function made and that no version which counts holds.

mod create;
mod error;
mod finish;
mod prove;
mod rotator;

use severance_aws::rotation::State;
use severance_domain::rotation::{CURRENT, MANAGED_TAG, PENDING, RotationStep, StepRequest};

pub use error::RotationError;
pub use rotator::Rotator;

impl Rotator {
    /// Takes one step.
    ///
    /// # Errors
    /// Says what is in the way, and the way out. Whatever was done by then is found again when the step is repeated.
    pub async fn step(&self, request: &StepRequest) -> Result<(), RotationError> {
        let state = self.vault.state(&request.secret_id).await?;
        let token = request.client_request_token.as_str();
        if !fit(&state, token)? && request.step != RotationStep::FinishSecret {
            // LOG: A step that was taken before is asked for again, so there is nothing to do.
            tracing::info!(secret = %state.arn, step = request.step.as_str(), "this version is current already");
            return Ok(());
        }
        match request.step {
            RotationStep::CreateSecret => Box::pin(self.create(&state, token)).await,
            // IAM knows a key from the moment that it is made: there is nowhere to bring it to.
            RotationStep::SetSecret => Ok(()),
            RotationStep::TestSecret => Box::pin(self.test(&state, token)).await,
            RotationStep::FinishSecret => Box::pin(self.finish(&state, token)).await,
        }
    }
}

/// Whether the version that a step is about is still to become the current one.
fn fit(state: &State, token: &str) -> Result<bool, RotationError> {
    if state.deleted {
        return Err(RotationError::of(
            state,
            "it is scheduled for deletion, and its key with nobody to read it. Bring it back (aws secretsmanager restore-secret), \
             or leave it",
        ));
    }
    if let Some(primary) = state.primary.as_ref().filter(|primary| *primary != state.arn.region()) {
        return Err(RotationError::of(
            state,
            format!("it is a replica: rotate the secret in {primary}, its replicas follow"),
        ));
    }
    if !state.rotates {
        return Err(RotationError::of(
            state,
            "its rotation is switched off (aws secretsmanager rotate-secret switches it on)",
        ));
    }
    if state.tags.get(MANAGED_TAG).map(String::as_str) != Some("true") {
        return Err(RotationError::of(
            state,
            format!("it is not tagged {MANAGED_TAG}=true, so its key is not Severance's to replace"),
        ));
    }
    if state.has(token, CURRENT) {
        return Ok(false);
    }
    if state.has(token, PENDING) {
        return Ok(true);
    }
    Err(RotationError::of(
        state,
        if state.stages.contains_key(token) {
            format!("version {token} is not {PENDING}: another rotation has taken its place")
        } else {
            format!("it has no version {token}: rotations are started by aws secretsmanager rotate-secret")
        },
    ))
}
