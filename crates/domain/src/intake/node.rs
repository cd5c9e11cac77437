//! A place in a JSON document that knows its own path, so that every refusal can name it.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::Value;

use crate::words::ids::{AccountId, InvalidId};
use crate::words::malformed::Malformed;

/// A value and its path. Missing fields and `null` are the same here: AWS writes both for "not known".
#[derive(Clone)]
pub(super) struct Node<'a> {
    value: Option<&'a Value>,
    path: String,
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value, path: &str) -> Self {
        Self { value: Some(value).filter(|value| !value.is_null()), path: path.to_owned() }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The field of this name, which must be there.
    pub(super) fn field(&self, name: &str) -> Result<Self, Malformed> {
        let field = self.get(name);
        if field.value.is_some() { Ok(field) } else { Err(field.not("a value")) }
    }

    /// The field of this name, there or not.
    pub(super) fn get(&self, name: &str) -> Self {
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let path = if plain { format!("{}.{name}", self.path) } else { format!("{}['{name}']", self.path) };
        Self { value: self.value.and_then(|value| value.get(name)).filter(|value| !value.is_null()), path }
    }

    /// The elements of an array, which must be one.
    pub(super) fn items(&self) -> Result<Vec<Self>, Malformed> {
        match self.value {
            Some(Value::Array(items)) => {
                Ok(items.iter().enumerate().map(|(n, item)| Self::root(item, &format!("{}[{n}]", self.path))).collect())
            }
            _ => Err(self.not("an array")),
        }
    }

    /// The fields of an object, which must be one. A field that holds `null` is there, and holds nothing.
    pub(super) fn fields(&self) -> Result<Vec<(&'a str, Self)>, Malformed> {
        match self.value {
            Some(Value::Object(fields)) => Ok(fields.keys().map(|name| (name.as_str(), self.get(name))).collect()),
            _ => Err(self.not("an object")),
        }
    }

    pub(super) fn is_present(&self) -> bool {
        self.value.is_some()
    }

    /// The text here, if there is one.
    pub(super) fn as_str(&self) -> Option<&'a str> {
        self.value.and_then(Value::as_str)
    }

    /// The text here, which must be there and not empty.
    pub(super) fn str(&self) -> Result<&'a str, Malformed> {
        self.as_str().filter(|text| !text.is_empty()).ok_or_else(|| self.not("a text"))
    }

    /// A truth, however AWS wrote it: `true`, `"true"`, `"True"`.
    pub(super) fn as_bool(&self) -> Option<bool> {
        match self.value? {
            Value::Bool(truth) => Some(*truth),
            Value::String(text) => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        }
    }

    pub(super) fn as_f64(&self) -> Option<f64> {
        self.value.and_then(Value::as_f64)
    }

    /// An instant: RFC 3339 as text, or RFC 2822 as AWS Health writes it.
    pub(super) fn timestamp(&self) -> Result<Timestamp, Malformed> {
        let text = self.str()?;
        text.parse()
            .or_else(|_| rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text))
            .map_err(|_| self.not("an RFC 3339 or RFC 2822 time"))
    }

    /// An account id of twelve digits, kept as text.
    pub(super) fn account(&self) -> Result<AccountId, Malformed> {
        self.id(AccountId::EXPECTED)
    }

    /// An identifier that checks itself.
    pub(super) fn id<T>(&self, expected: &str) -> Result<T, Malformed>
    where
        T: TryFrom<&'a str, Error = InvalidId>,
    {
        self.as_str().and_then(|text| T::try_from(text).ok()).ok_or_else(|| self.not(expected))
    }

    /// A text that may be missing or empty, but must be a text when it is there.
    pub(super) fn text_if_any(&self) -> Result<Option<&'a str>, Malformed> {
        match self.value {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(self.not("a text")),
        }
    }

    /// An identifier that may be missing, but must be one when it is there.
    pub(super) fn id_if_any<T>(&self, expected: &str) -> Result<Option<T>, Malformed>
    where
        T: TryFrom<&'a str, Error = InvalidId>,
    {
        match self.value {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(_) => self.id(expected).map(Some),
        }
    }

    /// The refusal of what is here.
    pub(super) fn not(&self, expected: &str) -> Malformed {
        let found = match self.value {
            None => "nothing".to_owned(),
            Some(Value::String(text)) if text.chars().count() <= 20 => format!("{text:?}"),
            Some(Value::String(text)) => format!("a text of {} characters", text.chars().count()),
            Some(Value::Array(items)) => format!("an array of {}", items.len()),
            Some(Value::Object(fields)) => format!("an object of {} fields", fields.len()),
            Some(other) => other.to_string(),
        };
        Malformed { at: self.path.clone(), expected: expected.to_owned(), found }
    }
}
