//! Copies whose format we know: those of keys that Severance rotates.

use std::collections::BTreeMap;

use severance_domain::ids::IamName;
use severance_domain::rotation::USER_TAG;
use severance_domain::rotation::format::{Format, KeySecret, SecretText};

use super::update::Rewrite;

/// Every format of a key in a secret, by its fields or by the tags that name them.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyFormats;

impl Rewrite for KeyFormats {
    fn rewrite(
        &self,
        (copy, copy_tags): (&str, &BTreeMap<String, String>),
        (source, source_tags): (&str, &BTreeMap<String, String>),
    ) -> Option<String> {
        let read = |text: &str, tags| KeySecret::read(&SecretText::new(text), Format::from_tags(tags).as_ref()).ok();
        let (copy, source) = (read(copy, copy_tags)?, read(source, source_tags)?);
        let by_tag = || IamName::try_from(source_tags.get(USER_TAG)?.as_str()).ok();
        // A secret of somebody else's key is none of this one's copies, whatever it holds.
        if copy.user.as_ref().zip(source.user.as_ref()).is_some_and(|(copy, source)| copy != source) {
            return None;
        }
        let user = source.user.clone().or_else(by_tag).or_else(|| copy.user.clone())?;
        let new = copy.with_key(&user, source.access_key.as_ref()?, source.secret()?);
        Some(new.expose().to_owned())
    }
}
