//! Keys in secrets: a workload that works with one, and what becomes of those that were replaced.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_sdk_secretsmanager::types::{RotationRulesType, Tag};
use serde_json::{Value, json};
use severance_domain::case::Case;

use crate::events::unique;
use crate::identities::HeldKey;
use crate::stack::{ACCOUNT, PATIENCE, Stack};

/// A service looks into its secret so often.
const CACHED: Duration = Duration::from_millis(300);

/// A service calls so often.
const PAUSE: Duration = Duration::from_millis(50);

impl HeldKey {
    /// As it stands in a secret.
    pub fn in_secret(&self, user: &str) -> String {
        json!({"userName": user, "accessKeyId": self.id, "secretAccessKey": self.secret}).to_string()
    }

    /// Whether a text tells its secret half.
    pub fn is_told_by(&self, text: &str) -> bool {
        text.contains(&self.secret)
    }

    /// From a secret's value; none where no key stands in it.
    fn read(value: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(value).ok()?;
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        Some(Self { id: text("accessKeyId")?, secret: text("secretAccessKey")? })
    }
}

/// The key that a secret holds; none where there is no secret, or no key in it yet.
async fn key_in(secrets: &aws_sdk_secretsmanager::Client, secret: &str) -> Option<HeldKey> {
    match secrets.get_secret_value().secret_id(secret).send().await {
        Ok(answer) => HeldKey::read(answer.secret_string().unwrap_or_default()),
        Err(error) => {
            let is_missing = error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception);
            assert!(is_missing, "{secret} cannot be read: {error:?}");
            None
        }
    }
}

/// STS, as the holder of a key.
fn sts_as(sdk: &SdkConfig, key: &HeldKey) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::config::Builder::from(sdk).credentials_provider(key.credentials()).build();
    aws_sdk_sts::Client::from_conf(config)
}

/// Asks who a key's holder is, which no policy can refuse; the error's code where AWS does not know the key.
async fn asks(sts: &aws_sdk_sts::Client) -> Result<(), String> {
    use aws_sdk_sts::error::ProvideErrorMetadata as _;
    match sts.get_caller_identity().send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(error.code().unwrap_or("no code").to_owned()),
    }
}

/// A user whose one key stands in a secret that the stack rotates.
pub struct Managed {
    /// The user.
    pub user: String,
    /// Its key.
    pub key: HeldKey,
    /// The secret's ARN.
    pub secret: String,
}

impl Stack {
    /// The ARN of the stack's rotation function.
    pub fn rotation_function(&self) -> String {
        format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{}", self.name("SECRET_ROTATION_FUNCTION"))
    }

    /// Makes a secret, and returns its ARN.
    pub async fn secret(&self, value: &str, tags: &[(&str, &str)]) -> String {
        let tags = tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build()).collect();
        let create = self.secrets.create_secret().name(unique("secret")).secret_string(value).set_tags(Some(tags));
        create.send().await.expect("a secret").arn().expect("its ARN").to_owned()
    }

    /// Attaches a function to a secret as its rotation, and starts it if it is to begin at once. Returns the version.
    pub async fn attach_rotation(&self, secret: &str, function: &str, at_once: bool) -> String {
        let rules = RotationRulesType::builder().automatically_after_days(30).build();
        let rotate = self.secrets.rotate_secret().secret_id(secret).rotation_lambda_arn(function);
        let answer = rotate.rotation_rules(rules).rotate_immediately(at_once).send().await;
        answer.expect("the rotation is attached").version_id().unwrap_or_default().to_owned()
    }

    /// Makes a user of this class with a key under management.
    pub async fn managed(&self, class: &str) -> Managed {
        let user = unique("managed");
        self.user(&user, "/", &[("severance:owner", "platform@example.com"), ("severance:class", class)]).await;
        let key = self.key(&user).await;
        let tags = [("severance:managed", "true"), ("severance:user-name", user.as_str())];
        let secret = self.secret(&key.in_secret(&user), &tags).await;
        let tag = aws_sdk_iam::types::Tag::builder().key("severance:secret").value(&secret).build().expect("a tag");
        self.iam.tag_user().user_name(&user).tags(tag).send().await.expect("the user is tagged");
        self.attach_rotation(&secret, &self.rotation_function(), false).await;
        // Secrets Manager tries the function out, by a version that is gone afterwards.
        self.until("the rotation was tried out", || async { !self.labels(&secret).await.contains_key("AWSPENDING") })
            .await;
        Managed { user, key, secret }
    }

    /// The versions of a secret by their labels.
    pub async fn labels(&self, secret: &str) -> BTreeMap<String, String> {
        let described = self.secrets.describe_secret().secret_id(secret).send().await.expect("the secret");
        let versions = described.version_ids_to_stages().into_iter().flatten();
        versions
            .flat_map(|(version, labels)| labels.iter().map(move |label| (label.clone(), version.clone())))
            .collect()
    }

    /// The key that a secret holds.
    pub async fn key_in(&self, secret: &str) -> HeldKey {
        key_in(&self.secrets, secret).await.unwrap_or_else(|| panic!("{secret} holds no key"))
    }

    /// Waits until a secret holds another key than this one.
    pub async fn moved(&self, secret: &str, from: &HeldKey) -> HeldKey {
        let begun = Instant::now();
        loop {
            if let Some(key) = key_in(&self.secrets, secret).await.filter(|key| key.id != from.id) {
                return key;
            }
            assert!(begun.elapsed() < PATIENCE, "{secret} never held another key");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Whether STS knows a key, whatever its user may do; else the error's code.
    pub async fn knows(&self, key: &HeldKey) -> Result<(), String> {
        asks(&sts_as(self.sdk(), key)).await
    }

    /// The cutover of a key that was replaced; none where there is none, or none any more.
    pub async fn cutover(&self, old: &HeldKey) -> Option<Value> {
        use aws_sdk_dynamodb::types::AttributeValue::S;
        let read = self.dynamodb.get_item().table_name(self.name("TABLE")).consistent_read(true);
        let read = read.key("pk", S("CUTOVERS".to_owned())).key("sk", S(format!("{ACCOUNT}#{}", old.id)));
        let item = read.send().await.expect("an answer").item?;
        serde_json::from_str(item["gate"].as_s().expect("a cutover")).ok()
    }

    /// The cases that a cutover has opened, the oldest first.
    pub async fn cases_of_cutover(&self, old: &HeldKey) -> Vec<Case> {
        let finding = format!("cutover/{ACCOUNT}/{}/", old.id);
        let scan = self.dynamodb.scan().table_name(self.name("TABLE")).consistent_read(true);
        let mut items = scan.into_paginator().items().send();
        let mut cases = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.expect("an item");
            let record = item.get("record").and_then(|record| record.as_s().ok());
            let record = record.filter(|record| record.contains(&finding));
            cases.extend(record.and_then(|record| serde_json::from_str::<Case>(record).ok()));
        }
        cases.retain(|case| case.signal.finding_id.starts_with(&finding));
        cases.sort_by_key(|case| case.opened_at);
        cases
    }

    /// Runs the schedule until something is so: other tests run it too, and theirs may be the one that does it.
    pub async fn run_schedule_until_so<F: Future<Output = bool>>(&self, what: &str, holds: impl Fn() -> F) {
        let begun = Instant::now();
        while !holds().await {
            assert!(begun.elapsed() < PATIENCE, "{what}: no run did it");
            self.run_schedule().await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Starts a service that works with the key in this secret, and with this one until there is another.
    pub fn service(&self, secret: &str, before: &HeldKey) -> Service {
        let (ended, worked) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Worked::default())));
        let work = Work {
            sdk: self.sdk().clone(),
            secrets: self.secrets.clone(),
            secret: secret.to_owned(),
            before: before.clone(),
            ended: ended.clone(),
            worked: worked.clone(),
        };
        Service { ended, worked, task: tokio::spawn(work.go_on()) }
    }
}

/// A service at work: it looks into its secret now and then, calls AWS with the key that it found there, and tries nothing
/// twice.
pub struct Service {
    ended: Arc<AtomicBool>,
    worked: Arc<Mutex<Worked>>,
    task: tokio::task::JoinHandle<()>,
}

/// What came of a service's calls.
#[derive(Debug, Clone, Default)]
pub struct Worked {
    /// Calls that AWS did, by the key that they were made with.
    pub calls: BTreeMap<String, u32>,
    /// What AWS refused: the key, and the error's code.
    pub failures: Vec<(String, String)>,
}

impl Service {
    /// What came of its calls so far.
    pub fn worked(&self) -> Worked {
        self.worked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it works with this key by now.
    pub fn uses(&self, key: &HeldKey) -> bool {
        self.worked().calls.contains_key(&key.id)
    }

    /// Stops it.
    pub async fn end(self) -> Worked {
        self.ended.store(true, Ordering::Relaxed);
        self.task.await.expect("the service came to no harm");
        let worked = self.worked.lock().unwrap_or_else(PoisonError::into_inner);
        worked.clone()
    }
}

struct Work {
    sdk: SdkConfig,
    secrets: aws_sdk_secretsmanager::Client,
    secret: String,
    before: HeldKey,
    ended: Arc<AtomicBool>,
    worked: Arc<Mutex<Worked>>,
}

impl Work {
    async fn go_on(self) {
        let mut read_at = Instant::now();
        let mut key = self.key().await;
        let mut sts = sts_as(&self.sdk, &key);
        while !self.ended.load(Ordering::Relaxed) {
            if read_at.elapsed() > CACHED {
                read_at = Instant::now();
                let found = self.key().await;
                if found.id != key.id {
                    sts = sts_as(&self.sdk, &found);
                    key = found;
                }
            }
            let answer = asks(&sts).await;
            {
                let mut worked = self.worked.lock().unwrap_or_else(PoisonError::into_inner);
                match answer {
                    Ok(()) => *worked.calls.entry(key.id.clone()).or_default() += 1,
                    Err(code) => worked.failures.push((key.id.clone(), code)),
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn key(&self) -> HeldKey {
        key_in(&self.secrets, &self.secret).await.unwrap_or_else(|| self.before.clone())
    }
}
