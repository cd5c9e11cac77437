//! The rows of the registry.

use std::io::{self, Write};

use severance_domain::profile::RegistryEntry;

use crate::rows::{self, COLUMNS};

/// Writes the rows as `sever registry import` reads them.
pub(crate) fn write_csv(entries: &[RegistryEntry], out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for entry in entries {
        writer.write_record(rows::fields(entry))?;
    }
    writer.flush()
}
