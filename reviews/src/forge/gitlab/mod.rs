//! GitLab, in the cloud or self-managed, by its REST API. One question needs its GraphQL API.
//!
//! | file | purpose |
//! |---|---|
//! | `wire` | GitLab's JSON, and what it means |
//! | `range` | the commits between base and head |
//! | `moves` | how branches moved: the push events of the project |
//! | `changes` | the merge requests, and their approvals |
//! | `people` | the users behind the e-mails of commits, and those who may approve |
//!
//! None of the project's own settings is believed, such as the one that an author may not approve:
//! whoever administers the project can change them for a minute.

mod changes;
mod moves;
mod people;
mod range;
mod wire;

use std::collections::BTreeSet;

use rule::Rule;
use tokio::time::Instant;

use super::address::escape;
use super::http::Client;
use super::{Forge, ForgeError, Range, humans};
use crate::consensus::Consensus;
use crate::history::History;
use crate::judge::{Gaps, judge};

use changes::Requests;
use people::People;
use range::Commits;
use wire::Project;

/// GitLab, read with a token.
#[derive(Debug)]
pub struct GitLab {
    client: Client,
    /// The address of its GraphQL API.
    graphql: String,
    rule: Option<Rule>,
}

/// The project that is read.
struct Source<'a> {
    client: &'a Client,
    graphql: String,
    id: u64,
    /// `/projects/7`
    path: String,
    /// `acme/shop`
    name: String,
}

impl GitLab {
    /// The address of the public service's API.
    pub const API: &str = "https://gitlab.com/api/v4";

    /// GitLab at this address of its REST API, which ends with `/api/v4`. Reading ends at `until`.
    ///
    /// The token needs the scope `read_api`, and the role of a reporter in the project.
    ///
    /// # Errors
    /// [`ForgeError::Malformed`] if the address is not `https`, nor on loopback, or of another API.
    pub fn new(api: &str, token: &str, until: Instant) -> Result<Self, ForgeError> {
        let headers = vec![
            ("authorization", format!("Bearer {token}")),
            ("user-agent", "two-person-rule".to_owned()),
        ];
        let root = api.trim_end_matches('/').strip_suffix("/v4").ok_or_else(|| {
            let problem = format!("the address of GitLab's API must end with `/api/v4`: `{api}`");
            ForgeError::Malformed(problem)
        })?;
        let graphql = format!("{root}/graphql");
        Ok(Self { client: Client::new("GitLab", api, headers, until)?, graphql, rule: None })
    }
}

impl GitLab {
    /// With the people and machines of a rule. Without a rule, each user counts as a person.
    #[must_use]
    pub fn with_people_of(mut self, rule: Rule) -> Self {
        self.rule = Some(rule);
        self
    }
}

impl Forge for GitLab {
    async fn consensus(&self, range: &Range) -> Result<Consensus, ForgeError> {
        let path = format!("/projects/{}", escape(&range.repository));
        let Some(project) = self.client.get::<Project>(&path).await? else {
            let name = &range.repository;
            let problem = format!("GitLab has no project {name} that our token may read");
            return Err(ForgeError::Denied(problem));
        };
        let source = Source {
            client: &self.client,
            graphql: self.graphql.clone(),
            id: project.id,
            path: format!("/projects/{}", project.id),
            name: project.path_with_namespace,
        };
        let commits = match source.commits(range).await? {
            Commits::None => return Ok(Consensus::default()),
            Commits::Lost(why) => {
                return Ok(Consensus { objections: vec![why], ..Consensus::default() });
            }
            Commits::Known(commits) => commits,
        };
        let mut people = People::default();
        people.add_commits(&commits);
        let history = History {
            branch: range.branch.clone().or(project.default_branch).unwrap_or_default(),
            base: range.base.clone(),
            head: range.head.clone(),
            count: commits.len(),
            commits: commits.iter().map(|item| (item.id.clone(), item.fact())).collect(),
            ..History::default()
        };
        let mut history = source.complete(history, people).await?;
        if let Some(rule) = &self.rule {
            humans::name(rule, &mut history);
        }
        Ok(judge(&history, range.required))
    }
}

impl Source<'_> {
    /// Adds to the commits everything that explains them.
    async fn complete(
        &self,
        mut history: History,
        mut people: People,
    ) -> Result<History, ForgeError> {
        let mut pushes = self.pushes_since_base(&history).await?;
        let mut requests = Requests::new(self);
        let mut read = BTreeSet::new();
        let mut asked = BTreeSet::new();
        // Each round may find a branch of a branch.
        loop {
            self.merged_since(pushes.since(), &mut requests, &mut history).await?;
            history.moves = pushes.moves(&history);
            let gaps = Gaps::of(&history);
            let fresh: Vec<usize> =
                gaps.changes.iter().copied().filter(|ix| read.insert(*ix)).collect();
            let details = self.read_changes(&mut history, &requests, &fresh).await?;
            for (ix, details) in fresh.iter().zip(details) {
                people.add_commits(&details.replaced);
                people.add_authors(&details.authors);
                if let Some(change) = history.changes.get(*ix)
                    && let Some(by) = details.merged_by
                {
                    let merge = (change.target.clone(), change.merged_as.clone());
                    pushes.merges.insert(merge, by);
                    requests
                        .of(change)
                        .into_iter()
                        .for_each(|request| people.add_squashed(request));
                }
            }
            let is_more = self.explain(&history, &mut pushes, &gaps.branches, &mut asked).await?;
            if fresh.is_empty() && !is_more {
                break;
            }
        }
        history.moves = pushes.moves(&history);
        self.name_people(&mut history, people).await?;
        self.void_reviews(&mut history).await?;
        Ok(history)
    }
}
