//! An AWS in memory: one execution with two approvals and a gate.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use evidence::history::{ExecutionStatus, PipelineExecution, Trigger};
use facts::{
    CallError, CodePipeline, ExecutionPage, HistoryEntry, Operation, Ran, Roles, Started,
    StateEntry,
};
use jiff::Timestamp;
use names::FunctionRef;
use rule::{ActionKind, Approver, Attempt, Initiator, Status};
use signing::Answer;

use super::super::Ports;
use crate::notify::Notice;
use crate::open::OpenRun;
use crate::pipeline::{Action, Approval, Kind, Pipeline, Stage};
use crate::port::{Aws, Execution, Listed, Page, Release, Run};

pub(crate) const EXECUTION: &str = "3137f7cb-7cf7-4a39-8b3c-d7ed3e1a0001";
pub(crate) const STARTED: &str = "2026-01-01T00:00:00Z";

/// What it says, and what it was told.
#[derive(Debug)]
pub(crate) struct Fake(Mutex<World>);

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) attempts: BTreeMap<String, Attempt>,
    pub(crate) release: Release,
    pub(crate) approval: Approval,
    /// The public key of the load balancer in front, by its address.
    pub(crate) public_keys: BTreeMap<String, String>,
    /// How often a public key was asked for.
    pub(crate) keys_asked: usize,
    /// The executions in the list.
    pub(crate) listed: Vec<PipelineExecution>,
    /// What the others than the one with the open approvals did.
    pub(crate) earlier: BTreeMap<String, Vec<HistoryEntry>>,
    /// The executions whose history was asked for.
    pub(crate) asked: Vec<String>,
    /// What CodePipeline says instead of the history.
    pub(crate) history: Option<CallError>,
    /// The reply to the next answer or start.
    pub(crate) refuses: Option<CallError>,
    /// The answers: person, action, answer, comment.
    pub(crate) given: Vec<(String, String, Answer, String)>,
    /// What becomes of mails.
    pub(crate) mails: Option<Result<(), CallError>>,
    pub(crate) told: Vec<Notice>,
}

impl Fake {
    pub(crate) fn new() -> Self {
        let attempts = ["A", "B"].map(|action| (action.to_owned(), waiting(action, 1)));
        Self(Mutex::new(World {
            attempts: attempts.into(),
            release: Release::default(),
            approval: Approval::default(),
            public_keys: BTreeMap::new(),
            keys_asked: 0,
            listed: vec![listed(EXECUTION, STARTED, ExecutionStatus::InProgress)],
            earlier: BTreeMap::new(),
            asked: Vec::new(),
            history: None,
            refuses: None,
            given: Vec::new(),
            mails: None,
            told: Vec::new(),
        }))
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }
}

/// An attempt that waits.
pub(crate) fn waiting(action: &str, number: u32) -> Attempt {
    Attempt {
        stage: Some("Release".to_owned()),
        action: Some(action.to_owned()),
        id: Some(format!("run-{number}-of-{action}")),
        kind: ActionKind::ManualApproval,
        status: Status::InProgress,
        started: STARTED.parse().ok(),
        updated: None,
        answered: None,
        error: None,
        approver: Approver::default(),
        comment: None,
        revision: None,
        region: None,
        invoked: None,
    }
}

/// An execution in the list.
pub(crate) fn listed(id: &str, started: &str, status: ExecutionStatus) -> PipelineExecution {
    PipelineExecution {
        id: id.to_owned(),
        status,
        started: started.parse().ok(),
        updated: started.parse().ok(),
        revisions: Vec::new(),
        trigger: Trigger::default(),
        mode: None,
        kind: None,
        stop_reason: None,
    }
}

/// AWS's error for an answer.
pub(crate) fn refused(code: &str) -> CallError {
    CallError::Refused {
        operation: Operation::codepipeline("PutApprovalResult"),
        code: code.to_owned(),
        message: "in AWS's words".to_owned(),
    }
}

impl Aws for Fake {
    async fn caller(&self) -> Result<String, CallError> {
        Ok("arn:aws:iam::111122223333:role/server".to_owned())
    }

    async fn pipelines(&self, _: Option<&str>) -> Result<Page<Listed>, CallError> {
        let listed = Listed { name: "payments".to_owned(), is_parallel: false };
        Ok(Page { items: vec![listed], next_token: None })
    }

    async fn pipeline(&self, name: &str) -> Result<Pipeline, CallError> {
        if name != "payments" {
            return Err(refused("PipelineNotFoundException"));
        }
        let action =
            |name: &str, run_order, kind| Action { name: name.to_owned(), run_order, kind };
        let approval = || Kind::Approval(self.world().approval.clone());
        let gate = Kind::Lambda { function: "gate".parse().ok(), user_parameters: None };
        let actions =
            vec![action("A", 1, approval()), action("B", 1, approval()), action("Gate", 2, gate)];
        Ok(Pipeline {
            name: name.to_owned(),
            account: "111122223333".to_owned(),
            is_parallel: false,
            stages: vec![Stage { name: "Release".to_owned(), actions }],
        })
    }

    async fn runs(&self, _: &str, _: Option<&str>) -> Result<Page<Run>, CallError> {
        Ok(Page { items: Vec::new(), next_token: None })
    }

    async fn execution(&self, _: &str, id: &str) -> Result<Execution, CallError> {
        if id != EXECUTION {
            return Err(refused("PipelineExecutionNotFoundException"));
        }
        let releases = vec![self.world().release.clone()];
        Ok(Execution { status: Some("InProgress".to_owned()), releases, initiator: None })
    }

    async fn past(&self, _: &str, count: i32) -> Result<Vec<PipelineExecution>, CallError> {
        let count = usize::try_from(count).unwrap();
        Ok(self.world().listed.iter().take(count).cloned().collect())
    }

    async fn answer(&self, _: &str, _: &OpenRun, _: Answer, _: &str) -> Result<(), CallError> {
        panic!("the web answers in the name of a person");
    }

    async fn environment(
        &self,
        _: &FunctionRef,
    ) -> Result<Option<BTreeMap<String, String>>, CallError> {
        panic!("the rule is known");
    }
}

impl CodePipeline for Fake {
    async fn action_executions(
        &self,
        _: &str,
        id: &str,
        _: Option<&str>,
    ) -> Result<ExecutionPage, CallError> {
        self.world().asked.push(id.to_owned());
        if let Some(error) = self.world().history.clone() {
            return Err(error);
        }
        if id != EXECUTION {
            let attempts = self.world().earlier.get(id).cloned();
            let attempts = attempts.ok_or(refused("AccessDenied"))?;
            return Ok(ExecutionPage { attempts, next_token: None });
        }
        let entry = |attempt: &Attempt| HistoryEntry {
            execution_id: Some(EXECUTION.to_owned()),
            pipeline_version: Some(1),
            attempt: attempt.clone(),
            outputs: BTreeMap::new(),
            ran: Ran::default(),
        };
        let attempts = self.world().attempts.values().map(entry).collect();
        Ok(ExecutionPage { attempts, next_token: None })
    }

    async fn pipeline_state(&self, _: &str) -> Result<Vec<StateEntry>, CallError> {
        let entry = |attempt: &Attempt| StateEntry {
            stage: attempt.stage.clone(),
            execution_id: Some(EXECUTION.to_owned()),
            action: attempt.action.clone(),
            action_execution_id: attempt.id.clone().unwrap(),
            last_updated_by: attempt.approver.history.clone(),
            last_status_change: None,
            awaits_answer: attempt.status == Status::InProgress,
            status: attempt.status,
        };
        Ok(self.world().attempts.values().map(entry).collect())
    }

    async fn started(&self, _: &str, _: &str) -> Result<Started, CallError> {
        Ok(Started { initiator: Initiator::Unknown, revisions: Vec::new() })
    }
}

impl Roles for Fake {
    async fn role_arn(&self, _: &str) -> Result<Option<String>, CallError> {
        Ok(None)
    }
}

impl Ports for Fake {
    type Aws = Self;
    type CodePipeline = Self;
    type Roles = Self;

    fn aws(&self) -> &Self {
        self
    }

    fn codepipeline(&self) -> &Self {
        self
    }

    fn roles(&self) -> &Self {
        self
    }

    async fn public_key(&self, url: &str) -> Result<String, CallError> {
        let mut world = self.world();
        world.keys_asked += 1;
        world.public_keys.get(url).cloned().ok_or_else(|| refused("HTTP status 404"))
    }

    async fn principal(&self, person: &str) -> Result<String, CallError> {
        Ok(format!("arn:aws:sts::111122223333:assumed-role/Desk/{person}"))
    }

    async fn tell(&self, notice: &Notice) -> Option<Result<(), CallError>> {
        self.world().told.push(notice.clone());
        self.world().mails.clone()
    }

    async fn start(&self, _: &str, _: &Pipeline) -> Result<String, CallError> {
        self.world().refuses.take().map_or_else(|| Ok(EXECUTION.to_owned()), Err)
    }

    async fn answer(
        &self,
        person: &str,
        _: &Pipeline,
        approval: &OpenRun,
        answer: Answer,
        comment: &str,
    ) -> Result<(), CallError> {
        let principal = self.principal(person).await?;
        let mut world = self.world();
        if let Some(error) = world.refuses.take() {
            return Err(error);
        }
        let attempt = world.attempts.get_mut(&approval.action).unwrap();
        attempt.status = match answer {
            Answer::Approved => Status::Succeeded,
            Answer::Rejected => Status::Failed,
        };
        attempt.approver = Approver { history: Some(principal), state: None };
        attempt.comment = Some(comment.to_owned());
        attempt.updated = Some(Timestamp::now());
        let (person, action) = (person.to_owned(), approval.action.clone());
        world.given.push((person, action, answer, comment.to_owned()));
        Ok(())
    }
}
