//! GitLab's JSON, as far as it is read, and what it means in our words.
//!
//! Source: "REST API resources" in GitLab's documentation.

use jiff::Timestamp;
use names::ForgeUser;
use serde::Deserialize;

use crate::consensus::Author;
use crate::history::Commit;

/// The user that GitLab puts in the place of deleted ones ("Deleting users, associated records").
const GHOST: &str = "Ghost User";
/// The least access of a user who may push and approve: a developer ("Members API").
const DEVELOPER: u64 = 30;

/// A user, as most replies show one.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct User {
    id: u64,
    username: String,
    #[serde(default)]
    name: String,
    /// Only of users who show it, and for administrators.
    public_email: Option<String>,
}

impl User {
    /// The user. `None` if the account was deleted.
    pub(super) fn author(&self) -> Option<Author> {
        let is_gone = self.name == GHOST || self.username == "ghost";
        (!is_gone).then(|| author(self.id, &self.username)).flatten()
    }

    pub(super) fn has_email(&self, email: &str) -> bool {
        self.public_email.as_ref().is_some_and(|public| public.eq_ignore_ascii_case(email))
    }
}

/// The user with this number and name.
pub(super) fn author(id: u64, username: &str) -> Option<Author> {
    ForgeUser::new(names::Forge::GitLab, username, Some(id)).ok().map(Author::User)
}

fn user(user: Option<&User>) -> Option<Author> {
    user.and_then(User::author)
}

/// "Get a single user": what only that reply has.
#[derive(Deserialize)]
pub(super) struct Account {
    #[serde(default)]
    pub(super) bot: bool,
}

/// "Get a member of a group or project, including inherited and invited members"
#[derive(Deserialize)]
pub(super) struct Member {
    access_level: u64,
}

impl Member {
    pub(super) fn may_push(&self) -> bool {
        self.access_level >= DEVELOPER
    }
}

/// "Get a single project"
#[derive(Deserialize)]
pub(super) struct Project {
    pub(super) id: u64,
    pub(super) path_with_namespace: String,
    pub(super) default_branch: Option<String>,
}

/// "List repository commits"
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CommitItem {
    pub(super) id: String,
    #[serde(default)]
    parent_ids: Vec<String>,
    #[serde(default)]
    pub(super) author_email: String,
    #[serde(default)]
    pub(super) committer_email: String,
}

impl CommitItem {
    /// The commit, still without its people.
    pub(super) fn fact(&self) -> Commit {
        Commit { parents: self.parent_ids.clone(), ..Commit::default() }
    }
}

/// "Get signature of a commit"
#[derive(Deserialize)]
pub(super) struct Signature {
    verification_status: String,
}

impl Signature {
    /// Whether it is GitLab's own: of a commit that somebody made in the browser.
    pub(super) fn is_of_gitlab(&self) -> bool {
        self.verification_status == "verified_system"
    }
}

/// "List all visible events for a project", of the action `pushed`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Event {
    pub(super) id: u64,
    pub(super) created_at: Timestamp,
    author: Option<User>,
    push_data: Option<PushData>,
}

#[derive(Clone, Debug, Deserialize)]
struct PushData {
    action: String,
    ref_type: String,
    commit_from: Option<String>,
    commit_to: Option<String>,
    /// `None` if one push moved many branches: GitLab then names none of them.
    #[serde(rename = "ref")]
    branch: Option<String>,
}

/// A push to a branch.
#[derive(Clone, Debug)]
pub(super) struct Push {
    pub(super) branch: String,
    pub(super) before: Option<String>,
    pub(super) after: String,
    pub(super) by: Option<Author>,
}

impl Event {
    /// The push. `None` if it moved no branch, or does not say which.
    pub(super) fn push(&self, branch: impl Fn(&str) -> String) -> Option<Push> {
        let data = self.push_data.as_ref().filter(|data| data.ref_type == "branch")?;
        if data.action == "removed" {
            return None;
        }
        Some(Push {
            branch: branch(data.branch.as_ref()?),
            before: data.commit_from.clone(),
            after: data.commit_to.clone()?,
            by: user(self.author.as_ref()),
        })
    }
}

/// "List project merge requests"
#[derive(Clone, Debug, Deserialize)]
pub(super) struct MergeRequest {
    pub(super) iid: u64,
    sha: Option<String>,
    merge_commit_sha: Option<String>,
    pub(super) squash_commit_sha: Option<String>,
    author: Option<User>,
    /// Since GitLab 14.7.
    merge_user: Option<User>,
    pub(super) source_branch: String,
    pub(super) target_branch: String,
    /// `None` if the fork is gone.
    pub(super) source_project_id: Option<u64>,
    pub(super) updated_at: Timestamp,
}

impl MergeRequest {
    pub(super) fn opened_by(&self) -> Option<Author> {
        user(self.author.as_ref())
    }

    pub(super) fn merged_by(&self) -> Option<Author> {
        user(self.merge_user.as_ref())
    }

    /// The last commit of its source branch.
    pub(super) fn head(&self) -> Option<&String> {
        self.sha.as_ref()
    }

    /// The commit on the target branch: a merge, a squashed commit, or its own last one if the
    /// branch was fast-forwarded.
    pub(super) fn merged_as(&self) -> Option<&String> {
        self.merge_commit_sha.as_ref().or(self.squash_commit_sha.as_ref()).or(self.sha.as_ref())
    }
}

/// "List project merge request state events"
#[derive(Deserialize)]
pub(super) struct StateEvent {
    state: String,
    /// The commit that somebody pushed if the merge request was merged by hand: GitLab finds its
    /// commits in a push to the target branch, and says that it is merged. Since GitLab 13.4.
    source_commit: Option<String>,
    /// The merge request that had the commits of this one.
    source_merge_request_id: Option<u64>,
}

impl StateEvent {
    pub(super) fn is_merge(&self) -> bool {
        self.state == "merged"
    }

    /// Whether GitLab made the merge, for a user who asked for it.
    pub(super) fn is_by_gitlab(&self) -> bool {
        self.source_commit.is_none() && self.source_merge_request_id.is_none()
    }
}

/// "Get merge request diff versions"
#[derive(Deserialize)]
pub(super) struct Version {
    pub(super) head_commit_sha: String,
    pub(super) created_at: Timestamp,
}

/// "Get the approval state of a merge request"
#[derive(Deserialize)]
pub(super) struct Approvals {
    pub(super) approved_by: Vec<Approval>,
}

#[derive(Deserialize)]
pub(super) struct Approval {
    pub(super) user: Option<User>,
    /// Since GitLab 18.
    pub(super) approved_at: Option<Timestamp>,
}

/// A reply of the GraphQL API to [`AUTHORS`].
#[derive(Default, Deserialize)]
pub(super) struct Answer {
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    project: Option<InProject>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InProject {
    merge_request: Option<InMergeRequest>,
}

#[derive(Deserialize)]
struct InMergeRequest {
    commits: Option<Connection>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Connection {
    pub(super) nodes: Vec<Node>,
    pub(super) page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    pub(super) has_next_page: bool,
    pub(super) end_cursor: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Node {
    pub(super) sha: String,
    author: Option<NodeUser>,
}

#[derive(Deserialize)]
struct NodeUser {
    /// `gid://gitlab/User/7`
    id: String,
    username: String,
}

/// Asks who has the e-mails of a merge request's commits. The REST API does not tell.
pub(super) const AUTHORS: &str = "query($path: ID!, $iid: String!, $after: String) { \
    project(fullPath: $path) { mergeRequest(iid: $iid) { commits(first: 100, after: $after) { \
    pageInfo { hasNextPage endCursor } nodes { sha author { id username } } } } } }";

impl Answer {
    pub(super) fn commits(self) -> Option<Connection> {
        self.data?.project?.merge_request?.commits
    }
}

impl Node {
    pub(super) fn author(&self) -> Option<Author> {
        let user = self.author.as_ref()?;
        let id = user.id.rsplit('/').next()?.parse().ok()?;
        author(id, &user.username)
    }
}
