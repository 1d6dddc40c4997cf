//! A report as SARIF 2.1.0 (OASIS standard), for code scanning.
//!
//! The types hold what a report needs of the standard and nothing else. The conformance tests check
//! the output against the schema of the standard.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Accepted, Catalog, Check, Report};
use crate::{Evidence, Finding, Gate};
use crate::{link, pretty};

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
    help: Message,
    help_uri: String,
    id: &'static str,
    short_description: Message,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<PhysicalLocation>,
}

/// `physicalLocation`, 3.29.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
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
    let open = report.findings.iter().map(|finding| result(finding, catalog, None));
    let accepted =
        report.accepted.iter().map(|accepted| result(&accepted.finding, catalog, Some(accepted)));
    pretty(&Log {
        schema: SCHEMA,
        runs: [Run {
            properties: RunProperties { checked: &report.checked },
            results: open.chain(accepted).collect(),
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
        id: check.code,
        short_description: Message { text: check.title.to_owned() },
    }
}

/// One finding. Accepted findings are there too, suppressed.
fn result<'a>(
    finding: &'a Finding,
    catalog: &Catalog,
    accepted: Option<&'a Accepted>,
) -> ResultObject<'a> {
    ResultObject {
        level: finding.severity.as_str(),
        locations: [Location {
            physical_location: finding.location.as_ref().map(physical),
            ..location(&finding.subject, "resource")
        }],
        message: Message { text: format!("{} {}", finding.message, finding.help) },
        partial_fingerprints: BTreeMap::from([(
            "codeAndSubject/v1",
            match finding.location.as_ref().and_then(|location| location.id.as_deref()) {
                None => format!("{} {}", finding.code, finding.subject),
                // Several pipelines of a template can be called the same.
                Some(id) => format!("{} {} {id}", finding.code, finding.subject),
            },
        )]),
        properties: properties(finding),
        related_locations: (1..).zip(&finding.evidence).map(related).collect(),
        rule_id: finding.code,
        rule_index: catalog.checks.iter().position(|check| check.code == finding.code),
        suppressions: accepted.map(suppression).into_iter().collect(),
    }
}

fn properties(finding: &Finding) -> Option<ResultProperties<'_>> {
    let (gate, witness) = (finding.gate.map(Gate::as_str), finding.witness.as_deref());
    (gate.is_some() || witness.is_some()).then_some(ResultProperties { gate, witness })
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

fn physical(location: &crate::Location) -> PhysicalLocation {
    PhysicalLocation {
        artifact_location: ArtifactLocation { uri: uri(&location.file) },
        region: location.line.map(|start_line| Region { start_line }),
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
