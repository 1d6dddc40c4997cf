//! Attacks on the gate that once succeeded, each named after what it brought about.

use lambda::FailureKind;

use super::memory::{EXECUTION, Memory, Report, only_report};

/// The execution id comes from UserParameters, and the history is late: nothing is wrong with the parameters.
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
