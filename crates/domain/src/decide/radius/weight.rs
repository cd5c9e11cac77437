//! What each reason adds to a score.

use crate::words::blast_radius::{Reason, ReasonKind};

impl ReasonKind {
    pub(super) fn says(self) -> &'static str {
        match self {
            Self::SecretsAccess => "can read secrets or get credentials",
            Self::DataAccess => "can read data",
            Self::Persistence => "can make credentials or identities that outlive it",
            Self::ResourceExposure => "can open resources to others",
            Self::Destruction => "can destroy data or backups",
            Self::Blinding => "can stop logging or detection",
            _ => "can do harm",
        }
    }
}

/// What permissions add together, at most: what an administrator may do is all there is.
pub(super) const PERMISSIONS_CAP: u8 = 80;

/// What a reason adds. The first number is for what is allowed whatever the conditions, on everything or on the
/// identity itself; the second for what is allowed only on named resources or under a condition, which is at least half
/// of it: neither the names nor the condition is judged.
pub(super) const fn weight(kind: ReasonKind, full: bool) -> u8 {
    let (all, part) = match kind {
        // Critical, with or without credentials that are known to work.
        ReasonKind::Administrator => (PERMISSIONS_CAP, 60),
        // One call away from it, and critical too.
        ReasonKind::Escalation => (75, 50),
        // As far as the roles go that are there to be passed, which is not known.
        ReasonKind::ServiceRole => (50, 30),
        // Secrets open what lies outside this account's policies.
        ReasonKind::SecretsAccess => (25, 15),
        ReasonKind::DataAccess => (20, 10),
        // Outlives the containment of this identity, and opens nothing new; data or other things, one call later; what
        // cannot be had back.
        ReasonKind::Persistence | ReasonKind::ResourceExposure | ReasonKind::Destruction => (15, 8),
        // No harm in itself: it hides it.
        ReasonKind::Blinding => (10, 5),
        // Whoever finds its name may use it: it counts as a stolen credential.
        ReasonKind::PublicTrust => (25, 10),
        // Anybody's account at that provider, or those that the condition names.
        ReasonKind::FederatedTrust => (15, 5),
        // Whoever may administer that account may use it.
        ReasonKind::CrossAccountTrust => (12, 8),
        ReasonKind::ServiceTrust => (2, 2),
        // Theirs are counted, see below.
        ReasonKind::AssumesRoles | ReasonKind::Credentials | ReasonKind::RecentUse => (0, 0),
    };
    if full { all } else { part }
}

impl Reason {
    pub(super) fn new(kind: ReasonKind, full: bool, says: String) -> Self {
        Self { kind, points: weight(kind, full), says }
    }

    pub(super) fn is_of_permissions(&self) -> bool {
        use ReasonKind as Kind;
        !matches!(
            self.kind,
            Kind::PublicTrust
                | Kind::FederatedTrust
                | Kind::CrossAccountTrust
                | Kind::ServiceTrust
                | Kind::Credentials
                | Kind::RecentUse
        )
    }
}
