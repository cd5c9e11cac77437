//! How long it takes until all is seen.

use std::time::{Duration, Instant};

/// By what `scripts/emulator.py` has IAM late, where the environment says nothing else.
const LAG_SECONDS: f64 = 4.0;

/// The same for CloudTrail.
const TRAIL_SECONDS: f64 = 6.0;

fn seconds(variable: &str, default: f64) -> Duration {
    let given = std::env::var(variable).ok().and_then(|value| value.parse().ok());
    Duration::from_secs_f64(given.unwrap_or(default) + 0.2)
}

/// Waits until all that was written to IAM is seen and goes. `OverlaySettle` would do it at once, but for everybody: what the
/// attackers of other tests have just done would not be late any more.
pub async fn settled() {
    let lag = |variable| seconds(variable, LAG_SECONDS);
    tokio::time::sleep(lag("OVERLAY_IAM_LAG_SECONDS").max(lag("OVERLAY_IAM_READ_LAG_SECONDS"))).await;
}

/// Waits until `CloudTrail` tells of all that was called.
pub async fn recorded() {
    tokio::time::sleep(seconds("OVERLAY_TRAIL_DELAY_SECONDS", TRAIL_SECONDS)).await;
}

/// What attackers try again and again until AWS lets them, or does not know them any more. Whether it did.
pub async fn until_it_works<F: Future<Output = Result<(), String>>>(attempt: impl Fn() -> F) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        match attempt().await {
            Ok(()) => return true,
            Err(code) if code == "NoSuchEntity" => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(_) => return false,
        }
    }
    false
}
