//! Whose reviews of a change count.

use super::is_same;
use super::writers::Writers;
use crate::consensus::Author;
use crate::history::{Answer, Change, History, Review};

/// The reviewers of a change.
#[derive(Default)]
pub(super) struct Reviewers {
    /// Those who count, each once.
    pub(super) counted: Vec<Author>,
    /// Why others who approved do not count: clauses.
    pub(super) others: Vec<String>,
}

/// Finds who reviewed a change. Of each user, the newest answer is the one that holds.
pub(super) fn of(history: &History, change: &Change, writers: &Writers) -> Reviewers {
    let mut newest: Vec<(&Author, &Review)> = Vec::new();
    let mut found = Reviewers::default();
    for review in &change.reviews {
        match &review.by {
            Some(by) => {
                newest.retain(|(user, _)| !is_same(history, user, by));
                newest.push((by, review));
            }
            None if review.answer == Answer::Approved => {
                found.others.push("an account that is gone approved it".to_owned());
            }
            None => {}
        }
    }
    for (user, review) in newest {
        match void(history, change, writers, user, review) {
            None => found.counted.push(user.clone()),
            Some(why) => found.others.push(format!("{user} {why}")),
        }
    }
    found
}

/// Why a review does not count.
fn void(
    history: &History,
    change: &Change,
    writers: &Writers,
    user: &Author,
    review: &Review,
) -> Option<String> {
    let is_of_head = review.head.as_ref() == Some(&change.head);
    if review.answer == Answer::NotApproved {
        Some("does not approve it".to_owned())
    } else if writers.have(history, user) {
        Some("wrote or pushed some of it".to_owned())
    } else if !is_of_head && !history.takes_stale_reviews {
        Some("reviewed an older version".to_owned())
    } else {
        review.is_void_because.clone()
    }
}
