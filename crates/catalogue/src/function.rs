//! The functions: each has a card, a file that says what starts it, what it may do, and what its alarms tell people to do.

macro_rules! functions {
    ($($module:ident),+ $(,)?) => {
        $(mod $module;)+

        /// Every function, in the order of the template.
        pub const FUNCTIONS: &[Function] = &[$($module::CARD),+];
    };
}

mod card;

pub use card::{Call, Function, Queue, Table, When};
pub use copies_search::CARD as COPIES_SEARCH;
pub use key_creation::CARD as KEY_CREATION;
pub use offboarding::CARD as OFFBOARDING;
pub use posture_finding::CARD as POSTURE_FINDING;
pub use responder::CARD as RESPONDER;
pub use secret_rotation::CARD as SECRET_ROTATION;

functions! { posture_finding, key_creation, offboarding, responder, secret_rotation, copies_search }
