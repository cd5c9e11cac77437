//! The fields of the evidence, a file for each table of the documents: what each holds and means, and where it is from.
//!
//! A path that was published keeps its meaning: a change in meaning gets a new `predicateType`.

mod field;

mod case;
mod claim;
mod exemptions;
mod identity;
mod installation;
mod inventory;
mod proof;
mod rechecks;
mod restoration;
mod review;
mod statement;
mod steps;
mod verification;

use severance_domain::countermeasure::Kind;

pub use field::Field;

/// What the fields of a table are of, and the fields, in the order of the documents.
pub const TABLES: &[(&str, &[Field])] = &[
    ("fields of the statement", statement::FIELDS),
    ("fields of the installation", installation::FIELDS),
    ("fields of the case", case::FIELDS),
    ("fields of the claim", claim::FIELDS),
    ("fields of the identity", identity::FIELDS),
    ("fields of the inventory", inventory::FIELDS),
    ("fields of the steps", steps::FIELDS),
    ("fields of the rechecks", rechecks::FIELDS),
    ("fields of the verification", verification::FIELDS),
    ("fields of the restoration", restoration::FIELDS),
    ("fields of the exemptions", exemptions::FIELDS),
    ("fields of the review", review::FIELDS),
    ("fields of the proof", proof::FIELDS),
];

/// The path of a countermeasure's own field. Its card says what it means.
pub fn of_countermeasure(name: &str) -> String {
    format!("case.steps[].countermeasure.{name}")
}

/// The paths of all fields.
pub fn paths() -> impl Iterator<Item = String> {
    let declared = TABLES.iter().flat_map(|(_, fields)| *fields).map(|field| field.path.to_owned());
    let of_cards = Kind::ALL.into_iter().flat_map(Kind::fields).map(|field| of_countermeasure(field.name));
    declared.chain(of_cards)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_declared_once() {
        let mut paths: Vec<&str> = TABLES.iter().flat_map(|(_, fields)| *fields).map(|field| field.path).collect();
        paths.sort_unstable();
        let twice: Vec<&[&str]> = paths.windows(2).filter(|two| two[0] == two[1]).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}
