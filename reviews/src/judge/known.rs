//! The commits that are known, which can be reached from which, and who showed them first.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{Change, Commit, History, Move};

/// A history with its commits by their ids.
pub(super) struct Known<'a> {
    pub(super) history: &'a History,
    /// The commits of the range, and those that merges replaced.
    commits: BTreeMap<&'a str, &'a Commit>,
    first: BTreeMap<&'a str, &'a Move>,
}

impl<'a> Known<'a> {
    pub(super) fn new(history: &'a History) -> Self {
        let replaced = history.changes.iter().flat_map(|change| &change.replaced);
        let all = history.commits.iter().chain(replaced);
        let commits = all.map(|(id, commit)| (id.as_str(), commit)).collect();
        let mut known = Self { history, commits, first: BTreeMap::new() };
        let mut pool = known.commits.keys().copied().collect();
        for step in &history.moves {
            for id in known.take(&step.after, &mut pool) {
                known.first.insert(id, step);
            }
        }
        known
    }

    pub(super) fn commit(&self, id: &str) -> Option<&'a Commit> {
        self.commits.get(id).copied()
    }

    /// The first move that showed a commit, of any branch. Later ones wrote nothing: a branch that
    /// is created at a released commit, for example.
    pub(super) fn first_move(&self, id: &str) -> Option<&'a Move> {
        self.first.get(id).copied()
    }

    /// Takes the commits out of a pool that can be reached from one, by way of the pool.
    pub(super) fn take(&self, from: &str, pool: &mut BTreeSet<&'a str>) -> Vec<&'a str> {
        let mut taken = Vec::new();
        let mut open = vec![from];
        while let Some(id) = open.pop() {
            if let Some(id) = pool.take(id) {
                taken.push(id);
                let commit = self.commit(id);
                open.extend(commit.iter().flat_map(|commit| &commit.parents).map(String::as_str));
            }
        }
        taken
    }

    /// The changes that were merged into a branch as a commit.
    pub(super) fn merged_as(&self, branch: &str, id: &str) -> Vec<&'a Change> {
        let is_it = |change: &&Change| change.target == branch && change.merged_as == id;
        self.history.changes.iter().filter(is_it).collect()
    }
}
