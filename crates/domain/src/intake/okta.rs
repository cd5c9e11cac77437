//! Okta's system log, as an `EventBridge` partner event: a user was deactivated, suspended or deleted.

use crate::words::malformed::Malformed;
use crate::words::signal::{NewSignal, Severity, Signal, SignalKind, Source, SubjectHint};

use super::node::Node;
use super::principal::one_line;
use super::event::{Bus, Envelope, EventRule, EventSource, Intake};

pub(super) const SOURCE: EventSource = EventSource {
    name: "Okta SystemLog",
    words: "users whom Okta deactivates, suspends or deletes",
    sample: "okta/user-deactivated.json",
    rules: &[
        EventRule {
            id: "OktaRule",
            name: "okta",
            bus: Bus::Okta,
            only_us_east_1: false,
            pattern: r#"{
            "source": [{"prefix": "aws.partner/okta.com/"}],
            "detail-type": ["SystemLog"],
            "detail": {
                "eventType": [
                    "user.lifecycle.deactivate",
                    "user.lifecycle.suspend",
                    "user.lifecycle.delete.initiated",
                    "user.lifecycle.delete.completed"
                ],
                "outcome": {"result": ["SUCCESS"]}
            }
        }"#,
        },
    ],
    owns,
    read,
};

/// Every partner event source of Okta begins with this; the customer's own name follows after a slash.
const PARTNER: &str = "aws.partner/okta.com";

fn owns(envelope: &Envelope) -> bool {
    let rest = envelope.source.strip_prefix(PARTNER);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) && envelope.detail_type == "SystemLog"
}

fn read(envelope: &Envelope) -> Result<Intake, Malformed> {
    let log = envelope.detail();
    let event_type = log.field("eventType")?;
    let rule = event_type.str()?;
    let Some(done) = what_was_done(rule) else {
        return Ok(Intake::ignore(event_type.path(), one_line(&format!("{rule} does not say that a person left"))));
    };
    let outcome = log.field("outcome")?.field("result")?;
    let result = outcome.str()?;
    if result != "SUCCESS" {
        let reason = one_line(&format!("Okta did not do it (outcome {result}): nothing came of it"));
        return Ok(Intake::ignore(outcome.path(), reason));
    }
    let uuid = log.field("uuid")?.str()?;
    // A partner event arrives in the account that the partner was connected to, the hub: Okta knows no others.
    let account = envelope.account()?;
    let occurred_at = log.get("published").timestamp().unwrap_or(envelope.time);
    let actor = log.get("actor");
    let by =
        known(&actor.get("alternateId")).or_else(|| known(&actor.get("displayName"))).unwrap_or("an unnamed actor");

    let targets = log.get("target");
    let users: Vec<_> =
        targets.items()?.into_iter().filter(|target| target.get("type").as_str() == Some("User")).collect();
    if users.is_empty() {
        return Err(targets.not("an entry of type \"User\""));
    }
    let mut intake = Intake::default();
    for user in users {
        intake.absorb(person(&user).map(|identifiers| {
            let who = identifiers.first().map_or("nobody", String::as_str);
            let title = one_line(&format!("Okta user {who} {done} by {by}"));
            Intake::signal(Signal::new(NewSignal {
                kind: SignalKind::Offboarding,
                source: Source::Okta,
                event_id: envelope.id.clone(),
                finding_id: uuid.to_owned(),
                rule: rule.to_owned(),
                account: account.clone(),
                region: envelope.region.clone(),
                severity: Severity::Medium,
                occurred_at,
                subject: SubjectHint::Person { identifiers },
                title,
                event_digest: envelope.digest.clone(),
            }))
        }));
    }
    Ok(intake)
}

/// The log's words for the end, or a pause, of a person's access. A deletion is logged when it is asked for and again when
/// it is done, either of which may come alone.
fn what_was_done(event_type: &str) -> Option<&'static str> {
    match event_type {
        "user.lifecycle.deactivate" => Some("deactivated"),
        "user.lifecycle.suspend" => Some("suspended"),
        "user.lifecycle.delete.initiated" => Some("to be deleted"),
        "user.lifecycle.delete.completed" => Some("deleted"),
        _ => None,
    }
}

/// The names by which a person can be told from others: the login and Okta's own id, not what is displayed.
fn person(user: &Node<'_>) -> Result<Vec<String>, Malformed> {
    let names = [user.get("alternateId"), user.get("id")];
    let identifiers: Vec<_> = names.iter().filter_map(known).map(str::to_owned).collect();
    if identifiers.is_empty() { Err(user.not("a user with an alternateId or an id")) } else { Ok(identifiers) }
}

/// A name that says something: Okta writes `unknown` for what it does not know.
fn known<'a>(name: &Node<'a>) -> Option<&'a str> {
    name.as_str().map(str::trim).filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("unknown"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::intake::parse;

    fn event(event_type: &str, result: &str, target: &Value) -> Value {
        json!({
            "id": "e-1", "source": "aws.partner/okta.com/example/severance", "detail-type": "SystemLog",
            "account": "000000000000", "region": "us-east-1", "time": "2025-06-30T17:00:01Z",
            "detail": {
                "actor": {"alternateId": "it-admin@example.com"}, "eventType": event_type,
                "outcome": {"result": result}, "published": "2025-06-30T17:00:00.126Z", "uuid": "u-1", "target": target,
            },
        })
    }

    fn read(event: &Value) -> Intake {
        parse(event, &[SOURCE]).unwrap_or_else(|malformed| Intake { malformed: vec![malformed], ..Intake::default() })
    }

    fn people(intake: &Intake) -> Vec<&[String]> {
        let people = intake.signals.iter().map(|signal| match &signal.subject {
            SubjectHint::Person { identifiers } => identifiers.as_slice(),
            other => panic!("{other:?}"),
        });
        people.collect()
    }

    #[test]
    fn only_users_count_and_by_login_and_id_only() {
        let intake = read(&event(
            "user.lifecycle.deactivate",
            "SUCCESS",
            &json!([
                {"type": "AppUser", "id": "0ua1", "alternateId": "alice@app"},
                {"type": "User", "id": "00u1", "alternateId": "alice@example.com", "displayName": "Alice"},
            ]),
        ));
        assert_eq!(people(&intake), [["alice@example.com".to_owned(), "00u1".to_owned()]]);
        let signal = intake.signals.first().unwrap();
        assert_eq!(signal.title, "Okta user alice@example.com deactivated by it-admin@example.com");
        assert_eq!((signal.finding_id.as_str(), signal.rule.as_str()), ("u-1", "user.lifecycle.deactivate"));
        assert_eq!(signal.occurred_at.to_string(), "2025-06-30T17:00:00.126Z");
    }

    #[test]
    fn unknown_is_no_name() {
        let target = json!([{"type": "User", "id": "00u1", "alternateId": "unknown", "displayName": "Alice"}]);
        assert_eq!(people(&read(&event("user.lifecycle.delete.completed", "SUCCESS", &target))), [["00u1".to_owned()]]);
        let nobody = json!([{"type": "User", "id": null, "alternateId": "Unknown", "displayName": "Alice"}]);
        let intake = read(&event("user.lifecycle.suspend", "SUCCESS", &nobody));
        assert_eq!(intake.malformed.iter().map(|m| m.at.as_str()).collect::<Vec<_>>(), ["$.detail.target[0]"]);
    }

    #[test]
    fn each_user_is_a_claim_of_its_own() {
        let target = json!([{"type": "User", "id": "00u1"}, {"type": "User"}, {"type": "User", "id": "00u2"}]);
        let intake = read(&event("user.lifecycle.deactivate", "SUCCESS", &target));
        assert_eq!(people(&intake), [["00u1".to_owned()], ["00u2".to_owned()]]);
        assert_eq!(intake.malformed.first().map(|m| m.at.as_str()), Some("$.detail.target[1]"));
    }

    #[test]
    fn without_a_user_it_is_refused_at_the_target() {
        for target in
            [json!(null), json!([]), json!("alice"), json!([{"type": "AppUser", "id": "0ua1"}]), json!([null, 1])]
        {
            let intake = read(&event("user.lifecycle.deactivate", "SUCCESS", &target));
            assert_eq!(intake.malformed.first().map(|m| m.at.as_str()), Some("$.detail.target"), "{target}");
            assert!(intake.signals.is_empty());
        }
    }

    #[test]
    fn what_did_not_happen_or_is_no_leaving_is_ignored() {
        let alice = json!([{"type": "User", "id": "00u1"}]);
        let cases = [
            ("user.lifecycle.deactivate", "FAILURE", "$.detail.outcome.result"),
            ("user.lifecycle.deactivate", "SKIPPED", "$.detail.outcome.result"),
            ("user.lifecycle.reactivate", "SUCCESS", "$.detail.eventType"),
            ("user.session.end", "SUCCESS", "$.detail.eventType"),
        ];
        for (event_type, result, at) in cases {
            let intake = read(&event(event_type, result, &alice));
            assert!(intake.signals.is_empty() && intake.malformed.is_empty());
            assert_eq!(intake.ignored.first().map(|ignored| ignored.at.as_str()), Some(at), "{event_type} {result}");
        }
    }

    #[test]
    fn only_oktas_own_partner_source_is_believed() {
        for source in ["aws.partner/okta.com.example.net/x", "okta.com", "severance", "aws.partner/auth0.com/x"] {
            let mut forged = event("user.lifecycle.deactivate", "SUCCESS", &json!([{"type": "User", "id": "00u1"}]));
            forged["source"] = json!(source);
            assert!(read(&forged).signals.is_empty(), "{source}");
        }
    }
}
