//! The executions, one line each that opens to its details, and the filters.

use std::fmt::Write as _;

use maud::{Escaper, Markup, PreEscaped, html};
use names::shown;

use crate::judge::evaluate::Evaluated;
use crate::judge::verdict::Verdict;
use crate::render::{counted, first_line, short_principal};
use crate::report::Report;

const COLUMNS: [&str; 8] =
    ["Started", "Execution", "Started by", "Revision", "Verdict", "Persons", "Gate", "Released"];

pub(super) fn section(report: &Report) -> Markup {
    html! {
        section #executions aria-labelledby="all" {
            h2 #all { "Executions" }
            @if report.executions.is_empty() {
                p { "No execution started in this period." }
            } @else {
                noscript { p { "The details of each execution need JavaScript. The same report as \
                    JSON has them too." } }
                (filters(report))
                p.quiet { (counted(report.executions.len(), "execution")) ", the newest first" }
                @for (month, executions) in months(report) {
                    div.month { table.executions.stack {
                        caption { (month) }
                        thead { tr { @for name in COLUMNS { th scope="col" { (name) } } } }
                        tbody { (PreEscaped(rows(&executions))) }
                    } }
                }
            }
        }
    }
}

/// The executions of each month. The browser lays out only the months on the screen, which makes
/// a page of 10,000 executions open at once.
fn months(report: &Report) -> Vec<(String, Vec<(usize, &Evaluated)>)> {
    let mut months: Vec<(String, Vec<(usize, &Evaluated)>)> = Vec::new();
    for numbered in report.executions.iter().enumerate() {
        let started = numbered.1.execution.started;
        let month = started.map(|at| at.strftime("%B %Y").to_string());
        let month = month.unwrap_or_else(|| "At an unknown time".to_owned());
        match months.last_mut().filter(|(last, _)| *last == month) {
            Some((_, executions)) => executions.push(numbered),
            None => months.push((month, vec![numbered])),
        }
    }
    months
}

/// The filters. The script that makes them work also shows them.
fn filters(report: &Report) -> Markup {
    html! {
        form.filters hidden role="search" aria-label="Filter the executions" {
            fieldset {
                legend { "Verdict" }
                @for verdict in Verdict::ALL.into_iter().filter(|verdict| report.count(*verdict) > 0) {
                    label { input type="checkbox" name="verdict" value=(verdict.as_str()) checked; " " (verdict.as_str()) }
                }
            }
            label { input type="checkbox" name="look"; " Only what to look at" }
            label { "Text " input type="search" name="text" placeholder="person, commit, comment, \
                id"; }
            button type="reset" { "Show all" }
            button #open type="button" { "Open all" }
            button #close type="button" { "Close all" }
            span #shown.quiet role="status" {}
        }
    }
}

/// The rows, without the end tags that HTML lets out ("Optional tags" of the HTML Standard): of
/// 10,000 rows they would be half a megabyte.
fn rows(executions: &[(usize, &Evaluated)]) -> String {
    let mut out = String::new();
    for (position, evaluated) in executions {
        let verdict = evaluated.verdict.as_str();
        let look = if evaluated.is_exceptional() { " look" } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(out, "<tr id=e{position} class=\"{verdict}{look}\">");
        let _ = write!(out, "<th scope=row>{}", started(evaluated));
        cell(&mut out, &shown(&evaluated.execution.id));
        cell(&mut out, &shown(short_principal(&evaluated.started_by())));
        cell(&mut out, &revisions(evaluated));
        cell(&mut out, &evaluated.verdict_in_words());
        cell(&mut out, &persons(evaluated));
        cell(&mut out, &gate(evaluated));
        cell(&mut out, if evaluated.released { "yes" } else { "no" });
        out.push('\n');
    }
    out
}

fn cell(out: &mut String, text: &str) {
    out.push_str("<td>");
    // As for `write!`, escaping into a string cannot fail.
    let _ = Escaper::new(out).write_str(text);
}

fn revisions(evaluated: &Evaluated) -> String {
    let revisions = evaluated.execution.revisions.iter().map(|revision| {
        let id: String = shown(revision.id.as_deref().unwrap_or("?")).chars().take(8).collect();
        match &revision.message {
            Some(message) => format!("{id} {}", first_line(message)),
            None => id,
        }
    });
    revisions.collect::<Vec<_>>().join(", ")
}

fn persons(evaluated: &Evaluated) -> String {
    let persons: Vec<String> = evaluated.persons().iter().map(|person| shown(person)).collect();
    if persons.is_empty() { "nobody".to_owned() } else { persons.join(", ") }
}

fn gate(evaluated: &Evaluated) -> String {
    let said = evaluated.gate_report().unwrap_or("did not run");
    let differs = if evaluated.gate_agrees() == Some(false) { " (differs)" } else { "" };
    format!("{said}{differs}")
}

/// The start of an execution, to the minute.
pub(super) fn started(evaluated: &Evaluated) -> String {
    let at = evaluated.execution.started.map(|at| at.strftime("%Y-%m-%d %H:%M").to_string());
    at.unwrap_or_else(|| "at an unknown time".to_owned())
}
