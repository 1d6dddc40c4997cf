//! The report for programs. These structs are the format: they change only with `schemaVersion`.

use serde::Serialize;

use crate::{Accepted, Elsewhere, Report};
use crate::{Evidence, Finding, Gate, Severity};

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", schemars(rename = "Findings"))]
struct Root<'a> {
    schema_version: u32,
    checked: &'a str,
    /// Only of commands that ask a question.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerEntry<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    elsewhere: Vec<ElsewhereEntry<'a>>,
    findings: Vec<FindingEntry<'a>>,
    accepted: Vec<AcceptedEntry<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct AnswerEntry<'a> {
    answer: &'static str,
    sentence: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct ElsewhereEntry<'a> {
    role: Subject<'a>,
    place: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct FindingEntry<'a> {
    code: &'static str,
    severity: &'static str,
    subject: Subject<'a>,
    /// Only of entries about several subjects, which the first of them stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    subjects: Option<Subjects<'a>>,
    message: &'a str,
    evidence: Vec<EvidenceEntry<'a>>,
    witness: Option<&'a str>,
    help: &'a str,
    /// Only of findings in code.
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<LocationEntry<'a>>,
    /// Only of findings about two approvals by one human.
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<&'static str>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct LocationEntry<'a> {
    file: &'a str,
    line: Option<usize>,
    id: Option<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subject<'a> {
    pub(crate) arn: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Subjects<'a> {
    count: usize,
    arns: Vec<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct EvidenceEntry<'a> {
    kind: &'static str,
    name: &'a str,
    detail: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct AcceptedEntry<'a> {
    finding: FindingEntry<'a>,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewer: Option<&'a str>,
    /// The last day on which it is accepted.
    expires: String,
}

/// The number of open findings by severity, and of accepted ones.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Summary {
    errors: usize,
    warnings: usize,
    notes: usize,
    accepted: usize,
}

/// Renders the report as JSON.
///
/// # Errors
/// As `serde_json`.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    pretty(&Root {
        schema_version: 1,
        checked: &report.checked,
        answer: report
            .answer
            .as_ref()
            .map(|answer| AnswerEntry { answer: answer.is.as_str(), sentence: &answer.sentence }),
        elsewhere: report.elsewhere.iter().map(elsewhere).collect(),
        findings: report.entries().iter().filter_map(|cause| finding(cause)).collect(),
        accepted: report.accepted_entries().iter().filter_map(|cause| accepted(cause)).collect(),
        summary: Summary {
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
            notes: report.count(Severity::Note),
            accepted: report.accepted.len(),
        },
    })
}

/// The JSON Schema of the report.
#[cfg(feature = "schema")]
#[must_use]
pub fn report_schema(generator: schemars::SchemaGenerator) -> schemars::Schema {
    generator.into_root_schema_for::<Root<'_>>()
}

fn elsewhere(elsewhere: &Elsewhere) -> ElsewhereEntry<'_> {
    ElsewhereEntry { role: Subject { arn: &elsewhere.role }, place: &elsewhere.place }
}

/// The entry of findings of one cause. `None` if there are none.
fn finding<'a>(cause: &[&'a Finding]) -> Option<FindingEntry<'a>> {
    let finding = *cause.first()?;
    Some(FindingEntry {
        code: finding.code,
        severity: finding.severity.as_str(),
        subject: Subject { arn: &finding.subject },
        subjects: subjects(cause),
        message: &finding.message,
        evidence: finding.evidence.iter().map(evidence).collect(),
        witness: finding.witness.as_deref(),
        help: &finding.help,
        location: location(finding),
        gate: finding.gate.map(Gate::as_str),
    })
}

/// The subjects of a cause if there are several.
pub(crate) fn subjects<'a>(cause: &[&'a Finding]) -> Option<Subjects<'a>> {
    (cause.len() > 1).then(|| Subjects {
        count: cause.len(),
        arns: cause.iter().map(|finding| finding.subject.as_str()).collect(),
    })
}

/// Where a finding is written, if it was found in code.
pub(crate) fn location(finding: &Finding) -> Option<LocationEntry<'_>> {
    finding.location.as_ref().map(|location| LocationEntry {
        file: &location.file,
        line: location.line,
        id: location.id.as_deref(),
    })
}

fn evidence(evidence: &Evidence) -> EvidenceEntry<'_> {
    EvidenceEntry { kind: evidence.kind, name: &evidence.name, detail: &evidence.detail }
}

fn accepted<'a>(cause: &[&'a Accepted]) -> Option<AcceptedEntry<'a>> {
    let accepted = *cause.first()?;
    let findings: Vec<&Finding> = cause.iter().map(|accepted| &accepted.finding).collect();
    let disposition = &accepted.disposition;
    Some(AcceptedEntry {
        finding: finding(&findings)?,
        reason: &disposition.reason,
        ticket: disposition.ticket.as_deref(),
        reviewer: disposition.reviewer.as_deref(),
        expires: disposition.expires.to_string(),
    })
}

/// JSON as the AWS CLI prints it, with a newline at the end.
///
/// # Errors
/// As `serde_json`.
pub fn pretty(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter))?;
    text.push(b'\n');
    String::from_utf8(text).map_err(serde::ser::Error::custom)
}
