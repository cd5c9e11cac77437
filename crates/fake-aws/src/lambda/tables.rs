//! What was asked of functions, and nobody took yet.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde_json::Value;

/// An asynchronous invocation that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// When.
    pub at: Timestamp,
    /// The function's name, without what else its ARN says.
    pub function: String,
    /// What it is handed.
    pub payload: Value,
}

/// What was asked of functions.
#[derive(Debug, Clone, Default)]
pub struct Lambda {
    waiting: VecDeque<Invocation>,
}

impl Lambda {
    pub(super) fn put(&mut self, invocation: Invocation) {
        self.waiting.push_back(invocation);
    }

    /// The oldest invocation that nobody took yet.
    pub fn take(&mut self) -> Option<Invocation> {
        self.waiting.pop_front()
    }
}
