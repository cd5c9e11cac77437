//! What the stack publishes: evidence and messages.

use std::time::Instant;

use aws_sdk_sqs::types::QueueAttributeName;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use severance_domain::evidence::Statement;
use severance_domain::evidence::verify::{PublicKey, verify};

use crate::events::unique;
use crate::stack::{PATIENCE, Stack};

impl Stack {
    /// The verified statement that a reaction names.
    pub async fn evidence(&self, reaction: &Value) -> Statement {
        let uri = reaction["evidence"].as_str().expect("the evidence's place");
        let (bucket, key) = uri.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).expect("an S3 URI");
        let object = self.s3.get_object().bucket(bucket).key(key).send().await.expect("the evidence");
        let bytes = object.body.collect().await.expect("the evidence's bytes").into_bytes();
        let keys = [self.public_key().await];
        verify(&bytes, &keys).unwrap_or_else(|failure| panic!("{uri} does not verify: {failure}")).statement
    }

    /// The verified statement whose place a message names.
    pub async fn evidence_of(&self, message: &Value) -> Statement {
        let body = message["Message"].as_str().expect("a body");
        let uri = body.split_whitespace().find(|word| word.starts_with("s3://")).expect("the evidence's place");
        self.evidence(&json!({"evidence": uri})).await
    }

    /// The public half of the signing key.
    pub async fn public_key(&self) -> PublicKey {
        let key = self.name("SIGNING_KEY");
        let answer = self.kms.get_public_key().key_id(key).send().await.expect("the public key");
        let der = STANDARD.encode(answer.public_key().expect("the key"));
        let lines: Vec<&str> = der.as_bytes().chunks(64).filter_map(|line| str::from_utf8(line).ok()).collect();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
        PublicKey::from_pem(&pem).expect("a P-256 key")
    }

    /// A new queue that gets every message of the topic from now on.
    pub async fn inbox(&self) -> Inbox<'_> {
        self.inbox_of("TOPIC").await
    }

    /// A new queue that gets every message of this topic of the stack from now on.
    pub async fn inbox_of(&self, topic: &str) -> Inbox<'_> {
        let queue = self.sqs.create_queue().queue_name(unique("inbox")).send().await.expect("a queue");
        let url = queue.queue_url().expect("its URL").to_owned();
        let attributes = self
            .sqs
            .get_queue_attributes()
            .queue_url(&url)
            .attribute_names(QueueAttributeName::QueueArn)
            .send()
            .await
            .expect("its attributes");
        let arn =
            attributes.attributes().and_then(|all| all.get(&QueueAttributeName::QueueArn)).expect("its ARN").clone();
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage", "Resource": arn}]});
        self.sqs
            .set_queue_attributes()
            .queue_url(&url)
            .attributes(QueueAttributeName::Policy, policy.to_string())
            .send()
            .await
            .expect("the topic may send to the queue");
        self.sns
            .subscribe()
            .topic_arn(self.name(topic))
            .protocol("sqs")
            .endpoint(arn)
            .send()
            .await
            .expect("a subscription");
        Inbox { stack: self, url }
    }

    /// Waits for a message in a queue that passes.
    pub async fn message(&self, queue: &str, passes: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let answer = self
                .sqs
                .receive_message()
                .queue_url(queue)
                .max_number_of_messages(10)
                .wait_time_seconds(1)
                .visibility_timeout(5)
                .send()
                .await
                .expect("the queue answers");
            for message in answer.messages() {
                let body: Value = serde_json::from_str(message.body().unwrap_or_default()).unwrap_or(Value::Null);
                if passes(&body) {
                    return body;
                }
            }
        }
        panic!("no such message came to {queue}")
    }
}

/// A responder's inbox.
pub struct Inbox<'a> {
    stack: &'a Stack,
    pub(crate) url: String,
}

impl Inbox<'_> {
    /// Waits for the message about this case.
    pub async fn about(&self, case: &str) -> Value {
        self.saying(case, "").await
    }

    /// Waits for the message about this case whose subject says so.
    pub async fn saying(&self, case: &str, words: &str) -> Value {
        let text = |message: &Value, name: &str| message[name].as_str().unwrap_or_default().to_owned();
        let is_meant =
            |message: &Value| text(message, "Message").contains(case) && text(message, "Subject").contains(words);
        self.stack.message(&self.url, is_meant).await
    }

    /// All messages that are there within a moment, each once.
    pub async fn all(&self) -> Vec<Value> {
        let mut found = Vec::new();
        let mut quiet = 0;
        while quiet < 2 {
            let receive = self.stack.sqs.receive_message().queue_url(&self.url).max_number_of_messages(10);
            let answer = receive.wait_time_seconds(1).visibility_timeout(60).send().await.expect("the queue answers");
            quiet = if answer.messages().is_empty() { quiet + 1 } else { 0 };
            found.extend(answer.messages().iter().map(|message| {
                serde_json::from_str::<Value>(message.body().unwrap_or_default()).unwrap_or(Value::Null)
            }));
        }
        found
    }
}
