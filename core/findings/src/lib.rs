//! What `audit` and `doctor` say about what they found, in four formats over one type.

mod accept;
mod check;
mod csv;
mod finding;
mod human;
mod json;
mod sarif;
mod text;

pub use ::csv::Error as CsvError;
pub use accept::{AcceptError, Acceptances, Judged};
pub use check::{Catalog, Check};
pub use csv::{plain, render as csv};
pub use finding::{Evidence, Finding, Severity};
pub use human::render as human;
pub use json::{pretty, render as json};
pub use sarif::render as sarif;
pub use text::shown;

use std::cmp::Reverse;

use jiff::civil::Date;

/// A finding that somebody has accepted, for a time.
#[derive(Clone, Debug)]
pub struct Accepted {
    finding: Finding,
    reason: String,
    /// The last day on which it is accepted.
    expires: Date,
}

/// What was found. The same findings give the same report, in whichever order they came.
#[derive(Clone, Debug)]
pub struct Report {
    /// What nobody has accepted, worst first.
    findings: Vec<Finding>,
    /// What somebody has, worst first.
    accepted: Vec<Accepted>,
    /// What was looked at, in a few words.
    checked: String,
}

impl Report {
    /// A report, worst first. `checked` says what was looked at, for example `2 pipelines`.
    #[must_use]
    pub fn new(mut findings: Vec<Finding>, mut accepted: Vec<Accepted>, checked: String) -> Self {
        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        accepted.sort_by(|a, b| order(&a.finding).cmp(&order(&b.finding)));
        Self { findings, accepted, checked }
    }

    /// How many findings of this severity nobody has accepted.
    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether there is anything as bad as this that nobody has accepted.
    #[must_use]
    pub fn has(&self, severity: Severity) -> bool {
        self.findings.iter().any(|finding| finding.severity >= severity)
    }
}

/// Worst first, then by subject, then by code.
fn order(finding: &Finding) -> (Reverse<Severity>, &str, &str, &str) {
    (Reverse(finding.severity), &finding.subject, finding.code, &finding.message)
}
