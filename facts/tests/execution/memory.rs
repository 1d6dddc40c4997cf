//! A CodePipeline and an IAM in memory. The test sets every reply.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use facts::{
    Budget, CallError, CodePipeline, ExecutionPage, GateRun, HistoryEntry, Operation, Query, Ran,
    ReadError, Roles, Started, StateEntry,
};
use jiff::Timestamp;
use rule::{ActionKind, Approver, Attempt, Facts, Initiator, Rule, Status};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const EXECUTION: &str = "3137f7cb-7cf7-4abc-9b2c-0123456789ab";
pub(crate) const REVISION: &str = "0a1b2c3d";
pub(crate) const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
pub(crate) const BOB: &str = "arn:aws:iam::111122223333:user/bob";
pub(crate) const CAROL: &str = "arn:aws:iam::111122223333:user/carol";
/// Time for all retries, however long their waits.
pub(crate) const TIME: Duration = Duration::from_secs(60);

pub(crate) struct Memory {
    pub(crate) pages: Vec<Vec<HistoryEntry>>,
    /// Names the first page as the next one of every page.
    pub(crate) in_circles: bool,
    pub(crate) state: Vec<StateEntry>,
    pub(crate) started: Result<Started, CallError>,
    /// The ARNs of all roles.
    pub(crate) roles: Vec<String>,
    pub(crate) calls: RefCell<Vec<Operation>>,
    /// The roles that IAM was asked about.
    pub(crate) asked: RefCell<Vec<String>>,
}

pub(crate) fn entry(
    action: &str,
    kind: ActionKind,
    status: Status,
    by: Option<&str>,
) -> HistoryEntry {
    HistoryEntry {
        execution_id: Some(EXECUTION.to_owned()),
        pipeline_version: Some(7),
        outputs: BTreeMap::new(),
        ran: Ran::default(),
        attempt: Attempt {
            stage: Some(if kind == ActionKind::Source { "Source" } else { "Approve" }.to_owned()),
            action: Some(action.to_owned()),
            id: Some(format!("run-of-{action}")),
            kind,
            status,
            started: "2026-11-22T10:00:00Z".parse().ok(),
            updated: "2026-11-22T10:01:00Z".parse().ok(),
            answered: None,
            error: None,
            approver: Approver { history: by.map(str::to_owned), state: None },
            comment: None,
            revision: (kind == ActionKind::Source).then(|| REVISION.to_owned()),
            region: None,
            invoked: None,
        },
    }
}

/// What the state says about an approval that this execution ran last.
pub(crate) fn state(action: &str, by: Option<&str>, status: Status) -> StateEntry {
    StateEntry {
        stage: Some("Approve".to_owned()),
        execution_id: Some(EXECUTION.to_owned()),
        action: Some(action.to_owned()),
        action_execution_id: format!("run-of-{action}"),
        last_updated_by: by.map(str::to_owned),
        last_status_change: "2026-11-22T10:00:40Z".parse().ok(),
        awaits_answer: status == Status::InProgress,
        status,
    }
}

impl Memory {
    /// Carol started it, alice answered ApprovalA, and ApprovalB is open. The history has two
    /// pages.
    pub(crate) fn half_approved() -> Self {
        use ActionKind::{ManualApproval, Source};
        Self {
            pages: vec![
                vec![entry("ApprovalB", ManualApproval, Status::InProgress, None)],
                vec![
                    entry("ApprovalA", ManualApproval, Status::Succeeded, Some(ALICE)),
                    entry("GetSource", Source, Status::Succeeded, None),
                ],
            ],
            in_circles: false,
            state: vec![
                state("ApprovalA", Some(ALICE), Status::Succeeded),
                state("ApprovalB", None, Status::InProgress),
            ],
            started: Ok(Started {
                initiator: Initiator::Principal(CAROL.to_owned()),
                revisions: vec![REVISION.to_owned()],
            }),
            roles: Vec::new(),
            calls: RefCell::default(),
            asked: RefCell::default(),
        }
    }

    fn called(&self, operation: Operation) {
        self.calls.borrow_mut().push(operation);
    }

    pub(crate) fn count(&self, operation: Operation) -> usize {
        self.calls.borrow().iter().filter(|call| **call == operation).count()
    }

    /// The facts under a rule, for a gate with this run or for somebody who is not a gate.
    pub(crate) fn read(
        &self,
        rule: &str,
        gate_run: Option<GateRun<'_>>,
    ) -> Result<Facts, ReadError> {
        let rule = Rule::floor(rule).unwrap();
        let query = Query {
            account: ACCOUNT,
            pipeline: "payments",
            execution_id: EXECUTION,
            rule: &rule,
            gate_stage: "Approve",
            gate_run,
        };
        let now: Timestamp = "2026-11-22T10:02:00Z".parse().unwrap();
        on_a_stopped_clock(async {
            let budget = Budget::of(TIME);
            Ok(query.read(self, budget).await?.facts(self, budget, now).await?)
        })
    }
}

impl CodePipeline for Memory {
    async fn action_executions(
        &self,
        pipeline: &str,
        execution: &str,
        token: Option<&str>,
    ) -> Result<ExecutionPage, CallError> {
        assert_eq!((pipeline, execution), ("payments", EXECUTION));
        self.called(Operation::LIST_ACTION_EXECUTIONS);
        let page: usize = token.map_or(0, |token| token.parse().unwrap());
        let next = if self.in_circles { 0 } else { page + 1 };
        Ok(ExecutionPage {
            attempts: self.pages[page].clone(),
            next_token: (next < self.pages.len()).then(|| next.to_string()),
        })
    }

    async fn pipeline_state(&self, pipeline: &str) -> Result<Vec<StateEntry>, CallError> {
        assert_eq!(pipeline, "payments");
        self.called(Operation::GET_PIPELINE_STATE);
        Ok(self.state.clone())
    }

    async fn started(&self, pipeline: &str, execution: &str) -> Result<Started, CallError> {
        assert_eq!((pipeline, execution), ("payments", EXECUTION));
        self.called(Operation::GET_PIPELINE_EXECUTION);
        self.started.clone()
    }
}

impl Roles for Memory {
    async fn role_arn(&self, role: &str) -> Result<Option<String>, CallError> {
        self.asked.borrow_mut().push(role.to_owned());
        let is_it = |arn: &&String| arn.ends_with(&format!("/{role}"));
        Ok(self.roles.iter().find(is_it).cloned())
    }
}

/// Runs on a clock that stands still unless everybody waits.
pub(crate) fn on_a_stopped_clock<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(future)
}
