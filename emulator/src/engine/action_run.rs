//! One attempt of one action.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::artifact::Artifact;
use super::declaration::Action;
use super::job::Job;
use super::lag;
use super::report::Outcome;
use super::{Effect, World};

/// A manual approval waits seven days unless its action says otherwise.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>
const APPROVAL_TIMEOUT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What the state says of an approval that cannot be answered any more, though nobody has.
const CANCELED: &str = "The approval action has been canceled.";

/// One attempt of one action.
///
/// AWS tells it in two ways that may differ for a while: GetPipelineState shows an answer as soon
/// as it is given, and ListActionExecutions when CodePipeline has noticed it, up to half a minute
/// later. Only then the execution goes on.
#[derive(Debug)]
pub struct ActionRun {
    /// Its place in the order of everything that ever happened.
    pub sequence: u64,
    /// `actionExecutionId`, and the token of an approval.
    pub id: String,
    /// The name of the stage that it ran in.
    pub stage: String,
    /// The action as the execution's version of the pipeline declares it.
    pub action: Action,
    /// The action's configuration with its variables resolved.
    pub configuration: BTreeMap<String, String>,
    /// When it started.
    pub started: Timestamp,
    /// Where it stands as the state tells it.
    pub status: ActionStatus,
    /// When that changed. The state does not say it of an approval that nobody has answered.
    pub changed: Option<Timestamp>,
    /// Where it stands as the history tells it, and as the execution goes by.
    pub noticed: ActionStatus,
    /// When that changed.
    pub updated: Timestamp,
    /// Of an approval, the principal that approved or rejected it.
    pub updated_by: Option<String>,
    /// The approval's id, the source's revision, or the function.
    pub external_id: Option<String>,
    /// Where the console shows the function's log.
    pub external_url: Option<String>,
    /// The approver's comment, or what the action says of itself.
    pub summary: Option<String>,
    /// Why it failed, when something but a person says so.
    pub error: Option<ErrorDetails>,
    /// What it hands to later actions.
    pub output_variables: BTreeMap<String, String>,
    /// What it reads.
    pub inputs: Vec<Artifact>,
    /// What it writes, once it has succeeded.
    pub outputs: Vec<Artifact>,
    /// What it waits for while it is in progress.
    pub work: Work,
    /// When a retry replaced it.
    pub replaced: Option<Timestamp>,
    pub(super) shown: Shown,
    /// When CodePipeline notices what has become of it.
    pub(super) due: Option<Timestamp>,
}

/// When an attempt comes into view, and when it leaves it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    /// From when on the history has it.
    pub(super) in_history: Timestamp,
    /// From when on the state has it.
    pub(super) in_state: Timestamp,
    /// How long the state has it after it was replaced.
    pub(super) after_replaced: SignedDuration,
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
    /// Its own end, which is certain: this is what it comes to.
    Pretended(Box<Pretence>),
    /// A person's answer, which must come by then.
    Approval(Timestamp),
    /// The gate's report.
    Job(Job),
}

/// What an action that waits for nobody comes to.
#[derive(Debug, Default)]
pub struct Pretence {
    /// Why it fails, if it does.
    pub error: Option<ErrorDetails>,
    /// The source's revision, or where something was deployed.
    pub external_id: Option<String>,
    /// What it says of itself.
    pub summary: Option<String>,
    /// What it hands to later actions.
    pub output_variables: BTreeMap<String, String>,
}

impl Work {
    /// An approval that starts to wait then.
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

    /// Whether it counts for its stage: not once a retry has replaced it.
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

    /// Its job, when it has one.
    #[must_use]
    pub fn job(&self) -> Option<&Job> {
        match &self.work {
            Work::Job(job) => Some(job),
            Work::Pretended(_) | Work::Approval(_) => None,
        }
    }

    /// Whether the history has it.
    #[must_use]
    pub fn is_in_history(&self, now: Timestamp) -> bool {
        self.shown.in_history <= now
    }

    /// Whether the state may show it.
    pub(super) fn is_in_state(&self, now: Timestamp) -> bool {
        let left = self.replaced.map(|replaced| replaced + self.shown.after_replaced);
        self.shown.in_state <= now && left.is_none_or(|left| now < left)
    }

    /// When something happens to it without anybody doing anything.
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

    /// Does what is due. True when something was.
    pub(super) fn pass(&mut self, world: &mut World) -> bool {
        if self.next_event().is_none_or(|event| event > world.now) {
            return false;
        }
        if let Work::Job(job) = &mut self.work
            && self.due.is_none()
            && job.is_to_be_invoked(world.now)
        {
            // The execution, which knows what the event must say, invokes it.
            return false;
        }
        if self.due.take().is_some() {
            self.notice(world);
        } else {
            self.time_out(world);
        }
        true
    }

    /// The invocation of its function, when that is due.
    pub(super) fn invoke(&mut self, world: &World) -> Option<Effect> {
        let job = self.job()?;
        if !self.in_progress() || self.due.is_some() || !job.is_to_be_invoked(world.now) {
            return None;
        }
        let function = self.configuration.get("FunctionName").map_or("", String::as_str);
        let effect = Effect::Invoke {
            job_id: job.id.clone(),
            function: world.settings.function_arn(function),
            event: job.event(self, world),
        };
        if let Work::Job(job) = &mut self.work {
            job.invoked();
        }
        Some(effect)
    }

    /// CodePipeline notices what has become of it.
    fn notice(&mut self, world: &mut World) {
        match &mut self.work {
            Work::Approval(_) => {
                self.noticed = self.status;
                self.updated = self.not_before_start(world.now);
            }
            Work::Pretended(pretence) => {
                let pretence = std::mem::take(pretence);
                self.external_id = pretence.external_id;
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

    /// Ends it for the state and the history alike.
    fn end(&mut self, status: ActionStatus, world: &mut World) {
        self.due = None;
        self.status = status;
        self.noticed = status;
        self.updated = self.not_before_start(world.now);
        self.changed = Some(self.updated + world.lag.draw(lag::STATE_CHANGED));
    }

    /// An action may be given up before it has begun.
    fn not_before_start(&self, now: Timestamp) -> Timestamp {
        now.max(self.started)
    }

    /// Somebody answers this open approval. The execution goes on when that is noticed.
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

    /// The pipeline is updated while this approval is open: the state says that it failed, and the
    /// history never ends it.
    pub(super) fn cancel(&mut self) {
        self.status = ActionStatus::Failed;
        self.summary = Some(CANCELED.to_owned());
    }

    /// Its notification is refused: the approval fails, and nobody has answered it.
    pub(super) fn refuse_notification(&mut self, error: ErrorDetails, world: &mut World) {
        self.status = ActionStatus::Failed;
        self.error = Some(error);
        self.due = Some(self.started + world.lag.draw(lag::REFUSED_NOTIFICATION));
    }

    /// Gives it up. An answer that was given is noticed with that; a report never is.
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
}
