//! Random histories of a branch, whose writers are known, and what the judgement says about them.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};

use names::{Forge, ForgeUser};
use proptest::prelude::*;
use proptest::sample::Index;
use reviews::{Answer, Author, Change, Commit, Consensus, History, Move, MoveKind, Review, judge};

const USERS: u64 = 5;

fn user(number: u64) -> Author {
    let login = format!("user-{number}");
    Author::User(ForgeUser::new(Forge::GitHub, &login, Some(number)).unwrap())
}

/// What happens to the released branch.
#[derive(Clone, Debug)]
enum Event {
    Direct { by: u64, author: u64 },
    Merged(Merged),
}

/// A change that somebody opened, and somebody merged.
#[derive(Clone, Debug)]
struct Merged {
    opened_by: u64,
    /// A pusher, the author of the commit, and whether it replaces the commits before.
    pushes: Vec<(u64, u64, bool)>,
    /// A reviewer, whether the review approves, and whether it is of the head.
    reviews: Vec<(u64, bool, bool)>,
    merged_by: u64,
    /// 0: merge, 1: squash, 2: rebase.
    method: u8,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let pushes = prop::collection::vec((0..USERS, 0..USERS, any::<bool>()), 1..4);
    let reviews = prop::collection::vec(
        (0..USERS, prop::bool::weighted(0.8), prop::bool::weighted(0.8)),
        0..4,
    );
    let merged = (0..USERS, pushes, reviews, 0..USERS, 0..3_u8).prop_map(
        |(opened_by, pushes, reviews, merged_by, method)| {
            Event::Merged(Merged { opened_by, pushes, reviews, merged_by, method })
        },
    );
    let direct = (0..USERS, 0..USERS).prop_map(|(by, author)| Event::Direct { by, author });
    prop::collection::vec(prop_oneof![9 => merged, 1 => direct], 1..4)
}

/// A history, and the truth about it.
#[derive(Default)]
struct Told {
    history: History,
    /// Everybody who wrote or pushed a commit.
    writers: BTreeSet<Author>,
    /// Whether each change has a review that counts, and nothing was pushed past them.
    is_reviewed: bool,
    made: usize,
}

impl Told {
    fn of(events: &[Event]) -> Self {
        let mut told = Self { is_reviewed: true, ..Self::default() };
        told.history.branch = "main".to_owned();
        told.history.base = "base".to_owned();
        told.history.head = "base".to_owned();
        for event in events {
            match event {
                Event::Direct { by, author } => {
                    let id = told.commit(vec![told.history.head.clone()], *author, *author);
                    told.step("main", Some(told.history.head.clone()), &id, MoveKind::Push, *by);
                    told.history.head = id;
                    told.writers.extend([*by, *author].map(user));
                    told.is_reviewed = false;
                }
                Event::Merged(merged) => told.merge(merged),
            }
        }
        told.history.count = told.history.commits.len();
        told
    }

    fn commit(&mut self, parents: Vec<String>, author: u64, committer: u64) -> String {
        self.made += 1;
        let id = format!("{:07}", self.made);
        let (author, committer) = (Some(user(author)), Some(user(committer)));
        let commit = Commit { parents, author, committer, ..Commit::default() };
        self.history.commits.insert(id.clone(), commit);
        id
    }

    fn step(&mut self, branch: &str, before: Option<String>, after: &str, kind: MoveKind, by: u64) {
        let (branch, after) = (branch.to_owned(), after.to_owned());
        self.history.moves.push(Move { branch, before, after, kind, by: Some(user(by)) });
    }

    fn merge(&mut self, merged: &Merged) {
        let number = self.history.changes.len() + 1;
        let branch = format!("fix-{number}");
        let base = self.history.head.clone();
        let mut writers = BTreeSet::from([user(merged.opened_by)]);
        let mut mine: Vec<(String, u64)> = Vec::new();
        for (by, author, is_forced) in &merged.pushes {
            let before = mine.last().map(|(id, _)| id.clone());
            let is_forced = *is_forced && before.is_some();
            if is_forced {
                // Nobody can see the commits that are replaced. Their pushers are known.
                mine.drain(..).for_each(|(id, _)| drop(self.history.commits.remove(&id)));
            }
            let parent = mine.last().map_or(&base, |(id, _)| id).clone();
            let id = self.commit(vec![parent], *author, *author);
            let kind = if is_forced { MoveKind::ForcePush } else { MoveKind::Push };
            self.step(&branch, before, &id, kind, *by);
            mine.push((id, *author));
            writers.insert(user(*by));
        }
        writers.extend(mine.iter().map(|(_, author)| user(*author)));
        let (tip, _) = mine.last().cloned().unwrap();
        let (merged_by, author) = (merged.merged_by, merged.opened_by);
        let mut replaced = BTreeMap::new();
        let merged_as = match merged.method {
            0 => self.commit(vec![base.clone(), tip.clone()], merged_by, merged_by),
            method => {
                for (id, _) in &mine {
                    let commit = self.history.commits.remove(id).unwrap();
                    replaced.insert(id.clone(), commit);
                }
                let count = if method == 1 { 1 } else { mine.len() };
                let parent = base.clone();
                (0..count).fold(parent, |below, _| self.commit(vec![below], author, merged_by))
            }
        };
        self.step("main", Some(base), &merged_as, MoveKind::Merge, merged_by);
        let review = |(by, approves, is_of_head): &(u64, bool, bool)| Review {
            by: Some(user(*by)),
            answer: if *approves { Answer::Approved } else { Answer::NotApproved },
            head: Some(if *is_of_head { tip.clone() } else { "older".to_owned() }),
            is_void_because: None,
        };
        let reviews: Vec<Review> = merged.reviews.iter().map(review).collect();
        let newest: BTreeMap<&Option<Author>, &Review> =
            reviews.iter().map(|review| (&review.by, review)).collect();
        let counts = |review: &&Review| {
            let is_other = review.by.as_ref().is_some_and(|by| !writers.contains(by));
            is_other && review.answer == Answer::Approved && review.head.as_ref() == Some(&tip)
        };
        self.is_reviewed &= newest.values().any(counts);
        self.history.head = merged_as.clone();
        self.history.changes.push(Change {
            name: format!("#{number}"),
            target: "main".to_owned(),
            source: Some(branch),
            opened_by: Some(user(merged.opened_by)),
            head: tip.clone(),
            merged_as,
            replaced,
            reviews,
        });
        self.writers.extend(writers);
    }
}

fn involved(found: &Consensus) -> BTreeSet<&Author> {
    found.authors.iter().chain(&found.pushers).collect()
}

/// Removes one piece of evidence. The answers of reviewers who do not approve are not among them:
/// a list of reviews is read as a whole, or not at all.
fn remove(history: &mut History, kind: u8, at: Index) {
    let commits: Vec<String> = history.commits.keys().cloned().collect();
    let commit = at.get(&commits).clone();
    let step = at.index(history.moves.len());
    match kind {
        0 => drop(history.commits.remove(&commit)),
        1 => drop(history.moves.remove(step)),
        2 => history.moves[step].by = None,
        3 => history.commits.get_mut(&commit).unwrap().author = None,
        _ if history.changes.is_empty() => {}
        _ => {
            let ix = at.index(history.changes.len());
            let change = &mut history.changes[ix];
            match kind {
                4 => drop(history.changes.remove(ix)),
                5 => change.opened_by = None,
                6 => change.source = None,
                7 => change.replaced.clear(),
                8 => change.reviews.retain(|review| review.answer == Answer::NotApproved),
                _ => change.reviews.iter_mut().for_each(|review| review.head = None),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_writer_is_found_and_only_reviewed_changes_pass(events in events()) {
        let told = Told::of(&events);
        let found = judge(&told.history, 1);
        let involved = involved(&found);
        prop_assert!(told.writers.iter().all(|writer| involved.contains(writer)), "{found:?}");
        prop_assert_eq!(found.objections.is_empty(), told.is_reviewed, "{:?}", found);
    }

    /// Anybody can write a name into a commit. It may stop somebody from counting.
    #[test]
    fn a_false_author_removes_nobody_and_makes_nothing_reviewed(
        events in events(),
        claims in prop::collection::vec((any::<Index>(), 0..USERS + 2), 1..4),
    ) {
        let told = Told::of(&events);
        let before = judge(&told.history, 1);
        let mut history = told.history;
        let ids: Vec<String> = history.commits.keys().cloned().collect();
        for (at, claimed) in claims {
            history.commits.get_mut(at.get(&ids)).unwrap().co_authors.push(user(claimed));
        }
        let after = judge(&history, 1);
        prop_assert!(involved(&before).is_subset(&involved(&after)));
        prop_assert!(before.objections.is_empty() || !after.objections.is_empty());
        prop_assert!(after.reviewers.is_subset(&before.reviewers));
    }

    #[test]
    fn without_a_piece_of_evidence_nothing_becomes_reviewed(
        events in events(),
        kind in 0..10_u8,
        at in any::<Index>(),
    ) {
        let told = Told::of(&events);
        let before = judge(&told.history, 1);
        let mut history = told.history;
        remove(&mut history, kind, at);
        let after = judge(&history, 1);
        prop_assert!(before.objections.is_empty() || !after.objections.is_empty(), "{after:?}");
    }

    #[test]
    fn more_reviews_are_never_easier(events in events(), required in 1..4_u32) {
        let told = Told::of(&events);
        let (few, many) = (judge(&told.history, required), judge(&told.history, required + 1));
        prop_assert!(few.objections.is_empty() || !many.objections.is_empty());
    }
}

/// If a forge signs its merges, somebody else made one without its signature.
#[test]
fn a_merge_commit_without_the_signature_of_a_forge_that_signs_is_an_objection() {
    let pushes = vec![(0, 0, false)];
    let reviews = vec![(1, true, true)];
    let merged = Merged { opened_by: 0, pushes, reviews, merged_by: 2, method: 0 };
    let mut history = Told::of(&[Event::Merged(merged)]).history;
    assert!(judge(&history, 1).objections.is_empty());
    history.signs_merges = true;
    let head = history.head.clone();
    assert_eq!(judge(&history, 1).objections, [format!("{head} is not the forge's merge of #1")]);
    history.commits.get_mut(&head).unwrap().is_made_by_forge = true;
    assert!(judge(&history, 1).objections.is_empty());
}
