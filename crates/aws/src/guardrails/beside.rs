//! Which cases there are about an identity, by its unique id: so that a restoration finds what other cases hold, and a question what a
//! person has answered before.
//!
//! An item only names a case. What the case holds, the case itself says: nothing here has to be kept in step with it, and nothing is
//! removed when a case is restored. INVARIANT: the item is there before the first step of its case is taken.

use futures::StreamExt as _;
use severance_domain::case::{Case, CaseId};
use severance_domain::subject::Subject;

use super::table::{Guardrails, QUERY, corrupt, expiry, key, text_of};
use crate::cases::{CaseError, Cases};
use crate::clock;
use crate::error::AwsError;

/// How long an item names its case: longer than any case is kept, which a restoration may keep for longer than it was opened.
const KEEP_DAYS: i64 = 3_650;

/// Cases that are read at the same time.
const AT_ONCE: usize = 8;

impl Guardrails {
    /// Remembers that a case is about an identity, by one conditional write (`dynamodb:PutItem`).
    ///
    /// # Errors
    /// Where DynamoDB does not answer.
    pub async fn remember_about(&self, subject: &Subject, case: &CaseId) -> Result<(), AwsError> {
        let mut item = key(&partition_of(subject), case.as_str());
        item.insert("expires_at".to_owned(), expiry(clock::now(), KEEP_DAYS));
        // One that is remembered already is remembered by the same item, but for when it is forgotten.
        self.put_new(item).await.map(drop)
    }

    /// The other cases about the identity of this one, as they are stored now, by strongly consistent reads. A case whose item is
    /// there and which is not holds nothing: its worker died before its first step, or it was forgotten.
    ///
    /// # Errors
    /// Where DynamoDB does not answer, or a case cannot be read: what nobody can read may hold something.
    pub async fn beside(&self, case: &Case, cases: &Cases) -> Result<Vec<Case>, CaseError> {
        let mut ids: Vec<CaseId> = Vec::new();
        for item in self.partition(&partition_of(&case.subject)).await? {
            let sk = text_of(QUERY, "an item of an identity", &item, "sk")?;
            let id: CaseId = serde_json::from_value(serde_json::Value::from(sk))
                .map_err(|error| corrupt(QUERY, sk, &error.to_string()))?;
            ids.push(id);
        }
        ids.retain(|id| *id != case.id);
        let mut read = futures::stream::iter(ids).map(|id| async move { cases.load(&id).await }).buffered(AT_ONCE);
        let mut beside = Vec::new();
        while let Some(stored) = read.next().await {
            beside.extend(stored?.map(|stored| stored.case));
        }
        Ok(beside)
    }
}

fn partition_of(subject: &Subject) -> String {
    format!("IDENTITY#{}", subject.key())
}
