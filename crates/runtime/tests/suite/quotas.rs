//! A user whose quotas are used up, by whom ever: it is contained all the same, and what was there comes back.

use crate::common::*;
use severance_domain::case::{CaseId, Outcome};
use severance_domain::ids::{AccessKeyId, Arn};
use severance_domain::policy::Request;
use severance_domain::respond::Answer;
use severance_domain::signal::Signal;
use severance_domain::verdict::Verdict;

const DENIAL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";
const DEVELOPERS: &str = "arn:aws:iam::111122223333:policy/developers";

/// Of 2,048 characters that all inline policies of a user may have together, eight are left.
fn full(attachments: usize) -> FakeAws {
    let aws = one_user();
    {
        let mut state = aws.state();
        let user = state.users.get_mut(USER).unwrap();
        let reads =
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
        let padded = format!(r#""Sid":"{}""#, "x".repeat(2_040 - reads.len()));
        user.policies.insert("work".to_owned(), reads.replace(r#""Sid":"""#, &padded));
        user.attached = (0..attachments).map(|n| format!("arn:aws:iam::{ACCOUNT}:policy/work-{n}")).collect();
        user.boundary = Some(DEVELOPERS.to_owned());
    }
    aws
}

fn exposed() -> Signal {
    Signal { access_key: AccessKeyId::try_from(KEY).ok(), ..compromised() }
}

async fn restore(aws: &FakeAws, case: &CaseId) -> Answer {
    let by = Arn::try_from("arn:aws:iam::111122223333:user/alice").unwrap();
    let request = Request { by, reason: "it is clean again".to_owned(), ticket: None, standing: None };
    Box::pin(reactor(aws, "enforce").restore(case, request, false, "holder")).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_user_without_room_for_an_inline_policy_is_contained_at_once() {
    for (attachments, action, boundary) in
        [(1, "iam:AttachUserPolicy", DEVELOPERS), (10, "iam:PutUserPermissionsBoundary", DENIAL)]
    {
        let aws = full(attachments);
        let reaction = deliver(&aws, &exposed(), "first").await.unwrap();
        assert_eq!((reaction.verdict, reaction.revision), (at_first(&exposed()), 1));
        let all = aws.take_calls();
        let calls = mutating(&all);
        let at = |action: &str| calls.iter().position(|call| *call == action).unwrap_or_else(|| panic!("{calls:?}"));
        assert!(at("iam:PutUserPolicy") < at(action) && at(action) < at("iam:UpdateAccessKey"), "{calls:?}");
        let user = aws.state().users[USER].clone();
        assert_eq!((user.policies.len(), user.boundary.as_deref()), (1, Some(boundary)));
        assert_eq!(user.attached.contains(&DENIAL.to_owned()), attachments == 1);

        let (case, _) = stored(&aws);
        let Some(Outcome::Applied { note: Some(note), .. }) = &case.steps[0].outcome else { panic!("{case:#?}") };
        assert!(note.contains("AWSDenyAll") && note.contains("iam:PutUserPolicy answered LimitExceeded"), "{note}");
        assert_eq!(evidence(&aws)[0].0.predicate.case, case);

        // Sessions from before stay denied after a restore, which takes room that only its owner can make.
        let refused = restore(&aws, &reaction.case).await;
        assert!(
            !matches!(&refused, Answer::Reacted { reactions } if reactions[0].verdict == Verdict::Restored),
            "{refused:?}"
        );
        let held = aws.state().users[USER].clone();
        assert_eq!((held.boundary.as_deref(), held.attached.len()), (Some(boundary), user.attached.len()));
    }
}

#[tokio::test(start_paused = true)]
async fn what_denied_it_is_taken_away_again_and_the_earlier_boundary_comes_back() {
    for attachments in [1, 10] {
        let aws = full(attachments);
        let before = aws.state().users[USER].clone();
        let reaction = deliver(&aws, &exposed(), "first").await.unwrap();
        aws.state().users.get_mut(USER).unwrap().policies.clear();
        let restored = restore(&aws, &reaction.case).await;
        let Answer::Reacted { reactions } = restored else { panic!("{restored:?}") };
        assert_eq!(reactions[0].verdict, Verdict::Restored, "{:#?}", stored(&aws).0);
        let after = aws.state().users[USER].clone();
        assert_eq!((after.attached, after.boundary), (before.attached, before.boundary));
        assert_eq!(after.policies.keys().collect::<Vec<_>>(), ["SeveranceRevokeOlderSessions"]);
        assert!(!after.keys[KEY], "what others know stays dead");
    }
}

#[tokio::test(start_paused = true)]
async fn where_iam_takes_no_denial_at_all_each_refusal_is_named_and_nothing_is_called_done() {
    let aws = full(10);
    aws.fault("iam:PutUserPermissionsBoundary", DENIED, usize::MAX);
    let reaction = deliver(&aws, &exposed(), "first").await.unwrap();
    assert_eq!(reaction.verdict, Verdict::Partial);
    let (case, _) = stored(&aws);
    let Some(Outcome::Failed { action, code, message, .. }) = &case.steps[0].outcome else { panic!("{case:#?}") };
    assert_eq!((action.as_str(), code.as_str()), ("iam:PutUserPolicy", "LimitExceeded"));
    for way in ["iam:AttachUserPolicy answered LimitExceeded", "iam:PutUserPermissionsBoundary answered AccessDenied"] {
        assert!(message.contains(way), "{message}");
    }
}
