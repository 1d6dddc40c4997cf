//! Parts of several pages.

use jiff::Timestamp;
use maud::{Markup, html};
use names::shown;

use crate::report::json::{Approval, Release, Reviews, Standing};
use crate::report::pending::{person, title, users};
use crate::report::why::{WROTE, why};
use crate::report::{at, since};

/// Where the script says what happens. Screen readers read it out.
pub(super) fn status() -> Markup {
    html! { p .status role="status" aria-live="polite" {} }
}

/// Why buttons are disabled: the script enables them as soon as it can serve them.
pub(super) fn needs_script() -> Markup {
    html! {
        noscript {
            p .status.bad { "Passkeys need JavaScript: the browser offers them to scripts only." }
        }
    }
}

/// How to see what has changed without the script, which does it otherwise. A page that loads again
/// by itself would interrupt readers.
pub(super) fn reload(path: &str) -> Markup {
    html! {
        noscript { p { a .reload href=(path) { "Reload" } " to see what has changed since." } }
    }
}

/// Where the visitor stands, as a mark and in words.
pub(super) fn standing(you: &Standing) -> Markup {
    let message = you.message.as_deref().unwrap_or_default();
    html! {
        p .standing {
            @match (you.counts, you.reason) {
                (Some(true), _) => {
                    span .badge.good { "You would count" }
                    @if let Some(name) = &you.person { " as " (person(name)) }
                    @if let Some(author) = &you.author {
                        ". " (capital(WROTE)) " (" (shown(author)) ")."
                    }
                }
                (Some(false), reason) => {
                    span .badge.bad { "You would not count" }
                    @match reason.and_then(why) {
                        Some(why) => {
                            " " (capital(why)) ". "
                            span .quiet { "The gate would say: " (shown(message)) "." }
                        }
                        None => { " " (shown(&capital(message))) "." }
                    }
                    @if let Some(code) = reason { " " code { (code) } }
                }
                (None, _) => { span .badge.odd { "Not judged" } " " (shown(&capital(message))) "." }
            }
        }
    }
}

/// The status of an execution, in words.
pub(super) fn words(status: &str) -> String {
    match status {
        "InProgress" => "in progress".to_owned(),
        other => shown(other).to_lowercase(),
    }
}

/// A time, with what a machine reads.
pub(super) fn time(when: Timestamp) -> Markup {
    html! { time datetime=(when.to_string()) { (at(when)) } }
}

/// An address from outside: a link only if it leads to a web page.
pub(super) fn link(url: &str, text: &str) -> Markup {
    let is_web = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    html! {
        @if is_web {
            a href=(url) rel="noopener noreferrer" { (shown(text)) }
        } @else {
            (shown(text))
        }
    }
}

/// What is released.
pub(super) fn releases(releases: &[Release]) -> Markup {
    html! {
        ul .releases {
            @for release in releases {
                li {
                    @if let Some(title) = title(release) { strong { (shown(title)) } " " }
                    @if let Some(author) = &release.author { "by " (shown(author)) " " }
                    @if let Some(revision) = &release.revision_id {
                        code { (shown(revision)) } " "
                    }
                    @if let Some(url) = &release.url { (link(url, "look at it")) }
                }
            }
            @if releases.is_empty() {
                li .quiet { "CodePipeline does not name a revision." }
            }
        }
    }
}

/// The authors of what is released, and whether it was reviewed.
pub(super) fn reviews(reviews: &Reviews) -> Markup {
    let Reviews { reviewed, authors, pushers, reviewers } = reviews;
    let named = [("Authors", authors), ("Pushers", pushers), ("Reviewers", reviewers)];
    html! {
        dl .facts .reviews {
            @for (name, of) in named.into_iter().filter(|(_, of)| !of.is_empty()) {
                dt { (name) } dd { (users(of)) }
            }
            dt { "Reviewed" }
            dd {
                @match reviewed.split_once(": ") {
                    Some(("no", why)) => { span .badge.bad { "no" } " " (shown(why)) }
                    Some(("unknown", why)) => { span .badge.odd { "not known" } " " (shown(why)) }
                    None if reviewed == "yes" => { span .badge.good { "yes" } }
                    Some(_) | None => { span .badge.odd { "not known" } " " (shown(reviewed)) }
                }
            }
        }
    }
}

/// What is known about an open approval, for everybody.
pub(super) fn facts(approval: &Approval, now: Timestamp) -> Markup {
    html! {
        dl .facts {
            @if let Some(opened) = approval.open_since {
                dt { "Waits" } dd {
                    "for " (since(now.duration_since(opened))) ", since " (time(opened))
                }
            }
            @if let Some(until) = approval.open_until { dt { "Until" } dd { (time(until)) } }
            @if let Some(note) = &approval.note { dt { "Note" } dd { (shown(note)) } }
            @if let Some(url) = &approval.link { dt { "Look at" } dd { (link(url, url)) } }
            @for answered in &approval.answered {
                dt { "Answered" } dd {
                    (shown(&answered.action)) ": " (answered.answer.to_lowercase()) " by "
                    @match &answered.principal {
                        Some(principal) => { (shown(short(principal))) }
                        None => { "nobody" }
                    }
                    @if let Some(when) = answered.at { ", " (time(when)) }
                }
            }
        }
    }
}

/// A principal without the account: `user/alice`.
pub(super) fn short(principal: &str) -> &str {
    principal.rsplit(':').next().unwrap_or(principal)
}

/// A text with a capital at its start.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>());
    first.unwrap_or_default() + letters.as_str()
}
