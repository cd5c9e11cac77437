//! Calls become records.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::identity::{self, Who, seconds};
use super::record::{Record, event_id, is_data_event, is_read, region_of, source_of, starts_session};
use super::words;
use crate::call::{Answer, Call};
use crate::caller::Caller;
use crate::lag::draw;
use crate::state::State;

/// Records a call, refused ones too, unless it is a data event.
pub(crate) fn record(state: &mut State, call: &Call, answer: &Answer) {
    if is_data_event(&call.request.service, &call.request.operation) {
        return;
    }
    let role_account = call.text("RoleArn").split(':').nth(4).unwrap_or_default();
    // Whoever is nobody yet has no account: what they call for has one.
    let home = if call.account().is_empty() { role_account } else { call.account() };
    if home.is_empty() {
        return;
    }
    let who = identity::of(state, call);
    let crosses =
        call.request.operation == "AssumeRole" && answer.is_ok() && !role_account.is_empty() && role_account != home;
    let shared = crosses.then(|| event_id("shared", state.cloudtrail.records.len()));
    write(state, call, answer, home, &who, shared.as_deref(), false);
    if crosses {
        // The role's account learns the caller's account and unique id, and not how they are called there
        // (IAM user guide, "Logging IAM and AWS STS API calls with AWS CloudTrail", cross-account AssumeRole).
        write(state, call, answer, role_account, &identity::from_elsewhere(&who, home), shared.as_deref(), true);
    }
}

fn write(
    state: &mut State,
    call: &Call,
    answer: &Answer,
    account: &str,
    who: &Who,
    shared: Option<&str>,
    is_shared_copy: bool,
) {
    let lag = state.lag_for(&call.caller);
    let trail = &mut state.cloudtrail;
    let region = region_of(&call.request);
    let action = call.request.action();
    let before = trail.written.entry((account.to_owned(), region.to_owned(), action.clone())).or_default();
    let visible_at = call.at + lag.of_record(region, &format!("{account} {action}"), *before);
    *before += 1;
    let number = trail.records.len();
    trail.records.push(Record::of(call, answer, account, who, number, visible_at, shared, is_shared_copy));
}

impl Record {
    #[expect(clippy::too_many_arguments, reason = "each of them is one column of the record")]
    fn of(
        call: &Call,
        answer: &Answer,
        account: &str,
        who: &Who,
        number: usize,
        visible_at: Timestamp,
        shared: Option<&str>,
        is_shared_copy: bool,
    ) -> Self {
        let request = &call.request;
        let read_only = is_read(&request.service, &request.operation);
        let error = answer.as_ref().err().map(|refusal| words::error_code(&request.service, &refusal.code));
        // Of a call that may not be made, CloudTrail tells nothing but that it was tried.
        let is_denied = answer.as_ref().is_err_and(|refusal| refusal.status == 403);
        let parameters = if is_denied { Value::Null } else { words::parameters(request) };
        let elements = match answer {
            Ok(result) if !read_only || starts_session(&request.operation) => words::elements(result),
            _ => Value::Null,
        };
        let resources = words::resources(&request.service, [&parameters, &elements]);
        let (address, agent) = origin(&call.caller);
        let mut document = json!({
            "eventVersion": "1.11",
            "userIdentity": who.document,
            "eventTime": seconds(call.at),
            "eventSource": source_of(&request.service),
            "eventName": request.operation,
            "awsRegion": region_of(request),
            "sourceIPAddress": address,
            "userAgent": agent,
            "requestParameters": parameters,
            "responseElements": elements,
            "requestID": event_id("request", number),
            "eventID": event_id("event", number),
            "readOnly": read_only,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": account,
            "eventCategory": "Management",
        });
        if let (Some(code), Err(refusal)) = (&error, answer) {
            document["errorCode"] = code.as_str().into();
            document["errorMessage"] = refusal.message.as_str().into();
        }
        if let Some(shared) = shared {
            document["sharedEventID"] = shared.into();
        }
        if starts_session(&request.operation) && answer.is_ok() && !call.text("RoleArn").is_empty() {
            let arn = call.text("RoleArn");
            let of = arn.split(':').nth(4).unwrap_or_default();
            document["resources"] = json!([{ "accountId": of, "type": "AWS::IAM::Role", "ARN": arn }]);
        }
        Self {
            number,
            account: account.to_owned(),
            region: region_of(request).to_owned(),
            at: call.at,
            visible_at,
            action: request.action(),
            read_only,
            error,
            principal: who.principal.clone(),
            username: who.username.clone(),
            access_key: who.access_key.clone(),
            resources,
            document,
            is_shared_copy,
        }
    }
}

/// Where a call came from: each key has one address, which tells the consumers of a key from each other.
fn origin(caller: &Caller) -> (String, String) {
    match caller {
        Caller::Service { name, .. } => (name.clone(), name.clone()),
        caller => {
            let host = draw(0x1b, &[caller.key().unwrap_or_default().as_bytes()]) % 254 + 1;
            (format!("203.0.113.{host}"), "aws-sdk-rust/1.3.0 os/linux lang/rust/1.95.0".to_owned())
        }
    }
}
