//! Whose act a record of CloudTrail is: by the principal that `userIdentity` names, never by a name that somebody chose.
//!
//! CloudTrail finds calls by user name, and of a role's session that is the name which its caller gave it: anybody's session may be
//! called like a user. (`CloudTrail` user guide, "CloudTrail userIdentity element".)

use std::collections::BTreeSet;

use serde_json::Value;

use crate::record::case::Case;
use crate::words::ids::{AccessKeyId, Arn, UniqueId};
use crate::words::subject::SubjectKind;

/// Whose an act is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The identity's own, or that of a session which it started.
    Its,
    /// Somebody else's.
    Anothers,
    /// The record does not tell.
    Untold,
}

/// The identity whose acts are looked for, with the keys that are known to be its own.
#[derive(Debug, Clone)]
pub struct Principal {
    kind: SubjectKind,
    arn: Option<Arn>,
    unique_id: Option<UniqueId>,
    keys: BTreeSet<String>,
    /// Whether only what is done with the keys counts: a key that was put on somebody acts beside that user's own.
    by_keys_alone: bool,
}

impl Principal {
    /// The subject of a case, with the keys that it held and those that the claim names.
    ///
    /// Of a case about a key that was put on somebody, that key: the others are the user's own.
    pub fn of(case: &Case) -> Self {
        let by_keys_alone = case.signal.planted().is_some();
        let held = case.inventory.access_keys.iter().map(|key| &key.id);
        // The claim about a role names the key of one of its sessions.
        let held = held.filter(|_| !by_keys_alone);
        let keys = case.signal.keys().chain(held).map(ToString::to_string).collect();
        let subject = &case.subject;
        Self { kind: subject.kind, arn: subject.arn.clone(), unique_id: subject.unique_id.clone(), keys, by_keys_alone }
    }

    /// Learns the key of a session that it started, or of one of its own. False where it was known.
    pub fn learn(&mut self, key: &AccessKeyId) -> bool {
        self.keys.insert(key.to_string())
    }

    /// Whose the call of a record is.
    pub fn made(&self, record: &Value) -> Whose {
        if self.by_keys_alone {
            let key = record.pointer("/userIdentity/accessKeyId").and_then(Value::as_str);
            return its(key.is_some_and(|key| self.keys.contains(key)));
        }
        // Of a role that was switched to in the console, the record is by the new session, and says who switched.
        let switched = record.pointer("/additionalEventData/SwitchFrom").and_then(Value::as_str);
        if switched.is_some() && switched == self.arn.as_ref().map(Arn::as_str) {
            return Whose::Its;
        }
        let who = |path: &str| record.get("userIdentity").and_then(|who| who.pointer(path)).and_then(Value::as_str);
        let key = who("/accessKeyId").filter(|key| !key.is_empty());
        let is_own_key = key.is_some_and(|key| self.keys.contains(key));
        let Some(kind) = who("/type").filter(|kind| !kind.is_empty()) else {
            return if is_own_key { Whose::Its } else { Whose::Untold };
        };
        let (id, arn, of) = match kind {
            "IAMUser" => (who("/principalId"), who("/arn"), SubjectKind::User),
            "FederatedUser" => (
                who("/sessionContext/sessionIssuer/principalId"),
                who("/sessionContext/sessionIssuer/arn"),
                SubjectKind::User,
            ),
            // Of a session's principal id, the role's own stands before the colon.
            "AssumedRole" | "Role" => (
                who("/sessionContext/sessionIssuer/principalId").or_else(|| who("/principalId")),
                who("/sessionContext/sessionIssuer/arn"),
                SubjectKind::Role,
            ),
            // Another account tells the caller's id, and no name.
            "AWSAccount" => (who("/principalId"), None, self.kind),
            // Services, root, and people of identity providers: none of these is a user or role, unless a session of its making.
            _ => return if is_own_key { Whose::Its } else { Whose::Anothers },
        };
        let id = id.and_then(|id| id.split(':').next()).filter(|id| !id.is_empty());
        if is_own_key && (of == SubjectKind::Role || self.unique_id.is_none() || id.is_none()) {
            return Whose::Its;
        }
        match (id, &self.unique_id, arn, &self.arn) {
            _ if of != self.kind => Whose::Anothers,
            // Whoever was made again under the name is somebody else.
            (Some(id), Some(own), ..) => its(id == own.as_str()),
            (_, _, Some(arn), Some(own)) => its(arn == own.as_str()),
            _ => Whose::Untold,
        }
    }
}

fn its(is_own: bool) -> Whose {
    if is_own { Whose::Its } else { Whose::Anothers }
}
