//! Parameters of the template, and what the functions hear of them.

use severance_catalogue::function::FUNCTIONS;
use severance_catalogue::setting::{GROUPS, OF_STACK, Setting, Takes};

use super::yaml::Yaml;

/// The parameters as CloudFormation shows them.
pub(super) fn groups() -> Yaml {
    let group = |(label, settings): &(&str, &[Setting])| {
        let names = settings.iter().map(|setting| setting.parameter);
        Yaml::map([("Label", Yaml::map([("default", Yaml::text(*label))])), ("Parameters", Yaml::texts(names))])
    };
    Yaml::map([("ParameterGroups", Yaml::list(GROUPS.iter().map(group)))])
}

/// The parameters.
pub(super) fn parameters() -> Yaml {
    let all = GROUPS.iter().flat_map(|(_, settings)| settings.iter());
    Yaml::map(all.map(|setting| (setting.parameter, parameter(setting))))
}

fn parameter(setting: &Setting) -> Yaml {
    let (kind, allowed) = match setting.takes {
        Takes::OneOf(values) => ("String", vec![("AllowedValues", Yaml::texts(values.iter().copied()))]),
        Takes::NumberOf(values) => {
            ("Number", vec![("AllowedValues", Yaml::list(values.iter().copied().map(Yaml::number)))])
        }
        Takes::Number(least, most) => {
            ("Number", vec![("MinValue", Yaml::number(least)), ("MaxValue", Yaml::number(most))])
        }
        Takes::Matching(pattern) => ("String", vec![("AllowedPattern", Yaml::text(pattern))]),
        Takes::Text => ("String", vec![]),
        Takes::List => ("CommaDelimitedList", vec![]),
    };
    let default = match kind {
        "Number" => Yaml::Plain(setting.default.to_owned()),
        _ => Yaml::text(setting.default),
    };
    let begin = [("Type", Yaml::text(kind)), ("Default", default)];
    Yaml::map(begin.into_iter().chain(allowed).chain([("Description", Yaml::text(setting.words))]))
}

/// The names of the functions, comma separated, by which the code knows the stack's own roles. Behind one that is not always there stands
/// the parameter that says whether it is. Not by the condition itself: cfn-lint takes that for a mistake in the very function that is
/// there under it.
fn deployed() -> Yaml {
    let names = FUNCTIONS.iter().map(|function| match function.condition.and_then(|is| is.strip_prefix("Has")) {
        Some(parameter) => format!("{}=${{{parameter}}}", function.name),
        None => function.name.to_owned(),
    });
    Yaml::sub(names.collect::<Vec<_>>().join(","))
}

/// The variables of every function.
pub(super) fn variables() -> Yaml {
    let all = GROUPS.iter().flat_map(|(_, settings)| settings.iter());
    let of_parameters = all.filter_map(|setting| Some((setting.variable?, Yaml::r#ref(setting.parameter))));
    let functions = [("SEVERANCE_FUNCTIONS", deployed())];
    Yaml::map(OF_STACK.iter().map(|(name, value)| (*name, Yaml::raw(value))).chain(functions).chain(of_parameters))
}
