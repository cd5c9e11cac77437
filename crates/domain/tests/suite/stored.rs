//! What an earlier version wrote is read, and written again, as it stands: cases in the table, and questions that people were
//! asked. The files come from version 0.1.0, before there were rechecks and restorations.

use crate::common::cases::*;
use crate::common::*;
use serde_json::Value;
use severance_domain::case::Case;
use severance_domain::plan::Disposition;
use severance_domain::playbook::Mode;
use severance_domain::profile::Class;
use severance_domain::signal::SignalKind as Kind;
use severance_domain::subject::{Inventory, Subject, SubjectKind};

const STORED: [(&str, &str); 5] = [
    ("maximal", include_str!("stored/maximal.json")),
    ("user", include_str!("stored/waiting-user.json")),
    ("stale", include_str!("stored/waiting-stale.json")),
    ("role", include_str!("stored/waiting-role.json")),
    ("secret", include_str!("stored/waiting-secret.json")),
];

#[test]
fn a_case_that_an_earlier_version_stored_is_read_and_written_as_it_stands() {
    for (name, text) in STORED {
        let stored: Value = serde_json::from_str(text).unwrap();
        let case: Case = serde_json::from_value(stored.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(serde_json::to_value(&case).unwrap(), stored, "{name}");
        assert!(case.rechecks.is_empty() && case.restoration.is_none() && case.steps.iter().all(|of| of.recheck == 0));
    }
}

#[test]
fn a_question_that_an_earlier_version_asked_keeps_its_digest() {
    let asked: [(&str, Kind, Subject, Inventory, &str); 4] = [
        (
            "user",
            Kind::CredentialExposed,
            user("ci"),
            keys([key(KEY, 20), inactive(key(OTHER_KEY, 400))]),
            "sha256:31c51b864d3fb982fdb8e3d1baf45d076dd586c4d32b0e85b3caee117989069c",
        ),
        (
            "stale",
            Kind::CredentialStale,
            user("ci"),
            keys([key(KEY, 120)]),
            "sha256:6fdc258eb02ae2ade8d4e8f3bb7534eb11019438675e88bf5630a802628badab",
        ),
        (
            "role",
            Kind::IdentityCompromised,
            subject(SubjectKind::Role, "app"),
            keys([]),
            "sha256:894195bc187e6de55328130b8ecd1ff6eb03a5f8b4f9ab26c655430211626a76",
        ),
        (
            "secret",
            Kind::SecretUnrotated,
            subject(SubjectKind::Secret, "db"),
            secret(true, false),
            "sha256:5211ed7e57d240d5d08dc5d8b466652b04fd8befe30f4ec79cf6271dbbc59c0a",
        ),
    ];
    let asks = says(Disposition::Review, &[("ask", "A person decides.")]);
    for (name, kind, who, inventory, digest) in asked {
        // Asked anew, about what has not changed.
        let owned = profile(&["alice@x.io"], Some(Class::Pipeline));
        let case = open_under(&asks, &context(Mode::Enforce), &signal(kind, Some(KEY)), who, owned, inventory);
        assert_eq!(case.plan_digest().to_string(), digest, "{name}");
        let (_, text) = STORED.iter().find(|(stored, _)| *stored == name).unwrap();
        let stored: Case = serde_json::from_str(text).unwrap();
        assert_eq!(stored.review.as_ref().unwrap().plan.to_string(), digest, "{name}");
        assert_eq!(stored.plan_digest().to_string(), digest, "{name}");
    }
}
