//! Attempts of actions.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::World;
use super::artifact::Artifact;
use super::declaration::Action;
use super::error::ApiError;
use super::job::Job;
use super::lag;
use super::report::{Outcome, Report, terminated};

/// A manual approval waits for seven days, unless its action has another timeout.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>
const APPROVAL_TIMEOUT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The state's summary of an open approval that nobody can answer any more.
const CANCELED: &str = "The approval action has been canceled.";

/// One attempt of one action.
///
/// AWS shows it in two ways that may differ for a while. GetPipelineState shows an answer at once;
/// ListActionExecutions shows it when CodePipeline has noticed it, up to half a minute later. Only
/// then does the execution continue.
#[derive(Debug)]
pub struct ActionRun {
    /// Its place in the order of all events.
    pub sequence: u64,
    /// `actionExecutionId`, and the token of an approval.
    pub id: String,
    /// The name of its stage.
    pub stage: String,
    /// The action as the execution's version of the pipeline declares it.
    pub action: Action,
    /// The action's configuration with its variables resolved.
    pub configuration: BTreeMap<String, String>,
    /// When it started.
    pub started: Timestamp,
    /// Its status in the state.
    pub status: ActionStatus,
    /// When that status changed. The state does not show it for an approval without an answer.
    pub changed: Option<Timestamp>,
    /// Its status in the history. The execution follows this one.
    pub noticed: ActionStatus,
    /// When that status changed.
    pub updated: Timestamp,
    /// The principal that approved or rejected an approval.
    pub updated_by: Option<String>,
    /// The id of the approval, the revision of the source, or the function.
    pub external_id: Option<String>,
    /// The URL of the function's log in the console, or of the source's commit.
    pub external_url: Option<String>,
    /// The approver's comment, or the action's own summary.
    pub summary: Option<String>,
    /// Why it failed, unless a person rejected it.
    pub error: Option<ErrorDetails>,
    /// Its output variables, for later actions.
    pub output_variables: BTreeMap<String, String>,
    /// Its input artifacts.
    pub inputs: Vec<Artifact>,
    /// Its output artifacts, once it has succeeded.
    pub outputs: Vec<Artifact>,
    /// What it waits for while it is in progress.
    pub work: Work,
    /// The time at which a retry replaced it.
    pub replaced: Option<Timestamp>,
    pub(super) shown: Shown,
    /// The time at which CodePipeline notices its outcome.
    pub(super) due: Option<Timestamp>,
}

/// When an attempt becomes visible, and when it disappears.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    /// The history shows it from then on.
    pub(super) in_history: Timestamp,
    /// The state shows it from then on.
    pub(super) in_state: Timestamp,
    /// The time that the state still shows it after a retry has replaced it.
    pub(super) after_replaced: SignedDuration,
}

/// The status of an action.
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
    /// A short name. For a job, the failure type that it reported.
    pub code: String,
    /// The text.
    pub message: String,
}

/// What an action waits for.
#[derive(Debug)]
pub enum Work {
    /// Its own end, with a known outcome.
    Pretended(Box<Pretence>),
    /// A person's answer, until this time.
    Approval(Timestamp),
    /// The gate's report.
    Job(Job),
}

/// The outcome of an action that does not wait.
#[derive(Debug, Default)]
pub struct Pretence {
    /// Why it fails, if it does.
    pub error: Option<ErrorDetails>,
    /// The revision of the source, or the place of the deployment.
    pub external_id: Option<String>,
    /// Where to look at the revision.
    pub external_url: Option<String>,
    /// The action's own summary.
    pub summary: Option<String>,
    /// Its output variables, for later actions.
    pub output_variables: BTreeMap<String, String>,
}

impl Work {
    /// An approval that waits from a point in time.
    pub(super) fn approval(action: &Action, started: Timestamp) -> Self {
        let wait = action.timeout_in_minutes.map_or(APPROVAL_TIMEOUT, SignedDuration::from_mins);
        Self::Approval(started + wait)
    }
}

impl ActionRun {
    /// Whether the execution still waits for it.
    #[must_use]
    pub fn in_progress(&self) -> bool {
        self.noticed == ActionStatus::InProgress
    }

    /// Whether it counts for its stage. It does not once a retry has replaced it.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.replaced.is_none()
    }

    /// Whether it is an approval, answered or not.
    #[must_use]
    pub fn is_approval(&self) -> bool {
        matches!(self.work, Work::Approval(_))
    }

    /// Whether it is an approval that can be answered.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_approval() && self.status == ActionStatus::InProgress
    }

    /// Its job, if it has one.
    #[must_use]
    pub fn job(&self) -> Option<&Job> {
        match &self.work {
            Work::Job(job) => Some(job),
            Work::Pretended(_) | Work::Approval(_) => None,
        }
    }

    /// Whether the history shows it.
    #[must_use]
    pub fn is_in_history(&self, now: Timestamp) -> bool {
        self.shown.in_history <= now
    }

    /// Whether the state may show it.
    pub(super) fn is_in_state(&self, now: Timestamp) -> bool {
        let left = self.replaced.map(|replaced| replaced + self.shown.after_replaced);
        self.shown.in_state <= now && left.is_none_or(|left| now < left)
    }

    /// The next time at which something happens to it by itself.
    pub(super) fn next_event(&self) -> Option<Timestamp> {
        if !self.in_progress() || self.due.is_some() {
            return self.due.filter(|_| self.in_progress());
        }
        match &self.work {
            Work::Approval(deadline) => Some(*deadline).filter(|_| self.is_open()),
            Work::Job(job) => Some(job.next_event()),
            Work::Pretended(_) => None,
        }
    }

    /// Does everything that is due. Returns whether there was anything.
    pub(super) fn pass(&mut self, world: &mut World) -> bool {
        if self.next_event().is_none_or(|event| event > world.now) {
            return false;
        }
        if let Work::Job(job) = &mut self.work
            && self.due.is_none()
            && job.is_to_be_invoked(world.now)
        {
            // `ActionRun::invoke` handles it.
            return false;
        }
        if self.due.take().is_some() {
            self.notice(world);
        } else {
            self.time_out(world);
        }
        true
    }

    /// CodePipeline notices its outcome.
    fn notice(&mut self, world: &mut World) {
        match &mut self.work {
            Work::Approval(_) => {
                self.noticed = self.status;
                self.updated = self.not_before_start(world.now);
            }
            Work::Pretended(pretence) => {
                let pretence = std::mem::take(pretence);
                self.external_id = pretence.external_id;
                self.external_url = pretence.external_url;
                self.summary = pretence.summary;
                match pretence.error {
                    Some(error) => self.fail(error, world),
                    None => self.succeed(pretence.output_variables, world),
                }
            }
            Work::Job(job) => match job.take_outcome(world) {
                None | Some(Outcome::Continue { .. }) => {}
                Some(Outcome::Success { output_variables }) => {
                    self.succeed(output_variables, world)
                }
                Some(Outcome::Failure { code, message }) => {
                    self.fail(ErrorDetails { code, message }, world)
                }
            },
        }
    }

    fn time_out(&mut self, world: &mut World) {
        let message = match &self.work {
            Work::Approval(_) => {
                "The approval action timed out: nobody approved or rejected it in time".to_owned()
            }
            Work::Job(_) | Work::Pretended(_) => format!(
                "The AWS Lambda function {} failed to return a result before timing out. Check that it has permission to \
                 call PutJobSuccessResult and PutJobFailureResult, and that it called one of them",
                self.configuration.get("FunctionName").map_or("", String::as_str)
            ),
        };
        let code = "TimeoutError".to_owned();
        self.fail(ErrorDetails { code, message }, world);
    }

    fn succeed(&mut self, output_variables: BTreeMap<String, String>, world: &mut World) {
        self.output_variables = output_variables;
        self.end(ActionStatus::Succeeded, world);
    }

    pub(super) fn fail(&mut self, error: ErrorDetails, world: &mut World) {
        self.error = Some(error);
        self.end(ActionStatus::Failed, world);
    }

    /// Ends it in both the state and the history.
    fn end(&mut self, status: ActionStatus, world: &mut World) {
        self.due = None;
        self.status = status;
        self.noticed = status;
        self.updated = self.not_before_start(world.now);
        self.changed = Some(self.updated + world.lag.draw(lag::STATE_CHANGED));
    }

    /// An action may be abandoned before it starts.
    fn not_before_start(&self, now: Timestamp) -> Timestamp {
        now.max(self.started)
    }

    /// Somebody answers this open approval. The execution continues when CodePipeline notices.
    pub(super) fn answer(
        &mut self,
        approved: bool,
        by: String,
        summary: String,
        world: &mut World,
    ) {
        self.status = if approved { ActionStatus::Succeeded } else { ActionStatus::Failed };
        let what = if approved { "Approved" } else { "Rejected" };
        self.summary = Some(if summary.is_empty() { format!("{what} by {by}") } else { summary });
        self.updated_by = Some(by);
        self.changed = Some(world.now);
        self.due = Some(world.now + world.lag.draw(lag::ANSWER));
    }

    /// The pipeline is updated while this approval is open. The state shows that it failed, and the
    /// history never ends it.
    pub(super) fn cancel(&mut self) {
        self.status = ActionStatus::Failed;
        self.summary = Some(CANCELED.to_owned());
    }

    /// Its notification is refused: the approval fails without an answer.
    pub(super) fn refuse_notification(&mut self, error: ErrorDetails, world: &mut World) {
        self.status = ActionStatus::Failed;
        self.error = Some(error);
        self.due = Some(self.started + world.lag.draw(lag::REFUSED_NOTIFICATION));
    }

    /// Abandons it. CodePipeline then notices an answer, but not a report.
    pub(super) fn abandon(&mut self, world: &mut World) {
        if self.is_approval() && self.due.take().is_some() {
            return self.notice(world);
        }
        self.end(ActionStatus::Abandoned, world);
        if self.is_approval() {
            self.changed = None;
            self.summary = Some(CANCELED.to_owned());
        }
    }

    /// Accepts the function's report on a current or former id of the job. CodePipeline notices it
    /// later.
    ///
    /// A job accepts the same report again. After its action was abandoned, or its pipeline
    /// deleted, a job accepts a report and ignores it.
    pub(super) fn take_report(
        &mut self,
        job_id: &str,
        report: Report,
        world: &mut World,
    ) -> Result<(), ApiError> {
        let Work::Job(job) = &mut self.work else {
            return Err(terminated(job_id));
        };
        if let Some(earlier) = job.report(job_id) {
            return earlier.check_repeated(job_id, &report);
        }
        report.check()?;
        match self.status {
            ActionStatus::InProgress => self.due = Some(world.now + world.lag.draw(lag::REPORT)),
            ActionStatus::Abandoned => {}
            ActionStatus::Succeeded | ActionStatus::Failed => return Err(terminated(job_id)),
        }
        job.reports.push((job_id.to_owned(), report));
        Ok(())
    }
}
