//! The modules of one crate: what each defines, what it imports, and which paths its code names.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::{File, Item, ItemMacro, ItemMod, parse_quote};

use super::paths::{Path, Used, paths, spread};
use crate::attributes::only_for_tests;
use crate::sources::{Fault, Sources};

/// Where a module stands in its tree.
pub(super) type Id = usize;

/// One module, in a file of its own or within its parent's.
#[derive(Debug)]
pub(super) struct Module {
    /// From the crate's root, as in `intake::node`. The root's is `crate`.
    pub(super) name: String,
    /// None of the root.
    pub(super) parent: Option<Id>,
    /// From the workspace's root.
    pub(super) file: String,
    /// The module whose file this is: itself, or the one that it is written in.
    pub(super) owner: Id,
    /// By name.
    pub(super) children: BTreeMap<String, Id>,
    /// The types and traits that it defines.
    pub(super) types: BTreeSet<String>,
    /// The functions, constants and macros that it defines.
    pub(super) values: BTreeSet<String>,
    /// What its `use` brings.
    pub(super) uses: Vec<Used>,
    /// Every path in it, with those of `use`.
    pub(super) paths: Vec<Path>,
}

/// The modules of one crate. Those that only tests have are not among them.
#[derive(Debug)]
pub(super) struct Tree(Vec<Module>);

impl Tree {
    /// The crate that has this file as its root.
    pub(super) fn read(name: &str, root: &str, sources: &Sources) -> Result<Self, Fault> {
        let mut tree = Self(Vec::new());
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
        let place = Place { name: "crate".to_owned(), parent: None, file: root, folder, owner: None };
        let text = sources.get(root).ok_or_else(|| Fault::Unreadable {
            path: root.to_owned(),
            reason: format!("the root of {name} is missing"),
        })?;
        tree.add(&place, &parse(root, text)?.items, sources)?;
        Ok(tree)
    }

    /// One of its modules.
    pub(super) fn get(&self, id: Id) -> Option<&Module> {
        self.0.get(id)
    }

    /// All of them.
    pub(super) fn modules(&self) -> impl Iterator<Item = (Id, &Module)> {
        self.0.iter().enumerate()
    }

    fn add(&mut self, place: &Place, items: &[Item], sources: &Sources) -> Result<Id, Fault> {
        let items = &[items, &listed_in_macros(items, place, sources)].concat();
        let id = self.0.len();
        let owner = place.owner.unwrap_or(id);
        let mut module = Module {
            name: place.name.clone(),
            parent: place.parent,
            file: place.file.to_owned(),
            owner,
            children: BTreeMap::new(),
            types: BTreeSet::new(),
            values: BTreeSet::new(),
            uses: Vec::new(),
            paths: paths(items),
        };
        for item in items {
            module.declare(item);
        }
        self.0.push(module);
        for item in items {
            let Item::Mod(child) = item else { continue };
            if !only_for_tests(&child.attrs)
                && let Some(found) = self.add_child(id, owner, place, child, sources)?
                && let Some(module) = self.0.get_mut(id)
            {
                module.children.insert(child.ident.to_string(), found);
            }
        }
        Ok(id)
    }

    /// None of tests.rs.
    fn add_child(
        &mut self,
        parent: Id,
        owner: Id,
        place: &Place,
        child: &ItemMod,
        sources: &Sources,
    ) -> Result<Option<Id>, Fault> {
        let ident = child.ident.to_string();
        let name = if place.parent.is_none() { ident.clone() } else { format!("{}::{ident}", place.name) };
        let folder = format!("{}/{ident}", place.folder);
        let parent = Some(parent);
        if let Some((_, items)) = &child.content {
            let place = Place { name, parent, file: place.file, folder: &folder, owner: Some(owner) };
            return self.add(&place, items, sources).map(Some);
        }
        let candidates = [format!("{folder}.rs"), format!("{folder}/mod.rs")];
        let Some((file, text)) = candidates.iter().find_map(|file| Some((file, sources.get(file)?))) else {
            let line = child.ident.span().start().line;
            let reason = format!("mod {ident}: neither {} exists", candidates.join(" nor "));
            return Err(Fault::Line { path: place.file.to_owned(), line, reason });
        };
        if file.ends_with("/tests.rs") {
            return Ok(None);
        }
        let place = Place { name, parent, file, folder: &folder, owner: None };
        self.add(&place, &parse(file, text)?.items, sources).map(Some)
    }
}

/// What the lists that macros take declare: `module::Name` or `module: NAME`, where there is such a file. A list imports what it
/// names, and hands it on.
fn listed_in_macros(items: &[Item], place: &Place, sources: &Sources) -> Vec<Item> {
    let mut made: Vec<Item> = Vec::new();
    for item in items {
        let Item::Macro(ItemMacro { ident: None, mac, .. }) = item else { continue };
        let tokens = flat(mac.tokens.clone());
        for (n, token) in tokens.iter().enumerate() {
            let TokenTree::Ident(module) = token else { continue };
            let folder = format!("{}/{module}", place.folder);
            let is_file =
                [format!("{folder}.rs"), format!("{folder}/mod.rs")].iter().any(|file| sources.get(file).is_some());
            let name = tokens.get(n + 1..).unwrap_or_default().iter().find_map(|next| match next {
                TokenTree::Ident(name) => Some(name.clone()),
                _ => None,
            });
            if let (true, Some(name)) = (is_file, name) {
                made.push(parse_quote!(mod #module;));
                made.push(parse_quote!(use self::#module::#name;));
                made.push(parse_quote!(pub use self::#module::#name;));
            }
        }
    }
    made
}

/// All tokens, those within brackets too.
fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(flat(group.stream())),
            other => found.push(other),
        }
    }
    found
}

/// Where a module is about to be put.
struct Place<'a> {
    name: String,
    parent: Option<Id>,
    file: &'a str,
    /// Where the files of its children are.
    folder: &'a str,
    /// None if the file is its own.
    owner: Option<Id>,
}

impl Module {
    fn declare(&mut self, item: &Item) {
        let (names, name) = match item {
            Item::Enum(item) => (&mut self.types, &item.ident),
            Item::Struct(item) => (&mut self.types, &item.ident),
            Item::Trait(item) => (&mut self.types, &item.ident),
            Item::TraitAlias(item) => (&mut self.types, &item.ident),
            Item::Type(item) => (&mut self.types, &item.ident),
            Item::Union(item) => (&mut self.types, &item.ident),
            Item::Const(item) => (&mut self.values, &item.ident),
            Item::Fn(item) => (&mut self.values, &item.sig.ident),
            Item::Static(item) => (&mut self.values, &item.ident),
            Item::Macro(ItemMacro { ident: Some(ident), .. }) => (&mut self.values, ident),
            Item::Use(item) => {
                if item.leading_colon.is_none() && !only_for_tests(&item.attrs) {
                    self.uses.extend(spread(&item.tree));
                }
                return;
            }
            _ => return,
        };
        names.insert(name.to_string());
    }
}

/// A file's items.
pub(super) fn parse(path: &str, text: &str) -> Result<File, Fault> {
    syn::parse_file(text).map_err(|error| Fault::Line {
        path: path.to_owned(),
        line: error.span().start().line,
        reason: format!("not Rust: {error}"),
    })
}
