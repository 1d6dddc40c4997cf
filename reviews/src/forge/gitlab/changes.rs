//! The merge requests that were merged, and who approved them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::Source;
use super::wire::{
    self, Answer, Approval, Approvals, CommitItem, MergeRequest, StateEvent, Version,
};
use crate::consensus::Author;
use crate::forge::ForgeError;
use crate::forge::http::each;
use crate::history::{self, Change, History, Review};

/// The most pages that are read of all merge requests, and of one's versions, events and commits.
const PAGES: usize = 50;
const FEW_PAGES: usize = 10;

/// The merge requests that were read, by their numbers.
pub(super) struct Requests {
    pub(super) read: BTreeMap<u64, MergeRequest>,
    next: Option<String>,
    pages: usize,
    /// The oldest one that was read was updated then.
    since: Timestamp,
}

/// What is read of a merge request.
pub(super) struct Details {
    /// The user who asked GitLab to merge it. `None` if somebody merged it by hand.
    pub(super) merged_by: Option<Author>,
    reviews: Vec<Review>,
    pub(super) replaced: Vec<CommitItem>,
    /// The users that the e-mails of its commits belong to, by the commits.
    pub(super) authors: BTreeMap<String, Author>,
    objections: Vec<String>,
}

impl Requests {
    pub(super) fn new(source: &Source<'_>) -> Self {
        let path = format!(
            "{}/merge_requests?state=merged&scope=all&order_by=updated_at&sort=desc&per_page=100",
            source.path
        );
        let next = Some(source.client.url(&path));
        Self { read: BTreeMap::new(), next, pages: 0, since: Timestamp::MAX }
    }

    pub(super) fn of(&self, change: &Change) -> Option<&MergeRequest> {
        self.read.get(&number(&change.name)?)
    }
}

impl Source<'_> {
    /// Reads the merge requests that were merged since a time, and perhaps some more. One that was
    /// merged later was updated later. Adds them to the changes, still without their reviews.
    pub(super) async fn merged_since(
        &self,
        since: Option<Timestamp>,
        requests: &mut Requests,
        history: &mut History,
    ) -> Result<(), ForgeError> {
        while since.is_some_and(|since| since <= requests.since)
            && requests.pages < PAGES
            && let Some(url) = requests.next.take()
        {
            requests.pages += 1;
            let Some(page) = self.client.page::<Vec<MergeRequest>>(&url).await? else { break };
            requests.next = page.next;
            requests.since = page.items.last().map_or(requests.since, |last| last.updated_at);
            let fresh: Vec<MergeRequest> = page.items;
            let changes = each(fresh, |request| async move {
                let change = self.change(&request).await?;
                Ok((request, change))
            });
            for (request, change) in changes.await? {
                if requests.read.insert(request.iid, request).is_none() {
                    history.changes.extend(change);
                }
            }
        }
        Ok(())
    }

    /// The change that a merge request is. `None` if GitLab does not say what it merged.
    async fn change(&self, request: &MergeRequest) -> Result<Option<Change>, ForgeError> {
        let source = match request.source_project_id {
            Some(project) => self.branch_of(project, &request.source_branch).await?,
            None => None,
        };
        let (Some(head), Some(merged_as)) = (request.head(), request.merged_as()) else {
            return Ok(None);
        };
        Ok(Some(Change {
            name: format!("!{}", request.iid),
            target: request.target_branch.clone(),
            source,
            opened_by: request.opened_by(),
            head: head.clone(),
            merged_as: merged_as.clone(),
            replaced: BTreeMap::new(),
            reviews: Vec::new(),
        }))
    }

    /// Reads the details of some changes, by their indices.
    pub(super) async fn read_changes(
        &self,
        history: &mut History,
        requests: &Requests,
        indices: &[usize],
    ) -> Result<Vec<Details>, ForgeError> {
        let wanted: Vec<(Change, Option<Author>)> = indices
            .iter()
            .filter_map(|ix| history.changes.get(*ix))
            .map(|change| (change.clone(), requests.of(change).and_then(MergeRequest::merged_by)))
            .collect();
        let known = &*history;
        let read = each(wanted, |(change, merged_by)| async move {
            self.details(known, &change, merged_by).await
        });
        let read = read.await?;
        for (ix, details) in indices.iter().zip(&read) {
            history.objections.extend(details.objections.iter().cloned());
            if let Some(change) = history.changes.get_mut(*ix) {
                change.reviews = details.reviews.clone();
                let replaced = details.replaced.iter();
                change.replaced = replaced.map(|item| (item.id.clone(), item.fact())).collect();
            }
        }
        Ok(read)
    }

    async fn details(
        &self,
        history: &History,
        change: &Change,
        merged_by: Option<Author>,
    ) -> Result<Details, ForgeError> {
        let path = format!("{}/merge_requests/{}", self.path, change.name.trim_start_matches('!'));
        let is_replaced = !history.commits.contains_key(&change.head);
        // A change that is part of another is approved with it.
        let is_reviewed = change.target == history.branch;
        let (is_by_gitlab, reviews, replaced, authors) = tokio::try_join!(
            self.is_merged_by_gitlab(&path),
            async { if is_reviewed { self.reviews(&path).await } else { Ok((Vec::new(), true)) } },
            async {
                match is_replaced {
                    true => self.between(&history.base, &change.head).await,
                    false => Ok(Some(Vec::new())),
                }
            },
            self.authors(&change.name),
        )?;
        let (reviews, is_timed) = reviews;
        let name = &change.name;
        let mut objections = Vec::new();
        if !is_timed {
            objections.push(format!(
                "GitLab does not say which version of {name} was approved: it must be GitLab 18 or \
                 later"
            ));
        }
        if replaced.is_none() {
            objections.push(format!("{name} has more commits than we read"));
        }
        let is_its_own = |item: &CommitItem| !history.commits.contains_key(&item.id);
        Ok(Details {
            merged_by: merged_by.filter(|_| is_by_gitlab),
            reviews,
            replaced: replaced.unwrap_or_default().into_iter().filter(is_its_own).collect(),
            authors,
            objections,
        })
    }

    /// Whether GitLab merged it. If somebody pushed commits that contain it, GitLab also calls it
    /// merged, and the push may contain more.
    async fn is_merged_by_gitlab(&self, path: &str) -> Result<bool, ForgeError> {
        let path = format!("{path}/resource_state_events?per_page=100");
        let read = self.client.list(&path, FEW_PAGES, |_: &[StateEvent]| false).await?;
        let (events, is_complete) = read.unwrap_or_default();
        let newest = events.iter().rev().find(|event| event.is_merge());
        Ok(is_complete && newest.is_some_and(StateEvent::is_by_gitlab))
    }

    /// The approvals of a merge request by their times, and whether GitLab tells these times.
    /// An approval is of the version that was the newest at that time. GitLab removes them
    /// when somebody pushes only if the project says so, so that nothing depends on it.
    async fn reviews(&self, path: &str) -> Result<(Vec<Review>, bool), ForgeError> {
        let versions = format!("{path}/versions?per_page=100");
        let approvals = format!("{path}/approvals");
        let (versions, approvals) = tokio::try_join!(
            self.client.list(&versions, FEW_PAGES, |_: &[Version]| false),
            self.client.get::<Approvals>(&approvals),
        )?;
        // If some are missing, nobody knows which is the newest.
        let versions = versions.filter(|(_, is_complete)| *is_complete).unwrap_or_default().0;
        let mut approvals = approvals.map(|found| found.approved_by).unwrap_or_default();
        approvals.sort_by_key(|approval| approval.approved_at);
        let is_timed = approvals.iter().all(|approval| approval.approved_at.is_some());
        let reviews = approvals.iter().map(|approval| review(&versions, approval)).collect();
        Ok((reviews, is_timed))
    }

    /// The users that the e-mails of a merge request's commits belong to.
    async fn authors(&self, name: &str) -> Result<BTreeMap<String, Author>, ForgeError> {
        let mut authors = BTreeMap::new();
        let mut after = None;
        for _ in 0..FEW_PAGES {
            let variables = json!({
                "path": self.name,
                "iid": name.trim_start_matches('!'),
                "after": after,
            });
            let question = json!({"query": wire::AUTHORS, "variables": variables}).to_string();
            let answer: Answer = self.client.post(&self.graphql, &question).await?;
            let Some(commits) = answer.commits() else { break };
            let known = |node: &wire::Node| Some((node.sha.clone(), node.author()?));
            authors.extend(commits.nodes.iter().filter_map(known));
            after = commits.page_info.end_cursor.filter(|_| commits.page_info.has_next_page);
            if after.is_none() {
                break;
            }
        }
        Ok(authors)
    }
}

fn review(versions: &[Version], approval: &Approval) -> Review {
    let at = approval.approved_at;
    let before = versions.iter().filter(|version| at.is_some_and(|at| version.created_at <= at));
    let head = before.max_by_key(|version| version.created_at);
    Review {
        by: approval.user.as_ref().and_then(wire::User::author),
        answer: history::Answer::Approved,
        head: head.map(|version| version.head_commit_sha.clone()),
        is_void_because: None,
    }
}

fn number(name: &str) -> Option<u64> {
    name.trim_start_matches('!').parse().ok()
}
