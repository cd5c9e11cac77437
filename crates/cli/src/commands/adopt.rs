//! `sever adopt`: a user's key is put into a secret of its own, and replaced from then on.

use severance_domain::respond::Claim;
use severance_domain::signal::SignalKind;

use crate::arguments::rotate::AdoptOptions;
use crate::commands::rotation;
use crate::exit::Failure;

/// Puts a key under management.
pub(super) fn run(given: AdoptOptions) -> Result<u8, Failure> {
    let AdoptOptions { user, key, asked } = given;
    let responder = asked.remote.stack().connect()?;
    let claim =
        Claim { subject: user, signal: SignalKind::CredentialUnmanaged, access_key: key, severity: None, since: None };
    rotation::run(asked, claim, &responder)
}
