//! What the macros of tracing say of a log line: its level, its text, its fields.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{ImplItemFn, Item, LitStr, Macro};

use crate::attributes::{attributes, only_for_tests};

/// How much a line matters, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    const ALL: [(&'static str, Self); 5] = [
        ("trace", Self::Trace),
        ("debug", Self::Debug),
        ("info", Self::Info),
        ("warn", Self::Warn),
        ("error", Self::Error),
    ];

    /// The level of which this is the macro.
    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(of, _)| *of == name).map(|(_, level)| level)
    }

    /// As it stands in the log.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

/// A log line, as its macro says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Logged {
    pub(super) level: Level,
    pub(super) text: String,
    pub(super) fields: Vec<String>,
}

/// All log lines of a file but those of tests, each with the line of its macro. A file that cannot be parsed has none: the compiler
/// says better why.
pub(super) fn logged(source: &str) -> Vec<(usize, Result<Logged, String>)> {
    let mut reader = Reader::default();
    if let Ok(file) = syn::parse_file(source) {
        reader.visit_file(&file);
    }
    reader.found.sort_by_key(|(line, _)| *line);
    reader.found
}

#[derive(Default)]
struct Reader {
    found: Vec<(usize, Result<Logged, String>)>,
}

impl Reader {
    /// What is logged in what another macro is given.
    fn within(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for three in tokens.windows(3) {
            if let [TokenTree::Ident(name), TokenTree::Punct(mark), TokenTree::Group(given)] = three
                && mark.as_char() == '!'
                && let Some(level) = Level::of(&name.to_string())
            {
                self.found.push((name.span().start().line, read(level, given.stream())));
            }
        }
        for token in tokens {
            if let TokenTree::Group(group) = token {
                self.within(group.stream());
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if !only_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if !only_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        let name = called.path.segments.last().map(|last| &last.ident);
        let level = name.and_then(|name| Level::of(&name.to_string()));
        if let (Some(name), Some(level)) = (name, level) {
            self.found.push((name.span().start().line, read(level, called.tokens.clone())));
        } else {
            self.within(called.tokens.clone());
        }
    }
}

/// What stands between the macro's parentheses.
fn read(level: Level, given: TokenStream) -> Result<Logged, String> {
    let (mut text, mut fields) = (None, Vec::new());
    for part in parts(given) {
        if text.is_some() {
            return Err("the text of a log line is one text: what varies belongs into fields".to_owned());
        }
        match part.as_slice() {
            // `target: "…"` and the like are no fields.
            [TokenTree::Ident(_), TokenTree::Punct(colon), ..]
                if colon.as_char() == ':' && colon.spacing() == Spacing::Alone => {}
            [TokenTree::Literal(literal)] => {
                let literal = syn::parse_str::<LitStr>(&literal.to_string());
                let value = literal.map_err(|_| "the text of a log line is a text".to_owned())?.value();
                if value.contains(['{', '}', '|', '`']) {
                    return Err("the text of a log line is plain: what varies belongs into fields".to_owned());
                }
                text = Some(value);
            }
            _ => fields.push(name(&part).ok_or("this field of a log line cannot be read")?),
        }
    }
    let text = text.ok_or("a log line has a text")?;
    Ok(Logged { level, text, fields })
}

/// What the commas part.
fn parts(given: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut parts = vec![Vec::new()];
    for token in given {
        if matches!(&token, TokenTree::Punct(comma) if comma.as_char() == ',') {
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(token);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// The name of a field: `name = value`, or what is named as its variable, `name`, `%name` and `?name`.
fn name(part: &[TokenTree]) -> Option<String> {
    let is =
        |token: &TokenTree, signs: &str| matches!(token, TokenTree::Punct(punct) if signs.contains(punct.as_char()));
    let named = match (part.iter().position(|token| is(token, "=")), part) {
        (Some(equals), part) => part.get(..equals)?,
        (None, [first, rest @ ..]) if is(first, "%?") => rest,
        (None, part) => part,
    };
    let plain = |token: &TokenTree| match token {
        TokenTree::Ident(_) => true,
        TokenTree::Group(group) => group.delimiter() == Delimiter::None,
        token => is(token, "."),
    };
    let is_name = !named.is_empty() && named.iter().all(plain);
    is_name.then(|| named.iter().map(ToString::to_string).collect())
}
