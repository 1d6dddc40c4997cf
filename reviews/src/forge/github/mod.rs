//! GitHub, in the cloud or an Enterprise Server, by its REST API.
//!
//! | file | purpose |
//! |---|---|
//! | `wire` | GitHub's JSON, and what it means |
//! | `range` | the commits between base and head |
//! | `moves` | who moved branches: the activity of the repository |
//! | `changes` | the pull requests, and their reviews |
//! | `rules` | the rules of the branch, and who bypassed them |
//!
//! It asks for lists rather than for each commit. Only the reviews cost a request for each pull
//! request, and the commits of those that were squashed or rebased.

mod changes;
mod moves;
mod range;
mod rules;
mod wire;

use std::collections::BTreeSet;

use rule::Rule;
use tokio::time::Instant;

use super::address::escape;
use super::http::{Client, each, unless_denied};
use super::{Forge, ForgeError, Range, humans};
use crate::consensus::Consensus;
use crate::history::History;
use crate::judge::{Gaps, judge};

use moves::Moves;
use range::Commits;
use wire::Repository;

/// GitHub, read with a token.
#[derive(Debug)]
pub struct GitHub {
    client: Client,
    rule: Option<Rule>,
}

/// The repository that is read.
struct Source<'a> {
    client: &'a Client,
    /// `/repos/acme/shop`
    path: String,
    /// `acme/shop`
    name: String,
}

impl GitHub {
    /// The address of the public service's API.
    pub const API: &str = "https://api.github.com";

    /// GitHub at this address of its API, which for an Enterprise Server ends with `/api/v3`.
    /// Reading ends at `until`.
    ///
    /// The token must be able to read the repository's contents, metadata and pull requests.
    ///
    /// # Errors
    /// [`ForgeError::Malformed`] if the address is not `https`, nor on loopback.
    pub fn new(api: &str, token: &str, until: Instant) -> Result<Self, ForgeError> {
        let headers = vec![
            ("accept", "application/vnd.github+json".to_owned()),
            ("authorization", format!("Bearer {token}")),
            ("user-agent", "two-person-rule".to_owned()),
            ("x-github-api-version", "2022-11-28".to_owned()),
        ];
        Ok(Self { client: Client::new("GitHub", api, headers, until)?, rule: None })
    }
}

impl GitHub {
    /// With the people and machines of a rule. Without a rule, each user counts as a person.
    #[must_use]
    pub fn with_people_of(mut self, rule: Rule) -> Self {
        self.rule = Some(rule);
        self
    }
}

impl Forge for GitHub {
    async fn consensus(&self, range: &Range) -> Result<Consensus, ForgeError> {
        let (source, default_branch) = Source::open(&self.client, &range.repository).await?;
        let branch = range.branch.clone().unwrap_or(default_branch);
        let history = match source.commits(range).await? {
            Commits::None => return Ok(Consensus::default()),
            Commits::Lost(why) => {
                return Ok(Consensus { objections: vec![why], ..Consensus::default() });
            }
            Commits::Known { count, commits } => History {
                branch,
                base: range.base.clone(),
                head: range.head.clone(),
                count,
                commits,
                // An Enterprise Server signs only if it is set up to.
                signs_merges: self.client.is_at(Self::API),
                ..History::default()
            },
        };
        let mut history = source.complete(history).await?;
        if let Some(rule) = &self.rule {
            humans::name(rule, &mut history);
        }
        Ok(judge(&history, range.required))
    }
}

impl<'a> Source<'a> {
    /// The repository, and its default branch.
    async fn open(client: &'a Client, repository: &str) -> Result<(Self, String), ForgeError> {
        let path = match repository.split_once('/') {
            Some((owner, name)) => format!("/repos/{}/{}", escape(owner), escape(name)),
            None => {
                let problem = format!("`{repository}` is not a repository, such as `acme/shop`");
                return Err(ForgeError::Malformed(problem));
            }
        };
        let found: Option<Repository> = client.get(&path).await?;
        let Some(Repository { full_name, default_branch }) = found else {
            return Err(ForgeError::Denied(format!(
                "GitHub has no repository {repository} that our token may read"
            )));
        };
        Ok((Self { client, path, name: full_name }, default_branch))
    }

    /// Adds to the commits everything that explains them.
    async fn complete(&self, mut history: History) -> Result<History, ForgeError> {
        let mut moves = Moves::default();
        let since = self.released_moves(&history, &mut moves).await?;
        let (all, pulls, stale, bypasses) = tokio::join!(
            self.all_moves(&since),
            self.pulls(&since),
            self.takes_stale_reviews(&history.branch),
            self.bypasses(&history),
        );
        moves.extend(all?);
        history.moves = moves.in_order();
        history.takes_stale_reviews = stale?;
        history.objections.extend(bypasses?);
        history.changes = pulls?.iter().filter_map(|pull| self.change(pull)).collect();
        // Each round may find a branch of a branch.
        let mut asked = BTreeSet::new();
        let mut read = BTreeSet::new();
        loop {
            let gaps = Gaps::of(&history);
            let fresh: Vec<usize> =
                gaps.changes.iter().copied().filter(|ix| read.insert(*ix)).collect();
            self.read_changes(&mut history, &fresh).await?;
            let branches: Vec<String> =
                gaps.branches.into_iter().filter(|branch| asked.insert(branch.clone())).collect();
            let merges: Vec<String> = gaps
                .merges
                .into_iter()
                .map(|(_, commit)| commit)
                .filter(|commit| asked.insert(commit.clone()))
                .collect();
            if fresh.is_empty() && branches.is_empty() && merges.is_empty() {
                break;
            }
            let found = each(branches, |branch| async move { self.branch_moves(&branch).await });
            let merged = each(merges, |commit| async move { self.pulls_of(&commit).await });
            let (found, merged) = tokio::try_join!(found, merged)?;
            moves.extend(found.into_iter().flatten().collect());
            history.moves = moves.in_order();
            for change in merged.iter().flatten().filter_map(|pull| self.change(pull)) {
                if history.changes.iter().all(|known| known.name != change.name) {
                    history.changes.push(change);
                }
            }
        }
        self.void_reviews(&mut history).await?;
        Ok(history)
    }
}
