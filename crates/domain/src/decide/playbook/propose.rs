//! Which steps fit a claim, by what its subject is.

use super::context::Context;
use super::part::{hold, note};
use super::{directory_user, role, secret, user};
use crate::record::plan::Plan;
use crate::words::profile::Profile;
use crate::words::signal::{Signal, Source};
use crate::words::subject::{Inventory, Subject, SubjectKind};

/// The steps that fit the claim, as far as AWS's state bears it out.
pub(super) fn propose(
    signal: &Signal,
    subject: &Subject,
    profile: &Profile,
    inventory: &Inventory,
    context: &Context,
) -> Plan {
    match subject.kind {
        SubjectKind::User => user::propose(signal, subject, profile, inventory, context),
        SubjectKind::Role => role::propose(signal, subject, profile, inventory, context),
        SubjectKind::DirectoryUser => directory_user::propose(signal, subject, profile, inventory, context),
        SubjectKind::Secret => secret::propose(signal, subject, profile, inventory),
        SubjectKind::Root => hold("the root user's credentials can be ended only by root itself or through AssumeRoot"),
        SubjectKind::Person if signal.source == Source::IdentityCenter => hold(
            "the directory names them only by an id, which no owner tag here carries: find out who left, and request their \
             offboarding by name",
        ),
        SubjectKind::Person => note("no identity of this account, and no secret of this Region, names them as owner"),
        // What is unread says why.
        SubjectKind::Unresolved if !inventory.unread.is_empty() => Plan::default(),
        SubjectKind::Unresolved => hold("the identity could not be read, so nothing can be decided about it"),
    }
}
