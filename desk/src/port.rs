//! What the desk asks AWS in addition to the facts of an execution, in our own types.

use std::collections::BTreeMap;
use std::future::Future;

use evidence::history::{PipelineExecution, Revision};
use facts::{CallError, Operation};
use jiff::Timestamp;
use names::FunctionRef;
use rule::Initiator;
use signing::Answer;

use crate::open::OpenRun;
use crate::pipeline::Pipeline;

/// [`Aws::answer`]
pub(crate) const PUT_APPROVAL_RESULT: Operation = Operation::codepipeline("PutApprovalResult");
/// The start of an execution.
pub(crate) const START_PIPELINE_EXECUTION: Operation =
    Operation::codepipeline("StartPipelineExecution");

/// The calls. Each is one request, without retries or paging.
pub(crate) trait Aws {
    /// GetCallerIdentity: the principal that asks, as CodePipeline will record it.
    fn caller(&self) -> impl Future<Output = Result<String, CallError>>;

    /// ListPipelines: one page.
    fn pipelines(
        &self,
        token: Option<&str>,
    ) -> impl Future<Output = Result<Page<Listed>, CallError>>;

    /// GetPipeline: the current structure.
    fn pipeline(&self, name: &str) -> impl Future<Output = Result<Pipeline, CallError>>;

    /// ListActionExecutions of all executions: one page of what runs and has run, newest first.
    fn runs(
        &self,
        pipeline: &str,
        token: Option<&str>,
    ) -> impl Future<Output = Result<Page<Run>, CallError>>;

    /// GetPipelineExecution: its status, what it releases, and how it began.
    fn execution(
        &self,
        pipeline: &str,
        execution_id: &str,
    ) -> impl Future<Output = Result<Execution, CallError>>;

    /// ListPipelineExecutions: the newest ones, at most `count` of them and 100.
    fn past(
        &self,
        pipeline: &str,
        count: i32,
    ) -> impl Future<Output = Result<Vec<PipelineExecution>, CallError>>;

    /// PutApprovalResult.
    fn answer(
        &self,
        pipeline: &str,
        approval: &OpenRun,
        answer: Answer,
        comment: &str,
    ) -> impl Future<Output = Result<(), CallError>>;

    /// GetFunctionConfiguration: the function's environment. `None` if Lambda cannot decrypt it for
    /// the caller.
    fn environment(
        &self,
        function: &FunctionRef,
    ) -> impl Future<Output = Result<Option<BTreeMap<String, String>>, CallError>>;
}

/// One page of a list.
#[derive(Clone, Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next_token: Option<String>,
}

/// A pipeline in the list of pipelines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: String,
    /// PARALLEL mode: several executions can wait in one stage.
    pub(crate) is_parallel: bool,
}

/// One run of an action, in any execution.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    /// `None` if it is not a manual approval that waits.
    pub(crate) waits: Option<OpenRun>,
    pub(crate) started: Option<Timestamp>,
}

/// One execution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Execution {
    /// `PipelineExecutionStatus`: `InProgress`, `Succeeded`, `Failed`, …
    pub(crate) status: Option<String>,
    pub(crate) releases: Vec<Release>,
    /// `None` if CodePipeline does not say how it began.
    pub(crate) initiator: Option<Initiator>,
}

/// A source revision that an execution releases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Release {
    /// The artifact, by its name in the pipeline, or the action that delivered it.
    pub(crate) artifact: Option<String>,
    /// A commit, the version of an object, or the digest of an image.
    pub(crate) revision: Option<String>,
    /// The commit's message, or the name of the object or image.
    pub(crate) message: Option<String>,
    pub(crate) url: Option<String>,
    /// Its author, if an output variable of the Source action names one.
    pub(crate) author: Option<String>,
}

impl From<Revision> for Release {
    fn from(revision: Revision) -> Self {
        let Revision { action, id, message, url, .. } = revision;
        Self { artifact: action, revision: id, message, url, author: None }
    }
}
