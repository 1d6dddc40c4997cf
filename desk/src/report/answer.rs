//! The report of `desk approve` and `desk reject`.

use jiff::Timestamp;
use names::shown;
use serde::Serialize;

use super::json::{Approval, Outlook, Signed, Standing};
use super::pending::{approval_rows, person, standing};
use super::{Lines, listed};

/// What became of an answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    pub(crate) schema_version: u32,
    /// `Approved` or `Rejected`.
    pub(crate) answer: &'static str,
    pub(crate) approval: Approval,
    /// The principal that answered.
    pub(crate) principal: String,
    /// Whether the rule counts the answer.
    pub(crate) you: Standing,
    /// Whether PutApprovalResult was called, with success.
    pub(crate) sent: bool,
    /// The comment as it was sent, with the signature.
    pub(crate) comment: Option<String>,
    pub(crate) signature: Option<Signed>,
    /// Whether the history showed the answer before the program ended.
    pub(crate) noticed: bool,
    /// What the rule says after the answer. `null` if the rule or the history is not known.
    pub(crate) outlook: Option<Outlook>,
    /// How the stage ended, if the program waited for that.
    pub(crate) stage: Option<Stage>,
}

/// How a stage ended.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stage {
    pub(crate) passed: bool,
    /// The action that failed.
    pub(crate) action: Option<String>,
    /// What that action said.
    pub(crate) message: Option<String>,
}

/// What is about to be answered, for the person in front of the terminal.
pub(crate) fn preview(answer: &Answer, now: Timestamp) -> String {
    let mut lines = Lines::default();
    let Approval { pipeline, stage, action, .. } = &answer.approval;
    lines.title(&format!("{} / {} / {}", shown(pipeline), shown(stage), shown(action)));
    approval_rows(&mut lines, &answer.approval, now);
    lines.row("you", &shown(&answer.principal));
    if answer.answer == "Approved" {
        lines.row("", &standing(&answer.you));
    }
    lines.finish()
}

/// What became of the answer, for people.
pub(crate) fn human(answer: &Answer) -> String {
    let mut lines = Lines::default();
    let Approval { pipeline, stage, action, .. } = &answer.approval;
    let place = format!("{} / {} / {}", shown(pipeline), shown(stage), shown(action));
    if !answer.sent {
        lines.title(&format!("Refused: {place} stays open."));
        lines.row("why", &standing(&answer.you));
        return lines.finish();
    }
    lines.title(&format!("{}: {place}", answer.answer));
    if let Some(name) = &answer.you.person {
        lines.row("as", &person(name));
    }
    if let Some(Signed { key_id, kind, person }) = &answer.signature {
        let of = person.as_deref().map_or(String::new(), |person| format!(" of {}", shown(person)));
        lines.row("signed", &format!("by the {kind} key {key_id}{of}"));
    }
    if !answer.noticed {
        lines.row("noticed", "not yet: CodePipeline's history does not show the answer");
    }
    if let Some(outlook) = &answer.outlook {
        lines.row("rule", &verdict(outlook));
        for why in &outlook.reasons {
            if outlook.missing.is_empty() {
                lines.row("", &format!("{}: {}", why.code, shown(&why.message)));
            }
        }
    }
    match &answer.stage {
        Some(Stage { passed: true, .. }) => lines.row("stage", "passed"),
        Some(Stage { action: Some(action), message, .. }) => {
            lines.row("stage", &format!("did not pass: {} failed", shown(action)));
            for line in message.iter().flat_map(|message| message.lines()) {
                lines.below(&shown(line));
            }
        }
        Some(_) => lines.row("stage", "did not pass: the execution was stopped"),
        None => {}
    }
    lines.finish()
}

fn verdict(outlook: &Outlook) -> String {
    if outlook.is_enough() {
        let persons: Vec<String> = outlook.persons.iter().map(|it| person(it)).collect();
        return format!("satisfied by {}", persons.join(" and "));
    }
    if outlook.missing.is_empty() {
        return "not satisfied, and every approval has been answered".to_owned();
    }
    format!("still missing: {}", listed(&outlook.missing))
}
