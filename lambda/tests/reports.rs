//! Every call × everything that can happen to it, over a CodePipeline in memory: exactly one report, and never a success where evidence
//! is lacking.

#![cfg(test)]
#![expect(clippy::wildcard_enum_match_arm, reason = "a table names the rows that differ")]

use std::cell::RefCell;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use lambda::{
    Budget, CallError, CodePipeline, ExecutionPage, Failure, FailureKind, Floor, HistoryEntry, InvocationError, Job,
    JobDetails, Journal, Operation, StateEntry, handle,
};
use rule::{ActionKind, Approver, Attempt, Initiator, Satisfied, Status};
use serde_json::Value;

const EXECUTION: &str = "3137f7cb-7cf7-4abc-9b2c-0123456789ab";
const OTHER_EXECUTION: &str = "00000000-7cf7-4abc-9b2c-0123456789ab";
const OWN_RUN: &str = "c0000000-0000-4000-8000-000000000001";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    AccessDenied,
    ThrottledOnce,
    ThrottledForever,
    ServerErrorForever,
    NoReply,
    Malformed,
    Refused,
    AlreadyReported,
}

const FAULTS: [Fault; 8] = [
    Fault::AccessDenied,
    Fault::ThrottledOnce,
    Fault::ThrottledForever,
    Fault::ServerErrorForever,
    Fault::NoReply,
    Fault::Malformed,
    Fault::Refused,
    Fault::AlreadyReported,
];

#[derive(Clone, Debug, PartialEq)]
enum Report {
    Success(String),
    Failure(FailureKind, String),
}

/// A CodePipeline whose every reply is set by the test.
struct Memory {
    details: JobDetails,
    pages: Vec<Vec<HistoryEntry>>,
    state: Vec<StateEntry>,
    initiator: Initiator,
    /// How many reads of the history still show ApprovalA in progress.
    behind: usize,
    fault: Option<(Operation, Fault)>,
    calls: RefCell<Vec<Operation>>,
    reports: RefCell<Vec<Report>>,
}

fn user(name: &str) -> Option<String> {
    Some(format!("arn:aws:iam::111122223333:user/{name}"))
}

fn entry(action: &str, kind: ActionKind, status: Status, by: Option<String>) -> HistoryEntry {
    let id = match action {
        "Gate" => OWN_RUN.to_owned(),
        _ => format!("run-of-{action}"),
    };
    HistoryEntry {
        execution_id: Some(EXECUTION.to_owned()),
        pipeline_version: Some(1),
        attempt: Attempt {
            stage: Some("Approve".to_owned()),
            action: Some(action.to_owned()),
            id: Some(id),
            kind,
            status,
            started: "2026-11-22T10:00:00Z".parse().ok(),
            updated: "2026-11-22T10:01:00Z".parse().ok(),
            approver: Approver {
                history: by,
                state: None,
            },
            comment: None,
        },
    }
}

impl Memory {
    /// Alice and `second` approved, two pages long, in an execution that carol started.
    fn approved_by_alice_and(second: &str) -> Self {
        let approval = |action, by| entry(action, ActionKind::ManualApproval, Status::Succeeded, user(by));
        Self {
            details: JobDetails {
                pipeline: "payments".to_owned(),
                stage: "Approve".to_owned(),
                action_execution_id: Some(OWN_RUN.to_owned()),
                execution_id: Some(EXECUTION.to_owned()),
            },
            pages: vec![
                vec![
                    entry("Gate", ActionKind::Other, Status::InProgress, None),
                    approval("ApprovalB", second),
                ],
                vec![
                    approval("ApprovalA", "alice"),
                    entry("Source", ActionKind::Other, Status::Succeeded, None),
                ],
            ],
            state: vec![StateEntry {
                action_execution_id: "run-of-ApprovalA".to_owned(),
                last_updated_by: user("alice"),
                status: Status::Succeeded,
            }],
            behind: 0,
            initiator: Initiator::Principal(user("carol").unwrap()),
            fault: None,
            calls: RefCell::default(),
            reports: RefCell::default(),
        }
    }

    fn with(mut self, operation: Operation, fault: Fault) -> Self {
        self.fault = Some((operation, fault));
        self
    }

    async fn call<T>(&self, operation: Operation, reply: T) -> Result<T, CallError> {
        let calls_before = self.calls.borrow().iter().filter(|call| **call == operation).count();
        self.calls.borrow_mut().push(operation);
        let Some(fault) = self
            .fault
            .filter(|(faulty, _)| *faulty == operation)
            .map(|(_, fault)| fault)
        else {
            return Ok(reply);
        };
        let transient = |problem: &str| CallError::Transient {
            operation,
            problem: problem.to_owned(),
        };
        match fault {
            Fault::ThrottledOnce if calls_before > 0 => Ok(reply),
            Fault::ThrottledOnce | Fault::ThrottledForever => Err(transient("ThrottlingException")),
            Fault::ServerErrorForever => Err(transient("InternalFailure")),
            Fault::NoReply => std::future::pending().await,
            Fault::AccessDenied => Err(CallError::AccessDenied {
                operation,
                message: "not authorized".to_owned(),
            }),
            Fault::Malformed => Err(CallError::Malformed {
                operation,
                problem: "a field is missing",
            }),
            Fault::Refused => Err(CallError::Refused {
                operation,
                code: "PipelineNotFoundException".to_owned(),
                message: "no such pipeline".to_owned(),
            }),
            Fault::AlreadyReported => Err(CallError::AlreadyReported { operation }),
        }
    }

    fn count(&self, operation: Operation) -> usize {
        self.calls.borrow().iter().filter(|call| **call == operation).count()
    }
}

impl CodePipeline for Memory {
    async fn job_details(&self, job_id: &str) -> Result<JobDetails, CallError> {
        assert_eq!(job_id, "job-1");
        self.call(Operation::GetJobDetails, self.details.clone()).await
    }

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
        let reads = self.count(Operation::ListActionExecutions) / self.pages.len();
        for entry in attempts.iter_mut().filter(|_| reads < self.behind) {
            if entry.attempt.action.as_deref() == Some("ApprovalA") {
                entry.attempt.status = Status::InProgress;
            }
        }
        let reply = ExecutionPage {
            attempts,
            next_token: (next < self.pages.len()).then(|| next.to_string()),
        };
        self.call(Operation::ListActionExecutions, reply).await
    }

    async fn pipeline_state(&self, _: &str) -> Result<Vec<StateEntry>, CallError> {
        self.call(Operation::GetPipelineState, self.state.clone()).await
    }

    async fn initiator(&self, _: &str, _: &str) -> Result<Initiator, CallError> {
        self.call(Operation::GetPipelineExecution, self.initiator.clone()).await
    }

    async fn report_success(&self, _: &str, satisfied: Satisfied<'_>) -> Result<(), CallError> {
        self.call(Operation::PutJobSuccessResult, ()).await?;
        self.reports.borrow_mut().push(Report::Success(satisfied.approvers()));
        Ok(())
    }

    async fn report_failure(&self, _: &str, failure: &Failure) -> Result<(), CallError> {
        self.call(Operation::PutJobFailureResult, ()).await?;
        self.reports
            .borrow_mut()
            .push(Report::Failure(failure.kind, failure.message.clone()));
        Ok(())
    }
}

struct Outcome {
    result: Result<(), InvocationError>,
    reports: Vec<Report>,
    journal: Vec<Value>,
}

fn run(memory: &Memory, floor: &str, user_parameters: Option<&str>) -> Outcome {
    let job = Job {
        id: "job-1".to_owned(),
        user_parameters: user_parameters.map(str::to_owned),
    };
    let now: Timestamp = "2026-11-22T10:02:00Z".parse().unwrap();
    let mut lines = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let result = runtime.block_on(async {
        let budget = Budget::until(Duration::from_millis(400));
        handle(
            memory,
            &Floor::from_json(floor),
            &job,
            budget,
            now,
            &mut Journal::new(&mut lines),
        )
        .await
    });
    let journal = String::from_utf8(lines)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    Outcome {
        result,
        reports: memory.reports.borrow().clone(),
        journal,
    }
}

/// The only report; there must be exactly one.
fn only_report(memory: &Memory, floor: &str, user_parameters: Option<&str>) -> Report {
    let outcome = run(memory, floor, user_parameters);
    assert_eq!(outcome.result, Ok(()));
    let [report] = outcome.reports.as_slice() else {
        panic!("{} reports: {:?}", outcome.reports.len(), outcome.reports)
    };
    report.clone()
}

const EVERY_CALL: &str = r#"{"excludeInitiator": true}"#;

#[test]
fn reads_times_faults() {
    let reads = [
        Operation::GetJobDetails,
        Operation::ListActionExecutions,
        Operation::GetPipelineState,
        Operation::GetPipelineExecution,
    ];
    for operation in reads {
        for fault in FAULTS {
            let memory = Memory::approved_by_alice_and("bob").with(operation, fault);
            let started = Instant::now();
            let report = only_report(&memory, EVERY_CALL, None);
            let (kind, message) = match (&report, fault) {
                (Report::Success(approvers), Fault::ThrottledOnce) => {
                    assert_eq!(approvers, "alice, bob");
                    continue;
                }
                (Report::Failure(kind, message), _) => (*kind, message),
                (Report::Success(_), _) => panic!("{operation} {fault:?}: {report:?}"),
            };
            let expected = match fault {
                Fault::AccessDenied => FailureKind::PermissionError,
                _ => FailureKind::SystemUnavailable,
            };
            assert_eq!(kind, expected, "{operation} {fault:?}: {message}");
            assert!(
                message.contains(&operation.to_string()),
                "{operation} {fault:?}: {message}"
            );
            assert!(
                started.elapsed() < Duration::from_millis(900),
                "{operation} {fault:?} took {:?}",
                started.elapsed()
            );
            if fault == Fault::AccessDenied {
                assert!(message.contains(&operation.iam_action()), "{message}");
                assert_eq!(memory.count(operation), 1, "{operation}: no use in asking again");
            }
            if fault == Fault::ThrottledForever {
                assert!(
                    (3..=9).contains(&memory.count(operation)),
                    "{operation}: {} tries",
                    memory.count(operation)
                );
            }
        }
    }
}

#[test]
fn reports_times_faults() {
    let cases = [
        (
            Operation::PutJobSuccessResult,
            "bob",
            Report::Success("alice, bob".to_owned()),
        ),
        (
            Operation::PutJobFailureResult,
            "alice",
            Report::Failure(FailureKind::JobFailed, String::new()),
        ),
    ];
    for (operation, second, expected) in cases {
        for fault in FAULTS {
            let memory = Memory::approved_by_alice_and(second).with(operation, fault);
            let outcome = run(&memory, EVERY_CALL, None);
            match fault {
                Fault::ThrottledOnce => {
                    assert_eq!(outcome.result, Ok(()));
                    let [report] = outcome.reports.as_slice() else {
                        panic!("{:?}", outcome.reports)
                    };
                    assert_eq!(std::mem::discriminant(report), std::mem::discriminant(&expected));
                }
                // The job has its result, from an invocation before this one.
                Fault::AlreadyReported => assert_eq!((outcome.result, outcome.reports), (Ok(()), vec![])),
                // Lambda tries the invocation again; nothing else may be reported instead.
                Fault::AccessDenied
                | Fault::ThrottledForever
                | Fault::ServerErrorForever
                | Fault::NoReply
                | Fault::Malformed
                | Fault::Refused => {
                    let error = outcome.result.unwrap_err();
                    assert!(
                        error
                            .to_string()
                            .starts_with("the result of job job-1 could not be reported"),
                        "{error}"
                    );
                    assert_eq!(outcome.reports, []);
                }
            }
            let other = match operation {
                Operation::PutJobSuccessResult => Operation::PutJobFailureResult,
                _ => Operation::PutJobSuccessResult,
            };
            assert_eq!(memory.count(other), 0, "{operation} {fault:?}");
        }
    }
}

#[test]
fn all_pages_are_read() {
    let memory = Memory::approved_by_alice_and("bob");
    assert_eq!(
        only_report(&memory, "{}", None),
        Report::Success("alice, bob".to_owned())
    );
    assert_eq!(memory.count(Operation::ListActionExecutions), 2);
    assert_eq!(
        memory.count(Operation::GetPipelineExecution),
        0,
        "who started it was not asked for"
    );
}

#[test]
fn a_history_that_is_a_moment_behind_is_read_again() {
    let mut memory = Memory::approved_by_alice_and("bob");
    memory.behind = 2;
    assert_eq!(
        only_report(&memory, "{}", None),
        Report::Success("alice, bob".to_owned())
    );
    assert_eq!(memory.count(Operation::ListActionExecutions), 6);

    let mut memory = Memory::approved_by_alice_and("bob");
    memory.behind = usize::MAX;
    let report = only_report(&memory, "{}", None);
    assert!(
        matches!(report, Report::Failure(FailureKind::SystemUnavailable, _)),
        "{report:?}"
    );
}

/// After ALL_ACTIONS the history still shows the round before, which alice and bob approved, and not the gate's own run.
#[test]
fn a_history_without_the_gates_own_run_is_no_evidence() {
    let mut memory = Memory::approved_by_alice_and("bob");
    memory.pages[0].remove(0);
    let report = only_report(&memory, "{}", None);
    assert!(
        matches!(report, Report::Failure(FailureKind::SystemUnavailable, _)),
        "{report:?}"
    );
}

#[test]
fn an_open_action_that_is_no_approval_does_not_matter() {
    let mut memory = Memory::approved_by_alice_and("bob");
    memory.pages[1][1].attempt.status = Status::InProgress;
    memory.state.push(StateEntry {
        action_execution_id: "run-of-Source".to_owned(),
        last_updated_by: None,
        status: Status::Succeeded,
    });
    assert_eq!(
        only_report(&memory, "{}", None),
        Report::Success("alice, bob".to_owned())
    );
}

/// The state and the history are two witnesses of one attempt.
mod two_witnesses {
    use super::*;

    fn of_b(by: Option<String>, status: Status) -> StateEntry {
        StateEntry {
            action_execution_id: "run-of-ApprovalB".to_owned(),
            last_updated_by: by,
            status,
        }
    }

    fn refused_for(memory: &Memory, reason: &str) {
        let report = only_report(memory, "{}", None);
        assert!(
            matches!(&report, Report::Failure(FailureKind::JobFailed, message) if message.contains(reason)),
            "{report:?}"
        );
    }

    #[test]
    fn one_of_them_is_enough() {
        let mut memory = Memory::approved_by_alice_and("bob");
        memory.pages[0][1].attempt.approver.history = None;
        memory.state.push(of_b(user("bob"), Status::Succeeded));
        assert_eq!(
            only_report(&memory, "{}", None),
            Report::Success("alice, bob".to_owned())
        );
    }

    #[test]
    fn they_must_name_one_principal() {
        let mut memory = Memory::approved_by_alice_and("bob");
        memory.state.push(of_b(user("carol"), Status::Succeeded));
        refused_for(&memory, "principal-mismatch");
    }

    #[test]
    fn they_must_agree_on_the_outcome() {
        let mut memory = Memory::approved_by_alice_and("bob");
        memory.state.push(of_b(user("bob"), Status::Failed));
        refused_for(&memory, "missing-approval");
    }

    #[test]
    fn the_state_must_not_contradict_itself() {
        let mut memory = Memory::approved_by_alice_and("bob");
        memory.state.push(of_b(user("bob"), Status::Succeeded));
        memory.state.push(of_b(user("carol"), Status::Succeeded));
        let report = only_report(&memory, "{}", None);
        assert!(
            matches!(report, Report::Failure(FailureKind::SystemUnavailable, _)),
            "{report:?}"
        );
    }

    #[test]
    fn another_runs_state_does_not_matter() {
        let mut memory = Memory::approved_by_alice_and("bob");
        let other = StateEntry {
            action_execution_id: "run-of-another-execution".to_owned(),
            ..of_b(user("carol"), Status::Failed)
        };
        memory.state.push(other);
        assert_eq!(
            only_report(&memory, "{}", None),
            Report::Success("alice, bob".to_owned())
        );
    }
}

#[test]
fn pages_that_go_round_in_circles_end() {
    let mut memory = Memory::approved_by_alice_and("bob");
    memory.pages = vec![vec![]; 3];
    let looping = Looping(memory);
    let job = Job {
        id: "job-1".to_owned(),
        user_parameters: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime
        .block_on(async {
            let budget = Budget::until(Duration::from_secs(60));
            handle(
                &looping,
                &Floor::from_json("{}"),
                &job,
                budget,
                Timestamp::UNIX_EPOCH,
                &mut Journal::new(Vec::new()),
            )
            .await
        })
        .unwrap();
    assert!(matches!(
        looping.0.reports.borrow().as_slice(),
        [Report::Failure(FailureKind::SystemUnavailable, _)]
    ));
}

/// Names its first page as the one that follows every page.
struct Looping(Memory);

impl CodePipeline for Looping {
    async fn job_details(&self, job_id: &str) -> Result<JobDetails, CallError> {
        self.0.job_details(job_id).await
    }
    async fn action_executions(&self, _: &str, _: &str, _: Option<&str>) -> Result<ExecutionPage, CallError> {
        Ok(ExecutionPage {
            attempts: vec![],
            next_token: Some("again".to_owned()),
        })
    }
    async fn pipeline_state(&self, pipeline: &str) -> Result<Vec<StateEntry>, CallError> {
        self.0.pipeline_state(pipeline).await
    }
    async fn initiator(&self, pipeline: &str, execution: &str) -> Result<Initiator, CallError> {
        self.0.initiator(pipeline, execution).await
    }
    async fn report_success(&self, job_id: &str, satisfied: Satisfied<'_>) -> Result<(), CallError> {
        self.0.report_success(job_id, satisfied).await
    }
    async fn report_failure(&self, job_id: &str, failure: &Failure) -> Result<(), CallError> {
        self.0.report_failure(job_id, failure).await
    }
}

/// A field that AWS may leave out, and how many reports of success its absence allows: none.
#[test]
fn a_field_missing_is_never_a_success() {
    type Loss = fn(&mut Memory);
    let losses: [(&str, Loss); 9] = [
        ("the approver of B, in history and state", |m| {
            m.pages[0][1].attempt.approver.history = None
        }),
        ("the status of A", |m| m.pages[1][0].attempt.status = Status::Unknown),
        ("the type of A", |m| m.pages[1][0].attempt.kind = ActionKind::Unknown),
        ("the stage of A", |m| m.pages[1][0].attempt.stage = None),
        ("the name of A", |m| m.pages[1][0].attempt.action = None),
        ("the execution of A", |m| m.pages[1][0].execution_id = None),
        ("the second page", |m| m.pages.truncate(1)),
        ("the history", |m| m.pages = vec![vec![]]),
        ("who started the execution", |m| m.initiator = Initiator::Unknown),
    ];
    for (what, lose) in losses {
        let mut memory = Memory::approved_by_alice_and("bob");
        lose(&mut memory);
        let report = only_report(&memory, EVERY_CALL, None);
        assert!(matches!(report, Report::Failure(_, _)), "without {what}: {report:?}");
    }
}

#[test]
fn a_bad_rule_is_a_configuration_error_that_names_the_key() {
    for (floor, parameters, key) in [
        (r#"{"quorom": 2}"#, None, "TWO_PERSON_RULE: `quorom`"),
        (r#"{"quorum": 1}"#, None, "TWO_PERSON_RULE: `quorum`"),
        ("{}", Some(r#"{"people": {}}"#), "UserParameters are wrong: `people`"),
        (
            "{}",
            Some("quorum=2"),
            "UserParameters are wrong: not a rule: it has to be a JSON object",
        ),
        ("{}", Some(""), "UserParameters are wrong"),
        (
            r#"{"stage": "Approve"}"#,
            Some(r#"{"stage": "Build"}"#),
            "UserParameters are wrong: `stage`",
        ),
        (
            r#"{"people": {"a": ["arn:aws:iam::*:user/alice"], "b": ["arn:aws:iam::*:user/al*"]}}"#,
            None,
            "`people`: both `a` and `b`",
        ),
    ] {
        let report = only_report(&Memory::approved_by_alice_and("bob"), floor, parameters);
        let Report::Failure(FailureKind::ConfigurationError, message) = &report else {
            panic!("{floor}: {report:?}")
        };
        assert!(message.contains(key), "{message}");
    }
}

mod which_execution {
    use super::*;

    fn parameters(id: &str) -> String {
        format!(r#"{{"pipelineExecutionId": "{id}"}}"#)
    }

    fn bare() -> Memory {
        let mut memory = Memory::approved_by_alice_and("bob");
        memory.details.execution_id = None;
        memory
    }

    fn configuration_error(memory: &Memory, parameters: Option<&str>) -> String {
        match only_report(memory, "{}", parameters) {
            Report::Failure(FailureKind::ConfigurationError, message) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_jobs_own_is_enough_and_parameters_that_agree_change_nothing() {
        let report = only_report(
            &Memory::approved_by_alice_and("bob"),
            "{}",
            Some(&parameters(EXECUTION)),
        );
        assert_eq!(report, Report::Success("alice, bob".to_owned()));
    }

    #[test]
    fn two_ids_that_differ_are_never_a_success() {
        let message = configuration_error(
            &Memory::approved_by_alice_and("bob"),
            Some(&parameters(OTHER_EXECUTION)),
        );
        assert!(message.contains("#{codepipeline.PipelineExecutionId}"), "{message}");
    }

    #[test]
    fn with_neither_it_says_what_to_put_where() {
        let message = configuration_error(&bare(), None);
        assert!(
            message.contains(r##""pipelineExecutionId": "#{codepipeline.PipelineExecutionId}""##),
            "{message}"
        );
    }

    #[test]
    fn the_parameters_stand_in_when_the_gate_runs_in_that_execution() {
        assert_eq!(
            only_report(&bare(), "{}", Some(&parameters(EXECUTION))),
            Report::Success("alice, bob".to_owned())
        );
    }

    #[test]
    fn parameters_that_name_an_execution_the_gate_does_not_run_in_are_refused() {
        let mut elsewhere = bare();
        for entry in elsewhere.pages.iter_mut().flatten() {
            entry.execution_id = Some(OTHER_EXECUTION.to_owned());
        }
        elsewhere.pages[0].remove(0);
        configuration_error(&elsewhere, Some(&parameters(OTHER_EXECUTION)));

        let mut finished = bare();
        finished.pages[0][0].attempt.status = Status::Succeeded;
        configuration_error(&finished, Some(&parameters(EXECUTION)));
    }

    #[test]
    fn a_history_of_another_execution_is_no_evidence() {
        let mut memory = Memory::approved_by_alice_and("bob");
        memory.pages[1][0].execution_id = Some(OTHER_EXECUTION.to_owned());
        let report = only_report(&memory, "{}", None);
        assert!(
            matches!(report, Report::Failure(FailureKind::SystemUnavailable, _)),
            "{report:?}"
        );
    }
}

#[test]
fn the_journal_holds_one_decision_and_its_metrics() {
    let outcome = run(&Memory::approved_by_alice_and("alice"), "{}", None);
    let [decision, metrics @ ..] = outcome.journal.as_slice() else {
        panic!("no journal")
    };
    assert_eq!(decision["schemaVersion"], 1);
    assert_eq!(decision["verdict"], "unsatisfied");
    assert_eq!(decision["jobId"], "job-1");
    let dimensions: Vec<(&Value, Option<&Value>)> = metrics
        .iter()
        .map(|line| (&line["Verdict"], line.get("Reason")))
        .collect();
    assert_eq!(
        dimensions,
        [
            (&"unsatisfied".into(), None),
            (&"unsatisfied".into(), Some(&"quorum-not-met".into())),
            (&"unsatisfied".into(), Some(&"same-person".into())),
        ]
    );
    for line in metrics {
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(line["_aws"]["Timestamp"], 1_795_341_720_000_i64);
        assert_eq!(directive["Namespace"], "TwoPersonRule");
        assert_eq!(directive["Metrics"][0]["Name"], "Decisions");
        for dimension in directive["Dimensions"][0].as_array().unwrap() {
            assert!(line[dimension.as_str().unwrap()].is_string(), "{line}");
        }
        assert_eq!(line["Decisions"], 1);
    }
}

#[test]
fn without_a_decision_the_metrics_say_none() {
    let memory = Memory::approved_by_alice_and("bob").with(Operation::GetPipelineState, Fault::AccessDenied);
    let journal = run(&memory, "{}", None).journal;
    assert!(journal.iter().all(|line| line.get("schemaVersion").is_none()));
    assert_eq!(journal.last().unwrap()["Verdict"], "none");
    assert_eq!(journal.last().unwrap()["Reason"], "permission-error");
}
