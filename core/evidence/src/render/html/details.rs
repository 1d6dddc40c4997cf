//! The details of one execution: its facts, exceptions, reasons, approvals, gate runs and releases.
//!
//! They are data that the page's script draws when somebody opens an execution. As markup, a page
//! of 10,000 executions would have 30 MB.

use jiff::Timestamp;
use names::shown;
use rule::Reviewed;
use serde_json::{Value, json};

use crate::judge::approvals::{ApprovalAttempt, Counting};
use crate::judge::evaluate::Evaluated;
use crate::judge::gate_run::GateRun;
use crate::read::history::ActionExecution;
use crate::render::human;
use crate::render::{acceptance, status_name};

/// A part of a cell: a text and how it looks. Texts of `message` have code in backticks.
fn part(class: &str, text: &str) -> Value {
    json!([class, text])
}

/// A cell of plain text.
fn cell(text: impl AsRef<str>) -> Value {
    json!([part("", text.as_ref())])
}

/// The blocks of an execution, from top to bottom. `report.js` draws them:
///
/// - `{"facts": [[name, cell], …]}`
/// - `{"table": caption, "columns": […], "rows": [[cell, …], …]}`, without rows nothing
///
/// The execution's id is not among them: its row has it.
pub(super) fn details(evaluated: &Evaluated) -> Value {
    let blocks = [
        json!({"facts": facts(evaluated)}),
        table("To look at", &["Severity", "What", "In words"], exceptions(evaluated)),
        table("Reasons", &["Code", "In words"], reasons(evaluated)),
        approvals(&evaluated.approvals),
        gate_runs(&evaluated.gate_runs),
        deployments(&evaluated.deployments),
    ];
    json!(blocks)
}

fn table(caption: &str, columns: &[&str], rows: Vec<Value>) -> Value {
    json!({"table": caption, "columns": columns, "rows": rows})
}

fn facts(evaluated: &Evaluated) -> Vec<Value> {
    let execution = &evaluated.execution;
    let started_by = execution.trigger.detail.as_ref().map(|_| evaluated.started_by());
    let version = evaluated.pipeline_version.map(|version| version.to_string());
    let asked = asked(evaluated);
    let facts = [
        ("Approvals", Some(asked.as_str())),
        ("Status", Some(execution.status.as_str())),
        ("Started by", started_by.as_deref()),
        ("Trigger", execution.trigger.kind.as_deref()),
        ("Version of the pipeline", version.as_deref()),
        ("Mode", execution.mode.as_deref()),
        ("Type", execution.kind.as_deref()),
        ("Stopped because", execution.stop_reason.as_deref()),
        ("Problem", evaluated.problem.as_deref()),
    ];
    let facts = facts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let revisions = execution.revisions.iter().map(|revision| {
        let action = shown(revision.action.as_deref().unwrap_or("a source"));
        let mut parts = vec![part("id", &shown(revision.id.as_deref().unwrap_or("?")))];
        parts.extend(revision.message.as_ref().map(|message| part("said", &lines(message))));
        parts.extend(revision.url.as_ref().map(|url| part("quiet", &shown(url))));
        json!([format!("Revision of {action}"), parts])
    });
    let facts = facts.map(|(name, value)| json!([name, cell(shown(value))]));
    facts.chain(revisions).chain(reviews(evaluated)).collect()
}

fn reviews(evaluated: &Evaluated) -> Vec<Value> {
    let Some(Reviewed { authors, pushers, reviewers, reviewed }) = evaluated.reviews() else {
        return Vec::new();
    };
    vec![
        json!(["Written by", cell(human::users(&authors))]),
        json!(["Pushed by", cell(human::users(&pushers))]),
        json!(["Reviewed by", cell(human::users(&reviewers))]),
        json!(["Reviewed", [part("message", &shown(&reviewed))]]),
    ]
}

/// How many approvals were asked for, answered and counted.
fn asked(evaluated: &Evaluated) -> String {
    let approvals = &evaluated.approvals;
    let answered = approvals.iter().filter(|approval| approval.attempt.approver.history.is_some());
    let decision = evaluated.decision.iter();
    let counted = decision.flat_map(|it| &it.record().approvals).filter(|it| it.counted);
    let runs = match evaluated.gate_runs.len() {
        0 => "the gate did not run".to_owned(),
        1 => "the gate ran once".to_owned(),
        runs => format!("the gate ran {runs} times"),
    };
    format!(
        "{} asked for, {} answered, {} counted; {runs}",
        approvals.len(),
        answered.count(),
        counted.count()
    )
}

fn exceptions(evaluated: &Evaluated) -> Vec<Value> {
    let row = |exception: &crate::judge::exception::Exception| {
        let severity = exception.code.severity().as_str();
        let mut words = vec![part("message", &shown(&exception.message))];
        words.extend(acceptance(exception).map(|text| part("quiet", &text)));
        let badge = part(&format!("badge {severity}"), severity);
        json!([[badge], cell(exception.code.as_str()), words])
    };
    evaluated.exceptions.iter().map(row).collect()
}

fn reasons(evaluated: &Evaluated) -> Vec<Value> {
    let decision = evaluated.decision.iter();
    let reasons = decision.flat_map(|decision| &decision.record().reasons);
    let row = |reason: &rule::Reason| {
        json!([cell(reason.code.as_str()), [part("message", &shown(&reason.message))]])
    };
    reasons.map(row).collect()
}

fn approvals(approvals: &[ApprovalAttempt]) -> Value {
    let with_trail = approvals.iter().any(|approval| approval.trail.is_some());
    let mut columns = vec!["Action", "Answer", "By", "At", "Comment", "Counted"];
    columns.extend(with_trail.then_some("CloudTrail"));
    let rows = approvals.iter().map(|approval| {
        let attempt = &approval.attempt;
        let mut cells = vec![
            cell(shown(attempt.action.as_deref().unwrap_or("?"))),
            cell(status_name(attempt.status)),
            json!([part("id", &shown(attempt.approver.history.as_deref().unwrap_or("nobody")))]),
            cell(human::answered(approval)),
            json!([part("said", &lines(&approval.comment().unwrap_or_default()))]),
            counting(approval),
        ];
        cells.extend(with_trail.then(|| trail(approval)));
        json!(cells)
    });
    table("Approvals, every attempt", &columns, rows.collect())
}

fn counting(approval: &ApprovalAttempt) -> Value {
    match &approval.counting {
        Counting::As(person) => json!([
            part("badge yes", "counted"),
            part("", &format!(" as {}{}", shown(person), human::basis(approval)))
        ]),
        Counting::Not(reason) => {
            json!([part("badge warning", "not counted"), part("", &format!(" {reason}"))])
        }
        Counting::Replaced => cell("replaced by a newer attempt"),
        Counting::NotRequired => cell("not required"),
        Counting::NotJudged => cell("not judged"),
    }
}

fn trail(approval: &ApprovalAttempt) -> Value {
    let Some(event) = &approval.trail else {
        return cell("no event");
    };
    let mut parts = vec![
        part("id", &shown(event.by.arn.as_deref().unwrap_or("nobody"))),
        part("said", &human::trail(event)),
    ];
    parts.extend(approval.behind.iter().map(|arn| part("id", &format!("taken by {}", shown(arn)))));
    parts.extend(event.user_agent.as_ref().map(|agent| part("quiet", &shown(agent))));
    json!(parts)
}

fn gate_runs(runs: &[GateRun]) -> Value {
    let columns = ["At", "Status", "Said then", "Evaluated today", "In its words"];
    let row = |run: &GateRun| {
        let today = match &run.evaluated {
            Some(Ok(decided)) => decided.decision.record().verdict.as_str().to_owned(),
            Some(Err(problem)) => shown(problem),
            None => "not finished".to_owned(),
        };
        let mut today = vec![part("message", &today)];
        today.extend((run.agrees() == Some(false)).then(|| part("badge differs", "differs")));
        json!([
            cell(time(run.updated)),
            cell(status_name(run.status)),
            cell(run.report.as_str()),
            today,
            [part("said", &lines(run.message.as_deref().unwrap_or_default()))]
        ])
    };
    table("The gate, every run", &columns, runs.iter().map(row).collect())
}

fn deployments(actions: &[ActionExecution]) -> Value {
    let columns = ["Action", "Stage", "Type", "Status", "At", "Id"];
    let row = |action: &ActionExecution| {
        let attempt = &action.attempt;
        let kind = action.kind.as_ref().map(|it| format!("{}, {}", it.category, it.provider));
        json!([
            cell(shown(attempt.action.as_deref().unwrap_or("?"))),
            cell(shown(attempt.stage.as_deref().unwrap_or("?"))),
            cell(shown(&kind.unwrap_or_default())),
            cell(status_name(attempt.status)),
            cell(time(attempt.updated)),
            [part("id", &shown(action.external_id.as_deref().unwrap_or_default()))]
        ])
    };
    table("What ran after the gate", &columns, actions.iter().map(row).collect())
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
