//! Writes a report as one file for a browser. The page loads nothing else, shows one line for each
//! execution without its script, can be printed, and follows the reader's colour scheme.
//!
//! `maud` escapes all text from outside, and the page's own policy blocks any other script or
//! style.

mod details;
mod packed;
mod table;
mod timeline;

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::acceptance;
use super::causes::causes;
use super::cover::{Lines, lines};
use super::human::{period, summary};
use crate::cover::Cover;
use crate::judge::verdict::Verdict;
use crate::report::Report;
use names::shown;

pub(in crate::render) const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// The report with its cover as an HTML page.
///
/// # Errors
/// Writing to memory does not fail.
pub fn render(report: &Report, cover: &Cover) -> io::Result<String> {
    let pipeline = shown(&report.pipeline);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(Some(SCRIPT)));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { "Release evidence: " (pipeline) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#executions" { "To the executions" }
                header {
                    h1 { (report.answer().sentence) }
                    p.quiet { "Release evidence of the pipeline " (pipeline) ": " (period(report.period)) "." }
                    p.answer { (summary(report)) }
                }
                main {
                    (tiles(report))
                    (exceptions(report))
                    (about(&lines(report, cover), cover))
                    (timeline::section(report))
                    (table::section(report))
                    (verdicts())
                }
                script #details type="application/octet-stream" { (PreEscaped(packed::packed(report)?)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    Ok(page.into_string())
}

/// The content security policy. It blocks everything from elsewhere, and any style or script except
/// those of this page.
pub(in crate::render) fn policy(script: Option<&str>) -> String {
    let hash =
        |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        script.map_or_else(|| "'none'".to_owned(), hash)
    )
}

fn tiles(report: &Report) -> Markup {
    let look = report.exceptional().count();
    html! {
        dl.tiles {
            div.tile.bad[look > 0].good[look == 0] { dt { "Executions to look at" } dd { (look) } }
            @if report.accepted() > 0 {
                div.tile { dt { "Executions with accepted exceptions" } dd { (report.accepted()) } }
            }
            div.tile { dt { "Releases" } dd { (report.releases()) } }
            div.tile.good { dt { "Approved by " (report.people()) } dd { (report.satisfied_releases()) } }
            div.tile { dt { "Executions" } dd { (report.executions.len()) } }
        }
    }
}

/// The table of what to look at, worst first, each cause once. Accepted exceptions come last.
fn exceptions(report: &Report) -> Markup {
    let causes = causes(report);
    html! {
        section aria-labelledby="look" {
            h2 #look { "To look at" }
            @if causes.is_empty() {
                p { "Nothing. No execution was released without the gate or without enough people, \
                    and the gate always reported the verdict of today's evaluation." }
            } @else {
                table.stack.causes {
                    caption { "What is out of order, the worst first" }
                    thead { tr {
                        @for name in ["Severity", "What", "In words", "Executions"] { th scope="col" { (name) } }
                    } }
                    tbody { @for cause in causes {
                        @let exception = cause.exception;
                        @let severity = exception.code.severity().as_str();
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
                            td { ul.plain { @for (position, evaluated) in cause.executions {
                                li { a href={ "#e" (position) } { (table::started(evaluated)) } }
                            } } }
                        }
                    } }
                }
            }
        }
    }
}

/// A text with its code, which is in backticks, marked as code.
pub(in crate::render) fn coded(text: &str) -> Markup {
    let ticks = text.matches('`').count();
    html! {
        @for (position, part) in text.split('`').enumerate() {
            @if position % 2 == 0 {
                (part)
            } @else if position < ticks {
                code { (part) }
            } @else {
                // Its other backtick is missing.
                "`" (part)
            }
        }
    }
}

/// What the report says about itself.
pub(in crate::render) fn about(lines: &Lines, cover: &Cover) -> Markup {
    html! {
        section id="cover" aria-labelledby="about" {
            h2 #about { "About this report" }
            dl.facts {
                @for (name, values) in lines {
                    dt { (name) }
                    @for value in values { dd { (coded(value)) } }
                }
                dt { "The whole rule" }
                dd { pre { (cover.rule.json.trim()) } }
            }
        }
    }
}

/// The meaning of the verdicts.
fn verdicts() -> Markup {
    html! {
        section aria-labelledby="verdicts" {
            h2 #verdicts { "Verdicts" }
            dl.facts {
                @for verdict in Verdict::ALL {
                    dt { span.badge.(verdict.as_str()) { (verdict.as_str()) } }
                    dd { (verdict.meaning()) }
                }
            }
        }
    }
}
