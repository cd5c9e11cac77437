//! What the stack's parts are called, and when they are there.

use severance_catalogue::function::Function;

use super::yaml::Yaml;

/// A name after the stack's.
pub(super) fn named(name: &str) -> Yaml {
    Yaml::sub(format!("${{AWS::StackName}}-{name}"))
}

/// A resource, which is there under its function's condition.
pub(super) fn resource(function: &Function, kind: &str, properties: Yaml) -> Yaml {
    Yaml::map([("Type", Yaml::text(kind))])
        .with("Condition", function.condition.map(Yaml::text))
        .with("Properties", Some(properties))
}
