//! Executions of state machines of Step Functions, by requests in the AWS JSON protocol.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>

use std::fmt;
use std::str::FromStr;

use aws_config::SdkConfig;
use names::Arn;
use serde::Deserialize;
use serde_json::json;

use super::signed::Signed;
use crate::call::{CallError, Operation};

/// What an execution may take as input, in bytes (Step Functions Developer Guide, "Quotas").
pub const INPUT_LIMIT: usize = 262_144;

/// The ARN of a state machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateMachineArn {
    arn: String,
    region: String,
}

/// A state machine.
#[derive(Clone, Debug)]
pub struct StateMachine {
    states: Signed,
    arn: StateMachineArn,
}

/// What became of a request to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// The execution runs. It is the earlier one if that still runs, and has the same input.
    Runs,
    /// An execution of this name has ended, or has another input. Nothing was started.
    NameIsTaken,
}

/// How far an execution has come, as `status` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It has not ended.
    Runs,
    /// It has succeeded, with this output.
    Succeeded(String),
    /// It has failed, timed out or was aborted.
    Failed {
        /// The name of the error.
        error: String,
        /// What is known about it.
        cause: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    execution_arn: String,
}

#[derive(Deserialize)]
struct Described {
    status: String,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
}

impl FromStr for StateMachineArn {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let machine = Arn::parse(text).filter(|it| it.service == "states");
        let name = machine.and_then(|it| Some((it, it.resource.strip_prefix("stateMachine:")?)));
        let (machine, _) = name
            .filter(|(_, name)| !name.is_empty() && !name.contains(':'))
            .ok_or("it is not the ARN of a state machine")?;
        Ok(Self { arn: text.to_owned(), region: machine.region.to_owned() })
    }
}

impl fmt::Display for StateMachineArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

impl StateMachineArn {
    /// The ARN of its execution with this name.
    #[must_use]
    pub fn execution(&self, name: &str) -> String {
        format!("{}:{name}", self.arn.replacen(":stateMachine:", ":execution:", 1))
    }
}

impl StateMachine {
    /// StartExecution
    pub const START: Operation = Operation::of("states", "StartExecution");
    /// DescribeExecution
    pub const DESCRIBE: Operation = Operation::of("states", "DescribeExecution");

    /// The state machine, in the region that its ARN names.
    #[must_use]
    pub fn new(config: &SdkConfig, arn: &StateMachineArn) -> Self {
        Self { states: Signed::in_region(config, "states", &arn.region), arn: arn.clone() }
    }

    /// Starts an execution with this name. A name is free again 90 days after its execution ended.
    ///
    /// # Errors
    /// [`CallError`] if it is not known whether the execution runs.
    pub async fn start(&self, name: &str, input: &str) -> Result<Start, CallError> {
        let request = json!({"stateMachineArn": self.arn.arn, "name": name, "input": input});
        let target = "AWSStepFunctions.StartExecution";
        match self.states.post_json(Self::START, target, &request.to_string()).await {
            Ok(body) => match serde_json::from_str(&body) {
                Ok(Started { execution_arn }) if execution_arn == self.arn.execution(name) => {
                    Ok(Start::Runs)
                }
                Ok(_) | Err(_) => Err(CallError::Malformed {
                    operation: Self::START,
                    problem: "it does not name the execution",
                }),
            },
            Err(CallError::Refused { code, .. }) if code == "ExecutionAlreadyExists" => {
                Ok(Start::NameIsTaken)
            }
            Err(error) => Err(error),
        }
    }

    /// How far the execution with this name has come.
    ///
    /// # Errors
    /// [`CallError`] if Step Functions does not say.
    pub async fn describe(&self, name: &str) -> Result<Progress, CallError> {
        let request = json!({"executionArn": self.arn.execution(name)}).to_string();
        let target = "AWSStepFunctions.DescribeExecution";
        let body = self.states.post_json(Self::DESCRIBE, target, &request).await?;
        let described: Described =
            serde_json::from_str(&body).map_err(|_| CallError::Malformed {
                operation: Self::DESCRIBE,
                problem: "it does not describe an execution",
            })?;
        let Described { status, output, error, cause } = described;
        Ok(match status.as_str() {
            "SUCCEEDED" => Progress::Succeeded(output.unwrap_or_default()),
            "FAILED" | "TIMED_OUT" | "ABORTED" => Progress::Failed {
                error: error.unwrap_or(status),
                cause: cause.unwrap_or_default(),
            },
            _ => Progress::Runs,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_is_named_after_its_machine() {
        let arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:release";
        let machine: StateMachineArn = arn.parse().unwrap();
        assert_eq!(
            machine.execution("a-1"),
            "arn:aws:states:eu-west-1:111122223333:execution:release:a-1"
        );
        for wrong in ["release", "arn:aws:sns:eu-west-1:111122223333:x", &format!("{arn}:1")] {
            assert!(wrong.parse::<StateMachineArn>().is_err(), "{wrong}");
        }
    }
}
