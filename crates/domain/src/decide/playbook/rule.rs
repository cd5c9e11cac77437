//! Whether each step that fits is taken.

use super::attribution::attribution;
use super::context::Context;
use crate::countermeasure::Countermeasure;
use crate::decide::policy::{Attribution, Policy, Question};
use crate::decide::refusals;
use crate::record::exemption::{Exemption, ExemptionUse};
use crate::record::plan::Plan;
use crate::words::mode::Mode;
use crate::words::profile::Profile;
use crate::words::ruling::Disposition;
use crate::words::signal::Signal;
use crate::words::subject::{Inventory, Subject};

/// Asks the policies about each step that would be taken, and then lowers what refusals, the breaker or the stack's mode keep
/// from being taken.
pub(super) fn rule(
    plan: &mut Plan,
    signal: &Signal,
    subject: &Subject,
    profile: &Profile,
    inventory: &Inventory,
    context: &Context,
    policy: &dyn Policy,
) {
    let attribution = attribution(signal, subject, profile).map_or(Attribution::Direct, |(attribution, _)| attribution);
    let in_force: Vec<&Exemption> =
        context.exemptions.iter().filter(|exemption| exemption.is_in_force(context.now)).collect();
    let mut uses: Vec<(&Exemption, Vec<String>)> = Vec::new();
    // Holding for review touches nothing, so there is nothing in it to ask about or to refuse.
    for step in plan.steps.iter_mut().filter(|step| step.disposition == Disposition::Enforce) {
        let exemption = in_force.iter().find(|exemption| exemption.covers(subject, &step.countermeasure));
        if let Some(exemption) = exemption {
            let name = step.countermeasure.as_str().to_owned();
            match uses.iter_mut().find(|(known, _)| known.id == exemption.id) {
                Some((_, covered)) if covered.contains(&name) => {}
                Some((_, covered)) => covered.push(name),
                None => uses.push((exemption, vec![name])),
            }
        }
        let ruling = policy.answer(&Question {
            countermeasure: &step.countermeasure,
            subject,
            profile,
            inventory,
            signal,
            attribution,
            exempted: exemption.is_some(),
            breaker_open: context.breaker_open,
            mode: context.mode,
            organizational_units: &context.organizational_units,
            now: context.now,
        });
        step.disposition = ruling.answer;
        step.ruling = Some(ruling);
    }
    plan.exemptions = uses.into_iter().map(|(exemption, covered)| ExemptionUse::of(exemption, covered)).collect();
    if let Some(refusal) = refusals::refusal(subject, profile, &context.own_roles) {
        for step in plan.steps.iter_mut().filter(|step| step.countermeasure != Countermeasure::HoldForReview) {
            step.lower(Disposition::Refuse, refusal);
            step.reason = format!("{refusal} (asked for because {})", step.reason);
        }
    }
    if let Some(why) = refusals::hold(profile) {
        plan.lower(Disposition::Review, why);
    }
    if context.breaker_open {
        plan.lower(Disposition::Review, BREAKER_OPEN);
    }
    match context.mode {
        // An approval would be refused, so nobody is asked for one.
        Mode::Observe => {
            for step in plan.steps.iter_mut().filter(|step| step.ruling.is_some()) {
                if matches!(step.disposition, Disposition::Enforce | Disposition::Review) {
                    step.lower(Disposition::Observe, "the stack's mode is observe");
                }
            }
        }
        Mode::Review => plan.lower(Disposition::Review, "the stack's mode is review"),
        Mode::Enforce => {}
    }
}

/// What lowers a step while the breaker is open.
pub const BREAKER_OPEN: &str = "the breaker is open: too many identities were to be changed in its window";
