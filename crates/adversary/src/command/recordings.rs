//! The two verbs about recordings: one writes one, the other compares two.

use std::io::Write as _;
use std::path::Path;

use crate::recording;

/// Writes down what the product asks of AWS and says to people.
pub(super) fn record(path: &Path, only: &str) -> Result<(), String> {
    let in_file = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).map_err(in_file)?);
    let (mut count, mut failed) = (0, None);
    recording::record(only, |recorded| {
        count += 1;
        if count % 100 == 0 {
            eprintln!("… {count} scenarios");
        }
        failed = failed.take().or(file.write_all(recording::in_file(&recorded).as_bytes()).err());
    })?;
    failed.map_or_else(|| file.flush(), Err).map_err(in_file)?;
    println!("{count} scenarios in {}", path.display());
    Ok(())
}

/// Whether nothing differs.
pub(super) fn compare(before: &Path, after: &Path, words: Option<&Path>) -> Result<bool, String> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let words = words.map_or(Ok(String::new()), read)?;
    let found = recording::compare(&read(before)?, &read(after)?, &words)?;
    for different in found.different.iter().take(20) {
        println!("DIFFERENT: {different}");
    }
    for unused in &found.unused {
        println!("NOT RENAMED: nothing is called {unused:?} before");
    }
    println!("{} scenarios are the same, {} are not", found.same, found.different.len());
    Ok(found.different.is_empty() && found.unused.is_empty())
}
