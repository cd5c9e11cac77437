//! `sever rotate`: a key is replaced by another one in its secret, and the old one works on until its consumers have moved.

use severance_domain::respond::Claim;
use severance_domain::signal::SignalKind;

use crate::arguments::rotate::RotateOptions;
use crate::arguments::values::Named;
use crate::commands::rotation;
use crate::exit::Failure;

/// Starts a secret's rotation.
pub(super) fn run(given: RotateOptions) -> Result<u8, Failure> {
    let responder = given.asked.remote.stack().connect()?;
    let (subject, access_key) = match given.named {
        Named::Identity(secret) => (secret, None),
        Named::Key(key) => (responder.account_of(&key)?, Some(key)),
    };
    let claim = Claim { subject, signal: SignalKind::SecretUnrotated, access_key, severity: None, since: None };
    rotation::run(given.asked, claim, &responder)
}
