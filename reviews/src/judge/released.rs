//! How the released branch got its commits: by changes that were merged, or past them.

use std::collections::BTreeSet;

use super::known::Known;
use super::short;
use super::steps::Steps;
use crate::consensus::Author;
use crate::history::{Change, Move, MoveKind};

/// Some commits of the range, and what brought them to the branch.
pub(super) struct Part<'a> {
    pub(super) commits: Vec<&'a str>,
    pub(super) how: How<'a>,
}

/// What brought commits to the branch.
pub(super) enum How<'a> {
    /// The forge merged changes as one commit. Usually it is one change.
    Merged(Vec<&'a Change>),
    /// This user pushed them.
    Pushed(Option<&'a Author>, String),
    /// Nobody knows, for this reason.
    Unknown(String),
}

/// Divides the commits of the range: each is in exactly one part.
pub(super) fn parts<'a>(known: &Known<'a>) -> Vec<Part<'a>> {
    let history = known.history;
    let branch = &history.branch;
    let steps = Steps::to(known, branch, &history.head);
    let mut pool: BTreeSet<&str> = history.commits.keys().map(String::as_str).collect();
    let mut parts = Vec::new();
    for step in steps.moves.iter().rev() {
        let commits = known.take(&step.after, &mut pool);
        if step.kind == MoveKind::Merge {
            parts.extend(merge(known, step, commits));
            continue;
        }
        let verb = if step.kind == MoveKind::Push { "pushed" } else { "force-pushed" };
        let by = step.by.as_ref();
        let who = by.map_or_else(|| "an unknown user".to_owned(), ToString::to_string);
        let what = format!("{who} {verb} {} to {branch} directly", short(&step.after));
        parts.push(Part { commits, how: How::Pushed(by, what) });
    }
    let is_explained = pool.is_empty() && (steps.is_complete || history.base == history.head);
    if !is_explained {
        let first = short(pool.first().unwrap_or(&history.head.as_str()));
        let why = format!("nobody can tell how {branch} got {first} and what is below it");
        let commits = pool.into_iter().collect();
        parts.push(Part { commits, how: How::Unknown(why) });
    }
    parts
}

/// The changes that the forge merged in one move, each with its commits. A merge queue merges
/// several.
fn merge<'a>(known: &Known<'a>, step: &Move, commits: Vec<&'a str>) -> Vec<Part<'a>> {
    let mut pool: BTreeSet<&str> = commits.into_iter().collect();
    let into = known.history.changes.iter().filter(|change| change.target == step.branch);
    let merged: BTreeSet<&str> = into.map(|change| change.merged_as.as_str()).collect();
    let mut merged: Vec<(usize, &str)> = merged
        .intersection(&pool)
        .map(|id| (known.take(id, &mut pool.clone()).len(), *id))
        .collect();
    // The one that was merged first has the fewest commits below it.
    merged.sort_unstable();
    let mut parts = Vec::new();
    for (_, id) in merged {
        let commits = known.take(id, &mut pool);
        parts.push(Part { commits, how: How::Merged(known.merged_as(&step.branch, id)) });
    }
    if let Some(first) = pool.first() {
        let why = format!("no merged change has {}, which the forge merged", short(first));
        let commits = pool.into_iter().collect();
        parts.push(Part { commits, how: How::Unknown(why) });
    }
    parts
}
