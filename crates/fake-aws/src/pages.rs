//! Pages of lists in the JSON protocols, and from where reads look.

use serde_json::{Map, Value};

use crate::call::{Answer, Call, Refusal};
use crate::caller::Caller;
use crate::store::View;

/// From where a read looks: whoever sets the stage sees all at once.
pub(crate) fn seen_by(call: &Call) -> View {
    if matches!(call.caller, Caller::Stage { .. }) { View::Settled } else { View::Reads(call.at) }
}

/// The name of a list in an answer, and of the token that leads to its next page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    /// `SecretList`
    pub(crate) list: &'static str,
    /// `NextToken`
    pub(crate) token: &'static str,
    /// `MaxResults`
    pub(crate) most: &'static str,
}

/// One page of a list, and where the next one begins.
///
/// # Errors
/// `ValidationException` for a token that is none.
pub(crate) fn page_of(all: Vec<Value>, names: Names, most: usize, input: &Value) -> Answer {
    let from: usize = match &input[names.token] {
        Value::Null => 0,
        token => token
            .as_str()
            .and_then(|token| token.strip_prefix("after-")?.parse().ok())
            .ok_or_else(|| Refusal::new(400, "ValidationException", "The token is not one that this list gave"))?,
    };
    let asked = &input[names.most];
    let asked = asked.as_u64().or_else(|| asked.as_str()?.parse().ok());
    let most = asked.and_then(|asked| usize::try_from(asked).ok()).map_or(most, |asked| most.min(asked)).max(1);
    let left = all.len() > from + most;
    let mut answer = Map::new();
    answer.insert(names.list.to_owned(), all.into_iter().skip(from).take(most).collect());
    if left {
        answer.insert(names.token.to_owned(), format!("after-{}", from + most).into());
    }
    Ok(Value::Object(answer))
}

/// Text of sixteen bytes in the form of a UUID, made of a name that nothing else has.
pub(crate) fn uuid(unique: &str) -> String {
    let [high, low] = [1_u64, 2].map(|half| crate::lag::draw(half, &[unique.as_bytes()]));
    let (a, b, c) = (high >> 32, (high >> 16) & 0xffff, high & 0xfff);
    format!("{a:08x}-{b:04x}-4{c:03x}-8{:03x}-{:012x}", low >> 52, low & 0xffff_ffff_ffff)
}
