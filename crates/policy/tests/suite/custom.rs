//! A user's own policies beside ours: what is refused, where it is told, and who wins.

use std::path::{Path, PathBuf};

use crate::common::{Asker, defaults, with_custom};
use severance_domain::plan::Disposition;
use severance_domain::policy::Ruling;
use severance_policy::{Guardrails, NO_PERMIT, SourceFile};

fn guardrails(custom: &str) -> Guardrails {
    Guardrails::from_files(&with_custom(custom)).unwrap()
}

/// All that is wrong with a custom file, as it is printed.
fn refused(custom: &str) -> String {
    Guardrails::from_files(&with_custom(custom)).unwrap_err().to_string()
}

fn ids(ruling: &Ruling) -> Vec<&str> {
    ruling.policies.iter().map(|policy| policy.id.as_str()).collect()
}

#[track_caller]
fn assert_told(custom: &str, start: &str, words: &[&str]) {
    let told = refused(custom);
    assert!(told.starts_with(start), "{told:?} should start with {start:?}");
    for word in words {
        assert!(told.contains(word), "{told:?} should say {word:?}");
    }
    assert_eq!(told.lines().count(), 1, "one problem, one line: {told:?}");
}

#[test]
fn broken_syntax_is_told_with_its_place() {
    let custom = "@id(\"x\")\nforbid (principal, action, resource)\nwhen { context.exempted and true };\n";
    assert_told(custom, "policies/custom/x.cedar:3:25: ", &["unexpected token `and`"]);
    assert_told("@id(\"x\")\nforbid (principal, action, resource)", "policies/custom/x.cedar:2:", &["unexpected end"]);
}

#[test]
fn an_unknown_attribute_is_told_with_its_place() {
    let custom =
        "// ours\n@id(\"x\")\nforbid (principal, action, resource is User)\nwhen { resource.klass == \"human\" };\n";
    assert_told(custom, "policies/custom/x.cedar:4:8: ", &["policy `x`", "`klass`"]);
}

#[test]
fn an_unknown_value_is_told_with_its_place() {
    let custom = "@id(\"x\")\nforbid (principal, action, resource)\nwhen { resource.class == Class::\"humann\" };\n";
    assert_told(custom, "policies/custom/x.cedar:3:26: ", &["Class", "humann"]);
    let custom = "@id(\"x\")\nforbid (principal == Countermeasure::\"delete_user\", action, resource);\n";
    assert_told(custom, "policies/custom/x.cedar:2:22: ", &["delete_user"]);
    let custom = "@id(\"x\")\nforbid (principal, action == Action::\"enforse\", resource);\n";
    assert_told(custom, "policies/custom/x.cedar:2:30: ", &["enforse", "did you mean"]);
}

#[test]
fn what_may_be_missing_must_be_asked_for_first() {
    let custom = "@id(\"x\")\npermit (principal, action, resource)\nwhen { context.credentialIdleDays > 3 };\n";
    assert_told(custom, "policies/custom/x.cedar:3:8: ", &["credentialIdleDays"]);
    let custom =
        "@id(\"x\")\npermit (principal, action, resource is User)\nwhen { resource.getTag(\"team\") == \"a\" };\n";
    assert_told(custom, "policies/custom/x.cedar:3:8: ", &["team"]);
}

#[test]
fn a_policy_without_an_id_is_told_with_its_place() {
    let custom =
        "@id(\"x\")\nforbid (principal, action, resource is Role);\n\nforbid (principal, action, resource is User);\n";
    assert_told(custom, "policies/custom/x.cedar:4:1: ", &["no @id"]);
    assert_told("@id(\"\")\npermit (principal, action, resource);", "policies/custom/x.cedar:1:1: ", &["letters"]);
    let custom = "@id(\"a\\nb\")\npermit (principal, action, resource);";
    assert_told(custom, "policies/custom/x.cedar:1:1: ", &["letters"]);
}

#[test]
fn an_id_that_is_in_use_is_told_with_both_places() {
    let twice = "@id(\"x\")\nforbid (principal, action, resource is Role);\n@id(\"x\")\nforbid (principal, action, resource);\n";
    assert_told(twice, "policies/custom/x.cedar:3:1: ", &["`x`", "policies/custom/x.cedar:1"]);
    let copied =
        "@id(\"x\")\nforbid (principal, action, resource);\n@id(\"x\")\nforbid (principal, action, resource);\n";
    assert_told(copied, "policies/custom/x.cedar:3:1: ", &["`x`", "policies/custom/x.cedar:1"]);
    let ours = "@id(\"danger-is-contained\")\nforbid (principal, action, resource);\n";
    assert_told(ours, "policies/custom/x.cedar:1:1: ", &["policies/default/danger.cedar:"]);
    let reserved = format!("@id(\"{NO_PERMIT}\")\nforbid (principal, action, resource);\n");
    assert_told(&reserved, "policies/custom/x.cedar:1:1: ", &["by Severance itself"]);
}

#[test]
fn a_policy_that_could_never_act_is_refused() {
    let impossible = "@id(\"x\")\nforbid (principal, action, resource is Role)\nwhen { resource is User };\n";
    assert_told(impossible, "policies/custom/x.cedar:", &["impossible"]);
    let template = "@id(\"x\")\nforbid (principal, action, resource == ?resource);\n";
    assert_told(template, "policies/custom/x.cedar:1:1: ", &["template"]);
}

#[test]
fn all_problems_are_told_at_once() {
    let mut files = with_custom(
        "permit (principal, action, resource);\n@id(\"x\")\npermit (principal, action, resource is Usr);\n",
    );
    let text = "@id(\"y\")\npermit (principal, action, resource) when { context.signl == 1 };\nforbid (";
    files.push(SourceFile { name: "policies/custom/y.cedar".to_owned(), text: text.to_owned() });
    let text = "@id(\"z\")\npermit (principal, action, resource) when { context.rule == 1 && resource.nme == \"\" };";
    files.push(SourceFile { name: "policies/custom/z.cedar".to_owned(), text: text.to_owned() });
    let error = Guardrails::from_files(&files).unwrap_err();
    let places: Vec<(&str, usize)> = error.problems.iter().map(|p| (p.file.as_str(), p.line)).collect();
    for place in [
        ("policies/custom/x.cedar", 1),
        ("policies/custom/x.cedar", 3),
        ("policies/custom/y.cedar", 3),
        ("policies/custom/z.cedar", 2),
    ] {
        assert!(places.contains(&place), "{place:?} is missing in {error}");
    }
    assert!(error.problems.iter().any(|p| p.policy.as_deref() == Some("z")), "{error}");
}

/// `activeKeys` is 1, so this overflows; the validator cannot know.
const OVERFLOW: &str = "resource.activeKeys + 9223372036854775807 > 0";

#[test]
fn a_policy_that_fails_never_enforces() {
    let danger = || Asker::new("human", "credential_exposed", "quarantine_user", "-");
    for effect in ["permit", "forbid"] {
        let custom =
            format!("@id(\"x\") {effect} (principal, action == Action::\"enforce\", resource) when {{ {OVERFLOW} }};");
        let ruling = danger().answer(&guardrails(&custom));
        assert_eq!(ruling.answer, Disposition::Review, "{effect}");
        assert_eq!(ids(&ruling), ["x"], "{effect}");
        let says = ruling.policies[0].says.as_deref().unwrap();
        assert!(says.contains("could not be evaluated") && says.contains("overflow"), "{says}");
        assert!(!ruling.enforce_on_silence);
    }
    // The same forbid, asked when the question is whether to review: an exemption would only be recorded.
    let custom =
        format!("@id(\"x\") forbid (principal, action == Action::\"review\", resource) when {{ {OVERFLOW} }};");
    let exempted = Asker::new("human", "credential_stale", "deactivate_access_key", "exempted");
    let ruling = exempted.answer(&guardrails(&custom));
    assert_eq!((ruling.answer, ids(&ruling)), (Disposition::Review, vec!["x"]));
    // It does not touch what is decided without it.
    assert_eq!(danger().answer(&guardrails(&custom)).answer, Disposition::Enforce);
}

#[test]
fn silence_does_not_act_where_a_policy_fails() {
    let ownerless = Asker::new("agent", "identity_ownerless", "deactivate_access_key", "owned=no,idle=90");
    let ours = Guardrails::from_files(&defaults()).unwrap();
    assert!(ownerless.answer(&ours).enforce_on_silence);
    let custom = format!(
        "@id(\"x\") forbid (principal, action == Action::\"enforce_on_silence\", resource) when {{ {OVERFLOW} }};"
    );
    let ruling = ownerless.answer(&guardrails(&custom));
    assert_eq!((ruling.answer, ruling.enforce_on_silence), (Disposition::Review, false));
}

#[test]
fn a_forbid_wins_over_our_permit() {
    let custom = "@id(\"x\") @reason(\"Ours.\") forbid (principal, action == Action::\"enforce\", resource) \
                  when { context.signal == Signal::\"credential_exposed\" && resource.owners.contains(\"team-a\") };";
    let danger = Asker::new("human", "credential_exposed", "quarantine_user", "-");
    let ruling = danger.answer(&guardrails(custom));
    assert_eq!((ruling.answer, ids(&ruling)), (Disposition::Review, vec!["x"]));
    assert_eq!(ruling.policies[0].says.as_deref(), Some("Ours."));
    let others = Asker::new("human", "credential_exposed", "quarantine_user", "owned=no");
    assert_eq!(others.answer(&guardrails(custom)).answer, Disposition::Enforce);
}

#[test]
fn a_permit_by_tag_adds_to_ours() {
    let custom = "@id(\"x\") permit (principal == Countermeasure::\"deactivate_access_key\", action == Action::\"enforce\", resource is User) \
                  when { context.signal == Signal::\"credential_stale\" && \
                         resource.hasTag(\"tier\") && resource.getTag(\"tier\") == \"sandbox\" };";
    let guardrails = guardrails(custom);
    let stale = || Asker::new("workload", "credential_stale", "deactivate_access_key", "idle=1");
    let ruling = stale().tagged(&[("tier", "sandbox")]).answer(&guardrails);
    assert_eq!((ruling.answer, ids(&ruling)), (Disposition::Enforce, vec!["x"]));
    let ruling = stale().tagged(&[("tier", "main")]).answer(&guardrails);
    assert_eq!((ruling.answer, ids(&ruling)), (Disposition::Review, vec![NO_PERMIT]));
    assert_eq!(stale().answer(&guardrails).answer, Disposition::Review);
    // It lifts none of our forbids.
    let mut critical = stale().tagged(&[("tier", "sandbox")]);
    critical.profile.criticality = Some(severance_domain::profile::Criticality::Critical);
    assert_eq!(ids(&critical.answer(&guardrails)), ["neglect-of-critical-needs-a-person"]);
}

#[test]
fn an_identity_is_in_its_account_and_in_all_units_above() {
    for unit in ["OrganizationalUnit::\"ou-team\"", "OrganizationalUnit::\"ou-root\"", "Account::\"111122223333\""] {
        let custom = format!("@id(\"x\") forbid (principal, action == Action::\"enforce\", resource in {unit});");
        let guardrails = guardrails(&custom);
        let mut danger = Asker::new("agent", "credential_exposed", "revoke_role_sessions", "-");
        danger.units = vec!["ou-team".to_owned(), "ou-branch".to_owned(), "ou-root".to_owned()];
        assert_eq!(ids(&danger.answer(&guardrails)), ["x"], "{unit}");
        danger.units = vec!["ou-other".to_owned()];
        let elsewhere = if unit.starts_with("Account") { Disposition::Review } else { Disposition::Enforce };
        assert_eq!(danger.answer(&guardrails).answer, elsewhere, "{unit}");
    }
}

#[test]
fn hostile_tags_and_units_are_only_text() {
    let mut asker = Asker::new("agent", "credential_exposed", "quarantine_user", "-")
        .tagged(&[("\" || true //", "\u{202e}\n\"}; permit(principal, action, resource);"), ("", "")]);
    asker.units = vec!["ou-1".to_owned(), "\"".to_owned()];
    let ours = Guardrails::from_files(&defaults()).unwrap();
    assert_eq!(asker.answer(&ours).answer, Disposition::Enforce);
    // Units in a circle cannot be: the question is not put, and a person decides.
    asker.units = vec!["ou-1".to_owned(), "ou-2".to_owned(), "ou-1".to_owned()];
    assert_eq!(asker.answer(&ours).answer, Disposition::Review);
}

#[test]
fn without_a_policy_nothing_is_done() {
    let none = Guardrails::from_files(&[]).unwrap();
    let ruling = Asker::new("human", "credential_exposed", "quarantine_user", "-").answer(&none);
    assert_eq!((ruling.answer, ids(&ruling)), (Disposition::Observe, vec![NO_PERMIT]));
}

fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(root.join("default")).unwrap();
    for file in defaults() {
        let name = file.name.rsplit('/').next().unwrap().to_owned();
        std::fs::write(root.join("default").join(name), file.text).unwrap();
    }
    for (name, text) in files {
        let path = root.join("custom").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    root
}

#[test]
fn a_folder_is_read_with_its_custom_files() {
    let ours = Guardrails::from_files(&defaults()).unwrap().len();
    assert_eq!(Guardrails::from_directory(&folder("bare", &[])).unwrap().len(), ours);
    let policy = "@id(\"x\")\nforbid (principal, action, resource is Role);\n";
    let root = folder("one", &[("x.cedar", policy), ("README.md", "# Ours"), (".gitkeep", "")]);
    let guardrails = Guardrails::from_directory(&root).unwrap();
    assert_eq!(guardrails.len(), ours + 1);
    let about = guardrails.policies().iter().find(|about| about.id == "x").unwrap();
    assert_eq!((about.file.as_str(), about.line), (root.join("custom/x.cedar").to_str().unwrap(), 1));
}

#[test]
fn what_would_not_be_read_is_told() {
    for (name, path) in [("typo", "x.ceder"), ("nested", "team/x.cedar")] {
        let root = folder(name, &[(path, "@id(\"x\") forbid (principal, action, resource);")]);
        let told = Guardrails::from_directory(&root).unwrap_err().to_string();
        let entry = root.join("custom").join(path.split('/').next().unwrap());
        assert!(told.starts_with(&format!("{}: ", entry.display())), "{told}");
        assert!(told.contains("would not be read"), "{told}");
    }
    let nowhere = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nowhere");
    let told = Guardrails::from_directory(&nowhere).unwrap_err().to_string();
    assert!(told.contains("nowhere/default: cannot be read"), "{told}");
}

#[test]
fn what_was_embedded_is_what_stands_in_the_folder() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies");
    let read = Guardrails::from_directory(Path::new(root)).unwrap();
    let embedded = Guardrails::embedded().unwrap();
    assert_eq!(embedded.ids().collect::<Vec<_>>(), read.ids().collect::<Vec<_>>());
    assert!(embedded.policies()[0].file.starts_with("policies/default/"));
}
