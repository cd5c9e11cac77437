use super::card::{Appeared, Card, Denial, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;

/// What it does, for readers.
pub const HOLD_FOR_REVIEW: &str =
    "A person decides, because nothing that Severance could do fits, or something could not be read.";

/// Nothing is done: a person decides.
pub(super) struct HoldForReview;

impl Card for HoldForReview {
    fn describe(&self) -> String {
        "hold for review".to_owned()
    }

    fn appeared(&self, _again: Appeared) -> String {
        format!("needed once more: {}", self.describe())
    }

    fn undo_words(&self) -> UndoWords {
        UndoWords::denial(self.describe())
    }

    fn target(&self) -> Vec<&str> {
        vec![]
    }

    fn denies(&self) -> Denial {
        Denial::Nothing
    }

    fn ends(&self) -> Option<Ended<'_>> {
        None
    }

    fn contains_identity(&self) -> bool {
        false
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn is_irreversible(&self) -> bool {
        false
    }

    fn needs_responder(&self) -> bool {
        false
    }

    fn undoing(&self) -> Undoing {
        Undoing::Never("nothing was done, so there is nothing to undo")
    }

    fn leaves(&self) -> &'static [Residue] {
        &[]
    }

    fn spares(&self) -> &'static [Residue] {
        &[]
    }

    fn by_hand(&self, _partition: &str) -> Option<Command> {
        None
    }

    fn check(&self) -> Option<Command> {
        None
    }
}
