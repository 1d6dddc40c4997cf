//! The moves that brought a branch to a commit.

use super::known::Known;
use crate::history::{Move, MoveKind};

/// The moves that brought a branch to where it had this head.
pub(super) struct Steps<'a> {
    /// The newest first.
    pub(super) moves: Vec<&'a Move>,
    /// Whether they explain every known commit that can be reached from the head. If not, somebody
    /// may have pushed one and nobody knows who.
    pub(super) is_complete: bool,
}

impl<'a> Steps<'a> {
    /// Follows the moves of a branch back from the head, until one that started at a commit that is
    /// not among the known ones. Only commits that were on the released branch before are not
    /// known, so there is nothing left to explain.
    ///
    /// A move that replaced commits does not end the search: those who wrote the old ones may have
    /// written the new ones too.
    pub(super) fn to(known: &Known<'a>, branch: &str, head: &str) -> Self {
        let mut moves = Vec::new();
        let mut wanted = head;
        let mut is_complete = false;
        for step in known.history.moves.iter().rev().filter(|step| step.branch == branch) {
            if step.after != wanted {
                continue;
            }
            moves.push(step);
            let Some(before) = &step.before else {
                // The branch was created here. If it had been deleted at this very commit, those
                // who pushed to it before count too.
                is_complete = true;
                continue;
            };
            let is_known = |id: &str| known.commit(id).is_some();
            // What is below a commit that was replaced is not known either, and is not released.
            is_complete =
                step.kind != MoveKind::ForcePush && is_known(&step.after) && !is_known(before);
            wanted = before;
            if is_complete {
                break;
            }
        }
        Self { moves, is_complete }
    }
}
