//! Answers to manual approvals.

use std::sync::Arc;

use super::World;
use super::action_run::{ActionRun, ActionStatus};
use super::error::{ApiError, ErrorCode};
use super::pipeline::Pipeline;

/// An answer to a manual approval.
#[derive(Debug)]
pub struct Answer {
    /// The ARN of the principal that answers.
    pub caller: String,
    /// The stage of the approval.
    pub stage: String,
    /// The approval action.
    pub action: String,
    /// Identifies the attempt.
    pub token: String,
    /// Whether it approves. Otherwise it rejects.
    pub approved: bool,
    /// The comment.
    pub summary: String,
}

impl Pipeline {
    pub(super) fn answer_approval(
        &mut self,
        answer: Answer,
        world: &mut World,
    ) -> Result<(), ApiError> {
        let current = Arc::clone(&self.current);
        let name = &current.structure.name;
        let runs = self.executions.iter_mut().flat_map(|execution| &mut execution.runs);
        let mut approvals = runs.filter(|run| run.is_approval() && run.started <= world.now);
        let meant = |run: &&mut ActionRun| {
            run.id == answer.token && run.stage == answer.stage && run.action.name == answer.action
        };
        let Some(run) = approvals.find(meant) else {
            let missing = match current.stage(&answer.stage) {
                None => ErrorCode::StageNotFound
                    .because(format!("The pipeline has no stage '{}'", answer.stage)),
                Some(stage) if stage.action(&answer.action).is_none() => ErrorCode::ActionNotFound
                    .because(format!("Stage '{}' has no action '{}'", answer.stage, answer.action)),
                Some(_) => ErrorCode::InvalidApprovalToken.because(format!(
                    "The token is not that of an approval of action '{}' in stage '{}'",
                    answer.action, answer.stage
                )),
            };
            return Err(missing);
        };
        if !run.is_open() {
            return Err(closed(run, name));
        }
        let required = run.configuration.get("IsSummaryRequired");
        if required.is_some_and(|required| required == "true") && answer.summary.trim().is_empty() {
            return Err(ErrorCode::InvalidApprovalToken.because(format!(
                "Action '{}' in stage '{}' requires a summary. Provide a summary in the approval result and try again.",
                answer.action, answer.stage
            )));
        }
        run.answer(answer.approved, answer.caller, answer.summary, world);
        self.advance(world);
        Ok(())
    }

    /// Cancels the open approvals of executions in progress, as AWS does when a pipeline is
    /// updated.
    pub(super) fn cancel_approvals(&mut self) {
        let runs = self.executions.iter_mut().flat_map(|execution| &mut execution.runs);
        runs.filter(|run| run.is_open()).for_each(ActionRun::cancel);
    }
}

/// The error for an approval that nobody can answer any more. AWS says that the pipeline was
/// updated even if the execution was stopped.
fn closed(run: &ActionRun, pipeline: &str) -> ApiError {
    let canceled = run.updated_by.is_none() && run.error.is_none();
    if canceled && matches!(run.status, ActionStatus::Abandoned | ActionStatus::Failed) {
        return ErrorCode::InvalidApprovalToken.because(format!(
            "The pipeline {pipeline} has been updated, and the approval request you responded to is now out of date."
        ));
    }
    ErrorCode::ApprovalAlreadyCompleted.because(
        "The approval request that you responded to is already complete or has expired. Review the latest revisions in \
         the pipeline, and then try again.",
    )
}
