//! Who is meant, and what AWS tells of them.

use std::collections::BTreeMap;

use crate::common::*;
use severance_domain::ids::{AccessKeyId, AccountId, UniqueId};
use severance_domain::respond::Reacted as Reaction;
use severance_domain::signal::{PrincipalHint, Signal, SignalKind, SubjectHint};
use severance_domain::subject::SubjectKind;
use severance_domain::verdict::Verdict;
use severance_engine::reactor::ReactError;

fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// A claim about a user of whom only this is known.
fn about(hint: PrincipalHint, key: Option<&str>) -> Signal {
    let access_key = key.and_then(|key| AccessKeyId::try_from(key).ok());
    Signal { subject: SubjectHint::User(hint), access_key, ..compromised() }
}

/// An AWS, a claim, the call that is denied, and the reason that must be given.
type Unknown = (fn() -> FakeAws, Signal, Option<&'static str>, &'static str);

#[tokio::test(start_paused = true)]
async fn what_cannot_be_known_is_held_for_review_and_nothing_is_touched() {
    let reused = Signal {
        subject: SubjectHint::User(PrincipalHint {
            unique_id: UniqueId::try_from("AIDASOMEBODYELSE").ok(),
            name: severance_domain::ids::IamName::try_from(USER).ok(),
            arn: None,
        }),
        ..compromised()
    };
    let elsewhere = Signal { account: AccountId::try_from("999988887777").unwrap(), ..compromised() };
    let no_key = about(PrincipalHint::default(), Some("AKIAUNKNOWN"));
    let unknown_id =
        about(PrincipalHint { unique_id: UniqueId::try_from("AIDAUNKNOWN").ok(), ..PrincipalHint::default() }, None);
    let nobody = FakeAws::new;
    let cases: [Unknown; 10] = [
        (one_user, compromised(), Some("iam:GetUser"), "iam:GetUser answered AccessDenied"),
        (
            one_role,
            about_role(SignalKind::IdentityCompromised),
            Some("iam:GetRole"),
            "iam:GetRole answered AccessDenied",
        ),
        (
            one_secret,
            about_secret(),
            Some("secretsmanager:DescribeSecret"),
            "secretsmanager:DescribeSecret answered AccessDenied",
        ),
        (
            one_user,
            leaver(),
            Some("iam:GetAccountAuthorizationDetails"),
            "iam:GetAccountAuthorizationDetails answered AccessDenied",
        ),
        (one_user, leaver(), Some("secretsmanager:ListSecrets"), "secretsmanager:ListSecrets answered AccessDenied"),
        (one_user, reused, None, "the event is about AIDASOMEBODYELSE, but iam:GetUser shows AIDAJQABLZS4A3QDU576Q"),
        (one_user, elsewhere, None, "it lives in account 999988887777, and this stack acts only in 111122223333"),
        (nobody, compromised(), None, "iam:GetUser knows no user build-bot"),
        (one_user, no_key, None, "AWS knows no such user"),
        (one_user, unknown_id, None, "AWS knows no such user"),
    ];
    for (fresh, signal, denied, why) in cases {
        let aws = fresh();
        if let Some(action) = denied {
            aws.fault(action, DENIED, usize::MAX);
        }
        let reaction = deliver(&aws, &signal, "first").await.unwrap();
        assert_eq!(reaction.verdict, Verdict::AwaitingReview, "{why}");
        let calls = aws.take_calls();
        assert!(mutating(&calls).is_empty(), "{why}: {calls:?}");
        let case = evidence(&aws).remove(0).0.predicate.case;
        assert_eq!(case.subject.kind, SubjectKind::Unresolved);
        assert!(case.steps.len() == 1 && case.steps[0].step.reason.contains(why), "{why}: {case:?}");
        assert!(aws.state().messages[0].body.contains(why), "{}", aws.state().messages[0].body);
        if signal.account.as_str() != ACCOUNT {
            assert!(!calls.iter().any(|call| call.starts_with("iam:") || call.starts_with("secrets")), "{calls:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_that_may_succeed_later_stores_nothing_and_is_tried_again() {
    let reads = ["iam:GetUser", "iam:ListAccessKeys", "iam:GetLoginProfile"];
    for (action, fault) in
        reads.into_iter().flat_map(|read| [(read, THROTTLED), (read, BROKEN), (read, Fault::Silence)])
    {
        let aws = one_user();
        aws.fault(action, fault, ATTEMPTS);
        let error = deliver(&aws, &compromised(), "first").await.unwrap_err();
        assert!(matches!(&error, ReactError::Aws(said) if said.action == action), "{error}");
        assert!(error.is_retryable() && aws.state().table.is_empty());
        aws.mend();
        assert_eq!(deliver(&aws, &compromised(), "second").await.unwrap().verdict, Verdict::RevokedUnverified);
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_cannot_be_listed_do_not_keep_a_user_from_its_quarantine() {
    let aws = one_user();
    aws.fault("iam:ListAccessKeys", DENIED, usize::MAX);
    let reaction = deliver(&aws, &compromised(), "first").await.unwrap();
    assert_eq!(reaction.verdict, Verdict::Partial);
    assert_eq!(mutating(&aws.take_calls()), ["iam:PutUserPolicy", "iam:TagUser"]);
    let case = evidence(&aws).remove(0).0.predicate.case;
    let unread = &case.inventory.unread;
    assert!(unread.len() == 1 && unread[0].contains("iam:ListAccessKeys answered AccessDenied"), "{unread:?}");
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_cannot_be_looked_for_is_no_obstacle_and_is_told() {
    for action in [
        "iam:GetLoginProfile",
        "iam:ListSSHPublicKeys",
        "iam:ListSigningCertificates",
        "iam:ListServiceSpecificCredentials",
    ] {
        let aws = one_user();
        aws.fault(action, DENIED, usize::MAX);
        assert_eq!(deliver(&aws, &compromised(), "first").await.unwrap().verdict, Verdict::Partial);
        assert!(aws.state().users[USER].keys.values().all(|active| !active), "what is known is ended");
        let not_proven = evidence(&aws).remove(0).0.predicate.proof.not_proven;
        let told = format!("{action} answered AccessDenied");
        assert!(not_proven.iter().any(|gap| gap.contains(&told)), "{not_proven:?}");
    }
}

/// Each way in which an event may name a user, over as many pages as there are users.
#[tokio::test(start_paused = true)]
async fn a_user_is_found_by_key_by_unique_id_and_by_arn() {
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/ci/{USER}");
    let by_arn = PrincipalHint { arn: arn.as_str().try_into().ok(), ..PrincipalHint::default() };
    let by_id = PrincipalHint { unique_id: UniqueId::try_from(USER_ID).ok(), ..PrincipalHint::default() };
    let key_only = Signal { subject: SubjectHint::AccessKeyOnly, ..about(PrincipalHint::default(), Some(KEY)) };
    let cases = [
        (about(by_arn, None), "iam:GetUser", 1),
        (about(by_id, None), "iam:ListUsers", 4),
        (about(PrincipalHint::default(), Some(KEY)), "iam:GetAccessKeyLastUsed", 1),
        (key_only, "iam:GetAccessKeyLastUsed", 1),
    ];
    for (signal, action, times) in cases {
        let aws = one_user();
        // Others before and after the one that is meant.
        for name in ["aaa", "bbb", "bbc", "zzz"] {
            let id = format!("AIDA{}", name.to_uppercase());
            aws.state().users.insert(name.to_owned(), Principal { id, ..Principal::default() });
        }
        aws.state().page = 1;
        assert_eq!(deliver(&aws, &signal, "first").await.unwrap().verdict, at_first(&signal));
        let calls = aws.take_calls();
        // Before anything is written down; afterwards the user is rechecked.
        let found = calls.iter().take_while(|call| *call != "dynamodb:PutItem");
        assert_eq!(found.filter(|call| *call == action).count(), times, "{calls:?}");
        let changed = mutating(&calls).iter().filter(|call| **call == "iam:UpdateAccessKey").count();
        assert_eq!(changed, 2, "both keys, from two pages");
    }
}

#[tokio::test(start_paused = true)]
async fn a_leaver_who_owns_nothing_is_recorded() {
    let aws = one_user();
    let reaction = deliver(&aws, &leaver(), "first").await.unwrap();
    assert_eq!(reaction.verdict, Verdict::Observed);
    assert!(mutating(&aws.take_calls()).is_empty());
    let statement = evidence(&aws).remove(0).0;
    assert_eq!((statement.predicate.case.subject.kind, statement.predicate.case.steps.len()), (SubjectKind::Person, 0));
    assert_eq!(
        statement.predicate.case.notes,
        ["no identity of this account, and no secret of this Region, names them as owner"]
    );
}

#[tokio::test(start_paused = true)]
async fn all_that_a_leaver_owns_is_found_on_every_page_and_told_apart() {
    let aws = FakeAws::new();
    {
        let mut state = aws.state();
        for n in 0..250 {
            let human = tags(&[("owner", ALICE), ("class", "human")]);
            let tags = if [3, 120, 249].contains(&n) { human } else { tags(&[("owner", "bob@example.com")]) };
            let keys = BTreeMap::from([(format!("AKIAUSER{n:03}"), true)]);
            let user = Principal { id: format!("AIDAUSER{n:03}"), tags, keys, ..Principal::default() };
            state.users.insert(format!("user-{n:03}"), user);
        }
        for n in 0..250 {
            let owners = match n {
                7 | 230 => ALICE,
                150 => "alice@example.com bob@example.com",
                _ => "bob@example.com",
            };
            let secret = Secret {
                name: format!("secret-{n:03}"),
                tags: tags(&[("owner", owners)]),
                rotation: true,
                ..Secret::default()
            };
            state.secrets.insert(format!("{SECRET}-{n:03}"), secret);
        }
        // What names nobody is not even listed.
        state.secrets.insert(SECRET.to_owned(), Secret { rotation: true, ..Secret::default() });
    }
    let outcomes = reactor(&aws, "enforce").react(&leaver(), "first").await;
    let reactions: Vec<Reaction> = outcomes.into_iter().map(Result::unwrap).collect();
    let short: Vec<(&str, Verdict)> = reactions
        .iter()
        .map(|reaction| (reaction.subject.rsplit([':', '/']).next().unwrap(), reaction.verdict))
        .collect();
    let expected = [
        ("user-003", Verdict::VerifiedRevoked),
        ("user-120", Verdict::VerifiedRevoked),
        ("user-249", Verdict::VerifiedRevoked),
        ("main-AbCdEf-007", Verdict::VerifiedRevoked),
        ("main-AbCdEf-150", Verdict::AwaitingReview),
        ("main-AbCdEf-230", Verdict::VerifiedRevoked),
    ];
    assert_eq!(short, expected);
    let calls = aws.take_calls();
    let count = |action: &str| calls.iter().filter(|call| *call == action).count();
    assert_eq!((count("iam:GetAccountAuthorizationDetails"), count("secretsmanager:ListSecrets")), (3, 3));
    assert_eq!((count("iam:PutUserPolicy"), count("secretsmanager:RotateSecret")), (3, 2));
    let touched = |user: &Principal| !user.policies.is_empty() || user.keys.values().any(|active| !active);
    assert_eq!(aws.state().users.values().filter(|user| touched(user)).count(), 3);
    assert_eq!(aws.published(), (6, 6));
}

/// One subject's fault is its own: the others' evidence does not wait for it.
#[tokio::test(start_paused = true)]
async fn what_fails_for_one_identity_of_a_leaver_holds_up_no_other() {
    let aws = FakeAws::new();
    for name in ["one", "two", "three"] {
        let id = format!("AIDA{}", name.to_uppercase());
        let user = Principal { id, tags: tags(&[("owner", ALICE), ("class", "human")]), ..Principal::default() };
        aws.state().users.insert(name.to_owned(), user);
    }
    for action in ["iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:PutUserPermissionsBoundary"] {
        aws.fault(action, DENIED, 1);
    }
    let outcomes = reactor(&aws, "enforce").react(&leaver(), "first").await;
    let mut verdicts: Vec<&str> = outcomes.into_iter().map(|outcome| outcome.unwrap().verdict.as_str()).collect();
    verdicts.sort_unstable();
    assert_eq!(verdicts, ["failed", "verified_revoked", "verified_revoked"]);
}
