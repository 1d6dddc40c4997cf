//! Writes a report for people at a terminal: first the answer, then what to look at, then one line
//! per execution, and the answer again.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};
use jiff::Timestamp;
use names::shown;
use rule::AtIs;

use super::causes::causes;
use super::{acceptance, counted, first_line, short_principal, status_name};
use crate::judge::approvals::{ApprovalAttempt, Counting};
use crate::judge::evaluate::Evaluated;
use crate::judge::verdict::Verdict;
use crate::read::Period;
use crate::read::event::ApprovalEvent;
use crate::report::Report;

/// The report as text.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let answer = report.answer().sentence;
    let _ = writeln!(out, "{answer}");
    let _ = writeln!(out, "Pipeline {}, {}", shown(&report.pipeline), period(report.period));
    let _ = writeln!(out, "{}", summary(report));
    let _ = writeln!(out, "{}", verdicts(report));
    exceptions(&mut out, report);
    for note in &report.notes {
        let _ = writeln!(out, "\nnote: {}", shown(note));
    }
    if !report.executions.is_empty() {
        let _ = writeln!(out, "\n{}", executions(report));
        let _ = writeln!(out, "\n{}", approvals(report));
        // On a terminal, the first line has scrolled away.
        let _ = writeln!(out, "\n{answer}");
    }
    out
}

pub(super) fn period(period: Period) -> String {
    let time = |at: Timestamp| format!("{at:.0}");
    match (period.since, period.until) {
        (None, None) => "all of its history".to_owned(),
        (Some(since), None) => format!("executions started since {}", time(since)),
        (None, Some(until)) => format!("executions started before {}", time(until)),
        (Some(since), Some(until)) => {
            format!("executions started from {} until {}", time(since), time(until))
        }
    }
}

/// The numbers behind the answer.
pub(super) fn summary(report: &Report) -> String {
    let exceptional = report.exceptional().count();
    let accepted = match report.accepted() {
        0 => String::new(),
        count => format!(", and {} with accepted exceptions", counted(count, "execution")),
    };
    format!(
        "{}, {} of them approved by {}; {} to look at{accepted}.",
        counted(report.releases(), "release"),
        report.satisfied_releases(),
        report.people(),
        counted(exceptional, "execution"),
    )
}

fn verdicts(report: &Report) -> String {
    let executions = counted(report.executions.len(), "execution");
    if report.executions.is_empty() {
        return executions;
    }
    format!("{executions}: {}", verdict_counts(report))
}

/// The number of executions with each verdict that occurs.
pub(super) fn verdict_counts(report: &Report) -> String {
    let counts = Verdict::ALL.iter().map(|verdict| (report.count(*verdict), verdict.as_str()));
    let counts: Vec<String> = counts
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    counts.join(", ")
}

fn exceptions(out: &mut String, report: &Report) {
    for cause in causes(report) {
        let exception = cause.exception;
        let severity = exception.code.severity().as_str();
        let code = exception.code.as_str();
        let _ = writeln!(out, "\n{severity}[{code}]: {}", shown(&exception.message));
        if let Some(accepted) = acceptance(exception) {
            let _ = writeln!(out, "  {accepted}");
        }
        for (_, evaluated) in &cause.executions {
            let execution = &evaluated.execution;
            let _ = writeln!(out, "  {} of {}", shown(&execution.id), time(execution.started));
        }
    }
}

fn executions(report: &Report) -> String {
    let mut table = plain([
        "STARTED",
        "EXECUTION",
        "STARTED BY",
        "REVISION",
        "VERDICT",
        "PERSONS",
        "GATE",
        "RELEASED",
    ]);
    for evaluated in &report.executions {
        table.add_row(row(evaluated));
    }
    lines(&table)
}

/// A table of all attempts of all approvals.
fn approvals(report: &Report) -> String {
    let mut table =
        plain(["EXECUTION", "ACTION", "ANSWER", "BY", "AT", "COUNTED", "COMMENT", "CLOUDTRAIL"]);
    for evaluated in &report.executions {
        for approval in &evaluated.approvals {
            let attempt = &approval.attempt;
            let counted = match &approval.counting {
                Counting::As(person) => format!("as {}{}", shown(person), basis(approval)),
                Counting::Not(reason) => format!("no: {reason}"),
                Counting::Replaced | Counting::NotRequired | Counting::NotJudged => {
                    approval.counting.as_str().to_owned()
                }
            };
            table.add_row([
                shown(&evaluated.execution.id),
                shown(attempt.action.as_deref().unwrap_or("?")),
                status_name(attempt.status).to_owned(),
                shown(short_principal(attempt.approver.history.as_deref().unwrap_or("-"))),
                answered(approval),
                counted,
                first_line(approval.comment().as_deref().unwrap_or("-")),
                approval.trail.as_ref().map_or_else(|| "-".to_owned(), trail),
            ]);
        }
    }
    lines(&table)
}

/// What CloudTrail adds to an approval, in a few words.
pub(super) fn trail(event: &ApprovalEvent) -> String {
    let mfa = match event.by.mfa {
        Some(true) => "with a second factor",
        Some(false) => "without a second factor",
        None => "second factor not recorded",
    };
    let identity =
        event.by.source_identity.as_deref().map(|it| format!("source identity {}", shown(it)));
    let ip = event.source_ip.as_deref().map(|it| format!("from {}", shown(it)));
    let parts: Vec<String> = [Some(mfa.to_owned()), identity, ip].into_iter().flatten().collect();
    parts.join(", ")
}

fn plain(header: [&str; 8]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    table
}

/// The lines of a table, without trailing blanks.
fn lines(table: &Table) -> String {
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

fn row(evaluated: &Evaluated) -> [String; 8] {
    let execution = &evaluated.execution;
    let gate = match (evaluated.gate_report(), evaluated.gate_agrees()) {
        (None, _) => "did not run".to_owned(),
        (Some(report), Some(false)) => format!("{report} (differs)"),
        (Some(report), Some(true) | None) => report.to_owned(),
    };
    let persons: Vec<String> = evaluated.persons().iter().map(|person| shown(person)).collect();
    [
        time(execution.started),
        shown(&execution.id),
        shown(short_principal(&evaluated.started_by())),
        revision(evaluated),
        evaluated.verdict_in_words(),
        if persons.is_empty() { "-".to_owned() } else { persons.join(", ") },
        gate,
        if evaluated.released { "yes" } else { "no" }.to_owned(),
    ]
}

/// The revisions: the beginning of each id, and of the first line of its message.
fn revision(evaluated: &Evaluated) -> String {
    let revisions = evaluated.execution.revisions.iter().map(|revision| {
        let id: String = shown(revision.id.as_deref().unwrap_or("?")).chars().take(8).collect();
        match &revision.message {
            Some(message) => {
                let line: String = first_line(message).chars().take(40).collect();
                format!("{id} {line}")
            }
            None => id,
        }
    });
    let revisions: Vec<String> = revisions.collect();
    if revisions.is_empty() { "-".to_owned() } else { revisions.join(", ") }
}

/// The basis of an approval's person, after a comma; of a signature, the key too.
pub(super) fn basis(approval: &ApprovalAttempt) -> String {
    match (&approval.signature, approval.basis) {
        (Some(signature), _) => format!(", signature: {}", signature.describe()),
        (None, Some(basis)) => format!(", {}", basis.as_str()),
        (None, None) => String::new(),
    }
}

/// The time of an answer. If it is only the time CodePipeline noticed the answer, it says so.
pub(super) fn answered(approval: &ApprovalAttempt) -> String {
    match approval.at() {
        Some((at, AtIs::Answered)) => format!("{at:.0}"),
        Some((at, AtIs::Noticed)) => format!("{at:.0} (noticed)"),
        None => "-".to_owned(),
    }
}

pub(super) fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "at an unknown time".to_owned(), |at| format!("{at:.0}"))
}
