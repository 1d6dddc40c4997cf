//! The answer to "show me that every release of this period was approved by enough people".

use std::collections::BTreeSet;

use rule::{Account, Initiator, Principal, Rule};

use super::case::{Case, cases};
use super::cloudtrail::{ApprovalEvent, confirm};
use super::evaluate::{Evaluated, Verdict, evaluate};
use super::exception::Exception;
use super::gate::GateFunction;
use super::history::History;
use super::judge::Standard;
use super::period::Period;
use super::route::Route;
use crate::finding::Severity;

/// What is asked.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) pipeline: String,
    pub(crate) period: Period,
    /// This execution alone, whenever it was.
    pub(crate) execution: Option<String>,
    pub(crate) rule: Rule,
    /// The pipeline's account, if it is known.
    pub(crate) account: Option<Account>,
    pub(crate) gate: GateFunction,
}

/// The answer.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) pipeline: String,
    pub(crate) period: Period,
    pub(crate) gate: String,
    /// The functions that ran, where the gate did not run in any execution: perhaps it has another name.
    pub(crate) other_functions: Vec<String>,
    /// Newest first.
    pub(crate) executions: Vec<Evaluated>,
}

impl Report {
    /// Evaluates a history. `events` is what CloudTrail said, where it was asked.
    pub(crate) fn new(question: Question, history: History, events: Option<&[ApprovalEvent]>) -> Self {
        let account = question.account.or_else(|| only_account(&history));
        let cases = cases(history, question.period, question.execution.as_deref());
        let other_functions = other_functions(&cases, &question.gate);
        let route = Route::learn(&cases, &question.gate);
        let standard = Standard {
            pipeline: question.pipeline,
            account: account.unwrap_or_else(|| Account::new("")),
            floor: question.rule,
        };
        let evaluated = cases.into_iter().map(|case| {
            let mut evaluated = evaluate(case, &standard, &question.gate, &route);
            if let Some(events) = events {
                confirm(&mut evaluated, &standard.pipeline, events);
            }
            evaluated
        });
        Self {
            executions: evaluated.collect(),
            pipeline: standard.pipeline,
            period: question.period,
            gate: question.gate.name().to_owned(),
            other_functions,
        }
    }

    /// How many executions have this verdict.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.executions
            .iter()
            .filter(|evaluated| evaluated.verdict == verdict)
            .count()
    }

    /// How many executions went on past the gate.
    pub(crate) fn releases(&self) -> usize {
        self.executions.iter().filter(|evaluated| evaluated.went_on).count()
    }

    /// How many of those had enough persons.
    pub(crate) fn satisfied_releases(&self) -> usize {
        let releases = self.executions.iter().filter(|evaluated| evaluated.went_on);
        releases
            .filter(|evaluated| evaluated.verdict == Verdict::Satisfied)
            .count()
    }

    /// The executions that somebody has to look at, newest first.
    pub(crate) fn exceptional(&self) -> impl Iterator<Item = &Evaluated> {
        self.executions.iter().filter(|evaluated| evaluated.is_exceptional())
    }

    /// Whether anything is as bad as that, or worse.
    pub(crate) fn has(&self, severity: Severity) -> bool {
        let mut exceptions = self.executions.iter().flat_map(|evaluated| &evaluated.exceptions);
        exceptions.any(|exception| exception.code.severity() >= severity)
    }
}

/// The account that every principal of a history is of.
fn only_account(history: &History) -> Option<Account> {
    let approvers = history
        .actions
        .iter()
        .filter_map(|action| action.attempt.approver.history.clone());
    let starters = history
        .executions
        .iter()
        .filter_map(|execution| match execution.trigger.initiator() {
            Initiator::Principal(arn) => Some(arn),
            Initiator::Automatic(_) | Initiator::Unknown => None,
        });
    let principals = approvers.chain(starters).map(|arn| Principal::parse(&arn));
    let accounts: BTreeSet<String> = principals.filter_map(|p| p.account().map(str::to_owned)).collect();
    let mut accounts = accounts.into_iter();
    accounts.next().filter(|_| accounts.next().is_none()).map(Account::new)
}

fn other_functions(cases: &[Case], gate: &GateFunction) -> Vec<String> {
    let actions = || cases.iter().flat_map(|case| &case.actions);
    if actions().any(|action| gate.is_run_by(action)) {
        return Vec::new();
    }
    let functions: BTreeSet<&String> = actions()
        .filter_map(|action| action.configuration.get("FunctionName"))
        .collect();
    functions
        .into_iter()
        .map(|name| name.escape_debug().to_string())
        .collect()
}

impl Evaluated {
    /// Whether somebody has to look at it.
    pub(crate) fn is_exceptional(&self) -> bool {
        self.exceptions.iter().any(Exception::is_exceptional)
    }

    /// The persons who counted, by their keys.
    pub(crate) fn persons(&self) -> &[String] {
        self.decision
            .as_ref()
            .map_or(&[], |decision| &decision.record().persons)
    }

    /// What the newest run of the gate said, in one word; none where it never ran.
    pub(crate) fn gate_said(&self) -> Option<&'static str> {
        self.gate_runs.last().map(|run| run.said.as_str())
    }

    /// Whether every run of the gate that gave a verdict gave today's; none where no run gave one.
    pub(crate) fn gate_agrees(&self) -> Option<bool> {
        let answers: Vec<bool> = self.gate_runs.iter().filter_map(|run| run.agrees()).collect();
        (!answers.is_empty()).then(|| answers.iter().all(|agrees| *agrees))
    }

    /// Who or what started it, as AWS wrote it.
    pub(crate) fn started_by(&self) -> &str {
        let trigger = &self.execution.trigger;
        trigger
            .detail
            .as_deref()
            .or(trigger.kind.as_deref())
            .unwrap_or("unknown")
    }
}
