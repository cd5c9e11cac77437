//! CloudTrail's event history: one record for each management event, in the words that CloudTrail uses.
//!
//! A record is written for refused calls too, is seen some minutes later ([`Record::visible_at`]), and is found by
//! `LookupEvents` in the account and the Region that it belongs to. The schedule's own stage leaves no record.

mod history;
mod identity;
mod lookup;
mod record;
mod recording;
mod words;

pub use history::CloudTrail;
pub use record::Record;
pub(crate) use recording::record;

use crate::call::{Answer, Call, Refusal};
use crate::caller::Caller;
use crate::state::State;

pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    match call.request.operation.as_str() {
        "LookupEvents" => {
            let is_staged = matches!(call.caller, Caller::Stage { .. });
            if !is_staged && !state.cloudtrail.admits(call.account(), &call.request.region, call.at) {
                return Err(Refusal::new(400, "ThrottlingException", "Rate exceeded"));
            }
            lookup::events(&state.cloudtrail, call)
        }
        _ => Err(call.unknown()),
    }
}

#[cfg(test)]
mod tests;
