//! The only place of the command that reads the clock.

use jiff::Timestamp;

/// Now, to the second: what people and signatures go by.
#[expect(clippy::disallowed_methods, reason = "this is the one place where the clock is read")]
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
