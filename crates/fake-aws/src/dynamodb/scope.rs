//! What an expression's placeholders stand for, and the words of which it is made.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::refusals::invalid;
use super::value::{self, Item};
use crate::call::Refusal;

/// The names that an expression must write with a `#` (developer guide, "Reserved words in DynamoDB").
static RESERVED: LazyLock<BTreeSet<&str>> = LazyLock::new(|| include_str!("reserved.txt").lines().collect());

/// "The maximum length of any expression string is 4 KB" (developer guide, Quotas).
const MOST_BYTES: usize = 4_096;

/// "The maximum number of operators or functions" in an expression (developer guide, Quotas).
const MOST_OPERATORS: usize = 300;

/// The placeholders of a request, and which of them its expressions used.
pub(super) struct Scope<'a> {
    names: Option<&'a Map<String, Value>>,
    values: Option<&'a Map<String, Value>>,
    used: BTreeSet<String>,
}

/// A way to a value within an item.
pub(super) type Path = Vec<Part>;

/// One part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Name(String),
    Index(usize),
}

impl<'a> Scope<'a> {
    pub(super) fn of(input: &'a Value) -> Result<Self, Refusal> {
        let map = |name: &str| match input[name].as_object() {
            // "ExpressionAttributeValues must not be empty"
            Some(map) if map.is_empty() => Err(invalid(format!("{name} must not be empty"))),
            map => Ok(map),
        };
        let (names, values) = (map("ExpressionAttributeNames")?, map("ExpressionAttributeValues")?);
        for value in values.into_iter().flat_map(Map::values) {
            value::check(value)?;
        }
        Ok(Self { names, values, used: BTreeSet::new() })
    }

    /// Refuses placeholders that no expression used, as DynamoDB does.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        for (what, map) in [("ExpressionAttributeNames", self.names), ("ExpressionAttributeValues", self.values)] {
            let unused: Vec<&str> = map
                .into_iter()
                .flat_map(Map::keys)
                .filter(|name| !self.used.contains(*name))
                .map(String::as_str)
                .collect();
            if !unused.is_empty() {
                let unused = unused.join(", ");
                return Err(invalid(format!("Value provided in {what} unused in expressions: keys: {{{unused}}}")));
            }
        }
        Ok(())
    }

    fn name(&mut self, word: &str) -> Result<String, Refusal> {
        if word.starts_with('#') {
            self.used.insert(word.to_owned());
            let name = self.names.and_then(|names| names.get(word)).and_then(Value::as_str).map(str::to_owned);
            return name.ok_or_else(|| {
                invalid(format!(
                    "An expression attribute name used in the document path is not defined; attribute name: {word}"
                ))
            });
        }
        if RESERVED.contains(word.to_uppercase().as_str()) {
            return Err(invalid(format!("Attribute name is a reserved keyword; reserved keyword: {word}")));
        }
        if word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            Ok(word.to_owned())
        } else {
            Err(syntax(word))
        }
    }

    fn value(&mut self, word: &str) -> Result<Value, Refusal> {
        self.used.insert(word.to_owned());
        self.values.and_then(|values| values.get(word)).cloned().ok_or_else(|| {
            invalid(format!("An expression attribute value used in expression is not defined; attribute value: {word}"))
        })
    }
}

pub(super) fn syntax(token: &str) -> Refusal {
    invalid(format!("Invalid expression: Syntax error; token: \"{token}\""))
}

/// The words of one expression, read from the front.
pub(super) struct Words<'a, 'b> {
    list: Vec<String>,
    at: usize,
    operators: usize,
    pub(super) scope: &'b mut Scope<'a>,
}

impl<'a, 'b> Words<'a, 'b> {
    pub(super) fn of(expression: &str, scope: &'b mut Scope<'a>) -> Result<Self, Refusal> {
        if expression.trim().is_empty() {
            return Err(invalid("Invalid expression: The expression can not be empty;"));
        }
        if expression.len() > MOST_BYTES {
            return Err(invalid("Expression size has exceeded the maximum allowed size; expression size: 4096"));
        }
        Ok(Self { list: words(expression)?, at: 0, operators: 0, scope })
    }

    pub(super) fn peek(&self) -> &str {
        self.list.get(self.at).map_or("", String::as_str)
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.list.len()
    }

    pub(super) fn next(&mut self) -> String {
        let word = self.peek().to_owned();
        self.at += 1;
        word
    }

    /// Steps over a word if it is the next one. Words of the language are written in any case.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let found = self.peek().eq_ignore_ascii_case(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, word: &str) -> Result<(), Refusal> {
        if self.take(word) { Ok(()) } else { Err(syntax(self.peek())) }
    }

    /// Whether the next word is a function's name: these are written in small letters.
    pub(super) fn function(&mut self) -> Option<String> {
        let is_call = self.list.get(self.at + 1).is_some_and(|next| next == "(");
        let is_name = self.peek().starts_with(|c: char| c.is_ascii_lowercase());
        (is_call && is_name).then(|| {
            let name = self.next();
            self.at += 1;
            name
        })
    }

    /// Counts an operator or a function.
    pub(super) fn operator(&mut self) -> Result<(), Refusal> {
        self.operators += 1;
        if self.operators <= MOST_OPERATORS {
            return Ok(());
        }
        Err(invalid(format!(
            "Invalid expression: The expression contains more than the maximum number of operators or functions; {MOST_OPERATORS}"
        )))
    }

    pub(super) fn path(&mut self) -> Result<Path, Refusal> {
        let word = self.next();
        let mut path = vec![Part::Name(self.scope.name(&word)?)];
        loop {
            if self.take(".") {
                let word = self.next();
                path.push(Part::Name(self.scope.name(&word)?));
            } else if self.take("[") {
                let index = self.next();
                path.push(Part::Index(index.parse().map_err(|_| syntax(&index))?));
                self.expect("]")?;
            } else {
                return Ok(path);
            }
        }
    }

    /// A value, if the next word is a placeholder of one.
    pub(super) fn value(&mut self) -> Option<Result<Value, Refusal>> {
        self.peek().starts_with(':').then(|| {
            let word = self.next();
            self.scope.value(&word)
        })
    }
}

fn words(expression: &str) -> Result<Vec<String>, Refusal> {
    let mut words: Vec<String> = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "_:#".contains(c);
        let length = match first {
            c if c.is_whitespace() => {
                rest = rest.trim_start();
                continue;
            }
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            '<' if rest.starts_with("<>") || rest.starts_with("<=") => 2,
            '>' if rest.starts_with(">=") => 2,
            '<' | '>' | '=' | '(' | ')' | ',' | '.' | '[' | ']' | '+' | '-' => 1,
            strange => return Err(syntax(&strange.to_string())),
        };
        let (word, after) = rest.split_at(length);
        words.push(word.to_owned());
        rest = after;
    }
    Ok(words)
}

/// What stands at a path.
pub(super) fn at_path<'a>(item: &'a Item, path: &[Part]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let Part::Name(first) = first else { return None };
    rest.iter().try_fold(item.get(first)?, |value, part| match part {
        Part::Name(name) => value["M"].as_object()?.get(name),
        Part::Index(index) => value["L"].as_array()?.get(*index),
    })
}
