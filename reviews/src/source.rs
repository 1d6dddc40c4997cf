//! What the Source actions of an execution delivered, and where they took it from.

use std::collections::BTreeSet;

use facts::HistoryEntry;
use names::{Arn, shown};
use rule::{ActionKind, Status};
use serde::Deserialize;

/// A forge that a Source action takes commits from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// GitHub in the cloud.
    GitHub,
    /// GitHub Enterprise Server.
    GitHubServer,
    /// GitLab in the cloud.
    GitLab,
    /// A self-managed GitLab.
    GitLabServer,
    /// CodeCommit in the pipeline's account and region.
    CodeCommit,
}

/// A branch of a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) host: Host,
    /// As the forge names it: `acme/shop`.
    pub(crate) repository: String,
    /// If the action says which.
    pub(crate) branch: Option<String>,
}

/// A revision that a Source action delivered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Delivered {
    /// The Source action, for messages.
    pub(crate) action: String,
    pub(crate) revision: String,
    /// Where it comes from, or why no forge can show that: a sentence without a full stop.
    pub(crate) place: Result<Place, String>,
}

/// The summary of a revision that came through a connection (CodePipeline User Guide,
/// "CodeStarSourceConnection").
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    provider_type: String,
}

impl Place {
    /// Whether both are branches of one repository. Forges compare names without case.
    pub(crate) fn is_of_repository(&self, other: &Self) -> bool {
        self.host == other.host && self.repository.eq_ignore_ascii_case(&other.repository)
    }
}

/// What the Source actions delivered. `revisions` are those of their newest attempts, and `account`
/// is the pipeline's.
pub(crate) fn delivered(
    account: &str,
    history: &[HistoryEntry],
    revisions: &BTreeSet<String>,
) -> BTreeSet<Delivered> {
    let delivered = |entry: &HistoryEntry| {
        let attempt = &entry.attempt;
        let is_source = attempt.kind == ActionKind::Source && attempt.status == Status::Succeeded;
        let revision = attempt.revision.clone().filter(|it| is_source && revisions.contains(it))?;
        let action = shown(attempt.action.as_deref().unwrap_or("an action"));
        let place = place(account, entry)
            .map_err(|problem| format!("the Source action {action} {problem}"));
        Some(Delivered { action, revision, place })
    };
    history.iter().filter_map(delivered).collect()
}

/// The branch that a Source action follows. `Err` continues a sentence that begins with the action.
fn place(account: &str, entry: &HistoryEntry) -> Result<Place, String> {
    let set = |name: &str| entry.ran.source.get(name).filter(|value| !value.is_empty()).cloned();
    let missing =
        |name: &str| format!("does not say which repository it takes from: `{name}` is missing");
    let type_id = entry.ran.type_id.as_ref().map(|[_, owner, provider]| (&**owner, &**provider));
    let (host, repository, branch) = match type_id {
        Some(("AWS", "CodeStarSourceConnection")) => {
            let name = "FullRepositoryId";
            let repository = set(name).ok_or_else(|| missing(name))?;
            let shown_by_output = entry.outputs.get("FullRepositoryName");
            if shown_by_output.is_some_and(|it| !it.eq_ignore_ascii_case(&repository)) {
                return Err("names two repositories".to_owned());
            }
            (
                connected(entry)?,
                repository,
                entry.outputs.get("BranchName").cloned().or(set("BranchName")),
            )
        }
        Some(("AWS", "CodeCommit")) => {
            // The action's role decides whose repository it is.
            let role = entry.ran.role.as_deref().and_then(Arn::parse);
            if entry.ran.role.is_some() && role.is_none_or(|role| role.account != account) {
                return Err("takes from CodeCommit of another account".to_owned());
            }
            let name = "RepositoryName";
            let repository = set(name).ok_or_else(|| missing(name))?;
            (Host::CodeCommit, repository, set("BranchName"))
        }
        Some(("ThirdParty", "GitHub")) => {
            let owner = set("Owner").ok_or_else(|| missing("Owner"))?;
            let repository = set("Repo").ok_or_else(|| missing("Repo"))?;
            (Host::GitHub, format!("{owner}/{repository}"), set("Branch"))
        }
        Some((_, provider)) => {
            return Err(format!("takes from {}, which no forge shows", shown(provider)));
        }
        None => return Err("has no type".to_owned()),
    };
    Ok(Place { host, repository, branch })
}

/// The forge at the other end of a connection.
fn connected(entry: &HistoryEntry) -> Result<Host, String> {
    let summary = entry.attempt.comment.as_deref().unwrap_or_default();
    let provider = match serde_json::from_str::<Summary>(summary) {
        Ok(Summary { provider_type }) => Some(provider_type),
        // A long commit message may be cut. What comes before it is not the author's to write.
        Err(_) => summary
            .strip_prefix(r#"{"ProviderType":""#)
            .and_then(|rest| rest.split_once('"'))
            .map(|(provider, _)| provider.to_owned()),
    };
    let unknown = || "does not say what its connection leads to".to_owned();
    match provider.ok_or_else(unknown)?.as_str() {
        "GitHub" => Ok(Host::GitHub),
        "GitHubEnterpriseServer" => Ok(Host::GitHubServer),
        "GitLab" => Ok(Host::GitLab),
        "GitLabSelfManaged" => Ok(Host::GitLabServer),
        other => Err(format!("takes from {}, which cannot be read", shown(other))),
    }
}
