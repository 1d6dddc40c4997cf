//! What starts an execution, and what its sources give it.

use std::collections::BTreeMap;

use serde::Serialize;

/// What an execution was started with.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// What started it.
    pub trigger: Trigger,
    /// The principal that did.
    pub caller: String,
    /// Makes a repeated request find the execution that the first one started.
    pub request_token: Option<String>,
    /// Values of the pipeline's variables.
    pub variables: BTreeMap<String, String>,
    /// Revisions by the name of the source action, instead of made-up ones.
    pub revisions: BTreeMap<String, String>,
}

/// What starts an execution.
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
        if caller.split(':').nth(2) == Some("events") {
            Self::CloudWatchEvent
        } else {
            Self::StartPipelineExecution
        }
    }
}

/// What a source action has given.
#[derive(Debug, Clone)]
pub struct SourceRevision {
    /// The name of the action.
    pub action: String,
    /// The names of its artifacts.
    pub artifacts: Vec<String>,
    /// The revision.
    pub id: String,
    /// What the source says of it.
    pub summary: Option<String>,
}
