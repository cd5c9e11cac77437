//! Since when an identity is in other hands, which is another question than when it was last seen there.

use crate::common::cases::*;
use crate::common::contained::*;
use crate::common::*;
use severance_domain::case::{Rechecking, StepRecord};
use severance_domain::playbook::Mode;
use severance_domain::profile::Profile;
use severance_domain::restoration::{ReturnAnswer, answer};
use severance_domain::signal::{Signal, Source};

#[test]
fn what_was_made_before_it_was_last_seen_is_judged_by_since_when_it_was_exposed() {
    let hours = jiff::SignedDuration::from_hours;
    let seen = |by: Source| Signal { source: by, ..exposed() };
    let (tool, person) = (seen(Source::GuardDuty), seen(Source::Responder));
    let last = tool.occurred_at;
    let since = |claim: &Signal| claim.clone().with_exposed_since(Some(last - hours(48)));
    for (claim, before_last_seen, look_back, wanted) in [
        // A tool saw it first two days before it saw it last.
        (since(&tool), hours(47), 0, "keep: it was made at"),
        (since(&tool), hours(49), 0, "undo"),
        (since(&tool), hours(49), 24, "rotate: it was made at"),
        (since(&tool), hours(73), 24, "undo"),
        // It says no more than when it saw it.
        (tool.clone(), hours(1), 0, "undo"),
        (tool.clone(), hours(1), 24, "rotate: it was made at"),
        (tool.clone(), hours(25), 24, "undo"),
        // A person need not know.
        (person.clone(), hours(23), 24, "rotate: it was made at"),
        (person.clone(), hours(25), 24, "undo"),
        (since(&person), hours(47), 24, "keep: it was made at"),
    ] {
        let mut held = every_credential();
        held.ssh_public_keys[1].created_at = Some(last - before_last_seen);
        let mut case = taken(open(Mode::Enforce, &claim, user("ci"), Profile::default(), held), &[Went::Well]);
        let terms =
            Rechecking { settle_seconds: 15, trail_minutes: 20, most: 10, look_back_hours: look_back, next_at: None };
        case.begin_rechecking(terms);
        let ssh = |of: &&StepRecord| of.step.countermeasure.as_str() == "deactivate_ssh_public_key";
        let of = match answer(&case, case.steps.iter().find(ssh).unwrap()) {
            ReturnAnswer::Rotate { why } => format!("rotate: {why}"),
            ReturnAnswer::Keep { why } => format!("keep: {why}"),
            other => format!("{other:?}").to_lowercase(),
        };
        assert!(of.starts_with(wanted), "{before_last_seen:?} before, {look_back} hours: {of}");
        let unknown = of.contains("nobody says since when");
        assert_eq!(unknown, of.starts_with("rotate") && !claim.is_exposure_known(), "{of}");
    }
}

#[test]
fn since_when_it_was_exposed_is_kept_where_it_says_something() {
    let earlier = exposed().occurred_at - jiff::SignedDuration::from_hours(1);
    assert_eq!(exposed().with_exposed_since(Some(earlier)).exposed_since(), earlier);
    // Later than what was seen last, or of an identity that nobody else is said to hold.
    let later = Some(exposed().occurred_at + jiff::SignedDuration::from_hours(1));
    let leaver = leaver(&["alice@x.io"]);
    for (claim, since) in [(exposed(), later), (exposed(), None), (leaver, Some(earlier))] {
        let at = claim.occurred_at;
        let claim = claim.with_exposed_since(since);
        assert_eq!((claim.exposed_since, claim.exposed_since()), (None, at));
    }
}
