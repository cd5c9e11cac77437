//! What holds of each countermeasure: taken and undone, what it is about gone, refused or unanswered at each call.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::*;
use severance_aws::countermeasures::{
    AdoptAccessKey, Attachment, DeleteAccessKey, Driver, PutBoundaryDenial, QuarantineByScp, QuarantineRole,
    QuarantineUser, RemoveAccountAssignment, RevokeRoleSessions, RevokeUserSessions,
};
use severance_domain::countermeasure::{self as card, Countermeasure, Kind};
use severance_domain::ids::AccessKeyId;
use severance_domain::right;

use super::play::{Half, Play, Said, case_id};
use super::policies::neutralizing;
use super::{CASE, OTHER_CASE, POLICY, ROLE_ARN, arn, aws, boundary, role, scenes, scp, unassign, user, user_arn};

#[tokio::test(start_paused = true)]
async fn each_is_taken_and_undone_and_a_second_time_changes_nothing() {
    for scene in scenes() {
        let mut play = Play::of(&scene);
        let before = play.state();
        assert!(matches!(play.must(Half::Confirm).await, Said::NotYet(_)), "{:?}", scene.step);
        play.changes(Half::Apply).await;
        play.in_effect(Half::Confirm).await;
        let taken = play.aws.state().users.clone();
        play.must(Half::Apply).await;
        play.in_effect(Half::Confirm).await;
        assert_eq!(taken.keys().collect::<Vec<_>>(), play.aws.state().users.keys().collect::<Vec<_>>());
        if !scene.reversible {
            let why = play.already(Half::Undo).await;
            assert_eq!(play.not_yet(Half::ConfirmUndone).await, why);
            continue;
        }
        play.not_yet(Half::ConfirmUndone).await;
        play.changes(Half::Undo).await;
        play.in_effect(Half::ConfirmUndone).await;
        if !scene.keep_sessions_denied {
            assert_eq!(play.state(), before, "{:?}", scene.step);
        }
        play.aws.take_calls();
        let after = play.state();
        play.already(Half::Undo).await;
        play.in_effect(Half::ConfirmUndone).await;
        assert_eq!(play.state(), after, "{:?}", scene.step);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_ended_already_and_cannot_be_given_back() {
    for scene in scenes() {
        let mut play = Play::of(&scene);
        (scene.vanish)(&play.aws);
        if matches!(scene.step, Countermeasure::QuarantineByScp(_)) {
            assert_eq!(play.already(Half::Undo).await, "it is not there any more");
            continue;
        }
        let note = play.already(Half::Apply).await;
        assert!(note.contains("any more"), "{:?}: {note}", scene.step);
        let note = play.already(Half::Undo).await;
        assert!(!scene.reversible || note.contains("any more"), "{:?}: {note}", scene.step);
        // A user or a role that is not found by its name may live on under another.
        let by_name = play.aws.state().users.is_empty() || play.aws.state().roles.is_empty();
        if scene.reversible && by_name {
            assert!(play.not_yet(Half::ConfirmUndone).await.contains("renamed"), "{:?}", scene.step);
        } else if scene.reversible {
            play.in_effect(Half::ConfirmUndone).await;
        }
        match (play.must(Half::Confirm).await, &scene.step) {
            (Said::InEffect(how), Countermeasure::DeactivateAccessKey(_)) => {
                assert!(how.contains("no other holder"));
            }
            // What the secret's value opens does not go with the secret.
            (Said::NotYet(why), Countermeasure::RotateSecret(_)) => assert!(why.contains("not seen replaced"), "{why}"),
            (Said::NotYet(why), _) => assert!(by_name && why.contains("renamed"), "{:?}: {why}", scene.step),
            (said, _) => assert!(!by_name && matches!(said, Said::InEffect(_)), "{:?}: {said:?}", scene.step),
        }
    }
}

/// What AWS says of a thing by an id or an ARN of its own: that there is no such thing is an answer. A password has none, and is read
/// beside its user, by that one's id.
const BY_ID: [&str; 6] = [
    "iam:GetLoginProfile",
    "iam:GetAccessKeyLastUsed",
    "iam:GetPolicy",
    "rolesanywhere:GetProfile",
    "sso:ListAccountAssignmentsForPrincipal",
    "identitystore:ListGroupMembershipsForMember",
];

#[tokio::test(start_paused = true)]
async fn no_error_and_no_answer_without_what_was_asked_for_reads_as_an_effect() {
    let faults = [
        DENIED,
        THROTTLED,
        Fault::Refuse(429, "TooManyRequestsException"),
        BROKEN,
        Fault::Silence,
        Fault::Refuse(404, "NoSuchEntity"),
        Fault::Refuse(400, "ResourceNotFoundException"),
        Fault::Blank,
    ];
    let mut asked = BTreeSet::new();
    for scene in scenes() {
        // As it is before the step is taken, and where the credentials that it is about have been deleted.
        for deleted in [false, true] {
            let staged = || {
                let play = Play::of(&scene);
                if deleted {
                    delete_credentials(&play.aws);
                }
                play
            };
            let mut whole = staged();
            whole.must(Half::Confirm).await;
            let calls = whole.aws.take_calls();
            asked.extend(calls.iter().cloned());
            for (n, action) in calls.iter().enumerate() {
                let earlier = calls[..n].iter().filter(|call| *call == action).count();
                for fault in faults {
                    let is_gone = matches!(fault, Fault::Refuse(_, "NoSuchEntity" | "ResourceNotFoundException"));
                    let is_empty_list = matches!(fault, Fault::Blank) && action.contains(":List");
                    if is_gone && BY_ID.contains(&action.as_str()) || is_empty_list {
                        continue;
                    }
                    let mut play = staged();
                    play.aws.fault_after(action, earlier, fault, usize::MAX);
                    let answer = play.ask(Half::Confirm).await;
                    let what = format!("{:?} {action} {fault:?}: {answer:?}", scene.step);
                    // Whatever its user's name says: that a key is not there any more, the key's own id does.
                    let by_id = |how: &str| deleted && is_gone && how.contains("no other holder");
                    assert!(!matches!(&answer, Ok(Said::InEffect(how)) if !by_id(how)), "{what}");
                }
            }
        }
    }
    assert!(BY_ID.iter().all(|action| asked.contains(*action) || *action == "iam:GetAccessKeyLastUsed"), "{asked:?}");
}

fn delete_credentials(aws: &FakeAws) {
    let mut state = aws.state();
    let user = state.users.get_mut(USER).unwrap();
    user.keys.clear();
    user.password = false;
    user.ssh_keys.clear();
    user.certificates.clear();
    user.service_credentials.clear();
}

#[tokio::test(start_paused = true)]
async fn what_another_user_of_that_name_does_not_hold_proves_nothing() {
    for replaced in [false, true] {
        for scene in scenes() {
            let mut play = Play::of(&scene);
            let meant = play.aws.state().users.remove(USER).unwrap();
            play.aws.state().users.insert("renamed".to_owned(), meant);
            if replaced {
                let other = Principal { id: "AIDAIOSFODNN7ANOTHER".to_owned(), ..Principal::default() };
                play.aws.state().users.insert(USER.to_owned(), other);
            }
            let said = play.must(Half::Confirm).await;
            assert!(matches!(said, Said::NotYet(_)), "{:?}: {said:?}", scene.step);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_the_very_user_does_not_hold_any_more_is_ended() {
    for scene in scenes() {
        let mut play = Play::of(&scene);
        delete_credentials(&play.aws);
        // What AWS answers about a key that was deleted.
        play.aws.fault("iam:GetAccessKeyLastUsed", DENIED, usize::MAX);
        let ends_credential = scene.step.ends().is_some();
        let said = play.must(Half::Confirm).await;
        assert_eq!(matches!(said, Said::InEffect(_)), ends_credential, "{:?}: {said:?}", scene.step);
    }
}

/// Calls without which the step is whole: those about a tag. So it is without the first way to deny everything.
const BESIDE: [&str; 2] = ["iam:TagUser", "iam:UntagUser"];

#[tokio::test(start_paused = true)]
async fn every_call_that_fails_is_named_and_says_whether_to_try_again() {
    use Half::{Apply, Confirm, ConfirmUndone, Undo};
    let faults = [
        (DENIED, "AccessDenied", false),
        (THROTTLED, "Throttling", true),
        (Fault::Refuse(429, "TooManyRequestsException"), "TooManyRequestsException", true),
        (BROKEN, "InternalFailure", true),
        (Fault::Silence, "Timeout", true),
    ];
    let halves: [(&[Half], bool, Half); 7] = [
        (&[], false, Apply),
        (&[Apply], false, Apply),
        (&[Apply], false, Confirm),
        (&[Apply], false, Undo),
        (&[Apply, Undo], false, ConfirmUndone),
        (&[], true, Confirm),
        (&[], true, Undo),
    ];
    for scene in scenes() {
        let mut needed: Vec<String> = Vec::new();
        for (before, gone, half) in halves {
            let staged = async || {
                let mut play = Play::of(&scene);
                for half in before {
                    play.must(*half).await;
                }
                if gone {
                    (scene.vanish)(&play.aws);
                }
                play.aws.take_calls();
                play
            };
            let mut whole = staged().await;
            whole.must(half).await;
            let calls = whole.aws.take_calls();
            for (n, action) in calls.iter().enumerate() {
                needed.push(action.clone());
                let earlier = calls[..n].iter().filter(|call| *call == action).count();
                for (fault, code, retryable) in faults {
                    let mut play = staged().await;
                    play.aws.fault_after(action, earlier, fault, usize::MAX);
                    let answer = play.ask(half).await;
                    let what = format!("{:?} {half:?} {action} {code}: {answer:?}", scene.step);
                    let is_first_way = half == Apply
                        && matches!(scene.step, Countermeasure::QuarantineUser(_) | Countermeasure::QuarantineRole(_))
                        && action.starts_with("iam:Put");
                    if BESIDE.contains(&action.as_str()) || is_first_way && !retryable {
                        let said = answer.unwrap();
                        assert!(said.text().contains(action.as_str()), "{what}");
                        continue;
                    }
                    let error = answer.expect_err(&what);
                    assert_eq!(
                        (error.action, error.code.as_str(), error.retryable),
                        (action.as_str(), code, retryable)
                    );
                    assert!(!error.to_string().contains(USER), "{what}");
                }
            }
        }
        assert!(!needed.is_empty());
    }
}

/// What a driver called, by countermeasure and by what it was asked.
type Called = BTreeMap<(Kind, &'static str), BTreeSet<String>>;

/// Plays these halves, and keeps what the last one calls.
async fn called(play: &mut Play, kind: Kind, halves: &[Half], called: &mut Called) {
    for half in halves {
        play.aws.take_calls();
        play.must(*half).await;
        let of = match half {
            Half::Apply => "apply",
            Half::Confirm => "confirm",
            Half::Undo | Half::ConfirmUndone => "undo",
        };
        called.entry((kind, of)).or_default().extend(play.aws.take_calls());
    }
}

/// What makes a driver.
type Making = fn(&FakeAws) -> Box<dyn Driver>;

async fn called_where_quotas_are_used_up(all: &mut Called) {
    use Half::{Apply, Confirm, ConfirmUndone, Undo};
    // Where IAM takes no inline policy, the denial is attached, and where it takes no more of those, it becomes the boundary.
    let quarantines: [(Countermeasure, Making); 2] = [
        (Countermeasure::QuarantineUser(card::QuarantineUser::of(user(), None)), |w| {
            Box::new(QuarantineUser::new(iam(w)))
        }),
        (Countermeasure::QuarantineRole(card::QuarantineRole::of(role(), None)), |w| {
            Box::new(QuarantineRole::new(iam(w)))
        }),
    ];
    for (step, driver) in quarantines {
        let (kind, back) = (step.kind().unwrap(), Some(arn(POLICY)));
        let bounded = match kind {
            Kind::QuarantineUser => Countermeasure::QuarantineUser(card::QuarantineUser::of(user(), back.as_ref())),
            _ => Countermeasure::QuarantineRole(card::QuarantineRole::of(role(), back.as_ref())),
        };
        for (step, attachments) in [(step.clone(), false), (step, true), (bounded, true)] {
            let mut play = Play::with(step, driver);
            play.fill(attachments);
            called(&mut play, kind, &[Apply, Confirm, ConfirmUndone, Undo, ConfirmUndone], all).await;
        }
    }
    // Sessions that are denied with everything else need no policy of their own.
    let issued_before = severance_aws::clock::now();
    let revocations: [(Countermeasure, Making); 2] = [
        (Countermeasure::RevokeUserSessions(card::RevokeUserSessions { user: user() }), |w| {
            Box::new(RevokeUserSessions::new(iam(w)))
        }),
        (Countermeasure::RevokeRoleSessions(card::RevokeRoleSessions { role: role(), issued_before }), |w| {
            Box::new(RevokeRoleSessions::new(iam(w)))
        }),
    ];
    for (step, driver) in revocations {
        let kind = step.kind().unwrap();
        let mut play = Play::with(step, driver);
        play.fill(false);
        {
            let mut state = play.aws.state();
            let state = &mut *state;
            for holder in state.users.values_mut().chain(state.roles.values_mut()) {
                holder.attached = vec![severance_domain::countermeasure::deny_all("aws")];
            }
        }
        called(&mut play, kind, &[Apply], all).await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_driver_calls_exactly_what_its_card_says() {
    use Half::{Apply, Confirm, ConfirmUndone, Undo};
    let mut all = Called::new();
    for scene in scenes() {
        let kind = scene.step.kind().unwrap();
        // Twice, and read back before it is so, too.
        for halves in
            [&[Confirm, Apply, Apply, Confirm][..], &[Apply, ConfirmUndone, Undo, Undo, ConfirmUndone], &[Undo, Apply]]
        {
            called(&mut Play::of(&scene), kind, halves, &mut all).await;
        }
        let mut gone = Play::of(&scene);
        (scene.vanish)(&gone.aws);
        called(&mut gone, kind, &[Confirm, Undo], &mut all).await;
        // A credential that its user does not hold any more.
        let mut deleted = Play::of(&scene);
        delete_credentials(&deleted.aws);
        called(&mut deleted, kind, &[Confirm], &mut all).await;
    }
    // No older version is left that could count again.
    let mut play = neutralizing();
    let five = (4..9).map(|n| (n, super::allows("*"))).collect();
    *play.aws.state().policies.get_mut(POLICY).unwrap() = ManagedPolicy { default: 8, versions: five };
    play.step = super::neutralizing_versions(&["v4", "v8"]);
    called(&mut play, Kind::NeutralizePolicy, &[Apply], &mut all).await;
    called_where_quotas_are_used_up(&mut all).await;
    // A boundary that was there comes back.
    for principal in [user_arn(), ROLE_ARN.to_owned()] {
        let step = boundary(&principal, Some(POLICY));
        let mut play = Play::with(step, |w| Box::new(PutBoundaryDenial::new(iam(w))));
        called(&mut play, Kind::PutBoundaryDenial, &[Apply, Undo], &mut all).await;
    }
    // A denial of another case stands in the stack's policy.
    let mut play = Play::with(scp(ROLE_ARN), |w| Box::new(QuarantineByScp::new(organizations(w), "severance")));
    play.case.id = case_id(OTHER_CASE);
    play.must(Apply).await;
    play.case.id = case_id(CASE);
    called(&mut play, Kind::QuarantineByScp, &[Apply, Undo], &mut all).await;
    // What AWS fails to change says why.
    for (before, failing) in [(&[][..], [Apply, Confirm]), (&[Apply], [Undo, ConfirmUndone])] {
        let mut play = Play::with(unassign(), |w| Box::new(RemoveAccountAssignment::new(sso(w))));
        called(&mut play, Kind::RemoveAccountAssignment, before, &mut all).await;
        play.aws.state().assignments_fail = Some("the account is suspended".to_owned());
        called(&mut play, Kind::RemoveAccountAssignment, &failing, &mut all).await;
    }

    let adopt = card::AdoptAccessKey {
        user: user(),
        access_key: AccessKeyId::try_from(KEY).unwrap(),
        secret: format!("severance/{USER}"),
    };
    let mut play = Play::with(Countermeasure::AdoptAccessKey(adopt), |w| {
        let function = "arn:aws:lambda:eu-west-1:111122223333:function:rotation".to_owned();
        Box::new(AdoptAccessKey::new(iam(w), secrets(w), Attachment { function, every_days: 90, kms_key: None }))
    });
    called(&mut play, Kind::AdoptAccessKey, &[Apply, Apply, Confirm, Undo, ConfirmUndone], &mut all).await;
    let delete = card::DeleteAccessKey { user: user(), access_key: AccessKeyId::try_from(KEY).unwrap() };
    let mut play = Play::with(Countermeasure::DeleteAccessKey(delete), |w| Box::new(DeleteAccessKey::new(iam(w))));
    play.aws.state().users.get_mut(USER).unwrap().keys.insert(KEY.to_owned(), false);
    called(&mut play, Kind::DeleteAccessKey, &[Confirm, Apply, Confirm, Undo, ConfirmUndone], &mut all).await;

    let mut differ = Vec::new();
    for kind in Kind::ALL {
        let rights = kind.rights();
        for (of, said) in [("apply", rights.apply), ("confirm", rights.confirm), ("undo", rights.undo)] {
            let said: BTreeSet<String> = said.iter().map(|right| right.action.to_owned()).collect();
            let mut called = all.remove(&(kind, of)).unwrap_or_default();
            for (call, also) in right::IMPLIED {
                if called.contains(call.action) {
                    called.insert(also.action.to_owned());
                }
            }
            if called != said {
                differ.push(format!("{of} of {}: the card says {said:?}, called is {called:?}", kind.as_str()));
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn no_driver_takes_another_ones_step() {
    let (aws, all) = (aws(), scenes());
    for scene in &all {
        let driver = (scene.driver)(&aws);
        for other in all.iter().filter(|other| other.step.as_str() != scene.step.as_str()) {
            assert!(!driver.drives(&other.step));
            let error = driver.apply(&other.step, &case_id(CASE)).await.unwrap_err();
            assert_eq!((error.code.as_str(), error.retryable), ("NotDriven", false));
        }
    }
    assert!(aws.take_calls().is_empty());
}
