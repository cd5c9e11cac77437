//! Embeds the policies, and stops the build where one of them does not pass its check: what cannot be read must not be
//! deployed.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

#[path = "src/check.rs"]
#[expect(unreachable_pub, reason = "the library's own file, whose names are public there")]
mod check;

const POLICIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies");

fn main() -> Result<(), Box<dyn Error>> {
    // Relative, so that a target folder which several checkouts share notices that the policies are another's.
    println!("cargo::rerun-if-changed=../../policies");
    println!("cargo::rerun-if-changed=src/check.rs");
    let files = match embedded() {
        Ok(files) => files,
        Err(error) => {
            for problem in error.problems {
                println!("cargo::error={problem}");
            }
            return Ok(());
        }
    };
    let mut code = String::from("&[\n");
    for file in files {
        writeln!(code, "    ({:?}, {:?}),", file.name, file.text)?;
    }
    code.push_str("]\n");
    #[expect(clippy::disallowed_methods, reason = "that is how cargo says where to")]
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&out).join("embedded.rs"), code)?;
    Ok(())
}

fn embedded() -> Result<Vec<check::SourceFile>, check::PolicyError> {
    let files = check::read_directory(Path::new(POLICIES), "policies")?;
    check::check(&files, check::schema()?)?;
    Ok(files)
}
