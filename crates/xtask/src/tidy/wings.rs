//! Wings: the modules of a crate's root, in an order in which each imports only those below it.

use syn::{Item, ItemMod};

use super::modules::parse;
use super::names::Import;
use super::sources::{Fault, Sources};

/// The comment in a crate's root under which its wings are declared. Whichever root says it is held to it.
pub(super) const MARKER: &str = "// Wings, lowest first: tidy holds that imports only go down.";

/// The wings of a crate, the lowest first.
#[derive(Debug)]
pub(super) struct Wings(Vec<String>);

/// An import that leads from a wing to one above it, or to what is no wing.
#[derive(Debug)]
pub(super) struct Upward {
    /// The crate's folder.
    name: String,
    import: Import,
    /// The wing that it leads from, and what it leads to.
    from: String,
    to: String,
}

impl Upward {
    /// For people.
    pub(super) fn shown(&self) -> String {
        let Self { name, import: Import { from, to, file, line, path }, from: wing, to: above } = self;
        format!(
            "{name}: wing {wing} imports from {above}, which is above it\n    {file}:{line}: {from} uses {to} ({path})\n"
        )
    }
}

impl Wings {
    /// The modules that the crate with this root declares after the marker; none where it has no marker.
    pub(super) fn read(root: &str, sources: &Sources) -> Result<Option<Self>, Fault> {
        let text = sources.get(root).unwrap_or_default();
        let Some(marked) = (1..).zip(text.lines()).find_map(|(line, text)| (text.trim() == MARKER).then_some(line))
        else {
            return Ok(None);
        };
        let items = parse(root, text)?.items;
        let declared = items.iter().filter_map(|item| match item {
            Item::Mod(ItemMod { ident, .. }) if ident.span().start().line > marked => Some(ident.to_string()),
            _ => None,
        });
        let wings: Vec<String> = declared.collect();
        if wings.len() < 2 {
            let reason = "no two modules follow, so there is no order in them".to_owned();
            return Err(Fault::Line { path: root.to_owned(), line: marked, reason });
        }
        Ok(Some(Self(wings)))
    }

    /// The imports that lead up. A re-export leads to where the name is defined, so one in the root is no way around.
    pub(super) fn upward(&self, name: &str, imports: &[Import]) -> Vec<Upward> {
        let mut found = Vec::new();
        for import in imports {
            let (from, to) = (outermost(&import.from), outermost(&import.to));
            if self.height(to) > self.height(from) {
                let (from, to) = (from.to_owned(), to.to_owned());
                found.push(Upward { name: name.to_owned(), import: import.clone(), from, to });
            }
        }
        found
    }

    /// What is no wing, as the root itself is none, is above them all.
    fn height(&self, module: &str) -> usize {
        self.0.iter().position(|wing| wing == module).unwrap_or(self.0.len())
    }
}

/// The module of the root that a module is in.
fn outermost(module: &str) -> &str {
    module.split_once("::").map_or(module, |(outermost, _)| outermost)
}
