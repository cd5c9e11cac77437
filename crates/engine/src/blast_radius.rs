//! The blast radius of an identity that is ended as a whole.

use std::time::Duration;

use severance_aws::clock;
use severance_aws::identity::ends_whole_identity;
use severance_domain::radius::permissions::Permissions;
use severance_domain::radius::{BlastRadius, Facts, assess};
use severance_domain::signal::Signal;
use severance_domain::subject::{Inventory, Subject, SubjectKind};
use tokio::time::timeout;

use crate::access::AccountAccess;

/// What an identity that is ended as a whole could do. None where one key is in question, and not the identity.
pub(crate) async fn judge(
    access: &AccountAccess,
    signal: &Signal,
    subject: &Subject,
    inventory: &Inventory,
    within: Duration,
) -> Option<BlastRadius> {
    if !ends_whole_identity(signal) || !matches!(subject.kind, SubjectKind::User | SubjectKind::Role) {
        return None;
    }
    let unread = |why: String| Permissions { unread: vec![format!("its policies: {why}")], ..Permissions::default() };
    let permissions = match timeout(within, access.identities.permissions(subject)).await {
        Ok(Ok(permissions)) => permissions,
        Ok(Err(error)) => unread(error.to_string()),
        Err(_) => unread("AWS did not answer in time".to_owned()),
    };
    let now = clock::now();
    let trust = inventory.trust.as_ref().map(|trust| trust.document.as_str());
    Some(assess(&Facts { subject, inventory, permissions: Some(&permissions), trust, now }))
}
