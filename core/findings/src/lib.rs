//! Findings: what `audit` and `doctor` report, in four formats.

mod accept;
mod check;
mod csv;
mod disposition;
mod finding;
mod human;
mod json;
mod sarif;

pub use ::csv::Error as CsvError;
pub use accept::{AcceptError, Acceptances, EntryProblem, Judged};
pub use check::{Catalog, Check, described, link};
pub use csv::{plain, render as csv};
pub use disposition::Disposition;
pub use finding::{Evidence, Finding, Gate, Location, Severity};
pub use human::render as human;
pub use json::{pretty, render as json};
pub use sarif::render as sarif;

use std::cmp::Reverse;

/// A finding that somebody has accepted until a day.
#[derive(Clone, Debug)]
pub struct Accepted {
    finding: Finding,
    disposition: Disposition,
}

/// A report. The same findings give the same report, in any order.
#[derive(Clone, Debug)]
pub struct Report {
    /// The open findings, worst first.
    findings: Vec<Finding>,
    /// The accepted findings, worst first.
    accepted: Vec<Accepted>,
    /// What was checked, in a few words.
    checked: String,
}

impl Report {
    /// A report of findings. `checked` says what was checked, for example `2 pipelines`.
    #[must_use]
    pub fn new(mut findings: Vec<Finding>, mut accepted: Vec<Accepted>, checked: String) -> Self {
        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        accepted.sort_by(|a, b| order(&a.finding).cmp(&order(&b.finding)));
        Self { findings, accepted, checked }
    }

    /// The number of open findings of this severity.
    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether any open finding is at least as bad as this.
    #[must_use]
    pub fn has(&self, severity: Severity) -> bool {
        self.findings.iter().any(|finding| finding.severity >= severity)
    }
}

/// Worst first, then by subject, then by code, then by place.
fn order(finding: &Finding) -> (Reverse<Severity>, &str, &str, &str, Option<&Location>) {
    let Finding { severity, subject, code, message, location, .. } = finding;
    (Reverse(*severity), subject, code, message, location.as_ref())
}
