//! The rules that are deployed let in what the functions act on, and keep out what can be told from outside.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;
use severance_catalogue::function::FUNCTIONS;
use severance_domain::intake::EventSource;
use severance_tests::{ACCOUNT, Stack, event};

/// Events that only the function can tell to be none of ours: no pattern can look into an array's element and at its
/// neighbours, or compare texts without a list of them.
const ONLY_THE_FUNCTION_KNOWS: &[&str] = &[
    "guardduty/ignored-federated-user.json",
    "identity-center/ignored-hidden-patch.json",
    "securityhub/ignored-account-resource.json",
];

/// The functions that events start.
fn reacting() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().filter(|function| !function.sources.is_empty()).map(|function| function.name)
}

struct Rule {
    name: String,
    pattern: String,
    target: String,
}

/// The enforcing stack's rules, on the default bus, its own and Okta's.
async fn rules(stack: &Stack) -> Vec<Rule> {
    let mut rules = Vec::new();
    let stack_name = stack.name("STACK");
    for bus in ["default".to_owned(), stack.name("BUS"), stack.name("OKTA_BUS")] {
        let listed = stack.events.list_rules().event_bus_name(&bus).send().await.expect("the bus's rules");
        for rule in listed.rules() {
            let name = rule.name().expect("a rule has a name");
            let targets =
                stack.events.list_targets_by_rule().event_bus_name(&bus).rule(name).send().await.expect("its targets");
            for target in targets.targets() {
                let target = target.arn().rsplit(':').next().unwrap_or_default();
                // The observing stack's names begin alike.
                if reacting().any(|function| target == format!("{stack_name}-{function}")) {
                    let pattern = rule.event_pattern().expect("a rule has a pattern").to_owned();
                    rules.push(Rule { name: name.to_owned(), pattern, target: target.to_owned() });
                }
            }
        }
    }
    rules
}

fn event_files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let mut files: Vec<PathBuf> = std::fs::read_dir(root)
        .expect("events/")
        .map(|folder| folder.expect("a folder").path())
        // What is asked of the responder comes by no rule.
        .filter(|folder| !folder.ends_with("responder"))
        .flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten())
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    files.sort();
    files
}

/// The function that reads the source whose sample is in this folder.
fn expected_function(folder: &str) -> &'static str {
    let is_of = |source: &EventSource| source.sample.starts_with(&format!("{folder}/"));
    let function = FUNCTIONS.iter().find(|function| function.sources.iter().any(is_of));
    function.unwrap_or_else(|| panic!("no source of a function has its sample in events/{folder}")).name
}

#[tokio::test]
async fn every_event_starts_its_function_once_and_what_is_not_ours_starts_none() {
    let stack = Stack::enforcing().await;
    let rules = rules(&stack).await;
    assert!(rules.len() >= 8, "only {} rules are deployed", rules.len());
    let mut wrong = BTreeMap::new();
    let mut used: Vec<&str> = Vec::new();
    for path in event_files() {
        let file = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).expect("a folder");
        let shown = format!("{folder}/{file}");
        let event = std::fs::read_to_string(&path).expect("an event");
        let mut matching = Vec::new();
        for rule in &rules {
            let answer = stack
                .events
                .test_event_pattern()
                .event_pattern(&rule.pattern)
                .event(&event)
                .send()
                .await
                .unwrap_or_else(|error| panic!("{} against {shown}: {error:?}", rule.name));
            if answer.result() {
                matching.push(rule);
            }
        }
        let targets: Vec<&str> = matching.iter().map(|rule| rule.target.as_str()).collect();
        // One that is broken must get as far as the function: only there is it refused, kept and seen.
        let ignored = file.starts_with("ignored-") && !ONLY_THE_FUNCTION_KNOWS.contains(&shown.as_str());
        let expected = format!("{}-{}", stack.name("STACK"), expected_function(folder));
        let right = if ignored { targets.is_empty() } else { targets == [expected.as_str()] };
        if right {
            used.extend(matching.iter().map(|rule| rule.name.as_str()));
        } else {
            wrong.insert(shown, targets.iter().map(ToString::to_string).collect::<Vec<_>>());
        }
    }
    assert!(wrong.is_empty(), "these events start the wrong functions: {wrong:#?}");
    for rule in &rules {
        assert!(used.contains(&rule.name.as_str()), "no event of events/ matches the rule {}", rule.name);
    }
}

/// A key that this stack's own rotation made is in its secret. Whoever else makes one, under whatever name, is heard of.
#[tokio::test]
async fn a_key_that_the_own_rotation_made_is_no_new_key() {
    let stack = Stack::enforcing().await;
    let name = format!("{}-create-access-key", stack.name("STACK"));
    let rules = rules(&stack).await;
    let rule = rules.iter().find(|rule| rule.name == name).expect("the rule on new keys");
    let own = format!("{}-secret-rotation", stack.name("STACK"));
    let rows: [(&str, String, bool); 4] = [
        (ACCOUNT, own.clone(), false),
        (ACCOUNT, format!("{own}s"), true),
        (ACCOUNT, format!("x/{own}"), true),
        ("999999999999", own, true),
    ];
    for (account, role, starts) in rows {
        let mut made = event("cloudtrail-iam/create-access-key-assumed-role.json", &[]);
        made["detail"]["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] =
            json!(format!("arn:aws:iam::{account}:role/{role}"));
        let answer =
            stack.events.test_event_pattern().event_pattern(&rule.pattern).event(made.to_string()).send().await;
        assert_eq!(answer.expect("an answer").result(), starts, "{account} {role}");
    }
    // A user has no session, and so no issuer.
    let made = event("cloudtrail-iam/create-access-key-self.json", &[]);
    assert!(made["detail"]["userIdentity"].get("sessionContext").is_none());
    let answer = stack.events.test_event_pattern().event_pattern(&rule.pattern).event(made.to_string()).send().await;
    assert!(answer.expect("an answer").result());
}
