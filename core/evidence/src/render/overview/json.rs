//! For programs. These structs are the format, schema version 1. They change only with
//! `schemaVersion`.

use std::io::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use crate::cover::{Cover, LIMITS};
use crate::overview::{Overview, Row, RowCause};
use crate::render::cover_json::{CountsDocument, RuleDocument, SourceDocument, counts, source};
use crate::render::json::{DispositionDocument, PeriodDocument, disposition};
use crate::render::json_summary::AnswerDocument;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema_version: u32,
    answer: AnswerDocument,
    cover: CoverDocument<'a>,
    period: PeriodDocument,
    gate_function: &'a str,
    summary: Summary,
    /// The worst first.
    pipelines: Vec<PipelineDocument<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CoverDocument<'a> {
    made_at: Timestamp,
    version: &'a str,
    gate: &'a str,
    rule: RuleDocument<'a>,
    /// What was read for all pipelines.
    sources: Vec<SourceDocument<'a>>,
    limits: [&'static str; 4],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    pipelines: usize,
    not_judged: usize,
    executions: usize,
    releases: usize,
    satisfied_releases: usize,
    exceptional: usize,
    accepted: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PipelineDocument<'a> {
    pipeline_arn: String,
    pipeline: Option<&'a str>,
    account: Option<&'a str>,
    region: Option<&'a str>,
    /// `yes`, `no`, or `none` if there is no execution or it could not be judged.
    answer: &'static str,
    /// Why it could not be judged.
    problem: Option<&'a str>,
    executions: usize,
    releases: usize,
    satisfied_releases: usize,
    unapproved_releases: usize,
    unreviewed_releases: usize,
    in_doubt: usize,
    justified: usize,
    exceptional: usize,
    accepted: usize,
    first_started_at: Option<Timestamp>,
    last_started_at: Option<Timestamp>,
    exceptions: Vec<CauseDocument<'a>>,
    notes: &'a [String],
    sources: Vec<SourceDocument<'a>>,
    counts: CountsDocument,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CauseDocument<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<DispositionDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acceptance_expired: Option<DispositionDocument<'a>>,
    executions: Vec<ExecutionDocument<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionDocument<'a> {
    execution_id: &'a str,
    started_at: Option<Timestamp>,
}

/// The report with its cover as one JSON document.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn render(overview: &Overview, cover: &Cover) -> Result<Vec<u8>, serde_json::Error> {
    let answer = overview.answer();
    let tally = overview.tally();
    let sum = |number: fn(&Row) -> usize| overview.rows.iter().map(number).sum();
    let document = Document {
        schema_version: 1,
        answer: AnswerDocument {
            answer: answer.as_str(),
            sentence: answer.sentence,
            quorum: overview.floor.quorum().get(),
        },
        cover: CoverDocument {
            made_at: cover.made_at,
            version: &cover.version,
            gate: &cover.gate,
            rule: RuleDocument {
                file: cover.rule.file.as_deref(),
                digest: overview.floor.digest(),
                text: serde_json::from_str(&cover.rule.json)?,
            },
            sources: cover.sources.iter().map(source).collect(),
            limits: LIMITS,
        },
        period: PeriodDocument { since: overview.period.since, until: overview.period.until },
        gate_function: &overview.gate,
        summary: Summary {
            pipelines: overview.rows.len(),
            not_judged: overview.rows.len().saturating_sub(overview.judged()),
            executions: tally.executions,
            releases: tally.releases,
            satisfied_releases: sum(|row| row.satisfied),
            exceptional: sum(|row| row.exceptional),
            accepted: sum(|row| row.accepted),
        },
        pipelines: overview.rows.iter().map(pipeline).collect(),
    };
    let mut text = serde_json::to_vec_pretty(&document)?;
    text.write_all(b"\n").map_err(serde_json::Error::io)?;
    Ok(text)
}

fn pipeline(row: &Row) -> PipelineDocument<'_> {
    let (place, tally) = (row.place(), row.tally());
    PipelineDocument {
        pipeline_arn: place.arn(),
        pipeline: place.pipeline.as_deref(),
        account: place.account.as_deref(),
        region: place.region.as_deref(),
        answer: row.standing().answer(),
        problem: row.problem(),
        executions: tally.executions,
        releases: tally.releases,
        satisfied_releases: row.satisfied,
        unapproved_releases: tally.unapproved,
        unreviewed_releases: tally.unreviewed,
        in_doubt: tally.doubtful,
        justified: tally.justified,
        exceptional: row.exceptional,
        accepted: row.accepted,
        first_started_at: row.covered.map(|(first, _)| first),
        last_started_at: row.covered.map(|(_, last)| last),
        exceptions: row.causes.iter().map(cause).collect(),
        notes: &row.notes,
        sources: row.sources.iter().map(source).collect(),
        counts: counts(&row.counts),
    }
}

fn cause(cause: &RowCause) -> CauseDocument<'_> {
    let exception = &cause.exception;
    CauseDocument {
        code: exception.code.as_str(),
        severity: exception.code.severity().as_str(),
        message: &exception.message,
        accepted: exception.acceptance.as_ref().map(disposition),
        acceptance_expired: exception.expired.as_ref().map(disposition),
        executions: cause
            .executions
            .iter()
            .map(|(id, started)| ExecutionDocument { execution_id: id, started_at: *started })
            .collect(),
    }
}
