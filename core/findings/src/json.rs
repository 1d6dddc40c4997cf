//! The report for programs. These structs are the format: they change only with `schemaVersion`.

use serde::Serialize;

use crate::{Accepted, Elsewhere, Report};
use crate::{Evidence, Finding, Gate, Severity};

/// What was examined, and what was found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Findings"))]
struct Root<'a> {
    /// Always 1.
    #[cfg_attr(feature = "schema", schemars(extend("const" = 1)))]
    schema_version: u32,
    /// What was examined, in words.
    checked: &'a str,
    /// Only of commands that ask a question.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerEntry<'a>>,
    /// Roles whose members are decided in another place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    elsewhere: Vec<ElsewhereEntry<'a>>,
    /// The open findings, one entry for each cause.
    findings: Vec<FindingEntry<'a>>,
    /// The accepted findings.
    accepted: Vec<AcceptedEntry<'a>>,
    /// How many there are.
    summary: Summary,
}

/// The answer to the question that a command asks.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Answer"))]
struct AnswerEntry<'a> {
    /// The answer in one word.
    #[cfg_attr(
        feature = "schema",
        schemars(extend("enum" = ["nobody", "somebody", "undecided"]))
    )]
    answer: &'static str,
    /// The answer in a sentence.
    sentence: &'a str,
}

/// A role whose members are decided in another place.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Elsewhere"))]
struct ElsewhereEntry<'a> {
    /// The role.
    role: Subject<'a>,
    /// Where its members are decided.
    place: &'a str,
}

/// Findings of one cause.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Finding"))]
struct FindingEntry<'a> {
    /// The code of the check, which is also its anchor in the book.
    code: &'static str,
    /// How bad it is.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["error", "warning", "note"])))]
    severity: &'static str,
    /// What it is about.
    subject: Subject<'a>,
    /// Only of entries about several subjects, which the first of them stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    subjects: Option<Subjects<'a>>,
    /// What is wrong, in whole sentences.
    message: &'a str,
    /// The chain that leads to it, outermost first.
    evidence: Vec<EvidenceEntry<'a>>,
    /// A concrete ARN that shows that the finding is real.
    witness: Option<&'a str>,
    /// What to do about it, in whole sentences.
    help: &'a str,
    /// Only of findings in code.
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<LocationEntry<'a>>,
    /// What the gate makes of it. Only of findings about two approvals by one human.
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<&'static str>,
}

/// Where a finding is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Location"))]
pub(crate) struct LocationEntry<'a> {
    /// The file.
    file: &'a str,
    /// The line, beginning with 1.
    line: Option<usize>,
    /// The id of the resource in its template.
    id: Option<&'a str>,
}

/// A principal, a group, a pipeline, a stage, an action or a part of the rule.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Subject<'a> {
    /// Its ARN.
    pub(crate) arn: &'a str,
}

/// All subjects of a cause.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Subjects<'a> {
    /// How many there are.
    count: usize,
    /// Their ARNs.
    arns: Vec<&'a str>,
}

/// A link of the chain.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Evidence"))]
struct EvidenceEntry<'a> {
    /// What it is: `user`, `group`, `policy`.
    kind: &'static str,
    /// Its name.
    name: &'a str,
    /// What about it leads on.
    detail: &'a str,
}

/// Findings that somebody accepted.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Accepted"))]
struct AcceptedEntry<'a> {
    /// The findings.
    finding: FindingEntry<'a>,
    /// Why they are accepted.
    reason: &'a str,
    /// The ticket about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<&'a str>,
    /// The person who reviewed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewer: Option<&'a str>,
    /// The last day on which it is accepted.
    expires: String,
}

/// The number of open findings by severity, and of accepted ones.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Summary {
    /// Open errors.
    errors: usize,
    /// Open warnings.
    warnings: usize,
    /// Open notes.
    notes: usize,
    /// Accepted findings.
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
