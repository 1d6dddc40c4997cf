//! The commits between base and head. CodeCommit has no question for that: commits are read with
//! their parents, a level at a time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::Source;
use super::wire::Commits;
use crate::forge::ForgeError;
use crate::history::Commit;

/// `BatchGetCommits` takes so many ("Quotas in AWS CodeCommit").
const AT_ONCE: usize = 100;
/// The most commits that are read.
const MOST: usize = 5_000;

/// The commits that can be reached from one and not from another.
pub(super) struct Walk {
    /// Their parents, by their ids.
    pub(super) commits: BTreeMap<String, Vec<String>>,
    /// Whether the walk came to the base.
    pub(super) has_base: bool,
}

impl Source<'_> {
    /// Walks from the head, and from the base, until everything below the head is below the base
    /// too, or among the commits that were read already. `None` if a commit does not exist, or if
    /// there are too many.
    pub(super) async fn between(
        &self,
        base: &str,
        head: &str,
        read: &BTreeMap<String, Commit>,
    ) -> Result<Option<Walk>, ForgeError> {
        let parents = |(id, commit): (&String, &Commit)| (id.clone(), commit.parents.clone());
        let mut known: BTreeMap<String, Vec<String>> = read.iter().map(parents).collect();
        let mut released: BTreeSet<String> = read.keys().cloned().collect();
        let mut from_head = BTreeSet::from([head.to_owned()]);
        let mut from_base = BTreeSet::from([base.to_owned()]);
        loop {
            release(&known, &mut released, std::mem::take(&mut from_base));
            from_head = open(&known, &from_head).filter(|id| !released.contains(id)).collect();
            if from_head.is_empty() {
                break;
            }
            from_base = open(&known, &released).collect();
            let wanted: BTreeSet<&String> = from_head.union(&from_base).collect();
            let count = wanted.len();
            let read = self.read(wanted).await?;
            if read.len() != count || known.len() > MOST {
                return Ok(None);
            }
            known.extend(read);
            // What is below.
            let parents = |ids: &BTreeSet<String>| -> BTreeSet<String> {
                ids.iter().filter_map(|id| known.get(id)).flatten().cloned().collect()
            };
            from_base = parents(&from_base);
            from_head = parents(&from_head);
        }
        let is_above_base = |id: &str| !released.contains(id);
        let has_base = known
            .iter()
            .any(|(id, parents)| is_above_base(id) && parents.iter().any(|parent| parent == base));
        known.retain(|id, _| is_above_base(id));
        Ok(Some(Walk { commits: known, has_base }))
    }

    /// Reads the parents of commits. Those that do not exist are left out.
    pub(super) async fn read(
        &self,
        ids: BTreeSet<&String>,
    ) -> Result<BTreeMap<String, Vec<String>>, ForgeError> {
        let ids: Vec<&String> = ids.into_iter().collect();
        let mut read = BTreeMap::new();
        for some in ids.chunks(AT_ONCE) {
            let input = json!({"repositoryName": self.repository, "commitIds": some});
            let found: Option<Commits> = self.ask("BatchGetCommits", &input).await?;
            let commits = found.map(|found| found.commits).unwrap_or_default();
            read.extend(commits.into_iter().map(|commit| (commit.commit_id, commit.parents)));
        }
        Ok(read)
    }
}

/// Marks commits, and everything that is known below them, as released.
fn release(
    known: &BTreeMap<String, Vec<String>>,
    released: &mut BTreeSet<String>,
    from: BTreeSet<String>,
) {
    let mut open: Vec<String> = from.into_iter().collect();
    while let Some(id) = open.pop() {
        let parents = known.get(&id).cloned().unwrap_or_default();
        if released.insert(id) {
            open.extend(parents);
        }
    }
}

/// Those of the commits that were not read yet.
fn open<'a>(
    known: &'a BTreeMap<String, Vec<String>>,
    ids: &'a BTreeSet<String>,
) -> impl Iterator<Item = String> + 'a {
    ids.iter().filter(|id| !known.contains_key(*id)).cloned()
}
