//! Who breaks when an exposed key is cut: its rightful consumers, to be told.

use jiff::SignedDuration;
use severance_aws::trail::Trail;
use severance_domain::case::{Case, Purpose};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::cutover::Consumer;
use severance_domain::ids::AccessKeyId;
use severance_domain::signal::SignalKind;

use crate::access::AccountAccess;

/// How long before its end a key's use is of interest to whoever asks who will break.
pub(crate) const RECENT: SignedDuration = SignedDuration::from_hours(24);

/// The long-term key that others know, where whoever uses it in good faith is to be told.
pub(crate) fn exposed_key(case: &Case, access: &AccountAccess) -> Option<(Trail, AccessKeyId)> {
    let key = case.signal.access_key.as_ref().filter(|key| !key.is_temporary())?;
    let is_cut = case.steps.iter().any(|record| {
        matches!(&record.step.countermeasure, Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { access_key, .. }) if access_key == key)
            && record.was_taken()
    });
    let ends_access = match case.purpose() {
        Purpose::React => true,
        Purpose::Restore(_) | Purpose::Verify(_) => false,
    };
    let asks = case.signal.kind == SignalKind::CredentialExposed && is_cut && ends_access;
    access.trail.clone().filter(|_| asks).map(|trail| (trail, key.clone()))
}

/// Who used an exposed key lately, and cannot any more: its rightful consumers, and whoever else has it.
pub(crate) fn say_who_breaks(case: &mut Case, key: &AccessKeyId, used: Option<(Vec<Consumer>, Vec<String>)>) {
    let mut notes = Vec::new();
    match used {
        None => notes.push(format!("who used {key} lately could not be read in time")),
        Some((consumers, unread)) => {
            if consumers.is_empty() && unread.is_empty() {
                notes.push(format!("CloudTrail knows nobody who used {key} in the last 24 hours (management events)"));
            }
            let told = consumers.iter().take(MOST_CONSUMERS);
            notes.extend(told.map(|who| format!("used {key} and no longer can: {}", who.describe())));
            if consumers.len() > MOST_CONSUMERS {
                notes.push(format!("and {} others used it", consumers.len() - MOST_CONSUMERS));
            }
            notes.extend(unread.into_iter().map(|what| format!("who used {key} was not read: {what}")));
        }
    }
    for note in notes {
        if !case.notes.contains(&note) {
            case.notes.push(note);
        }
    }
}

/// So many consumers of an exposed key are named.
const MOST_CONSUMERS: usize = 20;
