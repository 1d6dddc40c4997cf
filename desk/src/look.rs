//! Looks at pipelines: which approvals are open, and everything that an answer depends on.

use std::sync::Arc;
use std::time::Duration;

use facts::{
    Budget, CallError, CodePipeline, Operation, Query, ReadError, Roles, StateEntry, with_roles,
};
use jiff::Timestamp;
use rule::{Account, Facts, Principal, RESERVED_PATH, Rule, Status, Trust};

use crate::open::{OpenRun, in_state};
use crate::pipeline::Pipeline;
use crate::port::{Aws, Execution};
use crate::rule_source::{RuleSource, StageRule, Unknown};
use crate::sign::StandIn;
use crate::source::Sources;

/// How long the calls about one pipeline may take.
const PATIENCE: Duration = Duration::from_secs(45);
/// How long the history may lag. 16 to 35 s were recorded.
const NOTICING: Duration = Duration::from_secs(120);
/// How long to wait between two looks at a history that lags.
const PAUSE: Duration = Duration::from_secs(1);

const GET_CALLER_IDENTITY: Operation = Operation::of("sts", "GetCallerIdentity");
const GET_PIPELINE: Operation = Operation::codepipeline("GetPipeline");

/// Everything that is looked at.
#[derive(Debug)]
pub(crate) struct Eyes<'a, A, C, R> {
    pub(crate) aws: &'a A,
    pub(crate) codepipeline: &'a C,
    pub(crate) roles: &'a R,
    pub(crate) rules: &'a RuleSource,
}

/// An open approval, and what an answer to it depends on.
#[derive(Clone, Debug)]
pub(crate) struct Situation {
    pub(crate) run: OpenRun,
    pub(crate) execution: Execution,
    pub(crate) rule: Result<StageRule, Unknown>,
    pub(crate) facts: Result<Known, ReadError>,
    /// Signs what is judged before the approver signs.
    pub(crate) stand_in: Arc<StandIn>,
}

/// The facts of an execution, as far as this caller can know them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Known {
    pub(crate) facts: Facts,
    /// Roles that the rule trusts by a glob and that the caller may not look at. The gate may, so
    /// they are taken to be what they seem.
    pub(crate) assumed_roles: Vec<String>,
    pub(crate) sources: Sources,
}

impl<A: Aws, C: CodePipeline, R: Roles> Eyes<'_, A, C, R> {
    /// The principal that asks.
    ///
    /// # Errors
    /// [`CallError`] if STS does not answer.
    pub(crate) async fn caller(&self) -> Result<String, CallError> {
        Budget::of(PATIENCE).call(GET_CALLER_IDENTITY, || self.aws.caller()).await
    }

    /// The structure of a pipeline.
    ///
    /// # Errors
    /// [`CallError`] if the call fails.
    pub(crate) async fn pipeline(&self, name: &str) -> Result<Pipeline, CallError> {
        Budget::of(PATIENCE).call(GET_PIPELINE, || self.aws.pipeline(name)).await
    }

    /// The state of a pipeline.
    ///
    /// # Errors
    /// [`CallError`] if the call fails.
    pub(crate) async fn state(&self, name: &str) -> Result<Vec<StateEntry>, CallError> {
        let call = || self.codepipeline.pipeline_state(name);
        Budget::of(PATIENCE).call(Operation::GET_PIPELINE_STATE, call).await
    }

    /// The open approvals of a pipeline. In PARALLEL mode the state does not show all of them, so
    /// the history is read back to when the oldest of them can have begun.
    ///
    /// # Errors
    /// [`CallError`] if a call fails.
    pub(crate) async fn open(
        &self,
        pipeline: &Pipeline,
        state: &[StateEntry],
        now: Timestamp,
    ) -> Result<Vec<OpenRun>, CallError> {
        let mut open: Vec<OpenRun> = in_state(pipeline, state).collect();
        if pipeline.is_parallel {
            for run in self.in_history(pipeline, now).await? {
                if !open.iter().any(|known| known.id == run.id) {
                    open.push(run);
                }
            }
        }
        // The history lags: what the state shows as answered does not wait any more.
        let is_over = |entry: &StateEntry| match entry.status {
            Status::Succeeded | Status::Failed | Status::Abandoned => true,
            Status::InProgress | Status::Unknown => false,
        };
        open.retain(|run| {
            !state.iter().any(|entry| entry.action_execution_id == run.id && is_over(entry))
        });
        Ok(open)
    }

    /// What waits in any execution, according to the history.
    async fn in_history(
        &self,
        pipeline: &Pipeline,
        now: Timestamp,
    ) -> Result<Vec<OpenRun>, CallError> {
        let budget = Budget::of(PATIENCE);
        let oldest = now.saturating_sub(pipeline.longest_timeout()).unwrap_or(Timestamp::MIN);
        let mut waiting = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let call = || self.aws.runs(&pipeline.name, token.as_deref());
            let page = budget.call(Operation::LIST_ACTION_EXECUTIONS, call).await?;
            let is_over = page.items.iter().any(|run| run.started.is_some_and(|at| at < oldest));
            waiting.extend(page.items.into_iter().filter_map(|run| run.waits));
            match page.next_token {
                Some(next) if !is_over && token.as_ref() != Some(&next) => token = Some(next),
                Some(_) | None => return Ok(waiting),
            }
        }
    }

    /// What an answer to an open approval depends on. If the history lags and `is_patient`, waits
    /// until it does not.
    ///
    /// # Errors
    /// [`CallError`] if CodePipeline does not say what is released.
    pub(crate) async fn situation(
        &self,
        pipeline: &Pipeline,
        run: OpenRun,
        caller: &str,
        is_patient: bool,
    ) -> Result<Situation, CallError> {
        let budget = Budget::of(PATIENCE);
        let rule = match pipeline.stage(&run.stage) {
            Some(stage) => self.rules.of_stage(self.aws, stage, budget).await,
            None => Err(Unknown::NoGate),
        };
        let execution = || self.aws.execution(&pipeline.name, &run.execution_id);
        let execution = budget.call(Operation::GET_PIPELINE_EXECUTION, execution);
        let judged_by = rule.as_ref().map(|it| it.rule.clone()).unwrap_or_default();
        let patience = if is_patient { NOTICING } else { Duration::ZERO };
        let at = (run.execution_id.as_str(), run.stage.as_str());
        let facts = Box::pin(self.facts(pipeline, at, &judged_by, caller, patience));
        let (execution, facts) = tokio::join!(execution, facts);
        let mut execution = execution?;
        if let Ok(known) = &facts {
            execution.releases.iter_mut().for_each(|release| known.sources.complete(release));
        }
        Ok(Situation { run, execution, rule, facts, stand_in: self.rules.stand_in() })
    }

    /// The facts of an execution, about the approvals of one stage. If the history lags, looks
    /// again until `patience` is over.
    ///
    /// # Errors
    /// [`ReadError`] if a call fails, or the history still lags.
    pub(crate) async fn facts(
        &self,
        pipeline: &Pipeline,
        (execution_id, stage): (&str, &str),
        rule: &Rule,
        caller: &str,
        patience: Duration,
    ) -> Result<Known, ReadError> {
        let query = Query {
            account: &pipeline.account,
            pipeline: &pipeline.name,
            execution_id,
            rule,
            gate_stage: stage,
            gate_run: None,
        };
        let until = tokio::time::Instant::now() + patience;
        let budget = || match patience {
            Duration::ZERO => Budget::of(PATIENCE).without_waiting(),
            _ => Budget::of(PATIENCE),
        };
        let snapshot = loop {
            match Box::pin(query.read(self.codepipeline, budget())).await {
                Err(ReadError { lag: Some(_), .. }) if tokio::time::Instant::now() < until => {
                    tokio::time::sleep(PAUSE).await;
                }
                read => break read?,
            }
        };
        let sources = Sources::of(snapshot.entries());
        let budget = Budget::of(PATIENCE);
        let mut facts = snapshot.facts(self.roles, budget, Timestamp::now()).await?;
        let caller = [caller.to_owned()];
        facts.account = with_roles(self.roles, rule, facts.account, caller.clone(), budget).await?;
        let answered_by = facts.attempts.iter().flat_map(|attempt| {
            [attempt.approver.history.clone(), attempt.approver.state.clone()].into_iter().flatten()
        });
        let principals = answered_by.chain(caller).collect();
        let (account, assumed_roles) = with_assumed_roles(facts.account, rule, principals);
        facts.account = account;
        Ok(Known { facts, assumed_roles, sources })
    }
}

/// Takes the roles that only a glob trusts, and that the caller may not see, to be IAM Identity
/// Center's. The gate may see them and decides; without this, the desk would refuse everybody who
/// may not call `iam:GetRole`.
pub(crate) fn with_assumed_roles(
    mut account: Account,
    rule: &Rule,
    principals: Vec<String>,
) -> (Account, Vec<String>) {
    let mut assumed = Vec::new();
    for principal in principals.iter().map(|arn| Principal::parse(arn)) {
        let Some(role) = principal.role().filter(|_| principal.account() == Some(account.id()))
        else {
            continue;
        };
        if rule.trust(role, &account) == Trust::Unproven {
            let arn = format!("arn:aws:iam::{}:role{RESERVED_PATH}{role}", account.id());
            account = account.with_role(&arn);
            assumed.push(role.to_owned());
        }
    }
    (account, assumed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_the_caller_may_not_see_is_taken_to_be_what_it_seems_and_named() {
        let rule = Rule::floor(r#"{"trustedSessionRoles": ["AWSReservedSSO_*"]}"#).unwrap();
        let session = |role: &str| format!("arn:aws:sts::111122223333:assumed-role/{role}/alice");
        let principals = vec![session("AWSReservedSSO_A_01"), session("Deployer")];
        let account = Account::new("111122223333");
        let (account, assumed) = with_assumed_roles(account, &rule, principals);
        assert_eq!(assumed, ["AWSReservedSSO_A_01"]);
        assert_eq!(rule.trust("AWSReservedSSO_A_01", &account), Trust::Believed);
        assert_eq!(rule.trust("Deployer", &account), Trust::Untrusted);
    }
}
