//! Lists: from where they look, and their pages.

use serde_json::{Value, json};

use crate::call::Call;
use crate::caller::Caller;
use crate::state::State;
use crate::store::View;

pub(super) fn reads(call: &Call) -> View {
    if matches!(call.caller, Caller::Stage { .. }) { View::Settled } else { View::Reads(call.at) }
}

/// One page of a list; 20 at most (Organizations API Reference).
pub(super) fn page(state: &State, call: &Call, list: &str, all: &[Value]) -> Value {
    let from: usize = call.text("NextToken").parse().unwrap_or(0);
    let asked = call.request.input["MaxResults"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(20);
    let size = asked.clamp(1, 20).min(state.page);
    let mut answer = json!({ list: all.iter().skip(from).take(size).collect::<Vec<_>>() });
    if from + size < all.len() {
        answer["NextToken"] = (from + size).to_string().into();
    }
    answer
}
