//! What the gate believes. It does not believe the event alone, a history that is behind, or the
//! name of a role.

use crate::memory::{
    EXECUTION, FUNCTION, Fault, Memory, OTHER_EXECUTION, Report, entry, only, only_report, run,
    run_event, state, user,
};
use facts::{Operation, StateEntry};
use job::{FailureKind, PUT_JOB_FAILURE_RESULT, PUT_JOB_SUCCESS_RESULT};
use rule::{ActionKind, Initiator, Status};

#[test]
fn a_history_that_is_a_moment_behind_is_read_again() {
    let mut memory = Memory::approved_by_alice_and("bob");
    memory.behind = 2;
    assert_eq!(only_report(&mut memory, "{}", None), Report::Success("alice, bob".to_owned()));
    assert_eq!(memory.count(Operation::LIST_ACTION_EXECUTIONS), 6);

    let mut memory = Memory::approved_by_alice_and("bob");
    memory.behind = usize::MAX;
    let report = only_report(&mut memory, "{}", None);
    assert!(matches!(report, Report::Failure(FailureKind::SystemUnavailable, _)), "{report:?}");
}

/// After a retry of ALL_ACTIONS, the history still shows the earlier round, which alice and bob
/// approved, and not the gate's own run.
#[test]
fn a_history_without_the_gates_own_run_is_no_evidence() {
    let mut memory = Memory::approved_by_alice_and("bob");
    memory.pages[0].remove(0);
    let report = only_report(&mut memory, "{}", None);
    assert!(matches!(report, Report::Failure(FailureKind::SystemUnavailable, _)), "{report:?}");
}

#[test]
fn an_open_action_that_is_no_approval_does_not_matter() {
    let mut memory = Memory::approved_by_alice_and("bob");
    memory.pages[1][1].attempt.status = Status::InProgress;
    memory.state.push(state("Source", "run-of-Source", None, Status::Succeeded));
    assert_eq!(only_report(&mut memory, "{}", None), Report::Success("alice, bob".to_owned()));
}

/// The state and the history are two sources for one attempt.
mod two_witnesses {
    use super::*;

    fn of_b(by: Option<String>, status: Status) -> StateEntry {
        state("ApprovalB", "run-of-ApprovalB", by, status)
    }

    fn refused_for(memory: &mut Memory, reason: &str) {
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
        assert_eq!(only_report(&mut memory, "{}", None), Report::Success("alice, bob".to_owned()));
    }

    #[test]
    fn they_must_name_one_principal() {
        let mut memory = Memory::approved_by_alice_and("bob");
        memory.state.push(of_b(user("carol"), Status::Succeeded));
        refused_for(&mut memory, "principal-mismatch");
    }

    #[test]
    fn they_must_agree_on_the_outcome() {
        let mut memory = Memory::approved_by_alice_and("bob");
        memory.state.push(of_b(user("bob"), Status::Failed));
        refused_for(&mut memory, "missing-approval");
    }

    #[test]
    fn the_state_must_not_contradict_itself() {
        let mut memory = Memory::approved_by_alice_and("bob");
        memory.state.push(of_b(user("bob"), Status::Succeeded));
        memory.state.push(of_b(user("carol"), Status::Succeeded));
        let report = only_report(&mut memory, "{}", None);
        assert!(matches!(report, Report::Failure(FailureKind::SystemUnavailable, _)), "{report:?}");
    }

    #[test]
    fn another_runs_state_does_not_matter() {
        let mut memory = Memory::approved_by_alice_and("bob");
        let other = StateEntry {
            action_execution_id: "run-of-another-execution".to_owned(),
            execution_id: Some(OTHER_EXECUTION.to_owned()),
            ..of_b(user("carol"), Status::Failed)
        };
        memory.state.push(other);
        assert_eq!(only_report(&mut memory, "{}", None), Report::Success("alice, bob".to_owned()));
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

    fn configuration_error(memory: &mut Memory, parameters: Option<&str>) -> String {
        match only_report(memory, "{}", parameters) {
            Report::Failure(FailureKind::ConfigurationError, message) => message,
            other @ (Report::Success(_) | Report::Failure(..)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_jobs_own_is_enough_and_parameters_that_agree_change_nothing() {
        let report = only_report(
            &mut Memory::approved_by_alice_and("bob"),
            "{}",
            Some(&parameters(EXECUTION)),
        );
        assert_eq!(report, Report::Success("alice, bob".to_owned()));
    }

    #[test]
    fn two_ids_that_differ_are_never_a_success() {
        let message = configuration_error(
            &mut Memory::approved_by_alice_and("bob"),
            Some(&parameters(OTHER_EXECUTION)),
        );
        assert!(message.contains("#{codepipeline.PipelineExecutionId}"), "{message}");
    }

    #[test]
    fn with_neither_it_says_what_to_put_where() {
        let message = configuration_error(&mut bare(), None);
        assert!(
            message.contains(r##""pipelineExecutionId": "#{codepipeline.PipelineExecutionId}""##),
            "{message}"
        );
    }

    #[test]
    fn the_parameters_stand_in_when_the_gate_runs_in_that_execution() {
        assert_eq!(
            only_report(&mut bare(), "{}", Some(&parameters(EXECUTION))),
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
        configuration_error(&mut elsewhere, Some(&parameters(OTHER_EXECUTION)));

        let mut finished = bare();
        finished.pages[0][0].attempt.status = Status::Succeeded;
        configuration_error(&mut finished, Some(&parameters(EXECUTION)));
    }

    #[test]
    fn a_history_of_another_execution_is_no_evidence() {
        let mut memory = Memory::approved_by_alice_and("bob");
        memory.pages[1][0].execution_id = Some(OTHER_EXECUTION.to_owned());
        let report = only_report(&mut memory, "{}", None);
        assert!(matches!(report, Report::Failure(FailureKind::SystemUnavailable, _)), "{report:?}");
    }
}

/// Anyone who may invoke the function can write an event.
mod the_event_is_not_believed {
    use super::*;

    const STRICT: &str = r#"{"excludeInitiator": true}"#;

    fn configured(parameters: Option<&str>) -> Memory {
        let mut memory = Memory::approved_by_alice_and("bob");
        memory.details.configuration.as_mut().unwrap().user_parameters =
            parameters.map(str::to_owned);
        memory
    }

    /// Alice started it, so the action's own parameters exclude her.
    fn started_by_alice() -> Memory {
        let mut memory = configured(Some(STRICT));
        memory.initiator = Initiator::Principal(user("alice").unwrap());
        memory
    }

    #[test]
    fn parameters_of_the_event_that_codepipeline_does_not_show_are_an_error() {
        for forged in [None, Some("{}"), Some(r#"{"stage": "QA"}"#)] {
            let report = only(run_event(&started_by_alice(), "{}", forged, FUNCTION));
            let Report::Failure(FailureKind::ConfigurationError, message) = report else {
                panic!("{forged:?}: {report:?}")
            };
            assert!(message.starts_with("The event's UserParameters are not those"), "{message}");
        }
        let honest = only(run_event(&started_by_alice(), "{}", Some(STRICT), FUNCTION));
        assert!(matches!(honest, Report::Failure(FailureKind::JobFailed, _)), "{honest:?}");
    }

    #[test]
    fn the_execution_id_may_be_filled_in_by_the_event_and_is_checked() {
        let variable = r##"{"pipelineExecutionId": "#{codepipeline.PipelineExecutionId}"}"##;
        let filled = |id: &str| variable.replace("#{codepipeline.PipelineExecutionId}", id);
        let report = |id: &str| {
            only(run_event(&configured(Some(variable)), "{}", Some(&filled(id)), FUNCTION))
        };
        assert_eq!(report(EXECUTION), Report::Success("alice, bob".to_owned()));
        assert_eq!(report(&EXECUTION.to_uppercase()), Report::Success("alice, bob".to_owned()));
        let other = report(OTHER_EXECUTION);
        assert!(matches!(other, Report::Failure(FailureKind::ConfigurationError, _)), "{other:?}");
    }

    #[test]
    fn a_job_of_another_function_gets_no_report() {
        let mut of_another = configured(None);
        of_another.details.configuration.as_mut().unwrap().function_name =
            Some("deploy".to_owned());
        let mut named_otherwise = configured(None);
        named_otherwise.details.configuration.as_mut().unwrap().function_name =
            Some(format!("{FUNCTION}:live"));
        let older_version = format!("{FUNCTION}:1");
        for (memory, invoked_as) in [
            (of_another, FUNCTION),
            (named_otherwise, FUNCTION),
            (configured(None), "arn:aws:lambda:eu-west-1:111122223333:function:other"),
            (configured(None), older_version.as_str()),
        ] {
            let outcome = run_event(&memory, "{}", None, invoked_as);
            let error = outcome.result.unwrap_err();
            assert_eq!(error.name(), "NotOurs", "{error}");
            assert_eq!(outcome.reports, []);
            assert_eq!(memory.count(PUT_JOB_FAILURE_RESULT), 0);
            assert_eq!(memory.count(PUT_JOB_SUCCESS_RESULT), 0);
        }
    }

    #[test]
    fn a_reply_without_the_configuration_fails_closed_and_says_what_to_do() {
        let mut without = configured(None);
        without.details.configuration = None;
        let mut nameless = configured(None);
        nameless.details.configuration.as_mut().unwrap().function_name = None;
        for memory in [without, nameless] {
            let Report::Failure(FailureKind::ConfigurationError, message) =
                only(run_event(&memory, "{}", None, FUNCTION))
            else {
                panic!("no configuration error")
            };
            assert!(
                message.contains("GetJobDetails") && message.contains("policygen doctor --facts"),
                "{message}"
            );
        }
    }

    #[test]
    fn a_bad_floor_is_not_reported_for_the_job_of_another_function() {
        let outcome = run_event(
            &configured(None),
            "{",
            None,
            "arn:aws:lambda:eu-west-1:111122223333:function:other",
        );
        assert_eq!(outcome.reports, []);
    }

    #[test]
    fn a_stage_in_the_parameters_may_not_be_another_than_the_gates() {
        let mut memory = Memory::approved_by_alice_and("alice");
        for (action, by) in [("QaA", "carol"), ("QaB", "dave")] {
            let mut approval =
                entry(action, ActionKind::ManualApproval, Status::Succeeded, user(by));
            approval.attempt.stage = Some("QA".to_owned());
            memory.pages[1].push(approval);
        }
        let report = only_report(&mut memory, "{}", Some(r#"{"stage": "QA"}"#));
        assert!(
            matches!(&report, Report::Failure(FailureKind::ConfigurationError, message) if message.contains("`stage`")),
            "{report:?}"
        );
    }
}

/// The state shows something that is missing in the history.
mod nothing_is_judged_that_lags {
    use super::*;

    fn unavailable(memory: &mut Memory) -> String {
        match only_report(memory, "{}", None) {
            Report::Failure(FailureKind::SystemUnavailable, message) => message,
            other @ (Report::Success(_) | Report::Failure(..)) => panic!("{other:?}"),
        }
    }

    /// Bob approved ApprovalB. Then it was opened again, and alice approved it.
    fn second_attempt(by: Option<&str>, status: Status) -> StateEntry {
        state("ApprovalB", "second-run-of-ApprovalB", by.and_then(user), status)
    }

    #[test]
    fn an_attempt_that_the_state_alone_shows_is_waited_for() {
        for attempt in [
            second_attempt(Some("alice"), Status::Succeeded),
            second_attempt(Some("carol"), Status::Failed),
            StateEntry { last_status_change: None, ..second_attempt(None, Status::InProgress) },
        ] {
            let mut memory = Memory::approved_by_alice_and("bob");
            memory.state.push(attempt);
            let message = unavailable(&mut memory);
            assert!(
                message.contains("the attempt of ApprovalB that GetPipelineState shows"),
                "{message}"
            );
            assert!(memory.count(Operation::LIST_ACTION_EXECUTIONS) > 2, "it was read again");
        }
    }

    /// Only the history shows the type of an action, and this action is not in the history.
    #[test]
    fn an_approval_that_the_history_has_never_seen_is_known_by_its_answer() {
        let mut memory = Memory::approved_by_alice_and("bob");
        memory.state.push(state("ApprovalC", "run-of-ApprovalC", user("alice"), Status::Succeeded));
        assert!(unavailable(&mut memory).contains("ApprovalC"));
    }

    #[test]
    fn what_is_not_of_this_execution_is_not_waited_for() {
        let of_another = StateEntry {
            execution_id: Some(OTHER_EXECUTION.to_owned()),
            ..second_attempt(Some("alice"), Status::Succeeded)
        };
        let in_another_stage = StateEntry {
            stage: Some("QA".to_owned()),
            ..second_attempt(Some("alice"), Status::Succeeded)
        };
        // An approval after the gate. This execution has not reached it, so the state shows its run
        // in an earlier execution.
        let of_before = StateEntry {
            last_status_change: "2026-11-22T09:59:59Z".parse().ok(),
            ..state("Afterwards", "old-run", user("alice"), Status::Succeeded)
        };
        let deploy = state("Deploy", "old-deploy", None, Status::Succeeded);
        for entry in [of_another, in_another_stage, of_before, deploy] {
            let mut memory = Memory::approved_by_alice_and("bob");
            memory.state.push(entry.clone());
            let report = only_report(&mut memory, "{}", None);
            assert_eq!(report, Report::Success("alice, bob".to_owned()), "{entry:?}");
        }
    }

    #[test]
    fn the_own_run_is_found_by_its_place_if_its_id_is_not_there_or_another() {
        for id in [None, Some("another-id".to_owned())] {
            let mut memory = Memory::approved_by_alice_and("bob");
            memory.details.action_execution_id = id;
            assert_eq!(
                only_report(&mut memory, "{}", None),
                Report::Success("alice, bob".to_owned())
            );

            memory.pages[0].remove(0);
            memory.reports.borrow_mut().clear();
            let message = unavailable(&mut memory);
            assert!(message.contains("does not show the gate's own run, Gate"), "{message}");
        }
    }

    /// With the place alone, another execution of the same gate would be accepted.
    #[test]
    fn an_execution_of_the_parameters_is_proven_by_the_id_alone() {
        let mut memory = Memory::approved_by_alice_and("bob");
        memory.details.execution_id = None;
        memory.details.action_execution_id = Some("another-id".to_owned());
        let report = only_report(
            &mut memory,
            "{}",
            Some(&format!(r#"{{"pipelineExecutionId": "{EXECUTION}"}}"#)),
        );
        assert!(
            matches!(report, Report::Failure(FailureKind::ConfigurationError, _)),
            "{report:?}"
        );
    }
}

/// Anybody who may create roles can choose a role's name, but not its path.
mod a_role_is_trusted_by_its_path {
    use super::*;

    const GLOB: &str = r#"{"trustedSessionRoles": ["AWSReservedSSO_*"]}"#;

    fn approved_through(role: &str) -> Memory {
        let mut memory = Memory::approved_by_alice_and("bob");
        memory.pages[0][1].attempt.approver.history =
            Some(format!("arn:aws:sts::111122223333:assumed-role/{role}/bob@example.com"));
        memory
    }

    #[test]
    fn iam_is_asked_about_roles_that_only_a_glob_trusts() {
        let mut reserved = approved_through("AWSReservedSSO_Approver_01");
        assert_eq!(
            only_report(&mut reserved, GLOB, None),
            Report::Success("alice, bob".to_owned())
        );
        assert_eq!(reserved.count(Operation::GET_ROLE), 1);

        let mut look_alike = approved_through("AWSReservedSSO_Approver_02");
        let report = only_report(&mut look_alike, GLOB, None);
        let Report::Failure(FailureKind::JobFailed, message) = report else { panic!("{report:?}") };
        assert!(
            message.contains("shared-role") && message.contains("add `AWSReservedSSO_Approver_02`"),
            "{message}"
        );
    }

    #[test]
    fn an_exact_name_is_not_asked_about() {
        let mut memory = approved_through("AWSReservedSSO_Approver_02");
        let rule = r#"{"trustedSessionRoles": ["AWSReservedSSO_Approver_02"]}"#;
        assert_eq!(only_report(&mut memory, rule, None), Report::Success("alice, bob".to_owned()));
        assert_eq!(memory.count(Operation::GET_ROLE), 0);
    }

    #[test]
    fn an_iam_that_does_not_answer_is_never_a_success() {
        let mut memory = approved_through("AWSReservedSSO_Approver_01")
            .with(Operation::GET_ROLE, Fault::ThrottledForever);
        let report = only_report(&mut memory, GLOB, None);
        assert!(matches!(report, Report::Failure(FailureKind::SystemUnavailable, _)), "{report:?}");
    }
}

#[test]
fn revisions_that_differ_between_history_and_execution_are_an_error_and_no_verdict() {
    const KEYS: &str = r#"{"signingKeys": {"alice": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD"]}}"#;
    let mut memory = Memory::approved_by_alice_and("bob");
    assert_eq!(only_report(&mut memory, KEYS, None), Report::Success("alice, bob".to_owned()));
    let mut memory = Memory::approved_by_alice_and("bob");
    memory.revisions = vec!["another".to_owned()];
    let report = only_report(&mut memory, KEYS, None);
    let Report::Failure(FailureKind::SystemUnavailable, message) = report else {
        panic!("{report:?}")
    };
    assert!(message.contains("the reply to GetPipelineExecution makes no sense"), "{message}");
}

#[test]
fn who_started_it_is_in_the_record_and_costs_nobody_a_release() {
    let mut memory = Memory::approved_by_alice_and("bob")
        .with(Operation::GET_PIPELINE_EXECUTION, Fault::AccessDenied);
    let outcome = run(&mut memory, "{}", None);
    assert_eq!(outcome.journal[1]["initiator"], "unknown");
    assert_eq!(outcome.reports, [Report::Success("alice, bob".to_owned())]);
}
