//! Writes a report for people at a terminal: first the answer, then what to look at, then each
//! execution, and the answer again.

use anstyle::Style;
use findings::{Lines, style};
use jiff::Timestamp;
use names::shown;
use rule::{AtIs, Reviewed};

use super::causes::causes;
use super::{acceptance, counted, first_line, short_principal, status_name};
use crate::judge::approvals::{ApprovalAttempt, Counting};
use crate::judge::evaluate::Evaluated;
use crate::judge::exception::Exception;
use crate::judge::verdict::Verdict;
use crate::read::Period;
use crate::read::event::ApprovalEvent;
use crate::report::Report;

/// The report as text of a width in columns, with colours. The output layer removes them if they
/// are not wanted.
pub fn render(report: &Report, width: usize) -> String {
    let mut lines = Lines::new(width);
    let answer = report.answer();
    lines.styled(answer.style(), 0, &answer.sentence);
    let pipeline = shown(&report.pipeline);
    lines.paragraph("", 0, 2, &format!("Pipeline {pipeline}, {}", period(report.period)));
    lines.paragraph("", 0, 2, &summary(report));
    lines.paragraph("", 0, 2, &verdicts(report));
    for cause in causes(report) {
        lines.blank();
        let ids = cause
            .executions
            .iter()
            .map(|(_, evaluated)| (evaluated.execution.id.as_str(), evaluated.execution.started));
        write_cause(&mut lines, 0, cause.exception, ids);
    }
    for note in &report.notes {
        lines.blank();
        lines.paragraph("note: ", 6, 2, &shown(note));
    }
    for evaluated in &report.executions {
        lines.blank();
        execution(&mut lines, evaluated);
    }
    if !report.executions.is_empty() {
        // On a terminal, the first line has scrolled away.
        lines.blank();
        lines.styled(answer.style(), 0, &answer.sentence);
    }
    lines.finish()
}

/// Writes an exception, and the executions that have it.
pub(super) fn write_cause<'c>(
    lines: &mut Lines,
    indent: usize,
    exception: &Exception,
    executions: impl Iterator<Item = (&'c str, Option<Timestamp>)>,
) {
    let severity = exception.code.severity();
    let (name, code) = (severity.as_str(), exception.code.as_str());
    let style = style::of(severity);
    let label = format!("{:indent$}{style}{name}{style:#}[{code}]: ", "");
    let columns = indent + name.len() + code.len() + 4;
    lines.paragraph(label, columns, indent + 2, &shown(&exception.message));
    if let Some(accepted) = acceptance(exception) {
        lines.paragraph(format!("{:1$}", "", indent + 2), indent + 2, indent + 4, &accepted);
    }
    for (id, started) in executions {
        lines.styled(Style::new(), indent + 2, &format!("{} of {}", shown(id), time(started)));
    }
}

/// One execution: when, which and what became of it, then its approvals.
fn execution(lines: &mut Lines, evaluated: &Evaluated) {
    let execution = &evaluated.execution;
    let style = match evaluated.is_exceptional() {
        true => style::DOUBTFUL,
        false => Style::new(),
    };
    let released = if evaluated.released { "released" } else { "not released" };
    let (started, id) = (time(execution.started), shown(&execution.id));
    let title = format!("{started} {id}: {}, {released}", evaluated.verdict_in_words());
    lines.styled(style, 0, &title);
    let persons: Vec<String> = evaluated.persons().iter().map(|person| shown(person)).collect();
    let persons = if persons.is_empty() { "nobody".to_owned() } else { persons.join(", ") };
    let by = shown(short_principal(&evaluated.started_by()));
    let (gate, revision) = (gate(evaluated), revision(evaluated));
    let about = format!("counted {persons}; gate {gate}; started by {by}; revision {revision}");
    lines.paragraph("  ", 2, 4, &about);
    if let Some(reviews) = evaluated.reviews() {
        lines.paragraph("  ", 2, 4, &authorship(&reviews));
    }
    for attempt in &evaluated.approvals {
        lines.paragraph("  ", 2, 4, &approval(attempt));
    }
}

/// Its authors and reviews, in one line.
fn authorship(reviews: &Reviewed<'_>) -> String {
    let Reviewed { authors, pushers, reviewers, reviewed } = reviews;
    format!(
        "written by {}; pushed by {}; reviewed by {}; reviewed: {}",
        users(authors),
        users(pushers),
        users(reviewers),
        shown(reviewed)
    )
}

/// Users of a forge, as the reviews function names them.
pub(super) fn users(users: &[&str]) -> String {
    let users: Vec<String> = users.iter().map(|user| shown(user)).collect();
    if users.is_empty() { "-".to_owned() } else { users.join(", ") }
}

fn gate(evaluated: &Evaluated) -> String {
    match (evaluated.gate_report(), evaluated.gate_agrees()) {
        (None, _) => "did not run".to_owned(),
        (Some(report), Some(false)) => format!("{report} (differs)"),
        (Some(report), Some(true) | None) => report.to_owned(),
    }
}

/// One attempt of an approval in words.
fn approval(approval: &ApprovalAttempt) -> String {
    let attempt = &approval.attempt;
    let counted = match &approval.counting {
        Counting::As(person) => format!("as {}{}", shown(person), basis(approval)),
        Counting::Not(reason) => format!("no: {reason}"),
        Counting::Replaced | Counting::NotRequired | Counting::NotJudged => {
            approval.counting.as_str().to_owned()
        }
    };
    let action = shown(attempt.action.as_deref().unwrap_or("?"));
    let (status, at) = (status_name(attempt.status), answered(approval));
    let by = shown(short_principal(attempt.approver.history.as_deref().unwrap_or("-")));
    let comment = approval.comment();
    let comment = comment.as_deref().map(|text| format!("; comment: {}", first_line(text)));
    let trail = approval.trail.as_ref().map(|event| format!("; CloudTrail: {}", trail(event)));
    let [comment, trail] = [comment, trail].map(Option::unwrap_or_default);
    format!("{action}: {status} by {by} at {at}; counted {counted}{comment}{trail}")
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
