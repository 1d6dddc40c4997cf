//! The report of `desk pending`.

use jiff::Timestamp;
use names::shown;
use serde::Serialize;

use super::json::{Answered, Approval, Release, Reviews, Standing};
use super::why::{WROTE, to_you};
use super::{Lines, at, since};

/// What awaits people in a region.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pending {
    pub(crate) schema_version: u32,
    pub(crate) region: String,
    /// The principal that asked.
    pub(crate) you: String,
    pub(crate) approvals: Vec<Entry>,
    pub(crate) unreadable: Vec<Unreadable>,
    /// How many approvals `--mine` left out because they could not be judged.
    #[serde(skip)]
    pub(crate) unclear: usize,
}

/// An open approval, and whether you would count.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    #[serde(flatten)]
    pub(crate) approval: Approval,
    pub(crate) you: Standing,
}

/// A pipeline that could not be read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Unreadable {
    pub(crate) pipeline: String,
    pub(crate) problem: String,
}

/// The report for people.
pub(crate) fn human(pending: &Pending, now: Timestamp) -> String {
    let mut lines = Lines::default();
    for Entry { approval, you } in &pending.approvals {
        let Approval { pipeline, stage, action, .. } = approval;
        lines.title(&format!("{} / {} / {}", shown(pipeline), shown(stage), shown(action)));
        approval_rows(&mut lines, approval, now);
        lines.row("you", &standing(you));
        lines.gap();
    }
    if pending.approvals.is_empty() {
        lines.title("No approval awaits an answer.");
    }
    if pending.unclear > 0 {
        lines.title(&format!(
            "{} more could not be judged; `desk pending` without --mine shows them.",
            pending.unclear
        ));
    }
    for Unreadable { pipeline, problem } in &pending.unreadable {
        lines.title(&format!("{}: cannot be read: {}", shown(pipeline), shown(problem)));
    }
    lines.finish()
}

/// What is known about an open approval, for everybody.
pub(crate) fn approval_rows(lines: &mut Lines, approval: &Approval, now: Timestamp) {
    let open = |since: Timestamp, text: String| format!("for {text}, since {}", at(since));
    let opened = approval.open_since.map(|from| open(from, since(now.duration_since(from))));
    let until = approval.open_until.map(|until| format!("until {}", at(until)));
    let times: Vec<String> = [opened, until].into_iter().flatten().collect();
    lines.row("open", &times.join(", "));
    lines.row("execution", &shown(&approval.execution_id));
    if let Some(note) = &approval.note {
        lines.row("note", &shown(note));
    }
    if let Some(link) = &approval.link {
        lines.row("look at", &shown(link));
    }
    for release in &approval.releases {
        lines.row("releases", &released(release));
    }
    if let Some(reviews) = &approval.reviews {
        review_rows(lines, reviews);
    }
    for answered in &approval.answered {
        lines.row("answered", &answer(answered));
    }
}

/// The authors of what is released, and whether it was reviewed.
fn review_rows(lines: &mut Lines, reviews: &Reviews) {
    let Reviews { reviewed, authors, pushers, reviewers } = reviews;
    for (label, names) in [("authors", authors), ("pushers", pushers), ("reviewers", reviewers)] {
        if !names.is_empty() {
            lines.row(label, &users(names));
        }
    }
    lines.row("reviewed", &shown(reviewed));
}

/// Users of a forge, as the reviews function names them.
pub(crate) fn users(names: &[String]) -> String {
    names.iter().map(|name| shown(name)).collect::<Vec<String>>().join(", ")
}

/// What is released, in one line.
pub(crate) fn released(release: &Release) -> String {
    let revision = release.revision_id.as_deref();
    let message = title(release).map(|title| format!("\u{201c}{}\u{201d}", shown(title)));
    let author = release.author.as_ref().map(|author| format!("by {}", shown(author)));
    let revision = revision.map(shown);
    let url = release.url.as_deref().map(shown);
    let parts: Vec<String> = [revision, message, author, url].into_iter().flatten().collect();
    if parts.is_empty() {
        "a revision that CodePipeline does not name".to_owned()
    } else {
        parts.join(" ")
    }
}

/// The first line of a commit's message. Returns `None` for the summary of an S3 source, which
/// repeats the version.
pub(crate) fn title(release: &Release) -> Option<&str> {
    let revision = release.revision_id.as_deref();
    let says_more = |it: &&str| !revision.is_some_and(|revision| it.contains(revision));
    release.message.as_deref().filter(says_more)?.lines().next()
}

fn answer(answered: &Answered) -> String {
    let Answered { action, answer, principal, at: when, .. } = answered;
    let by = principal.as_deref().map_or("nobody".to_owned(), shown);
    let when = when.map_or(String::new(), |when| format!(", {}", at(when)));
    format!("{}: {answer} by {by}{when}", shown(action))
}

/// A person of a record, `person:alice` or `handle:alice`, by the name alone.
pub(crate) fn person(key: &str) -> String {
    let names = ["person:", "handle:"].into_iter().filter_map(|kind| key.strip_prefix(kind));
    shown(names.into_iter().next().unwrap_or(key))
}

/// Whether an approval of yours would count, in words.
pub(crate) fn standing(you: &Standing) -> String {
    let message = you.message.as_deref().unwrap_or_default();
    match (you.counts, you.reason) {
        (Some(true), _) => {
            let person = you.person.as_deref().map(|it| format!(" as {}", person(it)));
            let signed = if you.signed { ", with your signature" } else { "" };
            let author = you.author.as_deref().map(|it| format!("; {WROTE} ({})", shown(it)));
            let [person, author] = [person, author].map(Option::unwrap_or_default);
            format!("would count{person}{signed}{author}")
        }
        (Some(false), Some(code)) => {
            format!("would not count: {code}: {}", shown(&to_you(code, message)))
        }
        (Some(false), None) => format!("would not count: {}", shown(message)),
        (None, _) => format!("not judged: {}", shown(message)),
    }
}
