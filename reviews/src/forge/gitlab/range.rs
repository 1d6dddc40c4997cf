//! The commits between base and head.

use super::Source;
use super::wire::CommitItem;
use crate::forge::{ForgeError, Range};

/// The most pages that are read: five thousand commits.
const PAGES: usize = 50;

/// The commits of a range.
pub(super) enum Commits {
    /// There are none: this very commit was released before.
    None,
    /// The range cannot be told, for this reason.
    Lost(String),
    /// All of them.
    Known(Vec<CommitItem>),
}

impl Source<'_> {
    /// Reads the commits of a range.
    pub(super) async fn commits(&self, range: &Range) -> Result<Commits, ForgeError> {
        let Range { base, head, .. } = range;
        let name = &self.name;
        for id in [base, head] {
            if !is_id(id) {
                return Err(ForgeError::Malformed(format!("`{id}` is not the id of a commit")));
            }
            let path = format!("{}/repository/commits/{id}", self.path);
            if self.client.get::<CommitItem>(&path).await?.is_none() {
                let why = format!("{name} lost {id}: somebody force-pushed or removed the branch");
                return Ok(Commits::Lost(why));
            }
        }
        if base == head {
            return Ok(Commits::None);
        }
        if !self.follows(base, head).await? {
            return Ok(Commits::Lost(format!(
                "{head} does not follow the last satisfied release, {base}: somebody force-pushed \
                 to {name}, or an older commit is released"
            )));
        }
        match self.between(base, head).await? {
            Some(commits) => Ok(Commits::Known(commits)),
            None => Ok(Commits::Lost(format!(
                "{name} has more commits since the last satisfied release than we read, {}",
                PAGES * 100
            ))),
        }
    }

    /// Whether a commit can be reached from another. `false` if GitLab does not know one of them.
    pub(super) async fn follows(&self, old: &str, new: &str) -> Result<bool, ForgeError> {
        let refs = format!("refs%5B%5D={old}&refs%5B%5D={new}");
        let path = format!("{}/repository/merge_base?{refs}", self.path);
        match self.client.get::<CommitItem>(&path).await {
            Ok(found) => Ok(found.is_some_and(|found| found.id == old)),
            Err(ForgeError::Denied(_)) => Ok(false),
            Err(problem) => Err(problem),
        }
    }

    /// The commits that can be reached from the head and not from the base. `None` if too many.
    pub(super) async fn between(
        &self,
        base: &str,
        head: &str,
    ) -> Result<Option<Vec<CommitItem>>, ForgeError> {
        let path = format!("{}/repository/commits?ref_name={base}..{head}&per_page=100", self.path);
        let read = self.client.list(&path, PAGES, |_: &[CommitItem]| false).await?;
        let (read, is_complete) = read.unwrap_or_default();
        Ok(is_complete.then_some(read))
    }
}

fn is_id(text: &str) -> bool {
    [40, 64].contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}
