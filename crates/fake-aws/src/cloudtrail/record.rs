//! One record: the document that CloudTrail shows, and what it is found by.

use jiff::Timestamp;
use serde_json::Value;

use crate::call::Request;
use crate::lag::draw;

/// A management event, as one account knows of it.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its place among all records, from 0.
    pub number: usize,
    /// The account that it belongs to.
    pub account: String,
    /// The Region in whose history it stands.
    pub region: String,
    /// When the call was made.
    pub at: Timestamp,
    /// From when on `LookupEvents` shows it.
    pub visible_at: Timestamp,
    /// As policies name the call: `iam:CreateAccessKey`.
    pub action: String,
    /// Whether the call only reads, in CloudTrail's eyes.
    pub read_only: bool,
    /// Why the call was refused; none for one that was not.
    pub error: Option<String>,
    /// The unique id of the user or role, the account for its root, the service or the provider's subject otherwise.
    pub principal: String,
    /// What `LookupEvents` calls the user name: of a role's session, the session's name.
    pub username: Option<String>,
    /// The key that the call was signed with.
    pub access_key: Option<String>,
    /// Types and names of what the call was about.
    pub resources: Vec<(String, String)>,
    /// The document.
    pub document: Value,
    /// Whether it tells the role's account of another account's `AssumeRole`, which has a record of its own.
    pub is_shared_copy: bool,
}

impl Record {
    /// Whether the call was not refused.
    pub fn succeeded(&self) -> bool {
        self.error.is_none()
    }

    /// Whether the call started a session, which CloudTrail counts among the reads.
    pub fn starts_session(&self) -> bool {
        self.succeeded() && self.action.strip_prefix("sts:").is_some_and(starts_session)
    }

    /// The `eventID`.
    pub fn id(&self) -> &str {
        self.document["eventID"].as_str().unwrap_or_default()
    }
}

/// The Region in whose history a call stands: IAM and Organizations have one for all, STS logs in the Region of the endpoint.
pub(super) fn region_of(request: &Request) -> &str {
    if matches!(request.service.as_str(), "iam" | "organizations") { "us-east-1" } else { &request.region }
}

pub(super) fn source_of(service: &str) -> String {
    format!("{service}.amazonaws.com")
}

/// What the event history does not hold: it shows management events only.
pub(super) fn is_data_event(service: &str, operation: &str) -> bool {
    match service {
        "dynamodb" => !operation.ends_with("Table") && !operation.ends_with("Tables"),
        "s3" => operation.ends_with("Object") || operation.ends_with("Objects") || operation.starts_with("ListObject"),
        "sns" => operation.starts_with("Publish"),
        "lambda" => operation.starts_with("Invoke"),
        "kms" => matches!(operation, "Sign" | "Verify" | "Decrypt" | "Encrypt" | "GenerateDataKey"),
        _ => false,
    }
}

/// Whether a call only reads, in CloudTrail's eyes: all of STS does, also what starts sessions.
pub(super) fn is_read(service: &str, operation: &str) -> bool {
    const READS: [&str; 12] = [
        "Get", "List", "Describe", "Lookup", "Search", "Simulate", "BatchGet", "Head", "Decode", "Generate",
        "Validate", "Check",
    ];
    service == "sts" || READS.iter().any(|read| operation.starts_with(read))
}

pub(super) fn starts_session(operation: &str) -> bool {
    operation.starts_with("Assume") || matches!(operation, "GetSessionToken" | "GetFederationToken")
}

/// A name in the form of a UUID. It depends on the record's place alone, and takes no name from anything else.
pub(super) fn event_id(kind: &str, number: usize) -> String {
    let [high, low] = [0_u64, 1].map(|half| draw(0x7_1a17 + half, &[kind.as_bytes(), &number.to_le_bytes()]));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}
