//! The past executions of a pipeline, as ListPipelineExecutions shows them.

use std::future::Future;

use jiff::Timestamp;

use crate::call::CallError;

/// The list of executions.
pub trait Executions {
    /// ListPipelineExecutions: one page, newest first, at most `count` of them and 100. Without a
    /// token, the first. One request, without retries.
    fn executions(
        &self,
        pipeline: &str,
        count: i32,
        token: Option<&str>,
    ) -> impl Future<Output = Result<ListedPage, CallError>>;
}

/// One page of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedPage {
    /// The executions on this page.
    pub executions: Vec<Listed>,
    /// The token of the next page, if there is one.
    pub next_token: Option<String>,
}

/// An execution in the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// `pipelineExecutionId`.
    pub id: String,
    /// `status`, as AWS writes it: `Succeeded`.
    pub status: Option<String>,
    /// When it was started.
    pub started: Option<Timestamp>,
    /// When its status last changed.
    pub updated: Option<Timestamp>,
    /// `sourceRevisions`.
    pub revisions: Vec<ListedRevision>,
    /// `triggerType` and `triggerDetail`.
    pub trigger: (Option<String>, Option<String>),
    /// `executionMode`.
    pub mode: Option<String>,
    /// `executionType`: `ROLLBACK`, and for other executions nothing (recorded from the real
    /// service) or `STANDARD` (API model).
    pub kind: Option<String>,
    /// The execution that a rollback went back to: `rollbackTargetPipelineExecutionId`.
    pub rollback_target: Option<String>,
    /// The reason that a person gave for stopping it.
    pub stop_reason: Option<String>,
}

/// One of the revisions that an execution releases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedRevision {
    /// The Source action.
    pub action: String,
    /// `revisionId`.
    pub id: Option<String>,
    /// `revisionSummary`.
    pub summary: Option<String>,
    /// `revisionUrl`.
    pub url: Option<String>,
}
