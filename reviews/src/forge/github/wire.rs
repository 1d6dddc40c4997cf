//! GitHub's JSON, as far as it is read, and what it means in our words.
//!
//! Source: GitHub's OpenAPI description of its REST API, version 2022-11-28.

use names::ForgeUser;
use serde::Deserialize;

use crate::consensus::Author;
use crate::history::{Answer, Commit, Move, MoveKind};

/// The account that GitHub's own commits name as their committer.
const WEB_FLOW: &str = "web-flow";
/// The app that makes the branches of merge queues.
const MERGE_QUEUE: &str = "github-merge-queue[bot]";

/// `simple-user`. GitHub also sends `null` or `{}` if the e-mail of a commit belongs to nobody, or
/// the account was deleted.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Account {
    pub(super) login: Option<String>,
    pub(super) id: Option<u64>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Account {
    /// The user. `None` if it is none that could be named.
    pub(super) fn user(&self) -> Option<Author> {
        let (login, id) = (self.login.as_ref()?, self.id?);
        // Deleted accounts are replaced by this one (GitHub Docs, "Deleting your personal
        // account"). It may have been anybody.
        if login.eq_ignore_ascii_case("ghost") {
            return None;
        }
        ForgeUser::new(names::Forge::GitHub, login, Some(id)).ok().map(Author::User)
    }

    /// Whether it is a human's account. Machines may have one too.
    pub(super) fn is_person(&self) -> bool {
        self.kind.as_deref() == Some("User")
    }

    fn is(&self, login: &str) -> bool {
        self.login.as_deref() == Some(login)
    }
}

fn user(account: Option<&Account>) -> Option<Author> {
    account.and_then(Account::user)
}

/// `full-repository`
#[derive(Deserialize)]
pub(super) struct Repository {
    pub(super) full_name: String,
    pub(super) default_branch: String,
}

/// `commit-comparison`
#[derive(Deserialize)]
pub(super) struct Comparison {
    pub(super) status: String,
    pub(super) total_commits: usize,
    pub(super) commits: Vec<CommitItem>,
}

/// `commit`
#[derive(Deserialize)]
pub(super) struct CommitItem {
    pub(super) sha: String,
    commit: CommitText,
    author: Option<Account>,
    committer: Option<Account>,
    parents: Vec<Parent>,
}

#[derive(Deserialize)]
struct CommitText {
    message: String,
    verification: Option<Verification>,
}

#[derive(Deserialize)]
struct Verification {
    verified: bool,
}

#[derive(Deserialize)]
struct Parent {
    sha: String,
}

impl CommitItem {
    pub(super) fn into_fact(self) -> (String, Commit) {
        let is_verified = self.commit.verification.is_some_and(|found| found.verified);
        // A signature is verified only if its key belongs to the committer.
        let is_web_flow = self.committer.as_ref().is_some_and(|account| account.is(WEB_FLOW));
        let commit = Commit {
            parents: self.parents.into_iter().map(|parent| parent.sha).collect(),
            author: user(self.author.as_ref()),
            committer: user(self.committer.as_ref()),
            co_authors: self.commit.message.lines().filter_map(co_author).collect(),
            is_made_by_forge: is_verified && is_web_flow,
        };
        (self.sha, commit)
    }
}

/// The user in a trailer `Co-authored-by: Alice <583231+alice@users.noreply.github.com>`. Other
/// e-mails cannot be resolved.
fn co_author(line: &str) -> Option<Author> {
    let (key, value) = line.split_once(':')?;
    let (_, email) = value.trim().strip_suffix('>')?.rsplit_once('<')?;
    let (local, domain) = email.split_once('@')?;
    let (id, login) = local.split_once('+')?;
    let is_trailer =
        key.trim().eq_ignore_ascii_case("co-authored-by") && domain.starts_with("users.noreply.");
    let id = id.parse().ok().filter(|_| is_trailer)?;
    ForgeUser::new(names::Forge::GitHub, login, Some(id)).ok().map(Author::User)
}

/// `activity`
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Activity {
    pub(super) id: u64,
    pub(super) before: String,
    pub(super) after: String,
    #[serde(rename = "ref")]
    reference: String,
    pub(super) timestamp: String,
    activity_type: String,
    actor: Option<Account>,
}

impl Activity {
    /// The move of a branch. `None` if it removed the branch, or is a merge queue's own: its
    /// branches hold nothing but what GitHub merged on trial.
    pub(super) fn to_move(&self, repository: &str, home: &str) -> Option<Move> {
        let kind = match self.activity_type.as_str() {
            "branch_deletion" => return None,
            "push" | "branch_creation" => MoveKind::Push,
            "pr_merge" | "merge_queue_merge" => MoveKind::Merge,
            // A type that GitHub adds one day gets the strictest meaning.
            _ => MoveKind::ForcePush,
        };
        if kind != MoveKind::Merge && self.actor.as_ref().is_some_and(|by| by.is(MERGE_QUEUE)) {
            return None;
        }
        let name = self.reference.strip_prefix("refs/heads/").unwrap_or(&self.reference);
        Some(Move {
            branch: branch(repository, home, name),
            // Zeros if the branch was created.
            before: Some(self.before.clone())
                .filter(|before| before.bytes().any(|digit| digit != b'0')),
            after: self.after.clone(),
            kind,
            by: user(self.actor.as_ref()),
        })
    }
}

/// The name of a branch in the facts. `:` cannot be in the name of a branch.
pub(super) fn branch(repository: &str, home: &str, name: &str) -> String {
    match repository.eq_ignore_ascii_case(home) {
        true => name.to_owned(),
        false => format!("{repository}:{name}"),
    }
}

/// `pull-request-simple`
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Pull {
    pub(super) number: u64,
    user: Option<Account>,
    pub(super) head: Tip,
    pub(super) base: Tip,
    pub(super) merged_at: Option<String>,
    pub(super) merge_commit_sha: Option<String>,
    pub(super) updated_at: String,
}

impl Pull {
    pub(super) fn opened_by(&self) -> Option<Author> {
        user(self.user.as_ref())
    }
}

/// A branch of a pull request.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Tip {
    #[serde(rename = "ref")]
    pub(super) name: String,
    pub(super) sha: String,
    /// `None` if the fork is gone.
    pub(super) repo: Option<Fork>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Fork {
    pub(super) full_name: String,
}

/// `pull-request-review`
#[derive(Deserialize)]
pub(super) struct ReviewItem {
    pub(super) user: Option<Account>,
    state: String,
    pub(super) commit_id: Option<String>,
    /// `None` if it is not submitted yet.
    pub(super) submitted_at: Option<String>,
}

impl ReviewItem {
    /// The answer. `None` if it is a comment, or not submitted yet.
    pub(super) fn answer(&self) -> Option<Answer> {
        match self.state.as_str() {
            "APPROVED" => Some(Answer::Approved),
            "COMMENTED" | "PENDING" => None,
            _ => Some(Answer::NotApproved),
        }
    }
}

/// `issue-event-for-issue`
#[derive(Deserialize)]
pub(super) struct Event {
    event: String,
    pub(super) created_at: String,
}

impl Event {
    /// Whether somebody changed the branch that a pull request is to be merged into.
    pub(super) fn is_retargeting(&self) -> bool {
        self.event == "base_ref_changed"
    }
}

/// `repository-rule-detailed`
#[derive(Deserialize)]
pub(super) struct Rule {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
struct Parameters {
    dismiss_stale_reviews_on_push: Option<bool>,
    require_last_push_approval: Option<bool>,
}

impl Rule {
    /// Whether it is about reviews, and then whether it takes those of an older head.
    pub(super) fn takes_stale_reviews(&self) -> Option<bool> {
        let Parameters { dismiss_stale_reviews_on_push, require_last_push_approval } =
            self.parameters;
        (self.kind == "pull_request").then_some(
            dismiss_stale_reviews_on_push == Some(false)
                && require_last_push_approval == Some(false),
        )
    }
}

/// `rule-suites`
#[derive(Deserialize)]
pub(super) struct RuleSuite {
    pub(super) actor_id: Option<u64>,
    pub(super) actor_name: Option<String>,
    pub(super) after_sha: Option<String>,
    pub(super) result: Option<String>,
}

/// `repository-collaborator-permission`
#[derive(Deserialize)]
pub(super) struct Permission {
    permission: String,
    user: Option<Account>,
}

impl Permission {
    /// Whether this user, by its number, may write.
    pub(super) fn lets_write(&self, id: Option<u64>) -> bool {
        let is_same = self.user.as_ref().is_none_or(|user| user.id == id);
        is_same && matches!(self.permission.as_str(), "admin" | "write")
    }
}
