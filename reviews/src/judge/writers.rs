//! Everybody who may have written a change.

use std::collections::BTreeSet;
use std::ptr;

use super::known::Known;
use super::steps::Steps;
use super::{is_same, short};
use crate::consensus::Author;
use crate::history::{Change, History, MoveKind};

/// Everybody who had a part in some commits.
#[derive(Default)]
pub(super) struct Writers {
    pub(super) authors: BTreeSet<Author>,
    pub(super) pushers: BTreeSet<Author>,
    /// What nobody knows about them.
    unknown: BTreeSet<String>,
    /// The commits that name somebody that the forge does not know.
    strangers: BTreeSet<String>,
}

impl Writers {
    /// Whether a user is one of them.
    pub(super) fn have(&self, history: &History, user: &Author) -> bool {
        self.authors.iter().chain(&self.pushers).any(|writer| is_same(history, writer, user))
    }

    /// What nobody knows about them: sentences without a full stop.
    pub(super) fn unknown(&self) -> Vec<String> {
        let mut unknown: Vec<String> = self.unknown.iter().cloned().collect();
        if let Some(first) = self.strangers.first() {
            let and = match self.strangers.len() - 1 {
                0 => String::new(),
                others => format!(" (and {others} more)"),
            };
            unknown.push(format!("nobody has the e-mail that {first}{and} names as its author"));
        }
        unknown
    }

    /// Adds a user that the forge authenticated as the pusher of a commit.
    pub(super) fn add_pusher(&mut self, by: Option<&Author>, id: &str) {
        match by {
            Some(by) => drop(self.pushers.insert(by.clone())),
            None => self.not_known(format!("nobody can tell who pushed {}", short(id))),
        }
    }

    /// Adds those that a commit names, whether it is true or not, and the user who pushed it first.
    /// `merged` are the changes that it belongs to.
    pub(super) fn add_commit(&mut self, known: &Known<'_>, id: &str, merged: &[&Change]) {
        if let Some(first) = known.first_move(id)
            && first.kind != MoveKind::Merge
        {
            self.add_pusher(first.by.as_ref(), id);
        }
        if known.history.has_no_emails {
            return;
        }
        let Some(commit) = known.commit(id) else { return };
        // The commits that the forge makes when it merges name the user who asked for it. That user
        // wrote nothing. The author of a squashed or rebased commit did.
        if commit.parents.len() > 1 && merged.iter().any(|change| change.merged_as == id) {
            return;
        }
        let is_remade =
            |change: &&Change| !change.replaced.is_empty() && !change.replaced.contains_key(id);
        let is_by_forge = commit.is_made_by_forge || merged.iter().any(is_remade);
        let named = [Some(&commit.author), (!is_by_forge).then_some(&commit.committer)];
        for who in named.into_iter().flatten() {
            match who {
                Some(who) => drop(self.authors.insert(who.clone())),
                None => drop(self.strangers.insert(short(id).to_owned())),
            }
        }
        self.authors.extend(commit.co_authors.iter().cloned());
    }

    /// Adds everybody who had a part in a change before it was merged.
    pub(super) fn add_change(&mut self, known: &Known<'_>, change: &Change) {
        let mut open = vec![change];
        let mut done: Vec<&Change> = Vec::new();
        while let Some(change) = open.pop() {
            if done.iter().any(|known| ptr::eq(*known, change)) {
                continue;
            }
            done.push(change);
            let name = &change.name;
            match &change.opened_by {
                Some(by) => drop(self.authors.insert(by.clone())),
                None => self.not_known(format!("nobody can tell who opened {name}")),
            }
            if known.commit(&change.head).is_none() {
                self.not_known(format!("nobody can tell which commits {name} had"));
            }
            for id in change.replaced.keys() {
                self.add_commit(known, id, &[change]);
            }
            match &change.source {
                Some(branch) => open.extend(self.add_branch(known, branch, change)),
                None => self.not_known(format!("nobody can tell who pushed the commits of {name}")),
            }
        }
    }

    /// Adds those who pushed to the branch that a change was made on. Returns the changes that were
    /// merged into that branch: their writers had a part too.
    fn add_branch<'a>(
        &mut self,
        known: &Known<'a>,
        branch: &str,
        change: &Change,
    ) -> Vec<&'a Change> {
        let steps = Steps::to(known, branch, &change.head);
        if !steps.is_complete {
            let name = &change.name;
            self.not_known(format!("nobody can tell who pushed to {branch}, the branch of {name}"));
        }
        let mut merged = Vec::new();
        for step in steps.moves {
            if step.kind != MoveKind::Merge {
                self.add_pusher(step.by.as_ref(), &step.after);
                continue;
            }
            let changes = known.merged_as(branch, &step.after);
            if changes.is_empty() {
                let after = short(&step.after);
                self.not_known(format!("no change has {after}, which was merged into {branch}"));
            }
            merged.extend(changes);
        }
        merged
    }

    fn not_known(&mut self, what: String) {
        self.unknown.insert(what);
    }
}
