//! How branches moved: the pushes, merges and commits in CloudTrail's event history.
//!
//! CodeCommit itself keeps no record of pushes. CloudTrail has those of 90 days.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;

use super::Source;
use super::wire::{Found, Record};
use crate::consensus::Author;
use crate::forge::ForgeError;
use crate::history::{History, Move, MoveKind};

/// The most pages that are read of one kind of events. A page has 50.
const PAGES: usize = 400;
const PUSH: &str = "GitPush";
const MERGES: [&str; 3] =
    ["MergePullRequestByFastForward", "MergePullRequestBySquash", "MergePullRequestByThreeWay"];
/// The calls of the API that make commits, other than the merges of pull requests.
const COMMITS: [&str; 7] = [
    "CreateCommit",
    "PutFile",
    "DeleteFile",
    "MergeBranchesByFastForward",
    "MergeBranchesBySquash",
    "MergeBranchesByThreeWay",
    "CreateUnreferencedMergeCommit",
];

/// What CloudTrail has of one repository.
#[derive(Default)]
pub(super) struct Trail {
    /// In the order of time.
    steps: BTreeMap<(Timestamp, String, usize), Step>,
    /// The merges of pull requests, by their ids.
    pub(super) merges: BTreeMap<String, Record>,
    /// The commits that CodeCommit made in these 90 days. What follows one was pushed later.
    pub(super) made: BTreeSet<String>,
    pub(super) objections: Vec<String>,
}

/// A branch that somebody moved.
struct Step {
    branch: String,
    after: String,
    is_merge: bool,
    by: Option<Author>,
}

impl Trail {
    fn add(&mut self, record: &Record, branch: &str, after: &str, is_merge: bool) {
        let step =
            Step { branch: branch.to_owned(), after: after.to_owned(), is_merge, by: record.by() };
        let key = (record.event_time, record.event_id.clone(), self.steps.len());
        self.steps.insert(key, step);
    }

    fn add_record(&mut self, record: &Record) {
        let name = record.event_name.as_str();
        if name == PUSH {
            for reference in record.references() {
                if let Some(branch) = reference.name.strip_prefix("refs/heads/")
                    && reference.commit.bytes().any(|digit| digit != b'0')
                {
                    self.add(record, branch, &reference.commit, false);
                }
            }
        } else if MERGES.contains(&name) {
            if let Some(id) = record.pull_request() {
                self.merges.insert(id.clone(), record.clone());
            }
        } else if let Some(commit) = record.made() {
            self.add(record, record.branch().map_or("", String::as_str), commit, false);
            self.made.insert(commit.clone());
        } else {
            let by = record.by().map_or_else(|| "somebody".to_owned(), |by| by.to_string());
            self.objections.push(format!(
                "{by} called {name}, and CloudTrail does not say which commit it made"
            ));
        }
    }

    /// Adds the merge of a pull request.
    pub(super) fn add_merge(&mut self, record: &Record, branch: &str, after: &str) {
        let is_by_codecommit = !record.has_choices();
        self.add(record, branch, after, is_by_codecommit);
        // A fast-forward makes no commit.
        if is_by_codecommit && record.event_name != "MergePullRequestByFastForward" {
            self.made.insert(after.to_owned());
        }
    }

    /// The moves of all branches. CloudTrail does not say where a branch was before: it was where
    /// the move before left it.
    pub(super) fn moves(&self, history: &History) -> Vec<(Timestamp, Move)> {
        let mut at: BTreeMap<&str, &str> = BTreeMap::new();
        let mut moves = Vec::new();
        for ((time, _, _), step) in &self.steps {
            let before = at.insert(&step.branch, &step.after);
            let is_push = before.is_none_or(|before| history.reaches(&step.after, before));
            let kind = match (step.is_merge, is_push) {
                (true, _) => MoveKind::Merge,
                (false, true) => MoveKind::Push,
                (false, false) => MoveKind::ForcePush,
            };
            let step = Move {
                branch: step.branch.clone(),
                before: before.map(str::to_owned),
                after: step.after.clone(),
                kind,
                by: step.by.clone(),
            };
            moves.push((*time, step));
        }
        moves
    }
}

impl Source<'_> {
    /// Reads everything that CloudTrail has of the repository.
    pub(super) async fn trail(&self) -> Result<Trail, ForgeError> {
        let mut trail = Trail::default();
        for name in [PUSH].iter().chain(&MERGES).chain(&COMMITS) {
            let mut token: Option<String> = None;
            for page in 0.. {
                if page == PAGES {
                    trail
                        .objections
                        .push(format!("CloudTrail has more {name} events than we read"));
                    break;
                }
                let mut input = json!({
                    "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}],
                    "MaxResults": 50,
                });
                if let (Some(token), Some(input)) = (&token, input.as_object_mut()) {
                    input.insert("NextToken".to_owned(), json!(token));
                }
                let found: Found = self.look_up(&input).await?;
                for event in &found.events {
                    let record = event.record()?;
                    if record.is_of(&self.repository) {
                        trail.add_record(&record);
                    }
                }
                token = found.next_token;
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(trail)
    }
}
