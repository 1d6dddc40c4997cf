//! The door of production, a state machine or a topic, and the queue that comes back.

use std::str::FromStr;

use facts::CallError;
use facts::aws::{Progress, Queue, QueueUrl, Received, StateMachine, StateMachineArn};
use serde::Deserialize;

use super::sns::{Topic, TopicArn};
use super::{Connection, NoRegion};
use crate::production::{Door, Relay};

/// What CI may send a request to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DoorArn {
    Machine(StateMachineArn),
    Topic(TopicArn),
}

/// The relay of production, over AWS.
#[derive(Clone, Debug)]
pub(crate) struct LiveRelay {
    door: Option<LiveDoor>,
    queue: Queue,
}

#[derive(Clone, Debug)]
enum LiveDoor {
    Machine(StateMachine),
    Topic(Topic),
}

/// The error of a Lambda function, as Step Functions shows it (Step Functions Developer Guide,
/// "Handling errors").
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cause {
    error_message: String,
}

/// What the relay's function returns.
#[derive(Deserialize)]
struct Answer {
    started: bool,
    message: String,
}

impl FromStr for DoorArn {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(machine) = text.parse() {
            return Ok(Self::Machine(machine));
        }
        let topic = text.parse().map(Self::Topic);
        topic.map_err(|_| "it is neither the ARN of a state machine nor of a standard topic of SNS")
    }
}

impl LiveRelay {
    pub(crate) async fn open(
        connection: &Connection,
        door: Option<&DoorArn>,
        queue: &QueueUrl,
    ) -> Result<Self, NoRegion> {
        let config = connection.config().await?;
        let door = door.map(|door| match door {
            DoorArn::Machine(arn) => LiveDoor::Machine(StateMachine::new(&config, arn)),
            DoorArn::Topic(arn) => LiveDoor::Topic(Topic::new(&config, arn)),
        });
        Ok(Self { door, queue: Queue::new(&config, queue) })
    }
}

impl Relay for LiveRelay {
    async fn ask(&self, name: &str, request: &str) -> Result<(), CallError> {
        match &self.door {
            Some(LiveDoor::Machine(machine)) => machine.start(name, request).await.map(|_| ()),
            Some(LiveDoor::Topic(topic)) => topic.send(request).await,
            None => Ok(()),
        }
    }

    async fn answer(&self, name: &str) -> Result<Door, CallError> {
        let Some(LiveDoor::Machine(machine)) = &self.door else { return Ok(Door::Silent) };
        Ok(door(machine.describe(name).await?))
    }

    async fn receive(&self, attempt: &str, seconds: u64) -> Result<Vec<Received>, CallError> {
        self.queue.receive(attempt, seconds).await
    }

    async fn delete(&self, receipts: &[String]) -> Result<(), CallError> {
        self.queue.delete(receipts).await
    }

    async fn give_back(&self, receipts: &[String]) -> Result<(), CallError> {
        self.queue.give_back(receipts).await
    }
}

fn door(progress: Progress) -> Door {
    match progress {
        Progress::Runs => Door::Open,
        Progress::Succeeded(output) => match serde_json::from_str(&output) {
            Ok(Answer { started: false, message }) => Door::ReleasedBefore(message),
            Ok(Answer { started: true, message }) => Door::Started(message),
            Err(_) => Door::Started(output),
        },
        Progress::Failed { error, cause } => {
            let message: Result<Cause, _> = serde_json::from_str(&cause);
            let message = message.map_or(cause, |cause| cause.error_message);
            match error.as_str() {
                "Refused" => Door::Refused(vec![message]),
                _ => Door::Failed(format!("{error}: {message}")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_is_a_machine_or_a_topic() {
        let machine = "arn:aws:states:eu-west-1:111122223333:stateMachine:relay";
        assert!(matches!(machine.parse(), Ok(DoorArn::Machine(_))));
        let topic = "arn:aws:sns:eu-west-1:111122223333:relay";
        assert!(matches!(topic.parse(), Ok(DoorArn::Topic(_))));
        for wrong in ["relay", "arn:aws:lambda:eu-west-1:111122223333:function:relay"] {
            assert!(wrong.parse::<DoorArn>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_answer_of_the_door_is_told_in_its_words() {
        let failed = |error: &str, cause: &str| {
            door(Progress::Failed { error: error.to_owned(), cause: cause.to_owned() })
        };
        let cause = r#"{"errorType": "Refused", "errorMessage": "too old"}"#;
        assert_eq!(failed("Refused", cause), Door::Refused(vec!["too old".to_owned()]));
        assert_eq!(failed("States.Timeout", ""), Door::Failed("States.Timeout: ".to_owned()));
        let answer = |started| {
            door(Progress::Succeeded(format!(r#"{{"started": {started}, "message": "x"}}"#)))
        };
        assert_eq!(answer(true), Door::Started("x".to_owned()));
        assert_eq!(answer(false), Door::ReleasedBefore("x".to_owned()));
    }
}
