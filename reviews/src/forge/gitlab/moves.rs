//! How branches moved: the push events of the project, which GitLab records with the user that it
//! authenticated.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Source;
use super::wire::{Event, Project, Push};
use crate::consensus::Author;
use crate::forge::ForgeError;
use crate::forge::address::escape;
use crate::forge::http::each;
use crate::history::{History, Move, MoveKind};

/// The most pages that are read of the events of the project, and of a fork.
const PAGES: usize = 50;
const FORK_PAGES: usize = 5;

/// The pushes that were read, and what is known of them.
pub(super) struct Pushes {
    /// In the order of time, and those of one moment in the order of GitLab's ids.
    read: BTreeMap<(Timestamp, u64), Push>,
    /// The next page of the project's events.
    next: Option<String>,
    pages: usize,
    /// Whether the second commit follows the first, as GitLab answers.
    follows: BTreeMap<(String, String), bool>,
    /// The merges that GitLab itself made: the branch, the commit, and the user who asked for it.
    pub(super) merges: BTreeMap<(String, String), Author>,
}

impl Pushes {
    pub(super) fn new(source: &Source<'_>) -> Self {
        let path = format!("{}/events?action=pushed&per_page=100", source.path);
        Self {
            read: BTreeMap::new(),
            next: Some(source.client.url(&path)),
            pages: 0,
            follows: BTreeMap::new(),
            merges: BTreeMap::new(),
        }
    }

    /// When the oldest push happened that was read.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.read.keys().next().map(|(at, _)| *at)
    }

    /// Whether a push is known that brought the released branch to the base.
    fn have_base(&self, history: &History) -> bool {
        let is_it = |push: &Push| push.branch == history.branch && push.after == history.base;
        self.read.values().any(is_it)
    }

    /// The moves of all branches.
    pub(super) fn moves(&self, history: &History) -> Vec<Move> {
        let step = |push: &Push| Move {
            branch: push.branch.clone(),
            before: push.before.clone(),
            after: push.after.clone(),
            kind: self.kind(history, push),
            by: push.by.clone(),
        };
        self.read.values().map(step).collect()
    }

    /// What a push did. GitLab does not say whether it replaced commits.
    fn kind(&self, history: &History, push: &Push) -> MoveKind {
        let merged_by = self.merges.get(&(push.branch.clone(), push.after.clone()));
        if merged_by.is_some() && merged_by == push.by.as_ref() {
            return MoveKind::Merge;
        }
        let Some(before) = &push.before else { return MoveKind::Push };
        let asked = self.follows.get(&(before.clone(), push.after.clone()));
        match asked.copied().unwrap_or_default() || history.reaches(&push.after, before) {
            true => MoveKind::Push,
            false => MoveKind::ForcePush,
        }
    }
}

impl Source<'_> {
    /// Reads the pushes until the released branch is at the base.
    pub(super) async fn pushes_since_base(&self, history: &History) -> Result<Pushes, ForgeError> {
        let mut pushes = Pushes::new(self);
        while !pushes.have_base(history) && self.more_pushes(&mut pushes).await? {}
        Ok(pushes)
    }

    /// Reads what explains some branches. Returns whether there was anything to read.
    pub(super) async fn explain(
        &self,
        history: &History,
        pushes: &mut Pushes,
        branches: &BTreeSet<String>,
        asked: &mut BTreeSet<String>,
    ) -> Result<bool, ForgeError> {
        let (forks, own): (Vec<&String>, Vec<&String>) =
            branches.iter().partition(|branch| branch.contains(':'));
        let forks: Vec<String> =
            forks.into_iter().filter(|fork| asked.insert((*fork).clone())).cloned().collect();
        let mut is_more = !forks.is_empty();
        let read = each(forks, |fork| async move { self.fork_pushes(&fork).await }).await?;
        pushes.read.extend(read.into_iter().flatten());
        // The commits that a push replaced are gone from the known ones, and so are those that were
        // released long ago.
        let unclear: Vec<(String, String)> = pushes
            .read
            .values()
            .filter(|push| branches.contains(&push.branch))
            .filter(|push| pushes.kind(history, push) == MoveKind::ForcePush)
            .filter_map(|push| Some((push.before.clone()?, push.after.clone())))
            .filter(|pair| !pushes.follows.contains_key(pair))
            .collect();
        is_more |= !unclear.is_empty();
        let follow =
            each(unclear.clone(), |(old, new)| async move { self.follows(&old, &new).await });
        let follow = follow.await?;
        pushes.follows.extend(unclear.into_iter().zip(follow));
        if !is_more && !own.is_empty() {
            is_more = self.more_pushes(pushes).await?;
        }
        Ok(is_more)
    }

    /// Reads another page of the project's pushes. Returns whether there was one.
    async fn more_pushes(&self, pushes: &mut Pushes) -> Result<bool, ForgeError> {
        let Some(url) = pushes.next.take().filter(|_| pushes.pages < PAGES) else {
            return Ok(false);
        };
        pushes.pages += 1;
        let page = self.client.page::<Vec<Event>>(&url).await?;
        let Some(page) = page else { return Ok(false) };
        pushes.next = page.next;
        pushes.read.extend(read(&page.items, str::to_owned));
        Ok(true)
    }

    /// The newest pushes of a fork. None if GitLab does not show them to us.
    async fn fork_pushes(&self, fork: &str) -> Result<Vec<((Timestamp, u64), Push)>, ForgeError> {
        let Some((project, _)) = fork.split_once(':') else { return Ok(Vec::new()) };
        let path = format!("/projects/{}/events?action=pushed&per_page=100", escape(project));
        let events = match self.client.list(&path, FORK_PAGES, |_: &[Event]| false).await {
            Ok(Some((events, _))) => events,
            Ok(None) | Err(ForgeError::Denied(_)) => Vec::new(),
            Err(problem) => return Err(problem),
        };
        Ok(read(&events, |branch| format!("{project}:{branch}")))
    }

    /// The name of a branch of a project in the facts: `mallory/shop:fix` if it is a fork, since no
    /// branch can have a `:` in its name. `None` if we may not see the fork.
    pub(super) async fn branch_of(
        &self,
        project: u64,
        branch: &str,
    ) -> Result<Option<String>, ForgeError> {
        if project == self.id {
            return Ok(Some(branch.to_owned()));
        }
        let found = match self.client.get::<Project>(&format!("/projects/{project}")).await {
            Err(ForgeError::Denied(_)) => None,
            found => found?,
        };
        Ok(found.map(|found| format!("{}:{branch}", found.path_with_namespace)))
    }
}

fn read(events: &[Event], branch: impl Fn(&str) -> String) -> Vec<((Timestamp, u64), Push)> {
    let with_key = |event: &Event| Some(((event.created_at, event.id), event.push(&branch)?));
    events.iter().filter_map(with_key).collect()
}
