//! Every event in `events/`, through the intake.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};
use severance_catalogue::function::{FUNCTIONS, Function};
use severance_domain::intake::{self, EventSource, Intake, Malformed};

/// One event, and the sources of the function that it is for.
struct Fixture {
    folder: String,
    name: String,
    event: Value,
    sources: &'static [EventSource],
}

impl Fixture {
    fn parse(&self) -> Result<Intake, Malformed> {
        intake::parse(&self.event, self.sources)
    }
}

/// The sources of the function that a folder's events are for.
fn sources(folder: &str) -> &'static [EventSource] {
    let is_of = |source: &EventSource| source.sample.starts_with(&format!("{folder}/"));
    let function = FUNCTIONS.iter().find(|function| function.sources.iter().any(is_of));
    function.unwrap_or_else(|| panic!("no source of a function has its sample in events/{folder}")).sources
}

fn sorted(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn fixtures() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    let mut fixtures = Vec::new();
    // What is in events/responder is asked by hand, and no event: tests/respond.rs reads it.
    let carries_events = |path: &PathBuf| path.is_dir() && !path.ends_with("responder");
    for directory in sorted(&root).into_iter().filter(carries_events) {
        let folder = directory.file_name().unwrap().to_str().unwrap().to_owned();
        for path in sorted(&directory).into_iter().filter(|path| path.extension().is_some_and(|e| e == "json")) {
            let text = fs::read_to_string(&path).unwrap();
            fixtures.push(Fixture {
                name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
                event: serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
                sources: sources(&folder),
                folder: folder.clone(),
            });
        }
    }
    assert!(!fixtures.is_empty());
    fixtures
}

/// What came of an event, as it is compared.
fn outcome(fixture: &Fixture) -> Value {
    match fixture.parse() {
        Ok(intake) => json!({ "read": intake }),
        Err(malformed) => json!({ "refused": malformed }),
    }
}

#[test]
fn every_event_is_read_as_reviewed() {
    for fixture in fixtures() {
        insta::with_settings!({
            // Another crate of the workspace may switch on serde_json's preserve_order.
            sort_maps => true,
            snapshot_path => format!("snapshots/{}", fixture.folder),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_json_snapshot!(fixture.name.clone(), outcome(&fixture));
        });
    }
}

#[test]
fn the_name_of_an_event_says_what_comes_of_it() {
    for fixture in fixtures() {
        let path = format!("events/{}/{}.json", fixture.folder, fixture.name);
        let (signals, ignored, malformed) = match fixture.parse() {
            Ok(intake) => (intake.signals.len(), intake.ignored.len(), intake.malformed.len()),
            Err(_) => (0, 0, 1),
        };
        match fixture.name.split_once('-').map_or("", |(first, _)| first) {
            "ignored" => {
                assert!(signals == 0 && ignored > 0 && malformed == 0, "{path}: {signals}, {ignored}, {malformed}");
            }
            "refused" => assert!(malformed > 0, "{path}: nothing is refused"),
            _ => assert!(signals > 0 && malformed == 0, "{path}: {signals}, {ignored}, {malformed}"),
        }
    }
}

#[test]
fn every_source_is_a_functions_and_reads_its_own_sample() {
    let fixtures = fixtures();
    for source in intake::SOURCES {
        let of = |function: &&Function| function.sources.iter().any(|other| other.name == source.name);
        assert_eq!(FUNCTIONS.iter().filter(of).count(), 1, "{} starts one function", source.name);
        let is_sample = |one: &&Fixture| format!("{}/{}.json", one.folder, one.name) == source.sample;
        let sample = fixtures.iter().find(is_sample).unwrap_or_else(|| panic!("{} is no event", source.sample));
        let intake = intake::parse(&sample.event, &[*source]).unwrap();
        assert!(!intake.signals.is_empty(), "{} asks for nothing", source.sample);
        assert!(!source.words.is_empty() && !source.rules.is_empty(), "{}", source.name);
    }
}

#[test]
fn a_copy_from_the_backup_region_is_the_same_finding() {
    let fixtures = fixtures();
    let finding = |name: &str| {
        let fixture = fixtures.iter().find(|fixture| fixture.folder == "health" && fixture.name == name).unwrap();
        fixture.parse().unwrap().signals.remove(0).finding_id
    };
    assert_eq!(finding("credentials-exposed"), finding("credentials-exposed-backup-region"));
}

#[test]
fn names_arns_and_accounts_of_other_partitions_are_read() {
    for fixture in fixtures() {
        let there = fixture.parse().map(|intake| intake.signals.len()).unwrap_or_default();
        for partition in ["aws-cn", "aws-us-gov"] {
            let text = fixture.event.to_string().replace("arn:aws:", &format!("arn:{partition}:"));
            let event: Value = serde_json::from_str(&text).unwrap();
            let here = intake::parse(&event, fixture.sources).map(|intake| intake.signals.len()).unwrap_or_default();
            assert_eq!(here, there, "{}/{} in {partition}", fixture.folder, fixture.name);
        }
    }
}

/// The JSON pointers of all nodes of a document, the root's included.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                pointers(field, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{n}"), found);
            }
        }
        _ => {}
    }
}

fn delete(event: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return };
    match event.pointer_mut(parent) {
        Some(Value::Object(fields)) => {
            fields.remove(&last.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(items)) => {
            items.remove(last.parse().unwrap());
        }
        _ => {}
    }
}

/// What must hold of any event at all.
fn check(event: &Value, sources: &[EventSource], what: &str) {
    let Ok(intake) = intake::parse(event, sources) else { return };
    let outcomes = intake.signals.len() + intake.ignored.len() + intake.malformed.len();
    assert!(outcomes > 0, "{what}: nothing came of it");
    for signal in &intake.signals {
        assert!(
            signal.title.chars().count() <= 256 && !signal.title.chars().any(char::is_control),
            "{what}: {signal:?}"
        );
        assert!(!signal.finding_id.is_empty() && !signal.rule.is_empty(), "{what}: {signal:?}");
    }
    for malformed in &intake.malformed {
        assert!(malformed.at.starts_with('$'), "{what}: {malformed:?}");
    }
}

#[test]
fn no_broken_event_passes_in_silence() {
    let others = [
        Value::Null,
        json!(-1.5e300),
        json!(""),
        json!(format!("\u{0}\n{{\"x\":[\u{202e}{}", "x".repeat(300))),
        json!("arn:aws:iam::x:user/"),
        json!([null]),
        json!({}),
    ];
    for fixture in fixtures() {
        let mut all = Vec::new();
        pointers(&fixture.event, "", &mut all);
        for pointer in all {
            let what = format!("{}/{} without {pointer}", fixture.folder, fixture.name);
            let mut event = fixture.event.clone();
            delete(&mut event, &pointer);
            check(&event, fixture.sources, &what);
            for other in &others {
                let mut event = fixture.event.clone();
                *event.pointer_mut(&pointer).unwrap() = other.clone();
                check(
                    &event,
                    fixture.sources,
                    &format!("{}/{} with {pointer} = {other:.40}", fixture.folder, fixture.name),
                );
            }
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        "arn:[a-z-]{0,8}:(iam|sts|s3):[a-z]{0,4}:[0-9]{0,13}:(user|role|assumed-role|root)?/?.{0,20}"
            .prop_map(Value::from),
        "(AKIA|ASIA|AIDA|AROA)[A-Z0-9]{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-zA-Z]{1,8}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// Several nodes of an event at once, replaced by anything.
    #[test]
    fn no_event_makes_the_intake_panic(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..5),
    ) {
        static FIXTURES: LazyLock<Vec<Fixture>> = LazyLock::new(fixtures);
        let fixture = which.get(&FIXTURES);
        let mut event = fixture.event.clone();
        for (node, other) in changes {
            let mut all = Vec::new();
            pointers(&event, "", &mut all);
            // Not the root itself: that is soon said.
            let pointer = node.get(&all).clone();
            if !pointer.is_empty() {
                *event.pointer_mut(&pointer).unwrap() = other;
            }
        }
        check(&event, fixture.sources, &fixture.name);
    }
}
