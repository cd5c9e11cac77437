//! What fails today: each failure with the fault that it shows and a schedule that shows it.
//!
//! The list is `known-failures.txt` beside this crate's sources. An entry is a line that names the fault (`## A session outlives its
//! key`), then lines with what fails (property, what is wrong, acts: `sound session: get_session_token`), each followed by the schedule
//! that shows it (`> 1 user-key hub prompt get_session_token@-600s`).
//!
//! A failing schedule is explained by an entry of the same property and the same wrong whose acts are all among those that its
//! failure cannot do without.

use std::collections::BTreeSet;

use crate::properties::Property;
use crate::schedule::Schedule;
use crate::search::Signature;

const LIST: &str = include_str!("../known-failures.txt");

/// One known failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The fault that it shows, in words.
    pub fault: String,
    /// What fails.
    pub signature: Signature,
    /// A schedule that shows it.
    pub witness: Schedule,
}

impl Known {
    /// Whether it explains a failure.
    pub fn explains(&self, other: &Signature) -> bool {
        let Signature { property, what, acts } = &self.signature;
        *property == other.property && words(what).is_subset(&words(&other.what)) && acts.is_subset(&other.acts)
    }
}

fn words(what: &str) -> BTreeSet<&str> {
    what.split(", ").collect()
}

/// The list.
///
/// # Errors
/// Names the line that cannot be read.
pub fn list() -> Result<Vec<Known>, String> {
    read(LIST)
}

fn read(text: &str) -> Result<Vec<Known>, String> {
    let mut known = Vec::new();
    let (mut fault, mut signature) = (String::new(), None);
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |why: &str| format!("known-failures.txt, line {}: {why}: {line}", n + 1);
        if let Some(title) = line.strip_prefix("## ") {
            title.clone_into(&mut fault);
        } else if let Some(schedule) = line.strip_prefix("> ") {
            let witness = schedule.parse().map_err(|why: String| wrong(&why))?;
            let signature = signature.take().ok_or_else(|| wrong("no failure before its schedule"))?;
            known.push(Known { fault: fault.clone(), signature, witness });
        } else if !line.starts_with('#') {
            let (what, acts) = line.split_once(':').ok_or_else(|| wrong("no acts"))?;
            let (property, what) = what.split_once(' ').ok_or_else(|| wrong("no property and what is wrong"))?;
            let property = Property::named(property).ok_or_else(|| wrong("no such property"))?;
            let acts = acts.split(" + ").map(|act| act.trim().to_owned()).filter(|act| !act.is_empty()).collect();
            signature = Some(Signature { property, what: what.to_owned(), acts });
        }
    }
    Ok(known)
}

/// A failure as the list writes it.
pub fn entry(signature: &Signature, witness: &Schedule) -> String {
    let acts: Vec<&str> = signature.acts.iter().map(String::as_str).collect();
    format!("{} {}: {}\n> {witness}\n", signature.property, signature.what, acts.join(" + "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_read_and_every_entry_names_its_fault() {
        let known = list().unwrap();
        assert!(known.iter().all(|of| !of.fault.is_empty()), "{known:?}");
    }

    #[test]
    fn an_entry_is_read_back_as_it_is_written() {
        let witness: Schedule = "1 user-key hub prompt get_session_token@-600s".parse().unwrap();
        let acts = ["get_session_token".to_owned()].into();
        let signature = Signature { property: Property::Sound, what: "session, key".to_owned(), acts };
        let text = format!("## A fault\n{}", entry(&signature, &witness));
        assert_eq!(read(&text).unwrap(), [Known { fault: "A fault".to_owned(), signature, witness }]);
        assert!(read("sound key: strip_user\n> 1 user-key nowhere prompt").unwrap_err().contains("line 2"));
    }
}
