//! A FIFO queue of SQS, by requests in the AWS JSON protocol.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>

use std::fmt;
use std::str::FromStr;

use aws_config::SdkConfig;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::signed::Signed;
use crate::call::{CallError, Operation};
use crate::safe_url::is_safe_url;

/// The address of a FIFO queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueUrl {
    url: String,
    /// The region, if the address names it.
    region: Option<String>,
}

/// A FIFO queue.
#[derive(Clone, Debug)]
pub struct Queue {
    sqs: Signed,
    url: String,
}

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The messages of a group are delivered in order: `MessageGroupId`.
    pub group: String,
    /// A message that was sent in the last five minutes is not sent again:
    /// `MessageDeduplicationId`.
    pub id: String,
    /// The text.
    pub body: String,
}

/// Why one message of a batch was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untaken {
    /// Its place in the batch.
    pub index: usize,
    /// SQS's code for it.
    pub code: String,
    /// Whether SQS would refuse it again: `SenderFault`.
    pub for_good: bool,
}

/// A message that was received.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Received {
    /// The text.
    pub body: String,
    /// What names this delivery of it: `ReceiptHandle`.
    pub receipt_handle: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    id: String,
    message_body: &'a str,
    message_group_id: &'a str,
    message_deduplication_id: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    #[serde(default)]
    successful: Vec<IgnoredAny>,
    #[serde(default)]
    failed: Vec<FailedEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FailedEntry {
    id: String,
    code: String,
    sender_fault: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Messages {
    #[serde(default)]
    messages: Vec<Received>,
}

impl FromStr for QueueUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "it is not the address of a FIFO queue, which begins with https:// and ends \
                     with .fifo";
        if !is_safe_url(text) || !text.ends_with(".fifo") {
            return Err(wrong);
        }
        let (_, rest) = text.split_once("://").ok_or(wrong)?;
        let host = rest.split(['/', ':']).next().unwrap_or(rest);
        let region = host.strip_prefix("sqs.").and_then(|host| host.split('.').next());
        Ok(Self { url: text.to_owned(), region: region.map(str::to_owned) })
    }
}

impl fmt::Display for QueueUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

impl Queue {
    /// SendMessageBatch
    pub const SEND: Operation = Operation::of("sqs", "SendMessage");
    /// ReceiveMessage
    pub const RECEIVE: Operation = Operation::of("sqs", "ReceiveMessage");
    /// DeleteMessageBatch
    pub const DELETE: Operation = Operation::of("sqs", "DeleteMessage");
    /// ChangeMessageVisibilityBatch
    pub const GIVE_BACK: Operation = Operation::of("sqs", "ChangeMessageVisibility");
    /// The most messages of one request (SQS API, "SendMessageBatch").
    pub const BATCH: usize = 10;
    /// The most bytes of one request that every queue takes (same page).
    pub const BATCH_BYTES: usize = 262_144;

    /// The queue, in the region that its address names, or in the configured one.
    #[must_use]
    pub fn new(config: &SdkConfig, QueueUrl { url, region }: &QueueUrl) -> Self {
        let configured = config.region().map_or("", |region| region.as_ref());
        let region = region.as_deref().unwrap_or(configured);
        Self { sqs: Signed::in_region(config, "sqs", region), url: url.clone() }
    }

    /// Sends at most [`Queue::BATCH`] messages. Returns those that were not taken.
    ///
    /// # Errors
    /// [`CallError`] if it is not known what was taken.
    pub async fn send(&self, messages: &[Outgoing]) -> Result<Vec<Untaken>, CallError> {
        let entries = messages.iter().enumerate().map(|(index, message)| Entry {
            id: index.to_string(),
            message_body: &message.body,
            message_group_id: &message.group,
            message_deduplication_id: &message.id,
        });
        let entries = Vec::from_iter(entries);
        let request = json!({"QueueUrl": self.url, "Entries": entries});
        let sent: Sent = self.ask(Self::SEND, "SendMessageBatch", &request).await?;
        let Sent { successful, failed } = sent;
        if successful.len() + failed.len() != messages.len() {
            return Err(CallError::Malformed {
                operation: Self::SEND,
                problem: "it does not say what became of each message",
            });
        }
        let untaken = failed.into_iter().map(|FailedEntry { id, code, sender_fault }| {
            let index = id.parse().map_err(|_| CallError::Malformed {
                operation: Self::SEND,
                problem: "it names a message that was not sent",
            })?;
            Ok(Untaken { index, code, for_good: sender_fault })
        });
        untaken.collect()
    }

    /// Receives up to [`Queue::BATCH`] messages; waits up to `seconds` until there is one. The same
    /// `attempt` gives the same messages again, if a reply was lost.
    ///
    /// # Errors
    /// [`CallError`] if SQS does not answer.
    pub async fn receive(&self, attempt: &str, seconds: u64) -> Result<Vec<Received>, CallError> {
        let request = json!({
            "QueueUrl": self.url,
            "MaxNumberOfMessages": Self::BATCH,
            "WaitTimeSeconds": seconds,
            "ReceiveRequestAttemptId": attempt,
        });
        let received: Messages = self.ask(Self::RECEIVE, "ReceiveMessage", &request).await?;
        Ok(received.messages)
    }

    /// Deletes messages. One that is not deleted is delivered again, so no error is reported.
    ///
    /// # Errors
    /// [`CallError`] if SQS does not answer.
    pub async fn delete(&self, receipts: &[String]) -> Result<(), CallError> {
        let entry = |(index, receipt): (usize, &String)| json!({"Id": index.to_string(), "ReceiptHandle": receipt});
        let entries = Vec::from_iter(receipts.iter().enumerate().map(entry));
        let request = json!({"QueueUrl": self.url, "Entries": entries});
        let _: Value = self.ask(Self::DELETE, "DeleteMessageBatch", &request).await?;
        Ok(())
    }

    /// Lets others receive messages at once.
    ///
    /// # Errors
    /// [`CallError`] if SQS does not answer.
    pub async fn give_back(&self, receipts: &[String]) -> Result<(), CallError> {
        let entry = |(index, receipt): (usize, &String)| json!({"Id": index.to_string(), "ReceiptHandle": receipt, "VisibilityTimeout": 0});
        let entries = Vec::from_iter(receipts.iter().enumerate().map(entry));
        let request = json!({"QueueUrl": self.url, "Entries": entries});
        let _: Value = self.ask(Self::GIVE_BACK, "ChangeMessageVisibilityBatch", &request).await?;
        Ok(())
    }

    async fn ask<R: for<'de> Deserialize<'de>>(
        &self,
        operation: Operation,
        name: &str,
        request: &Value,
    ) -> Result<R, CallError> {
        let target = format!("AmazonSQS.{name}");
        let body = self.sqs.post_json(operation, &target, &request.to_string()).await?;
        serde_json::from_str(&body)
            .map_err(|_| CallError::Malformed { operation, problem: "it is not a reply of SQS" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_a_fifo_queue() {
        let url = "https://sqs.eu-west-1.amazonaws.com/111122223333/feedback.fifo";
        let queue: QueueUrl = url.parse().unwrap();
        assert_eq!(queue.region.as_deref(), Some("eu-west-1"));
        let local: QueueUrl = "http://127.0.0.1:4566/1/x.fifo".parse().unwrap();
        assert_eq!(local.region, None);
        for wrong in ["x.fifo", "https://sqs.eu-west-1.amazonaws.com/1/feedback", "http://a/x.fifo"]
        {
            assert!(wrong.parse::<QueueUrl>().is_err(), "{wrong}");
        }
    }
}
