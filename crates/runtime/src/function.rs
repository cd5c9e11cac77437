//! A function that events start.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use severance_aws::calls::CallCounter;
use severance_domain::intake::{self, EventSource, Ignored};
use severance_domain::respond::Reacted as Reaction;
use severance_engine::reactor::Reactor;

use crate::composition::Composition;
use crate::serve::{Failure, Measured, Serve, Took};

/// A function: the events that it reads, and what it reacts with.
pub struct Function {
    sources: &'static [EventSource],
    reactor: Reactor,
    calls: CallCounter,
}

/// What an invocation came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// One for each subject of each signal.
    pub reactions: Vec<Reaction>,
    /// Parts of the event that ask for nothing, and why.
    pub ignored: Vec<Ignored>,
    /// The AWS calls that were made, retries too, by name.
    pub calls: BTreeMap<String, u32>,
}

impl Function {
    /// A function over these events and this reactor, of the same composition.
    pub fn new(sources: &'static [EventSource], reactor: Reactor, composition: &Composition) -> Self {
        Self { sources, reactor, calls: composition.calls.clone() }
    }

    /// Handles one event. `delivery` names this delivery, so that concurrent ones can be told apart.
    pub async fn handle(&self, event: &Value, delivery: &str) -> Result<Response, Failure> {
        let measured = Measured::begin(&self.calls);
        let intake = intake::parse(event, self.sources).map_err(|malformed| Failure::Malformed(vec![malformed]))?;
        let mut reactions = Vec::new();
        let mut errors = Vec::new();
        if !intake.signals.is_empty() {
            let react = async {
                // One after the other: several findings about one identity then meet each other's cases in order.
                for signal in &intake.signals {
                    for outcome in self.reactor.react(signal, delivery).await {
                        match outcome {
                            Ok(reaction) => reactions.push(reaction),
                            Err(error) => errors.push(error),
                        }
                    }
                }
            };
            tokio::join!(react, self.reactor.publisher.warm_up());
        }
        let Took { calls, milliseconds } = measured.end();
        let verdicts: Vec<&str> = reactions.iter().map(|reaction| reaction.verdict.as_str()).collect();
        // LOG: Once per invocation of an event function, also when it then fails; not when the whole event cannot be read.
        // - event: EventBridge's id
        // - signals, ignored, malformed: counts
        // - calls: AWS calls by name, retries too
        tracing::info!(
            event = event.get("id").and_then(|value| value.as_str()).unwrap_or_default(),
            source = event.get("source").and_then(|value| value.as_str()).unwrap_or_default(),
            signals = intake.signals.len(),
            ignored = intake.ignored.len(),
            malformed = intake.malformed.len(),
            verdicts = ?verdicts,
            calls = ?calls,
            milliseconds,
            "handled an event"
        );
        for ignored in &intake.ignored {
            // LOG: A part of an event asks for nothing.
            // - at: the JSON path
            tracing::info!(at = ignored.at, reason = ignored.reason, "ignored");
        }
        if !errors.is_empty() {
            return Err(Failure::Unfinished(errors));
        }
        if !intake.malformed.is_empty() {
            return Err(Failure::Malformed(intake.malformed));
        }
        Ok(Response { reactions, ignored: intake.ignored, calls })
    }
}

impl Serve for Function {
    type Answer = Response;

    async fn serve(&self, payload: &Value, delivery: &str) -> Result<Response, Failure> {
        Box::pin(self.handle(payload, delivery)).await
    }
}
