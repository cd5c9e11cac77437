//! The files that are looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why nothing could be said.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A file or folder is not to be read.
    #[error("{path}: {reason}")]
    Unreadable { path: String, reason: String },
    /// A line is not what it should be.
    #[error("{path}:{line}: {reason}")]
    Line { path: String, line: usize, reason: String },
    /// There is no workspace here.
    #[error("no folder from {0} upwards holds a Cargo.toml with [workspace]: name one with --root")]
    NoWorkspace(String),
}

/// Rust files by their path from the workspace's root, with `/` in it.
#[derive(Debug, Default)]
pub(crate) struct Sources(BTreeMap<String, String>);

impl Sources {
    /// All below crates/*/src, functions/*/src and tests/src.
    pub(crate) fn read(root: &Path) -> Result<Self, Fault> {
        let mut sources = Self::default();
        for group in ["crates", "functions"] {
            for package in folder(root, Path::new(group))? {
                if root.join(&package).is_dir() {
                    sources.descend(root, &package.join("src"))?;
                }
            }
        }
        sources.descend(root, Path::new("tests/src"))?;
        Ok(sources)
    }

    /// All below crates/*/tests, crates/*/examples and tests/tests.
    pub(crate) fn read_tests(root: &Path) -> Result<Self, Fault> {
        let mut tests = Self::default();
        for package in folder(root, Path::new("crates"))? {
            for below in ["tests", "examples"] {
                let at = package.join(below);
                if root.join(&at).is_dir() {
                    tests.descend(root, &at)?;
                }
            }
        }
        tests.descend(root, Path::new("tests/tests"))?;
        Ok(tests)
    }

    fn descend(&mut self, root: &Path, at: &Path) -> Result<(), Fault> {
        for path in folder(root, at)? {
            if root.join(&path).is_dir() {
                self.descend(root, &path)?;
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                self.0.insert(slashed(&path), text(root, &path)?);
            }
        }
        Ok(())
    }

    /// A file's text.
    pub(crate) fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// All files, in order.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The crates as `(name, root file)`. A package's library goes by its folder; so does its binary, if there is no library.
    pub(crate) fn crates(&self) -> Vec<(String, String)> {
        let packages: BTreeSet<&str> =
            self.0.keys().filter_map(|path| path.split_once("/src/").map(|(package, _)| package)).collect();
        let mut crates = Vec::new();
        for package in packages {
            let library = format!("{package}/src/lib.rs");
            let main = format!("{package}/src/main.rs");
            let has_library = self.0.contains_key(&library);
            if has_library {
                crates.push((package.to_owned(), library));
            }
            if self.0.contains_key(&main) {
                crates.push((if has_library { main.clone() } else { package.to_owned() }, main));
            }
            let more = format!("{package}/src/bin/");
            crates.extend(self.0.keys().filter(|path| is_binary(path, &more)).map(|path| (path.clone(), path.clone())));
        }
        crates
    }
}

#[cfg(test)]
impl<'a> FromIterator<(&'a str, &'a str)> for Sources {
    fn from_iter<T: IntoIterator<Item = (&'a str, &'a str)>>(files: T) -> Self {
        Self(files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect())
    }
}

fn is_binary(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| !rest.contains('/') || rest.ends_with("/main.rs"))
}

/// The workspace around the current folder.
pub(crate) fn workspace() -> Result<PathBuf, Fault> {
    let here = std::env::current_dir()
        .map_err(|error| Fault::Unreadable { path: ".".to_owned(), reason: error.to_string() })?;
    let is_root =
        |folder: &&Path| fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| text.contains("[workspace]"));
    here.ancestors().find(is_root).map(Path::to_owned).ok_or_else(|| Fault::NoWorkspace(here.display().to_string()))
}

/// A file's text.
pub(crate) fn text(root: &Path, path: &Path) -> Result<String, Fault> {
    fs::read_to_string(root.join(path))
        .map_err(|error| Fault::Unreadable { path: slashed(path), reason: error.to_string() })
}

/// What is in a folder, in order, as paths from the root.
fn folder(root: &Path, at: &Path) -> Result<Vec<PathBuf>, Fault> {
    let unreadable = |error: std::io::Error| Fault::Unreadable { path: slashed(at), reason: error.to_string() };
    let mut found = Vec::new();
    for entry in fs::read_dir(root.join(at)).map_err(unreadable)? {
        found.push(at.join(entry.map_err(unreadable)?.file_name()));
    }
    found.sort();
    Ok(found)
}

fn slashed(path: &Path) -> String {
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
