//! One file for a browser, without a script: the answer, one row per pipeline, and what to look at
//! in each.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use names::shown;

use super::{asked, cover_lines, known, name, problem, summary, whole_name};
use crate::cover::Cover;
use crate::judge::exception::ExceptionCode;
use crate::overview::{Overview, Row, RowCause, Standing};
use crate::render::acceptance;
use crate::render::html::{STYLE, about, coded, policy};
use crate::render::human::time;

const COLUMNS: [&str; 8] =
    ["Answer", "Pipeline", "Account", "Region", "Releases", "Approved", "To look at", "Accepted"];

/// The report with its cover as an HTML page.
pub fn render(overview: &Overview, cover: &Cover) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(None));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { "Release evidence: " (overview.checked()) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#pipelines" { "To the pipelines" }
                header {
                    h1 { (overview.answer().sentence) }
                    p.quiet { "Release evidence of " (overview.checked()) ": " (asked(overview.period)) "." }
                    p.answer { (summary(overview)) }
                }
                main {
                    (pipelines(overview))
                    (look(overview))
                    (about(&cover_lines(overview, cover), cover))
                }
            }
        }
    };
    page.into_string()
}

fn pipelines(overview: &Overview) -> Markup {
    html! {
        section #pipelines aria-labelledby="all" {
            h2 #all { "Pipelines" }
            table.stack.overview {
                caption { "Every pipeline, the worst first" }
                thead { tr { @for name in COLUMNS { th scope="col" { (name) } } } }
                tbody { @for (position, row) in overview.rows.iter().enumerate() {
                    tr { (cells(position, row)) }
                } }
            }
        }
    }
}

fn cells(position: usize, row: &Row) -> Markup {
    let standing = row.standing();
    let number = |number: usize| match row.problem() {
        Some(_) => "?".to_owned(),
        None => number.to_string(),
    };
    html! {
        td { span.badge.(badge(standing)) { (standing.as_str()) } }
        th scope="row" {
            @if has_details(row) {
                a href={ "#p" (position) } { (name(row)) }
            } @else {
                (name(row))
            }
        }
        td data-label=(COLUMNS[2]) { (known(row.place().account.as_ref())) }
        td data-label=(COLUMNS[3]) { (known(row.place().region.as_ref())) }
        td data-label=(COLUMNS[4]) { (number(row.tally().releases)) }
        td data-label=(COLUMNS[5]) { (number(row.satisfied)) }
        td data-label=(COLUMNS[6]) { (number(row.exceptional)) }
        td data-label=(COLUMNS[7]) { (number(row.accepted)) }
    }
}

/// The colour of an answer.
fn badge(standing: Standing) -> &'static str {
    match standing {
        Standing::No => "error",
        Standing::NotJudged => "warning",
        Standing::Yes => "yes",
        Standing::Justified | Standing::Empty => "accepted",
    }
}

fn has_details(row: &Row) -> bool {
    row.problem().is_some() || !row.causes.is_empty() || !row.notes.is_empty()
}

/// What to look at, pipeline by pipeline.
fn look(overview: &Overview) -> Markup {
    let rows = || overview.rows.iter().enumerate().filter(|(_, row)| has_details(row));
    html! {
        section aria-labelledby="look" {
            h2 #look { "To look at" }
            @if rows().next().is_none() {
                p { "Nothing. No execution was released without the gate or without enough people, \
                    and the gate always reported the verdict of today's evaluation." }
            }
            @for (position, row) in rows() {
                article #{ "p" (position) } {
                    h3 { (whole_name(row)) }
                    @if let Some(problem) = problem(row) {
                        p.message {
                            span.badge.error { (ExceptionCode::NotJudged.as_str()) } " " (coded(&problem))
                        }
                    }
                    @if !row.causes.is_empty() { (causes(row)) }
                    @for note in &row.notes { p.quiet { (coded(&shown(note))) } }
                }
            }
        }
    }
}

fn causes(row: &Row) -> Markup {
    html! {
        table.stack.causes {
            caption { "What is out of order, the worst first" }
            thead { tr {
                @for name in ["Severity", "What", "In words", "Executions"] { th scope="col" { (name) } }
            } }
            tbody { @for cause in &row.causes { (cause_row(cause)) } }
        }
    }
}

fn cause_row(cause: &RowCause) -> Markup {
    let exception = &cause.exception;
    let severity = exception.code.severity().as_str();
    html! {
        tr {
            td {
                span.badge.(severity) { (severity) }
                @if !exception.is_open() { " " span.badge.accepted { "accepted" } }
            }
            th scope="row" { (exception.code.as_str()) }
            td.message {
                (coded(&shown(&exception.message)))
                @if let Some(text) = acceptance(exception) { div.quiet { (text) } }
            }
            // A long list scrolls, so the keyboard has to reach it.
            td { ul.plain.ids tabindex="0" { @for (id, started) in &cause.executions {
                li { (shown(id)) " of " (time(*started)) }
            } } }
        }
    }
}
