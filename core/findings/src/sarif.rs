//! A report as SARIF 2.1.0 (OASIS standard), for code scanning.
//!
//! The types hold what a report needs of the standard and nothing else. The conformance tests check
//! the output against the schema of the standard.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cause::words;
use crate::{Accepted, Catalog, Check, Report};
use names::Arn;

use crate::{Evidence, Finding, Gate, Severity};
use crate::{link, number, pretty};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// `sarifLog`, 3.13 of the standard.
#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    runs: [Run<'a>; 1],
    version: &'static str,
}

/// `run`, 3.14.
#[derive(Serialize)]
struct Run<'a> {
    properties: RunProperties<'a>,
    results: Vec<ResultObject<'a>>,
    tool: Tool,
}

/// A property bag, 3.8, whose names are ours.
#[derive(Serialize)]
struct RunProperties<'a> {
    checked: &'a str,
}

/// `tool`, 3.18.
#[derive(Serialize)]
struct Tool {
    driver: ToolComponent,
}

/// `toolComponent`, 3.19.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolComponent {
    name: &'static str,
    rules: Vec<ReportingDescriptor>,
    semantic_version: &'static str,
}

/// `reportingDescriptor`, 3.49.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportingDescriptor {
    default_configuration: ReportingConfiguration,
    full_description: Message,
    help: Message,
    help_uri: String,
    id: &'static str,
    properties: RuleProperties,
    short_description: Message,
}

/// What GitHub sorts and filters rules by.
#[derive(Serialize)]
struct RuleProperties {
    precision: &'static str,
    #[serde(rename = "problem.severity")]
    problem_severity: &'static str,
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
    tags: [&'static str; 1],
}

/// `reportingConfiguration`, 3.50.
#[derive(Serialize)]
struct ReportingConfiguration {
    level: &'static str,
}

/// `result`, 3.27.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultObject<'a> {
    level: &'static str,
    locations: [Location<'a>; 1],
    message: Message,
    /// The number of subjects if there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    occurrence_count: Option<usize>,
    /// What makes it the same finding the next time.
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<ResultProperties<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    /// An empty list says that the result is not suppressed. Without the list that is unknown.
    suppressions: Vec<Suppression<'a>>,
}

#[derive(Serialize)]
struct ResultProperties<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subjects: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<&'a str>,
}

/// `location`, 3.28.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    logical_locations: [LogicalLocation<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
    /// GitHub shows no result without one ("SARIF support for code scanning").
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<PhysicalLocation>,
}

/// `physicalLocation`, 3.29.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

/// `artifactLocation`, 3.4.
#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

/// `region`, 3.30.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
}

/// `logicalLocation`, 3.33.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation<'a> {
    fully_qualified_name: &'a str,
    kind: &'a str,
}

/// `message`, 3.11, and `multiformatMessageString`, 3.12, of plain text.
#[derive(Serialize)]
struct Message {
    text: String,
}

/// `suppression`, 3.35.
#[derive(Serialize)]
struct Suppression<'a> {
    justification: &'a str,
    kind: &'static str,
    properties: SuppressionProperties<'a>,
    status: &'static str,
}

#[derive(Serialize)]
struct SuppressionProperties<'a> {
    expires: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<&'a str>,
}

/// Renders the report as SARIF.
///
/// # Errors
/// As `serde_json`.
pub fn render(report: &Report, catalog: &Catalog) -> Result<String, serde_json::Error> {
    let mut results: Vec<ResultObject<'_>> =
        report.entries().iter().filter_map(|cause| result(cause, catalog, None)).collect();
    for accepted in report.accepted_entries() {
        let cause: Vec<&Finding> = accepted.iter().map(|accepted| &accepted.finding).collect();
        results.extend(result(&cause, catalog, accepted.first().copied()));
    }
    pretty(&Log {
        schema: SCHEMA,
        runs: [Run {
            properties: RunProperties { checked: &report.checked },
            results,
            tool: Tool {
                driver: ToolComponent {
                    name: "policygen",
                    rules: catalog.checks.iter().map(|check| rule(check, catalog)).collect(),
                    semantic_version: env!("CARGO_PKG_VERSION"),
                },
            },
        }],
        version: "2.1.0",
    })
}

fn rule(check: &Check, catalog: &Catalog) -> ReportingDescriptor {
    let page = catalog.anchor(check.code);
    ReportingDescriptor {
        default_configuration: ReportingConfiguration { level: check.severity.as_str() },
        help: Message { text: format!("See {page}.") },
        help_uri: link(&page),
        full_description: Message { text: format!("{}.", check.title) },
        id: check.code,
        properties: rule_properties(check.severity),
        short_description: Message { text: check.title.to_owned() },
    }
}

/// In code scanning, errors are high, warnings are medium and notes are low.
fn rule_properties(severity: Severity) -> RuleProperties {
    let (problem_severity, security_severity) = match severity {
        Severity::Error => ("error", "8.0"),
        Severity::Warning => ("warning", "5.0"),
        Severity::Note => ("recommendation", "2.0"),
    };
    let (precision, tags) = ("high", ["security"]);
    RuleProperties { precision, problem_severity, security_severity, tags }
}

/// Findings of one cause. Accepted findings are there too, suppressed. `None` if there are none.
fn result<'a>(
    cause: &[&'a Finding],
    catalog: &Catalog,
    accepted: Option<&'a Accepted>,
) -> Option<ResultObject<'a>> {
    let finding = *cause.first()?;
    let Finding { code, subject, message, help, .. } = finding;
    let (fingerprint, text) = match cause.len() {
        1 => (only(finding), format!("{message} {help}")),
        several => {
            let more = number(several - 1);
            let text = format!("{message} The same is true of {more} more subjects. {help}");
            (("codeAndWords/v1", format!("{code} {}", words(finding))), text)
        }
    };
    Some(ResultObject {
        level: finding.severity.as_str(),
        locations: [Location {
            physical_location: Some(match &finding.location {
                Some(location) => physical(&location.file, location.line),
                None => physical(&place_of(subject), None),
            }),
            ..location(subject, "resource")
        }],
        message: Message { text },
        occurrence_count: (cause.len() > 1).then_some(cause.len()),
        // GitHub compares no fingerprint but this one.
        partial_fingerprints: BTreeMap::from([
            ("primaryLocationLineHash", fingerprint.1.clone()),
            fingerprint,
        ]),
        properties: properties(cause),
        related_locations: (1..).zip(&finding.evidence).map(related).collect(),
        rule_id: code,
        rule_index: catalog.checks.iter().position(|check| check.code == *code),
        suppressions: accepted.map(suppression).into_iter().collect(),
    })
}

/// The fingerprint of a finding with one subject.
fn only(finding: &Finding) -> (&'static str, String) {
    let Finding { code, subject, location, .. } = finding;
    let text = match location.as_ref().and_then(|location| location.id.as_deref()) {
        None => format!("{code} {subject}"),
        // Several pipelines of a template can be called the same.
        Some(id) => format!("{code} {subject} {id}"),
    };
    ("codeAndSubject/v1", text)
}

fn properties<'a>(cause: &[&'a Finding]) -> Option<ResultProperties<'a>> {
    let finding = *cause.first()?;
    let (gate, witness) = (finding.gate.map(Gate::as_str), finding.witness.as_deref());
    let several = cause.iter().filter(|_| cause.len() > 1);
    let subjects: Vec<&str> = several.map(|finding| finding.subject.as_str()).collect();
    let is_empty = gate.is_none() && witness.is_none() && subjects.is_empty();
    (!is_empty).then_some(ResultProperties { gate, subjects, witness })
}

fn suppression(accepted: &Accepted) -> Suppression<'_> {
    let disposition = &accepted.disposition;
    Suppression {
        justification: &disposition.reason,
        kind: "external",
        properties: SuppressionProperties {
            expires: disposition.expires.to_string(),
            reviewer: disposition.reviewer.as_deref(),
            ticket: disposition.ticket.as_deref(),
        },
        status: "accepted",
    }
}

fn location<'a>(name: &'a str, kind: &'a str) -> Location<'a> {
    let logical = LogicalLocation { fully_qualified_name: name, kind };
    Location { id: None, logical_locations: [logical], message: None, physical_location: None }
}

/// Something that is not in a file gets a path that is always the same:
/// `aws/111122223333/iam/user/alice`.
fn place_of(subject: &str) -> String {
    match Arn::parse(subject) {
        Some(Arn { service, region, account, resource, .. }) => {
            let parts = ["aws", account, service, region, resource];
            let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            parts.join("/").replace(':', "/")
        }
        None => subject.replace(':', "/"),
    }
}

fn physical(file: &str, line: Option<usize>) -> PhysicalLocation {
    PhysicalLocation {
        artifact_location: ArtifactLocation { uri: uri(file) },
        // Without a line, the first: GitHub wants one.
        region: Region { start_line: line.unwrap_or(1) },
    }
}

/// A relative reference or an absolute path as a URI (RFC 3986), which is what code scanning joins
/// with the root of the sources.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn related((id, evidence): (usize, &Evidence)) -> Location<'_> {
    Location {
        id: Some(id),
        message: Some(Message { text: evidence.detail.clone() }),
        ..location(&evidence.name, evidence.kind)
    }
}
