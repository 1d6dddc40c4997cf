//! A pipeline: the form to start a release, and the last ones.

use jiff::Timestamp;
use maud::{Markup, html};
use names::shown;

use super::execution::{progress, words};
use super::{StageView, frame, parts};
use crate::report::json::Release;
use crate::report::pending::person;

/// A pipeline.
#[derive(Debug)]
pub(in crate::web) struct History {
    pub(in crate::web) pipeline: String,
    /// The newest first.
    pub(in crate::web) past: Vec<Past>,
    /// `None` if nobody has signed in.
    pub(in crate::web) starting: Option<Starting>,
}

/// An execution.
#[derive(Debug)]
pub(in crate::web) struct Past {
    pub(in crate::web) id: String,
    pub(in crate::web) status: Option<String>,
    pub(in crate::web) started: Option<Timestamp>,
    pub(in crate::web) releases: Vec<Release>,
    pub(in crate::web) stages: Vec<StageView>,
}

/// What somebody has to know before they start a release.
#[derive(Debug)]
pub(in crate::web) struct Starting {
    /// The people with a signing key, without the visitor.
    pub(in crate::web) people: Vec<String>,
    /// Whether the rule does not count the person who started.
    pub(in crate::web) excludes_starter: bool,
    /// The role that CodePipeline will record as the starter, if the rule does not believe the
    /// names of its sessions.
    pub(in crate::web) untrusted: Option<String>,
}

pub(in crate::web) fn history(visitor: Option<&str>, view: &History) -> Markup {
    frame(
        &shown(&view.pipeline),
        visitor,
        &html! {
            h1 { (shown(&view.pipeline)) }
            @if let Some(starting) = &view.starting { (form(&view.pipeline, starting)) }
            h2 .group { "Last releases" }
            p .quiet { "The newest " (view.past.len()) ", judged by the rule as it is now." }
            @for past in &view.past { (card(&view.pipeline, past)) }
        },
    )
}

fn form(pipeline: &str, starting: &Starting) -> Markup {
    html! {
        section {
            h2 { "Start a release" }
            form .start method="post" action="/start" {
                input type="hidden" name="pipeline" value=(pipeline);
                label for="ask" { "Who should approve it?" }
                select #ask name="ask" {
                    option value="" { "Anybody who may" }
                    @for person in &starting.people { option value=(person) { (shown(person)) } }
                }
                @if starting.excludes_starter { p { (excluded(starting.untrusted.as_deref())) } }
                button .main type="submit" { "Start the release" }
                (parts::status())
                noscript { p .status.bad { "Starting a release needs JavaScript." } }
            }
        }
    }
}

/// What the rule makes of the person who starts.
fn excluded(untrusted: Option<&str>) -> Markup {
    html! {
        @match untrusted {
            None => {
                "The rule does not count the person who starts a release: if you start it, you "
                "cannot approve it."
            }
            Some(role) => {
                "If you start it, nobody can approve it. The rule does not count the person who "
                "starts a release, and CodePipeline records a session of " code { (shown(role)) }
                ", which may be anybody because the rule does not trust the role: "
                code { "trustedSessionRoles" } " does not name it."
            }
        }
    }
}

fn card(pipeline: &str, past: &Past) -> Markup {
    html! {
        section .past {
            h2 {
                a href={ "/e/" (pipeline) "/" (past.id) } {
                    @match past.started {
                        Some(started) => { (parts::time(started)) }
                        None => { (shown(&past.id)) }
                    }
                }
                @if let Some(status) = &past.status { " " span .quiet { (words(status)) } }
            }
            (parts::releases(&past.releases))
            @for stage in &past.stages { (progress(stage)) (verdict(stage)) }
            @if past.stages.is_empty() {
                p .quiet { "It did not reach a stage with approvals." }
            }
        }
    }
}

/// What the rule says about a stage that has ended.
fn verdict(stage: &StageView) -> Markup {
    html! {
        @if let (Some(_), Some(outlook)) = (&stage.end, &stage.outlook) {
            @if outlook.verdict == "satisfied" {
                @let persons: Vec<String> = outlook.persons.iter().map(|it| person(it)).collect();
                p { span .badge.good { "Satisfied" } " by " (persons.join(" and ")) }
            } @else {
                p {
                    span .badge.bad { "Unsatisfied" }
                    @for why in &outlook.reasons { " " (shown(&why.message)) "." }
                }
            }
        }
    }
}
