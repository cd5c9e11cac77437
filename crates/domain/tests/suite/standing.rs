//! Whose word counts, by what AWS vouches for, and who may be one person.

use severance_domain::caller::{Caller, Word};
use severance_domain::ids::{AccountId, Arn, UniqueId};
use severance_domain::standing::{Principals, WhoMay, is_subject};
use severance_domain::subject::{Subject, SubjectKind};

use crate::common::{ACCOUNT, subject};

const OTHER: &str = "444455556666";

fn caller(arn: &str, id: Option<&str>) -> Caller {
    Caller { arn: Arn::try_from(arn).unwrap(), principal_id: id.map(str::to_owned) }
}

fn who_may(approve: &str, named: &str) -> WhoMay {
    let own = AccountId::try_from(ACCOUNT).unwrap();
    WhoMay {
        ask: Principals::or_account("AskerPrincipals", "", &own).unwrap(),
        approve: Principals::or_account("ApproverPrincipals", approve, &own).unwrap(),
        named_sessions: Principals::read("NamedSessionRoles", named).unwrap(),
    }
}

#[test]
fn a_caller_is_let_in_by_what_aws_vouches_for_alone() {
    let session = |account: &str, role: &str, name: &str| format!("arn:aws:sts::{account}:assumed-role/{role}/{name}");
    let user = |account: &str, path_and_name: &str| format!("arn:aws:iam::{account}:user/{path_and_name}");
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    let federated = format!("arn:aws:sts::{ACCOUNT}:federated-user/alice");
    let sso = "AWSReservedSSO_Responder_0123456789abcdef";
    let role = |text: &str| format!("arn:aws:iam::{ACCOUNT}:role/{text}");
    let by_path = user(ACCOUNT, "people/*");
    let rows: Vec<(String, String, Option<&str>, bool)> = vec![
        // An account: its users and roles, neither its root nor a session that does not say whose it is.
        (String::new(), session(ACCOUNT, "Responder", "alice"), None, true),
        (String::new(), user(ACCOUNT, "people/alice"), None, true),
        (String::new(), session(OTHER, "Responder", "alice"), None, false),
        (String::new(), user(OTHER, "people/alice"), None, false),
        (String::new(), root.clone(), None, false),
        (String::new(), federated.clone(), None, false),
        (OTHER.to_owned(), user(OTHER, "alice"), None, true),
        // Who names others leaves the own account out.
        (OTHER.to_owned(), user(ACCOUNT, "alice"), None, false),
        (format!("{OTHER}, {ACCOUNT}"), user(ACCOUNT, "alice"), None, true),
        // A role, whatever its path and the session's name; in its account alone.
        (role("Responder"), session(ACCOUNT, "Responder", "anything"), None, true),
        (role("teams/on-call/Responder"), session(ACCOUNT, "Responder", "alice"), None, true),
        (role("Responder"), session(OTHER, "Responder", "alice"), None, false),
        (role("Responder"), session(ACCOUNT, "Responder2", "alice"), None, false),
        (role("Responder"), session(ACCOUNT, "responder", "alice"), None, false),
        // The session's name is the caller's to choose, so it is no name of a role.
        (role("Responder"), session(ACCOUNT, "Other", "Responder"), None, false),
        (role("Responder"), user(ACCOUNT, "Responder"), None, false),
        (role("Resp*"), session(ACCOUNT, "Responder", "alice"), None, true),
        (role("Resp*"), session(ACCOUNT, "Other", "Responder"), None, false),
        (
            role("aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Responder_*"),
            session(ACCOUNT, sso, "a@x.io"),
            None,
            true,
        ),
        (role("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_*"), session(ACCOUNT, sso, "a@x.io"), None, false),
        // Of users STS says the path.
        (by_path.clone(), user(ACCOUNT, "people/alice"), None, true),
        (by_path.clone(), user(ACCOUNT, "People/alice"), None, false),
        (by_path, user(ACCOUNT, "robots/people/alice"), None, false),
        // A unique id stays the same under another name, and is not given again under the same one.
        ("AIDAEXAMPLEALICE0001".to_owned(), user(ACCOUNT, "renamed"), Some("AIDAEXAMPLEALICE0001"), true),
        ("AIDAEXAMPLEALICE0001".to_owned(), user(ACCOUNT, "alice"), Some("AIDAEXAMPLEALICE0002"), false),
        ("AIDAEXAMPLEALICE0001".to_owned(), user(ACCOUNT, "alice"), None, false),
        ("AROAEXAMPLEROLE00001".to_owned(), session(ACCOUNT, "R", "x"), Some("AROAEXAMPLEROLE00001:x"), true),
        ("AROAEXAMPLEROLE00001".to_owned(), session(ACCOUNT, "R", "x"), Some("AROAEXAMPLEROLE00002:x"), false),
        (root.clone(), root.clone(), Some(ACCOUNT), true),
        (root, user(ACCOUNT, "alice"), None, false),
    ];
    for (approve, arn, id, let_in) in rows {
        let answer = who_may(&approve, "").standing(Word::Approves, &caller(&arn, id));
        assert_eq!(answer.is_ok(), let_in, "{approve:?} {arn}: {answer:?}");
        match answer {
            Ok(standing) => {
                assert!(standing.allowed_by.starts_with("ApproverPrincipals: "), "{standing:?}");
                assert_eq!(standing.principal_id.as_deref(), id);
            }
            Err(why) => {
                let listed = if approve.is_empty() { ACCOUNT } else { &approve };
                assert!(why.contains(&arn) && why.contains(listed) && why.contains("ApproverPrincipals"), "{why}");
            }
        }
    }
    // Who may ask is another list.
    let asks = who_may(OTHER, "").standing(Word::Asks, &caller(&user(ACCOUNT, "alice"), None)).unwrap();
    assert_eq!(asks.allowed_by, format!("AskerPrincipals: {ACCOUNT}"));
}

#[test]
fn an_entry_that_could_let_in_more_than_it_says_is_none() {
    for entry in [
        "*",
        "anybody",
        "12345",
        "arn:aws:iam::*:user/alice",
        "arn:aws:iam::111122223333:user/",
        "arn:aws:iam::111122223333:*",
        "arn:aws:iam::111122223333:role/team/*",
        "arn:aws:iam::111122223333:role/*/Responder",
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*",
        "arn:aws:iam::111122223333:role/team/",
        "arn:aws:sts::111122223333:assumed-role/Responder/alice",
        "arn:aws:sts::111122223333:federated-user/alice",
        "arn:aws:s3:::bucket",
        "AKIAIOSFODNN7EXAMPLE",
        "AIDA*",
    ] {
        let read = Principals::read("ApproverPrincipals", &format!("111122223333,{entry}"));
        assert!(read.as_ref().is_err_and(|error| error.to_string().contains(entry)), "{entry}: {read:?}");
    }
}

#[test]
fn two_people_are_told_apart_and_in_doubt_are_one() {
    let user = "arn:aws:iam::111122223333:user/alice";
    let alice = "arn:aws:sts::111122223333:assumed-role/Responder/alice";
    let bob = "arn:aws:sts::111122223333:assumed-role/Responder/bob";
    let sso = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/alice@example.com";
    let carol = "arn:aws:iam::111122223333:user/carol";
    let named = "arn:aws:iam::111122223333:role/Named*";
    for (a, b, same) in [
        (user, user, true),
        (user, "arn:aws:iam::111122223333:user/Alice", true),
        (user, "arn:aws:iam::111122223333:user/bob", false),
        (user, "arn:aws:iam::444455556666:user/team/alice", true),
        (alice, alice, true),
        (alice, "arn:aws:sts::111122223333:assumed-role/Responder/ALICE", true),
        // One caller who chose another name.
        (alice, bob, true),
        (
            "arn:aws:sts::111122223333:assumed-role/Named/alice",
            "arn:aws:sts::111122223333:assumed-role/Named/bob",
            false,
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/Named/alice",
            "arn:aws:sts::111122223333:assumed-role/Named/Alice",
            true,
        ),
        (
            "arn:aws:sts::444455556666:assumed-role/Named/alice",
            "arn:aws:sts::444455556666:assumed-role/Named/bob",
            true,
        ),
        (alice, "arn:aws:sts::111122223333:assumed-role/Other/alice", true),
        (alice, "arn:aws:sts::111122223333:assumed-role/Other/bob", false),
        (alice, "arn:aws:sts::444455556666:assumed-role/Responder/bob", false),
        (alice, "arn:aws:iam::111122223333:role/teams/Responder", true),
        ("arn:aws:iam::444455556666:role/Responder", alice, false),
        ("arn:aws:iam::111122223333:role/Other", alice, false),
        // A user, and the session that they called like themselves.
        (alice, user, true),
        (bob, user, false),
        (sso, "arn:aws:sts::444455556666:assumed-role/AWSReservedSSO_Reader_fedcba9876543210/alice@example.com", true),
        (sso, "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/bob@example.com", false),
        // Whoever made it chose its name.
        (carol, "arn:aws:sts::111122223333:federated-user/bob", true),
    ] {
        let may = who_may("", named);
        assert_eq!(may.same_person(&caller(a, None), &caller(b, None)), same, "{a} {b}");
        assert_eq!(may.same_person(&caller(b, None), &caller(a, None)), same, "{b} {a}");
    }
    // A user who takes another name in between, and one who got the name of another.
    let may = who_may("", "");
    assert!(may.same_person(&caller(user, Some("AIDAEXAMPLEALICE0001")), &caller(carol, Some("AIDAEXAMPLEALICE0001"))));
    assert!(
        !may.same_person(&caller(user, Some("AIDAEXAMPLEALICE0001")), &caller(carol, Some("AIDAEXAMPLECAROL0001")))
    );
}

#[test]
fn nobody_is_taken_for_another_than_the_identity_that_a_case_is_about() {
    let role = Subject {
        unique_id: UniqueId::try_from("AROAEXAMPLEROLE00001").ok(),
        ..subject(SubjectKind::Role, "Responder")
    };
    let user = subject(SubjectKind::User, "alice");
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/Responder/x");
    let alice = format!("arn:aws:iam::{ACCOUNT}:user/people/alice");
    for (arn, id, of, same) in [
        (&session, Some("AROAEXAMPLEROLE00001:x"), &role, true),
        (&session, Some("AROAEXAMPLEROLE00002:x"), &role, false),
        (&session, None, &role, true),
        (&alice, Some("AIDAEXAMPLEALICE0001"), &user, user.unique_id.is_none()),
        (&alice, None, &user, true),
        (&alice, None, &role, false),
        (&format!("arn:aws:iam::{OTHER}:user/alice"), None, &user, false),
    ] {
        assert_eq!(is_subject(&caller(arn, id), of), same, "{arn} {id:?}");
    }
}
