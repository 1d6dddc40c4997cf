//! Reads one execution: what CodePipeline shows of it, and the facts that the rule judges.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rule::{Attempt, Execution, Facts, Initiator, Reviews, Rule};

use crate::account::account;
use crate::call::{CallError, Operation};
use crate::gate_run::GateRun;
use crate::history::{by_id, joined, read_all};
use crate::lag::{Lag, Witnesses};
use crate::port::{CodePipeline, HistoryEntry, Roles, Started, StateEntry};
use crate::retry::Budget;

/// One execution to read, and the rule that it is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The account of the pipeline: 12 digits.
    pub account: &'a str,
    /// The pipeline's name.
    pub pipeline: &'a str,
    /// `pipelineExecutionId`.
    pub execution_id: &'a str,
    /// The rule. It says which stage's approvals matter, and what else has to be asked.
    pub rule: &'a Rule,
    /// The gate's stage. The approvals are here unless the rule names a different stage.
    pub gate_stage: &'a str,
    /// The run that the history must show, if the caller is the gate. Everybody else: `None`.
    pub gate_run: Option<GateRun<'a>>,
}

/// Why an execution could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct ReadError {
    /// The call that gave no answer, or an answer that lags.
    pub error: CallError,
    /// What the history still lacked when the time or the tries ended, if that is the reason. A
    /// caller with more time may read again.
    pub lag: Option<Lag>,
}

impl From<CallError> for ReadError {
    fn from(error: CallError) -> Self {
        Self { error, lag: None }
    }
}

impl From<ReadError> for CallError {
    fn from(ReadError { error, .. }: ReadError) -> Self {
        error
    }
}

/// What CodePipeline shows of one execution. The history does not lag behind the state, and holds
/// this execution and no other.
#[derive(Clone, Debug)]
pub struct Snapshot<'a> {
    query: Query<'a>,
    history: Vec<HistoryEntry>,
    state: BTreeMap<String, StateEntry>,
    /// `None` if CodePipeline did not say, and the rule does not need it.
    started: Option<Started>,
}

impl<'a> Query<'a> {
    /// Reads the execution. Independent reads run at the same time. If the history lags, it is read
    /// again: that is never a verdict.
    ///
    /// # Errors
    /// [`ReadError`] if a call fails, the history keeps lagging, or a reply contradicts itself.
    pub async fn read(
        self,
        codepipeline: &impl CodePipeline,
        budget: Budget,
    ) -> Result<Snapshot<'a>, ReadError> {
        let read_history = || read_all(codepipeline, self.pipeline, self.execution_id, budget);
        let (history, state, started) = tokio::try_join!(
            read_history(),
            budget
                .call(Operation::GET_PIPELINE_STATE, || codepipeline.pipeline_state(self.pipeline)),
            self.started(codepipeline, budget),
        )?;
        let state = by_id(state)?;
        let witnesses = self.witnesses(&state);
        let history = match witnesses.lag(&history) {
            None => history,
            Some(_) => {
                let still_lacks = Cell::new(None);
                let again = async || {
                    still_lacks.take();
                    let history = read_history().await?;
                    match witnesses.lag(&history) {
                        None => Ok(history),
                        Some(lag) => {
                            let error = behind(&lag);
                            still_lacks.set(Some(lag));
                            Err(error)
                        }
                    }
                };
                let again = budget.read_again(Operation::LIST_ACTION_EXECUTIONS, again).await;
                again.map_err(|error| ReadError { error, lag: still_lacks.take() })?
            }
        };
        self.check(&history)?;
        Ok(Snapshot { query: self, history, state, started })
    }

    fn witnesses<'b>(&'b self, state: &'b BTreeMap<String, StateEntry>) -> Witnesses<'b> {
        Witnesses {
            state,
            execution_id: self.execution_id,
            gate_stage: self.gate_stage,
            gate_run: self.gate_run,
            stage: self.rule.stage().unwrap_or(self.gate_stage),
            reviews: self.rule.reviews().map(Reviews::function),
            named: self.rule.named_actions().collect(),
        }
    }

    /// How the execution began. It is always recorded, but only a rule that excludes the initiator
    /// makes the call worth a retry.
    async fn started(
        self,
        codepipeline: &impl CodePipeline,
        budget: Budget,
    ) -> Result<Option<Started>, CallError> {
        let call = || codepipeline.started(self.pipeline, self.execution_id);
        if self.rule.excludes_initiator() {
            return budget.call(Operation::GET_PIPELINE_EXECUTION, call).await.map(Some);
        }
        Ok(budget.try_once(call).await)
    }

    /// Checks that the history belongs to this execution.
    fn check(self, history: &[HistoryEntry]) -> Result<(), CallError> {
        let foreign =
            |entry: &HistoryEntry| entry.execution_id.as_deref() != Some(self.execution_id);
        if history.iter().any(foreign) {
            return Err(CallError::Malformed {
                operation: Operation::LIST_ACTION_EXECUTIONS,
                problem: "it holds action executions of another pipeline execution",
            });
        }
        Ok(())
    }

    /// Compares the two sources of what is released, if approvals may be signed, since a signature
    /// contains the revisions, or if the rule asks who wrote them. After a rollback there is only
    /// one source, since the history has no Source actions.
    fn check_revisions(self, attempts: &[Attempt], started: &Started) -> Result<(), CallError> {
        if !self.rule.has_signing_keys() && !self.rule.excludes_authors() {
            return Ok(());
        }
        let shown: BTreeSet<&str> = started.revisions.iter().map(String::as_str).collect();
        match rule::revisions(attempts) {
            Ok(delivered) if !delivered.is_empty() && delivered != shown => {
                Err(CallError::Malformed {
                    operation: Operation::GET_PIPELINE_EXECUTION,
                    problem: "its `artifactRevisions` are not what the Source actions of the history delivered",
                })
            }
            // Without the revisions of the history there is no statement, and no signature counts.
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

impl Snapshot<'_> {
    /// The history, without what the state says.
    pub fn entries(&self) -> impl Iterator<Item = &HistoryEntry> {
        self.history.iter()
    }

    /// The attempts as the history shows them, without what the state says.
    pub fn history(&self) -> impl Iterator<Item = &Attempt> {
        self.history.iter().map(|entry| &entry.attempt)
    }

    /// The facts to judge: history and state joined, and what IAM says about the roles that acted.
    /// They have no job id, which only the gate knows.
    ///
    /// # Errors
    /// [`CallError`] if IAM does not answer.
    pub async fn facts(
        self,
        roles: &impl Roles,
        budget: Budget,
        now: Timestamp,
    ) -> Result<Facts, CallError> {
        let Self { query, history, state, started } = self;
        let pipeline_version = history.iter().find_map(|entry| entry.pipeline_version);
        let attempts: Vec<Attempt> =
            history.into_iter().map(|entry| joined(entry.into_attempt(), &state)).collect();
        if let Some(started) = &started {
            query.check_revisions(&attempts, started)?;
        }
        let initiator = started.map_or(Initiator::Unknown, |started| started.initiator);
        let account =
            account(roles, query.rule, query.account, &attempts, &initiator, budget).await?;
        Ok(Facts {
            account,
            execution: Execution {
                pipeline: query.pipeline.to_owned(),
                pipeline_version,
                id: query.execution_id.to_owned(),
            },
            gate_stage: query.gate_stage.to_owned(),
            job_id: None,
            attempts,
            initiator,
            now,
        })
    }
}

/// The error for a history that lags: a reason to read again, never a verdict.
fn behind(lag: &Lag) -> CallError {
    CallError::transient(Operation::LIST_ACTION_EXECUTIONS, lag.to_string())
}
