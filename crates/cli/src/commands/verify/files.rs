//! Finding and reading the files to check.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// How the names of evidence files end. The bucket's keys do.
const SUFFIX: &str = ".dsse.json";

/// More than any envelope has: a case's record is some tens of kilobytes.
const LIMIT: u64 = 32 * 1024 * 1024;

/// One file's name and what is in it, or why it could not be read.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) content: io::Result<Vec<u8>>,
}

/// Reads all that was named on the command line, in that order, and each directory's files by name.
pub(super) fn read_all(named: &[PathBuf], stdin: &mut dyn Read) -> Vec<Input> {
    let mut inputs = Vec::new();
    for path in named {
        if path.as_os_str() == "-" {
            inputs.push(Input { name: "(standard input)".to_owned(), content: read_limited(stdin) });
        } else if path.is_dir() {
            let mut found = Vec::new();
            let listed = find_below(path, &mut found);
            if let Err(error) = listed {
                inputs.push(Input { name: path.display().to_string(), content: Err(error) });
            } else if found.is_empty() {
                let error = io::Error::new(io::ErrorKind::NotFound, format!("no *{SUFFIX} in this directory"));
                inputs.push(Input { name: path.display().to_string(), content: Err(error) });
            }
            found.sort();
            inputs.extend(found.iter().map(|file| read(file)));
        } else {
            inputs.push(read(path));
        }
    }
    inputs
}

fn read(path: &Path) -> Input {
    let content = fs::File::open(path).and_then(|mut file| read_limited(&mut file));
    Input { name: path.display().to_string(), content }
}

fn read_limited(source: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    source.take(LIMIT + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LIMIT {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {} MiB", LIMIT >> 20)));
    }
    Ok(content)
}

/// Symbolic links to directories are not followed: they can form circles.
fn find_below(directory: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            find_below(&path, found)?;
        } else if entry.file_name().to_string_lossy().ends_with(SUFFIX) {
            found.push(path);
        }
    }
    Ok(())
}
