//! A rotation is at its end when the replicas in other Regions have followed.

use crate::common::*;
use severance_domain::verdict::Verdict;

const THERE: &str = "us-west-2";

/// A secret with a replica whose versions are these, and whose replication went so.
fn replicated(status: &'static str, follows: bool) -> FakeAws {
    let aws = one_secret();
    let mut state = aws.state();
    let primary = state.secrets.get_mut(SECRET).unwrap();
    primary.replicas = vec![(THERE.to_owned(), status)];
    let mut replica = primary.clone();
    replica.replicas.clear();
    replica.primary = Some("eu-west-1".to_owned());
    // The in-memory AWS ends a rotation when it is looked at, in each Region that takes part in it.
    replica.driven = !follows;
    if follows {
        let version = severance_domain::digest::Digest::of(format!("{} {SECRET}", case_id()).as_bytes());
        replica.versions = [(version.as_hex().to_owned(), vec!["AWSCURRENT".to_owned()])].into();
    }
    state.secrets.insert(SECRET.replacen("eu-west-1", THERE, 1), replica);
    drop(state);
    aws
}

/// The case of the claim, whose name the new version is made from.
fn case_id() -> severance_domain::case::CaseId {
    use severance_domain::ids::{AccountId, Arn};
    use severance_domain::subject::{Subject, SubjectKind};
    let signal = about_secret();
    let subject = Subject {
        kind: SubjectKind::Secret,
        account: AccountId::try_from(ACCOUNT).unwrap(),
        name: "db/main".to_owned(),
        arn: Some(Arn::try_from(SECRET).unwrap()),
        unique_id: None,
    };
    severance_domain::case::CaseId::of(signal.kind, &subject, &signal.finding_id)
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_has_followed_ends_the_rotation() {
    let aws = replicated("InSync", true);
    let reaction = deliver(&aws, &about_secret(), "first").await.unwrap();
    assert_eq!(reaction.verdict, Verdict::VerifiedRevoked, "{:?}", stored(&aws).0.steps);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_has_not_followed_is_named() {
    for (status, told) in [("InSync", THERE), ("Failed", "us-west-2 (replication failed: no such key there)")] {
        let aws = replicated(status, false);
        let reaction = deliver(&aws, &about_secret(), "first").await.unwrap();
        assert_eq!(reaction.verdict, Verdict::RevokedUnverified, "{status}");
        let step = format!("{:?}", stored(&aws).0.steps[0].confirmation);
        assert!(step.contains("replicas that have not followed") && step.contains(told), "{step}");
        assert!(aws.state().table.keys().any(|key| key.starts_with("ROTATIONS")), "the schedule follows it");
    }
}
