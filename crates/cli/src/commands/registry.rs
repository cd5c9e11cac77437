//! `sever registry`: the user's own inventory (CMDB), for identities that cannot be tagged or whose tags are not trusted.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use severance_domain::ids::Arn;
use severance_domain::profile::RegistryEntry;
use severance_domain::respond::{Answer, Ask, IMPORT_AT_ONCE};

use crate::arguments::help::remote_help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::view;
use crate::remote::{Responder, unexpected};
use crate::rows::{self, COLUMNS};
use crate::terminal::say;

const IMPORT_HELP: &str = remote_help!(
    "\
Examples:
  # Look first: every row is checked, nothing is sent.
  sever registry import identities.csv --dry-run
  sever registry import identities.csv

  # identities.csv. Owners are separated by spaces or semicolons; what is left empty is not stated.
  arn,owners,class,environment,criticality,privileged,expires_on,review_by
  arn:aws:iam::111122223333:user/batch,payments@example.com;ops,workload,prod,high,false,2027-12-31,2027-03-31

Classes: human, workload, pipeline, agent, third-party, break-glass. Criticality: low, medium, high, critical.
A JSON file holds an array of objects with the fields that sever registry export --format json writes.
A row whose ARN is there already is replaced. If one row is wrong, none is imported.

Besides the codes below, 23: the file is wrong; each problem is named by line and column. Nothing was imported."
);

const EXPORT_HELP: &str = remote_help!(
    "\
Examples:
  sever registry export > identities.csv
  sever registry export --format json | jq -r '.[] | select(.owners == null) | .arn'"
);

const REMOVE_HELP: &str = remote_help!(
    "Examples:\n  sever registry remove arn:aws:iam::111122223333:user/gone arn:aws:iam::111122223333:role/gone"
);

/// What to do with the registry.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum RegistryCommand {
    /// Put the rows of a file into the registry.
    Import(ImportOptions),
    /// Write all rows of the registry.
    Export(ExportOptions),
    /// Take rows out of the registry.
    Remove(RemoveOptions),
}

/// The options of `sever registry import`.
#[derive(Debug, clap::Args)]
#[command(after_help = IMPORT_HELP)]
pub(crate) struct ImportOptions {
    /// The rows: a file that ends in .csv or .json.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Only check the file. No AWS account is asked.
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    remote: RemoteOptions,
}

/// The options of `sever registry export`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXPORT_HELP)]
pub(crate) struct ExportOptions {
    /// How the rows are written.
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,

    #[command(flatten)]
    remote: RemoteOptions,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// As `sever registry import` reads it.
    Csv,
    /// One array of objects.
    Json,
}

/// The options of `sever registry remove`.
#[derive(Debug, clap::Args)]
#[command(after_help = REMOVE_HELP)]
pub(crate) struct RemoveOptions {
    /// Whose rows.
    #[arg(value_name = "ARN", required = true, value_parser = values::arn)]
    arns: Vec<Arn>,

    #[command(flatten)]
    remote: RemoteOptions,
}

/// Imports, exports or removes rows.
pub(crate) fn run(command: RegistryCommand) -> Result<u8, Failure> {
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
    print(json, &all, |out| write_csv(&all, out))?;
    Ok(0)
}

fn write_csv(entries: &[RegistryEntry], out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for entry in entries {
        writer.write_record(rows::fields(entry))?;
    }
    writer.flush()
}
