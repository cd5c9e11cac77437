//! The blast radius of a subject: what somebody who holds its credentials could do, as a score with its reasons.
//!
//! The score is a rank, not a probability: it says whom to look at first. What is not evaluated stands in
//! `docs/BLAST-RADIUS.md`; where that leaves something open, more is assumed and never less.

mod grant;
pub mod permissions;
mod reasons;
// Made by a script, which formats it by the same rules.
mod table;
mod trust;
mod weight;

use jiff::Timestamp;

pub use crate::words::blast_radius::{BlastRadius, Level, Reason, ReasonKind};

use self::permissions::Permissions;
use self::reasons::shortened;
use self::trust::Trust;
use self::weight::PERMISSIONS_CAP;
use crate::words::ids::AccountId;
use crate::words::subject::{CredentialState, Inventory, LastUsed, Subject, SubjectKind};
use crate::words::text::is_unseen;

/// What a blast radius is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Whose.
    pub subject: &'a Subject,
    /// What it holds.
    pub inventory: &'a Inventory,
    /// What its policies say; none where they were not read at all.
    pub permissions: Option<&'a Permissions>,
    /// A role's trust policy, as JSON.
    pub trust: Option<&'a str>,
    /// The moment of the judgement.
    pub now: Timestamp,
}

/// Judges a subject's blast radius. The same facts give the same one.
pub fn assess(facts: &Facts<'_>) -> BlastRadius {
    let subject = facts.subject;
    let (mut reasons, mut unread) = (Vec::new(), Vec::new());
    match subject.kind {
        SubjectKind::User | SubjectKind::Role => match facts.permissions {
            Some(permissions) => {
                reasons.extend(reasons::of_policies(subject, permissions));
                unread.extend(permissions.unread.iter().cloned());
            }
            None => unread.push("its policies".to_owned()),
        },
        SubjectKind::Root => {
            let says = "is the root user: no policy of the account limits it".to_owned();
            reasons.push(Reason::new(ReasonKind::Administrator, true, says));
        }
        SubjectKind::DirectoryUser => unread.push("what its permission sets allow".to_owned()),
        SubjectKind::Secret => unread.push("what the secret opens: AWS does not know".to_owned()),
        SubjectKind::Person | SubjectKind::Unresolved => unread.push("who it is, and so what it may do".to_owned()),
    }
    if subject.kind == SubjectKind::Role {
        match facts.trust.map(|json| Trust::read(json, &subject.account)) {
            Some(Ok(trust)) => reasons.extend(of_trust(&trust, &subject.account)),
            Some(Err(problem)) => unread.push(format!("its trust policy: {problem}")),
            None => unread.push("its trust policy".to_owned()),
        }
    }
    if !facts.inventory.unread.is_empty() {
        unread.push("some of its credentials".to_owned());
    }
    reasons.extend(of_credentials(facts.inventory));
    reasons.extend(of_use(facts.inventory, facts.now));
    for text in reasons.iter_mut().map(|reason| &mut reason.says).chain(&mut unread) {
        if text.contains(is_unseen) {
            *text = text.replace(is_unseen, "\u{fffd}");
        }
    }
    reasons.sort_by(|one, other| (other.points, one.kind, &one.says).cmp(&(one.points, other.kind, &other.says)));
    let score = score(&reasons);
    BlastRadius { score, level: Level::of(score), reasons, unread }
}

fn score(reasons: &[Reason]) -> u8 {
    let sum = |of_permissions: bool| {
        let counted = reasons.iter().filter(|reason| reason.is_of_permissions() == of_permissions);
        counted.fold(0_u8, |sum, reason| sum.saturating_add(reason.points))
    };
    sum(true).min(PERMISSIONS_CAP).saturating_add(sum(false)).min(100)
}

fn of_trust(trust: &Trust, own_account: &AccountId) -> Vec<Reason> {
    let under = |conditional: bool| if conditional { ", under a condition" } else { "" };
    let mut reasons = Vec::new();
    if let Some(conditional) = trust.anybody {
        let says = format!("anybody, from any account, may assume it{}", under(conditional));
        reasons.push(Reason::new(ReasonKind::PublicTrust, !conditional, says));
    }
    let mut some = |kind, who: &std::collections::BTreeMap<String, bool>, what: &str| {
        if who.is_empty() {
            return;
        }
        let conditional = who.values().all(|conditional| *conditional);
        let names: Vec<String> = who.keys().map(|name| shortened(name)).collect();
        reasons.push(Reason::new(kind, !conditional, format!("{what} {}{}", names.join(", "), under(conditional))));
    };
    some(
        ReasonKind::CrossAccountTrust,
        &trust.accounts,
        &format!("can be assumed from outside account {own_account}: by"),
    );
    some(ReasonKind::FederatedTrust, &trust.providers, "can be assumed by whom an identity provider vouches for:");
    some(ReasonKind::ServiceTrust, &trust.services, "is assumed for whoever may run something in");
    reasons
}

/// The credentials that AWS accepts, by kind, as one and as many.
fn working(inventory: &Inventory) -> Vec<(usize, &'static str, &'static str)> {
    vec![
        (inventory.access_keys.iter().filter(|key| key.active).count(), "access key", "access keys"),
        (usize::from(inventory.console_password == Some(true)), "console password", "console passwords"),
        (inventory.ssh_public_keys.iter().filter(|held| held.active).count(), "SSH public key", "SSH public keys"),
        (
            inventory.signing_certificates.iter().filter(|held| held.active).count(),
            "signing certificate",
            "signing certificates",
        ),
        (
            inventory.service_credentials.iter().filter(|held| held.state == CredentialState::Active).count(),
            "service-specific credential",
            "service-specific credentials",
        ),
    ]
}

/// Each is one more that may have leaked, and one more to end.
fn of_credentials(inventory: &Inventory) -> Option<Reason> {
    let working = working(inventory);
    let points = match working.iter().map(|(count, ..)| count).sum() {
        0_usize => return None,
        1 => 4,
        2 => 7,
        _ => 10,
    };
    let kinds: Vec<String> = working
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
        .collect();
    Some(Reason { kind: ReasonKind::Credentials, points, says: format!("holds {} that work", kinds.join(" and ")) })
}

/// What is in use is known to somebody now, and ending it is felt now.
fn of_use(inventory: &Inventory, now: Timestamp) -> Option<Reason> {
    let working = || inventory.access_keys.iter().filter(|key| key.active);
    let at = |used| match used {
        LastUsed::At(at) => Some(at),
        LastUsed::Never | LastUsed::NotAsked => None,
    };
    let newest = working().filter(|key| at(key.last_used).is_some()).max_by_key(|key| at(key.last_used));
    let (points, says) = match newest.and_then(|key| key.idle_days(now)) {
        Some(..=1) => (5, "an access key was used within the last two days".to_owned()),
        Some(days @ ..=30) => (3, format!("an access key was last used {days} days ago")),
        Some(days) => (0, format!("no access key was used for {days} days")),
        None if working().count() > 0 && working().all(|key| key.last_used == LastUsed::Never) => {
            (0, "no access key was ever used".to_owned())
        }
        None => return None,
    };
    Some(Reason { kind: ReasonKind::RecentUse, points, says })
}
