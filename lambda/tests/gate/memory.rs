//! The gate over a CodePipeline and an IAM in memory. The test sets every reply.

use names::Unanswered;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use facts::{
    CallError, CodePipeline, ExecutionPage, Floor, HistoryEntry, Operation, Ran, Roles, Started,
    StateEntry,
};
use jiff::Timestamp;
use job::{
    Budget, Configuration, Failure, FailureKind, GET_JOB_DETAILS, InputArtifact, Invocation,
    InvocationError, Job, JobDetails, Jobs, PUT_JOB_FAILURE_RESULT, PUT_JOB_SUCCESS_RESULT,
    Reported, Success as _,
};
use lambda::{Found, Journal, Passed, Ports, Proofs, handle};
use names::{KmsKeyArn, S3Uri};
use proof::Sha256;
use rule::{ActionKind, Approver, Attempt, Initiator, Status};
use serde_json::Value;
use tokio::time::Instant;

pub(crate) const EXECUTION: &str = "3137f7cb-7cf7-4abc-9b2c-0123456789ab";
pub(crate) const OTHER_EXECUTION: &str = "00000000-7cf7-4abc-9b2c-0123456789ab";
pub(crate) const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:gate";
pub(crate) const RESERVED: &str =
    "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Approver_01";
/// The time of an invocation, as deployed. The tests' clock stands still unless everybody waits.
const TIME: Duration = Duration::from_secs(30);
/// What the Source action delivered.
pub(crate) const REVISION: &str = "0a1b2c3d";
pub(crate) const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd";
/// Where the input artifact of the gate's action is.
pub(crate) const ARTIFACT: &str = "s3://artifacts/payments/BuildOutpu/abc1234";
pub(crate) const OWN_RUN: &str = "c0000000-0000-4000-8000-000000000001";

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    AccessDenied,
    ThrottledOnce,
    /// The network comes back after some seconds.
    UnsentForSeconds,
    ThrottledForever,
    ServerErrorForever,
    NoReply,
    Malformed,
    Refused,
}

pub(crate) const FAULTS: [Fault; 8] = [
    Fault::AccessDenied,
    Fault::ThrottledOnce,
    Fault::UnsentForSeconds,
    Fault::ThrottledForever,
    Fault::ServerErrorForever,
    Fault::NoReply,
    Fault::Malformed,
    Fault::Refused,
];

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Report {
    Success(String),
    Failure(FailureKind, String),
}

/// A CodePipeline in memory. The test sets every reply.
pub(crate) struct Memory {
    pub(crate) details: JobDetails,
    pub(crate) pages: Vec<Vec<HistoryEntry>>,
    pub(crate) state: Vec<StateEntry>,
    pub(crate) initiator: Initiator,
    /// `artifactRevisions` of GetPipelineExecution.
    pub(crate) revisions: Vec<String>,
    /// Whether an earlier invocation reported the result.
    pub(crate) already_reported: bool,
    /// How many reads of the history still show ApprovalA in progress.
    pub(crate) behind: usize,
    pub(crate) fault: Option<(Operation, Fault)>,
    /// The function that the event names.
    pub(crate) event_function: String,
    /// AWS's message if it refuses a call.
    pub(crate) refusal: String,
    /// When the artifact was written.
    pub(crate) written: Timestamp,
    pub(crate) calls: RefCell<Vec<Operation>>,
    pub(crate) reports: RefCell<Vec<Report>>,
    /// The output variables of the success.
    pub(crate) variables: RefCell<BTreeMap<&'static str, String>>,
    /// The place and the JSON of each proof.
    pub(crate) stored: RefCell<Vec<(String, String)>>,
}

pub(crate) fn user(name: &str) -> Option<String> {
    Some(format!("arn:aws:iam::111122223333:user/{name}"))
}

pub(crate) fn entry(
    action: &str,
    kind: ActionKind,
    status: Status,
    by: Option<String>,
) -> HistoryEntry {
    let id = match action {
        "Gate" => OWN_RUN.to_owned(),
        _ => format!("run-of-{action}"),
    };
    HistoryEntry {
        execution_id: Some(EXECUTION.to_owned()),
        pipeline_version: Some(1),
        outputs: BTreeMap::new(),
        ran: Ran::default(),
        attempt: Attempt {
            stage: Some("Approve".to_owned()),
            action: Some(action.to_owned()),
            id: Some(id),
            kind,
            status,
            started: "2026-11-22T10:00:00Z".parse().ok(),
            updated: "2026-11-22T10:01:00Z".parse().ok(),
            answered: None,
            error: None,
            comment: by.as_ref().map(|arn| format!("Approved by {arn}")),
            approver: Approver { history: by, state: None },
            revision: (kind == ActionKind::Source).then(|| REVISION.to_owned()),
            region: None,
            invoked: None,
        },
    }
}

/// The state of an action that this execution ran last.
pub(crate) fn state(action: &str, run: &str, by: Option<String>, status: Status) -> StateEntry {
    StateEntry {
        stage: Some("Approve".to_owned()),
        execution_id: Some(EXECUTION.to_owned()),
        action: Some(action.to_owned()),
        action_execution_id: run.to_owned(),
        last_updated_by: by,
        last_status_change: "2026-11-22T10:00:40Z".parse().ok(),
        awaits_answer: status == Status::InProgress,
        status,
    }
}

impl Memory {
    /// Alice and `second` approved an execution that carol started. The history has two pages.
    pub(crate) fn approved_by_alice_and(second: &str) -> Self {
        let approval =
            |action, by| entry(action, ActionKind::ManualApproval, Status::Succeeded, user(by));
        Self {
            details: JobDetails {
                account: "111122223333".to_owned(),
                pipeline: "payments".to_owned(),
                stage: "Approve".to_owned(),
                action: Some("Gate".to_owned()),
                configuration: Some(Configuration {
                    function_name: Some("gate".to_owned()),
                    user_parameters: None,
                }),
                action_execution_id: Some(OWN_RUN.to_owned()),
                execution_id: Some(EXECUTION.to_owned()),
                artifacts: vec![InputArtifact {
                    name: Some("BuildOutput".to_owned()),
                    place: ARTIFACT.parse().ok(),
                }],
            },
            pages: vec![
                vec![
                    entry("Gate", ActionKind::Other, Status::InProgress, None),
                    approval("ApprovalB", second),
                ],
                vec![
                    approval("ApprovalA", "alice"),
                    entry("Source", ActionKind::Source, Status::Succeeded, None),
                ],
            ],
            state: vec![state("ApprovalA", "run-of-ApprovalA", user("alice"), Status::Succeeded)],
            behind: 0,
            initiator: Initiator::Principal(user("carol").unwrap()),
            revisions: vec![REVISION.to_owned()],
            already_reported: false,
            fault: None,
            event_function: "gate".to_owned(),
            refusal: "no such pipeline".to_owned(),
            written: "2026-11-22T09:59:59Z".parse().unwrap(),
            calls: RefCell::default(),
            reports: RefCell::default(),
            variables: RefCell::default(),
            stored: RefCell::default(),
        }
    }

    pub(crate) fn with(mut self, operation: Operation, fault: Fault) -> Self {
        self.fault = Some((operation, fault));
        self
    }

    async fn call<T>(&self, operation: Operation, reply: T) -> Result<T, CallError> {
        let calls_before = self.calls.borrow().iter().filter(|call| **call == operation).count();
        self.calls.borrow_mut().push(operation);
        let Some(fault) =
            self.fault.filter(|(faulty, _)| *faulty == operation).map(|(_, fault)| fault)
        else {
            return Ok(reply);
        };
        let transient =
            |problem: &str| CallError::Transient { operation, problem: problem.to_owned() };
        match fault {
            Fault::ThrottledOnce if calls_before > 0 => Ok(reply),
            Fault::UnsentForSeconds if calls_before >= 6 => Ok(reply),
            Fault::UnsentForSeconds => {
                Err(CallError::NotSent { operation, why: Unanswered::NoName })
            }
            Fault::ThrottledOnce | Fault::ThrottledForever => Err(transient("ThrottlingException")),
            Fault::ServerErrorForever => Err(transient("InternalFailure")),
            Fault::NoReply => std::future::pending().await,
            Fault::AccessDenied => {
                Err(CallError::AccessDenied { operation, message: "not authorized".to_owned() })
            }
            Fault::Malformed => {
                Err(CallError::Malformed { operation, problem: "a field is missing" })
            }
            Fault::Refused => Err(CallError::Refused {
                operation,
                code: "PipelineNotFoundException".to_owned(),
                message: self.refusal.clone(),
            }),
        }
    }

    async fn report(&self, operation: Operation, report: Report) -> Result<Reported, CallError> {
        self.call(operation, ()).await?;
        if self.already_reported {
            return Ok(Reported::Already);
        }
        self.reports.borrow_mut().push(report);
        Ok(Reported::Now)
    }

    pub(crate) fn count(&self, operation: Operation) -> usize {
        self.calls.borrow().iter().filter(|call| **call == operation).count()
    }
}

impl CodePipeline for Memory {
    async fn action_executions(
        &self,
        _: &str,
        execution: &str,
        token: Option<&str>,
    ) -> Result<ExecutionPage, CallError> {
        assert!([EXECUTION, OTHER_EXECUTION].contains(&execution));
        let page: usize = token.map_or(0, |token| token.parse().unwrap());
        let next = page + 1;
        let mut attempts = self.pages.get(page).cloned().unwrap_or_default();
        let reads = self.count(Operation::LIST_ACTION_EXECUTIONS) / self.pages.len();
        for entry in attempts.iter_mut().filter(|_| reads < self.behind) {
            if entry.attempt.action.as_deref() == Some("ApprovalA") {
                entry.attempt.status = Status::InProgress;
            }
        }
        let reply = ExecutionPage {
            attempts,
            next_token: (next < self.pages.len()).then(|| next.to_string()),
        };
        self.call(Operation::LIST_ACTION_EXECUTIONS, reply).await
    }

    async fn pipeline_state(&self, _: &str) -> Result<Vec<StateEntry>, CallError> {
        self.call(Operation::GET_PIPELINE_STATE, self.state.clone()).await
    }

    async fn started(&self, _: &str, _: &str) -> Result<Started, CallError> {
        let started =
            Started { initiator: self.initiator.clone(), revisions: self.revisions.clone() };
        self.call(Operation::GET_PIPELINE_EXECUTION, started).await
    }
}

impl<'a> Jobs<Passed<'a>> for Memory {
    async fn job_details(&self, job_id: &str) -> Result<JobDetails, CallError> {
        assert_eq!(job_id, "job-1");
        self.call(GET_JOB_DETAILS, self.details.clone()).await
    }

    async fn report_success(&self, _: &str, passed: &Passed<'a>) -> Result<Reported, CallError> {
        *self.variables.borrow_mut() = passed.output_variables().into_iter().collect();
        let report = Report::Success(passed.satisfied().approvers());
        self.report(PUT_JOB_SUCCESS_RESULT, report).await
    }

    async fn report_failure(&self, _: &str, failure: &Failure) -> Result<Reported, CallError> {
        let report = Report::Failure(failure.kind, failure.message.clone());
        self.report(PUT_JOB_FAILURE_RESULT, report).await
    }
}

impl Roles for Memory {
    async fn role_arn(&self, role: &str) -> Result<Option<String>, CallError> {
        let reply = (RESERVED.ends_with(&format!("/{role}"))).then(|| RESERVED.to_owned());
        self.call(Operation::GET_ROLE, reply).await
    }
}

impl Proofs for Memory {
    async fn artifact(&self, place: &S3Uri, _: u64) -> Result<Found, CallError> {
        assert_eq!(place.to_string(), ARTIFACT);
        let found = Found { sha256: Sha256::of(b"zip"), written: self.written };
        self.call(Operation::GET_OBJECT, found).await
    }

    async fn sign(&self, key: &KmsKeyArn, _: &Sha256) -> Result<Vec<u8>, CallError> {
        assert_eq!(key, KEY);
        self.call(Operation::SIGN, b"signature".to_vec()).await
    }

    async fn store(&self, place: &S3Uri, proof: &str) -> Result<(), CallError> {
        self.call(Operation::PUT_OBJECT, ()).await?;
        self.stored.borrow_mut().push((place.to_string(), proof.to_owned()));
        Ok(())
    }
}

pub(crate) struct Outcome {
    pub(crate) result: Result<(), InvocationError>,
    pub(crate) reports: Vec<Report>,
    pub(crate) journal: Vec<Value>,
}

/// Runs a job whose action has these UserParameters, according to CodePipeline and the event.
pub(crate) fn run(memory: &mut Memory, floor: &str, user_parameters: Option<&str>) -> Outcome {
    if let Some(configuration) = &mut memory.details.configuration {
        configuration.user_parameters = user_parameters.map(str::to_owned);
    }
    run_event(memory, floor, user_parameters, FUNCTION)
}

/// What was written to the log, by each write. Lines of several programs come into one log, so each
/// must be one write: a record whose line break comes later is torn.
#[derive(Default)]
struct Writes(Vec<String>);

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push(str::from_utf8(bytes).unwrap().to_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a job whose event has these UserParameters, as the function with this ARN.
pub(crate) fn run_event(
    memory: &Memory,
    floor: &str,
    user_parameters: Option<&str>,
    function_arn: &str,
) -> Outcome {
    let invocation = Invocation {
        job: Job {
            id: "job-1".to_owned(),
            function_name: Some(memory.event_function.clone()),
            user_parameters: user_parameters.map(str::to_owned),
        },
        function_arn: function_arn.to_owned(),
    };
    let now: Timestamp = "2026-11-22T10:02:00Z".parse().unwrap();
    let mut writes = Writes::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let (result, took) = runtime.block_on(async {
        let started = Instant::now();
        let budget = Budget::until(TIME);
        let result = handle(
            &Ports { jobs: memory, codepipeline: memory, roles: memory, proofs: memory },
            &Floor::from_json(floor),
            &invocation,
            budget,
            now,
            &mut Journal::new(&mut writes),
        )
        .await;
        (result, started.elapsed())
    });
    assert!(took <= TIME, "the gate took {took:?} of {TIME:?}");
    let line = |written: &String| {
        let whole = written.strip_suffix('\n').filter(|line| !line.contains('\n'));
        serde_json::from_str(whole.unwrap_or_else(|| panic!("not one line: {written:?}"))).unwrap()
    };
    let journal = writes.0.iter().map(line).collect();
    Outcome { result, reports: memory.reports.borrow().clone(), journal }
}

/// The report. There must be exactly one.
pub(crate) fn only_report(
    memory: &mut Memory,
    floor: &str,
    user_parameters: Option<&str>,
) -> Report {
    let outcome = run(memory, floor, user_parameters);
    only(outcome)
}

pub(crate) fn only(outcome: Outcome) -> Report {
    assert_eq!(outcome.result, Ok(()));
    let [report] = outcome.reports.as_slice() else {
        panic!("{} reports: {:?}", outcome.reports.len(), outcome.reports)
    };
    report.clone()
}
