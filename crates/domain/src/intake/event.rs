//! An event, what a source says of itself, and what comes of one event.

use aws_lambda_events::eventbridge::EventBridgeEvent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::node::Node;
use crate::words::digest::Digest;
use crate::words::ids::AccountId;
use crate::words::malformed::Malformed;
use crate::words::signal::Signal;

/// What came of one event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Intake {
    /// What is to be acted on.
    pub signals: Vec<Signal>,
    /// What is not for us, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<Ignored>,
    /// What is for us but broken. The event goes to the dead-letter queue, after the signals beside it were handled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub malformed: Vec<Malformed>,
}

/// A part of an event that asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ignored {
    /// Where in the event, as a JSON path.
    pub at: String,
    /// Why nothing is to be done.
    pub reason: String,
}

/// A source of events: all there is to say of it.
#[derive(Clone, Copy)]
pub struct EventSource {
    /// For messages.
    pub name: &'static str,
    /// What it tells of, for readers.
    pub words: &'static str,
    /// An event of it, below `events/`.
    pub sample: &'static str,
    /// The rules of `EventBridge` by which its events come: each as narrow as `owns`.
    pub rules: &'static [EventRule],
    /// Whether an event with this envelope is this source's. Looks at `source`, `detail-type` and, where two sources share
    /// both, at the service or event name in the detail.
    pub owns: fn(&Envelope) -> bool,
    /// Reads the event.
    pub read: fn(&Envelope) -> Result<Intake, Malformed>,
}

/// A rule of `EventBridge`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventRule {
    /// Its logical id in the template, which never changes: `CloudFormation` would make a second rule of the same name.
    pub id: &'static str,
    /// Its name, after the stack's.
    pub name: &'static str,
    /// The bus that it listens on.
    pub bus: Bus,
    /// Whether AWS sends these events in us-east-1 only, whence they must be forwarded.
    pub only_us_east_1: bool,
    /// The event pattern, as JSON in which `CloudFormation` replaces `${…}`.
    pub pattern: &'static str,
}

/// A bus of `EventBridge`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bus {
    /// The account's own, on which nobody but AWS sends `aws.*`.
    Default,
    /// The stack's.
    Own,
    /// The one that Okta sends to, where there is one.
    Okta,
}

impl Intake {
    /// Nothing but a reason.
    pub(super) fn ignore(at: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { ignored: vec![Ignored { at: at.into(), reason: reason.into() }], ..Self::default() }
    }

    /// Exactly one signal.
    pub(super) fn signal(signal: Signal) -> Self {
        Self { signals: vec![signal], ..Self::default() }
    }

    /// Takes in what came of one part of an event.
    pub(super) fn absorb(&mut self, part: Result<Self, Malformed>) {
        match part {
            Ok(part) => {
                self.signals.extend(part.signals);
                self.ignored.extend(part.ignored);
                self.malformed.extend(part.malformed);
            }
            Err(malformed) => self.malformed.push(malformed),
        }
    }
}

/// The envelope that `EventBridge` puts around every event.
pub struct Envelope {
    /// The event's id.
    pub id: String,
    /// Who sent it: `aws.guardduty`, `aws.partner/okta.com/…`, `severance`.
    pub source: String,
    /// What kind of event it is, in the sender's words.
    pub detail_type: String,
    account: Option<String>,
    /// The sending Region.
    pub region: String,
    /// When it was sent.
    pub time: Timestamp,
    /// The digest of the whole raw event.
    pub digest: Digest,
    detail: Value,
}

impl Envelope {
    pub(super) fn read(raw: &Value) -> Result<Self, Malformed> {
        let event: EventBridgeEvent<Value> = serde_path_to_error::deserialize(raw).map_err(|error| Malformed {
            at: match error.path().to_string().as_str() {
                "." => "$".to_owned(),
                path => format!("$.{path}"),
            },
            expected: "an EventBridge event".to_owned(),
            found: error.inner().to_string(),
        })?;
        let root = Node::root(raw, "$");
        Ok(Self {
            id: root.field("id")?.str()?.to_owned(),
            time: root.field("time")?.timestamp()?,
            region: event.region.unwrap_or_default(),
            source: event.source,
            detail_type: event.detail_type,
            account: event.account,
            digest: Digest::of_json(raw),
            detail: event.detail,
        })
    }

    /// The sending account, for sources whose detail does not name one.
    pub(super) fn account(&self) -> Result<AccountId, Malformed> {
        let text = self.account.as_deref().unwrap_or_default();
        AccountId::try_from(text).map_err(|_| Malformed {
            at: "$.account".to_owned(),
            expected: AccountId::EXPECTED.to_owned(),
            found: format!("{text:?}"),
        })
    }

    /// The event's own content.
    pub(super) fn detail(&self) -> Node<'_> {
        Node::root(&self.detail, "$.detail")
    }
}
