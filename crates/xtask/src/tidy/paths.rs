//! The paths that code names: in `use`, in types and expressions, in attributes, and in what is given to macros.

use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Ident, ImplItemFn, Item, ItemMod, ItemUse, LitStr, UseTree, Visibility};

use crate::attributes::{attributes, only_for_tests};

/// A path as it is written, without generic arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) segments: Vec<String>,
    /// Where its last segment is: that of an import is what is looked for in a group of many lines.
    pub(super) line: usize,
}

/// What one leaf of a `use` brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Used {
    /// None: all names that the path's module has.
    pub(super) name: Option<String>,
    pub(super) path: Path,
}

/// All leaves of a `use`.
pub(super) fn spread(tree: &UseTree) -> Vec<Used> {
    let mut leaves = Vec::new();
    descend(tree, &[], &mut leaves);
    leaves
}

fn descend(tree: &UseTree, above: &[String], leaves: &mut Vec<Used>) {
    let under = |ident: &Ident| -> Vec<String> { above.iter().cloned().chain([ident.to_string()]).collect() };
    match tree {
        UseTree::Path(tree) => descend(&tree.tree, &under(&tree.ident), leaves),
        UseTree::Name(tree) => leaves.push(leaf(above, &tree.ident, &tree.ident)),
        UseTree::Rename(tree) => leaves.push(leaf(above, &tree.ident, &tree.rename)),
        UseTree::Glob(tree) => {
            let [star] = tree.star_token.spans;
            leaves.push(Used { name: None, path: Path { segments: above.to_vec(), line: star.start().line } });
        }
        UseTree::Group(tree) => tree.items.iter().for_each(|item| descend(item, above, leaves)),
    }
}

/// `a::b::{self}` is `a::b`.
fn leaf(above: &[String], ident: &Ident, name: &Ident) -> Used {
    let line = ident.span().start().line;
    let mut segments = above.to_vec();
    if ident != "self" {
        segments.push(ident.to_string());
    }
    let name = if name == "self" { segments.last().cloned() } else { Some(name.to_string()) };
    Used { name, path: Path { segments, line } }
}

/// All paths of a module's items that may lead to another module. Not those of modules within it, nor of tests.
pub(super) fn paths(items: &[Item]) -> Vec<Path> {
    let mut reader = Reader { found: Vec::new(), in_attribute: false };
    for item in items {
        reader.visit_item(item);
    }
    reader.found
}

struct Reader {
    found: Vec<Path>,
    in_attribute: bool,
}

impl Reader {
    /// One segment alone names something that is here already.
    fn take(&mut self, segments: Vec<String>, line: usize) {
        if segments.len() > 1 {
            self.found.push(Path { segments, line });
        }
    }

    /// What a macro is given is no tree, but a path looks the same in it. `above` is what stands before a group of a `use`.
    fn walk(&mut self, above: &[String], tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        while let [first, after @ ..] = rest {
            rest = after;
            match first {
                TokenTree::Ident(first) => rest = self.follow(above, first, rest),
                TokenTree::Group(group) => self.walk(above, group.stream()),
                TokenTree::Literal(literal) if self.in_attribute => self.quoted(literal),
                TokenTree::Literal(_) | TokenTree::Punct(_) => {}
            }
        }
    }

    /// A path in tokens; gives back what comes after it.
    fn follow<'a>(&mut self, above: &[String], first: &Ident, mut rest: &'a [TokenTree]) -> &'a [TokenTree] {
        let mut segments = above.to_vec();
        segments.push(first.to_string());
        let mut line = first.span().start().line;
        while let [TokenTree::Punct(one), TokenTree::Punct(two), next, after @ ..] = rest
            && one.as_char() == ':'
            && two.as_char() == ':'
        {
            match next {
                TokenTree::Ident(next) => {
                    segments.push(next.to_string());
                    line = next.span().start().line;
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    self.walk(&segments, group.stream());
                    return after;
                }
                _ => break,
            }
            rest = after;
        }
        self.take(segments, line);
        rest
    }

    /// `#[serde(with = "crate::text")]`
    fn quoted(&mut self, literal: &Literal) {
        let path = syn::parse_str::<LitStr>(&literal.to_string()).and_then(|text| text.parse::<syn::Path>());
        if let Ok(path) = path {
            self.take(segments(&path), literal.span().start().line);
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

    /// It is a module of its own.
    fn visit_item_mod(&mut self, _: &'ast ItemMod) {}

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            self.found.extend(spread(&item.tree).into_iter().map(|used| used.path));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none()
            && let Some(last) = path.segments.last()
        {
            self.take(segments(path), last.ident.span().start().line);
        }
        visit::visit_path(self, path);
    }

    /// `pub(in crate::a)` says who may look in, and imports nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.in_attribute = true;
        visit::visit_attribute(self, attribute);
        self.in_attribute = false;
    }

    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        self.walk(&[], tokens.clone());
    }
}

fn segments(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}
