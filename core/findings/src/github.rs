//! The report as annotations of a workflow run of GitHub Actions.
//!
//! GitHub Docs, "Workflow commands for GitHub Actions". GitHub shows the first ten errors, warnings
//! and notices of a step, so there is one for each cause, the worst first.

use std::fmt::Write as _;

use names::shown;

use crate::cause::{Alike, causes};
use crate::{Finding, Location, Report, Severity, first_names};

/// Renders the report as workflow commands, and the answer and the numbers as lines of the log.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    for cause in causes(&report.findings, Alike::InWords) {
        let Some(finding) = cause.first() else { continue };
        let names = first_names(cause.iter().map(|finding| finding.called.as_str()));
        let about = if cause.len() > 1 { format!(" About {names}.") } else { String::new() };
        let Finding { message, help, subject, .. } = finding;
        let text = format!("{message}{about} ({subject}) {help}");
        let location = finding.location.as_ref();
        out.push_str(&annotation(finding.severity, finding.code, location, &text));
    }
    if let Some(answer) = &report.answer {
        let _ = writeln!(out, "{}", shown(&answer.sentence));
    }
    let _ = writeln!(out, "{}", report.summary());
    out
}

/// One annotation, with its line feed.
#[must_use]
pub fn annotation(
    severity: Severity,
    title: &str,
    location: Option<&Location>,
    text: &str,
) -> String {
    let command = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = format!(" title={}", property(title));
    if let Some(location) = location {
        // Writing to a string cannot fail.
        let _ = write!(properties, ",file={}", property(&shown(&location.file)));
        if let Some(line) = location.line {
            let _ = write!(properties, ",line={line}");
        }
    }
    format!("::{command}{properties}::{}\n", data(&shown(text)))
}

/// Text after the last `::` (`escapeData` of `actions/toolkit`, `packages/core/src/command.ts`).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property (`escapeProperty`, the same file).
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
