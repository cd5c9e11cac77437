//! `sever registry`: the user's own inventory (CMDB), for identities that cannot be tagged or whose tags are not trusted.

use severance_domain::profile::RegistryEntry;
use severance_domain::respond::{Answer, Ask, IMPORT_AT_ONCE};

use crate::arguments::registry::{ExportOptions, Format, ImportOptions, RegistryCommand};
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::{registry, view};
use crate::remote::{Responder, unexpected};
use crate::rows;
use crate::terminal::say;

/// Imports, exports or removes rows.
pub(super) fn run(command: RegistryCommand) -> Result<u8, Failure> {
    match command {
        RegistryCommand::Import(given) => import(&given),
        RegistryCommand::Export(given) => export(&given),
        RegistryCommand::Remove(given) => {
            let arns = given.arns.iter().map(ToString::to_string).collect();
            let answer = given.remote.stack().connect()?.ask(Ask::RegistryRemove { arns })?;
            print(given.remote.json, &answer, |out| view::done(&answer, out))?;
            Ok(0)
        }
    }
}

fn import(given: &ImportOptions) -> Result<u8, Failure> {
    let entries = rows::read(&given.file)?;
    let all = entries.len();
    let name = given.file.display();
    let what = if given.dry_run {
        format!("{name} is good: {all} rows; nothing was sent")
    } else {
        store(&given.remote.stack().connect()?, &entries)?;
        format!("stored {all} rows of {name}")
    };
    let answer = Answer::Done { what, count: all };
    print(given.remote.json, &answer, |out| view::done(&answer, out))?;
    Ok(0)
}

fn store(responder: &Responder, entries: &[RegistryEntry]) -> Result<(), Failure> {
    let mut stored = 0;
    for batch in entries.chunks(IMPORT_AT_ONCE) {
        let answer = responder.ask(Ask::RegistryImport { entries: batch.to_vec() }).and_then(|answer| match answer {
            Answer::Done { .. } => Ok(()),
            _ => Err(unexpected()),
        });
        answer.inspect_err(|_| {
            let again = "once the cause is gone, import the file again: rows that are there are replaced";
            say(&format!("{stored} of {} rows are stored; {again}", entries.len()));
        })?;
        stored += batch.len();
        if entries.len() > IMPORT_AT_ONCE {
            say(&format!("{stored} of {} rows are stored", entries.len()));
        }
    }
    Ok(())
}

fn export(given: &ExportOptions) -> Result<u8, Failure> {
    let responder = given.remote.stack().connect()?;
    let mut all: Vec<RegistryEntry> = Vec::new();
    let mut after = None;
    loop {
        let answer = responder.ask(Ask::RegistryExport { after: after.clone() })?;
        let Answer::Registry { entries, next } = answer else { return Err(unexpected()) };
        all.extend(entries);
        // A page that leads back to itself would never end.
        if next.is_none() || next == after {
            break;
        }
        after = next;
    }
    let json = given.remote.json || given.format == Format::Json;
    print(json, &all, |out| registry::write_csv(&all, out))?;
    Ok(0)
}
