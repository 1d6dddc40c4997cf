//! The verdict on a range: its writers, and whether enough others reviewed it. One pure function
//! over [`History`].
//!
//! | file | purpose |
//! |---|---|
//! | `gaps` | the parts that are missing, so that a forge can be asked for them |
//! | `known` | the commits, which can be reached from which, and who showed them first |
//! | `steps` | the moves that brought a branch to a commit |
//! | `released` | how the released branch got its commits: by changes, or past them |
//! | `writers` | everybody who may have written a change |
//! | `reviewers` | whose reviews of a change count |
//!
//! INVARIANT (merge only): what a commit says about people only adds authors. INVARIANT (fail
//! closed): a commit that no authenticated record explains is an objection.

mod gaps;
mod known;
mod released;
mod reviewers;
mod steps;
mod writers;

use crate::consensus::{Author, Consensus};
use crate::history::{Change, History};

pub(crate) use gaps::Gaps;
use known::Known;
use released::{How, Part};
use reviewers::Reviewers;
use writers::Writers;

/// Judges a range. Each change must be reviewed by `required` users who had no part in it.
#[must_use]
pub fn judge(history: &History, required: u32) -> Consensus {
    let mut found = Consensus {
        commits: history.count,
        objections: history.objections.clone(),
        ..Consensus::default()
    };
    if history.commits.len() != history.count {
        let (read, count) = (history.commits.len(), history.count);
        found.objections.push(format!("only {read} of the {count} commits could be read"));
    }
    let known = Known::new(history);
    for Part { commits, how } in released::parts(&known) {
        let mut writers = Writers::default();
        let changes = match &how {
            How::Merged(changes) => changes.as_slice(),
            How::Pushed(by, what) => {
                writers.pushers.extend(by.cloned());
                found.objections.push(what.clone());
                &[]
            }
            How::Unknown(why) => {
                found.objections.push(why.clone());
                &[]
            }
        };
        for change in changes {
            writers.add_change(&known, change);
        }
        for id in commits {
            writers.add_commit(&known, id, changes);
        }
        let merged = merged_as_reviewed(&known, changes);
        if merged.is_empty()
            && let Some(change) = changes.first()
        {
            let (name, id) = (&change.name, short(&change.merged_as));
            found.objections.push(format!("{id} is not the forge's merge of {name}"));
        }
        for change in merged {
            let reviewers = reviewers::of(history, change, &writers);
            found.objections.extend(missing(change, &reviewers, required));
            found.reviewers.extend(reviewers.counted);
        }
        found.objections.extend(writers.unknown());
        found.authors.extend(writers.authors);
        found.pushers.extend(writers.pushers);
    }
    found
}

/// Of the changes that became one commit, those that were merged with it. The commits of the others
/// are among theirs, so that the forge calls those merged too: they need no review for themselves.
fn merged_as_reviewed<'a>(known: &Known<'_>, changes: &[&'a Change]) -> Vec<&'a Change> {
    let is_merged = |change: &&&Change| {
        let Some(commit) = known.commit(&change.merged_as) else { return false };
        // The forge made the commit out of the change's own, or moved the branch to its head.
        if !change.replaced.is_empty() || change.merged_as == change.head {
            return true;
        }
        let is_signed = commit.is_made_by_forge || !known.history.signs_merges;
        is_signed && commit.parents.len() > 1 && commit.parents.last() == Some(&change.head)
    };
    changes.iter().filter(is_merged).copied().collect()
}

/// Says that a change has fewer reviews than required, and why others do not count.
fn missing(change: &Change, reviewers: &Reviewers, required: u32) -> Option<String> {
    let required = required.max(1);
    let count = reviewers.counted.len();
    if u32::try_from(count).is_ok_and(|count| count < required) {
        let others = match reviewers.others.as_slice() {
            [] => String::new(),
            others => format!(" ({})", others.join("; ")),
        };
        let name = &change.name;
        return Some(format!("{name} has {count} of {required} required reviews{others}"));
    }
    None
}

/// Whether two users are the same human: one user by the forge's number or login, or two of one
/// person of the rule.
fn is_same(history: &History, one: &Author, other: &Author) -> bool {
    let is_one_user = match (one, other) {
        (Author::User(one), Author::User(other)) => one.names(other) || other.names(one),
        (one, other) => one == other,
    };
    let person = history.people.get(one);
    is_one_user || (person.is_some() && person == history.people.get(other))
}

/// The start of a commit's id, as people write it.
fn short(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}
