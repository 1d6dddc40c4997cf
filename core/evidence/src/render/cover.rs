//! The cover of a report in the words of people: names and values.

use jiff::Timestamp;
use names::{Arn, shown};
use rule::Rule;

use super::{counted, human};
use crate::cover::{Cover, LIMITS, Source};
use crate::read::Counts;
use crate::report::Report;

/// The lines of a cover: each a name, and one or more values.
pub(super) type Lines = Vec<(&'static str, Vec<String>)>;

/// The lines of the cover of a report.
pub(super) fn lines(report: &Report, cover: &Cover) -> Lines {
    let one = |text: String| vec![text];
    vec![
        ("Answer", one(report.answer().sentence)),
        ("Pipeline", one(shown(&report.pipeline_arn))),
        ("Account", one(account(report))),
        ("Region", one(region(report, cover).map_or_else(unknown_region, |it| shown(&it)))),
        ("Gate", one(format!("the function {}", report.gate))),
        ("Rule", one(rule(&report.floor, cover))),
        ("Period asked for", one(asked(report))),
        ("Period covered", one(covered(report))),
        ("Made", one(made(cover))),
        ("Made from", cover.sources.iter().map(source).collect()),
        ("Counts", counts(&report.counts)),
        ("Limits", limits(report)),
    ]
}

/// The region of the pipeline, if it is known.
pub(super) fn region(report: &Report, cover: &Cover) -> Option<String> {
    let arn = Arn::parse(&report.pipeline_arn);
    let region = arn.map(|arn| arn.region.to_owned()).filter(|region| region != "*");
    region.or_else(|| cover.region.clone())
}

/// What the report cannot see: the limits of every report, and its own.
pub(super) fn limits(report: &Report) -> Vec<String> {
    LIMITS.iter().map(|limit| (*limit).to_owned()).chain(report.notes.iter().cloned()).collect()
}

fn unknown_region() -> String {
    "not known: saved lists do not say it".to_owned()
}

fn account(report: &Report) -> String {
    if report.account.is_empty() {
        return "not known: nothing names it".to_owned();
    }
    format!("{} ({})", shown(&report.account), report.account_from.1)
}

pub(super) fn rule(floor: &Rule, cover: &Cover) -> String {
    let digest = floor.digest();
    match &cover.rule.file {
        Some(file) => format!("{digest}, from {}", shown(file)),
        None => format!("{digest}, the default rule, since no --rule was given"),
    }
}

fn asked(report: &Report) -> String {
    match &report.wanted {
        Some(id) => format!("the execution {}", shown(id)),
        None => human::period(report.period),
    }
}

fn covered(report: &Report) -> String {
    match report.covered() {
        Some((first, last)) => format!("executions started from {first:.0} to {last:.0}"),
        None => "no execution".to_owned(),
    }
}

pub(super) fn made(cover: &Cover) -> String {
    format!("{} by policygen {}", time(cover.made_at), cover.version)
}

/// To the second.
fn time(at: Timestamp) -> String {
    format!("{at:.0}")
}

pub(super) fn source(source: &Source) -> String {
    match source {
        Source::File { path, role, sha256, bytes } => {
            let path = if path == "-" { "standard input" } else { path };
            format!("{} (--{}): {bytes} bytes, sha256 {sha256}", shown(path), role.as_str())
        }
        Source::Cache { path, executions } => {
            format!("{} (--cache): {}", shown(path), counted(*executions, "execution"))
        }
        Source::Calls { operation, requests, entries } => {
            let entries =
                if *entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") };
            format!("{operation}: {}, {entries}", counted(*requests, "request"))
        }
    }
}

/// The counts of both lists. The parts add up to the whole.
pub(super) fn counts(counts: &Counts) -> Vec<String> {
    let parts = |parts: &[(usize, &str)]| {
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
        if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
    };
    let executions = parts(&[
        (counts.evaluated.saturating_sub(counts.unlisted), "judged"),
        (counts.outside, "outside the question"),
        (counts.repeated, "repeated"),
    ]);
    let actions = parts(&[
        (counts.actions_used, "used"),
        (counts.actions_outside, "outside the question"),
        (counts.actions_repeated, "repeated"),
    ]);
    let mut lines = vec![
        format!("{} listed: {executions}", counted(counts.listed, "execution")),
        format!("{} read: {actions}", counted(counts.actions_read, "action execution")),
    ];
    if counts.unlisted > 0 {
        lines.push(format!(
            "{} only in the list of action executions",
            counted(counts.unlisted, "execution")
        ));
    }
    lines
}
