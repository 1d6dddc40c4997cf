//! Gathers the facts that the rule judges.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rule::{Account, Attempt, Execution, Facts, Initiator, Principal, Rule, Status, Trust};

use crate::call::{CallError, Operation};
use crate::event::Job;
use crate::failure::Failure;
use crate::lag::{Lag, Witnesses};
use crate::port::{CodePipeline, ExecutionPage, HistoryEntry, JobDetails, Roles, StateEntry};
use crate::retry::Budget;

/// Reads everything that a decision rests on. Independent reads run at the same time.
///
/// # Errors
/// The failure to report, if a fact cannot be read.
pub(crate) async fn gather(
    codepipeline: &impl CodePipeline,
    roles: &impl Roles,
    rule: &Rule,
    job: &Job,
    details: &JobDetails,
    budget: Budget,
    now: Timestamp,
) -> Result<Facts, Failure> {
    let judged = Judged::choose(rule, details)?;
    let read_history = || history(codepipeline, &details.pipeline, &judged.execution_id, budget);
    let (history, state, initiator) = tokio::try_join!(
        read_history(),
        budget.read(Operation::GetPipelineState, || codepipeline.pipeline_state(&details.pipeline)),
        initiator(codepipeline, rule, &details.pipeline, &judged.execution_id, budget),
    )?;
    let state = by_id(state)?;
    let witnesses = Witnesses {
        state: &state,
        details,
        execution_id: &judged.execution_id,
        stage: rule.stage().unwrap_or(&details.stage),
        named: rule.named_actions().collect(),
    };
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
            let again = budget.read_again(Operation::ListActionExecutions, again).await;
            again.map_err(|error| judged.still_incomplete(still_lacks.take(), error))?
        }
    };
    judged.check(&history)?;
    let attempts: Vec<Attempt> =
        history.iter().map(|entry| joined(entry.attempt.clone(), &state)).collect();
    let account = account(roles, rule, &details.account, &attempts, &initiator, budget).await?;
    Ok(Facts {
        account,
        execution: Execution {
            pipeline: details.pipeline.clone(),
            pipeline_version: history.iter().find_map(|entry| entry.pipeline_version),
            id: judged.execution_id,
        },
        gate_stage: details.stage.clone(),
        job_id: Some(job.id.clone()),
        attempts,
        initiator,
        now,
    })
}

/// The execution to judge, and what must prove that it is the right one.
struct Judged {
    execution_id: String,
    /// The gate's own run, which the history must contain if the id comes from UserParameters. A
    /// person who edits the pipeline can also edit those, and could name an execution that two
    /// other people approved.
    own_run: Option<String>,
}

impl Judged {
    /// GetJobDetails decides. UserParameters are checked against it, and are used instead if
    /// GetJobDetails has no id.
    fn choose(rule: &Rule, details: &JobDetails) -> Result<Self, Failure> {
        match (&details.execution_id, rule.pipeline_execution_id()) {
            (Some(own), Some(given)) if !own.eq_ignore_ascii_case(given) => Err(Failure::configuration(&format!(
                "The action's UserParameters are wrong: `pipelineExecutionId` is {given}, but this job belongs to execution {own}. \
                 Write `#{{codepipeline.PipelineExecutionId}}` there."
            ))),
            (Some(own), _) => Ok(Self {
                execution_id: own.clone(),
                own_run: None,
            }),
            (None, Some(given)) => match &details.action_execution_id {
                Some(own_run) => Ok(Self {
                    // CodePipeline writes ids in lower case.
                    execution_id: given.to_lowercase(),
                    own_run: Some(own_run.clone()),
                }),
                None => Err(CallError::Malformed {
                    operation: Operation::GetJobDetails,
                    problem: "it names neither the pipeline execution nor the gate's own action execution",
                }
                .into()),
            },
            (None, None) => Err(Failure::configuration(
                "CodePipeline does not tell this job its pipeline execution. Add \
                 \"pipelineExecutionId\": \"#{codepipeline.PipelineExecutionId}\" to the JSON of the action's UserParameters.",
            )),
        }
    }

    /// Why the history stayed incomplete. If the id comes from UserParameters and the history never
    /// shows the gate's own run, the most likely reason is that the gate does not run in that
    /// execution.
    fn still_incomplete(&self, still_lacks: Option<Lag>, error: CallError) -> Failure {
        match (&self.own_run, still_lacks) {
            (Some(_), Some(Lag::OwnRun(_))) => self.not_in_this_execution(),
            (Some(_) | None, _) => error.into(),
        }
    }

    fn not_in_this_execution(&self) -> Failure {
        Failure::configuration(&format!(
            "The action's UserParameters are wrong: `pipelineExecutionId` is {}, but this gate does not run in that execution. \
             Write `#{{codepipeline.PipelineExecutionId}}` there.",
            self.execution_id
        ))
    }

    /// Checks that the history belongs to the judged execution. If only UserParameters say so, the
    /// history must also contain the run that judges it.
    fn check(&self, history: &[HistoryEntry]) -> Result<(), Failure> {
        let foreign =
            |entry: &HistoryEntry| entry.execution_id.as_ref() != Some(&self.execution_id);
        if history.iter().any(foreign) {
            return Err(CallError::Malformed {
                operation: Operation::ListActionExecutions,
                problem: "it holds action executions of another pipeline execution",
            }
            .into());
        }
        let is_own_run = |entry: &HistoryEntry, own: &String| {
            entry.attempt.id.as_ref() == Some(own) && entry.attempt.status == Status::InProgress
        };
        match &self.own_run {
            Some(own) if !history.iter().any(|entry| is_own_run(entry, own)) => {
                Err(self.not_in_this_execution())
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// All pages of the execution's history.
async fn history(
    codepipeline: &impl CodePipeline,
    pipeline: &str,
    execution_id: &str,
    budget: Budget,
) -> Result<Vec<HistoryEntry>, CallError> {
    let mut entries = Vec::new();
    let mut seen = BTreeSet::new();
    let mut token: Option<String> = None;
    loop {
        let ExecutionPage { attempts, next_token } = budget
            .read(Operation::ListActionExecutions, || {
                codepipeline.action_executions(pipeline, execution_id, token.as_deref())
            })
            .await?;
        entries.extend(attempts);
        match next_token {
            None => return Ok(entries),
            // If a page comes twice, reading would never end.
            Some(next) if !seen.insert(next.clone()) => {
                return Err(CallError::Malformed {
                    operation: Operation::ListActionExecutions,
                    problem: "it names a page that was read already",
                });
            }
            Some(next) => token = Some(next),
        }
    }
}

/// The error for a history that lags: a reason to read again, never a verdict.
fn behind(lag: &Lag) -> CallError {
    CallError::Transient { operation: Operation::ListActionExecutions, problem: lag.to_string() }
}

/// The initiator. It is always recorded, but only a rule that excludes it makes the gate retry the
/// call.
async fn initiator(
    codepipeline: &impl CodePipeline,
    rule: &Rule,
    pipeline: &str,
    execution_id: &str,
    budget: Budget,
) -> Result<Initiator, CallError> {
    let call = || codepipeline.initiator(pipeline, execution_id);
    if rule.excludes_initiator() {
        return budget.read(Operation::GetPipelineExecution, call).await;
    }
    Ok(budget.try_once(call).await.unwrap_or(Initiator::Unknown))
}

/// The pipeline's account. If only a glob of the rule trusts a role, IAM is asked whether the role
/// has the reserved path.
async fn account(
    roles: &impl Roles,
    rule: &Rule,
    id: &str,
    attempts: &[Attempt],
    initiator: &Initiator,
    budget: Budget,
) -> Result<Account, CallError> {
    let mut account = Account::new(id);
    let answered_by =
        |attempt: &Attempt| [attempt.approver.history.clone(), attempt.approver.state.clone()];
    let starter = match initiator {
        Initiator::Principal(arn) => Some(arn.clone()),
        Initiator::Automatic(_) | Initiator::Unknown => None,
    };
    let arns = attempts.iter().flat_map(answered_by).flatten().chain(starter);
    let unproven: BTreeSet<String> = arns
        .map(|arn| Principal::parse(&arn))
        .filter(|principal| principal.account() == Some(id))
        .filter_map(|principal| principal.role().map(str::to_owned))
        .filter(|role| rule.trust(role, &account) == Trust::Unproven)
        .collect();
    for role in unproven {
        let arn = budget.read(Operation::GetRole, || roles.role_arn(&role)).await?;
        account = arn.iter().fold(account, |account, arn| account.with_role(arn));
    }
    Ok(account)
}

/// The attempts of the state, by their id.
fn by_id(state: Vec<StateEntry>) -> Result<BTreeMap<String, StateEntry>, CallError> {
    let mut entries: BTreeMap<String, StateEntry> = BTreeMap::new();
    for entry in state {
        match entries.get(&entry.action_execution_id) {
            Some(other) if *other != entry => {
                return Err(CallError::Malformed {
                    operation: Operation::GetPipelineState,
                    problem: "it describes one action execution in two ways",
                });
            }
            Some(_) => {}
            None => drop(entries.insert(entry.action_execution_id.clone(), entry)),
        }
    }
    Ok(entries)
}

/// An attempt of the history, completed with what the state says about it.
///
/// INVARIANT (fail closed): if history and state contradict each other about the end of an attempt,
/// its status is unknown.
fn joined(mut attempt: Attempt, state: &BTreeMap<String, StateEntry>) -> Attempt {
    if let Some(entry) = attempt.id.as_ref().and_then(|id| state.get(id)) {
        attempt.approver.state.clone_from(&entry.last_updated_by);
        if entry.last_updated_by.is_some() {
            attempt.answered = entry.last_status_change;
        }
        if entry.has_ended() && entry.status != attempt.status {
            attempt.status = Status::Unknown;
        }
    }
    attempt
}
