//! What the stack told the world: signed evidence and messages, read as an auditor reads them.

use base64::Engine as _;
use fake_aws::FakeAws;
use jiff::Timestamp;
use serde_json::Value;

/// One revision of a case, from its evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// Where its evidence is.
    pub key: String,
    /// When the evidence was stored.
    pub at: Timestamp,
    /// When the case was opened.
    pub opened_at: Timestamp,
    /// The case.
    pub case: String,
    /// Its number.
    pub number: u64,
    /// `verified_revoked`, …
    pub verdict: String,
    /// Whom it is about.
    pub subject: String,
    /// Whether another case had it opened.
    pub follows: bool,
    /// How many steps it has.
    pub steps: usize,
    /// The bytes of its envelope.
    pub bytes: usize,
    /// The whole record.
    pub record: Value,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// When it was sent.
    pub at: Timestamp,
    /// Its subject line.
    pub subject: String,
    /// Its text.
    pub body: String,
    /// Whether it went to the topic of alarms.
    pub is_alarm: bool,
}

/// All that was published.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Published {
    /// Evidence, in the order in which it was stored.
    pub revisions: Vec<Revision>,
    /// Messages, in the order in which they were sent.
    pub messages: Vec<Message>,
}

impl Published {
    /// All that was published so far.
    pub fn by(aws: &FakeAws) -> Self {
        let state = aws.state();
        let mut revisions: Vec<Revision> = state
            .publishing
            .objects()
            .filter_map(|(key, object)| revision(key, object.stored_at, &object.body))
            .collect();
        revisions.sort_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
        let messages = state.publishing.messages().map(|message| Message {
            at: message.at,
            subject: message.subject.clone(),
            body: message.body.clone(),
            is_alarm: message.topic.ends_with("-alarms"),
        });
        Self { revisions, messages: messages.collect() }
    }

    /// The last revision of each case that an event or a person began, in the order in which they were opened.
    pub fn first_cases(&self) -> Vec<&Revision> {
        let mut cases: Vec<&Revision> = Vec::new();
        for revision in self.revisions.iter().filter(|revision| !revision.follows) {
            match cases.iter_mut().find(|known| known.case == revision.case) {
                Some(known) if known.number < revision.number => *known = revision,
                Some(_) => {}
                None => cases.push(revision),
            }
        }
        cases.sort_by_key(|revision| revision.opened_at);
        cases
    }
}

fn revision(key: &str, at: Timestamp, envelope: &[u8]) -> Option<Revision> {
    let envelope_value: Value = serde_json::from_slice(envelope).ok()?;
    let payload = base64::engine::general_purpose::STANDARD.decode(envelope_value["payload"].as_str()?).ok()?;
    let statement: Value = serde_json::from_slice(&payload).ok()?;
    let case = &statement["predicate"]["case"];
    Some(Revision {
        key: key.to_owned(),
        at,
        opened_at: case["openedAt"].as_str()?.parse().ok()?,
        case: case["id"].as_str()?.to_owned(),
        number: case["revision"].as_u64()?,
        verdict: case["verdict"].as_str()?.to_owned(),
        subject: statement["subject"][0]["name"].as_str().unwrap_or_default().to_owned(),
        follows: !case["signal"]["follows"].is_null(),
        steps: case["steps"].as_array().map_or(0, Vec::len),
        bytes: envelope.len(),
        record: statement["predicate"].clone(),
    })
}
