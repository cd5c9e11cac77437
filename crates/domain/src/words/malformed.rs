//! What is said of an event, or of a request, that cannot be read.

use serde::{Deserialize, Serialize};

/// A part of an event that is for us but cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{at}: expected {expected}, found {found}")]
pub struct Malformed {
    /// Where, as a JSON path from the root of the event.
    pub at: String,
    /// What would have been accepted.
    pub expected: String,
    /// What is there: a short text in full, else its kind.
    pub found: String,
}

/// Of serde's words about a broken payload, in characters: enough for the list of what can be asked.
const PROBLEM_LIMIT: usize = 400;

impl Malformed {
    /// What is found where a field is missing.
    pub(crate) const NOTHING: &str = "nothing";

    /// What serde found wrong with a payload. Its words may quote a text that is in the wrong place.
    pub(crate) fn of_payload(error: &serde_path_to_error::Error<serde_json::Error>, expected: &str) -> Self {
        let problem = error.inner().to_string();
        let mut at = vec!["$".to_owned()];
        at.extend(error.path().iter().map(ToString::to_string));
        // serde names the object that lacks the field.
        let missing = problem.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        at.extend(missing.map(str::to_owned));
        let found = match missing {
            Some(_) => Self::NOTHING.to_owned(),
            None => problem.chars().take(PROBLEM_LIMIT).collect(),
        };
        Self { at: at.join(".").replace(".[", "["), expected: expected.to_owned(), found }
    }
}
