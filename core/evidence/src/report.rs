//! The answer to "show me that every release of this period was approved by enough people".

use std::collections::BTreeSet;

use findings::{Acceptances, Evidence, Finding, Judged, Severity};
use jiff::Timestamp;
use jiff::civil::Date;
use names::{Arn, FunctionRef};
use rayon::prelude::*;
use rule::{Principal, Rule, Trust};

use crate::judge::evaluate::{Evaluated, evaluate};
use crate::judge::exception::{Exception, ExceptionCode};
use crate::judge::route::Route;
use crate::judge::standard::Standard;
use crate::judge::verdict::Verdict;
use crate::judge::{AccountSource, CATALOG, Trail, UnknownAccount, confirm, give_times, runs_gate};
use crate::read::Period;
use crate::read::case::{Case, Counts, cases};
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
    /// The pipeline's ARN, if AWS gave it.
    pub pipeline_arn: Option<String>,
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
    pub(crate) pipeline_arn: String,
    /// The pipeline's account. Empty if nothing says which it is.
    pub(crate) account: String,
    /// How the account is known: a code and a phrase.
    pub(crate) account_from: (&'static str, &'static str),
    /// The rule in the gate's own environment.
    pub(crate) floor: Rule,
    pub(crate) counts: Counts,
    /// The only execution that was asked for.
    pub(crate) wanted: Option<String>,
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
        let (mut cases, counts) = cases(history, question.period, question.execution.as_deref());
        let other_functions = other_functions(&cases, &question.gate);
        let route = Route::learn(&cases, &question.gate);
        let standard = Standard {
            pipeline: question.pipeline,
            account,
            floor: question.rule,
            keeps_facts: question.execution.is_some(),
        };
        for case in &mut cases {
            trail.iter().for_each(|trail| give_times(case, trail));
        }
        let mut notes = question.account.notes(&standard.account);
        notes.extend(unproven_roles(&standard, &cases, question.has_snapshot));
        let evaluated = cases.into_par_iter().map(|case| {
            let mut evaluated = evaluate(case, &standard, &question.gate, &route);
            if let Some(trail) = trail {
                confirm(&mut evaluated, &standard, trail);
            }
            evaluated
        });
        Ok(Self {
            executions: evaluated.collect(),
            counts,
            notes,
            account_from: question.account.describe(question.has_snapshot),
            account: standard.account.id().to_owned(),
            wanted: question.execution,
            pipeline_arn: question
                .pipeline_arn
                .unwrap_or_else(|| unplaced_arn(&standard.pipeline, standard.account.id())),
            pipeline: standard.pipeline.clone(),
            floor: standard.floor.clone(),
            period: question.period,
            gate: question.gate.name().to_string(),
            other_functions,
        })
    }

    /// The executions, newest first.
    pub fn executions(&self) -> &[Evaluated] {
        &self.executions
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

    /// Marks the exceptions that an accept file accepts today. Returns all of them as findings,
    /// divided into open and accepted ones.
    pub fn accept(&mut self, acceptances: &Acceptances, today: Date) -> Judged {
        let mut findings = Vec::new();
        for evaluated in &mut self.executions {
            let subject = format!("{}/execution/{}", self.pipeline_arn, evaluated.execution.id);
            let place = place(evaluated);
            for exception in &mut evaluated.exceptions {
                let finding = finding(exception, &subject, &place);
                let disposition = acceptances.disposition(&finding).cloned();
                match disposition {
                    Some(valid) if valid.expires >= today => exception.acceptance = Some(valid),
                    expired => exception.expired = expired,
                }
                findings.push(finding);
            }
        }
        acceptances.judge(findings, &CATALOG, today)
    }

    /// What was checked, in a few words.
    pub fn checked(&self) -> String {
        let count = self.executions.len();
        let noun = if count == 1 { "execution" } else { "executions" };
        format!("{count} {noun} of `{}`", self.pipeline)
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

    /// How many executions were released.
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

    /// The number of executions whose gate reported another rule than this report's.
    pub fn judged_by_another_rule(&self) -> usize {
        let differs = |evaluated: &&Evaluated| {
            evaluated.exceptions.iter().any(|it| it.code == ExceptionCode::RuleDiffers)
        };
        self.executions.iter().filter(differs).count()
    }

    /// The number of executions with an exception of at least a warning, all accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.executions.iter().filter(|evaluated| evaluated.is_accepted()).count()
    }

    /// The starts of the first and the last execution.
    pub(crate) fn covered(&self) -> Option<(Timestamp, Timestamp)> {
        let times = || self.executions.iter().filter_map(|evaluated| evaluated.execution.started);
        Some((times().min()?, times().max()?))
    }

    /// Whether there is an open exception of this severity or worse.
    pub fn has(&self, severity: Severity) -> bool {
        let mut exceptions = self.executions.iter().flat_map(|evaluated| &evaluated.exceptions);
        exceptions.any(|exception| exception.is_open() && exception.code.severity() >= severity)
    }
}

/// The ARN of a pipeline whose region is not known. It has `*` in place of each unknown field.
fn unplaced_arn(pipeline: &str, account: &str) -> String {
    let account = if account.is_empty() { "*" } else { account };
    let arn =
        Arn { partition: "aws", service: "codepipeline", region: "*", account, resource: pipeline };
    arn.to_string()
}

/// An exception in the form that `audit` and `doctor` also use.
fn finding(exception: &Exception, subject: &str, place: &Evidence) -> Finding {
    let code = exception.code;
    let help = code.help().to_owned();
    let mut finding = code.check().finding(subject.to_owned(), exception.message.clone(), help);
    finding.evidence.push(place.clone());
    finding
}

/// The execution, as evidence of a finding.
fn place(evaluated: &Evaluated) -> Evidence {
    let execution = &evaluated.execution;
    let started = match execution.started {
        Some(at) => format!("started {at:.0}"),
        None => "start time unknown".to_owned(),
    };
    let detail =
        format!("{started} by {}; verdict {}", evaluated.started_by(), evaluated.verdict.as_str());
    Evidence::new("execution", &execution.id, detail)
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
            "The rule trusts {roles} only by a pattern, and the account's snapshot does not show \
             that IAM Identity Center created the role. \
             Its sessions are not trusted here."
        )
    } else {
        format!(
            "The rule trusts {roles} only by a pattern. The gate asks IAM who created such a role. \
             This report cannot ask, so the role's \
             sessions are not trusted here: give the account's snapshot with --account-file, or \
             name the roles in the rule."
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
