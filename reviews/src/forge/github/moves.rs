//! The moves of branches: the activity of the repository. GitHub records it with the users that it
//! authenticated.

use std::collections::BTreeMap;

use super::wire::{Activity, branch};
use super::{Source, escape};
use crate::forge::ForgeError;
use crate::history::{History, Move};

/// The most pages that are read of the activity of the whole repository, and of one branch.
const PAGES: usize = 30;

/// Moves in the order of time. Those that happened in one second are in the order of GitHub's ids.
#[derive(Default)]
pub(super) struct Moves(BTreeMap<(String, u64), Move>);

impl Moves {
    pub(super) fn extend(&mut self, more: Vec<((String, u64), Move)>) {
        self.0.extend(more);
    }

    pub(super) fn in_order(&self) -> Vec<Move> {
        self.0.values().cloned().collect()
    }
}

impl Source<'_> {
    /// Adds the moves of the released branch since it was at the base. Returns when it came there,
    /// or the oldest time that is known.
    pub(super) async fn released_moves(
        &self,
        history: &History,
        moves: &mut Moves,
    ) -> Result<String, ForgeError> {
        let is_base = |activity: &Activity| activity.after == history.base;
        let is_enough = |page: &[Activity]| page.iter().any(is_base);
        let reference = escape(&format!("refs/heads/{}", history.branch));
        let path = format!("{}/activity?ref={reference}&per_page=100", self.path);
        let read = self.client.list(&path, PAGES, is_enough).await?;
        let read = read.map(|(read, _)| read).unwrap_or_default();
        let since = read.iter().find(|one| is_base(one)).or(read.last());
        let since = since.map(|activity| activity.timestamp.clone()).unwrap_or_default();
        moves.extend(self.moves(&self.name, read));
        Ok(since)
    }

    /// The moves of all branches since a time.
    pub(super) async fn all_moves(
        &self,
        since: &str,
    ) -> Result<Vec<((String, u64), Move)>, ForgeError> {
        let path = format!("{}/activity?per_page=100", self.path);
        let is_enough =
            |page: &[Activity]| page.last().is_some_and(|last| *last.timestamp < *since);
        let read = self.client.list(&path, PAGES, is_enough).await?;
        Ok(self.moves(&self.name, read.map(|(read, _)| read).unwrap_or_default()))
    }

    /// The moves of one branch, which may be of a fork. None if GitHub does not show them to us.
    pub(super) async fn branch_moves(
        &self,
        name: &str,
    ) -> Result<Vec<((String, u64), Move)>, ForgeError> {
        let (repository, branch) = name.split_once(':').unwrap_or((&self.name, name));
        let path = match repository.split_once('/').filter(|_| repository != self.name) {
            Some((owner, name)) => format!("/repos/{}/{}", escape(owner), escape(name)),
            None => self.path.clone(),
        };
        let reference = escape(&format!("refs/heads/{branch}"));
        let path = format!("{path}/activity?ref={reference}&per_page=100");
        let read = match self.client.list(&path, PAGES, |_: &[Activity]| false).await {
            Ok(Some((read, _))) => read,
            // A fork that we may not read.
            Ok(None) | Err(ForgeError::Denied(_)) => Vec::new(),
            Err(problem) => return Err(problem),
        };
        Ok(self.moves(repository, read))
    }

    fn moves(&self, repository: &str, read: Vec<Activity>) -> Vec<((String, u64), Move)> {
        let read = read.into_iter();
        let with_key = |activity: Activity| {
            let step = activity.to_move(repository, &self.name)?;
            Some(((activity.timestamp, activity.id), step))
        };
        read.filter_map(with_key).collect()
    }

    /// The name of a branch in the facts.
    pub(super) fn branch(&self, repository: &str, name: &str) -> String {
        branch(repository, &self.name, name)
    }
}
