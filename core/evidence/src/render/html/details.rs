//! The details of one execution: its exceptions, approvals, gate runs, releases and reasons.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::judge::approvals::{ApprovalAttempt, Counting};
use crate::judge::evaluate::Evaluated;
use crate::judge::gate_run::GateRun;
use crate::read::history::ActionExecution;
use crate::render::human::{self, counted};
use crate::render::{acceptance, status_name};
use names::shown;

pub(super) fn details(evaluated: &Evaluated) -> Markup {
    html! {
        details {
            summary {
                (counted(evaluated.approvals.len(), "approval")) ", "
                (counted(evaluated.gate_runs.len(), "run")) " of the gate, "
                (counted(evaluated.deployments.len(), "action")) " after it"
            }
            div.inside {
                (facts(evaluated))
                (exceptions(evaluated))
                (reasons(evaluated))
                (approvals(&evaluated.approvals))
                (gate_runs(&evaluated.gate_runs))
                (deployments(&evaluated.deployments))
            }
        }
    }
}

fn facts(evaluated: &Evaluated) -> Markup {
    let execution = &evaluated.execution;
    let fact = |name: &str, value: Option<&str>| {
        html! { @if let Some(value) = value { dt { (name) } dd { (shown(value)) } } }
    };
    let started_by = execution.trigger.detail.as_ref().map(|_| evaluated.started_by());
    let version = evaluated.pipeline_version.map(|version| version.to_string());
    html! {
        dl.facts {
            (fact("Execution", Some(&execution.id)))
            (fact("Status", Some(execution.status.as_str())))
            (fact("Started by", started_by.as_deref()))
            (fact("Trigger", execution.trigger.kind.as_deref()))
            (fact("Version of the pipeline", version.as_deref()))
            (fact("Mode", execution.mode.as_deref()))
            (fact("Type", execution.kind.as_deref()))
            (fact("Stopped because", execution.stop_reason.as_deref()))
            (fact("Problem", evaluated.problem.as_deref()))
            @for revision in &execution.revisions {
                dt { "Revision of " (shown(revision.action.as_deref().unwrap_or("a source"))) }
                dd {
                    code { (shown(revision.id.as_deref().unwrap_or("?"))) }
                    @if let Some(message) = &revision.message { div.said { (lines(message)) } }
                    @if let Some(url) = &revision.url { div.quiet { (shown(url)) } }
                }
            }
        }
    }
}

fn exceptions(evaluated: &Evaluated) -> Markup {
    html! {
        @if !evaluated.exceptions.is_empty() {
            ul.plain aria-label="To look at" {
                @for exception in &evaluated.exceptions {
                    @let severity = exception.code.severity().as_str();
                    li.message {
                        span.badge.(severity) { (severity) } " " strong { (exception.code.as_str()) } " " (shown(&exception.message))
                        @if let Some(text) = acceptance(exception) { div.quiet { (text) } }
                    }
                }
            }
        }
    }
}

fn reasons(evaluated: &Evaluated) -> Markup {
    let decision = evaluated.decision.iter();
    let rows = html! {
        @for reason in decision.flat_map(|decision| &decision.record().reasons) {
            tr { th scope="row" { (reason.code) } td.message { (shown(&reason.message)) } }
        }
    };
    table("Reasons", &["Code", "In words"], &rows)
}

fn approvals(approvals: &[ApprovalAttempt]) -> Markup {
    let with_trail = approvals.iter().any(|approval| approval.trail.is_some());
    let mut columns = vec!["Action", "Answer", "By", "At", "Comment", "Counted"];
    columns.extend(with_trail.then_some("CloudTrail"));
    let rows = html! {
        @for approval in approvals {
            @let attempt = &approval.attempt;
            tr {
                th scope="row" { (shown(attempt.action.as_deref().unwrap_or("?"))) }
                td { (status_name(attempt.status)) }
                td.id { (shown(attempt.approver.history.as_deref().unwrap_or("nobody"))) }
                td.when { (human::answered(approval)) }
                td.said { (lines(&approval.comment().unwrap_or_default())) }
                td { (counting(approval)) }
                @if with_trail { td { (trail(approval)) } }
            }
        }
    };
    table("Approvals, every attempt", &columns, &rows)
}

fn counting(approval: &ApprovalAttempt) -> Markup {
    html! {
        @match &approval.counting {
            Counting::As(person) => { span.badge.yes { "counted" } " as " (shown(person)) (human::basis(approval)) },
            Counting::Not(reason) => { span.badge.warning { "not counted" } " " (reason) },
            Counting::Replaced => "replaced by a newer attempt",
            Counting::NotRequired => "not required",
            Counting::NotJudged => "not judged",
        }
    }
}

fn trail(approval: &ApprovalAttempt) -> Markup {
    let Some(event) = &approval.trail else {
        return html! { "no event" };
    };
    html! {
        div.id { (shown(event.by.arn.as_deref().unwrap_or("nobody"))) }
        div { (human::trail(event)) }
        @for arn in &approval.behind { div.id { "taken by " (shown(arn)) } }
        @if let Some(agent) = &event.user_agent { div.quiet.message { (shown(agent)) } }
    }
}

fn gate_runs(runs: &[GateRun]) -> Markup {
    let columns = ["At", "Status", "Said then", "Evaluated today", "In its words"];
    let rows = html! {
        @for run in runs {
            tr {
                th.when scope="row" { (time(run.updated)) }
                td { (status_name(run.status)) }
                td { (run.report.as_str()) }
                td {
                    @match &run.evaluated {
                        Some(Ok(decision)) => (decision.record().verdict.as_str()),
                        Some(Err(problem)) => (shown(problem)),
                        None => "not finished",
                    }
                    @if run.agrees() == Some(false) { " " span.badge.differs { "differs" } }
                }
                td.said { (lines(run.message.as_deref().unwrap_or_default())) }
            }
        }
    };
    table("The gate, every run", &columns, &rows)
}

fn deployments(actions: &[ActionExecution]) -> Markup {
    let columns = ["Stage", "Action", "Type", "Status", "At", "Id"];
    let rows = html! {
        @for action in actions {
            @let attempt = &action.attempt;
            tr {
                td { (shown(attempt.stage.as_deref().unwrap_or("?"))) }
                th scope="row" { (shown(attempt.action.as_deref().unwrap_or("?"))) }
                td { @if let Some(kind) = &action.kind { (shown(&kind.category)) ", " (shown(&kind.provider)) } }
                td { (status_name(attempt.status)) }
                td.when { (time(attempt.updated)) }
                td.id { (shown(action.external_id.as_deref().unwrap_or_default())) }
            }
        }
    };
    table("What ran after the gate", &columns, &rows)
}

/// A table, or nothing if it has no rows.
fn table(caption: &str, columns: &[&str], rows: &Markup) -> Markup {
    html! {
        @if !rows.0.is_empty() {
            // It scrolls sideways, and the keyboard has to get there.
            div.wide tabindex="0" role="group" aria-label=(caption) { table {
                caption { (caption) }
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody { (rows) }
            } }
        }
    }
}

fn time(at: Option<Timestamp>) -> String {
    at.map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// Text of several lines, each safe to print.
fn lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(shown).collect();
    lines.join("\n")
}
