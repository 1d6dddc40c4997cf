//! The starts of executions, and the revisions of their sources.

use std::collections::BTreeMap;

use names::Arn;
use serde::Serialize;

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
    /// What the sources must deliver, by the name of their actions.
    pub revisions: BTreeMap<String, Wanted>,
}

/// What a source must deliver, in place of what it would find.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// A commit, a version of an object, or a digest of an image.
    Revision(String),
    /// The newest version of the object with this key.
    ObjectKey(String),
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
}
