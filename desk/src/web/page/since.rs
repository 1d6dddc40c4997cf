//! What an execution releases that the last satisfied release did not.

use evidence::history::ExecutionStatus;
use jiff::Timestamp;
use maud::{Markup, html};
use names::shown;

use super::parts;
use crate::report::json::Release;
use crate::report::pending::person;

/// What has changed since an earlier release.
#[derive(Debug)]
pub(in crate::web) enum Since {
    /// Nobody asked: the script follows the progress, and keeps what it has.
    NotAsked,
    /// Since this release.
    Release(Change),
    /// None of so many executions is a release that enough people approved.
    NoRelease(usize),
    /// CodePipeline's list does not go back to the execution.
    NotListed,
    /// It cannot be known, because of this.
    Problem(String),
}

/// What has changed since a release.
#[derive(Debug)]
pub(in crate::web) struct Change {
    pub(in crate::web) base: Base,
    /// The executions since then that had new revisions, newest first.
    pub(in crate::web) steps: Vec<Step>,
    /// The pages of the forges that show all commits since then.
    pub(in crate::web) compare: Vec<String>,
}

/// The last release that enough people approved.
#[derive(Debug)]
pub(in crate::web) struct Base {
    pub(in crate::web) id: String,
    pub(in crate::web) started: Option<Timestamp>,
    pub(in crate::web) persons: Vec<String>,
}

/// An execution, and the revisions that came with it.
#[derive(Debug)]
pub(in crate::web) struct Step {
    pub(in crate::web) id: String,
    pub(in crate::web) started: Option<Timestamp>,
    pub(in crate::web) status: ExecutionStatus,
    pub(in crate::web) releases: Vec<Release>,
}

pub(super) fn since((pipeline, id): (&str, &str), since: &Since) -> Markup {
    let content = match since {
        Since::NotAsked => return html! {},
        Since::Release(change) => changed((pipeline, id), change),
        Since::NoRelease(0) => html! {
            p { "CodePipeline lists no earlier execution that can have released anything." }
        },
        Since::NoRelease(count) => html! {
            p {
                "None of the " (count) " executions before it that were looked at is a release "
                "that enough people approved, by the rule as it is now."
            }
        },
        Since::NotListed => html! {
            p {
                "This execution is not among the newest of its pipeline, so the release before it "
                "is not looked up."
            }
        },
        Since::Problem(problem) => html! {
            p { "The last release cannot be read: " (shown(problem)) "." }
        },
    };
    html! { section #since { h2 { "What has changed" } (content) } }
}

fn changed((pipeline, id): (&str, &str), Change { base, steps, compare }: &Change) -> Markup {
    let persons: Vec<String> = base.persons.iter().map(|it| person(it)).collect();
    html! {
        p {
            "Since the " (link(pipeline, &base.id, html! { "last release" }))
            " that enough people approved (" (persons.join(" and ")) ")"
            @if let Some(started) = base.started { ", of " (parts::time(started)) }
            @if steps.is_empty() { ": nothing. The revisions are the same." } @else { ":" }
        }
        @for step in steps {
            p .quiet {
                @match step.started {
                    _ if step.id == id => { "This execution" }
                    Some(started) => (link(pipeline, &step.id, parts::time(started))),
                    None => (link(pipeline, &step.id, html! { (shown(&step.id)) })),
                }
                ", " (parts::words(step.status.as_str())) ":"
            }
            (parts::releases(&step.releases))
        }
        @if !steps.is_empty() {
            p {
                @for address in compare { (parts::link(address, "All commits since then")) " " }
                span .quiet { "The list has only the revisions that an execution began with." }
            }
        }
    }
}

fn link(pipeline: &str, execution: &str, text: Markup) -> Markup {
    html! { a href={ "/e/" (pipeline) "/" (execution) } { (text) } }
}
