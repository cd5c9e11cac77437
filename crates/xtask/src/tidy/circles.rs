//! Modules that import each other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;

use super::names::Import;

/// Modules of one crate of which each reaches each other one by imports.
#[derive(Debug)]
pub(super) struct Circles {
    /// The crate's folder.
    pub(super) name: String,
    pub(super) modules: BTreeSet<String>,
    /// How many imports there are between them.
    pub(super) imports: usize,
    /// The smallest circle through each module, the smallest first.
    pub(super) smallest: Vec<Vec<Import>>,
}

impl Circles {
    /// As the list of what is known has it.
    pub(super) fn line(&self) -> String {
        let modules = self.modules.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let (name, count, imports) = (&self.name, self.modules.len(), self.imports);
        format!("circle {name}: {count} modules, {imports} imports: {modules}")
    }

    /// For people.
    pub(super) fn shown(&self) -> String {
        let mut text = String::new();
        for circle in &self.smallest {
            let Some(first) = circle.first() else { continue };
            let way: Vec<&str> = circle.iter().map(|import| import.to.as_str()).collect();
            let _ = writeln!(text, "{}: circle {} -> {}", self.name, first.from, way.join(" -> "));
            for Import { from, to, file, line, path } in circle {
                let _ = writeln!(text, "    {file}:{line}: {from} uses {to} ({path})");
            }
        }
        text
    }
}

/// All circles of a crate, by the modules that are in them.
pub(super) fn find(name: &str, imports: &[Import]) -> Vec<Circles> {
    let mut onward: Graph = BTreeMap::new();
    for import in imports {
        onward.entry(&import.from).or_default().push(import);
    }
    let reach: BTreeMap<&str, BTreeSet<&str>> = onward.keys().map(|from| (*from, reachable(&onward, from))).collect();
    let reaches = |from: &str, to: &str| reach.get(from).is_some_and(|found| found.contains(to));
    let mut found: Vec<Circles> = Vec::new();
    for from in reach.keys().filter(|from| reaches(from, from)) {
        if found.iter().any(|circles| circles.modules.contains(*from)) {
            continue;
        }
        let modules: BTreeSet<String> =
            reach.keys().filter(|to| reaches(from, to) && reaches(to, from)).map(|to| (*to).to_owned()).collect();
        let within = |import: &&Import| modules.contains(&import.from) && modules.contains(&import.to);
        let imports = imports.iter().filter(within).count();
        let smallest = smallest(&onward, &modules);
        found.push(Circles { name: name.to_owned(), modules, imports, smallest });
    }
    found
}

/// By the module that imports.
type Graph<'a> = BTreeMap<&'a str, Vec<&'a Import>>;

/// The modules that imports lead to from here: this one only if it is in a circle.
fn reachable<'a>(onward: &Graph<'a>, from: &str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut next: Vec<&Import> = onward.get(from).into_iter().flatten().copied().collect();
    while let Some(import) = next.pop() {
        if seen.insert(import.to.as_str()) {
            next.extend(onward.get(import.to.as_str()).into_iter().flatten());
        }
    }
    seen
}

fn smallest(onward: &Graph, modules: &BTreeSet<String>) -> Vec<Vec<Import>> {
    let mut found: Vec<Vec<Import>> = modules.iter().filter_map(|module| shortest(onward, module)).collect();
    found.sort_by_cached_key(|circle| {
        (circle.len(), circle.iter().map(|import| import.from.clone()).collect::<Vec<_>>())
    });
    found.dedup();
    found
}

/// The shortest way back to where it begins; begun at its first module by name, so that the same circle always looks the same.
fn shortest(onward: &Graph, home: &str) -> Option<Vec<Import>> {
    let mut came_by: BTreeMap<&str, &Import> = BTreeMap::new();
    let mut next = VecDeque::from([home]);
    while let Some(at) = next.pop_front() {
        for import in onward.get(at).into_iter().flatten() {
            let to = import.to.as_str();
            if !came_by.contains_key(to) {
                came_by.insert(to, import);
                next.push_back(to);
            }
        }
    }
    let mut circle = vec![(*came_by.get(home)?).clone()];
    while let Some(last) = circle.last()
        && last.from != home
    {
        circle.push((*came_by.get(last.from.as_str())?).clone());
    }
    circle.reverse();
    let first = circle.iter().enumerate().min_by_key(|(_, import)| &import.from).map(|(at, _)| at)?;
    circle.rotate_left(first);
    Some(circle)
}
