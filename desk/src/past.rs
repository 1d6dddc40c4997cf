//! Past executions of a pipeline, judged by the code of `policygen evidence`.

use std::collections::BTreeMap;
use std::time::Duration;

use evidence::history::{
    ActionError, ActionExecution, ActionType, ExecutionStatus, History, PipelineExecution,
};
use evidence::{AccountSource, Evaluated, Period, Question, Report, Verdict};
use facts::{Budget, CallError, CodePipeline, HistoryEntry, Operation, Ran, Roles, read_history};
use futures_util::future::join_all;
use names::FunctionRef;
use rule::{Account, Rule};

use crate::look::{Eyes, with_assumed_roles};
use crate::pipeline::Pipeline;
use crate::port::Aws;
use crate::rule_source::Unknown;
use crate::source::Sources;

/// How long the calls about past executions may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The name that the gate's function has unless somebody chooses another.
const USUAL_GATE: &str = "two-person-rule-gate";

/// What past executions are judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standard<'a> {
    pub(crate) pipeline: &'a Pipeline,
    /// The rule in the gate's own environment.
    pub(crate) floor: &'a Rule,
    /// The gate's function.
    pub(crate) gate: &'a FunctionRef,
}

/// Judged executions.
#[derive(Debug)]
pub(crate) struct Past {
    pub(crate) report: Report,
    /// The executions that could not be read, by their ids, and why.
    pub(crate) unreadable: BTreeMap<String, String>,
    pub(crate) sources: Sources,
    /// Roles that the desk may not look at, and takes to be what they seem.
    pub(crate) assumed_roles: Vec<String>,
}

impl Past {
    /// An execution, as it was judged.
    pub(crate) fn judged(&self, id: &str) -> Option<&Evaluated> {
        self.report.executions().iter().find(|it| it.execution.id == id)
    }

    /// The newest release that enough people approved.
    pub(crate) fn satisfied_release(&self) -> Option<&Evaluated> {
        let mut releases = self.report.executions().iter().filter(|it| it.released);
        releases.find(|it| it.verdict == Verdict::Satisfied)
    }
}

impl<A: Aws, C: CodePipeline, R: Roles> Eyes<'_, A, C, R> {
    /// The newest executions of a pipeline, newest first: one call, at most 100 executions.
    ///
    /// # Errors
    /// [`CallError`] if the call fails.
    pub(crate) async fn past(
        &self,
        pipeline: &str,
        count: i32,
    ) -> Result<Vec<PipelineExecution>, CallError> {
        let call = || self.aws.past(pipeline, count);
        let mut past = Budget::of(PATIENCE).call(Operation::LIST_PIPELINE_EXECUTIONS, call).await?;
        past.sort_by_key(|execution| std::cmp::Reverse(execution.started));
        Ok(past)
    }

    /// Reads what executions did, and judges them. An execution that cannot be read is one of the
    /// unreadable ones.
    ///
    /// # Errors
    /// [`CallError`] if IAM does not answer.
    pub(crate) async fn judged(
        &self,
        standard: Standard<'_>,
        executions: Vec<PipelineExecution>,
    ) -> Result<Past, CallError> {
        let Standard { pipeline, floor, gate } = standard;
        let budget = Budget::of(PATIENCE);
        let reads = executions.iter().map(|execution| {
            Box::pin(read_history(self.codepipeline, &pipeline.name, &execution.id, budget))
        });
        let reads = join_all(reads).await;
        let mut history = History::default();
        let mut sources = Sources::default();
        let mut unreadable = BTreeMap::new();
        for (execution, read) in executions.into_iter().zip(reads) {
            match read {
                Ok(entries) => {
                    sources.extend(Sources::of(&entries));
                    let id = execution.id.as_str();
                    history.actions.extend(entries.into_iter().map(|entry| action(entry, id)));
                    history.executions.push(execution);
                }
                Err(error) => drop(unreadable.insert(execution.id, error.to_string())),
            }
        }
        let (account, assumed_roles) = self.account(pipeline, floor, &history).await?;
        let question = Question {
            pipeline: pipeline.name.clone(),
            period: Period::default(),
            execution: None,
            rule: floor.clone(),
            pipeline_arn: None,
            account: AccountSource::Given(account),
            has_snapshot: true,
            gate: gate.clone(),
        };
        // The account is given, so it cannot be unknown.
        let report = Report::new(question, history, None).map_err(|_| CallError::Malformed {
            operation: Operation::LIST_ACTION_EXECUTIONS,
            problem: "its principals belong to several accounts",
        })?;
        Ok(Past { report, unreadable, sources, assumed_roles })
    }

    /// The gate's function, and what a reader has to know about it, if anything.
    ///
    /// # Errors
    /// [`Unknown`] if nobody knows which it is.
    pub(crate) async fn gate(
        &self,
        pipeline: &Pipeline,
    ) -> Result<(FunctionRef, Option<String>), Unknown> {
        match self.rules.gate(self.aws, pipeline, Budget::of(PATIENCE)).await {
            // It may have been there when the past executions ran.
            Err(Unknown::NoGate) => {
                let usual = USUAL_GATE.parse().map_err(|_| Unknown::NoGate)?;
                let note = format!(
                    "No Lambda action runs after the approvals of this pipeline, so nothing in it \
                     can be the gate. The executions are searched for the function `{USUAL_GATE}`."
                );
                Ok((usual, Some(note)))
            }
            found => found.map(|gate| (gate, None)),
        }
    }

    /// The pipeline's account, with what IAM says about the roles that acted.
    async fn account(
        &self,
        pipeline: &Pipeline,
        floor: &Rule,
        history: &History,
    ) -> Result<(Account, Vec<String>), CallError> {
        let approvers =
            history.actions.iter().filter_map(|action| action.attempt.approver.history.clone());
        let principals: Vec<String> = approvers.collect();
        let account = Account::new(&pipeline.account);
        let budget = Budget::of(PATIENCE);
        let account =
            facts::with_roles(self.roles, floor, account, principals.clone(), budget).await?;
        Ok(with_assumed_roles(account, floor, principals))
    }
}

/// An attempt as evidence knows it. An attempt of another execution becomes a separate case,
/// with a defect.
fn action(entry: HistoryEntry, execution_id: &str) -> ActionExecution {
    let HistoryEntry { execution_id: named, pipeline_version, attempt, outputs, ran } = entry;
    let Ran {
        type_id,
        region,
        role,
        function,
        user_parameters,
        source: _,
        external_id,
        error: message,
    } = ran;
    let configuration = [("FunctionName", function), ("UserParameters", user_parameters)];
    let configuration =
        configuration.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let code = attempt.error.clone();
    let has_error = code.is_some() || message.is_some();
    ActionExecution {
        execution_id: named.unwrap_or_else(|| execution_id.to_owned()),
        pipeline_version,
        attempt: Box::new(attempt),
        kind: type_id.map(|[category, owner, provider]| ActionType { category, owner, provider }),
        region,
        role,
        configuration: configuration.collect(),
        external_id,
        error: has_error.then_some(ActionError { code, message }),
        outputs: outputs.into_iter().collect(),
    }
}

/// Whether an execution can have released something.
pub(crate) fn may_have_released(status: ExecutionStatus) -> bool {
    match status {
        ExecutionStatus::Superseded | ExecutionStatus::Cancelled => false,
        ExecutionStatus::InProgress
        | ExecutionStatus::Stopping
        | ExecutionStatus::Stopped
        | ExecutionStatus::Succeeded
        | ExecutionStatus::Failed
        | ExecutionStatus::Unknown => true,
    }
}
