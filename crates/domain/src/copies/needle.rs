//! The id of a key, found in a text, and the name of the field that it stands in.

use std::fmt::Write as _;

use serde_json::Value;

use crate::words::ids::AccessKeyId;

/// The id of an access key, looked for in texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needle(AccessKeyId);

/// Fields of one text that are told.
const FIELDS: usize = 20;

/// Characters of a field's path.
const PATH: usize = 200;

impl Needle {
    /// Looks for this key.
    pub fn new(key: AccessKeyId) -> Self {
        Self(key)
    }

    /// Whether a text holds the id, and not only a longer word in which it is.
    pub fn is_in(&self, text: &str) -> bool {
        let id = self.0.as_str();
        text.match_indices(id).any(|(at, _)| {
            let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + id.len()..).unwrap_or_default());
            ends_a_word(before) && !after.starts_with(|c: char| c.is_ascii_alphanumeric())
        })
    }

    /// The fields of a text that hold the id: of JSON the paths, else the names before `=` or `:` in its lines. None among
    /// them where it stands in no field that has a name. Empty where the text does not hold the id.
    pub fn fields_of(&self, text: &str) -> Vec<Option<String>> {
        // Most texts end here: only those that hold the id are taken apart.
        if !text.contains(self.0.as_str()) {
            return vec![];
        }
        let mut fields = Vec::new();
        match serde_json::from_str::<Value>(text) {
            Ok(value) => self.walk(&value, &mut String::new(), &mut fields),
            Err(_) => {
                for line in text.lines().filter(|line| self.is_in(line)) {
                    fields.push(name_in(line).filter(|name| !self.is_in(name)).map(str::to_owned));
                }
            }
        }
        if fields.is_empty() && self.is_in(text) {
            fields.push(None);
        }
        fields.sort();
        fields.dedup();
        fields.truncate(FIELDS);
        fields
    }

    fn walk(&self, value: &Value, path: &mut String, fields: &mut Vec<Option<String>>) {
        let whole = path.len();
        let here = |path: &String| Some(path.chars().take(PATH).collect::<String>()).filter(|path| !path.is_empty());
        match value {
            Value::String(text) if self.is_in(text) => fields.push(here(path)),
            Value::Array(items) => {
                for (n, item) in items.iter().enumerate() {
                    // Writing to a String cannot fail.
                    let _ = write!(path, "[{n}]");
                    self.walk(item, path, fields);
                    path.truncate(whole);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    if self.is_in(name) {
                        fields.push(here(path));
                    }
                    if whole > 0 {
                        path.push('.');
                    }
                    // A key that does not look like a name may itself be something secret.
                    path.push_str(if is_name(name) { name } else { "?" });
                    self.walk(member, path, fields);
                    path.truncate(whole);
                }
            }
            _ => {}
        }
    }
}

/// Whether a word can begin after this text. What an escape ends with, as in `\nAKIA…` or `%3DAKIA…`, is no word.
fn ends_a_word(before: &str) -> bool {
    let mut back = before.chars().rev();
    match (back.next(), back.next(), back.next()) {
        (Some(last), _, _) if !last.is_ascii_alphanumeric() => true,
        (None, ..) | (Some('n' | 'r' | 't'), Some('\\'), _) => true,
        (Some(low), Some(high), Some('%')) => low.is_ascii_hexdigit() && high.is_ascii_hexdigit(),
        _ => false,
    }
}

/// Whether a text is what a field may be called. One that is longer or stranger may be a value: a secret access key has forty
/// letters and digits in a row, or a `+` or `/` among them.
fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.chars().count())
        && text.chars().all(|c| c.is_alphanumeric() || " _-.".contains(c))
        && text.split([' ', '_', '-', '.']).all(|word| word.chars().count() <= 24)
}

/// What stands before `=`, or before `:` and a space, in a line of a file; none where it does not speak of a key, because then
/// it may itself be a secret.
fn name_in(line: &str) -> Option<&str> {
    let (name, _) = line.split_once('=').or_else(|| line.split_once(": "))?;
    let name = name.trim().trim_matches(['"', '\'']);
    let name = name.strip_prefix("export ").unwrap_or(name).trim();
    let lower = name.to_lowercase();
    let speaks_of_keys = ["key", "access", "aws"].iter().any(|word| lower.contains(word));
    Some(name).filter(|name| is_name(name) && speaks_of_keys)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

    fn needle() -> Needle {
        Needle::new(KEY.try_into().unwrap())
    }

    fn fields(text: &str) -> Vec<Option<String>> {
        needle().fields_of(text)
    }

    fn named(names: &[&str]) -> Vec<Option<String>> {
        names.iter().map(|name| Some((*name).to_owned())).collect()
    }

    #[test]
    fn an_id_is_found_as_a_word_and_not_in_another_word() {
        for text in [
            KEY.to_owned(),
            format!("x={KEY};"),
            format!("_{KEY}_"),
            format!("ü{KEY}"),
            format!(r"[default]\naws_access_key_id={KEY}\n"),
            format!(r"first\n{KEY}"),
            format!("key%3D{KEY}%26"),
            format!("X{KEY} {KEY}"),
        ] {
            assert!(needle().is_in(&text), "{text}");
        }
        for text in [format!("X{KEY}"), format!("{KEY}2"), format!("n{KEY}"), KEY.to_lowercase(), String::new()] {
            assert!(!needle().is_in(&text), "{text}");
            assert!(fields(&text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_field_is_named_and_what_may_be_a_value_is_not() {
        let nested = json!({"a": {"keys": ["x", {"id": KEY}]}, "b": KEY, "c": format!("{KEY}9")}).to_string();
        assert_eq!(fields(&nested), named(&["a.keys[1].id", "b"]));
        assert_eq!(fields(&json!({KEY: "value"}).to_string()), [None]);
        assert_eq!(fields(&json!({"wJalrXUtn!EMI/K7": {"id": KEY}}).to_string()), named(&["?.id"]));
        assert_eq!(fields(&json!(KEY).to_string()), [None]);
        assert_eq!(fields(&format!("# a\nexport AWS_ACCESS_KEY_ID=\"{KEY}\"\nx=1")), named(&["AWS_ACCESS_KEY_ID"]));
        assert_eq!(fields(&format!("aws_access_key_id : {KEY}")), named(&["aws_access_key_id"]));
        assert_eq!(fields(&format!("hunter2: {KEY}")), [None], "it may be a password");
        let secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00";
        assert_eq!(fields(&json!({secret: KEY}).to_string()), named(&["?"]));
        assert_eq!(fields(&format!("{secret}={KEY}")), [None]);
        assert_eq!(fields(&format!("{KEY}:wJalrXUtnFEMI")), [None]);
        assert_eq!(fields(&format!("wJalr+XUtn={KEY}")), [None], "no name has a plus sign");
        let many: serde_json::Map<_, _> = (0..100).map(|n| (format!("k{n}"), json!(KEY))).collect();
        assert_eq!(fields(&Value::Object(many).to_string()).len(), FIELDS);
    }

    proptest! {
        /// Whatever a text is, looking into it does not fail, and a field is never told of a text without the id.
        #[test]
        fn any_text_can_be_looked_into(before in ".{0,40}", after in ".{0,40}") {
            let text = format!("{before}{KEY}{after}");
            prop_assert!(!needle().is_in(&text) || !fields(&text).is_empty());
            prop_assert!(fields(&before).is_empty());
        }
    }
}
