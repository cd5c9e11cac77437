//! What a card says of its countermeasure, and the words that it says it in.

use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::right::Right;

/// All there is to say of a countermeasure. Nothing here has a default: a new card says every word of it.
pub trait Card {
    /// In a reader's words, as an order.
    fn describe(&self) -> String;

    /// What is found, in a reader's words, where it must be taken once more, or for something new.
    fn appeared(&self, again: Appeared) -> String;

    /// What it is taken against or puts there, and how people speak of that once it is undone.
    fn undo_words(&self) -> UndoWords;

    /// What it is taken against: two of one kind with the same target are the same step, whenever they were planned.
    fn target(&self) -> Vec<&str>;

    /// What it holds down as a whole, to be read back as long as the case is looked at.
    fn denies(&self) -> Denial;

    /// The credential that it ends, if it ends one that somebody may hold a copy of.
    fn ends(&self) -> Option<Ended<'_>>;

    /// Whether it contains an identity as a whole, which must then be rechecked for what appeared meanwhile.
    fn contains_identity(&self) -> bool;

    /// Whether another case about the same identity may have put the very same there, and rely on it.
    fn is_shared(&self) -> bool;

    /// Whether nothing can undo it. A rotation is none of these: Secrets Manager keeps the value before it.
    fn is_irreversible(&self) -> bool;

    /// Whether it is for the responder alone to take, on a person's word: no event function holds the right to it.
    fn needs_responder(&self) -> bool;

    /// Whether and how it is undone when a person gives access back.
    fn undoing(&self) -> Undoing;

    /// What may live on after it.
    fn leaves(&self) -> &'static [Residue];

    /// What does not live on where it was taken.
    fn spares(&self) -> &'static [Residue];

    /// The command by which a person takes it, in this partition; none where it takes more than one command.
    fn by_hand(&self, partition: &str) -> Option<Command>;

    /// The command by which a person sees whether it took effect; none where no message knows all that it needs.
    fn check(&self) -> Option<Command>;
}

/// A field of a countermeasure, as it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds: text, an ARN, an id.
    pub is: &'static str,
    /// What it is.
    pub words: &'static str,
}

/// What IAM must allow for a countermeasure, for each thing that becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// To take it.
    pub apply: &'static [Right],
    /// To read its effect back.
    pub confirm: &'static [Right],
    /// To undo it, and to read that back. No event function holds what is only here.
    pub undo: &'static [Right],
}

impl Rights {
    /// To take it, and to read its effect back.
    pub fn to_act(&self) -> impl Iterator<Item = Right> + use<> {
        self.apply.iter().chain(self.confirm).copied()
    }
}

/// Whether what is found had been ended before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appeared {
    /// Nobody had ended it.
    Newly,
    /// It had been ended.
    Again,
}

impl Appeared {
    pub(super) fn came(self) -> &'static str {
        match self {
            Self::Newly => "appeared",
            Self::Again => "is back",
        }
    }

    pub(super) fn now(self) -> &'static str {
        match self {
            Self::Newly => "now",
            Self::Again => "again",
        }
    }
}

/// What a countermeasure is taken against or puts there, and the words for when that is undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoWords {
    /// What.
    pub what: String,
    /// What an undo does with it.
    pub comes: &'static str,
    /// What it is once that was done.
    pub came: &'static str,
    /// What it is where that is not done.
    pub stays: &'static str,
}

impl UndoWords {
    pub(super) fn access(what: String) -> Self {
        Self { what, comes: "comes back", came: "back", stays: "stays dead" }
    }

    pub(super) fn denial(what: String) -> Self {
        Self { what, comes: "is lifted", came: "lifted", stays: "stays" }
    }
}

/// What a countermeasure holds down as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// Nothing, or nothing that is read back later.
    Nothing,
    /// All that an identity does.
    Everything,
    /// What its sessions from before a moment do.
    SessionsFromBefore,
    /// New sessions of it.
    NewSessions,
}

/// Whether and how a countermeasure is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undoing {
    /// It is undone.
    Undone,
    /// A credential: it is undone unless others may know it; then a new one must take its place.
    UnlessExposed,
    /// It is lifted; but where the identity was in other hands, only once all that it held down has ended, and sessions from before
    /// stay denied.
    LiftedKeepingSessionsDenied,
    /// It stays where the identity was in other hands, for this reason, and is undone elsewhere.
    StaysInDanger(&'static str),
    /// It stays, for this reason.
    Never(&'static str),
}

/// The name of AWS's own policy that denies everything.
pub(super) const DENY_ALL: &str = "AWSDenyAll";

/// AWS's own policy that denies everything, in a partition.
pub fn deny_all(partition: &str) -> String {
    format!("arn:{partition}:iam::aws:policy/{DENY_ALL}")
}
