//! Giving access back: what may come back, what never does, and what verdict and evidence say of it.

use crate::common::cases::*;
use crate::common::contained::*;
use crate::common::*;
use severance_domain::case::{Case, Confirmation, Outcome, Recheck};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::evidence::Proof;
use severance_domain::plan::Disposition;
use severance_domain::playbook::Mode;
use severance_domain::profile::Profile;
use severance_domain::restoration::{ReturnAnswer, alive, answer};
use severance_domain::signal::{Planted, Signal, SignalKind as Kind};
use severance_domain::subject::{Inventory, SubjectKind};
use severance_domain::verdict::Verdict;

/// What a restoration does about each step, in the plan's order: `undo`, `undo but sessions`, `rotate: why`, `keep: why`.
fn answers(case: &Case) -> Vec<(&'static str, String)> {
    let words = |record| match answer(case, record) {
        ReturnAnswer::Undo => "undo".to_owned(),
        ReturnAnswer::UndoKeepingSessionsDenied => "undo but sessions".to_owned(),
        ReturnAnswer::Rotate { why } => format!("rotate: {why}"),
        ReturnAnswer::Keep { why } => format!("keep: {why}"),
        ReturnAnswer::Held { by } => format!("held: {by:?}"),
    };
    case.steps.iter().map(|record| (record.step.countermeasure.as_str(), words(record))).collect()
}

fn assert_answers(case: &Case, wanted: &[(&str, &str)]) {
    let answers = answers(case);
    assert_eq!(answers.len(), wanted.len(), "{answers:#?}");
    for ((step, answer), (wanted_step, wanted)) in answers.iter().zip(wanted) {
        assert_eq!(step, wanted_step);
        assert!(answer.starts_with(wanted), "{step}: {answer} is not {wanted}");
    }
}

#[test]
fn of_an_exposed_user_only_what_the_claim_does_not_name_comes_back() {
    assert_answers(
        &contained_user(),
        &[
            ("quarantine_user", "undo but sessions"),
            ("deactivate_access_key", "rotate: the claim names it"),
            ("remove_console_password", "keep: nobody has a copy of a password"),
            ("deactivate_service_credential", "undo"),
            ("deactivate_ssh_public_key", "undo"),
            ("deactivate_signing_certificate", "undo"),
        ],
    );
}

#[test]
fn where_the_claim_names_no_credential_any_of_them_may_be_known() {
    // A session's key says nothing of the long-term credential that started it.
    let by_session = Signal { access_key: Some(key_id(SESSION_KEY)), ..exposed() };
    for claim in [compromised(), by_session] {
        let any = "rotate: the claim does not say which credential";
        assert_answers(
            &contained(&claim),
            &[
                ("quarantine_user", "undo but sessions"),
                ("deactivate_access_key", any),
                ("remove_console_password", "keep: nobody has a copy"),
                ("deactivate_service_credential", any),
                ("deactivate_ssh_public_key", any),
                ("deactivate_signing_certificate", any),
            ],
        );
    }
}

#[test]
fn what_was_made_in_other_hands_stays_dead_though_the_claim_names_another() {
    let claim = exposed();
    let just_before = claim.occurred_at - jiff::SignedDuration::from_secs(1);
    for (created, wanted) in [(claim.occurred_at, "keep: it was made at"), (just_before, "undo")] {
        let mut held = every_credential();
        held.ssh_public_keys[1].created_at = Some(created);
        held.signing_certificates[1].created_at = Some(created);
        held.service_credentials[2].created_at = Some(created);
        held.access_keys[0] = severance_domain::subject::AccessKey { active: true, ..held.access_keys[0].clone() };
        held.access_keys[0].created_at = Some(created);
        let case = taken(open(Mode::Enforce, &claim, user("ci"), Profile::default(), held), &[Went::Well]);
        let of = answers(&case);
        assert!(of[2].1.starts_with("rotate: the claim names it"));
        for n in [1, 4, 5, 6] {
            assert!(of[n].1.starts_with(wanted), "{:?}", of[n]);
        }
    }
    let case = rechecked();
    let (step, answer) = answers(&case).pop().unwrap();
    assert_eq!(step, "deactivate_access_key");
    assert!(answer.starts_with("keep: it appeared while the identity was being contained: delete it"), "{answer}");
}

#[test]
fn what_a_contained_identity_made_does_not_come_back() {
    let claim = found(Kind::CredentialCreated, Some(Planted::AccessKey(key_id(KEY))));
    let case = contained(&claim);
    let sessions = "keep: sessions issued before it may be stolen";
    assert_answers(
        &case,
        &[
            ("deactivate_access_key", "keep: a contained identity made it: delete it"),
            ("revoke_user_sessions", sessions),
        ],
    );
    let of = answers(&contained(&found(Kind::IdentityCompromised, None)));
    assert!(
        of[1..].iter().all(|(_, answer)| answer.starts_with("keep: a contained") || answer.starts_with("keep: nobody"))
    );
}

#[test]
fn a_quarantine_stays_while_it_alone_holds_something_down() {
    let unseen = |n: usize| {
        let mut case = contained_user();
        let reason = "not seen".to_owned();
        case.steps[n].confirmation = Some(Confirmation::Unconfirmed { at: later(6), reason, contradicted: false });
        case
    };
    let names = ["AKIAIOSFODNN7EXAMPLE", "the console password", "ACCAEXAMPLE", "APKAEXAMPLE", "CERTEXAMPLE"];
    for (n, name) in names.iter().enumerate() {
        let case = unseen(n + 1);
        assert_eq!(alive(&case), [*name]);
        let quarantine = &answers(&case)[0].1;
        assert!(quarantine.contains(&format!("keep: nothing else holds {name} down")), "{quarantine}");
    }
    // A person let it live, or the call was refused: it lives.
    let mut case = contained_user();
    dispose(&mut case.steps[1].step, Disposition::Decline);
    (case.steps[1].outcome, case.steps[1].confirmation) = (None, None);
    assert!(answers(&case)[0].1.starts_with("keep"));
    // It came back, and the second time it was seen to end.
    let mut case = unseen(1);
    let mut again = contained_user().steps[1].clone();
    again.recheck = 1;
    case.steps.push(again);
    assert_eq!(alive(&case), [] as [&str; 0]);
    assert_eq!(answers(&case)[0].1, "undo but sessions");
}

#[test]
fn of_a_role_in_danger_the_ways_in_come_back_and_older_sessions_do_not() {
    assert_answers(
        &contained_role(Some(github())),
        &[
            ("close_role_trust", "undo"),
            ("leave_roles_anywhere", "undo"),
            ("revoke_role_sessions", "keep: sessions issued before it may be stolen"),
        ],
    );
}

#[test]
fn of_a_leaver_all_comes_back_but_the_password() {
    assert_answers(
        &contained(&leaver(&["alice@x.io"])),
        &[
            ("quarantine_user", "undo"),
            ("deactivate_access_key", "undo"),
            ("remove_console_password", "keep: nobody has a copy"),
            ("deactivate_service_credential", "undo"),
            ("deactivate_ssh_public_key", "undo"),
            ("deactivate_signing_certificate", "undo"),
        ],
    );
}

#[test]
fn a_policy_that_was_there_before_stays() {
    for name in ["quarantine_user", "revoke_role_sessions"] {
        let mut case = if name == "quarantine_user" {
            contained(&leaver(&["alice@x.io"]))
        } else {
            let claim = Signal { kind: Kind::Offboarding, ..leaver(&["alice@x.io"]) };
            let owned = profile(&["alice@x.io"], None);
            taken(open(Mode::Enforce, &claim, subject(SubjectKind::Role, "app"), owned, keys([])), &[Went::Well])
        };
        assert!(answers(&case)[0].1.starts_with("undo"), "{name}");
        case.steps[0].outcome = Some(Outcome::AlreadyInEffect { at: later(1), note: "another case's".to_owned() });
        let (step, answer) = &answers(&case)[0];
        assert_eq!(*step, name);
        assert!(answer.contains("another case may rely on it"), "{answer}");
    }
}

#[test]
fn what_cannot_be_undone_or_was_not_done_is_kept_and_says_why() {
    let secret = taken(leavers_secret(secret(true, false)), &[Went::Well]);
    assert!(answers(&secret)[0].1.starts_with("keep: a rotation cannot be undone"));
    assert!(answers(&held())[0].1.starts_with("keep: nothing was done"));
    let mut case = contained(&leaver(&["alice@x.io"]));
    case.steps[1].step.countermeasure = Countermeasure::NeutralizePolicy(card::NeutralizePolicy {
        policy: "arn:aws:iam::111122223333:policy/wide".try_into().unwrap(),
        version: "v2".to_owned(),
        before: None,
        distrusted: vec![],
    });
    assert!(answers(&case)[1].1.starts_with("keep: a contained identity wrote it"));
}

#[test]
fn what_somebody_brought_back_to_life_stays_dead_and_is_undone_once_at_most() {
    use severance_domain::restoration::Restoration;
    // Not named, and made before: it would come back, had it not been reactivated in the meantime.
    let mut case = contained_user();
    let mut present = after(&case);
    present.ssh_public_keys[1].active = true;
    let lifted = case.steps[0].step.countermeasure.clone();
    recheck(&mut case, &present, &[&lifted]);
    let of = Restoration::of(&case, request("a drill"), later(90));
    let about = |name: &str| -> Vec<_> {
        of.steps.iter().filter(|of| of.countermeasure.as_str() == name).map(|of| of.answer.clone()).collect()
    };
    assert!(
        matches!(about("deactivate_ssh_public_key").as_slice(), [ReturnAnswer::Rotate { why }] if why.contains("appeared"))
    );
    assert_eq!(about("quarantine_user"), [ReturnAnswer::UndoKeepingSessionsDenied]);
    // The first time it was ours, so it is ours to lift though the second time it was found in place.
    let again = case.steps.iter_mut().rfind(|of| of.step.countermeasure.as_str() == "quarantine_user").unwrap();
    again.outcome = Some(Outcome::AlreadyInEffect { at: later(1), note: "it was there".to_owned() });
    let of = Restoration::of(&case, request("a drill"), later(90));
    assert_eq!(of.steps.iter().filter(|of| of.answer.changes()).count(), 3);
}

// What comes of it.

#[test]
fn a_restoration_is_restored_only_when_all_that_was_to_come_back_was_seen() {
    for (went, verdict) in [
        (Went::Well, Verdict::Restored),
        (Went::AlreadySo, Verdict::Restored),
        (Went::Unseen, Verdict::Failed),
        (Went::Denied, Verdict::Failed),
        (Went::Throttled, Verdict::Failed),
        (Went::Never, Verdict::Failed),
    ] {
        let case = restored(contained_user(), went);
        assert_eq!(case.verdict, Some(verdict), "{went:?}");
        assert_eq!(case.is_restored(), verdict == Verdict::Restored);
        let settled = !matches!(went, Went::Throttled | Went::Never);
        assert_eq!(case.is_settled(), settled, "{went:?}");
        let proof = Proof::of(&case);
        let undone = proof.state.iter().filter(|line| line.starts_with("undone: ")).count();
        assert_eq!(undone, if verdict == Verdict::Restored { 4 } else { 0 });
        // One of four is left.
        let mut part = restored(contained_user(), Went::Well);
        part.restoration.as_mut().unwrap().steps[0].confirmation = None;
        assert_eq!(Verdict::of(&part), Verdict::Partial);
    }
    // In the order in which it is undone: the denial, which was written first, is lifted last.
    let of = restored(contained_user(), Went::Well).restoration.unwrap();
    assert_eq!(of.steps.iter().map(|of| of.step).collect::<Vec<_>>(), [5, 4, 3, 2, 1, 0]);
    assert_eq!(of.by(), &bob());
}

#[test]
fn a_verdict_is_no_better_than_rechecks_followed_cases_and_verification_allow() {
    type Change = Box<dyn Fn(&mut Case)>;
    let recheck = |found: &[&str], unread: &[&str]| Recheck {
        number: 1,
        at: later(70),
        found: names(found),
        unread: names(unread),
    };
    let rechecks = |rechecks: Vec<Recheck>| -> Change { Box::new(move |case| case.rechecks.clone_from(&rechecks)) };
    let made = |verdict| -> Change { Box::new(move |case: &mut Case| case.followed = vec![followed(verdict)]) };
    let rows: Vec<(Change, Verdict)> = vec![
        (rechecks(vec![]), Verdict::VerifiedRevoked),
        (rechecks(vec![recheck(&[], &[])]), Verdict::VerifiedRevoked),
        (rechecks(vec![recheck(&["a key"], &[]), recheck(&[], &[])]), Verdict::VerifiedRevoked),
        (rechecks(vec![recheck(&[], &[]), recheck(&["a key"], &[])]), Verdict::Partial),
        (rechecks(vec![recheck(&[], &["the keys"])]), Verdict::RevokedUnverified),
        (rechecks(vec![recheck(&[], &["the keys"]), recheck(&[], &[])]), Verdict::VerifiedRevoked),
        (made(None), Verdict::Partial),
        (made(Some(Verdict::RevokedUnverified)), Verdict::Partial),
        (made(Some(Verdict::AwaitingReview)), Verdict::Partial),
        (made(Some(Verdict::VerifiedRevoked)), Verdict::VerifiedRevoked),
        // What the steps say is worse: no recheck makes it better.
        (
            Box::new(|case| {
                case.rechecks = vec![Recheck { number: 1, at: later(70), found: vec![], unread: vec![] }];
                case.steps[0].confirmation = None;
            }),
            Verdict::RevokedUnverified,
        ),
        (Box::new(|case| case.steps.iter_mut().for_each(|of| of.outcome = None)), Verdict::Failed),
    ];
    for (n, (change, verdict)) in rows.iter().enumerate() {
        let mut case = contained_user();
        change(&mut case);
        assert_eq!(Verdict::of(&case), *verdict, "row {n}");
    }
}

#[test]
fn what_was_dead_and_lives_when_it_is_read_back_has_reappeared() {
    let dead = verified(contained_user(), &[]);
    assert_eq!(dead.verdict, Some(Verdict::VerifiedRevoked));
    assert!(dead.verification.as_ref().unwrap().alive.is_empty());

    let alive = verified(contained_user(), &["quarantine_user", "deactivate_access_key"]);
    assert_eq!(alive.verdict, Some(Verdict::Reappeared));
    let told = ["the deny-all policy of user ci-deployer was lifted", "access key AKIAIOSFODNN7EXAMPLE is back"];
    assert_eq!(alive.verification.as_ref().unwrap().alive, told);

    // What the recheck has found stays said, and the same thing is said once.
    let mut case = contained_user();
    case.begin_verification(request("the weekly check"), later(7_200));
    case.verification.as_mut().unwrap().alive = names(&["access key AKIANEWEXAMPLE appeared", told[1]]);
    let found = verified_as(case, &["deactivate_access_key"]);
    assert_eq!(found.verification.unwrap().alive, ["access key AKIANEWEXAMPLE appeared", told[1]]);
    assert_eq!(found.verdict, Some(Verdict::Reappeared));
}

/// Concludes a verification that has begun, with these steps undone by somebody.
fn verified_as(mut case: Case, undone: &[&str]) -> Case {
    let begun = case.verification.clone();
    case = verified(case, &[]);
    case.verification = begun;
    for record in case.steps.iter_mut().filter(|record| undone.contains(&record.step.countermeasure.as_str())) {
        let reason = "AWS shows the opposite".to_owned();
        record.confirmation = Some(Confirmation::Unconfirmed { at: later(7_201), reason, contradicted: true });
    }
    case.conclude(later(7_210));
    case
}

#[test]
fn a_verification_reads_back_what_was_done_and_nothing_else() {
    let mut case = contained_user();
    dispose(&mut case.steps[1].step, Disposition::Decline);
    (case.steps[1].outcome, case.steps[1].confirmation) = (None, None);
    case.begin_verification(request("why"), later(7_200));
    assert!(case.steps.iter().all(|record| record.confirmation.is_none()));
    assert!(!case.is_settled() && case.steps[1].is_settled());
}

#[test]
fn only_an_identity_that_was_contained_is_rechecked() {
    assert!(contained_user().contains_identity() && contained_role(None).contains_identity());
    for case in [taken(stale(Mode::Enforce), &[Went::Well]), held(), taken(exposed_user(Mode::Observe), &[Went::Well])]
    {
        assert!(!case.contains_identity());
    }
    let key_only = contained(&found(Kind::CredentialCreated, Some(Planted::AccessKey(key_id(KEY)))));
    assert!(!key_only.contains_identity(), "others use that user");
    let none = Inventory::default();
    assert!(!taken(leavers_secret(none), &[Went::Well]).contains_identity());
}

/// Another case about the same user, opened for another finding.
fn beside(case: &Case, claim: &Signal) -> Case {
    let mut other = contained(&Signal { finding_id: format!("{}/other", claim.finding_id), ..claim.clone() });
    other.subject = case.subject.clone();
    assert_ne!(other.id, case.id);
    other
}

fn beside_answers(case: &Case, others: &[Case]) -> Vec<ReturnAnswer> {
    case.steps.iter().map(|record| severance_domain::restoration::answer_beside(case, record, others)).collect()
}

#[test]
fn what_another_case_holds_is_undone_with_the_last_of_them() {
    let case = contained_user();
    let mut other = beside(&case, &exposed());
    let held = |others: &[Case]| {
        beside_answers(&case, others).iter().filter(|of| matches!(of, ReturnAnswer::Held { .. })).count()
    };
    let alone = beside_answers(&case, &[]).iter().filter(|of| of.changes()).count();
    assert!(alone > 1);
    assert_eq!(held(std::slice::from_ref(&other)), alone);
    // Itself is no other case, whatever was read.
    assert_eq!(held(std::slice::from_ref(&case)), 0);
    // One that is given back itself holds nothing, whether it is done or waits.
    let given_back = restored(other.clone(), Went::Well);
    assert_eq!(held(&[given_back]), 0);
    other.restoration = Some(severance_domain::restoration::Restoration::beside(
        &other,
        request("drill"),
        later(9),
        std::slice::from_ref(&case),
    ));
    assert!(other.waits_for_others());
    assert_eq!(held(&[other]), 0);
}

#[test]
fn a_case_that_took_nothing_holds_nothing_but_its_claim_still_names_the_key() {
    let case = contained(&Signal { kind: Kind::Offboarding, access_key: None, ..exposed() });
    let deactivated = |others: &[Case]| {
        let n = case.steps.iter().position(|of| of.step.countermeasure.as_str() == "deactivate_access_key").unwrap();
        beside_answers(&case, others)[n].clone()
    };
    assert_eq!(deactivated(&[]), ReturnAnswer::Undo);
    let mut observed = open(Mode::Observe, &exposed(), case.subject.clone(), Profile::default(), every_credential());
    let ReturnAnswer::Rotate { why } = deactivated(std::slice::from_ref(&observed)) else { panic!("it came back") };
    assert!(why.contains(observed.id.as_str()) && why.contains("the claim names it"), "{why}");
    // A claim that names none, and was not acted upon, says nothing of it.
    observed.signal.access_key = None;
    assert_eq!(deactivated(&[observed]), ReturnAnswer::Undo);
    // One that was acted upon says that it may be any.
    let mut acted = beside(&case, &compromised());
    acted = restored(acted, Went::Well);
    assert!(matches!(deactivated(&[acted]), ReturnAnswer::Rotate { .. }));
}

/// A denial for another reason is the last that lifts what was written in danger: stolen sessions stay out all the same.
#[test]
fn danger_of_another_case_keeps_older_sessions_denied() {
    let mut case = contained(&Signal { kind: Kind::Offboarding, access_key: None, ..exposed() });
    let quarantine = case.steps.iter().position(|of| of.step.countermeasure.as_str() == "quarantine_user").unwrap();
    assert_eq!(beside_answers(&case, &[])[quarantine], ReturnAnswer::Undo);
    let danger = restored(beside(&case, &exposed()), Went::Well);
    assert_eq!(
        beside_answers(&case, std::slice::from_ref(&danger))[quarantine],
        ReturnAnswer::UndoKeepingSessionsDenied
    );
    let restoration = severance_domain::restoration::Restoration::beside(&case, request("drill"), later(9), &[danger]);
    assert!(restoration.sessions_before.is_some_and(|moment| moment > later(9)));
    case.restoration = Some(restoration);
    assert!(!case.waits_for_others());
}
