//! What awaits answers: the visitor's first.

use jiff::Timestamp;
use maud::{Markup, html};
use names::shown;

use super::{frame, parts};
use crate::overview::Overview;
use crate::report::pending::{Entry, Unreadable};

pub(in crate::web) fn pending(person: &str, overview: &Overview, now: Timestamp) -> Markup {
    let (mine, others): (Vec<&Entry>, Vec<&Entry>) =
        overview.approvals.iter().partition(|entry| entry.you.counts == Some(true));
    frame(
        "Pending",
        Some(person),
        &html! {
            h1 { "Awaits you" }
            @if mine.is_empty() { p .quiet { "Nothing awaits you." } }
            @for entry in mine { (card(entry, now)) }
            @if !others.is_empty() {
                h2 .group { "Also open" }
                @for entry in others { (card(entry, now)) }
            }
            @for Unreadable { pipeline, problem } in &overview.unreadable {
                p .status.bad { (shown(pipeline)) " cannot be read: " (shown(problem)) }
            }
        },
    )
}

fn card(Entry { approval, you }: &Entry, now: Timestamp) -> Markup {
    let address = format!("/e/{}/{}", approval.pipeline, approval.execution_id);
    html! {
        section .approval {
            h2 {
                a href=(address) {
                    (shown(&approval.pipeline)) " / " (shown(&approval.stage)) " / "
                    (shown(&approval.action))
                }
            }
            (parts::standing(you))
            (parts::releases(&approval.releases))
            (parts::facts(approval, now))
        }
    }
}
