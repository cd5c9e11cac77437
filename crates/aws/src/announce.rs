//! Telling people: one SNS message per case revision.

use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;
use severance_domain::message::Message;

use crate::error::AwsError;

const PUBLISH: &str = "sns:Publish";

/// The topic for messages.
#[derive(Clone)]
pub struct Announcer {
    sns: Client,
    topic: String,
}

impl Announcer {
    /// On this topic.
    pub fn new(sns: Client, topic: String) -> Self {
        Self { sns, topic }
    }

    /// Publishes a message with its attributes, for filter policies.
    pub async fn announce(&self, message: &Message) -> Result<(), AwsError> {
        // Amazon Q Developer in chat applications subscribes over HTTPS and reads only its own JSON; mail and queues get text.
        let by_protocol = serde_json::json!({
            "default": message.body,
            "https": message.chat.to_json().to_string(),
        });
        let mut publish = self
            .sns
            .publish()
            .topic_arn(&self.topic)
            .subject(&message.subject)
            .message_structure("json")
            .message(by_protocol.to_string());
        for (name, value) in &message.attributes {
            // Both parts are given, so this cannot fail; a message without one attribute would still be read.
            if let Ok(value) = MessageAttributeValue::builder().data_type("String").string_value(value).build() {
                publish = publish.message_attributes(*name, value);
            }
        }
        publish.send().await.map(|_| ()).map_err(|error| AwsError::of(PUBLISH, &error))
    }
}
