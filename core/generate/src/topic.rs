//! The topics that tell people that an approval waits.

use std::collections::BTreeMap;
use std::str::FromStr;

use names::{Arn, NameError};
use serde::Deserialize;

use super::slot::Slots;

/// The value of `--notification-arn`: a slot, and the SNS topic that its approvers read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SlotTopic {
    slot: String,
    arn: String,
}

impl FromStr for SlotTopic {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (slot, arn) = text.split_once('=').unwrap_or_default();
        let is_topic = |it: &Arn<'_>| it.service == "sns" && !it.resource.contains(':');
        if slot.is_empty() || !Arn::parse(arn).as_ref().is_some_and(is_topic) {
            return Err(NameError::new(
                text,
                "a slot and the ARN of an SNS topic, as in `ApprovalA=arn:aws:sns:…`",
            ));
        }
        Ok(Self { slot: slot.to_owned(), arn: arn.to_owned() })
    }
}

impl TryFrom<String> for SlotTopic {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

/// Why topics do not fit the slots.
#[derive(Debug, thiserror::Error)]
pub enum TopicsError {
    /// There is no such slot.
    #[error(
        "`--notification-arn` names `{0}`, which is not a slot; the slots are those of `--slot`"
    )]
    NoSlot(String),
    /// CodePipeline tells one topic about an approval.
    #[error("`--notification-arn` gives two topics for `{0}`; an approval has one")]
    Twice(String),
}

/// The topic of each slot that has one.
#[derive(Clone, Debug)]
pub(crate) struct Topics(BTreeMap<String, String>);

impl Topics {
    pub(crate) fn new(given: Vec<SlotTopic>, slots: &Slots) -> Result<Self, TopicsError> {
        let mut topics = BTreeMap::new();
        for SlotTopic { slot, arn } in given {
            if !slots.iter().any(|it| it.action() == Some(&slot)) {
                return Err(TopicsError::NoSlot(slot));
            }
            if topics.insert(slot.clone(), arn).is_some() {
                return Err(TopicsError::Twice(slot));
            }
        }
        Ok(Self(topics))
    }

    /// The topic of an approval action.
    pub(crate) fn of(&self, action: &str) -> Option<&str> {
        self.0.get(action).map(String::as_str)
    }
}
