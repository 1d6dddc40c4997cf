//! One attempt of one action.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::declaration::Action;
use super::error::{ApiError, ErrorCode};
use super::job::Job;
use super::{Report, World};

/// A manual approval waits seven days unless its action says otherwise.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>
const APPROVAL_TIMEOUT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The size of all output variables of one action together.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>
const OUTPUT_VARIABLES_BYTES: usize = 122_880;

/// One attempt of one action: what the history keeps.
#[derive(Debug)]
pub struct ActionRun {
    /// Its place in the order of everything that ever happened.
    pub sequence: u64,
    /// `actionExecutionId`.
    pub id: String,
    /// The name of the stage that it ran in.
    pub stage: String,
    /// The action as the execution's version of the pipeline declares it.
    pub action: Action,
    /// The action's configuration with its variables resolved.
    pub configuration: BTreeMap<String, String>,
    /// Where it stands.
    pub status: ActionStatus,
    /// When it started.
    pub started: Timestamp,
    /// When its status or summary last changed.
    pub updated: Timestamp,
    /// The principal that last changed it: of an approval, who approved or rejected.
    pub updated_by: Option<String>,
    /// The approval's token, the source's revision, or what the job reported.
    pub external_id: Option<String>,
    /// The approver's comment or the job's summary.
    pub summary: Option<String>,
    /// Why it failed, when something but a person says so.
    pub error: Option<ErrorDetails>,
    /// What it hands to later actions.
    pub output_variables: BTreeMap<String, String>,
    /// What it waits for while it is in progress.
    pub work: Work,
    /// Whether it counts for its stage: false once a retry has replaced it.
    pub counts: bool,
}

/// Where an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "AWS documents its statuses")]
pub enum ActionStatus {
    InProgress,
    Abandoned,
    Succeeded,
    Failed,
}

/// Why an action failed.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorDetails {
    /// A short name; of a job, the failure type that it reported.
    pub code: String,
    /// The text.
    pub message: String,
}

/// What an action waits for.
#[derive(Debug)]
pub enum Work {
    /// Nothing: it ends as it starts.
    Immediate,
    /// A person's answer.
    Approval {
        /// What the answer must carry.
        token: String,
        /// When it fails for want of one.
        deadline: Timestamp,
    },
    /// The gate's report.
    Job(Job),
}

impl Work {
    /// An approval that starts to wait now.
    pub(super) fn approval(token: String, action: &Action, now: Timestamp) -> Self {
        let wait = action
            .timeout_in_minutes
            .map_or(APPROVAL_TIMEOUT, SignedDuration::from_mins);
        Self::Approval {
            token,
            deadline: now + wait,
        }
    }
}

impl ActionRun {
    /// Whether it still waits.
    #[must_use]
    pub fn in_progress(&self) -> bool {
        self.status == ActionStatus::InProgress
    }

    /// The token that an answer to this approval must carry.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        match &self.work {
            Work::Approval { token, .. } => Some(token),
            Work::Immediate | Work::Job(_) => None,
        }
    }

    /// Its job, when it has one.
    #[must_use]
    pub fn job(&self) -> Option<&Job> {
        match &self.work {
            Work::Job(job) => Some(job),
            Work::Immediate | Work::Approval { .. } => None,
        }
    }

    /// When it fails for want of an answer.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        match &self.work {
            _ if !self.in_progress() => None,
            Work::Immediate => None,
            Work::Approval { deadline, .. } => Some(*deadline),
            Work::Job(job) => Some(job.deadline),
        }
    }

    /// Ends it.
    pub(super) fn finish(&mut self, status: ActionStatus, now: Timestamp) {
        self.status = status;
        self.updated = now;
    }

    /// Ends it as failed.
    pub(super) fn fail(&mut self, code: &str, message: impl Into<String>, now: Timestamp) {
        self.error = Some(ErrorDetails {
            code: code.to_owned(),
            message: message.into(),
        });
        self.finish(ActionStatus::Failed, now);
    }

    /// Fails it when its time is up.
    pub(super) fn expire(&mut self, now: Timestamp) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            let message = match &self.work {
                Work::Approval { .. } => {
                    "The approval action timed out: nobody approved or rejected it in time".to_owned()
                }
                Work::Immediate | Work::Job(_) => format!(
                    "The AWS Lambda function {} failed to return a result before timing out. Check that it has \
                     permission to call PutJobSuccessResult and PutJobFailureResult, and that it called one of them",
                    self.configuration.get("FunctionName").map_or("", String::as_str)
                ),
            };
            self.fail("TimeoutError", message, now);
        }
    }

    /// Takes what the function reports of the job that has, or once had, that id.
    pub(super) fn take_report(&mut self, job_id: &str, report: Report, world: &mut World) -> Result<(), ApiError> {
        let job = match &mut self.work {
            Work::Job(job) if job.id == job_id && self.status == ActionStatus::InProgress => job,
            Work::Job(_) | Work::Immediate | Work::Approval { .. } => {
                return Err(ErrorCode::InvalidJobState.because(format!(
                    "Job {job_id} is not in progress: a result was put for it, or its action has ended"
                )));
            }
        };
        match report {
            Report::Continue { token, summary } => {
                job.go_on(token, world.ids.as_mut(), world.now);
                self.summary = summary;
                self.updated = world.now;
            }
            Report::Success {
                summary,
                external_id,
                output_variables,
            } => {
                let bytes: usize = output_variables
                    .iter()
                    .map(|(name, value)| name.len() + value.len())
                    .sum();
                if bytes > OUTPUT_VARIABLES_BYTES {
                    return Err(ErrorCode::OutputVariablesSizeExceeded.because(format!(
                        "The output variables take {bytes} bytes, and {OUTPUT_VARIABLES_BYTES} is the most"
                    )));
                }
                self.summary = summary;
                self.external_id = external_id;
                self.output_variables = output_variables;
                self.finish(ActionStatus::Succeeded, world.now);
            }
            Report::Failure {
                code,
                message,
                external_id,
            } => {
                self.external_id = external_id;
                self.fail(&code, message, world.now);
            }
        }
        Ok(())
    }
}
