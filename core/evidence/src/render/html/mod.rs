//! Writes a report as one file for a browser. The page loads nothing else, is readable without its
//! script, can be printed, and follows the reader's colour scheme.
//!
//! `maud` escapes all text from outside, and the page's own policy blocks any other script or
//! style.

mod details;
mod table;
mod timeline;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::acceptance;
use super::human::{period, summary};
use crate::judge::verdict::Verdict;
use crate::report::Report;
use names::shown;

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// The report as an HTML page.
pub fn render(report: &Report) -> String {
    let pipeline = shown(&report.pipeline);
    let title = format!("Release evidence: {pipeline}");
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#executions" { "To the executions" }
                header {
                    h1 { (title) }
                    p.quiet { "For " (period(report.period)) ". The gate is the function \
                        " code { (report.gate) } "." }
                    p.answer { (summary(report)) }
                }
                main {
                    (tiles(report))
                    (exceptions(report))
                    (timeline::section(report))
                    (table::section(report))
                }
                (footer(report))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// The content security policy. It blocks everything from elsewhere, and any style or script except
/// the two of this page.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn tiles(report: &Report) -> Markup {
    let look = report.exceptional().count();
    html! {
        dl.tiles {
            div.tile.bad[look > 0].good[look == 0] { dt { "Executions to look at" } dd { (look) } }
            div.tile { dt { "Releases" } dd { (report.releases()) } }
            div.tile.good { dt { "Approved by enough \
                people" } dd { (report.satisfied_releases()) } }
            div.tile { dt { "Executions" } dd { (report.executions.len()) } }
        }
    }
}

/// The table of what to look at, worst first. Accepted exceptions come last.
fn exceptions(report: &Report) -> Markup {
    let found = report.executions.iter().enumerate();
    let found = found.flat_map(|(position, evaluated)| {
        evaluated.exceptions.iter().map(move |it| (position, evaluated, it))
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|(_, _, exception)| {
        (!exception.is_open(), std::cmp::Reverse(exception.code.severity()))
    });
    html! {
        section aria-labelledby="look" {
            h2 #look { "To look at" }
            @if found.is_empty() {
                p { "Nothing. No execution went on without the gate or without enough people, and \
                    the gate always reported the verdict of today's evaluation." }
            } @else {
                table.stack role="table" {
                    caption { "What is out of order, the worst first" }
                    thead role="rowgroup" { tr role="row" {
                        th scope="col" role="columnheader" { "Severity" }
                        th scope="col" role="columnheader" { "What" }
                        th scope="col" role="columnheader" { "Execution" }
                        th scope="col" role="columnheader" { "In words" }
                    } }
                    @for (position, evaluated, exception) in found {
                        @let severity = exception.code.severity().as_str();
                        tbody role="rowgroup" { tr role="row" {
                            td role="cell" { span.badge.(severity) { (severity) } }
                            th scope="row" role="rowheader" { (exception.code.as_str()) }
                            td.when role="cell" { a href={ "#e" (position) } { (table::started(evaluated)) } }
                            td.message role="cell" {
                                (shown(&exception.message))
                                @if let Some(text) = acceptance(exception) { div.quiet { (text) } }
                            }
                        } }
                    }
                }
            }
        }
    }
}

/// The meaning of the verdicts, and the notes.
fn footer(report: &Report) -> Markup {
    html! {
        footer {
            h2 { "Verdicts" }
            dl.facts {
                @for verdict in Verdict::ALL {
                    dt { span.badge.(verdict.as_str()) { (verdict.as_str()) } }
                    dd { (verdict.meaning()) }
                }
            }
            @for note in &report.notes { p { (shown(note)) } }
            p { "Each execution was evaluated again for this report, with the given rule, from the \
                history that CodePipeline keeps. Times are UTC. CodePipeline notices an answer up \
                to 35 seconds after it is given." }
        }
    }
}
