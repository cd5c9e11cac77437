//! What policies answer about a step.

use serde::{Deserialize, Serialize};

/// What the policy answers for one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// Do it now.
    Enforce,
    /// Do all but the call, and say what would have been done.
    Observe,
    /// A person decides.
    Review,
    /// Never done by Severance, whatever any policy says.
    Refuse,
    /// A person decided against it, or nobody decided in time.
    Decline,
}

/// What the policies answered about one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ruling {
    /// The policies' own answer: enforce, review or observe. Refusals, the breaker and the stack's mode come after it.
    pub answer: Disposition,
    /// The policies that led to it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub policies: Vec<PolicyReason>,
    /// Whether a review that nobody answers in its time is carried out.
    #[serde(default)]
    pub enforce_on_silence: bool,
    /// What lowered the answer: a refusal, the breaker, the stack's mode, a decision.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lowered_by: Option<String>,
}

/// One policy that led to an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyReason {
    /// Its `@id`.
    pub id: String,
    /// Its `@reason`: what it says in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub says: Option<String>,
}
