//! An exposed key beside the rotation of another.

use crate::common::*;
use severance_domain::ids::{AccessKeyId, AccountId, Arn, IamName};
use severance_domain::rotation::{MadeState, RotationJournal};
use severance_domain::signal::{Signal, SignalKind};
use severance_domain::verdict::Verdict;

use super::{MINUTE, cases, cases_of, is_active, replaced, run_schedule, used, with_cutovers};

/// The user's one key is known to others, and a secret holds it.
fn exposed(aws: &FakeAws) -> Signal {
    let mut state = aws.state();
    let user = state.users.get_mut(USER).unwrap();
    user.keys.remove(OTHER_KEY);
    user.tags.insert("severance:secret".to_owned(), SECRET.to_owned());
    Signal { access_key: AccessKeyId::try_from(KEY).ok(), ..signal(SignalKind::CredentialExposed) }
}

#[tokio::test(start_paused = true)]
async fn an_exposed_key_dies_at_once_and_the_rotation_beside_it_is_spared() {
    let aws = replaced(90 * MINUTE).await;
    aws.state().table.clear();
    let signal = exposed(&aws);
    used(&aws, 30 * MINUTE, "payments/2.1");
    // What the rotation function does while the containment runs.
    let made = "AKIAMADE000000000009";
    let (account, user) = (AccountId::try_from(ACCOUNT).unwrap(), IamName::try_from(USER).unwrap());
    let mut row = guardrails(&aws, 0, 0).journal(&account, &user).await.unwrap();
    row.journal = RotationJournal::new(account, user);
    row.journal.made(AccessKeyId::try_from(made).unwrap(), &Arn::try_from(SECRET).unwrap(), "token");
    row.journal.reached(&AccessKeyId::try_from(made).unwrap(), MadeState::Stored);
    guardrails(&aws, 0, 0).save_journal(&mut row).await.unwrap();
    let rotation = {
        let aws = aws.clone();
        async move {
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            let mut state = aws.state();
            let user = state.users.get_mut(USER).unwrap();
            user.keys.insert(made.to_owned(), true);
            // And somebody else mints one meanwhile.
            user.keys.insert("AKIAMINTED0000000000".to_owned(), true);
        }
    };
    let reactor = with_cutovers(&aws, "enforce");
    let (outcomes, ()) = tokio::join!(reactor.react(&signal, "first"), rotation);
    let reaction = outcomes.into_iter().next().unwrap().unwrap();
    assert_eq!(is_active(&aws, KEY), Some(false));
    Box::pin(reactor.recheck_case(&reaction.case, "recheck")).await.unwrap();
    assert_eq!(is_active(&aws, made), Some(true), "what the rotation made is spared");
    assert_eq!(is_active(&aws, "AKIAMINTED0000000000"), Some(false), "what others made is not");
    let case = cases(&aws).remove(0);
    let order: Vec<&str> = case.steps.iter().map(|record| record.step.countermeasure.as_str()).collect();
    assert_eq!(order[..3], ["quarantine_user", "deactivate_access_key", "rotate_secret"]);
    assert!(case.notes.iter().any(|note| note.contains("payments/2.1") && note.contains("no longer can")));
    assert_eq!(reaction.case, case.id);

    // Its rotation had not ended: the schedule follows it, and says when it has.
    let version = {
        let state = aws.state();
        let versions = &state.secrets[SECRET].versions;
        versions.iter().find(|(_, labels)| labels.contains(&"AWSPENDING".to_owned())).unwrap().0.clone()
    };
    assert_eq!(run_schedule(&aws, "enforce").await.rotations, Vec::<String>::new());
    {
        let mut state = aws.state();
        let versions = &mut state.secrets.get_mut(SECRET).unwrap().versions;
        versions.insert("new".to_owned(), vec!["AWSPREVIOUS".to_owned()]);
        versions.insert(version, vec!["AWSCURRENT".to_owned()]);
    }
    let report = run_schedule(&aws, "enforce").await;
    assert!(report.rotations[0].contains("the rotation ended"), "{report:?}");
    let case = cases(&aws).remove(0);
    assert!(case.steps[2].is_confirmed(), "{:?}", case.steps[2]);
    assert_eq!(run_schedule(&aws, "enforce").await.rotations, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_not_managed_is_not_rotated_whatever_a_users_tag_says() {
    let aws = replaced(90 * MINUTE).await;
    let signal = exposed(&aws);
    aws.state().secrets.get_mut(SECRET).unwrap().tags.clear();
    let reaction = with_cutovers(&aws, "enforce").react(&signal, "first").await.remove(0).unwrap();
    assert_eq!((reaction.verdict, is_active(&aws, KEY)), (Verdict::Partial, Some(false)));
    assert!(!aws.take_calls().contains(&"secretsmanager:RotateSecret".to_owned()));
    let told = format!("{:?}", cases_of(&aws).steps[2].outcome);
    assert!(told.contains("not tagged severance:managed=true"), "{told}");
}
