//! Writes a report for programs. These structs are the format, schema version 1. They change only
//! with `schemaVersion`.
//!
//! Except for `cover`, the report does not depend on how the history was read, and on the time only
//! if acceptances expire.

use std::io::Write;

use findings::Disposition;
use jiff::Timestamp;
use rule::{AtIs, Basis, Decision, Record, Reviewed, SignatureRecord, Status};
use serde::{Serialize, Serializer};

use super::cover_json::{CoverDocument, cover_document};
use super::json_summary::{AnswerDocument, Summary, answer, summary};
use crate::cover::Cover;
use crate::judge::approvals::{ApprovalAttempt, Counting};
use crate::judge::evaluate::Evaluated;
use crate::judge::exception::Exception;
use crate::judge::gate_report::GateReport;
use crate::judge::gate_run::GateRun;
use crate::read::event::ApprovalEvent;
use crate::read::history::{ActionExecution, Revision};
use crate::report::Report;

/// The text of an execution with two approvals and a gate has six kilobytes.
const BYTES_OF_EXECUTION: usize = 8192;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema_version: u32,
    answer: AnswerDocument,
    cover: CoverDocument<'a>,
    pipeline: &'a str,
    period: PeriodDocument,
    gate_function: &'a str,
    notes: &'a [String],
    summary: Summary,
    executions: Executions<'a>,
}

/// Each is prepared when it is written, because all of them at once would take much memory.
struct Executions<'a>(&'a [Evaluated]);

impl Serialize for Executions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(execution))
    }
}

#[derive(Serialize)]
pub(super) struct PeriodDocument {
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Execution<'a> {
    execution_id: &'a str,
    status: &'static str,
    started_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    pipeline_version: Option<i32>,
    execution_mode: Option<&'a str>,
    execution_type: Option<&'a str>,
    started_by: StartedBy<'a>,
    stop_reason: Option<&'a str>,
    revisions: Vec<RevisionDocument<'a>>,
    verdict: &'static str,
    problem: Option<&'a str>,
    released: bool,
    exceptions: Vec<ExceptionDocument<'a>>,
    approvals: Vec<Approval<'a>>,
    /// Only if the rule has `reviews`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reviews: Option<ReviewsDocument<'a>>,
    gate: Option<Gate<'a>>,
    decision: Option<&'a Record>,
    deployments: Vec<Deployment<'a>>,
}

#[derive(Serialize)]
struct ReviewsDocument<'a> {
    /// `yes`, or `no` or `unknown` with a colon and why.
    reviewed: String,
    authors: Vec<&'a str>,
    pushers: Vec<&'a str>,
    reviewers: Vec<&'a str>,
}

#[derive(Serialize)]
struct StartedBy<'a> {
    trigger: Option<&'a str>,
    detail: Option<&'a str>,
}

#[derive(Serialize)]
struct RevisionDocument<'a> {
    action: Option<&'a str>,
    id: Option<&'a str>,
    message: Option<&'a str>,
    url: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExceptionDocument<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<DispositionDocument<'a>>,
    /// What accepted it until an earlier day.
    #[serde(skip_serializing_if = "Option::is_none")]
    acceptance_expired: Option<DispositionDocument<'a>>,
}

#[derive(Serialize)]
pub(super) struct DispositionDocument<'a> {
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewer: Option<&'a str>,
    /// The last day on which it is accepted.
    expires: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Approval<'a> {
    stage: Option<&'a str>,
    action: Option<&'a str>,
    action_execution_id: Option<&'a str>,
    status: Status,
    principal: Option<&'a str>,
    asked_at: Option<Timestamp>,
    at: Option<Timestamp>,
    at_is: Option<AtIs>,
    noticed_at: Option<Timestamp>,
    comment: Option<&'a str>,
    basis: Option<Basis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<&'a SignatureRecord>,
    counting: &'static str,
    person: Option<&'a str>,
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_trail: Option<Trail<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trail<'a> {
    event_id: Option<&'a str>,
    at: Timestamp,
    principal: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    taken_by: &'a [String],
    source_identity: Option<&'a str>,
    mfa_authenticated: Option<bool>,
    source_ip_address: Option<&'a str>,
    user_agent: Option<&'a str>,
}

#[derive(Serialize)]
struct Gate<'a> {
    agrees: Option<bool>,
    runs: Vec<Run<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    stage: Option<&'a str>,
    action: Option<&'a str>,
    action_execution_id: Option<&'a str>,
    status: Status,
    started_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    said: GateReportDocument<'a>,
    evaluated: EvaluatedDocument<'a>,
    agrees: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GateReportDocument<'a> {
    verdict: &'static str,
    approvers: Option<&'a str>,
    basis: Option<&'a str>,
    execution_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gate_version: Option<&'a str>,
    message: Option<&'a str>,
}

/// Today's evaluation of the facts that a run could see. The record of the decisive run is in
/// `decision`.
#[derive(Serialize)]
struct EvaluatedDocument<'a> {
    verdict: Option<&'static str>,
    problem: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Deployment<'a> {
    stage: Option<&'a str>,
    action: Option<&'a str>,
    action_execution_id: Option<&'a str>,
    category: Option<&'a str>,
    provider: Option<&'a str>,
    status: Status,
    started_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    external_execution_id: Option<&'a str>,
    summary: Option<&'a str>,
}

/// The report with its cover as one JSON document.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn render(report: &Report, cover: &Cover) -> Result<Vec<u8>, serde_json::Error> {
    // Space that is not used takes no memory, and to move a text of many megabytes takes twice its.
    let mut text = Vec::with_capacity(report.executions.len().saturating_mul(BYTES_OF_EXECUTION));
    write(report, cover, &mut text)?;
    Ok(text)
}

/// Writes the same, so that it need not be in memory as a whole.
///
/// # Errors
/// If it cannot be written.
pub fn write(
    report: &Report,
    cover: &Cover,
    out: &mut impl Write,
) -> Result<(), serde_json::Error> {
    let document = Document {
        schema_version: 1,
        answer: answer(report),
        cover: cover_document(report, cover)?,
        pipeline: &report.pipeline,
        period: PeriodDocument { since: report.period.since, until: report.period.until },
        gate_function: &report.gate,
        notes: &report.notes,
        summary: summary(report),
        executions: Executions(&report.executions),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n").map_err(serde_json::Error::io)
}

fn execution(evaluated: &Evaluated) -> Execution<'_> {
    let execution = &evaluated.execution;
    Execution {
        execution_id: &execution.id,
        status: execution.status.as_str(),
        started_at: execution.started,
        updated_at: execution.updated,
        pipeline_version: evaluated.pipeline_version,
        execution_mode: execution.mode.as_deref(),
        execution_type: execution.kind.as_deref(),
        started_by: StartedBy {
            trigger: execution.trigger.kind.as_deref(),
            detail: execution.trigger.detail.as_deref(),
        },
        stop_reason: execution.stop_reason.as_deref(),
        revisions: execution.revisions.iter().map(revision).collect(),
        verdict: evaluated.verdict.as_str(),
        problem: evaluated.problem.as_deref(),
        released: evaluated.released,
        exceptions: evaluated.exceptions.iter().map(exception).collect(),
        approvals: evaluated.approvals.iter().map(approval).collect(),
        reviews: evaluated.reviews().map(reviews),
        gate: (!evaluated.gate_runs.is_empty()).then(|| Gate {
            agrees: evaluated.gate_agrees(),
            runs: evaluated.gate_runs.iter().map(run).collect(),
        }),
        decision: evaluated.decision.as_deref().map(Decision::record),
        deployments: evaluated.deployments.iter().map(deployment).collect(),
    }
}

fn reviews(reviews: Reviewed<'_>) -> ReviewsDocument<'_> {
    let Reviewed { authors, pushers, reviewers, reviewed } = reviews;
    ReviewsDocument { reviewed, authors, pushers, reviewers }
}

fn revision(revision: &Revision) -> RevisionDocument<'_> {
    RevisionDocument {
        action: revision.action.as_deref(),
        id: revision.id.as_deref(),
        message: revision.message.as_deref(),
        url: revision.url.as_deref(),
    }
}

fn exception(exception: &Exception) -> ExceptionDocument<'_> {
    ExceptionDocument {
        code: exception.code.as_str(),
        severity: exception.code.severity().as_str(),
        message: &exception.message,
        accepted: exception.acceptance.as_ref().map(disposition),
        acceptance_expired: exception.expired.as_ref().map(disposition),
    }
}

pub(super) fn disposition(disposition: &Disposition) -> DispositionDocument<'_> {
    DispositionDocument {
        reason: &disposition.reason,
        ticket: disposition.ticket.as_deref(),
        reviewer: disposition.reviewer.as_deref(),
        expires: disposition.expires.to_string(),
    }
}

fn approval(approval: &ApprovalAttempt) -> Approval<'_> {
    let attempt = &approval.attempt;
    let (person, reason) = match &approval.counting {
        Counting::As(person) => (Some(person.as_str()), None),
        Counting::Not(reason) => (None, Some(reason.as_str())),
        Counting::Replaced | Counting::NotRequired | Counting::NotJudged => (None, None),
    };
    Approval {
        stage: attempt.stage.as_deref(),
        action: attempt.action.as_deref(),
        action_execution_id: attempt.id.as_deref(),
        status: attempt.status,
        principal: attempt.approver.history.as_deref(),
        asked_at: attempt.started,
        at: approval.at().map(|(at, _)| at),
        at_is: approval.at().map(|(_, is)| is),
        noticed_at: approval.noticed(),
        comment: attempt.comment.as_deref(),
        basis: approval.basis,
        signature: approval.signature.as_ref(),
        counting: approval.counting.as_str(),
        person,
        reason,
        cloud_trail: approval.trail.as_ref().map(|event| trail(event, &approval.behind)),
    }
}

fn trail<'a>(event: &'a ApprovalEvent, behind: &'a [String]) -> Trail<'a> {
    Trail {
        event_id: event.id.as_deref(),
        at: event.at,
        principal: event.by.arn.as_deref(),
        taken_by: behind,
        source_identity: event.by.source_identity.as_deref(),
        mfa_authenticated: event.by.mfa,
        source_ip_address: event.source_ip.as_deref(),
        user_agent: event.user_agent.as_deref(),
    }
}

fn run(run: &GateRun) -> Run<'_> {
    let (approvers, basis, execution_id, rule_digest, gate_version) = match &run.report {
        GateReport::Satisfied { approvers, basis, execution_id, rule_digest, gate_version } => (
            approvers.as_deref(),
            basis.as_deref(),
            execution_id.as_deref(),
            rule_digest.as_deref(),
            gate_version.as_deref(),
        ),
        GateReport::Unsatisfied
        | GateReport::SuccessWithoutVerdict
        | GateReport::Failure
        | GateReport::Nothing => (None, None, None, None, None),
    };
    Run {
        stage: run.stage.as_deref(),
        action: run.action.as_deref(),
        action_execution_id: run.id.as_deref(),
        status: run.status,
        started_at: run.started,
        updated_at: run.updated,
        said: GateReportDocument {
            verdict: run.report.as_str(),
            approvers,
            basis,
            execution_id,
            rule_digest,
            gate_version,
            message: run.message.as_deref(),
        },
        evaluated: EvaluatedDocument {
            verdict: run.verdict().map(rule::Verdict::as_str),
            problem: run
                .evaluated
                .as_ref()
                .and_then(|evaluated| evaluated.as_ref().err())
                .map(String::as_str),
        },
        agrees: run.agrees(),
    }
}

fn deployment(action: &ActionExecution) -> Deployment<'_> {
    let attempt = &action.attempt;
    Deployment {
        stage: attempt.stage.as_deref(),
        action: attempt.action.as_deref(),
        action_execution_id: attempt.id.as_deref(),
        category: action.kind.as_ref().map(|kind| kind.category.as_str()),
        provider: action.kind.as_ref().map(|kind| kind.provider.as_str()),
        status: attempt.status,
        started_at: attempt.started,
        updated_at: attempt.updated,
        external_execution_id: action.external_id.as_deref(),
        summary: attempt.comment.as_deref(),
    }
}
