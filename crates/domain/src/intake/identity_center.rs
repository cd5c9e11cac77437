//! `CloudTrail`: an IAM Identity Center user was deleted or disabled, by an administrator, an API call or SCIM.

use crate::words::malformed::Malformed;
use crate::words::signal::{NewSignal, Severity, Signal, SignalKind, Source, SubjectHint};

use super::node::Node;
use super::principal::one_line;
use super::cloudtrail;
use super::event::{Bus, Envelope, EventRule, EventSource, Intake};

pub(super) const SOURCE: EventSource = EventSource {
    name: "CloudTrail IAM Identity Center",
    words: "users of IAM Identity Center who are disabled or deleted",
    sample: "identity-center/user-disabled.json",
    // Three ways to end a user of Identity Center: the console, its API, and an identity provider over SCIM.
    rules: &[
        EventRule {
            id: "IdentityCenter",
            name: "identity-center",
            bus: Bus::Default,
            only_us_east_1: false,
            pattern: r#"{
            "source": [{"prefix": "aws."}],
            "detail-type": ["AWS API Call via CloudTrail"],
            "detail": {
                "$or": [
                    {"eventSource": ["sso-directory.amazonaws.com"], "eventName": ["DeleteUser", "DisableUser"]},
                    {
                        "eventSource": ["identitystore.amazonaws.com"],
                        "eventName": ["DeleteUser", "DisableUser", "UpdateUser"]
                    },
                    {
                        "eventSource": ["identitystore-scim.amazonaws.com"],
                        "eventName": ["DeleteUser", "PatchUser", "PutUser"]
                    }
                ],
                "errorCode": [{"exists": false}]
            }
        }"#,
        },
    ],
    owns,
    read,
};

/// What the console calls, what the Identity Store's API is called with, and what an identity provider calls.
const CALLS: [(&str, &[&str]); 3] = [
    ("sso-directory.amazonaws.com", &["DeleteUser", "DisableUser"]),
    ("identitystore.amazonaws.com", &["DeleteUser", "DisableUser", "UpdateUser"]),
    (SCIM, &["DeleteUser", "PatchUser", "PutUser"]),
];

const SCIM: &str = "identitystore-scim.amazonaws.com";

/// What `CloudTrail` writes in place of personal data.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

fn owns(envelope: &Envelope) -> bool {
    CALLS.iter().any(|(event_source, names)| cloudtrail::is_call(envelope, event_source, names))
}

fn read(envelope: &Envelope) -> Result<Intake, Malformed> {
    let record = envelope.detail();
    if let Some(refused) = cloudtrail::refused_call(&record) {
        return Ok(refused);
    }
    let rule = record.field("eventName")?.str()?;
    let parameters = record.field("requestParameters")?;
    let done = match rule {
        "DeleteUser" => "deleted",
        "DisableUser" => "disabled",
        _ => match activity(&parameters, &record.get("responseElements")) {
            Activity::Inactive => "disabled",
            other => return Ok(Intake::ignore(parameters.path(), other.reason())),
        },
    };
    let id = user_id(&parameters)?;
    let mut identifiers = vec![id.to_owned()];
    identifiers.extend(user_name(&record).filter(|name| *name != id).map(str::to_owned));
    let by = caller(&record);
    Ok(Intake::signal(Signal::new(NewSignal {
        kind: SignalKind::Offboarding,
        source: Source::IdentityCenter,
        event_id: envelope.id.clone(),
        finding_id: record.field("eventID")?.str()?.to_owned(),
        rule: rule.to_owned(),
        account: cloudtrail::account(envelope, &record)?,
        region: envelope.region.clone(),
        severity: Severity::Medium,
        occurred_at: record.get("eventTime").timestamp().unwrap_or(envelope.time),
        subject: SubjectHint::Person { identifiers },
        title: one_line(&format!("Identity Center user {id} {done} by {by}")),
        event_digest: envelope.digest.clone(),
    })))
}

/// What an update says about whether the user is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    Active,
    Inactive,
    Untouched,
    Unreadable,
}

impl Activity {
    /// Why an update that does not say that the user became inactive asks for nothing.
    fn reason(self) -> &'static str {
        match self {
            Self::Active => "the update left the user active",
            Self::Untouched => "the update is not about whether the user is active",
            Self::Inactive | Self::Unreadable => {
                "CloudTrail hides the updated value: whether the user was disabled cannot be concluded from this event. \
                 If it was, the identity provider's own event or an Offboarding Requested event has to say so"
            }
        }
    }

    fn of(value: &Node<'_>) -> Self {
        match (value.as_bool(), value.as_str().map(str::to_ascii_uppercase).as_deref()) {
            (Some(true), _) | (_, Some("ENABLED")) => Self::Active,
            (Some(false), _) | (_, Some("DISABLED")) => Self::Inactive,
            _ => Self::Unreadable,
        }
    }
}

/// Reads an update: by the request, and where that hides the value, by the user that the response shows.
fn activity(parameters: &Node<'_>, response: &Node<'_>) -> Activity {
    let asked = match parameters.get("httpBody") {
        body if body.is_present() => put_or_patched(&body),
        _ => patched(&parameters.get("operations")),
    };
    if asked == Activity::Unreadable { Activity::of(&response.get("active")) } else { asked }
}

/// A SCIM request's body: the whole user (`PutUser`) or operations on it (`PatchUser`).
fn put_or_patched(body: &Node<'_>) -> Activity {
    // SCIM writes `Operations`; CloudTrail has been seen to write `operations`.
    let operations = [body.get("operations"), body.get("Operations")].into_iter().find(Node::is_present);
    operations.map_or_else(|| Activity::of(&body.get("active")), |operations| patched(&operations))
}

/// Operations on a user, of SCIM (`path`, `value`) or of the Identity Store (`attributePath`, `attributeValue`). They take
/// effect in order, so the last that touches the matter tells.
fn patched(operations: &Node<'_>) -> Activity {
    let Ok(operations) = operations.items() else { return Activity::Unreadable };
    let mut asked = operations.iter().map(|operation| {
        let path = [operation.get("path"), operation.get("attributePath")].into_iter().find(Node::is_present);
        let value = [operation.get("value"), operation.get("attributeValue")].into_iter().find(Node::is_present);
        let value = value.unwrap_or_else(|| operation.get("value"));
        match path.as_ref().map(Node::as_str) {
            // An operation without a path carries an object of attributes.
            None => match value.fields() {
                Ok(_) if value.get("active").is_present() => Activity::of(&value.get("active")),
                Ok(_) => Activity::Untouched,
                Err(_) => Activity::Unreadable,
            },
            Some(None | Some(HIDDEN)) => Activity::Unreadable,
            Some(Some(path)) if says_active(path) => Activity::of(&value),
            Some(Some(_)) => Activity::Untouched,
        }
    });
    asked.rfind(|asked| *asked != Activity::Untouched).unwrap_or(Activity::Untouched)
}

/// Whether an attribute's path, with or without its schema's URN before it, is the one that disables a user.
fn says_active(path: &str) -> bool {
    let name = path.rsplit(':').next().unwrap_or(path);
    ["active", "userStatus"].iter().any(|attribute| name.eq_ignore_ascii_case(attribute))
}

/// The user's immutable id: `userId` of the Identity Store, `id` of SCIM.
fn user_id<'a>(parameters: &Node<'a>) -> Result<&'a str, Malformed> {
    let places = [parameters.get("userId"), parameters.get("id")];
    let id = places.iter().find_map(readable);
    id.ok_or_else(|| parameters.get("userId").not("the id of the user (here, or at id)"))
}

/// The user's name, where it is not hidden.
fn user_name<'a>(record: &Node<'a>) -> Option<&'a str> {
    let (parameters, response) = (record.get("requestParameters"), record.get("responseElements"));
    let places =
        [&parameters, &parameters.get("httpBody"), &response, &response.get("user")].map(|at| at.get("userName"));
    places.iter().find_map(readable)
}

/// Who made the call, as far as the record says: of SCIM it knows the token only, which is the identity provider's.
fn caller<'a>(record: &Node<'a>) -> &'a str {
    if record.get("eventSource").as_str() == Some(SCIM) {
        return "the identity provider (SCIM)";
    }
    let identity = record.get("userIdentity");
    let places = [
        identity.get("arn"),
        identity.get("userName"),
        identity.get("onBehalfOf").get("userId"),
        identity.get("principalId"),
        identity.get("type"),
    ];
    places.iter().find_map(readable).unwrap_or("an unnamed caller")
}

fn readable<'a>(text: &Node<'a>) -> Option<&'a str> {
    text.as_str().map(str::trim).filter(|text| !text.is_empty() && *text != HIDDEN)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::intake::parse;

    const GUID: &str = "90677c60-d0d1-70f8-9e8f-000000a11ce0";

    fn event(service: &str, name: &str, parameters: &Value) -> Value {
        json!({
            "id": "e-1", "source": format!("aws.{service}"), "detail-type": "AWS API Call via CloudTrail",
            "account": "000000000000", "region": "us-east-1", "time": "2025-06-30T17:05:09Z",
            "detail": {
                "userIdentity": {"type": "WebIdentityUser"}, "eventTime": "2025-06-30T17:05:01Z", "eventID": "c-1",
                "eventSource": format!("{service}.amazonaws.com"), "eventName": name, "requestParameters": parameters,
                "responseElements": null, "recipientAccountId": "000000000001",
            },
        })
    }

    fn read(event: &Value) -> Intake {
        parse(event, &[SOURCE]).unwrap_or_else(|malformed| Intake { malformed: vec![malformed], ..Intake::default() })
    }

    fn identifiers(intake: &Intake) -> Vec<String> {
        match intake.signals.as_slice() {
            [Signal { subject: SubjectHint::Person { identifiers }, .. }] => identifiers.clone(),
            _ => panic!("{intake:?}"),
        }
    }

    #[test]
    fn the_user_is_found_where_each_api_puts_it() {
        let calls = [
            ("sso-directory", "DisableUser", json!({"identityStoreId": "d-0", "userId": GUID})),
            ("sso-directory", "DeleteUser", json!({"userId": GUID, "userName": HIDDEN})),
            ("identitystore", "DeleteUser", json!({"userId": GUID})),
            ("identitystore-scim", "DeleteUser", json!({"tenantId": "t", "id": GUID})),
        ];
        for (service, name, parameters) in calls {
            let intake = read(&event(service, name, &parameters));
            assert_eq!(identifiers(&intake), [GUID], "{service} {name}");
            let signal = intake.signals.first().unwrap();
            assert_eq!((signal.account.as_str(), signal.finding_id.as_str()), ("000000000001", "c-1"));
            assert_eq!(signal.title.ends_with("by the identity provider (SCIM)"), service.ends_with("-scim"));
        }
        let named =
            read(&event("sso-directory", "DeleteUser", &json!({"userId": GUID, "userName": "alice@example.com"})));
        assert_eq!(identifiers(&named), [GUID, "alice@example.com"]);
    }

    #[test]
    fn an_update_counts_when_it_readably_disables() {
        let patch = |operations: Value| json!({"httpBody": {"operations": operations}, "id": GUID});
        let put = |active: Value| json!({"httpBody": {"active": active, "userName": HIDDEN}, "id": GUID});
        let update = |operations: Value| json!({"userId": GUID, "operations": operations});
        let urn = "urn:ietf:params:scim:schemas:core:2.0:User:active";
        let disabling = [
            ("PatchUser", patch(json!([{"op": "replace", "path": "active", "value": false}]))),
            ("PatchUser", patch(json!([{"op": "Replace", "path": "active", "value": "False"}]))),
            ("PatchUser", patch(json!([{"op": "replace", "path": urn, "value": false}]))),
            ("PatchUser", patch(json!([{"op": "replace", "value": {"active": false}}]))),
            ("PatchUser", patch(json!([{"path": "active", "value": true}, {"path": "active", "value": false}]))),
            ("PatchUser", json!({"httpBody": {"Operations": [{"path": "active", "value": false}]}, "id": GUID})),
            ("PutUser", put(json!(false))),
            ("UpdateUser", update(json!([{"attributePath": "userStatus", "attributeValue": "DISABLED"}]))),
            ("UpdateUser", update(json!([{"attributePath": "active", "attributeValue": false}]))),
        ];
        for (name, parameters) in &disabling {
            assert_eq!(identifiers(&read(&update_event(name, parameters))), [GUID], "{parameters}");
        }
        let others = [
            (
                "PatchUser",
                patch(json!([{"path": "active", "value": false}, {"path": "active", "value": true}])),
                "left the user active",
            ),
            ("PatchUser", patch(json!([{"path": "emails", "value": HIDDEN}])), "not about"),
            ("PatchUser", patch(json!([{"op": "replace", "value": {"title": HIDDEN}}])), "not about"),
            ("PutUser", put(json!(true)), "left the user active"),
            ("UpdateUser", update(json!([{"attributePath": "title", "attributeValue": HIDDEN}])), "not about"),
            ("PatchUser", patch(json!([{"path": "active", "value": HIDDEN}])), "hides"),
            ("PatchUser", patch(json!([{"path": HIDDEN, "value": HIDDEN}])), "hides"),
            ("PatchUser", patch(json!([{"op": "replace", "value": HIDDEN}])), "hides"),
            ("PatchUser", patch(json!(HIDDEN)), "hides"),
            ("PatchUser", json!({"id": GUID}), "hides"),
            ("PutUser", json!({"httpBody": HIDDEN, "id": GUID}), "hides"),
            ("UpdateUser", json!({"userId": GUID, "operations": [{"attributePath": 1}]}), "hides"),
        ];
        for (name, parameters, why) in &others {
            let intake = read(&update_event(name, parameters));
            assert!(intake.signals.is_empty() && intake.malformed.is_empty(), "{parameters}");
            assert!(intake.ignored.first().unwrap().reason.contains(why), "{parameters}: {intake:?}");
        }
    }

    fn update_event(name: &str, parameters: &Value) -> Value {
        let service = if name == "UpdateUser" { "identitystore" } else { "identitystore-scim" };
        event(service, name, parameters)
    }

    #[test]
    fn where_the_request_hides_it_the_response_may_show_it() {
        let hidden = json!({"httpBody": {"operations": [{"path": "active", "value": HIDDEN}]}, "id": GUID});
        let mut patched = event("identitystore-scim", "PatchUser", &hidden);
        patched["detail"]["responseElements"] = json!({"id": GUID, "active": false, "userName": HIDDEN});
        assert_eq!(identifiers(&read(&patched)), [GUID]);
        patched["detail"]["responseElements"]["active"] = json!(true);
        assert!(read(&patched).signals.is_empty());
        // An inactive user that was renamed did not leave just now.
        patched["detail"]["responseElements"]["active"] = json!(false);
        patched["detail"]["requestParameters"]["httpBody"]["operations"][0]["path"] = json!("displayName");
        assert!(read(&patched).signals.is_empty());
    }

    #[test]
    fn a_call_that_failed_is_ignored_even_without_parameters() {
        let mut failed = event("identitystore", "DeleteUser", &Value::Null);
        failed["detail"]["errorCode"] = json!("AccessDenied");
        let intake = read(&failed);
        assert!(intake.signals.is_empty() && intake.malformed.is_empty());
        assert_eq!(intake.ignored.first().unwrap().at, "$.detail.errorCode");
    }

    #[test]
    fn a_call_that_names_nobody_is_refused() {
        let cases = [
            (Value::Null, "$.detail.requestParameters"),
            (json!({"identityStoreId": "d-0"}), "$.detail.requestParameters.userId"),
            (json!({"userId": HIDDEN}), "$.detail.requestParameters.userId"),
            (json!("userId"), "$.detail.requestParameters.userId"),
            (json!({"userId": 7, "id": []}), "$.detail.requestParameters.userId"),
        ];
        for (parameters, at) in cases {
            let intake = read(&event("identitystore", "DeleteUser", &parameters));
            assert!(intake.signals.is_empty());
            assert_eq!(intake.malformed.first().map(|m| m.at.as_str()), Some(at), "{parameters}");
        }
    }

    #[test]
    fn other_calls_and_senders_are_not_its_own() {
        let parameters = json!({"userId": GUID});
        let mut forged = event("identitystore", "DeleteUser", &parameters);
        forged["source"] = json!("identitystore");
        assert!(read(&forged).signals.is_empty());
        assert!(read(&event("identitystore", "CreateUser", &parameters)).signals.is_empty());
        assert!(read(&event("iam", "DeleteUser", &parameters)).signals.is_empty());
    }
}
