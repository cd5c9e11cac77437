//! The product without one of its safeguards: does any schedule tell the difference?
//!
//! Mutants are built in a copy of the checkout and in a target folder of their own, so nothing of it is touched: Cargo takes the same
//! package of two checkouts for the same, and would take a mutant's build for the product's. A mutant is caught by a seed that violates what the
//! product itself, with the same seed, does not.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::search;

const LIST: &str = include_str!("../mutants.txt");

/// One safeguard, taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// What is taken away, in words.
    pub name: String,
    /// The file, from the checkout's root.
    pub file: String,
    /// The text that goes.
    pub goes: String,
    /// The text that comes.
    pub comes: String,
}

/// The list.
///
/// # Errors
/// Names the entry that is not whole.
pub fn list() -> Result<Vec<Mutant>, String> {
    let mut mutants = Vec::new();
    for entry in LIST.split("\n## ").skip(1) {
        let name = entry.lines().next().unwrap_or_default().to_owned();
        let whole = || {
            let (file, rest) = entry.split_once('\n')?.1.split_once("\n<<<\n")?;
            let (goes, rest) = rest.split_once("\n===\n")?;
            let comes = rest.split_once(">>>")?.0.trim_end_matches('\n');
            Some((file.to_owned(), goes.to_owned(), comes.to_owned()))
        };
        let (file, goes, comes) = whole().ok_or_else(|| format!("mutants.txt: {name}: not file, <<<, ===, >>>"))?;
        mutants.push(Mutant { name, file, goes, comes });
    }
    Ok(mutants)
}

impl Mutant {
    /// A source without the safeguard.
    ///
    /// # Errors
    /// Where the text that goes does not stand in it exactly once.
    pub fn of(&self, source: &str) -> Result<String, String> {
        match source.matches(&self.goes).count() {
            1 => Ok(source.replacen(&self.goes, &self.comes, 1)),
            n => Err(format!("mutants.txt: {}: its text stands {n} times in {}", self.name, self.file)),
        }
    }
}

/// Builds the product and each mutant whose name holds `only`, and prints which seed catches it. Returns how many were not caught.
///
/// # Errors
/// Where something cannot be copied, built or run.
pub fn hunt(only: &str, count: u64) -> Result<usize, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let home = target(&root).join("mutants");
    let (tree, target) = (home.join("tree"), home.join("target"));
    copy(&root, &tree)?;
    println!("building the product in {} (minutes when fresh) …", home.display());
    let built = build(&tree, &target)?;
    let record = home.join("record.json");
    let arguments = ["random".to_owned(), "--count".to_owned(), count.to_string()];
    println!("the product itself, {count} schedules …");
    run(&built, &[&arguments[..], &["--record".to_owned(), record.display().to_string()]].concat())?;
    let mut left = 0;
    let mutants = list()?;
    let hunted: Vec<&Mutant> = mutants.iter().filter(|mutant| mutant.name.contains(only)).collect();
    for mutant in &hunted {
        let file = tree.join(&mutant.file);
        let source = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        std::fs::write(&file, mutant.of(&source)?).map_err(|error| error.to_string())?;
        let begun = search::begin();
        let said = build(&tree, &target).and_then(|built| {
            run(&built, &[&arguments[..], &["--against".to_owned(), record.display().to_string()]].concat())
        });
        std::fs::write(&file, source).map_err(|error| error.to_string())?;
        let said = said?;
        let caught = said.lines().find(|line| line.starts_with("CAUGHT"));
        left += usize::from(caught.is_none());
        let how = caught.unwrap_or("NOT CAUGHT");
        println!("{} ({} s)\n  {how}", mutant.name, begun.elapsed().as_secs());
    }
    println!("{} of {} mutants caught", hunted.len() - left, hunted.len());
    Ok(left)
}

#[expect(clippy::disallowed_methods, reason = "Cargo says by its environment where it builds")]
fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// The files that git knows, as they are in the checkout.
fn copy(root: &Path, tree: &Path) -> Result<(), String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output();
    let listed = listed.map_err(|error| format!("git ls-files: {error}"))?;
    for name in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (root.join(name), tree.join(name));
        let Ok(bytes) = std::fs::read(&from) else { continue };
        // What is the same keeps its time, so that Cargo builds it once.
        if std::fs::read(&to).is_ok_and(|there| there == bytes) {
            continue;
        }
        let folder = to.parent().ok_or("no folder")?;
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        std::fs::write(&to, bytes).map_err(|error| format!("{}: {error}", to.display()))?;
    }
    Ok(())
}

fn build(tree: &Path, target: &Path) -> Result<PathBuf, String> {
    let status = Command::new("cargo")
        // With the features of the whole workspace, so that no dependency is compiled once more.
        .args(["build", "--quiet", "--workspace", "--bin", "adversary"])
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", target)
        .status()
        .map_err(|error| format!("cargo build: {error}"))?;
    if status.success() { Ok(target.join("debug/adversary")) } else { Err("a mutant does not build".to_owned()) }
}

fn run(built: &Path, arguments: &[String]) -> Result<String, String> {
    let output = Command::new(built).args(arguments).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{}: {error}", built.display()))?;
    match output.status.code() {
        Some(0 | 1) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        _ => Err(format!("{} {}: {}", built.display(), arguments.join(" "), output.status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mutant_changes_the_source_as_it_is() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mutants = list().unwrap();
        assert!(mutants.len() >= 15, "{} mutants", mutants.len());
        for mutant in mutants {
            let source = std::fs::read_to_string(root.join(&mutant.file)).unwrap();
            assert_ne!(mutant.of(&source).unwrap(), source, "{}", mutant.name);
        }
    }
}
