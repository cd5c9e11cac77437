//! Who answers for an identity, and who is left alone: what tags, the registry and clues come to, and what a pattern covers.

use std::collections::BTreeMap;

use crate::common::*;
use proptest::prelude::*;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::exemption::{Exemption, ExemptionRequest, ExemptionUse, matches_pattern};
use severance_domain::profile::{
    Basis, Class, Clues, Confidence, Criticality, Field, Origin, Precedence, Profile, RegistryEntry, TagKeys,
};
use severance_domain::subject::{Inventory, Subject, SubjectKind};

fn keys() -> TagKeys {
    TagKeys {
        owner: names(&["severance:owner"]),
        class: names(&["severance:class", "class"]),
        environment: names(&["environment"]),
        criticality: names(&["criticality"]),
        expiry: names(&["expiry"]),
        review_by: names(&["review-by"]),
    }
}

fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Everything that tags can state.
fn tagged() -> Profile {
    let all = [
        ("severance:owner", "alice@x.io"),
        ("severance:class", "pipeline"),
        ("environment", " Staging "),
        ("criticality", "LOW"),
        ("expiry", "2027-01-31"),
        ("review-by", "2026-12-31"),
    ];
    Profile::from_tags(&tags(&all), &keys())
}

/// Everything that the registry can state, all of it different.
fn row() -> RegistryEntry {
    RegistryEntry {
        arn: user("ci").arn.unwrap().to_string(),
        owners: names(&["Payments", "payments"]),
        class: Some(Class::Workload),
        environment: Some("prod".to_owned()),
        criticality: Some(Criticality::Critical),
        privileged: Some(true),
        expires_on: "2030-01-01".parse().ok(),
        review_by: "2029-01-01".parse().ok(),
    }
}

/// The row without all but one of its fields.
fn row_of(field: Field) -> RegistryEntry {
    let (full, empty) = (row(), RegistryEntry { arn: row().arn, ..RegistryEntry::default() });
    match field {
        Field::Owners => RegistryEntry { owners: full.owners, ..empty },
        Field::Class => RegistryEntry { class: full.class, ..empty },
        Field::Environment => RegistryEntry { environment: full.environment, ..empty },
        Field::Criticality => RegistryEntry { criticality: full.criticality, ..empty },
        Field::Privileged => RegistryEntry { privileged: full.privileged, ..empty },
        Field::ExpiresOn => RegistryEntry { expires_on: full.expires_on, ..empty },
        Field::ReviewBy => RegistryEntry { review_by: full.review_by, ..empty },
    }
}

const FIELDS: [Field; 7] = [
    Field::Owners,
    Field::Class,
    Field::Environment,
    Field::Criticality,
    Field::Privileged,
    Field::ExpiresOn,
    Field::ReviewBy,
];

/// One field of a profile, as text.
fn field(profile: &Profile, field: Field) -> String {
    match field {
        Field::Owners => profile.owners.join(" "),
        Field::Class => format!("{:?}", profile.class),
        Field::Environment => format!("{:?}", profile.environment),
        Field::Criticality => format!("{:?}", profile.criticality),
        Field::Privileged => format!("{:?}", profile.privileged),
        Field::ExpiresOn => format!("{:?}", profile.expires_on),
        Field::ReviewBy => format!("{:?}", profile.review_by),
    }
}

#[test]
fn whose_word_counts_is_decided_field_by_field() {
    let registry = Profile::from_registry(&row());
    assert_eq!(registry.owners, ["payments"], "in lower case, once");
    for one in FIELDS {
        let entry = row_of(one);
        // Of two that state it, the preferred one counts; what only one states counts anyway.
        for (precedence, preferred) in [(Precedence::Tags, tagged()), (Precedence::Registry, registry.clone())] {
            let merged = tagged().with_registry(Some(&entry), precedence);
            // No tag says who is privileged, and recertifications are written to the registry.
            let from_registry = matches!(one, Field::Privileged | Field::ReviewBy);
            let wanted = if from_registry { &registry } else { &preferred };
            assert_eq!(field(&merged, one), field(wanted, one), "{one:?} {precedence:?}");
            assert_eq!(merged.basis[&one].origin, wanted.basis[&one].origin, "{one:?} {precedence:?}");
            for other in FIELDS.into_iter().filter(|other| *other != one) {
                assert_eq!(field(&merged, other), field(&tagged(), other), "{other:?} beside {one:?} {precedence:?}");
            }
            let alone = Profile::from_tags(&BTreeMap::new(), &keys()).with_registry(Some(&entry), precedence);
            assert_eq!(field(&alone, one), field(&registry, one), "{one:?} {precedence:?}");
            assert_eq!(alone.basis.keys().collect::<Vec<_>>(), [&one]);
        }
    }
    assert_eq!(tagged().with_registry(None, Precedence::Registry), tagged());
}

#[test]
fn what_a_tag_says_badly_it_does_not_say() {
    let odd = [
        ("severance:owner", " ,; "),
        ("class", "robot"),
        ("environment", " "),
        ("criticality", "very"),
        ("expiry", "31.01.2027"),
        ("review-by", "2026-02-30"),
    ];
    let profile = Profile::from_tags(&tags(&odd), &keys());
    assert_eq!(Profile { tags: BTreeMap::new(), ..profile.clone() }, Profile::default());
    // So that the registry can say it.
    let merged = profile.with_registry(Some(&row()), Precedence::Tags);
    assert!(FIELDS.iter().all(|field| merged.basis[field].origin == Origin::Registry));
    // The first key that is set counts, and an empty one is not set.
    let two = tags(&[("severance:class", ""), ("class", "agent")]);
    let profile = Profile::from_tags(&two, &keys());
    assert_eq!((profile.class, profile.basis[&Field::Class].detail.as_str()), (Some(Class::Agent), "class"));
}

#[test]
fn an_identity_that_bears_a_mail_address_belongs_to_whoever_reads_that_mail() {
    let infer = |stated: Profile, who: &Subject| {
        stated.inferred(&Clues { subject: who, inventory: &Inventory::default(), trust: None })
    };
    let profile = infer(Profile::default(), &user("Alice@X.io"));
    assert_eq!((profile.owners.as_slice(), profile.class), (&names(&["alice@x.io"])[..], Some(Class::Human)));
    let basis = Basis {
        origin: Origin::Inferred,
        detail: "its name is a mail address".to_owned(),
        confidence: Confidence::Medium,
    };
    assert_eq!(profile.basis[&Field::Owners], basis);
    assert!(!profile.is_class_stated());
    for name in ["alice", "alice@x", "@x.io", "a@b@c.io", "alice.x.io"] {
        assert!(infer(Profile::default(), &user(name)).owners.is_empty(), "{name}");
    }
    // A role is no mailbox, and whoever is stated answers.
    assert!(infer(Profile::default(), &subject(SubjectKind::Role, "alice@x.io")).owners.is_empty());
    assert_eq!(infer(profile_of("bob"), &user("alice@x.io")).owners, ["bob"]);
}

fn profile_of(owner: &str) -> Profile {
    profile(&[owner], Some(Class::Workload))
}

#[test]
fn privilege_is_inferred_where_it_is_seen_and_denied_nowhere() {
    let infer = |stated: Profile, policies: Option<&[&str]>| {
        let inventory = Inventory { attached_policies: policies.map(names), ..Inventory::default() };
        stated.inferred(&Clues { subject: &user("x"), inventory: &inventory, trust: None })
    };
    let seen = |policies| infer(Profile::default(), policies).privileged;
    assert_eq!(seen(None), None);
    assert_eq!(seen(Some(&[])), None, "an inline policy may say anything");
    assert_eq!(seen(Some(&["ReadOnlyAccess", "AdministratorAccess-Amplify"])), None);
    for policy in ["AdministratorAccess", "IAMFullAccess", "PowerUserAccess"] {
        let profile = infer(Profile::default(), Some(&["ReadOnlyAccess", policy]));
        let basis = &profile.basis[&Field::Privileged];
        assert_eq!((profile.privileged, basis.origin), (Some(true), Origin::Inferred));
        assert!(basis.detail.contains(policy), "{}", basis.detail);
    }
    let stated = Profile::from_registry(&RegistryEntry { privileged: Some(false), ..row() });
    let kept = infer(stated, Some(&["AdministratorAccess"]));
    assert_eq!((kept.privileged, kept.basis[&Field::Privileged].origin), (Some(false), Origin::Registry));
}

#[test]
fn a_class_is_read_however_its_words_are_joined() {
    for text in ["break-glass", "Break Glass", "BREAK_GLASS", " BreakGlass "] {
        assert_eq!(Class::from_tag(text), Some(Class::BreakGlass), "{text}");
    }
    for class in Class::ALL {
        assert_eq!(Class::from_tag(class.as_str()), Some(class));
        assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
    }
    assert_eq!(Class::from_tag("robot"), None);
    for criticality in [Criticality::Low, Criticality::Medium, Criticality::High, Criticality::Critical] {
        assert_eq!(Criticality::from_tag(&format!(" {} ", criticality.as_str().to_uppercase())), Some(criticality));
        assert_eq!(serde_json::to_value(criticality).unwrap(), criticality.as_str());
    }
    assert!(Criticality::Low < Criticality::Critical && Confidence::Low < Confidence::Stated);
}

#[test]
fn a_row_of_the_registry_has_no_field_that_we_do_not_know() {
    let json = serde_json::to_value(row()).unwrap();
    assert_eq!(serde_json::from_value::<RegistryEntry>(json).unwrap(), row());
    let misspelled = serde_json::json!({ "arn": "a", "criticalty": "high" });
    let problem = serde_json::from_value::<RegistryEntry>(misspelled).unwrap_err().to_string();
    assert!(problem.contains("unknown field `criticalty`"), "{problem}");
}

// Exemptions.

#[test]
fn a_pattern_covers_identities_by_their_whole_arn() {
    let quarantine = Countermeasure::QuarantineUser(card::QuarantineUser::of(iam_name("ci-1"), None));
    let rotate =
        Countermeasure::RotateSecret(card::RotateSecret { secret: subject(SubjectKind::Secret, "db").arn.unwrap() });
    let of = |pattern: &str, names: &[&str]| {
        let mut exemption = exemption(names);
        pattern.clone_into(&mut exemption.request.subject);
        exemption
    };
    // Users of the tests live under the path ci/.
    let rows = [
        ("arn:aws:iam::111122223333:user/ci/ci-1", true),
        ("arn:aws:iam::111122223333:user/ci-1", false),
        ("arn:aws:iam::111122223333:user/ci/*", true),
        ("arn:aws:iam::111122223333:user/*-1", true),
        ("arn:aws:iam::*:user/*/ci-1", true),
        ("arn:aws:iam::444455556666:user/ci/ci-1", false),
        ("arn:aws:iam::111122223333:role/ci/*", false),
        ("arn:aws:iam::111122223333:user/CI/*", false),
        ("arn:aws:iam::111122223333:user/ci/ci-", false),
        ("arn:aws:iam::111122223333:user/ci/ci-1*", true),
    ];
    for (pattern, covered) in rows {
        assert_eq!(of(pattern, &[]).covers(&user("ci-1"), &quarantine), covered, "{pattern}");
        assert!(!of(pattern, &["rotate_secret"]).covers(&user("ci-1"), &quarantine), "{pattern}");
    }
    let secret = subject(SubjectKind::Secret, "db");
    assert!(of("arn:aws:secretsmanager:*:secret:db-*", &["rotate_secret"]).covers(&secret, &rotate));
    // Somebody without an ARN is covered by nothing: nobody knows who it is.
    let nobody = Subject { arn: None, ..user("ci-1") };
    assert!(!of("arn:*", &[]).covers(&nobody, &quarantine));
}

#[test]
fn an_exemption_ends_at_its_moment() {
    let exemption = exemption(&[]);
    assert!(exemption.is_in_force(now()) && exemption.is_in_force(days_ago(-29)));
    assert!(!exemption.is_in_force(days_ago(-30)) && !exemption.is_in_force(days_ago(-31)));
}

#[test]
fn an_exemption_survives_its_json_and_its_use_says_all_that_it_rests_on() {
    let exemption = Exemption { warned_at: Some(now()), ..exemption(&["rotate_secret", "quarantine_user"]) };
    let json = serde_json::to_value(&exemption).unwrap();
    assert_eq!(serde_json::from_value::<Exemption>(json.clone()).unwrap(), exemption);
    assert_eq!(json["wayOut"], "the closing job gets a role by April", "flat, as a table's row");
    let request = serde_json::to_value(&exemption.request).unwrap();
    assert_eq!(serde_json::from_value::<ExemptionRequest>(request).unwrap(), exemption.request);
    let used = serde_json::to_value(ExemptionUse::of(&exemption, names(&["rotate_secret"]))).unwrap();
    assert_eq!(
        used,
        serde_json::json!({
            "id": "exm-3f2a91c0",
            "owner": "payments@x.io",
            "reason": "the yearly closing signs with this key",
            "ticket": "OPS-1",
            "wayOut": "the closing job gets a role by April",
            "expiresAt": "2026-03-31T12:00:00Z",
            "createdBy": "arn:aws:sts::111122223333:assumed-role/responder/bob",
            "covered": ["rotate_secret"],
        })
    );
}

#[test]
fn an_exemption_is_for_as_long_as_the_stack_allows_and_names_somebody() {
    let asked = |subject: &str, days: i64| {
        let mut request = exemption(&[]).request;
        subject.clone_into(&mut request.subject);
        request.expires_at = days_ago(-days);
        request.validate(now(), 90).map_err(|error| error.to_string())
    };
    let arn = "arn:aws:iam::111122223333:user/ci/batch-*";
    assert_eq!(asked(arn, 90), Ok(()));
    assert_eq!(asked(arn, 91).unwrap_err(), "$.expiresAt must be within 90 days, the stack's limit");
    assert!(asked(arn, 0).unwrap_err().starts_with("$.expiresAt must be in the future"));
    for everybody in ["*", "arn:*", "arn:aws:iam::111122223333:user/*", "arn:aws:iam::*:*", "arn:aws:iam::1:user/**"] {
        assert!(asked(everybody, 1).unwrap_err().starts_with("$.subject must be the ARN"), "{everybody}");
    }
    let role = "arn:aws:iam::111122223333:role/app/*-runner";
    assert_eq!(asked(role, 1), Ok(()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_pattern_matches_what_its_stars_were_cut_from(text in "[ab/:]{0,12}", from in 0..13usize, to in 0..13usize) {
        let (from, to) = (from.min(text.len()), to.min(text.len()));
        let (from, to) = (from.min(to), from.max(to));
        let pattern = format!("{}*{}", &text[..from], &text[to..]);
        prop_assert!(matches_pattern(&pattern, &text), "{pattern} {text}");
        prop_assert!(matches_pattern(&text, &text));
        let longer = format!("{text}a");
        prop_assert!(!matches_pattern(&text, &longer), "no star, no other text");
    }

    #[test]
    fn a_pattern_is_matched_as_by_trying_everything(pattern in "[ab*]{0,8}", text in "[ab]{0,8}") {
        fn naive(pattern: &[u8], text: &[u8]) -> bool {
            match (pattern.split_first(), text.split_first()) {
                (None, _) => text.is_empty(),
                (Some((b'*', rest)), _) => {
                    naive(rest, text) || text.split_first().is_some_and(|(_, text)| naive(pattern, text))
                }
                (Some((p, rest)), Some((t, text))) => p == t && naive(rest, text),
                (Some(_), None) => false,
            }
        }
        prop_assert_eq!(matches_pattern(&pattern, &text), naive(pattern.as_bytes(), text.as_bytes()));
    }
}
