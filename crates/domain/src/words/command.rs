//! Command lines that a person can copy: whatever a name holds, a shell reads each argument back as it is.

use std::fmt;

use crate::words::ids::{Arn, IamName};

/// A command of the AWS CLI or of `sever`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command(Vec<Word>);

/// One argument, and how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    text: String,
    style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// With quotes where it needs them.
    Plain,
    /// With quotes, as readers expect them around ARNs and texts.
    Quoted,
}

impl Command {
    /// An operation of a service, as the AWS CLI names both.
    pub fn aws(service: &'static str, operation: &'static str) -> Self {
        Self(vec![]).word("aws").word(service).word(operation)
    }

    /// A verb of `sever`.
    pub fn sever(verb: &'static str) -> Self {
        Self(vec![]).word("sever").word(verb)
    }

    /// An argument.
    #[must_use]
    pub fn word(self, text: &str) -> Self {
        self.with(text.to_owned(), Style::Plain)
    }

    /// An argument in quotes.
    #[must_use]
    pub fn quoted_word(self, text: &str) -> Self {
        self.with(text.to_owned(), Style::Quoted)
    }

    /// An option and its value.
    #[must_use]
    pub fn option(self, name: &'static str, value: impl fmt::Display) -> Self {
        self.word(&format!("--{name}")).word(&value.to_string())
    }

    /// An option and its value in quotes.
    #[must_use]
    pub fn quoted(self, name: &'static str, value: &str) -> Self {
        self.word(&format!("--{name}")).quoted_word(value)
    }

    /// For this user. A name may begin with a hyphen, so it is tied to its option.
    #[must_use]
    pub fn user(self, name: &IamName) -> Self {
        self.word(&format!("--user-name={name}"))
    }

    /// For this role.
    #[must_use]
    pub fn role(self, name: &IamName) -> Self {
        self.word(&format!("--role-name={name}"))
    }

    /// In the Region of this, where it has one.
    #[must_use]
    pub fn region_of(self, arn: &Arn) -> Self {
        if arn.region().is_empty() { self } else { self.quoted("region", arn.region()) }
    }

    /// Its arguments, the program first, as a shell passes them on.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|word| word.text.as_str())
    }

    fn with(mut self, text: String, style: Style) -> Self {
        self.0.push(Word { text, style });
        self
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, word) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str(" ")?;
            }
            match word.style {
                Style::Plain if is_bare(&word.text) => f.write_str(&word.text)?,
                Style::Plain | Style::Quoted => f.write_str(&quoted(&word.text))?,
            }
        }
        Ok(())
    }
}

/// Whether every shell reads it as it is.
fn is_bare(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&b))
}

/// One word of a shell, whatever the text holds. What is not seen, looks like another letter, or would end a chat's code is written by
/// its bytes, as bash and zsh read them.
pub fn quoted(text: &str) -> String {
    let is_shown = |b: u8| (b == b' ' || b.is_ascii_graphic()) && b != b'`';
    if text.bytes().all(is_shown) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let byte = |b: u8| match b {
        b'\'' | b'\\' => format!("\\{}", char::from(b)),
        _ if is_shown(b) => char::from(b).to_string(),
        _ => format!("\\x{b:02x}"),
    };
    format!("$'{}'", text.bytes().map(byte).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_stand_where_they_are_needed_or_expected() {
        let command = Command::aws("iam", "get-user").option("user-name", "a b").quoted("x", "y").word("it's");
        assert_eq!(command.to_string(), r"aws iam get-user --user-name 'a b' --x 'y' 'it'\''s'");
        assert_eq!(quoted("a\u{7f}b'\\"), r"$'a\x7fb\'\\'");
        assert_eq!(quoted("\u{202e}x"), r"$'\xe2\x80\xaex'");
        assert_eq!(Command::sever("status").word("").to_string(), "sever status ''");
    }
}
