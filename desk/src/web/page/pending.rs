//! What awaits answers: the visitor's first.

use jiff::Timestamp;
use maud::{Markup, html};
use names::shown;
use signing::Desk;

use super::{frame, parts};
use crate::overview::Overview;
use crate::port::Listed;
use crate::report::pending::{Entry, Unreadable};

pub(in crate::web) fn pending(
    person: Option<&str>,
    overview: &Overview,
    pipelines: &[Listed],
    desk: &Desk,
    now: Timestamp,
) -> Markup {
    let (mine, others): (Vec<&Entry>, Vec<&Entry>) =
        overview.approvals.iter().partition(|entry| entry.you.counts == Some(true));
    let title = match (person, overview.approvals.len(), mine.len()) {
        (_, 0, _) => "Nothing is open".to_owned(),
        (None, open, _) => format!("{open} open"),
        (Some(_), _, 0) => "Nothing awaits you".to_owned(),
        (Some(_), _, 1) => "1 approval awaits you".to_owned(),
        (Some(_), _, mine) => format!("{mine} approvals await you"),
    };
    frame(
        &title,
        person,
        &html! {
            @if person.is_some() {
                h1 { "Awaits you" }
                @if mine.is_empty() { p .quiet { "Nothing awaits you." } }
            } @else {
                h1 { "Pending" }
                (no_passkeys(desk))
            }
            @for entry in mine { (card(entry, now)) }
            @if !others.is_empty() {
                h2 .group { @if person.is_some() { "Also open" } @else { "Open" } }
                @for entry in others { (card(entry, now)) }
            }
            @if !pipelines.is_empty() {
                details {
                    summary { "Past releases, and new ones" }
                    ul {
                        @for Listed { name, .. } in pipelines {
                            li { a href={ "/p/" (name) } { (shown(name)) } }
                        }
                    }
                }
            }
            @for Unreadable { pipeline, problem } in &overview.unreadable {
                p .status.bad { (shown(pipeline)) " cannot be read: " (shown(problem)) }
            }
        },
    )
}

/// What to do before anybody can answer.
fn no_passkeys(desk: &Desk) -> Markup {
    let member = serde_json::json!({"rpId": desk.rp_id(), "origin": desk.origin()});
    html! {
        section {
            p {
                "You can look. Answering needs a passkey in the rule, and it has none: "
                a href="/enrol" { "enrol one" } ", put its line into " code { "signingKeys" }
                " of the rule beside this one, and start again with the rule."
            }
            pre tabindex="0" { code { "\"desk\": " (member) } }
        }
    }
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
            @if let Some(reviews) = &approval.reviews { (parts::reviews(reviews)) }
            (parts::facts(approval, now))
        }
    }
}
