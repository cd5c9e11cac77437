//! The responder's Function URL: who calls is known from AWS itself, so no proof is needed.
//!
//! Lambda checks the caller's signature and writes into the event whose it is. Whoever could invoke the function directly could
//! write that in themselves, so the URL has a function of its own (`SEVERANCE_FUNCTION_URL=true`), which nobody is given the right to
//! invoke in any other way; and the function behind [`severance_aws::caller`] reads no such event. Whether that caller may say what they say, the same settings
//! decide in both.

use aws_smithy_types::base64;
use serde_json::{Value, json};
use severance_domain::caller::Caller;
use severance_domain::ids::Arn;
use severance_domain::respond::{Answer, Call};
use severance_engine::requests::Responder;

/// What a caller gets in return: an HTTP answer, as Lambda passes it on.
fn http(status: u16, body: &Value) -> Value {
    json!({
        "statusCode": status,
        "headers": { "content-type": "application/json", "cache-control": "no-store" },
        "body": body.to_string(),
        "isBase64Encoded": false,
    })
}

fn problem(status: u16, at: &str, expected: &str, found: &str) -> Value {
    http(status, &json!({ "error": { "at": at, "expected": expected, "found": found } }))
}

/// Answers one HTTP request.
pub(crate) async fn answer(responder: &Responder, event: &Value, delivery: &str) -> Value {
    let text = |path: &str| event.pointer(path).and_then(Value::as_str);
    let caller = text("/requestContext/authorizer/iam/userArn").and_then(|arn| Arn::try_from(arn).ok());
    let Some(arn) = caller else {
        return problem(403, "$.requestContext.authorizer.iam.userArn", "a caller that AWS IAM has signed in", "none");
    };
    let principal_id = text("/requestContext/authorizer/iam/userId").map(str::to_owned);
    let caller = Caller { arn, principal_id };
    if text("/requestContext/http/method") != Some("POST") {
        return problem(
            405,
            "$.requestContext.http.method",
            "POST",
            text("/requestContext/http/method").unwrap_or("none"),
        );
    }
    let is_encoded = event.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or(false);
    let body = text("/body").unwrap_or_default();
    let bytes = if is_encoded { base64::decode(body).ok() } else { Some(body.as_bytes().to_vec()) };
    let Some(asked) = bytes.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) else {
        return problem(400, "$", "a call of the responder in JSON (docs/RESPONDER.md)", "something that is no JSON");
    };
    let call = match Call::read(&asked) {
        Ok(call) => call,
        Err(malformed) => return problem(400, &malformed.at, &malformed.expected, &malformed.found),
    };
    match Box::pin(responder.answer_to(&call, Some(caller), delivery)).await {
        Ok(refused @ Answer::Refused { .. }) => http(409, &json!(refused)),
        Ok(answer) => http(200, &json!(answer)),
        // What was done is stored; who asks again meets it.
        Err(error) => {
            // LOG: A request at the Function URL failed; whoever asked is told, with 500 or 503.
            tracing::error!(error = %error, "a request was not finished");
            let status = if error.is_retryable() { 503 } else { 500 };
            http(status, &json!({ "error": { "at": "$", "expected": "an answer", "found": error.to_string() } }))
        }
    }
}
