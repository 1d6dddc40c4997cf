//! Which pipeline execution a job belongs to, and what must prove it.

use facts::{Lag, ReadError};
use rule::{Attempt, Status};

use crate::failure::{Failure, FailureKind};
use crate::jobs::{GET_JOB_DETAILS, JobDetails};
use crate::program::Program;

/// The execution of a job, and what must prove that it is the right one.
#[derive(Clone, Debug)]
pub struct OwnExecution {
    program: &'static Program,
    id: String,
    /// The job's own run, which the history must contain if the id comes from UserParameters. A
    /// person who edits the pipeline can also edit those, and could name another execution.
    own_run: Option<String>,
}

impl OwnExecution {
    /// The execution of the job. GetJobDetails decides. `given`, the `pipelineExecutionId` of
    /// UserParameters, is checked against it, and is used instead if GetJobDetails has no id.
    ///
    /// # Errors
    /// The failure to report if the two differ, or neither is there.
    pub fn choose(
        program: &'static Program,
        given: Option<&str>,
        details: &JobDetails,
    ) -> Result<Self, Failure> {
        let (id, own_run) = match (&details.execution_id, given) {
            (Some(own), Some(given)) if !own.eq_ignore_ascii_case(given) => {
                return Err(Failure::configuration(&format!(
                    "The action's UserParameters are wrong: `pipelineExecutionId` is {given}, but this job belongs to execution {own}. \
                     Write `#{{codepipeline.PipelineExecutionId}}` there."
                )));
            }
            (Some(own), _) => (own.clone(), None),
            (None, Some(given)) => match &details.action_execution_id {
                // CodePipeline writes ids in lower case.
                Some(own_run) => (given.to_lowercase(), Some(own_run.clone())),
                None => {
                    return Err(Failure::new(
                        FailureKind::SystemUnavailable,
                        &format!(
                            "{}: the reply to {GET_JOB_DETAILS} makes no sense: it names neither the pipeline execution nor the {}'s own action execution.",
                            program.without_answer, program.name
                        ),
                    ));
                }
            },
            (None, None) => {
                return Err(Failure::configuration(
                    "CodePipeline does not tell this job its pipeline execution. Add \
                     \"pipelineExecutionId\": \"#{codepipeline.PipelineExecutionId}\" to the JSON of the action's UserParameters.",
                ));
            }
        };
        Ok(Self { program, id, own_run })
    }

    /// `pipelineExecutionId`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Checks the history: if only UserParameters name the execution, it must contain the run that
    /// asks, in progress.
    ///
    /// # Errors
    /// The failure to report if it does not.
    pub fn check<'a>(&self, mut history: impl Iterator<Item = &'a Attempt>) -> Result<(), Failure> {
        let Some(own) = &self.own_run else { return Ok(()) };
        let runs_there = history.any(|attempt| {
            attempt.id.as_ref() == Some(own) && attempt.status == Status::InProgress
        });
        if runs_there { Ok(()) } else { Err(self.is_another()) }
    }

    /// The failure to report if the history could not be read. If the id comes from UserParameters
    /// and the history never shows the job's own run, the most likely reason is that the job
    /// belongs to another execution.
    #[must_use]
    pub fn unread(&self, ReadError { error, lag }: &ReadError) -> Failure {
        match (&self.own_run, lag) {
            (Some(_), Some(Lag::OwnRun(_))) => self.is_another(),
            (Some(_) | None, _) => self.program.failure(error),
        }
    }

    fn is_another(&self) -> Failure {
        Failure::configuration(&format!(
            "The action's UserParameters are wrong: `pipelineExecutionId` is {}, but this {} does not run in that execution. \
             Write `#{{codepipeline.PipelineExecutionId}}` there.",
            self.id, self.program.name
        ))
    }
}
