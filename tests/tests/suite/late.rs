//! An adversary against the deployed template, while IAM's reads and enforcement, CloudTrail and events are late: a few of the
//! schedules of `crates/adversary`, played for real. Claims come by the bus. Afterwards each access path is tried.
//!
//! They take a stack of their own, and mostly wait, so all run at the same time. Without it they fail: other runs leave them out, by
//! `-E 'not test(/^late::/)'`.
//!
//! ```text
//! scripts/stack.py run --late 7 --parameter SettleSeconds=5 -- env SEVERANCE_SEVER=target/debug/sever \
//!   cargo nextest run --workspace --tests --no-fail-fast --test-threads 12 -E 'test(/^late::/)'
//! ```

use std::time::Duration;

use aws_sdk_iam::error::ProvideErrorMetadata as _;
use severance_aws::clock::now;
use severance_tests::late::{AccessPath, Scene, late_stack, recorded, right, settled, until_it_works};
use severance_tests::{HeldKey, Stack};

const OWNER: (&str, &str) = ("severance:owner", "platform@example.com");

/// What a thief of an administrator's key may do.
const EVERYTHING: &[&str] = &["iam:*", "sts:*"];

/// A user who may do everything, with a key that is stolen.
async fn robbed(stack: &Stack, scene: &mut Scene<'_>) -> (String, HeldKey) {
    let user = scene.user("victim", &[OWNER], EVERYTHING).await;
    let stolen = stack.key(&user).await;
    scene.access_paths.push(("the stolen key", AccessPath::Key(stolen.clone())));
    (user, stolen)
}

#[tokio::test]
async fn a_stolen_key_that_nobody_uses_meanwhile_is_dead() {
    let stack = late_stack().await;
    let mut scene = stack.scene("quiet").await;
    let (user, stolen) = robbed(&stack, &mut scene).await;
    settled().await;
    let session = stack.session_token(&stolen).await;
    scene.access_paths.push(("a session of the stolen key", AccessPath::UserSession(session)));
    scene.set().await;
    scene.key_is_misused(&user, &stolen, now()).await;
    right(&scene.judge(true).await);
}

#[tokio::test]
async fn a_stolen_session_of_a_role_is_dead() {
    let stack = late_stack().await;
    let mut scene = stack.scene("role").await;
    let (role, role_id) = scene.role("runner", &[OWNER], EVERYTHING).await;
    settled().await;
    let session = scene.session(&role, "i-0a1b2c3d4e5f60718").await;
    scene.access_paths.push(("the stolen session", AccessPath::RoleSession(session, role.clone())));
    scene.set().await;
    scene.session_is_misused(&role, &role_id, now()).await;
    right(&scene.judge(true).await);
}

#[tokio::test]
async fn keys_that_are_minted_until_the_denial_is_in_force_die() {
    let stack = late_stack().await;
    let mut scene = stack.scene("minted").await;
    let (user, stolen) = robbed(&stack, &mut scene).await;
    scene.set().await;
    scene.key_is_misused(&user, &stolen, now()).await;
    // Of two keys the older one is stolen, so the other is made anew each time.
    let thief = stack.iam_as(&stolen);
    let mut minted = 0;
    let mut last: Option<HeldKey> = None;
    while let Ok(key) = stack.try_key_by(&thief, &user).await {
        minted += 1;
        if let Some(before) = last.replace(key) {
            panic!("a third key beside {}", before.id);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        let id = last.as_ref().map(|key| key.id.clone()).unwrap_or_default();
        if thief.delete_access_key().user_name(&user).access_key_id(id).send().await.is_err() {
            break;
        }
        last = None;
    }
    assert!(minted > 0, "the attacker came too late");
    if let Some(key) = last {
        scene.access_paths.push(("the key that was minted last", AccessPath::Key(key)));
    }
    right(&scene.judge(true).await);
}

#[tokio::test]
async fn a_denial_that_is_stripped_before_it_is_in_force_stands_again() {
    let stack = late_stack().await;
    let mut scene = stack.scene("stripped").await;
    let (user, stolen) = robbed(&stack, &mut scene).await;
    scene.set().await;
    scene.key_is_misused(&user, &stolen, now()).await;
    let thief = stack.iam_as(&stolen);
    let stripped = until_it_works(|| async {
        let delete = thief.delete_user_policy().user_name(&user).policy_name("SeveranceQuarantine").send().await;
        delete.map(drop).map_err(|error| error.code().unwrap_or("no code").to_owned())
    });
    assert!(stripped.await, "this seed leaves the attacker no time: choose another");
    // Somebody lifts what IAM denies, so a person is asked whether a service control policy is to deny it: no word is owed.
    scene.told().await;
    scene.rechecked().await;
    let cases = scene.told().await;
    assert!(
        cases
            .iter()
            .flat_map(|case| &case.rechecks)
            .flat_map(|recheck| &recheck.found)
            .any(|found| found.contains("lifted"))
    );
    right(&scene.judge(false).await);
}

#[tokio::test]
async fn a_trust_that_is_opened_under_our_sid() {
    let stack = late_stack().await;
    let mut scene = stack.scene("sid").await;
    let (role, role_id) = scene.role("runner", &[OWNER], EVERYTHING).await;
    settled().await;
    let session = scene.session(&role, "i-0a1b2c3d4e5f60718").await;
    let thief = stack.iam_with(session.clone());
    scene.access_paths.push(("the stolen session", AccessPath::RoleSession(session, role.clone())));
    scene.set().await;
    scene.open_trust(&thief, &role, "SeveranceClosedTrust").await;
    settled().await;
    scene.session_is_misused(&role, &role_id, now()).await;
    right(&scene.judge(true).await);
}

#[tokio::test]
async fn a_trust_that_was_opened_before_the_claim() {
    let stack = late_stack().await;
    let mut scene = stack.scene("trust").await;
    let (user, stolen) = robbed(&stack, &mut scene).await;
    let (role, _) = scene.role("runner", &[OWNER], EVERYTHING).await;
    scene.set().await;
    scene.open_trust(&stack.iam_as(&stolen), &role, "Let").await;
    recorded().await;
    scene.key_is_misused(&user, &stolen, now()).await;
    right(&scene.judge(false).await);
}

#[tokio::test]
async fn a_session_of_a_role_that_others_use_too() {
    let stack = late_stack().await;
    let mut scene = stack.scene("shared").await;
    let (user, stolen) = robbed(&stack, &mut scene).await;
    let (role, _) = scene.role("shared", &[OWNER], &["sts:AssumeRole"]).await;
    settled().await;
    let honest = scene.session(&role, "build").await;
    scene.bystanders.push(("an honest session of the same name", AccessPath::RoleSession(honest, role.clone())));
    let session = stack.assume_as(stolen.credentials(), &role, "build").await.expect("a session");
    scene.access_paths.push(("the session of the shared role", AccessPath::RoleSession(session, role)));
    tokio::join!(recorded(), scene.set());
    scene.key_is_misused(&user, &stolen, now()).await;
    right(&scene.judge(false).await);
}

#[tokio::test]
async fn a_session_that_bears_the_users_name_and_is_somebody_elses() {
    let stack = late_stack().await;
    let mut scene = stack.scene("namesake").await;
    let (user, stolen) = robbed(&stack, &mut scene).await;
    let (role, _) = scene.role("shared", &[OWNER], EVERYTHING).await;
    let deployed = scene.user("deployed", &[OWNER], &[]).await;
    settled().await;
    let honest = stack.iam_with(scene.session(&role, &user).await);
    // Its work is later than what the finding saw last, in CloudTrail's whole seconds, too.
    let last_seen = now() - jiff::SignedDuration::from_secs(2);
    let key = stack.key_by(&honest, &deployed).await;
    scene.bystanders.push(("the key of what the namesake deployed", AccessPath::Key(key)));
    tokio::join!(recorded(), scene.set());
    scene.key_is_misused(&user, &stolen, last_seen).await;
    right(&scene.judge(true).await);
}

#[tokio::test]
async fn the_key_that_the_finding_names_is_gone() {
    let stack = late_stack().await;
    let mut scene = stack.scene("gone").await;
    let (user, stolen) = robbed(&stack, &mut scene).await;
    scene.set().await;
    let thief = stack.iam_as(&stolen);
    let minted = stack.key_by(&thief, &user).await;
    settled().await;
    scene.access_paths.push(("the key that was minted", AccessPath::Key(minted.clone())));
    let delete = stack.iam_as(&minted).delete_access_key().user_name(&user).access_key_id(&stolen.id).send().await;
    delete.expect("the named key is gone");
    settled().await;
    scene.key_is_exposed(&stolen).await;
    right(&scene.judge(true).await);
}

/// By an accomplice, whom no denial of the user keeps from it.
#[tokio::test]
async fn a_user_that_is_renamed_between_the_denial_and_the_recheck() {
    let stack = late_stack().await;
    let mut scene = stack.scene("rename").await;
    let (user, stolen) = robbed(&stack, &mut scene).await;
    scene.set().await;
    scene.key_is_misused(&user, &stolen, now()).await;
    stack.until_quarantined(&user).await;
    let update = stack.iam.update_user().user_name(&user).new_user_name(scene.name("another")).send().await;
    update.expect("another name");
    right(&scene.judge(true).await);
}

/// Both are written before either shows the other's steps. What the earlier one holds, the later one does not give back.
#[tokio::test]
async fn of_two_cases_about_one_user_the_second_is_restored() {
    let stack = late_stack().await;
    let mut scene = stack.scene("two").await;
    let (user, stolen) = robbed(&stack, &mut scene).await;
    let other = stack.key(&user).await;
    scene.access_paths.push(("the other stolen key", AccessPath::Key(other.clone())));
    let person = stack.person("restorer").await;
    scene.set().await;
    scene.key_is_misused(&user, &stolen, now()).await;
    scene.key_is_misused(&user, &other, now()).await;
    let cases = scene.told().await;
    assert_eq!(cases.len(), 2, "{cases:#?}");
    // Once both have their last verdict, and nobody rechecks them any more.
    scene.rechecked().await;
    // Either may be the second one to write the denial, and its tag.
    let tags = stack.iam.list_user_tags().user_name(&user).send().await.expect("tags");
    let tag = tags.tags().iter().find(|tag| tag.key() == "severance:quarantined-by").expect("the quarantine's tag");
    let ran = person.sever(&["restore", tag.value(), "--reason", "a false alarm", "--ticket", "INC-7"]).await;
    // Not all that was to come back did.
    assert_eq!(ran.code, 25, "{ran:?}");
    right(&scene.judge(false).await);
}

#[tokio::test]
async fn a_new_key_dies_by_the_event_of_its_making() {
    let stack = late_stack().await;
    let mut scene = stack.scene("made").await;
    // Nobody owns the user, and its calls are events.
    let user = scene.user("hire", &[("overlay:events", "true")], &[]).await;
    settled().await;
    let key = stack.key(&user).await;
    scene.expects(&key);
    scene.access_paths.push(("the new key", AccessPath::Key(key)));
    right(&scene.judge(true).await);
}
