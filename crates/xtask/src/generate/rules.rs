//! Rules of EventBridge.

use serde_json::Value;
use severance_catalogue::function::{Call, FUNCTIONS, Function, When};
use severance_domain::intake::{Bus, EventRule};

use super::named::named;
use super::yaml::Yaml;

/// Either edge gives up after an hour: by then a person must know.
fn retry() -> Yaml {
    Yaml::map([("MaximumRetryAttempts", Yaml::number(185_u32)), ("MaximumEventAgeInSeconds", Yaml::number(3600_u32))])
}

fn kept(function: &Function) -> Yaml {
    Yaml::map([("Arn", Yaml::att(format!("{}DeadLetters.Arn", function.id())))])
}

fn pattern(text: &str) -> Result<Yaml, serde_json::Error> {
    Ok(Yaml::of_json(&serde_json::from_str(text)?))
}

/// The rules of a function that stand among its events.
pub(super) fn events(function: &Function) -> Result<Vec<(&'static str, Yaml)>, serde_json::Error> {
    let mut events = Vec::new();
    let rules = function.sources.iter().flat_map(|source| source.rules);
    for rule in rules.filter(|rule| rule.bus != Bus::Okta) {
        let properties = Yaml::map([("RuleName", named(rule.name))])
            .with("EventBusName", (rule.bus == Bus::Own).then(|| Yaml::r#ref("SeveranceBus")))
            .with("Pattern", Some(pattern(rule.pattern)?))
            .with("Target", Some(Yaml::map([("Id", Yaml::text("function"))])))
            .with("RetryPolicy", Some(retry()))
            .with("DeadLetterConfig", Some(kept(function)));
        events.push((rule.id, Yaml::map([("Type", Yaml::text("EventBridgeRule")), ("Properties", properties)])));
    }
    for call in function.calls {
        events.push((call.id, of_call(function, call)?));
    }
    Ok(events)
}

fn of_call(function: &Function, call: &Call) -> Result<Yaml, serde_json::Error> {
    let edges =
        |properties: Yaml| properties.with("RetryPolicy", Some(retry())).with("DeadLetterConfig", Some(kept(function)));
    let input = || Some(Yaml::text(call.request));
    let scheduled = |schedule: Yaml| {
        Yaml::map([
            ("Type", Yaml::text("Schedule")),
            (
                "Properties",
                edges(
                    Yaml::map([("Name", named(call.name)), ("Description", Yaml::text(call.description))])
                        .with("Schedule", Some(schedule))
                        .with("Input", input()),
                ),
            ),
        ])
    };
    Ok(match call.when {
        When::Schedule(parameter) => scheduled(Yaml::r#ref(parameter)),
        When::Every(schedule) => scheduled(Yaml::text(schedule)),
        When::Event(text) => Yaml::map([
            ("Type", Yaml::text("EventBridgeRule")),
            (
                "Properties",
                edges(
                    Yaml::map([("RuleName", named(call.name)), ("Pattern", pattern(text)?)])
                        .with("Input", input())
                        .with("Target", Some(Yaml::map([("Id", Yaml::text("function"))]))),
                ),
            ),
        ]),
    })
}

/// The rules of a function on a bus that need not be there: SAM cannot make an event of a function conditional.
pub(super) fn conditional(function: &Function) -> Result<Vec<(String, String, Yaml)>, serde_json::Error> {
    let mut resources = Vec::new();
    let rules = function.sources.iter().flat_map(|source| source.rules);
    for rule in rules.filter(|rule| rule.bus == Bus::Okta) {
        let id = function.id();
        let target = Yaml::map([("Id", Yaml::text("function")), ("Arn", Yaml::att(format!("{id}Function.Arn")))])
            .with("RetryPolicy", Some(retry()))
            .with("DeadLetterConfig", Some(kept(function)));
        let properties = Yaml::map([
            ("Name", named(rule.name)),
            ("EventBusName", Yaml::r#ref("OktaEventBusName")),
            ("EventPattern", pattern(rule.pattern)?),
            ("Targets", Yaml::list([target])),
        ]);
        let resource = |kind: &str, properties| {
            Yaml::map([("Type", Yaml::text(kind)), ("Condition", Yaml::text("HasOkta")), ("Properties", properties)])
        };
        let permission = Yaml::map([
            ("Action", Yaml::text("lambda:InvokeFunction")),
            ("FunctionName", Yaml::r#ref(format!("{id}Function"))),
            ("Principal", Yaml::text("events.amazonaws.com")),
            ("SourceArn", Yaml::att(format!("{}.Arn", rule.id))),
        ]);
        let comment = "SAM cannot make an event of a function conditional, so this rule stands alone.".to_owned();
        resources.push((comment, rule.id.to_owned(), resource("AWS::Events::Rule", properties)));
        let allow = resource("AWS::Lambda::Permission", permission);
        resources.push((String::new(), format!("{}Permission", rule.id), allow));
    }
    Ok(resources)
}

/// The rules of a function by what CloudWatch knows them by: with the condition under which they are there, if any.
pub(super) fn watched(function: &Function) -> Vec<(Vec<Yaml>, Option<&'static str>)> {
    let dimension = |name: &str, value| Yaml::map([("Name", Yaml::text(name)), ("Value", value)]);
    let of_rule = |rule: &EventRule| {
        let own = dimension("RuleName", named(rule.name));
        match rule.bus {
            // The default bus is no dimension.
            Bus::Default => (vec![own], None),
            Bus::Own => (vec![dimension("EventBusName", Yaml::r#ref("SeveranceBus")), own], None),
            Bus::Okta => (vec![dimension("EventBusName", Yaml::r#ref("OktaEventBusName")), own], Some("HasOkta")),
        }
    };
    let rules = function.sources.iter().flat_map(|source| source.rules).map(of_rule);
    let calls = function.calls.iter().map(|call| (vec![dimension("RuleName", named(call.name))], None));
    rules.chain(calls).collect()
}

/// What forwards the events that AWS sends in us-east-1 only: all that does not depend on the stack, which filters the rest itself.
pub(super) fn forwarding() -> Result<Yaml, serde_json::Error> {
    let mut resources = Vec::new();
    for function in FUNCTIONS {
        for source in function.sources {
            for rule in source.rules.iter().filter(|rule| rule.only_us_east_1) {
                let mut pattern: Value = serde_json::from_str(rule.pattern)?;
                if let Some(detail) = pattern.get_mut("detail").and_then(Value::as_object_mut) {
                    detail.retain(|_, value| !value.to_string().contains("${"));
                }
                let target = Yaml::map([
                    ("Id", Yaml::text("hub")),
                    ("Arn", Yaml::sub("arn:${AWS::Partition}:events:${HubRegion}:${AWS::AccountId}:event-bus/default")),
                    ("RoleArn", Yaml::att("ForwardingRole.Arn")),
                    ("RetryPolicy", retry()),
                    ("DeadLetterConfig", Yaml::map([("Arn", Yaml::att("DeadLetters.Arn"))])),
                ]);
                let properties = Yaml::map([
                    ("Name", named(rule.name)),
                    ("Description", Yaml::text(format!("{}, for the function {}.", source.name, function.name))),
                    ("EventPattern", Yaml::of_json(&pattern)),
                    ("Targets", Yaml::list([target])),
                ]);
                let rule_resource = Yaml::map([("Type", Yaml::text("AWS::Events::Rule")), ("Properties", properties)]);
                resources.push((String::new(), format!("{}Rule", rule.id), rule_resource));
            }
        }
    }
    Ok(Yaml::resources(resources))
}
