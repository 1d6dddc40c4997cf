//! Reads back a report that `audit`, `doctor` or `evidence` printed as JSON.

use std::collections::HashSet;
use std::path::Path;

use findings::diff::{Reported, Standing};
use findings::{Catalog, Finding, Gate, Location, Severity, about_another};
use names::shown;
use serde::Deserialize;
use serde_json::Value;

use super::diff_about::About;
use crate::input::{self, InputError, InputName};

/// The newest format of the reports.
const SCHEMA_VERSION: u64 = 1;

/// Why two reports are not compared.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReportFileError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(
        "{0} is not a report; give what `policygen audit`, `doctor` or `evidence` printed with \
         `--format json`"
    )]
    Form(InputName, #[source] Option<serde_json::Error>),
    #[error(
        "{0} is a report of schema version {1}, and this version of policygen reads \
         {SCHEMA_VERSION}; compare with the version that made it"
    )]
    Newer(InputName, u64),
    #[error(
        "{0} reports `{1}`, a code that this version of policygen does not know; compare with the \
         version that made it"
    )]
    Code(InputName, String),
    #[error(
        "{0} is a report over several pipelines, which does not list every execution; compare \
         reports of one pipeline each"
    )]
    Several(InputName),
    #[error(
        "{old} is a report of {old_is}, and {new} is one of {new_is}; give two reports of one \
         command about the same account or pipeline"
    )]
    Different { old: InputName, old_is: String, new: InputName, new_is: String },
    #[error("only one of the two reports can come from standard input; save the other in a file")]
    BothPiped,
}

/// A report.
pub(super) struct Examined {
    pub(super) about: About,
    /// What it checked, in words.
    pub(super) checked: String,
    pub(super) reported: Vec<Reported>,
    /// The subjects of all executions that it lists. Only of `evidence`.
    pub(super) executions: Option<HashSet<String>>,
}

/// What `audit` and `doctor` print.
#[derive(Deserialize)]
struct FindingsDocument {
    checked: String,
    findings: Vec<FindingDocument>,
    accepted: Vec<AcceptedDocument>,
}

#[derive(Deserialize)]
struct AcceptedDocument {
    finding: FindingDocument,
}

#[derive(Deserialize)]
struct FindingDocument {
    code: String,
    severity: Severity,
    subject: SubjectDocument,
    subjects: Option<SubjectsDocument>,
    message: String,
    evidence: Vec<LinkDocument>,
    help: String,
    location: Option<Location>,
    gate: Option<Gate>,
}

#[derive(Deserialize)]
struct SubjectDocument {
    arn: String,
}

#[derive(Deserialize)]
struct SubjectsDocument {
    arns: Vec<String>,
}

#[derive(Deserialize)]
struct LinkDocument {
    kind: String,
}

/// What `evidence` prints.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EvidenceDocument {
    cover: CoverDocument,
    executions: Vec<ExecutionDocument>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CoverDocument {
    pipeline_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionDocument {
    execution_id: String,
    exceptions: Vec<ExceptionDocument>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExceptionDocument {
    code: String,
    severity: Severity,
    message: String,
    accepted: Option<Value>,
    acceptance_expired: Option<Value>,
}

/// Reads a report.
///
/// # Errors
/// [`ReportFileError`] if it cannot be read, or is not a report that can be compared.
pub(super) fn read(path: &Path) -> Result<Examined, ReportFileError> {
    let text = input::text(path)?;
    let form = |error| ReportFileError::Form(path.into(), error);
    let value: Value = serde_json::from_str(&text).map_err(|error| form(Some(error)))?;
    let version = value.get("schemaVersion").and_then(Value::as_u64).ok_or_else(|| form(None))?;
    if version != SCHEMA_VERSION {
        return Err(ReportFileError::Newer(path.into(), version));
    }
    if value.get("findings").is_some() {
        let document = serde_json::from_value(value).map_err(|error| form(Some(error)))?;
        of_findings(path, document)
    } else if value.get("executions").is_some() {
        let document = serde_json::from_value(value).map_err(|error| form(Some(error)))?;
        of_evidence(path, document)
    } else if value.get("pipelines").is_some() {
        Err(ReportFileError::Several(path.into()))
    } else {
        Err(form(None))
    }
}

fn of_findings(path: &Path, document: FindingsDocument) -> Result<Examined, ReportFileError> {
    let FindingsDocument { checked, findings, accepted } = document;
    let about = About::of_checked(&checked);
    let mut about = about.ok_or_else(|| ReportFileError::Form(path.into(), None))?;
    let catalog = if about.command == "audit" { &audit::CATALOG } else { &doctor::CATALOG };
    let mut reported = Vec::new();
    for (finding, is_accepted) in findings
        .into_iter()
        .map(|finding| (finding, false))
        .chain(accepted.into_iter().map(|accepted| (accepted.finding, true)))
    {
        let has_expired = finding.evidence.iter().any(|link| link.kind == "acceptance");
        let standing = match (is_accepted, has_expired) {
            (true, _) => Standing::Accepted,
            (false, true) => Standing::Expired,
            (false, false) => Standing::Open,
        };
        let others = finding.subjects.map(|subjects| subjects.arns);
        let first = Finding {
            severity: finding.severity,
            location: finding.location,
            gate: finding.gate,
            ..found(path, catalog, &finding.code, finding.subject.arn, finding.message)?
        };
        let first = Finding { help: finding.help, ..first };
        for subject in others.unwrap_or_else(|| vec![first.subject.clone()]) {
            reported.push(Reported { finding: about_another(&first, subject), standing });
        }
    }
    about.find_place(&reported);
    Ok(Examined { about, checked, reported, executions: None })
}

fn of_evidence(path: &Path, document: EvidenceDocument) -> Result<Examined, ReportFileError> {
    let pipeline = document.cover.pipeline_arn;
    let count = findings::counted(document.executions.len(), "execution");
    let mut listed = HashSet::new();
    let mut reported = Vec::new();
    for ExecutionDocument { execution_id, exceptions } in document.executions {
        let subject = format!("{pipeline}/execution/{execution_id}");
        for exception in exceptions {
            let ExceptionDocument { code, severity, message, .. } = exception;
            let standing = match (exception.accepted, exception.acceptance_expired) {
                (Some(_), _) => Standing::Accepted,
                (None, Some(_)) => Standing::Expired,
                (None, None) => Standing::Open,
            };
            let found = found(path, &evidence::CATALOG, &code, subject.clone(), message)?;
            reported.push(Reported { finding: Finding { severity, ..found }, standing });
        }
        listed.insert(subject);
    }
    let about = About::of_history(&pipeline);
    let checked = format!("{count} of `{pipeline}`");
    Ok(Examined { about, checked, reported, executions: Some(listed) })
}

/// A finding by its check.
fn found(
    path: &Path,
    catalog: &Catalog,
    code: &str,
    subject: String,
    message: String,
) -> Result<Finding, ReportFileError> {
    let check = catalog.checks.iter().find(|check| check.code == code);
    let check = check.ok_or_else(|| ReportFileError::Code(path.into(), shown(code)))?;
    Ok(check.finding(subject, message, String::new()))
}
