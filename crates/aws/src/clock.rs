//! The only place that reads the clock.

use std::sync::Arc;

use jiff::Timestamp;

/// A clock of somebody's own.
type Other = Arc<dyn Fn() -> Timestamp + Send + Sync>;

tokio::task_local! {
    static OTHER: Other;
}

/// Now, to the millisecond: finer times would only suggest an accuracy that distributed clocks do not have.
pub fn now() -> Timestamp {
    let now = OTHER.try_with(|clock| clock()).unwrap_or_else(|_| system());
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

#[expect(clippy::disallowed_methods, reason = "this is the one place where the clock is read")]
fn system() -> Timestamp {
    Timestamp::now()
}

/// Runs a future by another clock than the system's, so that a simulated AWS and whoever reacts to it agree on the time. Nothing
/// that is deployed does.
pub async fn by<F: Future>(clock: impl Fn() -> Timestamp + Send + Sync + 'static, of: F) -> F::Output {
    OTHER.scope(Arc::new(clock), of).await
}
