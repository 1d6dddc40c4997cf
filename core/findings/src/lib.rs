//! Findings: what `audit` and `doctor` report, in every format.

mod accept;
mod cause;
mod check;
mod count;
mod csv;
pub mod diff;
mod disposition;
mod finding;
mod found;
mod github;
mod human;
mod json;
mod junit;
mod sarif;
pub mod style;
mod wrap;

pub use ::csv::Error as CsvError;
pub use accept::{AcceptError, Acceptances, EntryProblem, Judged};
pub use cause::about_another;
pub use check::{Catalog, Check, described, link};
pub use count::{counted, first_names, number};
pub use csv::{plain, render as csv};
pub use disposition::Disposition;
pub use finding::{Evidence, Finding, Gate, Location, Severity};
pub use found::{Answer, AnswerIs, Elsewhere, Found};
pub use github::{annotation, render as github};
pub use human::{Screen, render as human};
#[cfg(feature = "schema")]
pub use json::report_schema;
pub use json::{pretty, render as json};
pub use junit::render as junit;
pub use sarif::render as sarif;
pub use wrap::Lines;

use std::cmp::Reverse;

use names::shown;

use self::cause::{Alike, causes, entries, key};

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
    /// The answer to the question of the command.
    answer: Option<Answer>,
    /// What the examined files do not show, by place.
    elsewhere: Vec<Elsewhere>,
}

impl Report {
    /// A report of findings. `checked` says what was checked, for example `2 pipelines`.
    #[must_use]
    pub fn new(mut findings: Vec<Finding>, mut accepted: Vec<Accepted>, checked: String) -> Self {
        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        accepted.sort_by(|a, b| order(&a.finding).cmp(&order(&b.finding)));
        Self { findings, accepted, checked, answer: None, elsewhere: Vec::new() }
    }

    /// The report with the answer that it leads with, and what the examined files do not show.
    #[must_use]
    pub fn answering(self, answer: Option<Answer>, mut elsewhere: Vec<Elsewhere>) -> Self {
        elsewhere.sort();
        Self { answer, elsewhere, ..self }
    }

    /// The open findings, each alone or, if they are many, with all of its cause.
    fn entries(&self) -> Vec<Vec<&Finding>> {
        entries(&self.findings, |finding| key(finding, Alike::InAll))
    }

    /// The accepted findings in the same way. Of one cause, those with one reason and day.
    fn accepted_entries(&self) -> Vec<Vec<&Accepted>> {
        entries(&self.accepted, |Accepted { finding, disposition }| {
            let (words, expires) = (disposition.in_words(), disposition.expires);
            format!("{}\0{words}\0{expires}", key(finding, Alike::InAll))
        })
    }

    /// The number of open findings of this severity.
    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// How many findings of each severity there are, and what was checked.
    fn summary(&self) -> String {
        let of_severity = |severity: Severity| counted(self.count(severity), severity.as_str());
        format!(
            "{}, {}, {}{}, {} accepted; checked {}",
            of_severity(Severity::Error),
            of_severity(Severity::Warning),
            of_severity(Severity::Note),
            self.of_causes(),
            number(self.accepted.len()),
            shown(&self.checked)
        )
    }

    /// The number of causes, if there are fewer than findings.
    fn of_causes(&self) -> String {
        let causes = causes(&self.findings, Alike::InWords).len();
        match self.findings.len() > causes {
            true => format!(" of {}", counted(causes, "cause")),
            false => String::new(),
        }
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
