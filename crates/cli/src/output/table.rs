//! Tables for a reader.

use std::io::{self, Write};

use crate::terminal::clean;

/// Writes rows under their heads, each column as wide as what is in it. What stands in a row was written by others: it is made
/// safe for a terminal.
pub(super) fn write(head: &[&str], rows: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    write_indented("", head, rows, out)
}

/// The same as a section of a report, below its title. A column in which no row says anything is left out.
pub(super) fn write_section(title: &str, head: &[&str], rows: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {title}")?;
    if rows.is_empty() {
        return writeln!(out, "    none");
    }
    let says = |column: usize| rows.iter().any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()));
    let kept: Vec<bool> = (0..head.len()).map(says).collect();
    let head: Vec<&str> = head.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(name, _)| *name).collect();
    let of =
        |row: &Vec<String>| row.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(cell, _)| cell.clone()).collect();
    write_indented("    ", &head, &rows.iter().map(of).collect::<Vec<_>>(), out)
}

fn write_indented(indent: &str, head: &[&str], rows: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| clean(cell)).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).chain(head.get(column).map(|name| name.len())).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    write_row(indent, &widths, head.iter().copied(), out)?;
    rows.iter().try_for_each(|row| write_row(indent, &widths, row.iter().map(String::as_str), out))
}

fn write_row<'a>(
    indent: &str,
    widths: &[usize],
    cells: impl Iterator<Item = &'a str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let padded: Vec<String> = cells.zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
    writeln!(out, "{indent}{}", padded.join("  ").trim_end())
}
