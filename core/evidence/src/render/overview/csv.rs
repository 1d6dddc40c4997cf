//! For spreadsheets, one line per pipeline.

use findings::plain;

use super::{cover_lines, problem};
use crate::cover::Cover;
use crate::overview::{Overview, Row};
use crate::render::acceptance;
use crate::render::csv::table;

const HEADER: [&str; 16] = [
    "answer",
    "pipeline",
    "account",
    "region",
    "executions",
    "releases",
    "approved",
    "not_approved",
    "in_doubt",
    "justified",
    "to_look_at",
    "accepted",
    "first_started_at",
    "last_started_at",
    "exceptions",
    "unreviewed_releases",
];

/// The report as CSV (RFC 4180), the worst pipeline first. With a cover, its lines come first, each
/// with `#` before its name.
///
/// # Errors
/// As the `csv` crate. Writing to memory does not fail.
pub fn render(overview: &Overview, cover: Option<&Cover>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = table(cover.map(|cover| (cover, cover_lines(overview, cover))), &HEADER)?;
    for row in &overview.rows {
        writer.write_record(fields(row).iter().map(|field| plain(field)))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

fn fields(row: &Row) -> [String; 16] {
    let place = row.place();
    let known = |text: &Option<String>| text.clone().unwrap_or_default();
    let tally = row.tally();
    // Nothing is known about a pipeline that could not be judged, not even a zero.
    let number = |number: usize| {
        if row.problem().is_some() { String::new() } else { number.to_string() }
    };
    let time = |at: Option<jiff::Timestamp>| at.map(|at| format!("{at:.0}")).unwrap_or_default();
    [
        row.standing().as_str().to_owned(),
        known(&place.pipeline),
        known(&place.account),
        known(&place.region),
        number(tally.executions),
        number(tally.releases),
        number(row.satisfied),
        number(tally.unapproved),
        number(tally.doubtful),
        number(tally.justified),
        number(row.exceptional),
        number(row.accepted),
        time(row.covered.map(|(first, _)| first)),
        time(row.covered.map(|(_, last)| last)),
        exceptions(row),
        number(tally.unreviewed),
    ]
}

/// The problem, or each cause with the number of its executions.
fn exceptions(row: &Row) -> String {
    if let Some(problem) = problem(row) {
        return format!("not-judged: {problem}");
    }
    let causes = row.causes.iter().map(|cause| {
        let exception = &cause.exception;
        let accepted = acceptance(exception);
        let accepted = accepted.map(|text| format!(" ({text})")).unwrap_or_default();
        format!(
            "{} x{}: {}{accepted}",
            exception.code.as_str(),
            cause.executions.len(),
            exception.message
        )
    });
    causes.collect::<Vec<_>>().join("; ")
}
