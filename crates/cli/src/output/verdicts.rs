//! What must not be overlooked in the verdicts that were answered: a line on stderr for each, and the exit code.

use severance_catalogue::exit::{BEING_RECHECKED, LIVES, NOT_CONTAINED, NOT_RESTORED};
use severance_domain::respond::Reacted;
use severance_domain::verdict::Verdict;

use crate::terminal::say;

/// 0 only where all access was seen to end: whoever goes on after `sever contain … &&` believes so. What was read back and is being
/// rechecked is not there yet, and has a code of its own.
pub(crate) fn contained(reactions: &[Reacted]) -> u8 {
    let is_rechecked =
        |reacted: &&Reacted| reacted.verdict == Verdict::RevokedUnverified && reacted.rechecked_until.is_some();
    let living: Vec<&Reacted> = reactions
        .iter()
        .filter(|reacted| reacted.verdict != Verdict::VerifiedRevoked && !is_rechecked(reacted))
        .collect();
    let rechecked: Vec<&Reacted> = reactions.iter().filter(is_rechecked).collect();
    for reacted in &rechecked {
        let until = reacted.rechecked_until.map(|until| format!(" until {until:.0}")).unwrap_or_default();
        let case = &reacted.case;
        say(&format!(
            "BEING RECHECKED{until}: the access of {} is read back as ended; sever status {case}",
            reacted.subject
        ));
    }
    for reacted in &living {
        say(&format!("NOT SEEN TO END: the access of {} ({}, {})", reacted.subject, reacted.verdict, reacted.case));
    }
    if reactions.is_empty() {
        say("nothing was found to act on");
    }
    match (reactions, living.as_slice(), rechecked.as_slice()) {
        ([], ..) | (_, [_, ..], _) => NOT_CONTAINED,
        (_, [], [_, ..]) => BEING_RECHECKED,
        (_, [], []) => 0,
    }
}

/// 0 only where every rotation was seen to end: whoever goes on after `sever rotate … &&` believes so.
pub(crate) fn rotated(reactions: &[Reacted]) -> u8 {
    let open: Vec<&Reacted> = reactions.iter().filter(|reacted| reacted.verdict != Verdict::VerifiedRevoked).collect();
    for reacted in &open {
        say(&format!("NOT SEEN TO END: the rotation for {} ({}, {})", reacted.subject, reacted.verdict, reacted.case));
    }
    for reacted in reactions.iter().filter(|reacted| reacted.replayed) {
        let case = &reacted.case;
        say(&format!(
            "NOT ROTATED AGAIN: the same words asked for it before ({case}); for another, give another --reason"
        ));
    }
    if reactions.is_empty() {
        say("nothing was found to act on");
    }
    if open.is_empty() && !reactions.is_empty() { 0 } else { NOT_CONTAINED }
}

/// 0 only where all that was to come back was seen to: whoever goes on after `sever restore … &&` believes so.
pub(crate) fn restored(reactions: &[Reacted]) -> u8 {
    let rest: Vec<&Reacted> = reactions.iter().filter(|reacted| reacted.verdict != Verdict::Restored).collect();
    for reacted in &rest {
        say(&format!("NOT ALL CAME BACK: {} ({}, {})", reacted.subject, reacted.verdict, reacted.case));
    }
    if rest.is_empty() && !reactions.is_empty() { 0 } else { NOT_RESTORED }
}

/// 0 only where everything was seen to be dead.
pub(crate) fn dead(reactions: &[Reacted]) -> u8 {
    let alive: Vec<&Reacted> = reactions.iter().filter(|reacted| reacted.verdict == Verdict::Reappeared).collect();
    for reacted in &alive {
        say(&format!("ALIVE AGAIN: access of {} that {} had ended; contain it again", reacted.subject, reacted.case));
    }
    if alive.is_empty() { contained(reactions) } else { LIVES }
}
