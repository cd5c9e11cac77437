//! The functions, their queues and logs, and what the stack's outputs say of them.

use severance_catalogue::function::{FUNCTIONS, Function};

use super::named::{named, resource};
use super::rules;
use super::yaml::Yaml;

/// The functions with the rules that start them.
pub(super) fn functions() -> Result<Yaml, serde_json::Error> {
    let mut resources = Vec::new();
    for function in FUNCTIONS {
        resources.push((function.comment.to_owned(), format!("{}Function", function.id()), of(function)?));
        resources.extend(rules::conditional(function)?);
    }
    Ok(Yaml::resources(resources))
}

fn of(function: &Function) -> Result<Yaml, serde_json::Error> {
    let id = function.id();
    let events = rules::events(function)?;
    let variables = function.variables.iter().map(|(name, value)| (*name, Yaml::raw(value)));
    let invoke = function.queue.map(|queue| {
        let failure =
            Yaml::map([("Type", Yaml::text("SQS")), ("Destination", Yaml::att(format!("{id}DeadLetters.Arn")))]);
        Yaml::map([
            ("MaximumRetryAttempts", Yaml::number(queue.retries)),
            ("MaximumEventAgeInSeconds", Yaml::number(3600_u32)),
            ("DestinationConfig", Yaml::map([("OnFailure", failure)])),
        ])
    });
    let log = Yaml::map([("LogFormat", Yaml::text("JSON")), ("LogGroup", Yaml::r#ref(format!("{id}Logs")))]);
    let properties = Yaml::map([
        ("FunctionName", named(function.name)),
        ("Description", Yaml::text(function.description)),
        ("CodeUri", Yaml::text(format!("functions/{}", function.name))),
    ])
    .with("Timeout", function.timeout.map(Yaml::number))
    .with("MemorySize", function.memory.map(Yaml::number))
    .with("Role", Some(Yaml::att(format!("{id}Role.Arn"))))
    .with("Environment", (!function.variables.is_empty()).then(|| Yaml::map([("Variables", Yaml::map(variables))])))
    .with("LoggingConfig", Some(log))
    .with("EventInvokeConfig", invoke)
    .with("Events", (!events.is_empty()).then(|| Yaml::map(events)));
    Ok(Yaml::map([("Type", Yaml::text("AWS::Serverless::Function"))])
        .with("Condition", function.condition.map(Yaml::text))
        .with("Metadata", Some(Yaml::map([("BuildMethod", Yaml::text("rust-cargolambda"))])))
        .with("Properties", Some(properties)))
}

/// The functions' dead-letter queues and logs.
pub(super) fn queues() -> Yaml {
    let mut resources = Vec::new();
    for function in FUNCTIONS {
        let id = function.id();
        if function.queue.is_some() {
            let queue = Yaml::map([
                ("QueueName", named(&format!("{}-dead-letters", function.name))),
                ("MessageRetentionPeriod", Yaml::number(1_209_600_u32)),
                // SQS's own key: what was not dealt with is kept, and readable, also where the data key is gone.
                ("SqsManagedSseEnabled", Yaml::Plain("true".to_owned())),
            ]);
            resources.push((String::new(), format!("{id}DeadLetters"), resource(function, "AWS::SQS::Queue", queue)));
            let policy = resource(function, "AWS::SQS::QueuePolicy", queue_policy(function));
            resources.push((String::new(), format!("{id}DeadLettersPolicy"), policy));
        }
        let logs = Yaml::map([
            ("LogGroupName", Yaml::sub(format!("/aws/lambda/${{AWS::StackName}}-{}", function.name))),
            ("RetentionInDays", Yaml::r#ref("LogRetentionDays")),
            ("KmsKeyId", Yaml::att("DataKey.Arn")),
        ]);
        resources.push((String::new(), format!("{id}Logs"), resource(function, "AWS::Logs::LogGroup", logs)));
    }
    Yaml::resources(resources)
}

fn queue_policy(function: &Function) -> Yaml {
    let arn = || Yaml::att(format!("{}DeadLetters.Arn", function.id()));
    let tls = Yaml::map([
        ("Sid", Yaml::text("TlsOnly")),
        ("Effect", Yaml::text("Deny")),
        ("Principal", Yaml::text("*")),
        ("Action", Yaml::text("sqs:*")),
        ("Resource", arn()),
        ("Condition", Yaml::map([("Bool", Yaml::map([("aws:SecureTransport", Yaml::text("false"))]))])),
    ]);
    let rules = rules::watched(function);
    let rule = |middle: &str| {
        Yaml::sub(format!(
            "arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{middle}${{AWS::StackName}}-*"
        ))
    };
    // On a bus that is not the default one, the bus stands before the rule.
    let mut sources = vec![rule("")];
    if rules.iter().any(|(dimensions, _)| dimensions.len() > 1) {
        sources.push(rule("*/"));
    }
    let condition = Yaml::map([
        ("StringEquals", Yaml::map([("aws:SourceAccount", Yaml::r#ref("AWS::AccountId"))])),
        ("ArnLike", Yaml::map([("aws:SourceArn", Yaml::list(sources))])),
    ]);
    let own_rules = Yaml::map([
        ("Sid", Yaml::text("RulesOfThisStack")),
        ("Effect", Yaml::text("Allow")),
        ("Principal", Yaml::map([("Service", Yaml::text("events.amazonaws.com"))])),
        ("Action", Yaml::text("sqs:SendMessage")),
        ("Resource", arn()),
        ("Condition", condition),
    ]);
    let statements = if rules.is_empty() { vec![tls.dense()] } else { vec![tls.dense(), own_rules.dense()] };
    Yaml::map([
        ("Queues", Yaml::list([Yaml::r#ref(format!("{}DeadLetters", function.id()))])),
        ("PolicyDocument", Yaml::map([("Version", Yaml::text("2012-10-17")), ("Statement", Yaml::list(statements))])),
    ])
}

/// What the stack says of its functions.
pub(super) fn outputs() -> Yaml {
    let mut outputs = Vec::new();
    for function in FUNCTIONS {
        let id = function.id();
        let mut output = |name: String, words: &str| {
            let output = Yaml::Map(vec![])
                .with("Condition", function.condition.map(Yaml::text))
                .with("Description", Some(Yaml::text(words)))
                .with("Value", Some(Yaml::r#ref(name.clone())));
            outputs.push((name, output.dense()));
        };
        output(format!("{id}Function"), function.output);
        if let Some(queue) = function.queue {
            output(format!("{id}DeadLetters"), queue.output);
        }
        output(format!("{id}Logs"), &format!("Log of the {} function.", function.name));
    }
    Yaml::map(outputs)
}
