//! Where a key stands.

use std::io::{self, Write};

use severance_domain::copies::{CopiesFound, Copy, How, Updated};

use crate::output::table;
use crate::output::text::write_list;
use crate::terminal::clean;

/// What the search found, what it looked at, and what it could not look at.
pub(crate) fn write(found: &CopiesFound, out: &mut dyn Write) -> io::Result<()> {
    if found.copies.is_empty() {
        writeln!(out, "No copy was found.")?;
    } else {
        let rows: Vec<Vec<String>> = found.copies.iter().map(row).collect();
        table::write(&["PLACE", "ARN", "FIELD", "HOW", "UPDATED"], &rows, out)?;
    }
    let equal: Vec<String> = found.equal.iter().map(|group| group.join(" = ")).collect();
    write_list("Secrets that hold exactly the same", &equal, out)?;
    let looked_at: Vec<String> =
        found.looked_at.iter().map(|(place, count)| format!("{}: {count}", place.as_words())).collect();
    write_list(&format!("Looked at, in {}", clean(&found.regions.join(", "))), &looked_at, out)?;
    write_list("COULD NOT BE LOOKED AT", &found.unread, out)
}

fn row(copy: &Copy) -> Vec<String> {
    let how = match &copy.how {
        How::NamesKey => "names the key".to_owned(),
        How::EqualValue { to } => format!("holds the same as {to}"),
    };
    let updated = match &copy.updated {
        None => String::new(),
        Some(Updated::Written { version }) => format!("written now, version {version}"),
        Some(Updated::Already { version }) => format!("written before, version {version}"),
        Some(Updated::WouldBe) => "would be written".to_owned(),
        Some(Updated::Left { why }) => format!("STILL THE OLD KEY: {why}"),
    };
    vec![copy.place.as_words().to_owned(), copy.arn.clone(), copy.field.clone().unwrap_or_default(), how, updated]
}
