//! Which countermeasures fit which claim, row by row, under a policy that says yes to everything; and what lowers an answer.
#![allow(clippy::match_same_arms, clippy::type_complexity, reason = "tests")]

mod answers;
mod keys;
mod kinds;
mod owners;

use crate::common::*;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::plan::{Disposition, Plan, Step};
use severance_domain::playbook::{Mode, decide};
use severance_domain::profile::Profile;
use severance_domain::signal::Signal;
use severance_domain::subject::{Inventory, Subject};

/// A step in short: what, on which key, and the disposition's first letter.
fn short(plan: &Plan) -> Vec<String> {
    let step = |step: &Step| {
        let what = match &step.countermeasure {
            Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { access_key, .. })
                if access_key.as_str() == KEY =>
            {
                "key"
            }
            Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { access_key, .. })
                if access_key.as_str() == OTHER_KEY =>
            {
                "other key"
            }
            Countermeasure::DeactivateAccessKey(_) => "a third key",
            Countermeasure::QuarantineUser(_) => "quarantine",
            Countermeasure::RevokeRoleSessions(_) => "sessions",
            Countermeasure::RotateSecret(_) => "rotate",
            Countermeasure::RemoveConsolePassword(_) => "password",
            Countermeasure::CloseRoleTrust(_) => "trust",
            Countermeasure::HoldForReview => "hold",
            other => other.as_str(),
        };
        let whether = match step.disposition() {
            Disposition::Enforce => "enforce",
            Disposition::Observe => "observe",
            Disposition::Review => "review",
            Disposition::Refuse => "refuse",
            Disposition::Decline => "decline",
        };
        format!("{what}:{whether}")
    };
    plan.steps.iter().map(step).collect()
}

fn enforce(signal: &Signal, subject: &Subject, profile: &Profile, inventory: &Inventory) -> Plan {
    decide(signal, subject, profile, inventory, &context(Mode::Enforce), &always(Disposition::Enforce))
}

/// The reasons and notes of a plan, for a look at the words.
fn words(plan: &Plan) -> String {
    plan.steps.iter().map(|step| step.reason.clone()).chain(plan.notes.clone()).collect::<Vec<_>>().join("\n")
}

/// What a subject of each kind holds at its worst: two active keys past every limit, a secret that can be rotated.
fn everything() -> Inventory {
    Inventory { secret: secret(true, false).secret, ..keys([key(KEY, 400), key(OTHER_KEY, 400)]) }
}
