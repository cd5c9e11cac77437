//! What was seen after the steps: what had appeared meanwhile, what the contained identity had made, what lives again.

use super::facts::by_hand;
use super::words::{Item, spaced};
use crate::record::case::{Case, Confirmation, Purpose, StepRecord};
use crate::words::command::Command;
use crate::words::subject::SubjectKind;
use crate::words::verdict::Verdict;

/// One line for each recheck.
pub(super) fn rechecked(case: &Case) -> Vec<Item> {
    let rechecks = case.rechecks.iter().map(|recheck| {
        let saw = match (recheck.is_quiet(), recheck.unread.is_empty()) {
            (true, true) => "nothing had appeared".to_owned(),
            (true, false) => "nothing was seen to have appeared, but NOT ALL COULD BE READ".to_owned(),
            (false, _) => recheck.found.join("; "),
        };
        Item::of(&format!("recheck {} at {:.0}: {saw}", recheck.number, recheck.at))
    });
    rechecks.collect()
}

/// What the contained identity had made, and how the case about it stands.
pub(super) fn made_by_it(case: &Case, stack: &str) -> Vec<Item> {
    let items = case.followed.iter().map(|of| match (&of.case, of.verdict) {
        (Some(case), Some(Verdict::VerifiedRevoked)) => Item::of(&format!("{}: ended, confirmed ({case})", of.what)),
        (Some(case), verdict) => {
            let stands = verdict.map_or("not concluded yet".to_owned(), |verdict| spaced(verdict.as_str()));
            Item::with(
                &format!("{}: {}", of.what, stands.to_uppercase()),
                Some(Command::sever("status").word(case.as_str()).option("stack", stack)),
            )
        }
        (None, _) => Item::of(&format!("{}: NO CASE COULD BE OPENED, look at it by hand", of.what)),
    });
    items.collect()
}

/// What everything looked like when somebody had it read back.
pub(super) fn read_back(case: &Case) -> Vec<Item> {
    let verification = match case.purpose() {
        Purpose::Verify(verification) => verification,
        Purpose::React | Purpose::Restore(_) => return vec![],
    };
    if verification.alive.is_empty() {
        let all = case.steps.iter().filter(|record| record.was_taken());
        return vec![Item::of(if all.into_iter().all(StepRecord::is_confirmed) {
            "all that this case had ended is still dead"
        } else {
            "nothing was seen to live, but NOT ALL COULD BE READ"
        })];
    }
    verification.alive.iter().map(|what| Item::of(what)).collect()
}

/// What a person does when access that was dead lives again.
pub(super) fn next_after_reappearance(case: &Case, stack: &str) -> Vec<Item> {
    let mut items = Vec::new();
    if let Some(arn) = &case.subject.arn {
        items.push(Item::with(
            "have it contained again",
            Some(
                Command::sever("contain")
                    .quoted_word(arn.as_str())
                    .option("signal", case.signal.kind.as_str())
                    .option("severity", case.signal.severity.as_str())
                    .quoted("reason", &format!("it is back, see {}", case.id))
                    .option("stack", stack),
            ),
        ));
    }
    let lives = case
        .steps
        .iter()
        .filter(|record| matches!(record.confirmation, Some(Confirmation::Unconfirmed { contradicted: true, .. })));
    items.extend(lives.filter_map(|record| {
        let step = &record.step.countermeasure;
        let command = by_hand(case, step)?;
        Some(Item::with(&format!("or {} by hand", step.describe()), Some(command)))
    }));
    // IAM records its calls in one Region, that of its endpoint.
    let is_iam = matches!(case.subject.kind, SubjectKind::User | SubjectKind::Role);
    let command = Command::aws("cloudtrail", "lookup-events")
        .option("region", "us-east-1")
        .quoted("lookup-attributes", &format!("AttributeKey=ResourceName,AttributeValue={}", case.subject.name));
    items.push(Item::with("find out who brought it back: CloudTrail names the caller", is_iam.then_some(command)));
    items
}
