//! One execution: what it releases, its open approvals, and how far it is.

use jiff::Timestamp;
use maud::{Markup, html};
use names::shown;
use rule::{JudgedApproval, Status};
use signing::Signature;

use super::super::answer::WORDS;
use super::since::{Since, since};
use super::{frame, parts};
use crate::aftermath::StageEnd;
use crate::report::json::{Answered, Outlook, Release, Reviews};
use crate::report::listed;
use crate::report::pending::{Entry, person};

/// How often the page looks again, in seconds, as long as approvals may open or be answered.
const SOON: u8 = 3;
/// How often while later stages run.
const LATER: u8 = 15;

/// One execution.
#[derive(Debug)]
pub(in crate::web) struct Execution {
    pub(in crate::web) pipeline: String,
    pub(in crate::web) id: String,
    pub(in crate::web) status: Option<String>,
    pub(in crate::web) releases: Vec<Release>,
    /// Its authors and reviews, if a rule asks for them.
    pub(in crate::web) reviews: Option<Reviews>,
    pub(in crate::web) since: Since,
    pub(in crate::web) open: Vec<Entry>,
    pub(in crate::web) stages: Vec<StageView>,
}

/// How far a stage with approvals is.
#[derive(Debug, Default)]
pub(in crate::web) struct StageView {
    pub(in crate::web) name: String,
    /// The approvals as the rule sees them. Empty if nothing could be judged.
    pub(in crate::web) judged: Vec<JudgedApproval>,
    /// The answers as CodePipeline shows them.
    pub(in crate::web) answered: Vec<Answered>,
    pub(in crate::web) outlook: Option<Outlook>,
    pub(in crate::web) reviews: Option<Reviews>,
    /// `None` if the stage has not ended.
    pub(in crate::web) end: Option<StageEnd>,
    /// Why something is not known.
    pub(in crate::web) problem: Option<String>,
}

pub(in crate::web) fn execution(visitor: Option<&str>, view: &Execution, now: Timestamp) -> Markup {
    let is_running = matches!(view.status.as_deref(), Some("InProgress" | "Stopping") | None);
    let has_ended = !is_running && view.open.is_empty();
    let awaits = !view.open.is_empty() || view.stages.iter().any(|stage| stage.end.is_none());
    let pause = if awaits || view.stages.is_empty() { SOON } else { LATER };
    frame(
        &title(view),
        visitor,
        &html! {
            h1 { a href={ "/p/" (view.pipeline) } { (shown(&view.pipeline)) } }
            p .quiet { "Execution " code { (view.id) } }
            @if !has_ended { (parts::reload(&format!("/e/{}/{}", view.pipeline, view.id))) }
            section #released {
                h2 { "What is released" }
                (parts::releases(&view.releases))
                @if let Some(reviews) = &view.reviews { (parts::reviews(reviews)) }
            }
            (since((&view.pipeline, &view.id), &view.since))
            div #open {
                p #news .status.odd role="status" {}
                @for entry in &view.open { (card(view, entry, visitor.is_some(), now)) }
            }
            section #progress data-ended=(has_ended) data-pause=(pause) aria-live="polite" {
                h2 { "Progress" }
                @if let Some(status) = &view.status {
                    p { "The execution is " strong { (parts::words(status)) } "." }
                }
                @for stage in &view.stages { (progress(stage)) }
                @if view.stages.is_empty() { p { "It has not reached a stage with approvals." } }
            }
        },
    )
}

/// The title: what awaits the visitor or others, so that the name of the tab tells it.
fn title(view: &Execution) -> String {
    let names = |counts: bool| {
        let entries = view.open.iter().filter(move |it| !counts || it.you.counts == Some(true));
        entries.map(|it| shown(&it.approval.action)).collect::<Vec<String>>()
    };
    let pipeline = shown(&view.pipeline);
    match (names(true).as_slice(), names(false).as_slice()) {
        ([], []) => match &view.status {
            Some(status) => format!("{pipeline}: {}", parts::words(status)),
            None => pipeline,
        },
        ([], [one]) => format!("{one} is open: {pipeline}"),
        ([], open) => format!("{} are open: {pipeline}", listed(open)),
        ([one], _) => format!("{one} awaits you: {pipeline}"),
        (mine, _) => format!("{} await you: {pipeline}", listed(mine)),
    }
}

/// An open approval, and the form to answer it.
fn card(
    view: &Execution,
    Entry { approval, you }: &Entry,
    may_answer: bool,
    now: Timestamp,
) -> Markup {
    let id = &approval.action_execution_id;
    let fields = [
        ("pipeline", &view.pipeline),
        ("execution", &view.id),
        ("stage", &approval.stage),
        ("action", &approval.action),
        ("attempt", id),
    ];
    html! {
        section .approval data-attempt=(id) {
            h2 { (shown(&approval.stage)) " / " (shown(&approval.action)) }
            (parts::standing(you))
            (parts::facts(approval, now))
            @if may_answer {
                form .answer method="post" action="/answer/ask" {
                    @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                    label for={ "comment-" (id) } {
                        "Comment " span .quiet { "(needed if you reject; it stays in the history)" }
                    }
                    textarea #{ "comment-" (id) } name="comment" rows="2" maxlength=(WORDS) {}
                    div .buttons {
                        @if you.counts != Some(false) {
                            button .main type="submit" name="answer" value="Approved" disabled {
                                "Approve"
                            }
                        }
                        button .reject type="submit" name="answer" value="Rejected" disabled {
                            "Reject"
                        }
                    }
                    (parts::status())
                    (parts::needs_script())
                }
            }
        }
    }
}

pub(super) fn progress(stage: &StageView) -> Markup {
    html! {
        h3 { (shown(&stage.name)) }
        @if stage.judged.is_empty() {
            ul .answers {
                @for it in &stage.answered {
                    li { (shown(&it.action)) ": " (it.answer.to_lowercase()) }
                }
            }
        } @else {
            ul .answers { @for approval in &stage.judged { li { (judged(approval)) } } }
        }
        @if let Some(problem) = &stage.problem { p .quiet { (shown(problem)) } }
        @match (&stage.end, &stage.outlook) {
            (Some(StageEnd::Passed), _) => {
                p { span .badge.good { "Passed" } " The stage has passed." }
            }
            (Some(StageEnd::Stopped { by: Some((action, message)) }), _) => {
                p { span .badge.bad { "Stopped" } " " (shown(action)) " failed." }
                @if let Some(message) = message {
                    @let message = Signature::without(message);
                    p .said { @for line in message.lines() { (shown(line)) "\n" } }
                }
            }
            (Some(StageEnd::Stopped { by: None }), _) => {
                p { span .badge.bad { "Stopped" } " The execution has ended." }
            }
            (None, Some(outlook)) => (missing(outlook)),
            (None, None) => {}
        }
    }
}

/// What the rule still asks for.
fn missing(outlook: &Outlook) -> Markup {
    let persons: Vec<String> = outlook.persons.iter().map(|it| person(it)).collect();
    html! {
        p {
            @if outlook.is_enough() {
                span .badge.good { "Enough" } " The rule is satisfied by " (persons.join(" and "))
                ". The gate decides."
            } @else if outlook.missing.is_empty() {
                span .badge.bad { "Not enough" }
                " Every approval is answered, and the rule is not satisfied:"
                @for why in &outlook.reasons { " " (shown(&why.message)) "." }
            } @else {
                span .badge.odd { "Open" } " Still missing: "
                (shown(&listed(&outlook.missing))) "."
            }
        }
    }
}

/// One approval, as the rule sees it.
fn judged(approval: &JudgedApproval) -> Markup {
    let by = approval.person.as_deref().map(person);
    let by = by.or_else(|| approval.principal.as_deref().map(parts::short).map(shown));
    html! {
        strong { (shown(&approval.action)) } " "
        @match approval.status {
            Some(Status::InProgress) => { "waits" }
            Some(Status::Succeeded) => { "approved" }
            Some(Status::Failed) => { "rejected, timed out or failed" }
            Some(Status::Abandoned) => { "abandoned" }
            Some(Status::Unknown) | None => { "has not begun" }
        }
        @if let Some(by) = by { " by " (by) }
        @if let (true, Some(basis)) = (approval.counted, approval.basis) {
            " " span .quiet { "(" (basis.as_str()) ")" }
        }
        @if let Some(when) = approval.at { ", " (parts::time(when)) }
        @if let Some(signature) = &approval.signature {
            " " span .badge.good title=(signature.describe()) { "signed" }
        }
        @if let (Some(Status::Succeeded), Some(reason)) = (approval.status, approval.reason) {
            " " span .badge.bad { "does not count" } " " code { (reason.as_str()) }
        }
        @if let Some(comment) = approval.comment.as_deref().map(Signature::without) {
            @if !comment.is_empty() && approval.status != Some(Status::InProgress) {
                blockquote { @for line in comment.lines() { (shown(line)) "\n" } }
            }
        }
    }
}
