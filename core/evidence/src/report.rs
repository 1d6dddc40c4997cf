//! The answer to "show me that every release of this period was approved by enough people".

use std::collections::BTreeSet;

use rule::{Initiator, Principal, Rule, Trust};

use super::account::{AccountOf, NoAccount};
use super::case::{Case, cases};
use super::confirm::{confirm, give_times};
use super::evaluate::{Evaluated, Verdict, evaluate};
use super::exception::Exception;
use super::gate::GateFunction;
use super::history::History;
use super::judge::Standard;
use super::period::Period;
use super::route::Route;
use super::trail::Trail;
use findings::Severity;

/// What is asked.
#[derive(Debug)]
pub struct Question {
    pub pipeline: String,
    pub period: Period,
    /// This execution alone, whenever it was.
    pub execution: Option<String>,
    pub rule: Rule,
    /// The pipeline's account, and how that is known.
    pub account: AccountOf,
    /// Whether a snapshot of the account says which roles IAM Identity Center made.
    pub has_snapshot: bool,
    pub gate: GateFunction,
}

/// The answer.
#[derive(Debug)]
pub struct Report {
    pub pipeline: String,
    pub period: Period,
    pub gate: String,
    /// The functions that ran, where the gate did not run in any execution: perhaps it has another
    /// name.
    pub other_functions: Vec<String>,
    /// What the report rests on, and what it could not ask: whole sentences.
    pub notes: Vec<String>,
    /// Newest first.
    pub executions: Vec<Evaluated>,
}

impl Report {
    /// Evaluates a history. `trail` is what CloudTrail said, if it was asked.
    ///
    /// # Errors
    /// [`NoAccount`] if the history has principals of several accounts, and nothing says which one
    /// is the pipeline's.
    pub fn new(
        question: Question,
        history: History,
        trail: Option<&Trail>,
    ) -> Result<Self, NoAccount> {
        let account = question.account.of(&history)?;
        let mut cases = cases(history, question.period, question.execution.as_deref());
        let other_functions = other_functions(&cases, &question.gate);
        let route = Route::learn(&cases, &question.gate);
        let standard = Standard { pipeline: question.pipeline, account, floor: question.rule };
        for case in &mut cases {
            trail.iter().for_each(|trail| give_times(case, trail));
        }
        let mut notes = question.account.notes(&standard.account);
        notes.extend(unproven_roles(&standard, &cases, question.has_snapshot));
        let evaluated = cases.into_iter().map(|case| {
            let mut evaluated = evaluate(case, &standard, &question.gate, &route);
            if let Some(trail) = trail {
                confirm(&mut evaluated, &standard, trail);
            }
            evaluated
        });
        Ok(Self {
            executions: evaluated.collect(),
            notes,
            pipeline: standard.pipeline.clone(),
            period: question.period,
            gate: question.gate.name().to_owned(),
            other_functions,
        })
    }

    /// How many executions have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.executions.iter().filter(|evaluated| evaluated.verdict == verdict).count()
    }

    /// How many executions went on past the gate.
    pub fn releases(&self) -> usize {
        self.executions.iter().filter(|evaluated| evaluated.went_on).count()
    }

    /// How many of those had enough persons.
    pub fn satisfied_releases(&self) -> usize {
        let releases = self.executions.iter().filter(|evaluated| evaluated.went_on);
        releases.filter(|evaluated| evaluated.verdict == Verdict::Satisfied).count()
    }

    /// The executions that somebody has to look at, newest first.
    pub fn exceptional(&self) -> impl Iterator<Item = &Evaluated> {
        self.executions.iter().filter(|evaluated| evaluated.is_exceptional())
    }

    /// Whether anything is as bad as that, or worse.
    pub fn has(&self, severity: Severity) -> bool {
        let mut exceptions = self.executions.iter().flat_map(|evaluated| &evaluated.exceptions);
        exceptions.any(|exception| exception.code.severity() >= severity)
    }
}

/// That the gate would ask IAM about roles that only a pattern of the rule trusts, and a report
/// cannot.
fn unproven_roles(standard: &Standard, cases: &[Case], has_snapshot: bool) -> Option<String> {
    let attempts = cases.iter().flat_map(|case| &case.actions).map(|action| &action.attempt);
    let approvers = attempts.filter_map(|attempt| attempt.approver.history.as_deref());
    let roles = approvers.filter_map(|arn| Principal::parse(arn).role().map(str::to_owned));
    let roles: BTreeSet<String> = roles
        .filter(|role| standard.floor.trust(role, &standard.account) == Trust::Unproven)
        .map(|role| format!("`{}`", role.escape_debug()))
        .collect();
    if roles.is_empty() {
        return None;
    }
    let roles = roles.into_iter().collect::<Vec<_>>().join(", ");
    Some(if has_snapshot {
        format!(
            "The rule trusts {roles} by a pattern alone, and the account's snapshot does not show that IAM Identity Center made it. Its \
             sessions are not believed here."
        )
    } else {
        format!(
            "The rule trusts {roles} by a pattern alone. The gate asks IAM who made such a role, and this report cannot, so that its sessions \
             are not believed here: give the account's snapshot by --account-file, or name the roles in the rule."
        )
    })
}

fn other_functions(cases: &[Case], gate: &GateFunction) -> Vec<String> {
    let actions = || cases.iter().flat_map(|case| &case.actions);
    if actions().any(|action| gate.is_run_by(action)) {
        return Vec::new();
    }
    let functions: BTreeSet<&String> =
        actions().filter_map(|action| action.configuration.get("FunctionName")).collect();
    functions.into_iter().map(|name| name.escape_debug().to_string()).collect()
}

impl Evaluated {
    /// Whether somebody has to look at it.
    pub fn is_exceptional(&self) -> bool {
        self.exceptions.iter().any(Exception::is_exceptional)
    }

    /// The persons who counted, by their keys.
    pub fn persons(&self) -> &[String] {
        self.decision.as_ref().map_or(&[], |decision| &decision.record().persons)
    }

    /// What the newest run of the gate said, in one word; none where it never ran.
    pub fn gate_said(&self) -> Option<&'static str> {
        self.gate_runs.last().map(|run| run.said.as_str())
    }

    /// Whether every run of the gate that gave a verdict gave today's; none where no run gave one.
    pub fn gate_agrees(&self) -> Option<bool> {
        let answers: Vec<bool> = self.gate_runs.iter().filter_map(|run| run.agrees()).collect();
        (!answers.is_empty()).then(|| answers.iter().all(|agrees| *agrees))
    }

    /// Who or what started it, as AWS wrote it.
    pub fn started_by(&self) -> String {
        let trigger = &self.execution.trigger;
        match trigger.initiator() {
            Initiator::Principal(arn) => arn,
            Initiator::Automatic(_) | Initiator::Unknown => {
                let told = trigger.detail.clone().or_else(|| trigger.kind.clone());
                told.unwrap_or_else(|| "unknown".to_owned())
            }
        }
    }
}
