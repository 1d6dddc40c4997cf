//! A topic of SNS, which mails to those who subscribe to it: AWS Query requests.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>

use std::str::FromStr;

use aws_config::SdkConfig;
use facts::aws::{Signed, form, refusal};
use facts::{CallError, Operation};
use names::Arn;

use crate::notify::Notice;

const PUBLISH: Operation = Operation::of("sns", "Publish");

/// The ARN of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicArn {
    arn: String,
    region: String,
}

/// A topic.
#[derive(Clone, Debug)]
pub(super) struct Topic {
    sns: Signed,
    arn: String,
}

impl FromStr for TopicArn {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let topic = Arn::parse(text).filter(|it| it.service == "sns" && !it.resource.contains(':'));
        let topic = topic.ok_or("it is not the ARN of a topic of SNS")?;
        if topic.resource.ends_with(".fifo") {
            return Err("it is a FIFO topic, which sends no mails; give a standard one");
        }
        Ok(Self { arn: text.to_owned(), region: topic.region.to_owned() })
    }
}

impl Topic {
    pub(super) fn new(config: &SdkConfig, TopicArn { arn, region }: &TopicArn) -> Self {
        Self { sns: Signed::in_region(config, "sns", region), arn: arn.clone() }
    }

    /// Publishes a notice. Subscriptions can filter by its attributes: `event`, `pipeline`, and
    /// `people`, a list.
    pub(super) async fn publish(&self, notice: &Notice) -> Result<(), CallError> {
        let people = serde_json::json!(notice.people).to_string();
        let (subject, mail) = (notice.subject(), notice.mail());
        let attributes = [
            ("event", "String", notice.why.as_str()),
            ("pipeline", "String", notice.pipeline.as_str()),
            ("people", "String.Array", people.as_str()),
        ];
        let attributes =
            attributes.into_iter().enumerate().flat_map(|(index, (name, of, value))| {
                let entry = format!("MessageAttributes.entry.{}", index + 1);
                [("Name", name), ("Value.DataType", of), ("Value.StringValue", value)]
                    .map(|(member, value)| (format!("{entry}.{member}"), value))
            });
        let attributes = Vec::from_iter(attributes);
        let members = [
            ("Action", "Publish"),
            ("Version", "2010-03-31"),
            ("TopicArn", &self.arn),
            ("Subject", &subject),
            ("Message", &mail),
        ];
        let attributes = attributes.iter().map(|(name, value)| (name.as_str(), *value));
        self.publish_form(&form(members.into_iter().chain(attributes))).await
    }

    /// Publishes a text for programs.
    pub(super) async fn send(&self, message: &str) -> Result<(), CallError> {
        let members = [
            ("Action", "Publish"),
            ("Version", "2010-03-31"),
            ("TopicArn", &self.arn),
            ("Message", message),
        ];
        self.publish_form(&form(members)).await
    }

    async fn publish_form(&self, form: &str) -> Result<(), CallError> {
        let reply = self.sns.post(PUBLISH, form).await?;
        if reply.status == 200 { Ok(()) } else { Err(refusal(PUBLISH, &reply)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_one_that_mails() {
        let topic: TopicArn = "arn:aws-cn:sns:cn-north-1:111122223333:desk".parse().unwrap();
        assert_eq!(topic.region, "cn-north-1");
        for wrong in [
            "desk",
            "arn:aws:sqs:eu-west-1:111122223333:desk",
            "arn:aws:sns:eu-west-1:111122223333:desk.fifo",
            "arn:aws:sns:eu-west-1:111122223333:desk:2bcfbf39-05c3-41de-beaa-fcfcc21c8f55",
        ] {
            assert!(wrong.parse::<TopicArn>().is_err(), "{wrong}");
        }
    }
}
