//! The commits between base and head.

use std::collections::BTreeMap;

use super::Source;
use super::wire::Comparison;
use crate::forge::{ForgeError, Range};
use crate::history::Commit;

/// The most commits that are read: fifty pages. A first release that compares with a commit of last
/// year is a mistake rather than a release.
const MOST: usize = 5_000;

/// The commits of a range.
pub(super) enum Commits {
    /// There are none: this very commit was released before.
    None,
    /// The range cannot be told, for this reason.
    Lost(String),
    /// As many as GitHub counts, if it is well.
    Known { count: usize, commits: BTreeMap<String, Commit> },
}

impl Source<'_> {
    /// Reads the commits of a range.
    pub(super) async fn commits(&self, range: &Range) -> Result<Commits, ForgeError> {
        let Range { base, head, .. } = range;
        for id in [base, head] {
            let is_id = [40, 64].contains(&id.len()) && id.bytes().all(|b| b.is_ascii_hexdigit());
            if !is_id {
                return Err(ForgeError::Malformed(format!("`{id}` is not the id of a commit")));
            }
        }
        let name = &self.name;
        let mut url =
            self.client.url(&format!("{}/compare/{base}...{head}?per_page=100", self.path));
        let mut commits = BTreeMap::new();
        loop {
            let Some(page) = self.client.page::<Comparison>(&url).await? else {
                return Ok(Commits::Lost(format!(
                    "{name} lost {base} or {head}: somebody force-pushed or removed the branch"
                )));
            };
            let Comparison { status, total_commits, commits: some } = page.items;
            match status.as_str() {
                "identical" => return Ok(Commits::None),
                "ahead" => {}
                _ => {
                    return Ok(Commits::Lost(format!(
                        "{head} does not follow the last satisfied release, {base}: somebody \
                         force-pushed to {name}, or an older commit is released"
                    )));
                }
            }
            if total_commits > MOST {
                return Ok(Commits::Lost(format!(
                    "{name} has {total_commits} commits since the last satisfied release, and we \
                     read at most {MOST}"
                )));
            }
            commits.extend(some.into_iter().map(super::wire::CommitItem::into_fact));
            match page.next {
                Some(next) if commits.len() < total_commits => url = next,
                _ => return Ok(Commits::Known { count: total_commits, commits }),
            }
        }
    }
}
