//! Secrets of AWS Secrets Manager: what each holds now (`AWSCURRENT`).
//!
//! Names come a hundred to a page and values twenty to a call: 600 calls for 10,000 secrets. `BatchGetSecretValue` can page by
//! itself, but only by a filter, and no filter is documented that lets every secret through. Secrets that wait for their
//! deletion are not listed: nobody can read them.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::SecretListEntry;
use futures::StreamExt as _;
use severance_domain::copies::Place;
use severance_domain::right::secretsmanager;

use super::equal::RunKey;
use super::finds::{Finds, Searcher, Wanted, reason};
use crate::error::AwsError;

const LIST: &str = secretsmanager::LIST_SECRETS.action;
const BATCH: &str = secretsmanager::BATCH_GET_SECRET_VALUE.action;
const GET: &str = secretsmanager::GET_SECRET_VALUE.action;

/// Secrets that AWS gives in one call.
const BATCH_OF: usize = 20;

/// Calls at the same time: a page of names is five of them. Each answer is at most 20 values of 64 kB.
const AT_ONCE: usize = 5;

/// Looks into secrets.
pub(super) struct Secrets {
    client: Client,
    /// Set once AWS refused a batch: it would refuse the next one, too.
    one_by_one: AtomicBool,
}

/// A value, as AWS gives it. Deliberately without Debug.
enum Held {
    Text(String),
    Binary(Vec<u8>),
}

/// One secret as far as it is needed.
#[derive(Clone)]
struct Listed {
    arn: String,
    is_replica: bool,
}

/// What one secret answered: its value; none where it holds none; else the code and words of the refusal.
type Read = (Listed, Result<Option<Held>, (&'static str, String, String)>);

impl Secrets {
    pub(super) fn new(client: Client) -> Self {
        Self { client, one_by_one: AtomicBool::new(false) }
    }

    async fn read(&self, secrets: Vec<Listed>) -> Vec<Read> {
        if !self.one_by_one.load(Ordering::Relaxed) {
            match self.batch(&secrets).await {
                Ok(read) => return read,
                // Where it is too busy for one call it is not asked for twenty.
                Err(error) if error.retryable => {
                    let refused = |listed| (listed, Err((BATCH, error.code.clone(), error.message.clone())));
                    return secrets.into_iter().map(refused).collect();
                }
                Err(_) => self.one_by_one.store(true, Ordering::Relaxed),
            }
        }
        let mut read = Vec::new();
        for listed in secrets {
            let value = match self.client.get_secret_value().secret_id(&listed.arn).send().await {
                Ok(answer) => Ok(held(answer.secret_string, answer.secret_binary)),
                Err(error) => {
                    let error = AwsError::of(GET, &error);
                    absent_or(GET, error.code, error.message)
                }
            };
            read.push((listed, value));
        }
        read
    }

    async fn batch(&self, secrets: &[Listed]) -> Result<Vec<Read>, AwsError> {
        let find = |id: Option<&str>| id.and_then(|id| secrets.iter().find(|listed| listed.arn == id)).cloned();
        let mut read = Vec::new();
        let ids: Vec<String> = secrets.iter().map(|listed| listed.arn.clone()).collect();
        let mut pages = self.client.batch_get_secret_value().set_secret_id_list(Some(ids)).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(BATCH, &error))?;
            for error in page.errors() {
                let Some(listed) = find(error.secret_id()) else { continue };
                let code = error.error_code().unwrap_or("Unknown").to_owned();
                read.push((listed, absent_or(GET, code, error.message().unwrap_or_default().to_owned())));
            }
            for value in page.secret_values.unwrap_or_default() {
                let Some(listed) = find(value.arn.as_deref()) else { continue };
                read.push((listed, Ok(held(value.secret_string, value.secret_binary))));
            }
        }
        // What AWS says nothing of was not looked at.
        for listed in secrets {
            if !read.iter().any(|(known, _)| known.arn == listed.arn) {
                read.push((listed.clone(), Err((BATCH, "nothing".to_owned(), String::new()))));
            }
        }
        Ok(read)
    }
}

fn held(text: Option<String>, binary: Option<aws_sdk_secretsmanager::primitives::Blob>) -> Option<Held> {
    text.map(Held::Text).or_else(|| binary.map(|blob| Held::Binary(blob.into_inner())))
}

/// One that is gone since it was listed, or has no current value, holds no copy.
fn absent_or(
    action: &'static str,
    code: String,
    message: String,
) -> Result<Option<Held>, (&'static str, String, String)> {
    if code == "ResourceNotFoundException" { Ok(None) } else { Err((action, code, message)) }
}

fn listed(entry: &SecretListEntry, region: &str) -> Option<Listed> {
    let arn = entry.arn()?.to_owned();
    Some(Listed { arn, is_replica: entry.primary_region().is_some_and(|primary| primary != region) })
}

#[async_trait]
impl Searcher for Secrets {
    fn place(&self) -> Place {
        Place::Secret
    }

    async fn search(&self, wanted: &Wanted, finds: &mut Finds) -> Result<(), AwsError> {
        let mut pages = self.client.list_secrets().max_results(100).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST, &error))?;
            let all: Vec<Listed> = page.secret_list().iter().filter_map(|entry| listed(entry, &finds.region)).collect();
            drop(page);
            let batches: Vec<Vec<Listed>> = all.chunks(BATCH_OF).map(<[Listed]>::to_vec).collect();
            let reads = batches.into_iter().map(|batch| self.read(batch));
            let mut answers = futures::stream::iter(reads).buffer_unordered(AT_ONCE);
            while let Some(read) = answers.next().await {
                for (listed, value) in read {
                    search_one(wanted, finds, &listed, value);
                }
            }
        }
        Ok(())
    }
}

fn search_one(
    wanted: &Wanted,
    finds: &mut Finds,
    secret: &Listed,
    value: Result<Option<Held>, (&'static str, String, String)>,
) {
    let held = match value {
        Err((action, code, message)) => return finds.unread.item(reason(action, &code, &message), &secret.arn),
        Ok(held) => held,
    };
    finds.looked_at += 1;
    let bytes = match &held {
        None => return,
        Some(Held::Text(text)) => text.as_bytes(),
        Some(Held::Binary(bytes)) => bytes,
    };
    // The id of a key is plain ASCII, which stays whole whatever is around it.
    finds.document(wanted, &secret.arn, &String::from_utf8_lossy(bytes), bytes);
    // A replica is equal to its secret by its nature, and an empty value to nothing that matters.
    if let (Some(run_key), false, false) = (&wanted.run_key, secret.is_replica, bytes.is_empty()) {
        finds.digests.push((run_key.digest(bytes), secret.arn.clone()));
    }
}

/// The full ARN of a secret and the digest of what it holds now.
pub(super) async fn digest_of(client: &Client, secret: &str, run_key: &RunKey) -> Result<(String, [u8; 32]), AwsError> {
    let answer = client.get_secret_value().secret_id(secret).send().await;
    let answer = answer.map_err(|error| AwsError::of(GET, &error))?;
    let arn = answer.arn().unwrap_or(secret).to_owned();
    let digest = match (answer.secret_string(), answer.secret_binary()) {
        (Some(text), _) => run_key.digest(text.as_bytes()),
        (None, Some(binary)) => run_key.digest(binary.as_ref()),
        (None, None) => run_key.digest(b""),
    };
    Ok((arn, digest))
}
