//! What one searcher looks for, and what it finds.

use std::collections::BTreeSet;

use async_trait::async_trait;
use severance_domain::copies::{Copy, How, Needle, Place, Unread};
use severance_domain::text::is_unseen;

use super::equal::RunKey;
use crate::error::AwsError;

/// Copies that are told, so that the answer stays below Lambda's 6 MB; those beyond are counted.
pub(super) const COPIES: usize = 2_000;

/// What is looked for.
pub(super) struct Wanted {
    pub(super) needle: Option<Needle>,
    /// A secret's ARN and the digest of its value.
    pub(super) equal: Option<(String, [u8; 32])>,
    /// None where the system gave no random bytes.
    pub(super) run_key: Option<RunKey>,
}

/// What one searcher found in one Region.
pub(super) struct Finds {
    pub(super) place: Place,
    pub(super) region: String,
    pub(super) looked_at: u64,
    pub(super) copies: BTreeSet<Copy>,
    /// Copies beyond the limit.
    pub(super) more: u64,
    pub(super) unread: Unread,
    /// Digests of secrets, and whose they are.
    pub(super) digests: Vec<([u8; 32], String)>,
}

impl Finds {
    pub(super) fn new(place: Place, region: &str) -> Self {
        Self {
            place,
            region: region.to_owned(),
            looked_at: 0,
            copies: BTreeSet::new(),
            more: 0,
            unread: Unread::default(),
            digests: vec![],
        }
    }

    /// Looks into a whole document, such as a secret: a text, and the bytes that it is made of.
    pub(super) fn document(&mut self, wanted: &Wanted, arn: &str, text: &str, bytes: &[u8]) {
        for field in wanted.needle.iter().flat_map(|needle| needle.fields_of(text)) {
            self.copy(arn, field, How::NamesKey);
        }
        self.equal(wanted, arn, None, bytes);
    }

    /// Looks into the value of something that has a name of its own, such as a variable.
    pub(super) fn named(&mut self, wanted: &Wanted, arn: &str, name: &str, value: &str) {
        // Whoever named it may have chosen anything.
        let shown = || Some(name.chars().filter(|c| !is_unseen(*c)).take(200).collect::<String>());
        if wanted.needle.as_ref().is_some_and(|needle| !needle.fields_of(value).is_empty()) {
            self.copy(arn, shown(), How::NamesKey);
        }
        self.equal(wanted, arn, shown(), value.as_bytes());
    }

    fn equal(&mut self, wanted: &Wanted, arn: &str, field: Option<String>, value: &[u8]) {
        if let (Some((to, digest)), Some(run_key)) = (&wanted.equal, &wanted.run_key)
            && to != arn
            && run_key.digest(value) == *digest
        {
            self.copy(arn, field, How::EqualValue { to: to.clone() });
        }
    }

    fn copy(&mut self, arn: &str, field: Option<String>, how: How) {
        if self.copies.len() >= COPIES {
            self.more += 1;
            return;
        }
        let (place, region) = (self.place, self.region.clone());
        self.copies.insert(Copy { place, arn: arn.to_owned(), region, field, how, updated: None });
    }
}

/// Looks into one kind of place, in one Region.
#[async_trait]
pub(super) trait Searcher: Send + Sync {
    /// What it looks into.
    fn place(&self) -> Place;

    /// Looks into all there is, a page at a time. What it found before it failed, or before it was stopped, stays found.
    async fn search(&self, wanted: &Wanted, finds: &mut Finds) -> Result<(), AwsError>;
}

/// Why one thing could not be read, without its name, so that things can be counted by it.
pub(super) fn reason(action: &str, code: &str, message: &str) -> String {
    if message.contains("KMS") || message.contains("customer master key") || code.contains("Decrypt") {
        format!("{action} answered {code}: the KMS key may not be used; allow kms:Decrypt on it to the copies search")
    } else {
        format!("{action} answered {code}")
    }
}
