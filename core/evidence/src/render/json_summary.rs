//! The answer of a report and the numbers behind it, for programs.

use serde::Serialize;

use crate::judge::verdict::Verdict;
use crate::report::Report;

#[derive(Serialize)]
pub(super) struct AnswerDocument {
    /// `yes`, `no`, or `none` if there was no execution to judge.
    pub(super) answer: &'static str,
    pub(super) sentence: String,
    /// The quorum of the rule in the gate's environment.
    pub(super) quorum: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    executions: usize,
    releases: usize,
    satisfied_releases: usize,
    exceptional: usize,
    accepted: usize,
    verdicts: Verdicts,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Verdicts {
    satisfied: usize,
    unsatisfied: usize,
    no_gate: usize,
    not_finished: usize,
    not_applicable: usize,
    error: usize,
}

/// The answer.
pub(super) fn answer(report: &Report) -> AnswerDocument {
    let answer = report.answer();
    AnswerDocument {
        answer: answer.as_str(),
        sentence: answer.sentence,
        quorum: report.floor.quorum().get(),
    }
}

/// The numbers behind the answer.
pub(super) fn summary(report: &Report) -> Summary {
    Summary {
        executions: report.executions.len(),
        releases: report.releases(),
        satisfied_releases: report.satisfied_releases(),
        exceptional: report.exceptional().count(),
        accepted: report.accepted(),
        verdicts: Verdicts {
            satisfied: report.count(Verdict::Satisfied),
            unsatisfied: report.count(Verdict::Unsatisfied),
            no_gate: report.count(Verdict::NoGate),
            not_finished: report.count(Verdict::NotFinished),
            not_applicable: report.count(Verdict::NotApplicable),
            error: report.count(Verdict::Error),
        },
    }
}
