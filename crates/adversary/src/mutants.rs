//! The product without one of its safeguards: does any schedule tell the difference?
//!
//! Mutants are built in a copy of the checkout and in a target folder of their own, so nothing of it is touched: Cargo takes the same
//! package of two checkouts for the same, and would take a mutant's build for the product's. A mutant is caught by a schedule that
//! violates what the product itself, with the same schedule, does not. The list keeps that schedule, and it is tried first.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::search;

const LIST: &str = include_str!("../mutants.txt");

/// From the checkout's root.
const FILE: &str = "crates/adversary/mutants.txt";

const END: &str = ">>>\n";
const SHOWN_BY: &str = "> ";

/// One safeguard, taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// What is taken away, in words.
    pub name: String,
    /// The file, from the checkout's root.
    pub file: String,
    /// Texts that go, each with the one that comes.
    pub changes: Vec<(String, String)>,
    /// A schedule that showed it, as schedules are written.
    pub shown_by: Option<String>,
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
            let (file, mut rest) = entry.split_once('\n')?.1.split_once('\n')?;
            let mut changes = Vec::new();
            while let Some(change) = rest.strip_prefix("<<<\n") {
                let (goes, after) = change.split_once("\n===\n")?;
                let (comes, after) = after.split_once(END)?;
                changes.push((goes.to_owned(), comes.trim_end_matches('\n').to_owned()));
                rest = after;
            }
            let shown_by = rest.lines().find_map(|line| line.strip_prefix(SHOWN_BY)).map(str::to_owned);
            (!changes.is_empty()).then(|| (file.to_owned(), changes, shown_by))
        };
        let (file, changes, shown_by) =
            whole().ok_or_else(|| format!("mutants.txt: {name}: not file, <<<, ===, >>>"))?;
        mutants.push(Mutant { name, file, changes, shown_by });
    }
    Ok(mutants)
}

impl Mutant {
    /// A source without the safeguard.
    ///
    /// # Errors
    /// Where a text that goes does not stand in it exactly once.
    pub fn of(&self, source: &str) -> Result<String, String> {
        self.changes.iter().try_fold(source.to_owned(), |source, (goes, comes)| match source.matches(goes).count() {
            1 => Ok(source.replacen(goes, comes, 1)),
            n => Err(format!("mutants.txt: {}: its text stands {n} times in {}", self.name, self.file)),
        })
    }
}

/// Builds the product and each mutant that is hunted, and prints which schedule shows it: the one that the list keeps, or
/// the first of `count` random ones, which the list then keeps. Returns how many were not caught.
///
/// # Errors
/// Where something cannot be copied, built or run.
pub fn hunt(is_hunted: impl Fn(&Mutant) -> bool, count: u64) -> Result<usize, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let home = target(&root).join("mutants");
    let (tree, target) = (home.join("tree"), home.join("target"));
    copy(&root, &tree)?;
    println!("building the product in {} (minutes when fresh) …", home.display());
    let product = Product { command: home.join("product"), record: home.join("record.json"), count };
    copy_file(&build(&tree, &target)?, &product.command)?;
    let mut recorded = false;
    let mut left = 0;
    let mutants = list()?;
    let hunted: Vec<&Mutant> = mutants.iter().filter(|mutant| is_hunted(mutant)).collect();
    for mutant in &hunted {
        let begun = search::begin();
        let file = tree.join(&mutant.file);
        let source = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        std::fs::write(&file, mutant.of(&source)?).map_err(|error| error.to_string())?;
        let built = build(&tree, &target);
        std::fs::write(&file, source).map_err(|error| error.to_string())?;
        let built = built?;
        let mut caught = match &mutant.shown_by {
            Some(schedule) => product.differs(&built, schedule)?.map(|what| (schedule.clone(), what)),
            None => None,
        };
        if caught.is_none() {
            if !std::mem::replace(&mut recorded, true) {
                println!("the product itself, {count} schedules …");
                product.record()?;
            }
            caught = product.hunt(&built)?;
            if let Some((schedule, _)) = &caught {
                keep(&root.join(FILE), &mutant.name, schedule)?;
            }
        }
        left += usize::from(caught.is_none());
        let how = caught.map_or_else(|| "NOT CAUGHT".to_owned(), |(by, what)| format!("caught by {by}: {what}"));
        println!("{} ({} s)\n  {how}", mutant.name, begun.elapsed().as_secs());
    }
    println!("{} of {} mutants caught", hunted.len() - left, hunted.len());
    Ok(left)
}

/// The product as it is, which every mutant is compared with.
struct Product {
    command: PathBuf,
    record: PathBuf,
    count: u64,
}

impl Product {
    /// What a mutant violates with a schedule that the product does not.
    fn differs(&self, mutant: &Path, schedule: &str) -> Result<Option<String>, String> {
        let arguments = ["replay".to_owned(), schedule.to_owned()];
        let violated = |of: &Path| -> Result<BTreeSet<String>, String> {
            let said = run(of, &arguments)?;
            let lines = said.lines().filter_map(|line| line.strip_prefix("VIOLATED: "));
            Ok(lines.filter_map(|line| line.split_once("): ")).map(|(what, _)| format!("{what})")).collect())
        };
        let before = violated(&self.command)?;
        Ok(violated(mutant)?.into_iter().find(|what| !before.contains(what)))
    }

    fn random(&self, how: &str) -> [String; 5] {
        ["random", "--count", &self.count.to_string(), how, &self.record.display().to_string()].map(str::to_owned)
    }

    fn record(&self) -> Result<(), String> {
        run(&self.command, &self.random("--record")).map(drop)
    }

    /// The first schedule by which a mutant shows, and what it violates.
    fn hunt(&self, mutant: &Path) -> Result<Option<(String, String)>, String> {
        let said = run(mutant, &self.random("--against"))?;
        let caught = said.lines().find_map(|line| line.strip_prefix(CAUGHT)).and_then(|line| line.split_once("): "));
        Ok(caught.map(|(what, schedule)| (schedule.to_owned(), format!("{what})"))))
    }
}

/// How `random --against` begins the line of what it found: what is violated, and the schedule.
pub(crate) const CAUGHT: &str = "CAUGHT: ";

/// Writes beside a mutant which schedule showed it.
fn keep(list: &Path, name: &str, schedule: &str) -> Result<(), String> {
    let read = |error: std::io::Error| format!("{}: {error}", list.display());
    let text = std::fs::read_to_string(list).map_err(read)?;
    let heading = format!("## {name}\n");
    let at = text.find(&heading).ok_or_else(|| format!("{}: no {name}", list.display()))?;
    let entry = text[at..].find("\n## ").map_or(text.len(), |end| at + end);
    let end = text[at..entry].rfind(END).map(|end| at + end + END.len()).ok_or_else(|| format!("{name}: no {END}"))?;
    let (before, after) = text.split_at(end);
    let after = match after.strip_prefix(SHOWN_BY) {
        Some(kept) => kept.split_once('\n').map_or("", |(_, rest)| rest),
        None => after,
    };
    std::fs::write(list, format!("{before}{SHOWN_BY}{schedule}\n{after}")).map_err(read)
}

#[expect(clippy::disallowed_methods, reason = "Cargo says by its environment where it builds")]
fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

fn copy_file(from: &Path, to: &Path) -> Result<(), String> {
    std::fs::copy(from, to).map(drop).map_err(|error| format!("{}: {error}", to.display()))
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
            if let Some(schedule) = &mutant.shown_by {
                assert!(schedule.parse::<crate::schedule::Schedule>().is_ok(), "{}: {schedule}", mutant.name);
            }
            let source = std::fs::read_to_string(root.join(&mutant.file)).unwrap();
            assert_ne!(mutant.of(&source).unwrap(), source, "{}", mutant.name);
        }
    }

    #[test]
    fn the_list_keeps_the_newest_schedule_of_a_mutant() {
        let folder = std::env::temp_dir().join(format!("mutants-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let list = folder.join("mutants.txt");
        let one = "\n## One\nfile\n<<<\na\n===\nb\n>>>\n";
        let two = "\n## Two\nfile\n<<<\nc\n===\n>>>\n";
        std::fs::write(&list, format!("# Head\n{one}{two}")).unwrap();
        keep(&list, "One", "1 user-key hub prompt").unwrap();
        keep(&list, "Two", "2 user-key hub prompt").unwrap();
        keep(&list, "One", "3 user-key hub prompt").unwrap();
        let kept = std::fs::read_to_string(&list).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(kept, format!("# Head\n{one}> 3 user-key hub prompt\n{two}> 2 user-key hub prompt\n"));
    }
}
