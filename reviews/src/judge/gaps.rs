//! The parts that are missing from a history, so that a forge can be asked for them.

use std::collections::BTreeSet;

use super::known::Known;
use super::steps::Steps;
use crate::history::{Change, History, MoveKind};

/// What is missing to explain all commits.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Gaps {
    /// Branches whose moves do not explain their commits.
    pub(crate) branches: BTreeSet<String>,
    /// Commits that were merged and belong to no change: the branch, and the commit.
    pub(crate) merges: BTreeSet<(String, String)>,
    /// The indices of the changes that the range is made of, those within changes included.
    pub(crate) changes: BTreeSet<usize>,
}

impl Gaps {
    pub(crate) fn of(history: &History) -> Self {
        let known = Known::new(history);
        let mut gaps = Self::default();
        let mut open = vec![(history.branch.as_str(), history.head.as_str())];
        while let Some((branch, head)) = open.pop() {
            let steps = Steps::to(&known, branch, head);
            if !steps.is_complete && history.base != history.head {
                gaps.branches.insert(branch.to_owned());
            }
            for step in steps.moves.iter().filter(|step| step.kind == MoveKind::Merge) {
                if known.merged_as(branch, &step.after).is_empty() {
                    gaps.merges.insert((branch.to_owned(), step.after.clone()));
                }
            }
            let is_merged = |change: &Change| {
                let mut steps = steps.moves.iter();
                change.target == branch
                    && (steps.any(|step| step.after == change.merged_as)
                        || (branch == history.branch
                            && history.commits.contains_key(&change.merged_as)))
            };
            for (index, change) in history.changes.iter().enumerate() {
                if is_merged(change)
                    && gaps.changes.insert(index)
                    && let Some(source) = &change.source
                {
                    open.push((source, &change.head));
                }
            }
        }
        gaps
    }
}
