//! The answer over several pipelines: one row for each, the worst first.

mod answer;
mod row;

use std::collections::BTreeSet;

use findings::{Acceptances, Finding, Judged, Severity};
use jiff::civil::Date;
use rule::Rule;

use crate::judge::CATALOG;
use crate::judge::exception::ExceptionCode;
use crate::read::Period;
pub use row::{Place, Row};
pub(crate) use row::{RowCause, Standing};

/// A report over several pipelines.
#[derive(Debug)]
pub struct Overview {
    /// The executions that started in this period.
    pub(crate) period: Period,
    /// The name of the gate's function.
    pub(crate) gate: String,
    /// The rule in the gate's own environment.
    pub(crate) floor: Rule,
    /// The worst first.
    pub(crate) rows: Vec<Row>,
}

impl Overview {
    /// A report of these rows. It also returns all exceptions as findings, and the entries of the
    /// accept file that match none of them.
    pub fn new(
        (period, gate, floor): (Period, String, Rule),
        mut rows: Vec<Row>,
        acceptances: &Acceptances,
        today: Date,
    ) -> (Self, Judged) {
        let (mut open, mut accepted) = (Vec::new(), Vec::new());
        let mut unused: Option<BTreeSet<String>> = None;
        for row in &mut rows {
            let mut judged = match row.problem() {
                Some(problem) => {
                    let finding = not_judged(row.place(), problem);
                    let judged = acceptances.judge(vec![finding], &CATALOG, today);
                    row.set_accepted(judged.open.is_empty());
                    judged
                }
                None => row.take_judged(),
            };
            open.append(&mut judged.open);
            accepted.append(&mut judged.accepted);
            // An entry is unused if no pipeline uses it.
            let here: BTreeSet<String> = judged.unused.into_iter().collect();
            unused = Some(unused.map_or_else(|| here.clone(), |all| &all & &here));
        }
        rows.sort_by(|a, b| a.rank().cmp(&b.rank()));
        let unused = unused.unwrap_or_default().into_iter().collect();
        (Self { period, gate, floor, rows }, Judged { open, accepted, unused })
    }

    /// How many pipelines could be judged.
    pub fn judged(&self) -> usize {
        self.rows.iter().filter(|row| row.problem().is_none()).count()
    }

    /// Whether there is neither an execution nor a pipeline that could not be judged.
    pub fn is_empty(&self) -> bool {
        self.rows.iter().all(|row| row.standing() == Standing::Empty)
    }

    /// Whether there is an open exception of this severity or worse.
    pub fn has(&self, severity: Severity) -> bool {
        self.rows.iter().any(|row| row.worst() >= Some(severity))
    }

    /// What was checked, in a few words.
    pub fn checked(&self) -> String {
        let executions: usize = self.rows.iter().map(|row| row.tally().executions).sum();
        let counted = crate::render::counted;
        let (pipelines, not_judged) = (self.judged(), self.rows.len() - self.judged());
        let left_out = match not_judged {
            0 => String::new(),
            count => format!("; {} not judged", counted(count, "pipeline")),
        };
        format!(
            "{} of {}{left_out}",
            counted(executions, "execution"),
            counted(pipelines, "pipeline")
        )
    }
}

/// A pipeline that could not be judged, as a finding.
fn not_judged(place: &Place, problem: &str) -> Finding {
    let code = ExceptionCode::NotJudged;
    let message = format!("The pipeline was not judged: {problem}.");
    code.check().finding(place.arn(), message, code.help().to_owned())
}
