//! How an access key stands in a secret's value. The value itself is never printed: errors name a JSON path and no content.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use crate::words::ids::{AccessKeyId, IamName};

/// The tag on a secret that names the field which holds the key's id. A dot leads into an object.
pub const ID_FIELD_TAG: &str = "severance:access-key-id-field";

/// The tag that names the field which holds the secret access key.
pub const SECRET_FIELD_TAG: &str = "severance:secret-access-key-field";

/// The tag that names the field which holds the user's name.
pub const USER_FIELD_TAG: &str = "severance:user-name-field";

/// A text that must not be seen: it cannot be printed, compared or serialized.
#[derive(Clone)]
pub struct SecretText(String);

impl SecretText {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the call that it is for and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText")
    }
}

/// Which fields hold a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    id: Vec<String>,
    secret: Vec<String>,
    user: Vec<String>,
}

/// The formats that are known without a tag: our own, that of IAM's answer, the same as the AWS CLI prints it, and that of the
/// shared credentials file.
const KNOWN: [(&str, &str, &str); 4] = [
    ("accessKeyId", "secretAccessKey", "userName"),
    ("AccessKeyId", "SecretAccessKey", "UserName"),
    ("AccessKey.AccessKeyId", "AccessKey.SecretAccessKey", "AccessKey.UserName"),
    ("aws_access_key_id", "aws_secret_access_key", "user_name"),
];

/// Why a secret's value cannot be read as a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// It is no JSON object.
    #[error(
        "its value is no JSON object (line {line}, column {column}): an access key stands in one with accessKeyId, \
         secretAccessKey and userName"
    )]
    NotAnObject {
        /// Where it breaks.
        line: usize,
        /// Where in that line.
        column: usize,
    },
    /// It has neither.
    #[error(
        "its value has no field of a known format (accessKeyId, AccessKeyId, AccessKey.AccessKeyId or aws_access_key_id): \
         name the fields by the tags {ID_FIELD_TAG}, {SECRET_FIELD_TAG} and {USER_FIELD_TAG}"
    )]
    Unknown,
    /// A field is not as it must be.
    #[error("{at} of its value is {found}; expected {expected}")]
    Field {
        /// The JSON path.
        at: String,
        /// What stands there, in kind and not in content.
        found: &'static str,
        /// What would be accepted.
        expected: &'static str,
    },
}

impl Format {
    fn of(id: &str, secret: &str, user: &str) -> Self {
        let path = |text: &str| text.split('.').map(str::to_owned).collect();
        Self { id: path(id), secret: path(secret), user: path(user) }
    }

    /// Our own.
    pub fn own() -> Self {
        let (id, secret, user) = KNOWN[0];
        Self::of(id, secret, user)
    }

    /// What a secret's tags say; none where they name no fields.
    pub fn from_tags(tags: &BTreeMap<String, String>) -> Option<Self> {
        let named = |tag: &str| tags.get(tag).map(|field| field.trim()).filter(|field| !field.is_empty());
        let user = named(USER_FIELD_TAG).unwrap_or("userName");
        Some(Self::of(named(ID_FIELD_TAG)?, named(SECRET_FIELD_TAG)?, user))
    }
}

/// A secret's value that holds a key, or is to hold one.
#[derive(Clone)]
pub struct KeySecret {
    document: Map<String, Value>,
    format: Format,
    /// The key; none where the value is to hold one and does not yet.
    pub access_key: Option<AccessKeyId>,
    /// Whose key, where the value says so.
    pub user: Option<IamName>,
    secret: Option<SecretText>,
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySecret").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

impl KeySecret {
    /// Reads a value. `format` is what its tags say.
    ///
    /// # Errors
    /// Names what is not as it must be, and nothing of the value's content.
    pub fn read(value: &SecretText, format: Option<&Format>) -> Result<Self, FormatError> {
        let document: Map<String, Value> = serde_json::from_str(value.expose())
            .map_err(|error| FormatError::NotAnObject { line: error.line(), column: error.column() })?;
        let format = match format {
            Some(format) => format.clone(),
            None => KNOWN
                .iter()
                .map(|(id, secret, user)| Format::of(id, secret, user))
                .find(|format| at(&document, &format.id).is_some() || at(&document, &format.secret).is_some())
                // What holds nothing but a name is to hold a key.
                .or_else(|| document.contains_key("userName").then(Format::own))
                .ok_or(FormatError::Unknown)?,
        };
        let field = |path: &[String], expected| match at(&document, path) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(other) => Err(FormatError::Field { at: json_path(path), found: kind(other), expected }),
        };
        for path in [&format.id, &format.secret] {
            // What leads to a field must be an object, or nothing yet: else a new key could not be put there.
            for end in 1..path.len() {
                let way = path.get(..end).unwrap_or_default();
                if let Some(other) = at(&document, way).filter(|value| !value.is_object()) {
                    let expected = "an object";
                    return Err(FormatError::Field { at: json_path(way), found: kind(other), expected });
                }
            }
        }
        let id = field(&format.id, AccessKeyId::EXPECTED)?;
        let secret = field(&format.secret, "a secret access key")?;
        let missing =
            |path: &[String], expected| FormatError::Field { at: json_path(path), found: "nothing", expected };
        match (id, secret) {
            (Some(_), None) => return Err(missing(&format.secret, "a secret access key")),
            (None, Some(_)) => return Err(missing(&format.id, AccessKeyId::EXPECTED)),
            _ => {}
        }
        let unfit =
            |path: &[String], expected| FormatError::Field { at: json_path(path), found: "another text", expected };
        let access_key = id.map(AccessKeyId::try_from).transpose();
        let access_key = access_key.map_err(|invalid| unfit(&format.id, invalid.expected))?;
        let user = field(&format.user, IamName::EXPECTED)?.map(IamName::try_from).transpose();
        let user = user.map_err(|invalid| unfit(&format.user, invalid.expected))?;
        let secret = secret.map(SecretText::new);
        Ok(Self { document, format, access_key, user, secret })
    }

    /// The secret access key.
    pub fn secret(&self) -> Option<&SecretText> {
        self.secret.as_ref()
    }

    /// The same value with another key in it; what else stands there stays.
    pub fn with_key(&self, user: &IamName, key: &AccessKeyId, secret: &SecretText) -> SecretText {
        let mut document = self.document.clone();
        put(&mut document, &self.format.id, key.as_str());
        put(&mut document, &self.format.secret, secret.expose());
        // A format that does not name the user is not ours to extend.
        if at(&document, &self.format.user).is_some() || self.format == Format::own() {
            put(&mut document, &self.format.user, user.as_str());
        }
        SecretText(Value::Object(document).to_string())
    }
}

fn at<'a>(document: &'a Map<String, Value>, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(document.get(first)?, |value, part| value.get(part))
}

fn put(document: &mut Map<String, Value>, path: &[String], text: &str) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        document.insert(first.clone(), Value::String(text.to_owned()));
        return;
    }
    let inner = document.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        put(inner, rest, text);
    }
}

fn json_path(path: &[String]) -> String {
    format!("$.{}", path.join("."))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
