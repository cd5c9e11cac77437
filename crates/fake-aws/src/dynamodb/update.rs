//! Update expressions: `SET`, `REMOVE`, `ADD` and `DELETE`, each once (developer guide, "Using update expressions").

use serde_json::{Value, json};

use super::refusals::invalid;
use super::scope::{Part, Path, Scope, Words, at_path, syntax};
use super::value::{self, Item, members, number, parts};
use crate::call::Refusal;

/// An update, read.
#[derive(Debug)]
pub(super) struct Update(Vec<Action>);

#[derive(Debug)]
enum Action {
    Set(Path, Term),
    Remove(Path),
    Add(Path, Value),
    Delete(Path, Value),
}

#[derive(Debug)]
enum Term {
    Path(Path),
    Value(Value),
    IfNotExists(Path, Box<Term>),
    ListAppend(Box<Term>, Box<Term>),
    Sum(Box<Term>, i8, Box<Term>),
}

impl Action {
    fn path(&self) -> &Path {
        match self {
            Self::Set(path, _) | Self::Remove(path) | Self::Add(path, _) | Self::Delete(path, _) => path,
        }
    }
}

impl Update {
    pub(super) fn read(expression: &str, scope: &mut Scope<'_>) -> Result<Self, Refusal> {
        let mut words = Words::of(expression, scope)?;
        let mut actions = Vec::new();
        let mut seen = Vec::new();
        while !words.is_at_end() {
            let section = words.next().to_uppercase();
            if seen.contains(&section) {
                return Err(invalid(format!(
                    "The \"{section}\" section can only be used once in an update expression;"
                )));
            }
            loop {
                actions.push(action(&section, &mut words)?);
                if !words.take(",") {
                    break;
                }
            }
            seen.push(section);
        }
        for (n, action) in actions.iter().enumerate() {
            let path = action.path();
            if actions[..n].iter().any(|other| path.starts_with(other.path()) || other.path().starts_with(path)) {
                return Err(invalid("Invalid UpdateExpression: Two document paths overlap with each other;"));
            }
        }
        Ok(Self(actions))
    }

    /// The attributes that it writes.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|action| match action.path().first() {
            Some(Part::Name(name)) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The item after it. All that is read is read of the item before it.
    pub(super) fn applied(&self, old: &Item) -> Result<Item, Refusal> {
        let mut item = old.clone();
        for action in &self.0 {
            match action {
                Action::Set(path, term) => put(&mut item, path, term.of(old)?)?,
                Action::Remove(path) => remove(&mut item, path)?,
                Action::Add(path, value) => {
                    let sum = added(at_path(old, path), value)?;
                    put(&mut item, path, sum)?;
                }
                Action::Delete(path, value) => {
                    if let Some(held) = at_path(old, path) {
                        match without(held, value)? {
                            Some(left) => put(&mut item, path, left)?,
                            None => remove(&mut item, path)?,
                        }
                    }
                }
            }
        }
        Ok(item)
    }
}

fn action(section: &str, words: &mut Words<'_, '_>) -> Result<Action, Refusal> {
    let path = match section {
        "SET" | "REMOVE" | "ADD" | "DELETE" => words.path()?,
        other => return Err(syntax(other)),
    };
    Ok(match section {
        "SET" => {
            words.expect("=")?;
            let mut left = term(words)?;
            while let Some(sign) =
                [("+", 1), ("-", -1)].into_iter().find_map(|(word, sign)| words.take(word).then_some(sign))
            {
                words.operator()?;
                left = Term::Sum(Box::new(left), sign, Box::new(term(words)?));
            }
            Action::Set(path, left)
        }
        "REMOVE" => Action::Remove(path),
        _ => {
            let value = words.value().ok_or_else(|| syntax(words.peek()))??;
            if section == "ADD" { Action::Add(path, value) } else { Action::Delete(path, value) }
        }
    })
}

fn term(words: &mut Words<'_, '_>) -> Result<Term, Refusal> {
    if let Some(value) = words.value() {
        return value.map(Term::Value);
    }
    let Some(function) = words.function() else { return words.path().map(Term::Path) };
    words.operator()?;
    let read = match function.as_str() {
        "if_not_exists" => {
            let path = words.path()?;
            words.expect(",")?;
            Term::IfNotExists(path, Box::new(term(words)?))
        }
        "list_append" => {
            let first = term(words)?;
            words.expect(",")?;
            Term::ListAppend(Box::new(first), Box::new(term(words)?))
        }
        other => return Err(invalid(format!("Invalid function name; function: {other}"))),
    };
    words.expect(")")?;
    Ok(read)
}

impl Term {
    fn of(&self, old: &Item) -> Result<Value, Refusal> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Path(path) => at_path(old, path).cloned().ok_or_else(|| {
                invalid("The provided expression refers to an attribute that does not exist in the item")
            }),
            Self::IfNotExists(path, other) => at_path(old, path).cloned().map_or_else(|| other.of(old), Ok),
            Self::ListAppend(a, b) => match (a.of(old)?["L"].as_array(), b.of(old)?["L"].as_array()) {
                (Some(a), Some(b)) => Ok(json!({ "L": a.iter().chain(b).collect::<Vec<_>>() })),
                _ => Err(wrong_type()),
            },
            Self::Sum(a, sign, b) => {
                let (a, b) = (a.of(old)?, b.of(old)?);
                let numbers = number(&a["N"]).zip(number(&b["N"]));
                numbers.and_then(|(a, b)| a.plus(b, *sign)).ok_or_else(wrong_type)
            }
        }
    }
}

fn wrong_type() -> Refusal {
    invalid("An operand in the update expression has an incorrect data type")
}

/// `ADD`: to a number, or to a set.
fn added(held: Option<&Value>, value: &Value) -> Result<Value, Refusal> {
    let Some(held) = held else { return Ok(value.clone()) };
    match (parts(held), parts(value)) {
        (Some(("N", held)), Some(("N", value))) => {
            number(held).zip(number(value)).and_then(|(a, b)| a.plus(b, 1)).ok_or_else(wrong_type)
        }
        (Some((kind @ ("SS" | "NS" | "BS"), held)), Some((other, value))) if kind == other => {
            let held = members(held);
            let new = members(value).iter().filter(|member| !value::has(kind, held, member));
            Ok(json!({ kind: held.iter().chain(new).collect::<Vec<_>>() }))
        }
        _ => Err(wrong_type()),
    }
}

/// `DELETE`: from a set. None where nothing is left: a set is never empty.
fn without(held: &Value, value: &Value) -> Result<Option<Value>, Refusal> {
    match (parts(held), parts(value)) {
        (Some((kind @ ("SS" | "NS" | "BS"), held)), Some((other, gone))) if kind == other => {
            let left: Vec<&Value> =
                members(held).iter().filter(|member| !value::has(kind, members(gone), member)).collect();
            Ok((!left.is_empty()).then(|| json!({ kind: left })))
        }
        _ => Err(wrong_type()),
    }
}

fn no_such_path() -> Refusal {
    invalid("The document path provided in the update expression is invalid for update")
}

fn put(item: &mut Item, path: &[Part], value: Value) -> Result<(), Refusal> {
    match path {
        [Part::Name(name)] => {
            item.insert(name.clone(), value);
            Ok(())
        }
        [Part::Name(first), rest @ ..] => put_within(item.get_mut(first).ok_or_else(no_such_path)?, rest, value),
        _ => Err(no_such_path()),
    }
}

fn put_within(at: &mut Value, path: &[Part], value: Value) -> Result<(), Refusal> {
    match path {
        [Part::Name(name), rest @ ..] => {
            let members = at.get_mut("M").and_then(Value::as_object_mut).ok_or_else(no_such_path)?;
            if rest.is_empty() {
                members.insert(name.clone(), value);
                return Ok(());
            }
            put_within(members.get_mut(name).ok_or_else(no_such_path)?, rest, value)
        }
        [Part::Index(index), rest @ ..] => {
            let list = at.get_mut("L").and_then(Value::as_array_mut).ok_or_else(no_such_path)?;
            match (list.get_mut(*index), rest.is_empty()) {
                (Some(held), true) => *held = value,
                (Some(held), false) => return put_within(held, rest, value),
                // Beyond the end, an element is appended.
                (None, true) => list.push(value),
                (None, false) => return Err(no_such_path()),
            }
            Ok(())
        }
        [] => Err(no_such_path()),
    }
}

fn remove(item: &mut Item, path: &[Part]) -> Result<(), Refusal> {
    let Some((last, within)) = path.split_last() else { return Ok(()) };
    let Some((Part::Name(first), rest)) = within.split_first() else {
        if let Part::Name(name) = last {
            item.remove(name);
        }
        return Ok(());
    };
    let mut at = item.get_mut(first).ok_or_else(no_such_path)?;
    for part in rest {
        at = match part {
            Part::Name(name) => at.get_mut("M").and_then(|members| members.get_mut(name)),
            Part::Index(index) => at.get_mut("L").and_then(|list| list.get_mut(*index)),
        }
        .ok_or_else(no_such_path)?;
    }
    match last {
        Part::Name(name) => {
            at.get_mut("M").and_then(Value::as_object_mut).ok_or_else(no_such_path)?.remove(name);
        }
        Part::Index(index) => {
            let elements = at.get_mut("L").and_then(Value::as_array_mut).ok_or_else(no_such_path)?;
            if *index < elements.len() {
                elements.remove(*index);
            }
        }
    }
    Ok(())
}
