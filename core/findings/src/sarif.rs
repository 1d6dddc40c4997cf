//! A report as SARIF 2.1.0 (OASIS standard), for code scanning.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use serde_sarif::sarif::{
    Location, LogicalLocation, Message, MultiformatMessageString, PropertyBag,
    ReportingConfiguration, ReportingDescriptor, Result as SarifResult, ResultLevel, Run, Sarif,
    Suppression, Tool, ToolComponent,
};

use crate::pretty;
use crate::{Accepted, Catalog, Check, Report};
use crate::{Evidence, Finding, Severity};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Renders the report as SARIF.
///
/// # Errors
/// As `serde_json`.
pub fn render(report: &Report, catalog: &Catalog) -> Result<String, serde_json::Error> {
    let open = report.findings.iter().map(|finding| result(finding, catalog, None));
    let accepted =
        report.accepted.iter().map(|accepted| result(&accepted.finding, catalog, Some(accepted)));
    let driver = ToolComponent::builder()
        .name("policygen")
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(catalog.checks.iter().map(|check| rule(check, catalog)).collect::<Vec<_>>())
        .build();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .results(open.chain(accepted).collect::<Vec<_>>())
        .properties(bag([("checked", json!(report.checked))]))
        .build();
    let sarif = Sarif::builder().schema(SCHEMA).version("2.1.0").runs(vec![run]).build();
    pretty(&sarif)
}

fn rule(check: &Check, catalog: &Catalog) -> ReportingDescriptor {
    let text = |text: &str| MultiformatMessageString::builder().text(text).build();
    let level = ReportingConfiguration::builder().level(check.severity.as_str()).build();
    let mut rule = ReportingDescriptor::builder()
        .id(check.code)
        .short_description(text(check.title))
        .help(text(&format!("See {}.", catalog.anchor(check.code))))
        .default_configuration(level)
        .build();
    // An absolute URI by the standard (3.49.12), so there is none where the repository has no
    // address.
    let repository = env!("CARGO_PKG_REPOSITORY");
    rule.help_uri = (!repository.is_empty())
        .then(|| format!("{repository}/blob/main/{}", catalog.anchor(check.code)));
    rule
}

/// One finding. What somebody accepted is there as well, suppressed.
fn result(finding: &Finding, catalog: &Catalog, accepted: Option<&Accepted>) -> SarifResult {
    let level = match finding.severity {
        Severity::Note => ResultLevel::Note,
        Severity::Warning => ResultLevel::Warning,
        Severity::Error => ResultLevel::Error,
    };
    let mut result = SarifResult::builder()
        .rule_id(finding.code)
        .level(level)
        .message(message(format!("{} {}", finding.message, finding.help)))
        .locations(vec![location(&finding.subject, "resource")])
        // What makes it the same finding the next time.
        .partial_fingerprints(BTreeMap::from([(
            "codeAndSubject/v1".to_owned(),
            format!("{} {}", finding.code, finding.subject),
        )]))
        .build();
    let index = catalog.checks.iter().position(|check| check.code == finding.code);
    result.rule_index = index.and_then(|index| i64::try_from(index).ok());
    if !finding.evidence.is_empty() {
        result.related_locations = Some(finding.evidence.iter().zip(1..).map(related).collect());
    }
    if let Some(witness) = &finding.witness {
        result.properties = Some(bag([("witness", json!(witness))]));
    }
    result.suppressions = Some(accepted.map(suppression).into_iter().collect());
    result
}

fn suppression(accepted: &Accepted) -> Suppression {
    Suppression::builder()
        .kind("external")
        .status("accepted")
        .justification(accepted.reason.as_str())
        .properties(bag([("expires", json!(accepted.expires.to_string()))]))
        .build()
}

fn location(name: &str, kind: &str) -> Location {
    let logical = LogicalLocation::builder().fully_qualified_name(name).kind(kind).build();
    Location::builder().logical_locations(vec![logical]).build()
}

fn related((evidence, id): (&Evidence, i64)) -> Location {
    let mut related = location(&evidence.name, evidence.kind);
    related.id = Some(id);
    related.message = Some(message(evidence.detail.clone()));
    related
}

fn message(text: String) -> Message {
    Message::builder().text(text).build()
}

fn bag<const N: usize>(entries: [(&str, Value); N]) -> PropertyBag {
    PropertyBag::builder()
        .additional_properties(
            entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<BTreeMap<_, _>>(),
        )
        .build()
}
