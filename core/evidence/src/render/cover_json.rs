//! The cover of a report for programs. `policygen verify` reads it to make the report again.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::cover::{limits, region};
use crate::cover::{Cover, Source};
use crate::read::Counts;
use crate::report::Report;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CoverDocument<'a> {
    made_at: Timestamp,
    version: &'a str,
    pipeline_arn: &'a str,
    account: Option<&'a str>,
    account_from: &'static str,
    region: Option<String>,
    given_region: Option<&'a str>,
    gate: &'a str,
    asked_trail: bool,
    rule: RuleDocument<'a>,
    execution: Option<&'a str>,
    first_started_at: Option<Timestamp>,
    last_started_at: Option<Timestamp>,
    sources: Vec<SourceDocument<'a>>,
    counts: CountsDocument,
    limits: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct RuleDocument<'a> {
    pub(super) file: Option<&'a str>,
    pub(super) digest: &'a str,
    /// The whole rule, as it was written.
    pub(super) text: &'a RawValue,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub(super) enum SourceDocument<'a> {
    File { path: &'a str, role: &'static str, sha256: &'a str, bytes: u64 },
    Cache { path: &'a str, executions: usize },
    Calls { operation: &'static str, requests: usize, entries: usize },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CountsDocument {
    executions_listed: usize,
    executions_repeated: usize,
    executions_only_in_actions: usize,
    executions_outside: usize,
    executions_judged: usize,
    actions_read: usize,
    actions_repeated: usize,
    actions_outside: usize,
    actions_used: usize,
}

/// The cover.
///
/// # Errors
/// If the rule's text is not JSON, which cannot be since it was parsed.
pub(super) fn cover_document<'a>(
    report: &'a Report,
    cover: &'a Cover,
) -> Result<CoverDocument<'a>, serde_json::Error> {
    let covered = report.covered();
    Ok(CoverDocument {
        made_at: cover.made_at,
        version: &cover.version,
        pipeline_arn: &report.pipeline_arn,
        account: Some(report.account.as_str()).filter(|account| !account.is_empty()),
        account_from: report.account_from.0,
        region: region(report, cover),
        given_region: cover.region.as_deref(),
        gate: &cover.gate,
        asked_trail: cover.asked_trail,
        rule: RuleDocument {
            file: cover.rule.file.as_deref(),
            digest: report.floor.digest(),
            text: serde_json::from_str(&cover.rule.json)?,
        },
        execution: report.wanted.as_deref(),
        first_started_at: covered.map(|(first, _)| first),
        last_started_at: covered.map(|(_, last)| last),
        sources: cover.sources.iter().map(source).collect(),
        counts: counts(&report.counts),
        limits: limits(report),
    })
}

pub(super) fn source(source: &Source) -> SourceDocument<'_> {
    match source {
        Source::File { path, role, sha256, bytes } => {
            SourceDocument::File { path, role: role.as_str(), sha256, bytes: *bytes }
        }
        Source::Cache { path, executions } => {
            SourceDocument::Cache { path, executions: *executions }
        }
        Source::Calls { operation, requests, entries } => {
            SourceDocument::Calls { operation, requests: *requests, entries: *entries }
        }
    }
}

pub(super) fn counts(counts: &Counts) -> CountsDocument {
    CountsDocument {
        executions_listed: counts.listed,
        executions_repeated: counts.repeated,
        executions_only_in_actions: counts.unlisted,
        executions_outside: counts.outside,
        executions_judged: counts.evaluated,
        actions_read: counts.actions_read,
        actions_repeated: counts.actions_repeated,
        actions_outside: counts.actions_outside,
        actions_used: counts.actions_used,
    }
}
