//! Attacks on the gate that once succeeded, each named after its effect.

use job::{FailureKind, PUT_JOB_SUCCESS_RESULT};

use super::memory::{EXECUTION, Fault, Memory, Report, only_report};

/// The execution id comes from UserParameters, and the history is late. The parameters are right.
#[test]
fn a_late_answer_is_not_blamed_on_the_parameters() {
    let parameters = format!(r#"{{"pipelineExecutionId": "{EXECUTION}"}}"#);
    let mut memory = Memory::approved_by_alice_and("bob");
    memory.details.execution_id = None;
    memory.behind = usize::MAX;
    match only_report(&mut memory, "{}", Some(&parameters)) {
        Report::Failure(FailureKind::SystemUnavailable, message) => {
            assert!(message.contains("how ApprovalA was answered"), "{message}");
        }
        other @ (Report::Success(_) | Report::Failure(..)) => panic!("{other:?}"),
    }
}

/// AWS quotes what it refuses, including output variables. It would also refuse a message above the
/// limit, and the action would hang.
#[test]
fn a_long_refusal_of_the_success_does_not_silence_the_failure() {
    let mut memory =
        Memory::approved_by_alice_and("bob").with(PUT_JOB_SUCCESS_RESULT, Fault::Refused);
    memory.refusal = "x".repeat(rule::REFUSAL_LIMIT);
    let Report::Failure(_, message) = only_report(&mut memory, "{}", None) else {
        panic!("a success")
    };
    assert!(
        message.starts_with("The approvals satisfy the rule, but")
            && message.len() <= rule::REFUSAL_LIMIT,
        "{} bytes",
        message.len()
    );
}

/// Lambda accepts a part of an ARN as a function's name. If the gate believes that a job belongs to
/// another function, nothing is reported, and the action hangs.
#[test]
fn a_function_named_by_a_part_of_its_arn_is_not_silent() {
    for function in ["111122223333:gate", "function:gate", "eu-west-1:111122223333:function:gate"] {
        let mut memory = Memory::approved_by_alice_and("bob");
        if let Some(configuration) = &mut memory.details.configuration {
            configuration.function_name = Some(function.to_owned());
        }
        memory.event_function = function.to_owned();
        let report = only_report(&mut memory, "{}", None);
        assert_eq!(report, Report::Success("alice, bob".to_owned()), "{function}");
    }
}
