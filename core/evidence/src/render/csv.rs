//! Writes a report for spreadsheets, one line per execution.

use std::fmt::Write as _;

use csv::{QuoteStyle, Writer, WriterBuilder};
use jiff::Timestamp;

use super::cover::{self, Lines};
use super::human::{answered, basis, trail};
use super::{acceptance, first_line, short_principal, status_name};
use crate::cover::Cover;
use crate::judge::approvals::{ApprovalAttempt, Counting};
use crate::judge::exception::Exception;
use crate::report::Report;
use findings::Severity;
use findings::plain;

const HEADER: [&str; 23] = [
    "pipeline",
    "execution_id",
    "started_at",
    "started_by",
    "status",
    "revisions",
    "commit_messages",
    "verdict",
    "released",
    "persons",
    "approvals",
    "comments",
    "gate_said",
    "gate_agrees",
    "deployments",
    "exception_severity",
    "exceptions",
    "pipeline_version",
    "accepted",
    "authors",
    "pushers",
    "reviewers",
    "reviewed",
];

/// Begins a table with its header. With a cover, its lines come first, each with `#` before its
/// name.
///
/// # Errors
/// As the `csv` crate. Writing to memory does not fail.
pub(super) fn table(
    cover: Option<(&Cover, Lines)>,
    header: &[&str],
) -> Result<Writer<Vec<u8>>, csv::Error> {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Necessary)
        .terminator(csv::Terminator::CRLF)
        // The cover has fewer columns than the table.
        .flexible(cover.is_some())
        .from_writer(Vec::new());
    if let Some((cover, lines)) = cover {
        for (name, values) in lines {
            for value in values {
                writer.write_record([format!("# {name}"), plain(&value)])?;
            }
        }
        writer.write_record(["# Rule, whole", &plain(&cover.rule.json)])?;
    }
    writer.write_record(header)?;
    Ok(writer)
}

/// The report as CSV (RFC 4180). With a cover, its lines come first, each with `#` before its name.
///
/// # Errors
/// As the `csv` crate. Writing to memory does not fail.
pub fn render(report: &Report, cover: Option<&Cover>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = table(cover.map(|cover| (cover, cover::lines(report, cover))), &HEADER)?;
    for evaluated in &report.executions {
        let execution = &evaluated.execution;
        let revisions = execution.revisions.iter();
        let open = evaluated.exceptions.iter().filter(|exception| exception.is_open());
        let severity = open.map(|exception| exception.code.severity()).max();
        let serious = evaluated.is_accepted() || evaluated.is_exceptional();
        let accepted = serious.then(|| evaluated.is_accepted());
        let deployments = evaluated.deployments.iter().map(|action| {
            let attempt = &action.attempt;
            let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "?".to_owned());
            format!(
                "{}/{} {}",
                name(&attempt.stage),
                name(&attempt.action),
                status_name(attempt.status)
            )
        });
        let reviews = evaluated.reviews();
        let users = |users: Option<&Vec<&str>>| {
            joined(users.into_iter().flatten().map(|user| (*user).to_owned()))
        };
        let fields = [
            report.pipeline.clone(),
            execution.id.clone(),
            time(execution.started),
            evaluated.started_by(),
            execution.status.as_str().to_owned(),
            joined(revisions.clone().filter_map(|revision| revision.id.clone())),
            joined(revisions.filter_map(|revision| revision.message.as_deref()).map(first_line)),
            evaluated.verdict.as_str().to_owned(),
            yes_or_no(Some(evaluated.released)),
            joined(evaluated.persons().iter().cloned()),
            joined(evaluated.approvals.iter().map(approval)),
            joined(
                evaluated
                    .approvals
                    .iter()
                    .filter_map(ApprovalAttempt::comment)
                    .map(|comment| first_line(&comment)),
            ),
            evaluated.gate_report().unwrap_or("did not run").to_owned(),
            yes_or_no(evaluated.gate_agrees()),
            joined(deployments),
            severity.map_or("", Severity::as_str).to_owned(),
            joined(evaluated.exceptions.iter().map(exception)),
            evaluated.pipeline_version.map(|version| version.to_string()).unwrap_or_default(),
            yes_or_no(accepted),
            users(reviews.as_ref().map(|it| &it.authors)),
            users(reviews.as_ref().map(|it| &it.pushers)),
            users(reviews.as_ref().map(|it| &it.reviewers)),
            reviews.as_ref().map(|it| it.reviewed.clone()).unwrap_or_default(),
        ];
        writer.write_record(fields.iter().map(|field| plain(field)))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

fn approval(approval: &ApprovalAttempt) -> String {
    let attempt = &approval.attempt;
    let mut text =
        format!("{} {}", attempt.action.as_deref().unwrap_or("?"), status_name(attempt.status));
    // Writing to a string cannot fail.
    if let Some(principal) = &attempt.approver.history {
        let _ = write!(text, " by {}", short_principal(principal));
    }
    if approval.at().is_some() {
        let _ = write!(text, " at {}", answered(approval));
    }
    let _ = match &approval.counting {
        Counting::As(person) => write!(text, " (counted as {person}{})", basis(approval)),
        Counting::Not(reason) => write!(text, " (not counted: {reason})"),
        Counting::Replaced | Counting::NotRequired | Counting::NotJudged => {
            write!(text, " ({})", approval.counting.as_str())
        }
    };
    if let Some(event) = &approval.trail {
        let _ = write!(text, " [CloudTrail: {}]", trail(event));
    }
    text
}

fn exception(exception: &Exception) -> String {
    let text = format!("{}: {}", exception.code.as_str(), exception.message);
    match acceptance(exception) {
        Some(accepted) => format!("{text} ({accepted})"),
        None => text,
    }
}

fn time(at: Option<Timestamp>) -> String {
    at.map(|at| format!("{at:.0}")).unwrap_or_default()
}

fn yes_or_no(answer: Option<bool>) -> String {
    answer.map_or("", |yes| if yes { "yes" } else { "no" }).to_owned()
}

fn joined(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    items.join("; ")
}
