//! The only place that reads the clock.

use jiff::Timestamp;

/// Now, to the millisecond: finer times would only suggest an accuracy that distributed clocks do not have.
#[expect(clippy::disallowed_methods, reason = "this is the one place where the clock is read")]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
