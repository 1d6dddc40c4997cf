//! What is asked of CodePipeline and IAM to read an execution, in our own types.

use std::collections::BTreeMap;
use std::future::Future;

use jiff::Timestamp;
use rule::{ActionKind, Attempt, Initiator, Invoked, Status};

use crate::call::CallError;

/// The reads of CodePipeline. Each is one request, without retries or paging.
pub trait CodePipeline {
    /// ListActionExecutions of one execution: one page. Without a token, the first.
    fn action_executions(
        &self,
        pipeline: &str,
        execution_id: &str,
        token: Option<&str>,
    ) -> impl Future<Output = Result<ExecutionPage, CallError>>;

    /// GetPipelineState: the newest run of each action, in any execution.
    fn pipeline_state(
        &self,
        pipeline: &str,
    ) -> impl Future<Output = Result<Vec<StateEntry>, CallError>>;

    /// GetPipelineExecution: the principal or trigger that started it, and its revisions.
    fn started(
        &self,
        pipeline: &str,
        execution_id: &str,
    ) -> impl Future<Output = Result<Started, CallError>>;
}

/// The read of IAM.
pub trait Roles {
    /// GetRole: the role's ARN with its path. `None` if there is no such role, or if the caller may
    /// not see it. The gate's own role allows it to see only roles under the reserved path.
    fn role_arn(&self, role: &str) -> impl Future<Output = Result<Option<String>, CallError>>;
}

/// One page of the action history of one execution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecutionPage {
    /// The attempts on this page.
    pub attempts: Vec<HistoryEntry>,
    /// The token of the next page, if there is one.
    pub next_token: Option<String>,
}

/// An attempt, and the execution that it belongs to according to CodePipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// `pipelineExecutionId`.
    pub execution_id: Option<String>,
    /// `pipelineVersion`.
    pub pipeline_version: Option<i32>,
    /// The attempt. Its approver is the one that the history names.
    pub attempt: Attempt,
    /// `outputVariables` of the attempt: what other actions can refer to.
    pub outputs: BTreeMap<String, String>,
    /// What a report of past executions needs in addition. The gate does not use it.
    pub ran: Ran,
}

impl HistoryEntry {
    /// The attempt, with the Lambda function that it invoked.
    #[must_use]
    pub fn into_attempt(self) -> Attempt {
        let Self { attempt, outputs, ran, .. } = self;
        let invoked = ran.invokes_lambda().then_some(Invoked {
            function: ran.function,
            role: ran.role,
            outputs,
        });
        Attempt { region: ran.region, invoked, ..attempt }
    }
}

/// What an attempt ran, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// `actionTypeId`: category, owner and provider.
    pub type_id: Option<[String; 3]>,
    /// `region`.
    pub region: Option<String>,
    /// `roleArn`: the role that performs it, if it is not the pipeline's.
    pub role: Option<String>,
    /// The Lambda function that it invokes: `FunctionName`.
    pub function: Option<String>,
    /// What the function is told: `UserParameters`, with their variables replaced if AWS shows
    /// their values.
    pub user_parameters: Option<String>,
    /// Of a Source action, what its configuration says about the place of the source code.
    pub source: BTreeMap<&'static str, String>,
    /// `externalExecutionId`: the token of an approval, or the id of a deployment.
    pub external_id: Option<String>,
    /// The message of `errorDetails`.
    pub error: Option<String>,
}

impl Ran {
    fn invokes_lambda(&self) -> bool {
        self.type_id.as_ref().is_some_and(|[category, owner, provider]| {
            ActionKind::invokes_lambda(Some(category), Some(owner), Some(provider))
        })
    }
}

/// The newest run of one action, according to GetPipelineState.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateEntry {
    /// The stage.
    pub stage: Option<String>,
    /// The execution that is in the stage, or was the last one there.
    pub execution_id: Option<String>,
    /// The action.
    pub action: Option<String>,
    /// `actionExecutionId`, which joins it with the history.
    pub action_execution_id: String,
    /// `lastUpdatedBy`: the principal that answered it, if it is an approval.
    pub last_updated_by: Option<String>,
    /// `lastStatusChange`: when it was answered, if it is an approval.
    pub last_status_change: Option<Timestamp>,
    /// Whether it is an approval that waits for an answer: it has a token.
    pub awaits_answer: bool,
    /// The status of the attempt.
    pub status: Status,
}

impl StateEntry {
    /// Whether the attempt has ended, according to the state.
    pub(crate) fn has_ended(&self) -> bool {
        match self.status {
            Status::Succeeded | Status::Failed | Status::Abandoned => true,
            Status::InProgress | Status::Unknown => false,
        }
    }
}

/// How an execution began, according to GetPipelineExecution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The principal or trigger that started it.
    pub initiator: Initiator,
    /// `artifactRevisions`: the `revisionId` of each. An execution that was started by a rollback
    /// has them too, although its history has no Source actions (recorded from the real service).
    pub revisions: Vec<String>,
}
