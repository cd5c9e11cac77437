//! `sever plan`: all that would be done about an identity and all that it would hit, before anything is touched.

use jiff::{SignedDuration, Timestamp};
use severance_domain::case::{Case, Confirmation, Outcome};
use severance_domain::countermeasure::Countermeasure;
use severance_domain::digest::Digest;
use severance_domain::evidence::{Proof, Residual};
use severance_domain::respond::{Answer, Ask, Claim, Explanation};
use severance_domain::review::ReviewTimes;
use severance_domain::signal::{NewSignal, Severity, Signal, Source, SubjectHint};

use crate::arguments::plan::PlanOptions;
use crate::clock;
use crate::commands::claim;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::plan;
use crate::remote::unexpected;

/// Shows what would be done. Changes nothing.
pub(super) fn run(given: PlanOptions) -> Result<u8, Failure> {
    let PlanOptions { claim: asked, remote } = given;
    let responder = remote.stack().connect()?;
    let claim = claim::of(&asked, &responder)?;
    let answer = responder.ask(Ask::Explain(claim.clone()))?;
    let Answer::Explained(explained) = &answer else { return Err(unexpected()) };
    let now = clock::now();
    print(remote.json, &answer, |out| {
        for one in explained {
            plan::write(one, &claim, &foreseen(one, &claim, now), out)?;
            writeln!(out)?;
        }
        plan::write_next(explained, &asked.contain_command(&remote), out)
    })?;
    Ok(0)
}

/// What would live on if every step were taken and seen: what the proof of such a case would say.
fn foreseen(explained: &Explanation, claim: &Claim, now: Timestamp) -> Vec<Residual> {
    let Explanation { subject, profile, inventory, plan, mode, .. } = explained;
    let signal = Signal::new(NewSignal {
        kind: claim.signal,
        source: Source::Responder,
        event_id: String::new(),
        finding_id: String::new(),
        rule: String::new(),
        account: subject.account.clone(),
        region: String::new(),
        severity: claim.severity.unwrap_or(Severity::High),
        occurred_at: now,
        subject: SubjectHint::of_arn(&claim.subject).unwrap_or(SubjectHint::AccessKeyOnly),
        title: String::new(),
        event_digest: Digest::of(b""),
    })
    .with_access_key(claim.access_key.clone());
    // Nobody is asked, so how long somebody would have does not matter.
    let times = ReviewTimes { escalate_after: SignedDuration::ZERO, expire_after: SignedDuration::ZERO };
    let (subject, profile, inventory) = (subject.clone(), profile.clone(), inventory.clone());
    let mut case = Case::open(signal, subject, profile, inventory, plan.clone(), *mode, times, now);
    for record in case.steps.iter_mut().filter(|of| of.step.countermeasure != Countermeasure::HoldForReview) {
        record.outcome = Some(Outcome::Applied { at: now, note: None });
        record.confirmation = Some(Confirmation::Confirmed { at: now, observed: String::new() });
    }
    Proof::of(&case).residual
}
