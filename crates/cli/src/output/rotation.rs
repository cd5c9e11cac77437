//! How far a rotation came.

use std::io::{self, Write};

use severance_domain::case::{Case, StepRecord};
use severance_domain::countermeasure::{self as card, Countermeasure};

use crate::output::step::write_step;
use crate::output::text::write_field;

/// How far a case's rotation came, and what is to be done now.
pub(crate) fn write(case: &Case, out: &mut dyn Write) -> io::Result<()> {
    let is_rotation = |record: &&StepRecord| {
        matches!(record.step.countermeasure, Countermeasure::RotateSecret(_) | Countermeasure::AdoptAccessKey(_))
    };
    let steps: Vec<(usize, &StepRecord)> =
        case.steps.iter().enumerate().filter(|(_, record)| is_rotation(record)).collect();
    if steps.iter().any(|(_, record)| record.was_taken()) {
        writeln!(out, "  How far it came")?;
    }
    for (n, record) in steps {
        if !record.was_taken() {
            continue;
        }
        write_step(n + 1, record, out)?;
        let old = match &record.step.countermeasure {
            Countermeasure::AdoptAccessKey(card::AdoptAccessKey { access_key, secret, .. }) => {
                write_field("Secret", secret, out)?;
                let next = format!(
                    "have whatever uses {access_key} read the secret instead, anew whenever AWS refuses what it read before"
                );
                write_field("Next", &next, out)?;
                access_key.to_string()
            }
            _ => "the old key, if it is one that Severance rotates,".to_owned(),
        };
        write_field("Old key", &format!("{old} works on until its consumers have moved: sever cutovers"), out)?;
        if record.is_unfinished_rotation() {
            let how = format!("the schedule follows it for 24 hours; to look: sever status {}", case.id);
            write_field("Going on", &how, out)?;
        }
    }
    Ok(())
}
