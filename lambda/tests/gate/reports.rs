//! Every call and everything that can happen to it, over a CodePipeline in memory: there is exactly
//! one report, and never a success without evidence.

#![expect(clippy::wildcard_enum_match_arm, reason = "a table names the rows that differ")]

use crate::memory::{FAULTS, Fault, Memory, Report, only_report, run};
use facts::Operation;
use job::{FailureKind, GET_JOB_DETAILS, PUT_JOB_FAILURE_RESULT, PUT_JOB_SUCCESS_RESULT};
use rule::{ActionKind, Initiator, Status};
use serde_json::Value;

const EVERY_CALL: &str = r#"{"excludeInitiator": true}"#;

#[test]
fn reads_times_faults() {
    let reads = [
        GET_JOB_DETAILS,
        Operation::LIST_ACTION_EXECUTIONS,
        Operation::GET_PIPELINE_STATE,
        Operation::GET_PIPELINE_EXECUTION,
    ];
    for operation in reads {
        for fault in FAULTS {
            let mut memory = Memory::approved_by_alice_and("bob").with(operation, fault);
            let report = only_report(&mut memory, EVERY_CALL, None);
            let (kind, message) = match (&report, fault) {
                (Report::Success(approvers), Fault::ThrottledOnce | Fault::UnsentForSeconds) => {
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
            assert!(message.contains(&operation.to_string()), "{operation} {fault:?}: {message}");
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
        (PUT_JOB_SUCCESS_RESULT, "bob", Report::Success("alice, bob".to_owned())),
        (PUT_JOB_FAILURE_RESULT, "alice", Report::Failure(FailureKind::JobFailed, String::new())),
    ];
    for (operation, second, expected) in cases {
        for fault in FAULTS {
            let mut memory = Memory::approved_by_alice_and(second).with(operation, fault);
            let outcome = run(&mut memory, EVERY_CALL, None);
            match fault {
                Fault::ThrottledOnce | Fault::UnsentForSeconds => {
                    assert_eq!(outcome.result, Ok(()));
                    let [report] = outcome.reports.as_slice() else {
                        panic!("{:?}", outcome.reports)
                    };
                    assert_eq!(std::mem::discriminant(report), std::mem::discriminant(&expected));
                }
                // AWS refuses the success. The action would hang for 20 minutes, so the gate
                // reports a failure that says why.
                Fault::AccessDenied | Fault::Refused if operation == PUT_JOB_SUCCESS_RESULT => {
                    let [Report::Failure(kind, message)] = outcome.reports.as_slice() else {
                        panic!("{:?}", outcome.reports)
                    };
                    let denied = fault == Fault::AccessDenied;
                    assert_eq!(*kind == FailureKind::PermissionError, denied, "{message}");
                    assert!(
                        !denied || message.contains("codepipeline:PutJobSuccessResult"),
                        "{message}"
                    );
                    assert!(
                        message.starts_with("The approvals satisfy the rule, but"),
                        "{message}"
                    );
                    continue;
                }
                // Lambda tries the invocation again. Nothing may be reported instead.
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
                PUT_JOB_SUCCESS_RESULT => PUT_JOB_FAILURE_RESULT,
                _ => PUT_JOB_SUCCESS_RESULT,
            };
            assert_eq!(memory.count(other), 0, "{operation} {fault:?}");
        }
    }
}

/// Lambda repeats invocations.
#[test]
fn a_job_that_has_its_result_already_gets_no_second_one() {
    for (second, operation, other) in [
        ("bob", PUT_JOB_SUCCESS_RESULT, PUT_JOB_FAILURE_RESULT),
        ("alice", PUT_JOB_FAILURE_RESULT, PUT_JOB_SUCCESS_RESULT),
    ] {
        let mut memory = Memory::approved_by_alice_and(second);
        memory.already_reported = true;
        let outcome = run(&mut memory, "{}", None);
        assert_eq!((outcome.result, outcome.reports), (Ok(()), vec![]));
        assert_eq!((memory.count(operation), memory.count(other)), (1, 0));
    }
}

#[test]
fn all_pages_are_read() {
    let mut memory = Memory::approved_by_alice_and("bob");
    assert_eq!(only_report(&mut memory, "{}", None), Report::Success("alice, bob".to_owned()));
    assert_eq!(memory.count(Operation::LIST_ACTION_EXECUTIONS), 2);
    assert_eq!(
        memory.count(Operation::GET_PIPELINE_EXECUTION),
        1,
        "who started it is in the record"
    );
}

/// AWS may leave out each of these fields. Without one, the gate never reports a success.
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
        let report = only_report(&mut memory, EVERY_CALL, None);
        assert!(matches!(report, Report::Failure(_, _)), "without {what}: {report:?}");
    }
}

#[test]
fn a_bad_rule_is_a_configuration_error_that_names_the_key() {
    for (floor, parameters, key) in [
        (r#"{"quorom": 2}"#, None, "TWO_PERSON_RULE: `quorom`"),
        (r#"{"quorum": 1}"#, None, "TWO_PERSON_RULE: `quorum`"),
        ("{}", Some(r#"{"people": {}}"#), "UserParameters are wrong: `people`"),
        ("{}", Some("quorum=2"), "UserParameters are wrong: not a rule: it must be a JSON object"),
        ("{}", Some(""), "UserParameters are wrong"),
        (
            r#"{"stage": "Approve"}"#,
            Some(r#"{"stage": "Build"}"#),
            "UserParameters are wrong: `stage`",
        ),
        (
            r#"{"people": {"a": ["arn:aws:iam::*:user/alice"], "b": ["arn:aws:iam::1*:user/alice"]}}"#,
            None,
            "`people`: both `a` and `b`",
        ),
    ] {
        let report = only_report(&mut Memory::approved_by_alice_and("bob"), floor, parameters);
        let Report::Failure(FailureKind::ConfigurationError, message) = &report else {
            panic!("{floor}: {report:?}")
        };
        assert!(message.contains(key), "{message}");
    }
}

/// [`run`] reads each write as one line, and refuses anything else.
#[test]
fn a_line_of_another_program_does_not_tear_a_record() {
    let records = |second: &str, floor: &str| {
        let outcome = run(&mut Memory::approved_by_alice_and(second), floor, None);
        outcome.journal.iter().filter(|line| line["schemaVersion"] == 1).count()
    };
    let decided = [records("bob", "{}"), records("alice", "{}")];
    assert_eq!((decided, records("bob", "{")), ([1, 1], 0));
}

#[test]
fn the_journal_holds_one_decision_and_its_metrics() {
    let outcome = run(&mut Memory::approved_by_alice_and("alice"), "{}", None);
    let [facts, decision, metrics @ ..] = outcome.journal.as_slice() else { panic!("no journal") };
    let seen = serde_json::json!({"facts": {
        "getJobDetails": {"pipelineExecutionId": true, "actionName": true, "actionExecutionId": true, "functionName": true, "userParameters": "none"},
        "ownRunBy": "id",
    }});
    assert_eq!(*facts, seen);
    assert_eq!(decision["initiator"]["principal"], "arn:aws:iam::111122223333:user/carol");
    let a = &decision["approvals"][0];
    assert_eq!((&a["basis"], &a["atIs"]), (&"user".into(), &"answered".into()));
    assert_eq!(
        (&a["at"], &a["noticedAt"]),
        (&"2026-11-22T10:00:40Z".into(), &"2026-11-22T10:01:00Z".into())
    );
    assert_eq!(decision["approvals"][1]["atIs"], "noticed");
    assert_eq!(decision["schemaVersion"], 1);
    assert_eq!(decision["gateVersion"], lambda::VERSION);
    assert!(decision["ruleDigest"].as_str().unwrap().starts_with("sha256:"), "{decision}");
    assert_eq!(decision["verdict"], "unsatisfied");
    assert_eq!(decision["jobId"], "job-1");
    let dimensions: Vec<(&Value, Option<&Value>)> =
        metrics.iter().map(|line| (&line["Verdict"], line.get("Reason"))).collect();
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

/// Alice's approval was answered 40 seconds after it was opened; bob's was noticed after a minute.
#[test]
fn a_release_that_passes_says_how_long_its_approvals_were_open() {
    let time = |outcome: Vec<Value>| -> Vec<Value> {
        outcome.into_iter().filter(|line| line.get("TimeToApprove").is_some()).collect()
    };
    let passed = time(run(&mut Memory::approved_by_alice_and("bob"), "{}", None).journal);
    let [line] = passed.as_slice() else { panic!("{passed:?}") };
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Dimensions"], serde_json::json!([["Pipeline"]]));
    assert_eq!(
        directive["Metrics"],
        serde_json::json!([{"Name": "TimeToApprove", "Unit": "Seconds"}])
    );
    assert_eq!(
        (&line["Pipeline"], &line["TimeToApprove"]),
        (&"payments".into(), &serde_json::json!([40, 60]))
    );
    let refused = time(run(&mut Memory::approved_by_alice_and("alice"), "{}", None).journal);
    assert_eq!(refused, Vec::<Value>::new());
}

#[test]
fn without_a_decision_the_metrics_say_none() {
    let mut memory = Memory::approved_by_alice_and("bob")
        .with(Operation::GET_PIPELINE_STATE, Fault::AccessDenied);
    let journal = run(&mut memory, "{}", None).journal;
    assert!(journal.iter().all(|line| line.get("schemaVersion").is_none()));
    assert_eq!(journal.last().unwrap()["Verdict"], "none");
    assert_eq!(journal.last().unwrap()["Reason"], "permission-error");
}
