//! What changed, for programs. These structs are the format: they change only with
//! `schemaVersion`.

use serde::Serialize;

use super::{Change, Compared, Diff, Reported};
use crate::cause::{Alike, entries, key};
use crate::json::{LocationEntry, Subject, Subjects, location, pretty, subjects};
use crate::{Finding, Gate};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Root<'a> {
    schema_version: u32,
    answer: AnswerEntry,
    compared: ComparedEntry<'a>,
    new: Vec<Entry<'a>>,
    worse: Vec<Entry<'a>>,
    improved: Vec<Entry<'a>>,
    gone: Vec<Entry<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct AnswerEntry {
    /// `same` or `changed`.
    answer: &'static str,
    sentence: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ComparedEntry<'a> {
    command: &'static str,
    old: &'a str,
    new: &'a str,
    left_out: usize,
}

/// Findings of one cause if there are many, otherwise one finding.
#[derive(Serialize)]
struct Entry<'a> {
    code: &'static str,
    #[serde(flatten)]
    state: State,
    /// What it was in the old report. Only of changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<State>,
    subject: Subject<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subjects: Option<Subjects<'a>>,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<LocationEntry<'a>>,
}

#[derive(Serialize)]
struct State {
    severity: &'static str,
    /// `open`, `accepted` or `acceptance-expired`.
    standing: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<&'static str>,
}

/// The number of findings.
#[derive(Serialize)]
struct Summary {
    new: usize,
    worse: usize,
    improved: usize,
    gone: usize,
    same: usize,
}

/// Renders what changed as JSON.
///
/// # Errors
/// As `serde_json`.
pub fn render(diff: &Diff, compared: &Compared) -> Result<String, serde_json::Error> {
    let summary = Summary {
        new: diff.new.len(),
        worse: diff.worse.len(),
        improved: diff.improved.len(),
        gone: diff.gone.len(),
        same: diff.same,
    };
    let is_same = summary.new + summary.worse + summary.improved + summary.gone == 0;
    let answer = if is_same { "same" } else { "changed" };
    pretty(&Root {
        schema_version: 1,
        answer: AnswerEntry { answer, sentence: diff.sentence() },
        compared: ComparedEntry {
            command: compared.command,
            old: &compared.old,
            new: &compared.new,
            left_out: compared.left_out,
        },
        new: one_sided(&diff.new),
        worse: changed(&diff.worse),
        improved: changed(&diff.improved),
        gone: one_sided(&diff.gone),
        summary,
    })
}

fn one_sided(all: &[Reported]) -> Vec<Entry<'_>> {
    let causes = entries(all, cause);
    causes.iter().filter_map(|cause| entry(cause, None)).collect()
}

fn changed(all: &[Change]) -> Vec<Entry<'_>> {
    let causes = entries(all, |change| format!("{}\0{}", cause(&change.is), cause(&change.was)));
    let entries = causes.iter().map(|changes| {
        let is: Vec<&Reported> = changes.iter().map(|change| &change.is).collect();
        entry(&is, changes.first().map(|change| state(&change.was)))
    });
    entries.flatten().collect()
}

/// A text that two findings share if they have one cause and one standing.
fn cause(reported: &Reported) -> String {
    format!("{}\0{}", key(&reported.finding, Alike::InAll), reported.standing.as_str())
}

fn state(reported: &Reported) -> State {
    State {
        severity: reported.finding.severity.as_str(),
        standing: reported.standing.as_str(),
        gate: reported.finding.gate.map(Gate::as_str),
    }
}

fn entry<'a>(cause: &[&'a Reported], was: Option<State>) -> Option<Entry<'a>> {
    let reported = *cause.first()?;
    let findings: Vec<&Finding> = cause.iter().map(|reported| &reported.finding).collect();
    let finding = &reported.finding;
    Some(Entry {
        code: finding.code,
        state: state(reported),
        was,
        subject: Subject { arn: &finding.subject },
        subjects: subjects(&findings),
        message: &finding.message,
        location: location(finding),
    })
}
