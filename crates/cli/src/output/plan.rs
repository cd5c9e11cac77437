//! All that would be done about an identity, and all that it would hit.

use std::io::{self, Write};

use severance_domain::evidence::Residual;
use severance_domain::plan::{Disposition, Step};
use severance_domain::radius::BlastRadius;
use severance_domain::respond::{Claim, Explanation};
use severance_domain::signal::Severity;

use crate::output::text::{name, write_field, write_list};
use crate::output::{course, credentials, table, view};
use crate::terminal::clean;

/// Writes all of it about one subject. `residual` is what would live on once all of it is done.
pub(crate) fn write(
    explained: &Explanation,
    claim: &Claim,
    residual: &[Residual],
    out: &mut dyn Write,
) -> io::Result<()> {
    let Explanation { subject, profile, inventory, plan, mode, blast_radius, radius } = explained;
    writeln!(out, "{} {}", subject.kind.as_words(), clean(&subject.label()))?;
    if let Some(id) = &subject.unique_id {
        write_field("Unique id", id.as_str(), out)?;
    }
    view::profile(profile, out)?;
    let key = claim.access_key.as_ref().map(|key| format!(", about {key}")).unwrap_or_default();
    let severity = claim.severity.unwrap_or(Severity::High).as_str();
    write_field("Claim", &format!("{}, severity {severity}{key}", claim.signal.as_str()), out)?;
    write_field("Mode", mode.as_str(), out)?;
    write_field("Answer", &summary(&plan.steps), out)?;
    credentials::write("What it holds", inventory, out)?;
    let rows: Vec<Vec<String>> = plan.steps.iter().enumerate().map(|(n, step)| row(n, step)).collect();
    table::write_section("What would be done, in this order", &["#", "ANSWER", "STEP", "POLICY", "WHY"], &rows, out)?;
    let held: Vec<String> = plan.steps.iter().enumerate().filter_map(|(n, step)| why_not(n, step)).collect();
    write_list("Why not at once", &held, out)?;
    view::exemptions(plan.exemptions.iter().map(|of| (of.id.as_str(), of.covered.as_slice())), out)?;
    write_list("What it would hit", blast_radius, out)?;
    write_list("What it could do", &radius.iter().flat_map(BlastRadius::lines).collect::<Vec<_>>(), out)?;
    write_list("Could not be read", &inventory.unread, out)?;
    write_list("Not looked for", &inventory.gaps, out)?;
    course::residual_after(residual, out)?;
    write_list("Notes", &plan.notes, out)
}

/// What is to be done now, below all subjects. `command` does what was shown.
pub(crate) fn write_next(explained: &[Explanation], command: &str, out: &mut dyn Write) -> io::Result<()> {
    if explained.iter().any(would_do_something) {
        writeln!(out, "To do it:\n  {}", clean(command))
    } else if explained.is_empty() {
        writeln!(out, "Nothing was found that the claim is about.")
    } else {
        writeln!(out, "sever contain would change nothing.")
    }
}

fn would_do_something(explained: &Explanation) -> bool {
    let does = |step: &Step| matches!(step.disposition(), Disposition::Enforce | Disposition::Review);
    explained.plan.steps.iter().any(does)
}

/// How many steps would be taken at once, and what becomes of the others.
fn summary(steps: &[Step]) -> String {
    let count = |wanted: Disposition| steps.iter().filter(|step| step.disposition() == wanted).count();
    let parts: Vec<String> = [
        (count(Disposition::Enforce), "done at once"),
        (count(Disposition::Review), "held for a person"),
        (count(Disposition::Observe), "only written down"),
        (count(Disposition::Refuse), "refused"),
        (count(Disposition::Decline), "declined before"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    let all = if steps.len() == 1 { "step" } else { "steps" };
    if parts.is_empty() { "no step".to_owned() } else { format!("of {} {all}: {}", steps.len(), parts.join(", ")) }
}

fn row(n: usize, step: &Step) -> Vec<String> {
    let policies = step.ruling.iter().flat_map(|ruling| &ruling.policies).map(|policy| policy.id.as_str());
    vec![
        (n + 1).to_string(),
        view::answer(step).to_owned(),
        step.countermeasure.describe(),
        policies.collect::<Vec<_>>().join(", "),
        step.reason.clone(),
    ]
}

/// What keeps a step from being taken at once, in the words of whatever does.
fn why_not(n: usize, step: &Step) -> Option<String> {
    let ruling = step.ruling.as_ref()?;
    if step.disposition() == Disposition::Enforce {
        return None;
    }
    let says: Vec<&str> = ruling.policies.iter().filter_map(|policy| policy.says.as_deref()).collect();
    let by = ruling.lowered_by.clone().unwrap_or_else(|| {
        if says.is_empty() { format!("the policies say {}", name(&ruling.answer)) } else { says.join(" ") }
    });
    let silence = match (step.disposition(), ruling.enforce_on_silence) {
        (Disposition::Review, true) => "; if nobody answers in time it is done, if that holds of every held step",
        (Disposition::Review, false) => "; if nobody answers in time it is not done",
        _ => "",
    };
    Some(format!("{}. {by}{silence}", n + 1))
}
