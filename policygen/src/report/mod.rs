//! What `audit` and `doctor` say about what they found, in four formats over one type.

mod accept;
mod args;
mod check;
mod csv;
mod human;
mod json;
mod sarif;

pub(crate) use args::{FailOn, Format, ReportArgs};
#[cfg(test)]
pub(crate) use check::assert_documented;
pub(crate) use check::{Catalog, Check};
pub(crate) use csv::plain;

use std::cmp::Reverse;

use jiff::civil::Date;

use crate::finding::{Finding, Severity};

/// A finding that somebody has accepted, for a time.
#[derive(Clone, Debug)]
struct Accepted {
    finding: Finding,
    reason: String,
    /// The last day on which it is accepted.
    expires: Date,
}

/// What was found. The same findings give the same report, in whichever order they came.
#[derive(Clone, Debug)]
struct Report {
    /// What nobody has accepted, worst first.
    findings: Vec<Finding>,
    /// What somebody has, worst first.
    accepted: Vec<Accepted>,
    /// What was looked at, in a few words.
    checked: String,
}

impl Report {
    fn new(mut findings: Vec<Finding>, mut accepted: Vec<Accepted>, checked: String) -> Self {
        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        accepted.sort_by(|a, b| order(&a.finding).cmp(&order(&b.finding)));
        Self { findings, accepted, checked }
    }

    /// How many findings of this severity nobody has accepted.
    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether there is anything as bad as this that nobody has accepted.
    fn has(&self, severity: Severity) -> bool {
        self.findings.iter().any(|finding| finding.severity >= severity)
    }
}

/// Worst first, then by subject, then by code.
fn order(finding: &Finding) -> (Reverse<Severity>, &str, &str, &str) {
    (Reverse(finding.severity), &finding.subject, finding.code, &finding.message)
}
