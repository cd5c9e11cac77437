//! YAML as CloudFormation takes it: on one line where it fits, and else a line for each part.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// Columns.
const WIDTH: usize = 128;

/// A node.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Yaml {
    /// A number, or true or false.
    Plain(String),
    /// Text.
    Text(String),
    /// A function of CloudFormation over a text: its tag, and the text.
    Tag(&'static str, String),
    /// `!If`.
    If(String, Box<Yaml>, Box<Yaml>),
    /// A list.
    List(Vec<Yaml>),
    /// A mapping.
    Map(Vec<Entry>),
    /// On as few lines as it takes.
    Dense(Box<Yaml>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    key: String,
    value: Yaml,
    /// Above it; and then it has lines of its own.
    comment: String,
    /// A blank line above it.
    apart: bool,
}

impl Yaml {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// As it is written here, where it begins with a tag.
    pub(super) fn raw(text: &str) -> Self {
        if text.starts_with('!') { Self::Plain(text.to_owned()) } else { Self::text(text) }
    }

    pub(super) fn number(number: impl Into<u32>) -> Self {
        Self::Plain(number.into().to_string())
    }

    /// Text in which `${…}` is replaced. One that is nothing else is a reference.
    pub(super) fn sub(text: impl Into<String>) -> Self {
        let text = text.into();
        match text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if !name.contains('}') => Self::r#ref(name),
            _ => Self::Tag("!Sub", text),
        }
    }

    pub(super) fn r#ref(name: impl Into<String>) -> Self {
        Self::Tag("!Ref", name.into())
    }

    pub(super) fn att(name: impl Into<String>) -> Self {
        Self::Tag("!GetAtt", name.into())
    }

    /// On as few lines as it takes: a line break reads as a space, also within a text.
    pub(super) fn dense(self) -> Self {
        Self::Dense(Box::new(self))
    }

    /// Only where a condition holds.
    pub(super) fn only_if(condition: &str, value: Self) -> Self {
        Self::If(condition.to_owned(), Box::new(value), Box::new(Self::r#ref("AWS::NoValue")))
    }

    pub(super) fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    /// As IAM writes it: one by itself, several as a list.
    pub(super) fn one_or_list(mut items: Vec<Self>) -> Self {
        match items.pop() {
            Some(only) if items.is_empty() => only,
            last => Self::List(items.into_iter().chain(last).collect()),
        }
    }

    pub(super) fn texts<'a>(items: impl IntoIterator<Item = &'a str>) -> Self {
        Self::list(items.into_iter().map(Self::text))
    }

    pub(super) fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        let entry = |(key, value): (K, Self)| Entry { key: key.into(), value, comment: String::new(), apart: false };
        Self::Map(entries.into_iter().map(entry).collect())
    }

    /// Resources, a blank line between them; with a comment above one that has something to say.
    pub(super) fn resources(resources: impl IntoIterator<Item = (String, String, Self)>) -> Self {
        let mut entries: Vec<Entry> =
            resources.into_iter().map(|(comment, key, value)| Entry { key, value, comment, apart: true }).collect();
        if let Some(first) = entries.first_mut() {
            first.apart = false;
        }
        Self::Map(entries)
    }

    /// With this entry as well, where there is something.
    pub(super) fn with(mut self, key: &str, value: Option<Self>) -> Self {
        if let (Self::Map(entries), Some(value)) = (&mut self, value) {
            entries.push(Entry { key: key.to_owned(), value, comment: String::new(), apart: false });
        }
        self
    }

    /// JSON, in whose texts CloudFormation replaces `${…}`.
    pub(super) fn of_json(value: &Value) -> Self {
        match value {
            Value::String(text) if text.contains("${") => Self::sub(text),
            Value::String(text) => Self::text(text.clone()),
            Value::Array(items) => Self::list(items.iter().map(Self::of_json)),
            Value::Object(fields) => {
                // Another crate of the workspace may switch on serde_json's preserve_order.
                let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
                Self::map(sorted.into_iter().map(|(key, value)| (key.clone(), Self::of_json(value))))
            }
            other => Self::Plain(other.to_string()),
        }
    }

    /// All on one line; none where something in it has a comment.
    fn flow(&self) -> Option<String> {
        Some(match self {
            Self::Plain(text) => text.clone(),
            Self::Text(text) => quoted(text),
            Self::Tag(tag, text) => format!("{tag} {}", quoted(text)),
            Self::If(condition, then, otherwise) => {
                format!("!If [{condition}, {}, {}]", then.flow()?, otherwise.flow()?)
            }
            Self::List(items) => {
                format!("[{}]", items.iter().map(Self::flow).collect::<Option<Vec<_>>>()?.join(", "))
            }
            Self::Dense(inner) => inner.flow()?,
            Self::Map(entries) if entries.is_empty() => "{}".to_owned(),
            Self::Map(entries) => {
                let flow = |entry: &Entry| {
                    (entry.comment.is_empty() && !entry.apart).then_some(())?;
                    Some(format!("{}: {}", quoted(&entry.key), entry.value.flow()?))
                };
                format!("{{ {} }}", entries.iter().map(flow).collect::<Option<Vec<_>>>()?.join(", "))
            }
        })
    }

    /// Lines, this far to the right.
    pub(super) fn block(&self, indent: usize, out: &mut String) {
        let space = " ".repeat(indent);
        match self {
            Self::Map(entries) => {
                for entry in entries {
                    if entry.apart {
                        out.push('\n');
                    }
                    for line in wrapped(&entry.comment, WIDTH - indent - 2) {
                        let _ = writeln!(out, "{space}# {line}");
                    }
                    let _ = write!(out, "{space}{}:", quoted(&entry.key));
                    entry.value.after(indent, indent + entry.key.len() + 2, out);
                }
            }
            Self::List(items) => {
                for item in items {
                    item.item(indent, out);
                }
            }
            Self::Plain(_) | Self::Text(_) | Self::Tag(..) | Self::If(..) | Self::Dense(_) => {
                let _ = writeln!(out, "{space}{}", self.flow().unwrap_or_default());
            }
        }
    }

    /// After a key, of which so many columns are taken.
    fn after(&self, indent: usize, taken: usize, out: &mut String) {
        match (self, self.flow()) {
            // A resource's own parts have lines of their own.
            (_, Some(line))
                if taken + line.chars().count() <= WIDTH && !(indent <= 2 && matches!(self, Self::Map(_))) =>
            {
                let _ = writeln!(out, " {line}");
            }
            (Self::Dense(_), Some(line)) => {
                out.push('\n');
                for line in wrapped(&line, WIDTH - indent - 2) {
                    let _ = writeln!(out, "{}{line}", " ".repeat(indent + 2));
                }
            }
            (Self::Text(text), _) if text.contains(' ') => {
                out.push_str(" >-\n");
                for line in wrapped(text, WIDTH - indent - 2) {
                    let _ = writeln!(out, "{}{line}", " ".repeat(indent + 2));
                }
            }
            (Self::If(condition, then, otherwise), _) => {
                out.push_str(" !If\n");
                for part in [&Self::text(condition.clone()), &**then, &**otherwise] {
                    part.item(indent + 2, out);
                }
            }
            (Self::Map(_) | Self::List(_), _) => {
                out.push('\n');
                self.block(indent + 2, out);
            }
            (_, line) => {
                let _ = writeln!(out, " {}", line.unwrap_or_default());
            }
        }
    }

    /// An item of a list.
    fn item(&self, indent: usize, out: &mut String) {
        let space = " ".repeat(indent);
        match (self, self.flow()) {
            (_, Some(line)) if indent + 2 + line.chars().count() <= WIDTH => {
                let _ = writeln!(out, "{space}- {line}");
            }
            (Self::Dense(_), Some(line)) => {
                for (n, line) in wrapped(&line, WIDTH - indent - 2).iter().enumerate() {
                    let _ = writeln!(out, "{space}{} {line}", if n == 0 { "-" } else { " " });
                }
            }
            (Self::If(condition, then, otherwise), _) => {
                let _ = writeln!(out, "{space}- !If");
                for part in [&Self::text(condition.clone()), &**then, &**otherwise] {
                    part.item(indent + 2, out);
                }
            }
            (Self::Map(_), _) => {
                let mut lines = String::new();
                self.block(indent + 2, &mut lines);
                let _ = write!(out, "{space}- {}", lines.trim_start());
            }
            (_, line) => {
                let _ = writeln!(out, "{space}- {}", line.unwrap_or_default());
            }
        }
    }
}

/// A scalar as it reads as text, and as nothing else.
fn quoted(text: &str) -> String {
    let first = text.chars().next();
    let begins = first.is_some_and(|c| c.is_ascii_alphanumeric() || c == '$' || c == '/');
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:$()+=@- ".contains(c);
    let reads_otherwise = text.parse::<f64>().is_ok()
        || ["true", "false", "yes", "no", "on", "off", "null"].contains(&text.to_ascii_lowercase().as_str())
        || text.contains(": ")
        || text.ends_with([':', ' '])
        || text.starts_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_digit() || "-:.".contains(c));
    if begins && text.chars().all(plain) && !reads_otherwise { text.to_owned() } else { Value::from(text).to_string() }
}

/// The lines of a text.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(yaml: &Yaml) -> String {
        let mut out = String::new();
        yaml.block(0, &mut out);
        out
    }

    #[test]
    fn what_could_read_as_something_else_is_quoted() {
        for text in ["1.12", "true", "No", "2012-10-17", "*", "a: b", "ou-*, x", "", "{x}", "::product", "x:", "a,b"] {
            assert_eq!(quoted(text), Value::from(text).to_string(), "{text}");
        }
        for text in ["iam:GetUser", "rate(15 minutes)", "arn:aws:iam::1:user/x", "$or", "AWS/Lambda"] {
            assert_eq!(quoted(text), text);
        }
        assert_eq!(written(&Yaml::map([("a", Yaml::sub("${AWS::StackName}-x"))])), "a: !Sub \"${AWS::StackName}-x\"\n");
    }

    #[test]
    fn what_does_not_fit_on_a_line_has_one_for_each_part() {
        let long = |n| Yaml::text(format!("arn:aws:iam::111122223333:role/{}{n}", "r".repeat(60)));
        let list = Yaml::map([("short", Yaml::texts(["a", "b"])), ("long", Yaml::list([long(1), long(2)]))]);
        let one = "r".repeat(60);
        assert_eq!(
            written(&Yaml::map([("of", Yaml::map([("it", list)]))])),
            format!(
                "of:\n  it:\n    short: [a, b]\n    long:\n      - arn:aws:iam::111122223333:role/{one}1\n      - \
                 arn:aws:iam::111122223333:role/{one}2\n"
            )
        );
        let dense = Yaml::map([("of", Yaml::map([("it", Yaml::texts(["two words"; 20]))]).dense())]);
        let dense = written(&dense);
        assert!(dense.starts_with("of:\n  { it: [two words, ") && dense.lines().count() == 3, "{dense}");
        assert!(dense.lines().all(|line| line.len() <= WIDTH));
        let words = "word ".repeat(40);
        let folded = written(&Yaml::map([("of", Yaml::text(words.trim()))]));
        assert!(folded.starts_with("of: >-\n  word word"), "{folded}");
        assert!(folded.lines().all(|line| line.len() <= WIDTH));
    }
}
