//! Lambda, as far as functions ask each other: an asynchronous invocation is accepted, and whoever plays the functions takes it.

mod tables;

use serde_json::json;

use crate::call::{Answer, Call, Refusal};
use crate::state::State;

pub use tables::{Invocation, Lambda};

/// "6 MB (synchronous), 1 MB (asynchronous)" (Lambda quotas, invocation payload).
const MOST_BYTES: usize = 1_048_576;

/// Takes an invocation. Every other operation succeeds and does nothing.
pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    let uri = call.text("Uri");
    let Some(name) = uri.split("/functions/").nth(1).and_then(|rest| rest.split('/').next()) else {
        return Ok(json!({}));
    };
    if call.request.body.len() > MOST_BYTES {
        return Err(Refusal::new(413, "RequestTooLargeException", "Request must be smaller than 1048576 bytes"));
    }
    let Ok(payload) = serde_json::from_slice(&call.request.body) else {
        return Err(Refusal::new(400, "InvalidRequestContentException", "Could not parse request body into json"));
    };
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned();
    let function = name.rsplit(':').next().unwrap_or_default().to_owned();
    state.lambda.put(Invocation { at: call.at, function, payload });
    Ok(json!({}))
}
