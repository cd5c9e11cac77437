//! What is logged, and what never is.

use tracing_subscriber::filter::{LevelFilter, Targets};

/// What would write whole events and answers at its finest level, values of variables among them.
const HELD_TO_INFO: [&str; 3] = ["lambda_runtime", "lambda_runtime_api_client", "aws_smithy_runtime"];

/// What is logged under these levels (`info`, `warn,severance_engine=debug`), as `RUST_LOG` gives them. Whatever they say, the
/// runtime and the SDK log no content.
pub fn filter(levels: Option<&str>) -> Targets {
    let asked: Targets =
        levels.and_then(|levels| levels.parse().ok()).unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let all_else = asked.default_level().unwrap_or(LevelFilter::OFF);
    asked
        .into_iter()
        .filter(|(target, _)| !HELD_TO_INFO.iter().any(|held| target.starts_with(held)))
        .collect::<Targets>()
        .with_default(all_else)
        .with_targets(HELD_TO_INFO.map(|held| (held, LevelFilter::INFO)))
}

/// The log's levels.
#[expect(
    clippy::disallowed_methods,
    reason = "the log's level is the one setting that is needed before the others are read"
)]
pub(crate) fn levels() -> Option<String> {
    std::env::var("RUST_LOG").ok()
}
