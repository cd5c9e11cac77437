//! What a person reads when an identity was rechecked, gave rise to other cases, was given back, or lives again.

use crate::common::cases::*;
use crate::common::contained::*;
use crate::common::*;
use severance_domain::case::{Case, Recheck};
use severance_domain::plan::Disposition;
use severance_domain::playbook::{Context, Mode, follow_up};
use severance_domain::signal::{Planted, Signal, SignalKind as Kind};
use severance_domain::subject::{Inventory, SubjectKind};
use severance_domain::verdict::Verdict;

snapshot!(rechecked_until_quiet, rechecked());
snapshot!(the_last_recheck_still_found_something, {
    let mut case = contained_user();
    let mut present = after(&case);
    present.access_keys.push(key(NEW_KEY, 0));
    recheck(&mut case, &present, &[]);
    case
});
snapshot!(a_denial_was_lifted, {
    let mut case = contained_user();
    let lifted = case.steps[0].step.countermeasure.clone();
    let present = after(&case);
    recheck(&mut case, &present, &[&lifted]);
    case
});
snapshot!(not_all_could_be_rechecked, {
    let mut case = contained_role(Some(github()));
    let unread = names(&["what it made could not be looked up in CloudTrail: AccessDeniedException"]);
    case.rechecks = vec![Recheck { number: 1, at: later(70), found: vec![], unread }];
    case.conclude(later(80));
    case
});
snapshot!(what_it_had_made_is_followed, {
    let mut case = rechecked();
    case.followed =
        vec![followed(Some(Verdict::VerifiedRevoked)), followed(Some(Verdict::AwaitingReview)), followed(None)];
    case.conclude(later(90));
    case
});
snapshot!(a_planted_key, contained(&found(Kind::CredentialCreated, Some(Planted::AccessKey(key_id(KEY))))));
snapshot!(a_role_whose_trust_was_closed, contained_role(Some(github())));
snapshot!(a_directory_user, {
    let held = Inventory {
        group_memberships: vec![membership("admins")],
        account_assignments: vec![assignment(ACCOUNT, None), assignment("444455556666", Some("admins"))],
        ..Inventory::default()
    };
    let who = subject(SubjectKind::DirectoryUser, "906-1");
    let claim = Signal { title: "Okta: alice@x.io was deactivated".to_owned(), ..leaver(&["alice@x.io"]) };
    taken(open(Mode::Enforce, &claim, who, profile(&["alice@x.io"], None), held), &[Went::Well])
});
snapshot!(given_back, restored(rechecked(), Went::Well));
snapshot!(given_back_to_a_leaver, restored(contained(&leaver(&["alice@x.io"])), Went::Well));
snapshot!(given_back_in_part, {
    let mut case = restored(contained_user(), Went::Well);
    let denied = restored(contained_user(), Went::Denied).restoration.unwrap();
    case.restoration.as_mut().unwrap().steps[0] = denied.steps[0].clone();
    case.conclude(later(3_660));
    case
});
snapshot!(not_given_back, restored(contained_user(), Went::Throttled));
snapshot!(still_dead_when_read_back, verified(rechecked(), &[]));
snapshot!(alive_when_read_back, verified(contained_user(), &["quarantine_user", "deactivate_access_key"]));

/// Cases of each new kind.
fn contained_cases() -> Vec<Case> {
    let mut cases = vec![rechecked(), contained_role(None), contained_role(Some(github()))];
    for went in WAYS {
        cases.push(restored(contained_user(), went));
        cases.push(restored(contained(&leaver(&["alice"])), went));
    }
    cases.extend([verified(rechecked(), &[]), verified(contained_user(), &["quarantine_user"])]);
    cases
}

#[test]
fn there_is_one_command_that_undoes_and_none_once_it_was_used() {
    for case in contained_cases() {
        let body = message(&case).body;
        let undo = body.lines().skip_while(|line| *line != "To undo").take_while(|line| !line.is_empty()).count();
        assert_eq!(undo > 0, case.restoration.is_none(), "{body}");
        assert!(body.matches("sever restore ").count() <= 1, "{body}");
        assert!(!body.contains("--status Active"), "{body}");
    }
}

#[test]
fn the_first_line_never_says_more_than_the_verdict() {
    for case in contained_cases() {
        let message = message(&case);
        let first = message.body.lines().next().unwrap();
        let verdict = case.verdict.unwrap();
        assert_eq!(first.contains("still dead"), verdict == Verdict::VerifiedRevoked && case.verification.is_some());
        assert_eq!(message.subject.contains("] RESTORED"), verdict == Verdict::Restored, "{}", message.subject);
        assert_eq!(message.subject.contains("ACCESS IS BACK"), verdict == Verdict::Reappeared, "{}", message.subject);
        if verdict == Verdict::Restored {
            assert!(!message.body.contains("no longer works") && !message.subject.contains("act now"));
        }
        // A chat shows the same facts.
        for item in case.rechecks.iter().flat_map(|recheck| &recheck.found) {
            assert!(message.chat.description.contains(item), "{}", message.chat.description);
        }
    }
}

#[test]
fn a_new_key_is_made_where_there_is_room_for_it() {
    let next = |case: &Case| message(&restored(case.clone(), Went::Well)).body;
    let two = next(&contained_user());
    assert!(two.contains("aws iam delete-access-key --user-name=ci-deployer --access-key-id AKIAIOSFODNN7EXAMPLE"));
    assert!(two.contains("aws iam create-access-key --user-name=ci-deployer"));
    let mut one = contained_user();
    one.inventory.access_keys.truncate(1);
    one.inventory.access_keys[0] = inactive(key(KEY, 20));
    let one = next(&one);
    assert!(!one.contains("delete-access-key") && one.contains("create-access-key"), "{one}");
    // What was not exposed came back, and needs no successor.
    let leaver = next(&contained(&leaver(&["alice"])));
    assert!(!leaver.contains("create-access-key"), "{leaver}");
}

#[test]
fn what_goes_beyond_the_account_is_asked_of_a_person_in_words() {
    let case = contained_user();
    let lifted = case.steps[0].step.countermeasure.clone();
    let context = Context { scp_quarantine: true, ..context(Mode::Enforce) };
    let asks = says(Disposition::Review, &[("scp-needs-a-person", "It reaches over a whole account.")]);
    let seen = follow_up(&case, &after(&case), &[&lifted], &context, &asks);
    let words: Vec<String> = seen.steps.iter().map(|step| step.countermeasure.describe()).collect();
    assert_eq!(
        words[1],
        "deny arn:aws:iam::111122223333:user/ci/ci-deployer everything by a service control policy on \
        account 111122223333"
    );
}
