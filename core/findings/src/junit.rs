//! The report as JUnit XML, for CI systems that show test results: one test case for each check.
//!
//! There is no standard. The elements are those that Jenkins, GitLab and Azure DevOps read.

use std::fmt::Write as _;

use names::shown;

use crate::cause::{Alike, causes};
use crate::{Accepted, Catalog, Check, Finding, Report, Severity};
use crate::{counted, first_names};

/// Renders the report as JUnit XML. A check fails if it found anything of the severity `fail_on` or
/// worse that nobody accepted. What is less than that is shown, and what is accepted is skipped.
pub fn render(report: &Report, catalog: &Catalog, fail_on: Option<Severity>) -> String {
    let cases: Vec<Case<'_>> =
        catalog.checks.iter().map(|check| Case::new(check, report, fail_on)).collect();
    let failures = cases.iter().filter(|case| case.is_failure()).count();
    let skipped = cases.iter().filter(|case| case.is_skipped()).count();
    let numbers =
        format!("tests=\"{}\" failures=\"{failures}\" skipped=\"{skipped}\"", cases.len());
    let name = catalog.page.trim_start_matches("docs/").trim_end_matches(".md");
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    let _ = writeln!(out, "<testsuites name=\"policygen\" {numbers}>");
    let _ = writeln!(out, "  <testsuite name=\"policygen {name}\" errors=\"0\" {numbers}>");
    for case in &cases {
        case.write(&mut out, name);
    }
    if let Some(answer) = &report.answer {
        let _ = writeln!(out, "    <system-out>{}</system-out>", text(&answer.sentence));
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

/// A check and what it found.
struct Case<'a> {
    check: &'a Check,
    failing: Vec<Vec<&'a Finding>>,
    others: Vec<Vec<&'a Finding>>,
    accepted: Vec<&'a Accepted>,
}

impl<'a> Case<'a> {
    fn new(check: &'a Check, report: &'a Report, fail_on: Option<Severity>) -> Self {
        let open = causes(&report.findings, Alike::InWords).into_iter();
        let open = open.filter(|cause| cause.first().is_some_and(|it| it.code == check.code));
        let fails = |cause: &Vec<&Finding>| {
            cause.first().is_some_and(|it| fail_on.is_some_and(|least| it.severity >= least))
        };
        let (failing, others) = open.partition(fails);
        let accepted = report.accepted.iter().filter(|it| it.finding.code == check.code);
        Self { check, failing, others, accepted: accepted.collect() }
    }

    fn is_failure(&self) -> bool {
        !self.failing.is_empty()
    }

    fn is_skipped(&self) -> bool {
        self.failing.is_empty() && self.others.is_empty() && !self.accepted.is_empty()
    }

    fn write(&self, out: &mut String, suite: &str) {
        let Self { check, failing, others, accepted } = self;
        let _ = write!(out, "    <testcase classname=\"{suite}\" name=\"{}\"", check.code);
        if failing.is_empty() && others.is_empty() && accepted.is_empty() {
            out.push_str("/>\n");
            return;
        }
        out.push_str(">\n");
        if self.is_failure() {
            let count = failing.iter().map(Vec::len).sum();
            let message = format!("{}: {}", check.title, counted(count, "finding"));
            let (message, body) = (text(&message), text(&described(failing)));
            let _ = writeln!(
                out,
                "      <failure type=\"{}\" message=\"{message}\">{body}</failure>",
                check.code
            );
        }
        if self.is_skipped() {
            let reasons: Vec<String> = accepted
                .iter()
                .map(|Accepted { finding, disposition }| {
                    let (until, words) = (disposition.expires, disposition.in_words());
                    format!("{} until {until}: {words}", finding.subject)
                })
                .collect();
            let _ = writeln!(out, "      <skipped message=\"{}\"/>", text(&reasons.join("; ")));
        }
        if !others.is_empty() {
            let _ = writeln!(out, "      <system-out>{}</system-out>", text(&described(others)));
        }
        out.push_str("    </testcase>\n");
    }
}

/// Each cause in a line.
fn described(causes: &[Vec<&Finding>]) -> String {
    let line = |cause: &Vec<&Finding>| {
        let finding = cause.first()?;
        let names = first_names(cause.iter().map(|finding| finding.called.as_str()));
        let about = if cause.len() > 1 { format!(" About {names}.") } else { String::new() };
        let Finding { severity, message, subject, help, .. } = finding;
        let place = finding.location.iter().map(|location| format!(" at {location}"));
        let place: String = place.collect();
        let severity = severity.as_str();
        Some(shown(&format!("{severity}: {message}{about} ({subject}{place}) {help}")))
    };
    let lines: Vec<String> = causes.iter().filter_map(line).collect();
    lines.join("\n")
}

/// Text in XML 1.0, which has no control characters but line ends, not even escaped.
fn text(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
