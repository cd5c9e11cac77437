//! Events of `events/`, and names that nothing else has.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::identities::HeldKey;

/// The day that is so many days from today, as `YYYY-MM-DD`.
pub fn day(from_today: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * from_today)).strftime("%F").to_string()
}

/// A name that no other test, process or run has.
pub fn unique(prefix: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let nanos = std::time::SystemTime::UNIX_EPOCH.elapsed().map(|age| age.as_nanos()).unwrap_or_default();
    format!("{prefix}-{}-{nanos:x}-{count}", std::process::id())
}

/// A finding of its own that a user's key is misused.
pub fn misused(user: &str, key: &HeldKey) -> Value {
    let mut event =
        event("guardduty/compromised-access-key.json", &[("ci-deployer", user), ("AKIAEXAMPLECIDEPLOY1", &key.id)]);
    event["detail"]["id"] = json!(unique("finding"));
    // What the user holds was made before.
    event["detail"]["service"]["eventLastSeen"] = json!(jiff::Timestamp::now().to_string());
    event
}

/// A finding of its own that an access key of this user is too old.
pub fn stale(user: &str) -> Value {
    let mut event =
        event("securityhub/iam-3-stale-key.json", &[("service/report-batch", user), ("report-batch", user)]);
    event["id"] = json!(unique("event"));
    event["detail"]["findings"][0]["Id"] = json!(unique("finding"));
    event
}

/// An event of `events/`, with these texts replaced by those.
pub fn event(file: &str, replace: &[(&str, &str)]) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../events").join(file);
    let mut text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for (from, to) in replace {
        assert!(text.contains(from), "{file} does not contain {from}");
        text = text.replace(from, to);
    }
    serde_json::from_str(&text).expect("an event is JSON")
}
