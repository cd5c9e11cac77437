//! What `plan` and `contain` claim.

use severance_domain::respond::Claim;

use crate::arguments::claim::ClaimOptions;
use crate::arguments::values::Named;
use crate::exit::Failure;
use crate::remote::Responder;

/// The claim that the responder is asked about. Of a key alone AWS is asked in whose account it is.
pub(super) fn of(given: &ClaimOptions, responder: &Responder) -> Result<Claim, Failure> {
    let (subject, access_key) = match (&given.named, &given.access_key) {
        (Named::Identity(arn), key) => (arn.clone(), key.clone()),
        (Named::Key(key), Some(other)) if other != key => {
            return Err(Failure::Usage(format!("--access-key {other} is another key than {key}")));
        }
        // The account as a whole: who in it holds the key, the responder finds out.
        (Named::Key(key), _) => (responder.account_of(key)?, Some(key.clone())),
    };
    Ok(Claim { subject, signal: given.signal, access_key, severity: given.severity, since: given.since })
}
