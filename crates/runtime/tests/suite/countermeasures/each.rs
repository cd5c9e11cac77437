//! What holds of each countermeasure: taken and undone, what it is about gone, refused or unanswered at each call.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::*;
use severance_aws::countermeasures::{
    AdoptAccessKey, Attachment, DeleteAccessKey, PutBoundaryDenial, RemoveAccountAssignment,
};
use severance_domain::countermeasure::{self as card, Countermeasure, Kind};
use severance_domain::ids::AccessKeyId;
use severance_domain::right;

use super::play::{Half, Play, Said, case_id};
use super::policies::neutralizing;
use super::{CASE, POLICY, ROLE_ARN, aws, boundary, scenes, unassign, user, user_arn};

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
        if scene.reversible {
            play.in_effect(Half::ConfirmUndone).await;
        }
        // A user or a role that is not found by its name may live on under another.
        let by_name = play.aws.state().users.is_empty() || play.aws.state().roles.is_empty();
        match (play.must(Half::Confirm).await, &scene.step) {
            (Said::InEffect(how), Countermeasure::DeactivateAccessKey(_)) => {
                assert!(how.contains("no other holder"));
            }
            (Said::NotYet(why), _) => assert!(by_name && why.contains("renamed"), "{:?}: {why}", scene.step),
            (said, _) => assert!(!by_name && matches!(said, Said::InEffect(_)), "{:?}: {said:?}", scene.step),
        }
    }
}

/// Calls without which the step is whole: a tag, and the question who else holds a key.
const BESIDE: [&str; 3] = ["iam:TagUser", "iam:UntagUser", "iam:GetAccessKeyLastUsed"];

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
                    if BESIDE.contains(&action.as_str()) {
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
    }
    // No older version is left that could count again.
    let mut play = neutralizing();
    play.aws.state().policies.get_mut(POLICY).unwrap().versions.retain(|n, _| *n == 4);
    called(&mut play, Kind::NeutralizePolicy, &[Apply], &mut all).await;
    // A boundary that was there comes back.
    for principal in [user_arn(), ROLE_ARN.to_owned()] {
        let step = boundary(&principal, Some(POLICY));
        let mut play = Play::with(step, |w| Box::new(PutBoundaryDenial::new(iam(w))));
        called(&mut play, Kind::PutBoundaryDenial, &[Apply, Undo], &mut all).await;
    }
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
