//! Cases, reactions and explanations for a reader.

use std::io::{self, Write};

use jiff::Timestamp;
use severance_domain::case::Case;
use severance_domain::plan::{Disposition, Step};
use severance_domain::profile::{Basis, Field, Origin, Profile};
use severance_domain::radius::BlastRadius;
use severance_domain::respond::{Answer, Explanation, Reacted};
use severance_domain::review::{Decision, Review};

use crate::output::step::write_step;
use crate::output::text::{name, write_field, write_list};
use crate::output::{course, credentials};
use crate::terminal::clean;

/// What came of a claim, subject by subject.
pub(crate) fn reactions(reactions: &[Reacted], out: &mut dyn Write) -> io::Result<()> {
    if reactions.is_empty() {
        writeln!(out, "Nothing was found that the claim is about.")?;
    }
    for reacted in reactions {
        let replayed = if reacted.replayed { " (had been done before; nothing was changed now)" } else { "" };
        writeln!(out, "{}  {}{replayed}", reacted.verdict, clean(&reacted.subject))?;
        write_field("Case", &format!("{} revision {}", reacted.case, reacted.revision), out)?;
        write_field("Evidence", &reacted.evidence, out)?;
        if let Some(until) = &reacted.rechecked_until {
            write_field(
                "Until",
                &format!("{until:.0} it is being rechecked; then the last verdict is published"),
                out,
            )?;
        }
        if let Some(plan) = &reacted.plan {
            let decide =
                format!("{plan} waits for a person: sever approve|deny {} --plan {plan} --reason TEXT", reacted.case);
            write_field("Plan", &decide, out)?;
        }
    }
    Ok(())
}

/// What was done, where there is nothing more to tell.
pub(crate) fn done(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    match answer {
        Answer::Done { what, count } => writeln!(out, "{} ({count})", clean(what)),
        _ => writeln!(out, "done"),
    }
}

/// A case as it stands now.
pub(crate) fn case(case: &Case, now: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    let verdict = case.verdict.map_or("none yet: steps are being taken", |verdict| verdict.as_str());
    writeln!(out, "{} revision {}", case.id, case.revision)?;
    write_field("Verdict", verdict, out)?;
    write_field("Who", &format!("{} {}", case.subject.kind.as_words(), case.subject.label()), out)?;
    if let Some(renamed) = &case.renamed {
        write_field("Now", &format!("{}: renamed, found at {:.0}", renamed.arn, renamed.at), out)?;
    }
    profile(&case.profile, out)?;
    write_field("What", &case.signal.title, out)?;
    let severity = case.signal.severity.as_str();
    write_field(
        "Why",
        &format!("{}, severity {severity}, from {}", name(&case.signal.kind), name(&case.signal.source)),
        out,
    )?;
    if let Some(request) = &case.signal.request {
        let ticket = request.ticket.as_ref().map(|ticket| format!(", ticket {ticket}")).unwrap_or_default();
        write_field("Asked by", &format!("{}: {}{ticket}", request.by, request.reason), out)?;
    }
    write_field("When", &format!("happened {}, opened {:.0}", case.signal.times(), case.opened_at), out)?;
    if let Some(follows) = &case.signal.follows {
        write_field("Found by", &format!("the containment {}", follows.case), out)?;
    }
    write_field("Mode", case.mode.as_str(), out)?;
    course::cutover(case.signal.cutover.as_deref(), out)?;
    credentials::write("What it held", &case.inventory, out)?;
    writeln!(out, "  Steps")?;
    if case.steps.is_empty() {
        writeln!(out, "    none")?;
    }
    for (n, record) in case.steps.iter().enumerate() {
        write_step(n + 1, record, out)?;
        ruling(&record.step, out)?;
    }
    exemptions(case.exemptions.iter().map(|exemption| (exemption.id.as_str(), exemption.covered.as_slice())), out)?;
    write_list("Notes", &case.notes, out)?;
    course::rechecks(&case.rechecks, out)?;
    course::followed(case, out)?;
    course::residual(case, now, out)?;
    write_list("Could not be read", &case.inventory.unread, out)?;
    write_list("Not looked for", &case.inventory.gaps, out)?;
    course::verification(case.verification.as_ref(), out)?;
    course::restoration(case.restoration.as_ref(), out)?;
    case.review.as_ref().map_or(Ok(()), |of| review(case, of, out))
}

fn review(case: &Case, review: &Review, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  Review")?;
    write_field("  Plan", review.short_plan(), out)?;
    write_field("  Asked", &review.requested_at.to_string(), out)?;
    if let Some(at) = review.escalated_at {
        write_field("  Again", &at.to_string(), out)?;
    }
    match &review.decision {
        None => {
            write_field("  Until", &format!("{}, then: {}", review.expires_at, on_silence(review)), out)?;
            let plan = review.short_plan();
            write_field("  Decide", &format!("sever approve|deny {} --plan {plan} --reason TEXT", case.id), out)
        }
        Some(Decision::Approved { by, reason, at, .. }) => {
            write_field("  Approved", &format!("{at} by {by}: {reason}"), out)
        }
        Some(Decision::Denied { by, reason, at, .. }) => {
            write_field("  Denied", &format!("{at} by {by}: {reason}"), out)
        }
        Some(Decision::Lapsed { enforced: true, at }) => {
            write_field("  Lapsed", &format!("{at}: nobody answered, so it was carried out"), out)
        }
        Some(Decision::Lapsed { enforced: false, at }) => {
            write_field("  Lapsed", &format!("{at}: nobody answered, so nothing was done"), out)
        }
    }
}

/// What happens to a held plan that nobody answers.
pub(super) fn on_silence(review: &Review) -> &'static str {
    if review.enforce_on_silence { "carried out" } else { "not done" }
}

/// What would be done about each subject, where a claim was explained.
pub(crate) fn explained(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    match answer {
        Answer::Explained(explained) if explained.is_empty() => {
            writeln!(out, "Nothing was found that the claim is about.")
        }
        Answer::Explained(explained) => explained.iter().try_for_each(|one| explanation(one, out)),
        _ => Ok(()),
    }
}

/// What would be done about one subject, and who says so.
fn explanation(explained: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let Explanation { subject, profile: of, inventory, plan, mode, blast_radius, radius } = explained;
    writeln!(out, "{} {}", subject.kind.as_words(), clean(&subject.label()))?;
    profile(of, out)?;
    write_field("Mode", mode.as_str(), out)?;
    write_list("What it would hit", blast_radius, out)?;
    write_list("What it could do", &radius.iter().flat_map(BlastRadius::lines).collect::<Vec<_>>(), out)?;
    write_list("Not read", &inventory.unread, out)?;
    writeln!(out, "  Steps")?;
    if plan.steps.is_empty() {
        writeln!(out, "    none")?;
    }
    for (n, step) in plan.steps.iter().enumerate() {
        writeln!(out, "    {}. {}: {}", n + 1, answer(step), clean(&step.countermeasure.describe()))?;
        writeln!(out, "       because {}", clean(&step.reason))?;
        ruling(step, out)?;
        if step.disposition() == Disposition::Review {
            let carried_out = step.ruling.as_ref().is_some_and(|ruling| ruling.enforce_on_silence);
            let silence =
                if carried_out { "it is carried out, if that holds of every held step" } else { "it is not done" };
            writeln!(out, "       if nobody answers in time, {silence}")?;
        }
    }
    exemptions(plan.exemptions.iter().map(|exemption| (exemption.id.as_str(), exemption.covered.as_slice())), out)?;
    write_list("Notes", &plan.notes, out)
}

/// What is answered about a step, where it cannot be overlooked.
pub(super) fn answer(step: &Step) -> &'static str {
    match step.disposition() {
        Disposition::Enforce => "ENFORCE",
        Disposition::Review => "REVIEW",
        Disposition::Observe => "OBSERVE",
        Disposition::Refuse => "REFUSE",
        Disposition::Decline => "DECLINE",
    }
}

/// The policies' own answer, which policies led to it, and what lowered it.
fn ruling(step: &Step, out: &mut dyn Write) -> io::Result<()> {
    let Some(ruling) = &step.ruling else { return Ok(()) };
    writeln!(out, "       the policies say {}", name(&ruling.answer))?;
    for policy in &ruling.policies {
        let says = policy.says.as_ref().map(|says| format!(": {says}")).unwrap_or_default();
        writeln!(out, "         {}{}", clean(&policy.id), clean(&says))?;
    }
    if let Some(by) = &ruling.lowered_by {
        writeln!(out, "       lowered to {}: {}", name(&step.disposition()), clean(by))?;
    }
    Ok(())
}

/// Which exemption covered which steps.
pub(super) fn exemptions<'a>(of: impl Iterator<Item = (&'a str, &'a [String])>, out: &mut dyn Write) -> io::Result<()> {
    let lines: Vec<String> = of.map(|(id, covered)| format!("{id} covers {}", covered.join(", "))).collect();
    write_list("Exemptions", &lines, out)
}

/// Who answers for it, and who says so.
pub(super) fn profile(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let from = |field: Field| profile.basis.get(&field).map(basis).unwrap_or_default();
    let owners = if profile.owners.is_empty() { "nobody".to_owned() } else { profile.owners.join(", ") };
    write_field("Owner", &format!("{owners}{}", from(Field::Owners)), out)?;
    let class = profile.class.map_or("not known", |class| class.as_str());
    write_field("Class", &format!("{class}{}", from(Field::Class)), out)?;
    if let Some(environment) = &profile.environment {
        write_field("Runs in", &format!("{environment}{}", from(Field::Environment)), out)?;
    }
    if let Some(criticality) = profile.criticality {
        write_field("Critical", &format!("{}{}", criticality.as_str(), from(Field::Criticality)), out)?;
    }
    if let Some(privileged) = profile.privileged {
        let may = if privileged { "may administer the account" } else { "may not administer the account" };
        write_field("Rights", &format!("{may}{}", from(Field::Privileged)), out)?;
    }
    Ok(())
}

fn basis(basis: &Basis) -> String {
    match basis.origin {
        Origin::Tag => format!(" (tag {})", basis.detail),
        Origin::Registry => format!(" ({})", basis.detail),
        Origin::Inferred => format!(" (inferred, confidence {}: {})", name(&basis.confidence), basis.detail),
    }
}
