//! The responder: invoked directly, or by its function URL.

use serde_json::Value;
use severance_domain::intake::Malformed;
use severance_domain::respond::Call;
use severance_engine::requests::Responder;

use crate::function_url;
use crate::serve::{Failure, Serve};

impl Serve for Responder {
    type Answer = Value;

    async fn serve(&self, payload: &Value, delivery: &str) -> Result<Value, Failure> {
        if self.is_behind_url() {
            return Ok(Box::pin(function_url::answer(self, payload, delivery)).await);
        }
        let call = Call::read(payload).map_err(|malformed: Malformed| Failure::Malformed(vec![malformed]))?;
        let answer = Box::pin(self.answer(&call, delivery)).await;
        answer.map(|answer| serde_json::json!(answer)).map_err(|error| Failure::Unfinished(vec![error]))
    }
}
