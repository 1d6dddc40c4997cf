//! The starts of executions, and the revisions of their sources.

use std::collections::BTreeMap;
use std::fmt;

use names::Arn;
use serde::{Deserialize, Serialize};

/// The details of a start.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// The cause.
    pub trigger: Trigger,
    /// The ARN of the principal.
    pub caller: String,
    /// Lets a repeated request find the execution that the first one started.
    pub request_token: Option<String>,
    /// Values of the pipeline's variables.
    pub variables: BTreeMap<String, String>,
    /// The revisions that sources must deliver in place of what they would find.
    pub revisions: Vec<SourceOverride>,
}

/// A revision that a source must deliver.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceOverride {
    /// The name of the source action.
    pub action_name: String,
    /// What the value is.
    pub revision_type: RevisionType,
    /// The revision, or the key of an object.
    pub revision_value: String,
}

/// The meaning of a revision, by its name in AWS's model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RevisionType {
    /// The id of a commit.
    CommitId,
    /// The digest of an image.
    ImageDigest,
    /// The version of an object.
    S3ObjectVersionId,
    /// The key of an object. Without a version, its newest one.
    S3ObjectKey,
}

impl fmt::Display for RevisionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The cause of a start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum Trigger {
    /// The creation of the pipeline.
    CreatePipeline,
    /// `StartPipelineExecution`.
    #[default]
    StartPipelineExecution,
    /// A rule of EventBridge.
    CloudWatchEvent,
    /// `RollbackStage`.
    ManualRollback,
}

impl Trigger {
    /// The trigger of a call of `StartPipelineExecution`: EventBridge makes such calls too, for its
    /// rules.
    #[must_use]
    pub fn from_caller(caller: &str) -> Self {
        if Arn::parse(caller).is_some_and(|arn| arn.service == "events") {
            Self::CloudWatchEvent
        } else {
            Self::StartPipelineExecution
        }
    }
}

/// The result of a source action.
#[derive(Debug, Clone)]
pub struct SourceRevision {
    /// The name of the action.
    pub action: String,
    /// The names of its artifacts.
    pub artifacts: Vec<String>,
    /// The revision.
    pub id: String,
    /// The source's description of it.
    pub summary: Option<String>,
    /// Where to look at it.
    pub url: Option<String>,
}
