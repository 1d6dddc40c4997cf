//! Writes a report over several pipelines, one format per file.

pub mod csv;
pub mod html;
pub mod human;
pub mod json;
pub mod sarif;

use std::collections::BTreeMap;

use names::shown;

use super::cover::Lines;
use super::human::period;
use super::{counted, cover};
use crate::cover::{Cover, LIMITS, Source};
use crate::overview::{Overview, Row};
use crate::read::Period;

/// The numbers behind the answer.
fn summary(overview: &Overview) -> String {
    let sum = |number: fn(&Row) -> usize| -> usize { overview.rows.iter().map(number).sum() };
    let accepted = match sum(|row| row.accepted) {
        0 => String::new(),
        count => format!(", and {} with accepted exceptions", counted(count, "execution")),
    };
    format!(
        "{}, {} of them approved by {}; {} to look at{accepted}.",
        counted(overview.tally().releases, "release"),
        sum(|row| row.satisfied),
        overview.people(),
        counted(sum(|row| row.exceptional), "execution"),
    )
}

/// The period that was asked for.
fn asked(asked: Period) -> String {
    if asked == Period::default() {
        return "all of their history".to_owned();
    }
    period(asked)
}

/// The lines of the cover: a name, and one or more values.
fn cover_lines(overview: &Overview, cover: &Cover) -> Lines {
    let one = |text: String| vec![text];
    vec![
        ("Answer", one(overview.answer().sentence)),
        ("Pipelines", one(overview.checked())),
        ("Gate", one(format!("the function {}", shown(&overview.gate)))),
        ("Rule", one(cover::rule(&overview.floor, cover))),
        ("Period asked for", one(asked(overview.period))),
        ("Made", one(cover::made(cover))),
        ("Made from", made_from(overview, cover)),
        ("Limits", LIMITS.iter().map(|limit| (*limit).to_owned()).collect()),
    ]
}

/// What was read: for all pipelines, and for each of them in sums.
fn made_from(overview: &Overview, cover: &Cover) -> Vec<String> {
    let mut calls: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    let (mut files, mut size, mut cached) = (0_usize, 0_u64, 0_usize);
    for source in overview.rows.iter().flat_map(Row::sources) {
        match source {
            Source::File { bytes, .. } => {
                files = files.saturating_add(1);
                size = size.saturating_add(*bytes);
            }
            Source::Cache { executions, .. } => cached = cached.saturating_add(*executions),
            Source::Calls { operation, requests, entries } => {
                let sum = calls.entry(operation).or_default();
                *sum = (sum.0.saturating_add(*requests), sum.1.saturating_add(*entries));
            }
        }
    }
    let calls = calls.into_iter().map(|(operation, (requests, entries))| {
        cover::source(&Source::Calls { operation, requests, entries })
    });
    let files = (files > 0).then(|| {
        format!("{} of the pipelines, {size} bytes; JSON lists them", counted(files, "file"))
    });
    let cached =
        (cached > 0).then(|| format!("{} of the cache (--cache)", counted(cached, "execution")));
    cover.sources.iter().map(cover::source).chain(calls).chain(files).chain(cached).collect()
}

/// A part of a place, safe to print.
fn known(text: Option<&String>) -> String {
    text.map_or_else(|| "?".to_owned(), |text| shown(text))
}

/// The name of a pipeline, safe to print.
fn name(row: &Row) -> String {
    row.place().pipeline.as_ref().map_or_else(|| "every pipeline".to_owned(), |name| shown(name))
}

/// A pipeline with its account and region, in words.
fn whole_name(row: &Row) -> String {
    let place = row.place();
    let parts = [place.account.as_ref(), place.region.as_ref()];
    let parts: Vec<String> = parts.into_iter().flatten().map(|part| shown(part)).collect();
    if parts.is_empty() {
        return name(row);
    }
    format!("{} ({})", name(row), parts.join(", "))
}

/// The problem of a pipeline that could not be judged: a sentence.
fn problem(row: &Row) -> Option<String> {
    row.problem().map(|problem| format!("The pipeline was not judged: {}.", shown(problem)))
}
