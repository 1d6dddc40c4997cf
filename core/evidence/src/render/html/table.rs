//! The executions, one line each that opens to its details, and the filters.

use maud::{Markup, html};

use super::details::details;
use crate::judge::evaluate::Evaluated;
use crate::judge::verdict::Verdict;
use crate::render::{first_line, short_principal};
use crate::report::Report;
use names::shown;

pub(super) fn section(report: &Report) -> Markup {
    html! {
        section #executions aria-labelledby="all" {
            h2 #all { "Executions" }
            @if report.executions.is_empty() {
                p { "No execution started in this period." }
            } @else {
                (filters(report))
                table.executions.stack role="table" {
                    caption { (report.executions.len()) " executions, the newest first" }
                    thead role="rowgroup" { tr role="row" {
                        @for name in ["Started", "Execution", "Started by", "Revision", "Verdict", "Persons", "Gate", "Released"] {
                            th scope="col" role="columnheader" { (name) }
                        }
                    } }
                    @for (position, evaluated) in report.executions.iter().enumerate() {
                        (execution(position, evaluated))
                    }
                }
            }
        }
    }
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

fn execution(position: usize, evaluated: &Evaluated) -> Markup {
    let verdict = evaluated.verdict.as_str();
    html! {
        tbody.look[evaluated.is_exceptional()] #{ "e" (position) } role="rowgroup" data-verdict=(verdict) {
            tr role="row" {
                th.when scope="row" role="rowheader" data-label="Started" { (started(evaluated)) }
                td role="cell" data-label="Execution" { span.id { (shown(&evaluated.execution.id)) } }
                td.message role="cell" data-label="Started by" { (shown(short_principal(&evaluated.started_by()))) }
                td.message role="cell" data-label="Revision" { (revisions(evaluated)) }
                td role="cell" data-label="Verdict" { span.badge.(verdict) { (verdict) } }
                td.message role="cell" data-label="Persons" { (persons(evaluated)) }
                td role="cell" data-label="Gate" { (gate(evaluated)) }
                td role="cell" data-label="Released" { @if evaluated.released { "yes" } @else { "no" } }
            }
            tr.more role="row" { td role="cell" colspan="8" { (details(evaluated)) } }
        }
    }
}

fn revisions(evaluated: &Evaluated) -> Markup {
    html! {
        @for revision in &evaluated.execution.revisions {
            @let id: String = shown(revision.id.as_deref().unwrap_or("?")).chars().take(8).collect();
            div { code { (id) } @if let Some(message) = &revision.message { " " (first_line(message)) } }
        }
    }
}

fn persons(evaluated: &Evaluated) -> String {
    let persons: Vec<String> = evaluated.persons().iter().map(|person| shown(person)).collect();
    if persons.is_empty() { "nobody".to_owned() } else { persons.join(", ") }
}

fn gate(evaluated: &Evaluated) -> Markup {
    let said = evaluated.gate_report().unwrap_or("did not run");
    html! {
        (said)
        @if evaluated.gate_agrees() == Some(false) { " " span.badge.differs { "differs" } }
    }
}

/// The start of an execution, to the minute.
pub(super) fn started(evaluated: &Evaluated) -> String {
    let at = evaluated.execution.started.map(|at| at.strftime("%Y-%m-%d %H:%M").to_string());
    at.unwrap_or_else(|| "at an unknown time".to_owned())
}
