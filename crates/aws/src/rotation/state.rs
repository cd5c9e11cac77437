//! A secret as a rotation sees it.

use std::collections::BTreeMap;

use severance_domain::ids::Arn;
use severance_domain::rotation::format::Format;

/// A secret at the beginning of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Its ARN.
    pub arn: Arn,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The labels of its versions.
    pub stages: BTreeMap<String, Vec<String>>,
    /// Whether rotation is on.
    pub rotates: bool,
    /// Whether it waits for its deletion.
    pub deleted: bool,
    /// The Region that it is replicated from, if it is a replica.
    pub primary: Option<String>,
}

impl State {
    /// Whether a version bears a label.
    pub fn has(&self, version: &str, label: &str) -> bool {
        self.stages.get(version).is_some_and(|labels| labels.iter().any(|held| held == label))
    }

    /// The version under this label.
    pub fn version(&self, label: &str) -> Option<&String> {
        self.stages.iter().find(|(_, labels)| labels.iter().any(|held| held == label)).map(|(version, _)| version)
    }

    /// The format that its tags name, if they name one.
    pub fn format(&self) -> Option<Format> {
        Format::from_tags(&self.tags)
    }
}
