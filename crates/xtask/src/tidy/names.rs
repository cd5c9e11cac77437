//! Which module a path leads to: the one that defines what it names, not those that it passes, nor one that only passes it on.

use std::collections::BTreeMap;

use super::modules::{Id, Tree};

/// One module uses what another one defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Import {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) file: String,
    pub(super) line: usize,
    /// As it is written.
    pub(super) path: String,
}

/// All imports between the files of a crate: the first one from each file to each other.
pub(super) fn imports(tree: &Tree) -> Vec<Import> {
    let names = Names { tree };
    let mut found: BTreeMap<(&str, &str), Import> = BTreeMap::new();
    for (id, module) in tree.modules() {
        for path in &module.paths {
            let places = names.resolve(id, &path.segments, &mut Vec::new()).unwrap_or_default();
            for place in places {
                let (Some(from), Some(to)) = (tree.get(module.owner), names.owner(place)) else { continue };
                if from.name == to.name {
                    continue;
                }
                let import = || Import {
                    from: from.name.clone(),
                    to: to.name.clone(),
                    file: module.file.clone(),
                    line: path.line,
                    path: path.segments.join("::"),
                };
                found
                    .entry((&from.name, &to.name))
                    .and_modify(|first| {
                        if path.line < first.line {
                            *first = import();
                        }
                    })
                    .or_insert_with(import);
            }
        }
    }
    found.into_values().collect()
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Module(Id),
    /// A type that this module defines, or what belongs to one.
    Type(Id),
    /// A function, a constant or a macro of this module. Nothing is below one: a path that goes on means a module of that name.
    Value(Id),
}

struct Names<'a> {
    tree: &'a Tree,
}

/// The names that are being looked up, so that two modules which pass on each other's names come to an end.
type Asked = Vec<(Id, String)>;

impl Names<'_> {
    fn owner(&self, place: Place) -> Option<&super::modules::Module> {
        let (Place::Module(id) | Place::Type(id) | Place::Value(id)) = place;
        self.tree.get(self.tree.get(id)?.owner)
    }

    /// None: the path does not begin here, but with another crate. A name can stand for several things, such as a module and a
    /// function.
    fn resolve(&self, from: Id, path: &[String], asked: &mut Asked) -> Option<Vec<Place>> {
        let (first, rest) = path.split_first()?;
        let mut places = match first.as_str() {
            "crate" => vec![Place::Module(0)],
            "self" => vec![Place::Module(from)],
            "super" => vec![Place::Module(self.parent(from))],
            name => self.look_up(from, name, asked)?,
        };
        for segment in rest {
            places = places.into_iter().flat_map(|place| self.step(place, segment, asked)).collect();
        }
        Some(places)
    }

    fn step(&self, place: Place, segment: &str, asked: &mut Asked) -> Vec<Place> {
        match place {
            Place::Type(_) => vec![place],
            Place::Value(_) => vec![],
            Place::Module(id) if segment == "super" => vec![Place::Module(self.parent(id))],
            // What nobody is seen to define came from a macro.
            Place::Module(id) => self.look_up(id, segment, asked).unwrap_or_else(|| vec![Place::Type(id)]),
        }
    }

    fn parent(&self, id: Id) -> Id {
        self.tree.get(id).and_then(|module| module.parent).unwrap_or(id)
    }

    /// None if the module has no such name; empty if the name comes from another crate.
    fn look_up(&self, id: Id, name: &str, asked: &mut Asked) -> Option<Vec<Place>> {
        let module = self.tree.get(id)?;
        let question = (id, name.to_owned());
        if asked.contains(&question) {
            return None;
        }
        asked.push(question);
        let mut found: Vec<Place> = module.children.get(name).map(|child| Place::Module(*child)).into_iter().collect();
        let mut is_known = !found.is_empty();
        for (names, place) in [(&module.types, Place::Type(id)), (&module.values, Place::Value(id))] {
            if names.contains(name) {
                is_known = true;
                found.push(place);
            }
        }
        for used in module.uses.iter().filter(|used| used.name.as_deref() == Some(name)) {
            is_known = true;
            found.extend(self.resolve(id, &used.path.segments, asked).unwrap_or_default());
        }
        if !is_known {
            for used in module.uses.iter().filter(|used| used.name.is_none()) {
                for place in self.resolve(id, &used.path.segments, asked).unwrap_or_default() {
                    if let Place::Module(there) = place
                        && let Some(more) = self.look_up(there, name, asked)
                    {
                        is_known = true;
                        found.extend(more);
                    }
                }
            }
        }
        asked.pop();
        is_known.then_some(found)
    }
}
