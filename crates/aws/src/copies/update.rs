//! Writing the new key into a copy: only into secrets that are ours to write, once for each version of the source.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::Tag;
use severance_domain::copies::{Needle, Updated};
use severance_domain::digest::Digest;
use severance_domain::ids::AccessKeyId;
use severance_domain::right::secretsmanager;
use severance_domain::rotation::{CURRENT, MANAGED_TAG};

use crate::error::AwsError;

const DESCRIBE: &str = secretsmanager::DESCRIBE_SECRET.action;
const GET: &str = secretsmanager::GET_SECRET_VALUE.action;
const PUT: &str = secretsmanager::PUT_SECRET_VALUE.action;

/// The tag by which owners give a secret into our hands, and its value.
const MANAGED: (&str, &str) = (MANAGED_TAG, "true");

/// Knows the formats of secrets.
pub trait Rewrite: Send + Sync {
    /// A copy's text with the key of the source in place of its own; none where its format is not known. Tags may name a
    /// format. The texts are secret.
    fn rewrite(
        &self,
        copy: (&str, &BTreeMap<String, String>),
        source: (&str, &BTreeMap<String, String>),
    ) -> Option<String>;
}

/// For formats that need no tags: from the copy's text and the source's.
impl<F: Fn(&str, &str) -> Option<String> + Send + Sync> Rewrite for F {
    fn rewrite(
        &self,
        (copy, _): (&str, &BTreeMap<String, String>),
        (source, _): (&str, &BTreeMap<String, String>),
    ) -> Option<String> {
        self(copy, source)
    }
}

/// The secret that holds the new key. Deliberately without Debug: it is the secret.
pub struct Source {
    arn: String,
    version: String,
    text: String,
    tags: BTreeMap<String, String>,
}

impl Source {
    /// Reads it.
    ///
    /// # Errors
    /// Why nothing can be written from it: it cannot be read, or holds the old key itself.
    pub async fn read(client: &Client, arn: &str, old: &AccessKeyId) -> Result<Self, String> {
        let described = client.describe_secret().secret_id(arn).send().await;
        let described = described.map_err(|error| AwsError::of(DESCRIBE, &error).to_string())?;
        let value = client.get_secret_value().secret_id(arn).version_stage(CURRENT).send().await;
        let value = value.map_err(|error| AwsError::of(GET, &error).to_string())?;
        let (Some(version), Some(text)) = (value.version_id, value.secret_string) else {
            return Err(format!("the source {arn} holds no text"));
        };
        if Needle::new(old.clone()).is_in(&text) {
            return Err(format!("the source {arn} itself still holds the old key: rotate it first"));
        }
        // Whoever may ask for a search must not have any secret's value written where they can read it.
        let tags = tags(described.tags());
        if !is_managed(&tags) {
            return Err(format!(
                "the source {arn} is not tagged {} = {}, so it is none that is rotated",
                MANAGED.0, MANAGED.1
            ));
        }
        let arn = value.arn.unwrap_or_else(|| arn.to_owned());
        Ok(Self { arn, version, text, tags })
    }
}

fn tags(tags: &[Tag]) -> BTreeMap<String, String> {
    let pair = |tag: &Tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned()));
    tags.iter().filter_map(pair).collect()
}

fn is_managed(tags: &BTreeMap<String, String>) -> bool {
    tags.get(MANAGED.0).map(String::as_str) == Some(MANAGED.1)
}

pub(super) fn left(why: &str) -> Updated {
    Updated::Left { why: why.to_owned() }
}

/// The id of the version that this version of the source makes of a copy: whoever asks again asks for the same one, and AWS
/// makes it once.
fn version_for(copy: &str, source: &Source) -> String {
    Digest::of(format!("copy {copy} of {} {}", source.arn, source.version).as_bytes()).as_hex().to_owned()
}

/// Writes the source's key into a copy, as its new current version. The old one stays as `AWSPREVIOUS`.
///
/// The copy is left as it is where it does not bear the tag `severance:managed` = `true`, is rotated or owned by somebody else,
/// is a replica, or has a format that is not known; and where somebody put another version in the place of ours.
pub async fn update_copy(
    client: &Client,
    copy: &str,
    source: &Source,
    old: &AccessKeyId,
    rewrite: &dyn Rewrite,
    is_dry: bool,
) -> Updated {
    match try_update(client, copy, source, old, rewrite, is_dry).await {
        Ok(updated) => updated,
        Err(error) => Updated::Left { why: error.to_string() },
    }
}

async fn try_update(
    client: &Client,
    copy: &str,
    source: &Source,
    old: &AccessKeyId,
    rewrite: &dyn Rewrite,
    is_dry: bool,
) -> Result<Updated, AwsError> {
    let described = client.describe_secret().secret_id(copy).send().await;
    let described = described.map_err(|error| AwsError::of(DESCRIBE, &error))?;
    let its_tags = tags(described.tags());
    if !is_managed(&its_tags) {
        return Ok(left(&format!(
            "it is not ours to write: tag it {} = {}, or write it by hand",
            MANAGED.0, MANAGED.1
        )));
    }
    let region = copy.split(':').nth(3).unwrap_or_default();
    if let Some(primary) = described.primary_region().filter(|primary| *primary != region) {
        return Ok(left(&format!("it is a replica, and follows its secret in {primary}")));
    }
    if let Some(owner) = described.owning_service() {
        return Ok(left(&format!("{owner} writes it")));
    }
    if described.rotation_enabled() == Some(true) {
        return Ok(left("it has a rotation of its own, which would write over it: start that"));
    }
    let version = version_for(copy, source);
    match described.version_ids_to_stages().and_then(|versions| versions.get(&version)) {
        Some(labels) if labels.iter().any(|label| label == CURRENT) => return Ok(Updated::Already { version }),
        Some(_) => return Ok(left("it was written before, and somebody has put another version in its place since")),
        None => {}
    }
    let held = client.get_secret_value().secret_id(copy).version_stage(CURRENT).send().await;
    let held = held.map_err(|error| AwsError::of(GET, &error))?;
    let Some(text) = held.secret_string() else { return Ok(left("it holds no text")) };
    let Some(new) = rewrite.rewrite((text, &its_tags), (&source.text, &source.tags)) else {
        return Ok(left("its format is not known: write it by hand"));
    };
    if Needle::new(old.clone()).is_in(&new) {
        return Ok(left("the old key stands in it more than once: write it by hand"));
    }
    if is_dry {
        return Ok(Updated::WouldBe);
    }
    let put = client.put_secret_value().secret_id(copy).client_request_token(&version).secret_string(new);
    let put = put.send().await.map_err(|error| AwsError::of(PUT, &error))?;
    if !put.version_stages().iter().any(|label| label == CURRENT) {
        return Ok(left(
            "Secrets Manager took the new version and did not make it the current one: look at its versions",
        ));
    }
    Ok(Updated::Written { version })
}
