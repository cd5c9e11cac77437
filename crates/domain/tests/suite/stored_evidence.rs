//! Evidence is read for years, by later versions too. The files below `stored/evidence` are what this code published in November
//! 2026, in whole runs over an AWS in memory whose KMS signed with the key beside them. No byte of them may change.

use severance_domain::case::{Confirmation, Outcome};
use severance_domain::digest::Digest;
use severance_domain::evidence::verify::{PublicKey, Verified, chains, verify};
use severance_domain::plan::Disposition;
use severance_domain::playbook::Mode;
use severance_domain::review::Decision;
use severance_domain::signal::SignalKind;
use severance_domain::verdict::Verdict;

const KEY: &str = include_str!("stored/evidence/key.pem");

/// A case that was held, and the same once somebody had approved it.
const REVIEWED: [&str; 2] = [
    include_str!("stored/evidence/reviewed-r0001.dsse.json"),
    include_str!("stored/evidence/reviewed-r0002.dsse.json"),
];

/// A containment, and the same once it was given back.
const RESTORED: [&str; 2] = [
    include_str!("stored/evidence/restored-r0001.dsse.json"),
    include_str!("stored/evidence/restored-r0002.dsse.json"),
];

/// The end of a key that a rotation had replaced.
const CUT: &str = include_str!("stored/evidence/cut-r0001.dsse.json");

fn verified(file: &str) -> Verified {
    verify(file.as_bytes(), &[PublicKey::from_pem(KEY).unwrap()]).unwrap_or_else(|failure| panic!("{failure}"))
}

/// A case of these revisions, none of which is missing.
fn whole(files: [&str; 2]) -> [Verified; 2] {
    let records = files.map(verified);
    let chains = chains(&records);
    let [chain] = chains.as_slice() else { panic!("{chains:?}") };
    assert!(chain.missing.is_empty() && chain.faults.is_empty(), "{chain:?}");
    assert_eq!(chain.records.len(), 2);
    records
}

#[test]
fn what_was_signed_is_written_again_to_the_byte() {
    for file in REVIEWED.into_iter().chain(RESTORED).chain([CUT]) {
        let record = verified(file);
        assert_eq!(Digest::of(&record.statement.to_bytes()), record.digest, "what is not read is not written");
        let stack = &record.statement.predicate.stack;
        assert_eq!(record.fingerprint, stack.signing_key.fingerprint);
        assert_eq!((stack.name.as_str(), stack.account.as_str()), ("severance", "111122223333"));
        let [subject] = record.statement.subject.as_slice() else { panic!("{:?}", record.statement.subject) };
        assert_eq!(subject.name, "arn:aws:iam::111122223333:user/build-bot");
    }
}

#[test]
fn a_review_and_its_approval_are_read() {
    let [held, approved] = whole(REVIEWED).map(|record| record.statement.predicate);
    assert_eq!((held.case.verdict, held.case.mode), (Some(Verdict::AwaitingReview), Mode::Review));
    assert!(held.case.steps.iter().all(|of| of.step.disposition() == Disposition::Review && of.outcome.is_none()));
    let asked = held.case.review.unwrap();
    assert_eq!((asked.decision, asked.enforce_on_silence), (None, false));
    assert_eq!(asked.expires_at, "2026-12-03T00:11:15.588Z".parse().unwrap());
    assert_eq!(held.proof.not_proven.len(), 3);

    let case = approved.case;
    assert_eq!((case.revision, case.verdict), (2, Some(Verdict::VerifiedRevoked)));
    let answered = case.review.unwrap();
    assert_eq!(answered.plan, asked.plan);
    let Some(Decision::Approved { by, reason, .. }) = answered.decision else { panic!("{:?}", answered.decision) };
    assert_eq!((by.as_str(), reason.as_str()), ("arn:aws:iam::111122223333:user/carol", "the owner agreed"));
    assert_eq!(case.steps.len(), 3);
    for of in &case.steps {
        assert_eq!(of.step.disposition(), Disposition::Enforce);
        assert!(matches!(of.outcome, Some(Outcome::Applied { .. })), "{of:?}");
        assert!(matches!(of.confirmation, Some(Confirmation::Confirmed { .. })), "{of:?}");
    }
    assert_eq!(case.radius.unwrap().score, 7);
    assert_eq!(case.rechecks.len(), 1);
    assert_eq!(approved.proof.residual[0].at_most_hours, 12);
}

#[test]
fn a_containment_and_its_restoration_are_read() {
    let [contained, restored] = whole(RESTORED).map(|record| record.statement.predicate.case);
    assert_eq!((contained.revision, contained.verdict), (1, Some(Verdict::VerifiedRevoked)));
    assert_eq!((contained.steps.len(), contained.restoration.is_none()), (7, true));
    assert_eq!(restored.verdict, Some(Verdict::Restored));
    assert_eq!(restored.steps, contained.steps);
    let restoration = restored.restoration.unwrap();
    assert_eq!(restoration.request.by.as_str(), "arn:aws:iam::111122223333:user/responder");
    let undone = restoration.steps.iter().filter(|of| matches!(of.outcome, Some(Outcome::Applied { .. })));
    assert_eq!((restoration.steps.len(), undone.count()), (7, 5), "the password and the exposed key stay as they are");
}

#[test]
fn the_cutover_of_a_key_is_read() {
    let case = verified(CUT).statement.predicate.case;
    assert_eq!(case.signal.kind, SignalKind::CredentialSuperseded);
    let facts = case.signal.cutover.unwrap();
    assert_eq!((facts.stage.as_str(), facts.replaced_by.as_str()), ("quiet", "AKIAI44QH8DHBEXAMPLE"));
    assert_eq!(facts.copies.found[0].arn, "arn:aws:ssm:eu-west-1:111122223333:parameter/legacy");
    assert_eq!(facts.copies.unread, ["two secrets"]);
}
