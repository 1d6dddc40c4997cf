//! The report for people: by subject, worst first.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::{Accepted, Report};
use crate::{Finding, Severity};
use names::shown;

const SUBJECT: Style = Style::new().bold();
const DIMMED: Style = Style::new().dimmed();

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Note => AnsiColor::Cyan.on_default().bold(),
    }
}

/// Renders the report with colours. The output layer removes them if they are not wanted.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    for subject in subjects(&report.findings) {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{SUBJECT}{}{SUBJECT:#}", shown(subject));
        for finding in report.findings.iter().filter(|finding| finding.subject == subject) {
            describe(&mut out, finding);
        }
        out.push('\n');
    }
    for accepted in &report.accepted {
        describe_accepted(&mut out, accepted);
    }
    if !report.accepted.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{}", summary(report));
    out
}

/// Each subject once, ordered by its worst finding.
fn subjects(findings: &[Finding]) -> Vec<&str> {
    let mut subjects: Vec<&str> = Vec::new();
    for finding in findings {
        if !subjects.contains(&finding.subject.as_str()) {
            subjects.push(&finding.subject);
        }
    }
    subjects
}

fn describe(out: &mut String, finding: &Finding) {
    let style = style(finding.severity);
    let severity = finding.severity.as_str();
    let _ = writeln!(
        out,
        "  {style}{severity}{style:#} {DIMMED}[{}]{DIMMED:#} {}",
        finding.code,
        shown(&finding.message)
    );
    for link in &finding.evidence {
        let (name, detail) = (shown(&link.name), shown(&link.detail));
        let _ = writeln!(out, "    → {} {name}: {detail}", link.kind);
    }
    if let Some(location) = &finding.location {
        let _ = writeln!(out, "    at: {}", shown(&location.to_string()));
    }
    if let Some(witness) = &finding.witness {
        let _ = writeln!(out, "    witness: {}", shown(witness));
    }
    let _ = writeln!(out, "    help: {}", shown(&finding.help));
}

fn describe_accepted(out: &mut String, accepted: &Accepted) {
    let Accepted { finding, disposition } = accepted;
    let _ = writeln!(
        out,
        "{DIMMED}accepted until {}: {} [{}] {}{DIMMED:#}",
        disposition.expires,
        finding.severity.as_str(),
        finding.code,
        shown(&finding.subject)
    );
    let _ = writeln!(out, "{DIMMED}  reason: {}{DIMMED:#}", shown(&disposition.in_words()));
}

fn summary(report: &Report) -> String {
    let counted = |severity: Severity| {
        let count = report.count(severity);
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {}{plural}", severity.as_str())
    };
    format!(
        "{}, {}, {}, {} accepted; checked {}",
        counted(Severity::Error),
        counted(Severity::Warning),
        counted(Severity::Note),
        report.accepted.len(),
        shown(&report.checked)
    )
}
