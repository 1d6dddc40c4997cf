//! The answer to "show me that every release of this period was approved by enough people".

use std::collections::BTreeSet;

use findings::Severity;
use names::FunctionRef;
use rule::{Principal, Rule, Trust};

use crate::judge::evaluate::{Evaluated, evaluate};
use crate::judge::gate_function::runs_gate;
use crate::judge::route::Route;
use crate::judge::standard::Standard;
use crate::judge::verdict::Verdict;
use crate::judge::{AccountSource, Trail, UnknownAccount, confirm, give_times};
use crate::read::Period;
use crate::read::case::{Case, cases};
use crate::read::history::History;

/// The question that a report answers.
#[derive(Debug)]
pub struct Question {
    /// The name of the pipeline.
    pub pipeline: String,
    /// The executions that started in this period.
    pub period: Period,
    /// Only this execution, no matter when it started.
    pub execution: Option<String>,
    /// The rule in the gate's own environment.
    pub rule: Rule,
    /// The pipeline's account.
    pub account: AccountSource,
    /// Whether the account comes from a snapshot, which shows the roles of IAM Identity Center.
    pub has_snapshot: bool,
    /// The gate's function.
    pub gate: FunctionRef,
}

/// The executions of a pipeline, each with its verdict and its exceptions.
#[derive(Debug)]
pub struct Report {
    pub(crate) pipeline: String,
    pub(crate) period: Period,
    pub(crate) gate: String,
    pub(crate) other_functions: Vec<String>,
    pub(crate) notes: Vec<String>,
    /// Newest first.
    pub(crate) executions: Vec<Evaluated>,
}

impl Report {
    /// Evaluates a history. `trail` has the events of CloudTrail, if they were asked for.
    ///
    /// # Errors
    /// [`UnknownAccount`] if the history has principals of several accounts and nothing says which
    /// one is the pipeline's.
    pub fn new(
        question: Question,
        history: History,
        trail: Option<&Trail>,
    ) -> Result<Self, UnknownAccount> {
        let account = question.account.resolve(&history)?;
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
            gate: question.gate.name().to_string(),
            other_functions,
        })
    }

    /// The name of the gate's function.
    pub fn gate(&self) -> &str {
        &self.gate
    }

    /// The functions that ran, if the gate's ran in no execution. Perhaps the gate has another
    /// name.
    pub fn other_functions(&self) -> &[String] {
        &self.other_functions
    }

    /// What the report assumes and could not check: whole sentences.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether no execution matches the question.
    pub fn is_empty(&self) -> bool {
        self.executions.is_empty()
    }

    /// How many executions have this verdict.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.executions.iter().filter(|evaluated| evaluated.verdict == verdict).count()
    }

    /// How many executions went past the gate.
    pub(crate) fn releases(&self) -> usize {
        self.executions.iter().filter(|evaluated| evaluated.released).count()
    }

    /// How many releases enough persons approved.
    pub(crate) fn satisfied_releases(&self) -> usize {
        let releases = self.executions.iter().filter(|evaluated| evaluated.released);
        releases.filter(|evaluated| evaluated.verdict == Verdict::Satisfied).count()
    }

    /// The executions that an auditor should look at, newest first.
    pub(crate) fn exceptional(&self) -> impl Iterator<Item = &Evaluated> {
        self.executions.iter().filter(|evaluated| evaluated.is_exceptional())
    }

    /// Whether there is an exception of this severity or worse.
    pub fn has(&self, severity: Severity) -> bool {
        let mut exceptions = self.executions.iter().flat_map(|evaluated| &evaluated.exceptions);
        exceptions.any(|exception| exception.code.severity() >= severity)
    }
}

/// A note about roles that only a pattern of the rule trusts. The gate asks IAM about them, which a
/// report cannot do.
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
            "The rule trusts {roles} only by a pattern, and the account's snapshot does not show that IAM Identity Center created the role. \
             Its sessions are not trusted here."
        )
    } else {
        format!(
            "The rule trusts {roles} only by a pattern. The gate asks IAM who created such a role. This report cannot ask, so the role's \
             sessions are not trusted here: give the account's snapshot with --account-file, or name the roles in the rule."
        )
    })
}

fn other_functions(cases: &[Case], gate: &FunctionRef) -> Vec<String> {
    let actions = || cases.iter().flat_map(|case| &case.actions);
    if actions().any(|action| runs_gate(gate, action)) {
        return Vec::new();
    }
    let functions: BTreeSet<&String> =
        actions().filter_map(|action| action.configuration.get("FunctionName")).collect();
    functions.into_iter().map(|name| name.escape_debug().to_string()).collect()
}
