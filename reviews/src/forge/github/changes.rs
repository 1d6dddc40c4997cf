//! The pull requests that were merged, and their reviews.

use std::collections::BTreeMap;

use super::wire::{CommitItem, Event, Pull, ReviewItem};
use super::{Source, each};
use crate::forge::ForgeError;
use crate::history::{Change, Commit, History, Review};

/// The most pages that are read of all pull requests.
const PAGES: usize = 30;
/// The most pages that are read of one pull request's reviews and events.
const REVIEW_PAGES: usize = 10;
/// GitHub shows so many commits of a pull request and no more (REST API, "List commits on a pull
/// request").
const MOST_COMMITS: usize = 250;

/// What is read of a pull request.
struct Details {
    reviews: Vec<Review>,
    replaced: BTreeMap<String, Commit>,
    objection: Option<String>,
}

impl Source<'_> {
    /// The pull requests that were closed since a time, and perhaps some more.
    pub(super) async fn pulls(&self, since: &str) -> Result<Vec<Pull>, ForgeError> {
        let path =
            format!("{}/pulls?state=closed&sort=updated&direction=desc&per_page=100", self.path);
        // One that was merged later was updated later.
        let is_enough = |page: &[Pull]| page.last().is_some_and(|last| *last.updated_at < *since);
        let read = self.client.list(&path, PAGES, is_enough).await?;
        Ok(read.map(|(read, _)| read).unwrap_or_default())
    }

    /// The pull requests that a commit belongs to.
    pub(super) async fn pulls_of(&self, commit: &str) -> Result<Vec<Pull>, ForgeError> {
        let path = format!("{}/commits/{commit}/pulls?per_page=100", self.path);
        let read = self.client.list(&path, 1, |_: &[Pull]| false).await?;
        Ok(read.map(|(read, _)| read).unwrap_or_default())
    }

    /// The change that a pull request is, still without its reviews. `None` if it was not merged.
    pub(super) fn change(&self, pull: &Pull) -> Option<Change> {
        pull.merged_at.as_ref()?;
        let source = pull.head.repo.as_ref();
        Some(Change {
            name: format!("#{}", pull.number),
            target: pull.base.name.clone(),
            source: source.map(|fork| self.branch(&fork.full_name, &pull.head.name)),
            opened_by: pull.opened_by(),
            head: pull.head.sha.clone(),
            merged_as: pull.merge_commit_sha.clone()?,
            replaced: BTreeMap::new(),
            reviews: Vec::new(),
        })
    }

    /// Reads the reviews of some changes, and the commits that their merges replaced.
    pub(super) async fn read_changes(
        &self,
        history: &mut History,
        indices: &[usize],
    ) -> Result<(), ForgeError> {
        let wanted = indices.iter().filter_map(|ix| history.changes.get(*ix)).map(|change| {
            // A merge commit replaces nothing. It must have the head for a parent.
            let merged_as = history.commits.get(&change.merged_as);
            let is_replaced = !history.commits.contains_key(&change.head)
                && merged_as.is_none_or(|commit| commit.parents.len() < 2);
            // A change that is part of another is reviewed with it.
            let is_reviewed = change.target == history.branch;
            (change.name.clone(), is_replaced, is_reviewed)
        });
        let read = each(wanted.collect(), |(name, is_replaced, is_reviewed)| async move {
            self.details(&name, is_replaced, is_reviewed).await
        });
        for (ix, details) in indices.iter().zip(read.await?) {
            if let Some(change) = history.changes.get_mut(*ix) {
                change.reviews = details.reviews;
                change.replaced = details.replaced;
                history.objections.extend(details.objection);
            }
        }
        Ok(())
    }

    async fn details(
        &self,
        name: &str,
        is_replaced: bool,
        is_reviewed: bool,
    ) -> Result<Details, ForgeError> {
        let number = name.trim_start_matches('#');
        let path = format!("{}/pulls/{number}", self.path);
        let (reviews, replaced) = tokio::try_join!(
            async { if is_reviewed { self.reviews(number).await } else { Ok((Vec::new(), true)) } },
            async { if is_replaced { self.replaced(&path).await } else { Ok(Vec::new()) } },
        )?;
        let (reviews, is_complete) = reviews;
        let objection = if replaced.len() >= MOST_COMMITS {
            Some(format!("{name} has {MOST_COMMITS} commits or more, and GitHub shows no others"))
        } else {
            (!is_complete).then(|| format!("{name} has more reviews or events than we read"))
        };
        let replaced = replaced.into_iter().map(CommitItem::into_fact).collect();
        Ok(Details { reviews, replaced, objection })
    }

    /// The reviews of a pull request, in the order of time, and whether these are all.
    ///
    /// A pull request shows what it would add to its target. So somebody who reviewed it before it
    /// got another target may have seen less than what was merged.
    async fn reviews(&self, number: &str) -> Result<(Vec<Review>, bool), ForgeError> {
        let reviews = format!("{}/pulls/{number}/reviews?per_page=100", self.path);
        let events = format!("{}/issues/{number}/events?per_page=100", self.path);
        let (reviews, events) = tokio::try_join!(
            self.client.list(&reviews, REVIEW_PAGES, |_: &[ReviewItem]| false),
            self.client.list(&events, REVIEW_PAGES, |_: &[Event]| false),
        )?;
        let (reviews, has_reviews) = reviews.unwrap_or_default();
        let (events, has_events) = events.unwrap_or_default();
        let retargeted = events.into_iter().filter(Event::is_retargeting);
        let retargeted = retargeted.map(|event| event.created_at).max();
        let review = |item: ReviewItem| {
            let answer = item.answer()?;
            let account = item.user.unwrap_or_default();
            let is_before = |at: &String| item.submitted_at.as_ref().is_none_or(|when| when <= at);
            let is_void_because = if !account.is_person() {
                Some("is not a person".to_owned())
            } else if retargeted.as_ref().is_some_and(is_before) {
                Some("reviewed it before it got another target".to_owned())
            } else {
                None
            };
            Some(Review { by: account.user(), answer, head: item.commit_id, is_void_because })
        };
        let reviews = reviews.into_iter().filter_map(review).collect();
        Ok((reviews, has_reviews && has_events))
    }

    /// The commits that a pull request had before it was squashed or rebased.
    async fn replaced(&self, path: &str) -> Result<Vec<CommitItem>, ForgeError> {
        let path = format!("{path}/commits?per_page=100");
        let read = self.client.list(&path, 3, |_: &[CommitItem]| false).await?;
        Ok(read.map(|(read, _)| read).unwrap_or_default())
    }
}
