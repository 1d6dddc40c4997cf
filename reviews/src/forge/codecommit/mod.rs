//! CodeCommit, by its API and by CloudTrail's event history.
//!
//! | file | purpose |
//! |---|---|
//! | `wire` | the JSON of both |
//! | `walk` | the commits between base and head |
//! | `trail` | how branches moved: CloudTrail, which keeps 90 days |
//! | `pulls` | the pull requests, and their approvals |
//! | `people` | the people behind principals of AWS, by the rule |
//!
//! Its users are principals of AWS. It cannot tell anybody by the e-mail of a commit.

mod people;
mod pulls;
mod trail;
mod walk;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use facts::aws::Signed;
use facts::{Budget, CallError, Operation};
use rule::{Account, Rule};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Forge, ForgeError, Range};
use crate::consensus::Consensus;
use crate::history::{Commit, History, MoveKind};
use crate::judge::{Gaps, judge};

use people::People;
use wire::RepositoryReply;

const LOOKUP_EVENTS: Operation = Operation::of("cloudtrail", "LookupEvents");

/// CodeCommit in one account and region.
#[derive(Debug)]
pub struct CodeCommit {
    codecommit: Signed,
    cloudtrail: Signed,
    budget: Budget,
    rule: Rule,
    account: Account,
}

/// The repository that is read.
struct Source<'a> {
    forge: &'a CodeCommit,
    repository: String,
}

impl CodeCommit {
    /// CodeCommit and CloudTrail, with requests that are signed for these services. The rule tells
    /// which principals of the account are the same human. Reading ends with the budget.
    #[must_use]
    pub fn new(
        codecommit: Signed,
        cloudtrail: Signed,
        rule: Rule,
        account: Account,
        budget: Budget,
    ) -> Self {
        Self { codecommit, cloudtrail, budget, rule, account }
    }
}

impl Forge for CodeCommit {
    async fn consensus(&self, range: &Range) -> Result<Consensus, ForgeError> {
        let Range { repository, base, head, .. } = range;
        let source = Source { forge: self, repository: repository.clone() };
        let input = serde_json::json!({"repositoryName": repository});
        let found: Option<RepositoryReply> = source.ask("GetRepository", &input).await?;
        let Some(found) = found else {
            let problem = format!("CodeCommit has no repository {repository} in this region");
            return Err(ForgeError::Malformed(problem));
        };
        if base == head {
            return Ok(Consensus::default());
        }
        let lost = |why| Ok(Consensus { objections: vec![why], ..Consensus::default() });
        let Some(walk) = source.between(base, head, &BTreeMap::new()).await? else {
            return lost(format!(
                "{repository} lost {base} or {head}, or has more commits between them than we read"
            ));
        };
        if !walk.has_base {
            return lost(format!(
                "{head} does not follow the last satisfied release, {base}: somebody force-pushed \
                 to {repository}, or an older commit is released"
            ));
        }
        let with_parents = |(id, parents)| (id, Commit { parents, ..Commit::default() });
        let commits: BTreeMap<String, Commit> =
            walk.commits.into_iter().map(with_parents).collect();
        let branch = range.branch.clone().or(found.repository_metadata.default_branch);
        let mut history = History {
            branch: branch.unwrap_or_default(),
            base: base.clone(),
            head: head.clone(),
            count: commits.len(),
            commits,
            has_no_emails: true,
            ..History::default()
        };
        source.complete(&mut history).await?;
        let people = People::name(&self.rule, &self.account, &mut history)?;
        let mut found = judge(&history, range.required);
        people.complete(&mut found);
        Ok(found)
    }
}

impl Source<'_> {
    /// Adds to the commits everything that explains them.
    async fn complete(&self, history: &mut History) -> Result<(), ForgeError> {
        let mut trail = self.trail().await?;
        let pulls = self.pulls(&mut trail, history).await?;
        let mut steps = Vec::new();
        let mut read = BTreeSet::new();
        // Each round may find a branch of a branch.
        loop {
            let mut moves = trail.moves(history);
            moves.extend(steps.iter().cloned());
            moves.sort_by_key(|(at, _)| *at);
            history.moves = moves.into_iter().map(|(_, step)| step).collect();
            let fresh: Vec<usize> =
                Gaps::of(history).changes.into_iter().filter(|ix| read.insert(*ix)).collect();
            if fresh.is_empty() {
                break;
            }
            steps.extend(self.read_changes(history, &pulls, &fresh).await?);
            for (_, step) in &mut steps {
                let before = step.before.as_deref();
                if before.is_none_or(|before| history.reaches(&step.after, before)) {
                    step.kind = MoveKind::Push;
                }
            }
        }
        history.objections.append(&mut trail.objections);
        history.objections.extend(too_old(history, &trail.made));
        Ok(())
    }

    /// Asks CodeCommit. `None` if it says that what is asked for does not exist.
    async fn ask<T: DeserializeOwned>(
        &self,
        name: &'static str,
        input: &Value,
    ) -> Result<Option<T>, ForgeError> {
        let operation = Operation::of("codecommit", name);
        let target = format!("CodeCommit_20150413.{name}");
        let forge = self.forge;
        let input = input.to_string();
        let read = || forge.codecommit.post_json(operation, &target, &input);
        match forge.budget.call(operation, read).await {
            Ok(body) => parse(&body, operation).map(Some),
            Err(CallError::Refused { code, .. }) if code.ends_with("DoesNotExistException") => {
                Ok(None)
            }
            Err(problem) => Err(error(problem)),
        }
    }

    /// Asks CloudTrail.
    async fn look_up<T: DeserializeOwned>(&self, input: &Value) -> Result<T, ForgeError> {
        let target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
        let forge = self.forge;
        let input = input.to_string();
        let read = || forge.cloudtrail.post_json(LOOKUP_EVENTS, target, &input);
        let body = forge.budget.call(LOOKUP_EVENTS, read).await.map_err(error)?;
        parse(&body, LOOKUP_EVENTS)
    }
}

fn parse<T: DeserializeOwned>(body: &str, operation: Operation) -> Result<T, ForgeError> {
    serde_json::from_str(body).map_err(|problem| {
        ForgeError::Malformed(format!("the reply to {operation} makes no sense: {problem}"))
    })
}

fn error(problem: CallError) -> ForgeError {
    let message = problem.to_string();
    match problem {
        CallError::AccessDenied { operation, .. } => {
            ForgeError::Denied(format!("{message}; allow {}", operation.iam_action()))
        }
        CallError::Transient { .. } | CallError::NotSent { .. } => ForgeError::Unavailable(message),
        CallError::Refused { .. } | CallError::Malformed { .. } => ForgeError::Malformed(message),
    }
}

/// Says which commits may have been pushed before CloudTrail's 90 days.
///
/// INVARIANT (fail closed): CloudTrail does not say that a push is the first one of a commit. A
/// commit that follows one that CodeCommit made in these days was pushed later, so that CloudTrail
/// has it. Of any other, somebody may have pushed it before.
fn too_old(history: &History, made: &BTreeSet<String>) -> Option<String> {
    let replaced = history.changes.iter().flat_map(|change| &change.replaced);
    let commits: BTreeMap<&String, &Commit> = history.commits.iter().chain(replaced).collect();
    let mut young: BTreeSet<&String> = made.iter().collect();
    loop {
        let follows = |commit: &Commit| commit.parents.iter().any(|parent| young.contains(parent));
        let more: Vec<&String> = commits
            .iter()
            .filter(|(id, commit)| !young.contains(*id) && follows(commit))
            .map(|(id, _)| *id)
            .collect();
        if more.is_empty() {
            break;
        }
        young.extend(more);
    }
    let old: Vec<&String> = commits.into_keys().filter(|id| !young.contains(id)).collect();
    let first = old.first()?;
    let first = first.get(..7).unwrap_or(first);
    let and = match old.len() - 1 {
        0 => String::new(),
        others => format!(" (and {others} more)"),
    };
    Some(format!(
        "nobody can tell whether somebody pushed {first}{and} before CloudTrail's 90 days: it \
         follows no commit that CodeCommit made in them by merging a pull request"
    ))
}
