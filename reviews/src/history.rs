//! How a branch went from one commit to another: the facts that every forge is translated into.
//!
//! A forge reads and translates, and believes nothing. What follows from the facts is decided in
//! [`judge`](crate::judge()).

use std::collections::{BTreeMap, BTreeSet};

use crate::consensus::Author;

/// Everything that a forge knows about a range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The branch that is released, as [`Move::branch`] names it.
    pub branch: String,
    /// The commit of the last satisfied release. An ancestor of the head.
    pub base: String,
    /// The commit of this execution.
    pub head: String,
    /// The number of commits that can be reached from the head and not from the base, as the forge
    /// counts them. If fewer were read, nobody knows the others.
    pub count: usize,
    /// These commits, by their ids.
    pub commits: BTreeMap<String, Commit>,
    /// How branches moved, the oldest first: the released branch since it was at the base, and the
    /// branches that changes were made on. Moves of other branches may be there too. They may only
    /// show more pushers.
    pub moves: Vec<Move>,
    /// The changes that were merged, in any order: into the released branch, or into a branch that
    /// a change was made on. Others may be there too.
    pub changes: Vec<Change>,
    /// Whether the forge cannot tell anybody by an e-mail. Then commits name nobody, and only the
    /// moves tell who wrote them.
    pub has_no_emails: bool,
    /// The people of the rule that users are. Two users of one person are the same human.
    pub people: BTreeMap<Author, String>,
    /// Whether the rules of the branch say that a review of an older head is enough.
    pub takes_stale_reviews: bool,
    /// Whether the forge signs the merge commits that it makes. One without its signature is then
    /// somebody's own.
    pub signs_merges: bool,
    /// What the forge itself reports about the range, such as a bypass of the branch's rules, or
    /// what it could not show. One sentence without a full stop each.
    pub objections: Vec<String>,
}

impl History {
    /// Whether the known commits lead from one to an older one, which itself need not be known.
    pub(crate) fn reaches(&self, new: &str, old: &str) -> bool {
        let replaced = self.changes.iter().map(|change| &change.replaced);
        let mut seen = BTreeSet::new();
        let mut open = vec![new];
        while let Some(id) = open.pop() {
            if id == old {
                return true;
            }
            if seen.insert(id) {
                let in_change = || replaced.clone().find_map(|commits| commits.get(id));
                let commit = self.commits.get(id).or_else(in_change);
                let parents = commit.into_iter().flat_map(|commit| &commit.parents);
                open.extend(parents.map(String::as_str));
            }
        }
        false
    }
}

impl History {
    /// Every user in it, those that commits name included. Some are there more than once.
    pub(crate) fn users(&self) -> impl Iterator<Item = &Author> {
        let replaced = self.changes.iter().flat_map(|change| change.replaced.values());
        let commits = self.commits.values().chain(replaced);
        let named = commits.flat_map(|commit| {
            commit.author.iter().chain(&commit.committer).chain(&commit.co_authors)
        });
        let changes = self.changes.iter().flat_map(|change| {
            let reviewers = change.reviews.iter().filter_map(|review| review.by.as_ref());
            reviewers.chain(&change.opened_by)
        });
        named.chain(changes).chain(self.moves.iter().filter_map(|step| step.by.as_ref()))
    }
}

/// A commit. What it says about people, anybody can write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// The ids of its parents, in order.
    pub parents: Vec<String>,
    /// The user that its author's e-mail belongs to. `None` if it belongs to nobody: the author may
    /// be anybody.
    pub author: Option<Author>,
    /// The same of its committer.
    pub committer: Option<Author>,
    /// Other users that its message names as authors, as far as they can be told.
    pub co_authors: Vec<Author>,
    /// Whether the forge's own signature proves that the forge made the commit, for a user who
    /// merged or edited in the browser. Then the committer is the forge.
    pub is_made_by_forge: bool,
}

/// A move of a branch, as the forge recorded it with its authenticated user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The branch. A branch of another repository (a fork) has a name that no branch of this
    /// repository can have, such as `mallory/shop:fix`.
    pub branch: String,
    /// The commit that the branch was at. `None` if it was created.
    pub before: Option<String>,
    /// The commit that it is at since.
    pub after: String,
    /// What happened.
    pub kind: MoveKind,
    /// The user that the forge authenticated. `None` if it does not say, for example because the
    /// account was deleted.
    pub by: Option<Author>,
}

/// What moved a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveKind {
    /// Somebody pushed commits on top of the old ones, or created the branch.
    Push,
    /// Somebody replaced commits, or the forge does not say that nobody did.
    ForcePush,
    /// The forge merged changes. The user only asked for it: what was merged is the changes' own.
    Merge,
}

/// A pull request or merge request that was merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What its forge calls it in texts: `#17`, `!17`.
    pub name: String,
    /// The branch that it was merged into, as [`Move::branch`] names it.
    pub target: String,
    /// The branch that it was made on. `None` if nobody knows, for example because the fork is
    /// gone.
    pub source: Option<String>,
    /// The user who opened it. `None` if the forge does not say.
    pub opened_by: Option<Author>,
    /// The last commit of its source branch, the one that was merged.
    pub head: String,
    /// The commit on the target branch that the forge made of it: a merge, the squashed commit, or
    /// the last of the rebased ones.
    pub merged_as: String,
    /// Its own commits by their ids if the forge replaced them when it merged (squash, rebase).
    /// Empty if they are in [`History::commits`].
    pub replaced: BTreeMap<String, Commit>,
    /// Its reviews, the oldest first.
    pub reviews: Vec<Review>,
}

/// A review of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The user that the forge authenticated. `None` if the account was deleted.
    pub by: Option<Author>,
    /// What it says.
    pub answer: Answer,
    /// The head of the change that was reviewed. `None` if the forge does not say.
    pub head: Option<String>,
    /// Why this user's reviews never count, such as `is a bot` or `may not write to acme/shop`.
    pub is_void_because: Option<String>,
}

/// The answer of a review. A comment is not one: it changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The change may be merged.
    Approved,
    /// It may not, or an earlier approval was withdrawn or dismissed.
    NotApproved,
}
