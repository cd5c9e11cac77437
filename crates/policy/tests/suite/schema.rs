//! The schema names what the domain names, no more and no less.

use cedar_policy::SchemaFragment;
use severance_domain::countermeasure::Countermeasure;
use severance_domain::playbook::Mode;
use severance_domain::policy::Attribution;
use severance_domain::profile::{Class, Criticality};
use severance_domain::signal::{Severity, SignalKind, Source};
use severance_policy::{Action, SCHEMA};

#[test]
fn every_enumeration_is_the_domains() {
    let (fragment, _) = SchemaFragment::from_cedarschema_str(SCHEMA).unwrap();
    let json = fragment.to_json_value().unwrap();
    let types = &json[""]["entityTypes"];
    let check = |name: &str, expected: Vec<&str>| {
        let declared: Vec<&str> = types[name]["enum"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
        assert_eq!(declared, expected, "{name}");
    };
    let criticalities = [Criticality::Low, Criticality::Medium, Criticality::High, Criticality::Critical];
    check("Countermeasure", Countermeasure::NAMES.to_vec());
    check("Class", Class::ALL.iter().map(|class| class.as_str()).chain(["unknown"]).collect());
    check("Criticality", criticalities.iter().map(|c| c.as_str()).chain(["unknown"]).collect());
    check("Signal", SignalKind::ALL.iter().map(|kind| kind.as_str()).collect());
    check("Source", Source::ALL.iter().map(|source| source.as_str()).collect());
    check("Severity", Severity::ALL.iter().map(|severity| severity.as_str()).collect());
    check("Attribution", Attribution::ALL.iter().map(|attribution| attribution.as_str()).collect());
    check("Mode", [Mode::Observe, Mode::Review, Mode::Enforce].iter().map(|mode| mode.as_str()).collect());
    let mut actions: Vec<&str> = json[""]["actions"].as_object().unwrap().keys().map(String::as_str).collect();
    actions.sort_unstable();
    let mut expected = Action::ALL.map(Action::as_str);
    expected.sort_unstable();
    assert_eq!(actions, expected);
}
