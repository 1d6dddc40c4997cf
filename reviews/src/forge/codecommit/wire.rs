//! The JSON of CodeCommit and CloudTrail, as far as it is read.
//!
//! Source: the API models `codecommit/2015-04-13` and `cloudtrail/2013-11-01`. The records of
//! CloudTrail are from "Logging CodeCommit API calls with CloudTrail" and have what the API has.

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::consensus::Author;
use crate::forge::ForgeError;
use crate::history::Answer;

/// `BatchGetCommitsOutput`
#[derive(Deserialize)]
pub(super) struct Commits {
    #[serde(default)]
    pub(super) commits: Vec<CommitItem>,
}

/// `Commit`. The names and e-mails in it belong to nobody that AWS knows.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommitItem {
    pub(super) commit_id: String,
    #[serde(default)]
    pub(super) parents: Vec<String>,
}

/// `GetRepositoryOutput`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RepositoryReply {
    pub(super) repository_metadata: Repository,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Repository {
    pub(super) default_branch: Option<String>,
}

/// `GetPullRequestOutput`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PullReply {
    pub(super) pull_request: Pull,
}

/// `PullRequest`
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pull {
    pub(super) pull_request_id: String,
    pub(super) author_arn: Option<String>,
    pub(super) revision_id: Option<String>,
    #[serde(default)]
    pub(super) pull_request_targets: Vec<Target>,
}

/// `PullRequestTarget`
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    pub(super) repository_name: String,
    pub(super) source_reference: String,
    pub(super) destination_reference: String,
    pub(super) source_commit: String,
    merge_metadata: Option<MergeMetadata>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MergeMetadata {
    #[serde(default)]
    is_merged: bool,
    merge_commit_id: Option<String>,
    merge_option: Option<String>,
}

/// `GetMergeConflictsOutput`
#[derive(Deserialize)]
pub(super) struct Conflicts {
    /// Whether there are none.
    pub(super) mergeable: bool,
}

impl Target {
    /// How it was merged: `SQUASH_MERGE`.
    pub(super) fn merge_option(&self) -> Option<&String> {
        self.merge_metadata.as_ref()?.merge_option.as_ref()
    }

    /// The commit that it was merged as. `None` if it was not merged.
    pub(super) fn merged_as(&self) -> Option<&String> {
        let merge = self.merge_metadata.as_ref().filter(|merge| merge.is_merged)?;
        merge.merge_commit_id.as_ref()
    }
}

/// `GetPullRequestApprovalStatesOutput`
#[derive(Deserialize)]
pub(super) struct Approvals {
    #[serde(default)]
    pub(super) approvals: Vec<Approval>,
}

/// `Approval`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Approval {
    pub(super) user_arn: String,
    approval_state: String,
}

impl Approval {
    pub(super) fn answer(&self) -> Answer {
        match self.approval_state.as_str() {
            "APPROVE" => Answer::Approved,
            _ => Answer::NotApproved,
        }
    }
}

/// `GetPullRequestOverrideStateOutput`
#[derive(Deserialize)]
pub(super) struct Override {
    pub(super) overridden: Option<bool>,
    pub(super) overrider: Option<String>,
}

/// `DescribePullRequestEventsOutput`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PullEvents {
    #[serde(default)]
    pub(super) pull_request_events: Vec<PullEvent>,
    pub(super) next_token: Option<String>,
}

/// `PullRequestEvent`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PullEvent {
    #[serde(rename = "eventDate", deserialize_with = "time")]
    pub(super) at: Timestamp,
    pull_request_event_type: String,
    pub(super) actor_arn: Option<String>,
    #[serde(rename = "pullRequestSourceReferenceUpdatedEventMetadata")]
    update: Option<Update>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Update {
    pub(super) before_commit_id: String,
    pub(super) after_commit_id: String,
}

impl PullEvent {
    pub(super) fn is_creation(&self) -> bool {
        self.pull_request_event_type == "PULL_REQUEST_CREATED"
    }

    pub(super) fn is_merge(&self) -> bool {
        self.pull_request_event_type == "PULL_REQUEST_MERGE_STATE_CHANGED"
    }

    /// The push to its source branch.
    pub(super) fn update(&self) -> Option<&Update> {
        self.update.as_ref()
    }
}

/// `LookupEventsResponse`
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Found {
    #[serde(default)]
    pub(super) events: Vec<Event>,
    pub(super) next_token: Option<String>,
}

/// `Event`
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Event {
    /// A record, as JSON text.
    cloud_trail_event: String,
}

impl Event {
    /// The record. One that we cannot read may name a pusher, so that it is an error.
    pub(super) fn record(&self) -> Result<Record, ForgeError> {
        serde_json::from_str(&self.cloud_trail_event).map_err(|problem| {
            ForgeError::Malformed(format!("a record of CloudTrail makes no sense: {problem}"))
        })
    }
}

/// A record of CloudTrail.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    #[serde(rename = "eventID")]
    pub(super) event_id: String,
    pub(super) event_name: String,
    pub(super) event_time: Timestamp,
    error_code: Option<String>,
    user_identity: Option<Identity>,
    request_parameters: Option<Parameters>,
    response_elements: Option<Elements>,
    additional_event_data: Option<Additional>,
}

#[derive(Clone, Deserialize)]
struct Identity {
    arn: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    repository_name: Option<String>,
    branch_name: Option<String>,
    target_branch: Option<String>,
    pull_request_id: Option<String>,
    /// Of a push. An entry of the API's own calls has none.
    #[serde(default)]
    references: Vec<Reference>,
    conflict_resolution: Option<serde_json::Value>,
    conflict_resolution_strategy: Option<String>,
}

#[derive(Clone, Deserialize)]
pub(super) struct Reference {
    pub(super) commit: String,
    #[serde(rename = "ref")]
    pub(super) name: String,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Elements {
    commit_id: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Additional {
    repository_name: Option<String>,
}

impl Record {
    /// Whether it is about something that was done in this repository.
    pub(super) fn is_of(&self, repository: &str) -> bool {
        let additional = self.additional_event_data.as_ref();
        let name = self
            .request_parameters
            .as_ref()
            .and_then(|parameters| parameters.repository_name.as_ref())
            .or_else(|| additional.and_then(|data| data.repository_name.as_ref()));
        self.error_code.is_none() && name.is_some_and(|name| name == repository)
    }

    pub(super) fn by(&self) -> Option<Author> {
        self.user_identity.as_ref()?.arn.clone().map(Author::Principal)
    }

    /// What a push moved.
    pub(super) fn references(&self) -> &[Reference] {
        self.request_parameters.as_ref().map_or(&[], |parameters| &parameters.references)
    }

    /// The pull request that a call merged.
    pub(super) fn pull_request(&self) -> Option<&String> {
        self.request_parameters.as_ref()?.pull_request_id.as_ref()
    }

    /// Whether the user who merged could choose what the result contains.
    pub(super) fn has_choices(&self) -> bool {
        self.request_parameters.as_ref().is_none_or(|parameters| {
            let strategy = parameters.conflict_resolution_strategy.as_deref();
            parameters.conflict_resolution.is_some() || strategy.is_some_and(|name| name != "NONE")
        })
    }

    /// The branch that a call of the API moved. It can be none.
    pub(super) fn branch(&self) -> Option<&String> {
        let parameters = self.request_parameters.as_ref()?;
        parameters.branch_name.as_ref().or(parameters.target_branch.as_ref())
    }

    /// The commit that a call of the API made.
    pub(super) fn made(&self) -> Option<&String> {
        self.response_elements.as_ref()?.commit_id.as_ref()
    }
}

/// A time that AWS's JSON gives as a number of seconds since 1970.
fn time<'de, D: Deserializer<'de>>(json: D) -> Result<Timestamp, D::Error> {
    let seconds = f64::deserialize(json)?;
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of any year fit")]
    Timestamp::from_millisecond((seconds * 1000.0) as i64).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_date_that_is_no_time_is_an_error() {
        let read = |date: f64| {
            let event = json!({"eventDate": date, "pullRequestEventType": "PULL_REQUEST_CREATED"});
            serde_json::from_value::<PullEvent>(event).map(|event| event.at)
        };
        assert_eq!(read(1_577_836_801.5).unwrap().as_millisecond(), 1_577_836_801_500);
        assert!(read(1e300).is_err() && read(-1e300).is_err());
    }
}
