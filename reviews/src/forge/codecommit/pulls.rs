//! The pull requests that were merged, and who approved them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan as _};
use serde_json::json;

use super::Source;
use super::trail::Trail;
use super::wire::{
    Approval, Approvals, Conflicts, Override, Pull, PullEvent, PullEvents, PullReply, Target,
};
use crate::consensus::Author;
use crate::forge::ForgeError;
use crate::forge::http::each;
use crate::history::{Change, Commit, History, Move, MoveKind, Review};

/// The most pages that are read of one pull request's events. A page has 100.
const PAGES: usize = 20;
/// CloudTrail shows a push within about 5 minutes, usually. The pushes before a pull request was
/// opened are all there after this time.
const DELAY_MINUTES: i64 = 15;

/// What is read of a pull request.
struct Details {
    reviews: Vec<Review>,
    replaced: BTreeMap<String, Commit>,
    moves: Vec<(Timestamp, Move)>,
    objections: Vec<String>,
}

impl Source<'_> {
    /// Reads the pull requests that were merged into this repository. Adds them to the changes,
    /// still without their reviews, and their merges to the trail.
    pub(super) async fn pulls(
        &self,
        trail: &mut Trail,
        history: &mut History,
    ) -> Result<BTreeMap<String, Pull>, ForgeError> {
        let ids: Vec<String> = trail.merges.keys().cloned().collect();
        let read = each(ids, |id| async move {
            let input = json!({"pullRequestId": id});
            self.ask::<PullReply>("GetPullRequest", &input).await
        });
        let mut pulls = BTreeMap::new();
        for pull in read.await?.into_iter().flatten().map(|reply| reply.pull_request) {
            let Some((target, merged_as)) = self.target(&pull) else { continue };
            let name = branch(&target.destination_reference);
            if let Some(record) = trail.merges.get(&pull.pull_request_id).cloned() {
                trail.add_merge(&record, name, merged_as);
            }
            history.changes.push(Change {
                name: format!("#{}", pull.pull_request_id),
                target: name.to_owned(),
                source: Some(branch(&target.source_reference).to_owned()),
                opened_by: pull.author_arn.clone().map(Author::Principal),
                head: target.source_commit.clone(),
                merged_as: merged_as.clone(),
                replaced: BTreeMap::new(),
                reviews: Vec::new(),
            });
            pulls.insert(format!("#{}", pull.pull_request_id), pull);
        }
        Ok(pulls)
    }

    fn target<'p>(&self, pull: &'p Pull) -> Option<(&'p Target, &'p String)> {
        let is_ours = |target: &&Target| target.repository_name == self.repository;
        let target = pull.pull_request_targets.iter().find(is_ours)?;
        Some((target, target.merged_as()?))
    }

    /// Reads the details of some changes, by their indices. Returns how their branches moved.
    pub(super) async fn read_changes(
        &self,
        history: &mut History,
        pulls: &BTreeMap<String, Pull>,
        indices: &[usize],
    ) -> Result<Vec<(Timestamp, Move)>, ForgeError> {
        let wanted: Vec<(Change, &Pull)> = indices
            .iter()
            .filter_map(|ix| history.changes.get(*ix))
            .filter_map(|change| Some((change.clone(), pulls.get(&change.name)?)))
            .collect();
        let known = &*history;
        let read =
            each(wanted, |(change, pull)| async move { self.details(known, &change, pull).await });
        let mut moves = Vec::new();
        for (ix, details) in indices.iter().zip(read.await?) {
            history.objections.extend(details.objections);
            moves.extend(details.moves);
            if let Some(change) = history.changes.get_mut(*ix) {
                change.reviews = details.reviews;
                change.replaced = details.replaced;
            }
        }
        Ok(moves)
    }

    async fn details(
        &self,
        history: &History,
        change: &Change,
        pull: &Pull,
    ) -> Result<Details, ForgeError> {
        let mut objections = Vec::new();
        let name = &change.name;
        let moves = self.updates(change, pull, &mut objections).await?;
        let mut replaced = BTreeMap::new();
        if !history.commits.contains_key(&change.head) {
            let walk = self.between(&history.base, &change.head, &history.commits).await?;
            let commits = walk.map(|walk| walk.commits).unwrap_or_default();
            let with_parents = |(id, parents)| (id, Commit { parents, ..Commit::default() });
            replaced = commits.into_iter().map(with_parents).collect();
        }
        if !self.is_clean(change, pull).await? {
            objections.push(format!(
                "{name} had conflicts when it was merged, and nobody reviewed how they were resolved"
            ));
        }
        let mut reviews = Vec::new();
        // A change that is part of another is approved with it.
        if let Some(revision) =
            pull.revision_id.as_ref().filter(|_| change.target == history.branch)
        {
            let input = json!({"pullRequestId": pull.pull_request_id, "revisionId": revision});
            let (approvals, state) = tokio::try_join!(
                self.ask::<Approvals>("GetPullRequestApprovalStates", &input),
                self.ask::<Override>("GetPullRequestOverrideState", &input),
            )?;
            let approvals = approvals.map(|found| found.approvals).unwrap_or_default();
            reviews = approvals.iter().map(|approval| review(change, approval)).collect();
            match state {
                Some(Override { overridden: Some(false), .. }) => {}
                Some(Override { overridden: Some(true), overrider: Some(by) }) => {
                    objections.push(format!("{by} overrode the approval rules of {name}"));
                }
                _ => objections.push(format!(
                    "nobody can tell whether somebody overrode the approval rules of {name}"
                )),
            }
        }
        Ok(Details { reviews, replaced, moves, objections })
    }

    /// Whether the merge had no conflicts, so that nobody could choose what it contains.
    async fn is_clean(&self, change: &Change, pull: &Pull) -> Result<bool, ForgeError> {
        // A fast-forward makes no commit.
        if change.merged_as == change.head {
            return Ok(true);
        }
        let merge = self.read(BTreeSet::from([&change.merged_as])).await?;
        let onto = merge.get(&change.merged_as).and_then(|parents| parents.first());
        let option = self.target(pull).and_then(|(target, _)| target.merge_option());
        let (Some(onto), Some(option)) = (onto, option) else { return Ok(false) };
        let input = json!({
            "repositoryName": self.repository,
            "destinationCommitSpecifier": onto,
            "sourceCommitSpecifier": change.head,
            "mergeOption": option,
        });
        let found: Option<Conflicts> = self.ask("GetMergeConflicts", &input).await?;
        Ok(found.is_some_and(|found| found.mergeable))
    }

    /// How the source branch moved since the pull request was opened: CodeCommit records that with
    /// the user, and at once.
    async fn updates(
        &self,
        change: &Change,
        pull: &Pull,
        objections: &mut Vec<String>,
    ) -> Result<Vec<(Timestamp, Move)>, ForgeError> {
        let mut events = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..PAGES {
            let mut input = json!({"pullRequestId": pull.pull_request_id, "maxResults": 100});
            if let (Some(token), Some(input)) = (&token, input.as_object_mut()) {
                input.insert("nextToken".to_owned(), json!(token));
            }
            let page: Option<PullEvents> = self.ask("DescribePullRequestEvents", &input).await?;
            let Some(page) = page else { break };
            events.extend(page.pull_request_events);
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        let name = &change.name;
        if token.is_some() {
            objections.push(format!("{name} has more events than we read"));
        }
        let ready = Timestamp::now().checked_sub(DELAY_MINUTES.minutes()).unwrap_or_default();
        match events.iter().find(|event| event.is_creation()) {
            Some(created) if created.at <= ready => {}
            Some(_) => objections.push(format!(
                "{name} was opened less than {DELAY_MINUTES} minutes ago, and CloudTrail may not \
                 have all pushes yet: retry the stage then"
            )),
            None => objections.push(format!("nobody can tell when {name} was opened")),
        }
        let merged = events.iter().find(|event| event.is_merge()).map(|event| event.at);
        let is_late = |event: &PullEvent| merged.is_none_or(|merged| event.at > merged);
        if events.iter().any(|event| event.update().is_some() && is_late(event)) {
            objections.push(format!(
                "nobody can tell which commits {name} had when it was merged: its branch moved later"
            ));
        }
        let source = change.source.clone().unwrap_or_default();
        let step = |event: &PullEvent| {
            let update = event.update()?;
            let step = Move {
                branch: source.clone(),
                before: Some(update.before_commit_id.clone()),
                after: update.after_commit_id.clone(),
                // CodeCommit does not say whether commits were replaced.
                kind: MoveKind::ForcePush,
                by: event.actor_arn.clone().map(Author::Principal),
            };
            Some((event.at, step))
        };
        Ok(events.iter().filter_map(step).collect())
    }
}

/// Approvals are of a revision, and we ask for those of the last one.
fn review(change: &Change, approval: &Approval) -> Review {
    Review {
        by: Some(Author::Principal(approval.user_arn.clone())),
        answer: approval.answer(),
        head: Some(change.head.clone()),
        is_void_because: None,
    }
}

/// The name of a branch, without `refs/heads/`.
fn branch(reference: &str) -> &str {
    reference.strip_prefix("refs/heads/").unwrap_or(reference)
}
