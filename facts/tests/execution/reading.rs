//! What is read of an execution, and what is an error instead.

use facts::{CallError, GateRun, Lag, Operation, ReadError};
use rule::{ActionKind, Initiator, Rule, Status, decide};

use crate::memory::{ACCOUNT, ALICE, BOB, CAROL, EXECUTION, Memory, entry, state};

/// A rule whose approvals may be signed.
const KEYS: &str = r#"{"signingKeys": {"alice": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD"]}}"#;

fn malformed(result: Result<impl std::fmt::Debug, ReadError>) -> (Operation, &'static str) {
    match result.unwrap_err() {
        ReadError { error: CallError::Malformed { operation, problem }, lag: None } => {
            (operation, problem)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn history_and_state_are_joined() {
    let memory = Memory::half_approved();
    let facts = memory.read("{}", None).unwrap();
    assert_eq!(memory.count(Operation::LIST_ACTION_EXECUTIONS), 2, "all pages are read");
    assert_eq!((facts.account.id(), facts.gate_stage.as_str()), (ACCOUNT, "Approve"));
    assert_eq!(
        (facts.execution.id.as_str(), facts.execution.pipeline.as_str()),
        (EXECUTION, "payments")
    );
    assert_eq!((facts.execution.pipeline_version, &facts.job_id), (Some(7), &None));
    assert_eq!(facts.initiator, Initiator::Principal(CAROL.to_owned()));
    let [b, a, source] = facts.attempts.as_slice() else { panic!("{:?}", facts.attempts) };
    assert_eq!(a.approver.history.as_deref(), Some(ALICE));
    assert_eq!(a.approver.state.as_deref(), Some(ALICE));
    assert_eq!(a.answered, "2026-11-22T10:00:40Z".parse().ok());
    assert_eq!((b.status, b.answered), (Status::InProgress, None), "nobody has answered it");
    assert_eq!(source.approver.state, None);
}

/// What the desk does: it judges what would be if somebody answered the open approval.
#[test]
fn an_answer_can_be_judged_before_it_is_given() {
    let rule = Rule::default();
    let mut facts = Memory::half_approved().read("{}", None).unwrap();
    for (who, counts) in [(BOB, true), (ALICE, false)] {
        facts.attempts[0].status = Status::Succeeded;
        facts.attempts[0].approver.history = Some(who.to_owned());
        let decision = decide(&rule, &facts).unwrap();
        assert_eq!(decision.satisfied().is_some(), counts, "{who}");
    }
}

#[test]
fn a_contradiction_about_the_end_of_an_attempt_leaves_its_status_unknown() {
    let mut memory = Memory::half_approved();
    memory.state[0] = state("ApprovalA", Some(ALICE), Status::Failed);
    let facts = memory.read("{}", None).unwrap();
    assert_eq!(facts.attempts[1].status, Status::Unknown);
}

#[test]
fn a_history_that_lags_is_read_again_and_the_error_says_what_it_lacks() {
    let mut answered = Memory::half_approved();
    answered.state[1] = state("ApprovalB", Some(BOB), Status::Succeeded);
    let mut reopened = Memory::half_approved();
    reopened.state[1].action_execution_id = "second-run-of-ApprovalB".to_owned();
    for (memory, lacks) in [
        (answered, Lag::Answer("ApprovalB".to_owned())),
        (reopened, Lag::Attempt("ApprovalB".to_owned())),
    ] {
        let error = memory.read("{}", None).unwrap_err();
        assert!(error.to_string().contains(&lacks.to_string()), "{error}");
        assert_eq!(error.lag, Some(lacks));
        assert!(memory.count(Operation::LIST_ACTION_EXECUTIONS) > 4, "it was read again");
    }
}

/// The reviews function has just ended, and the history shows it running.
#[test]
fn a_run_that_says_who_wrote_it_is_waited_for() {
    const RULE: &str = r#"{"reviews": {"function": "reviews"}}"#;
    let mut memory = Memory::half_approved();
    let mut run = entry("Reviews", ActionKind::Other, Status::InProgress, None);
    run.ran.function = Some("reviews".to_owned());
    memory.pages[0].push(run);
    memory.state.push(state("Reviews", None, Status::InProgress));
    memory.read(RULE, None).unwrap();
    memory.state.pop();
    memory.state.push(state("Reviews", None, Status::Succeeded));
    let lacks = Lag::Run("Reviews".to_owned());
    assert_eq!(memory.read(RULE, None).unwrap_err().lag, Some(lacks));
    memory.read(r#"{"reviews": {"function": "another"}}"#, None).unwrap();
}

#[test]
fn only_a_gate_has_a_run_that_the_history_must_show() {
    let run = GateRun { action: Some("Gate"), id: Some("run-of-Gate") };
    let mut memory = Memory::half_approved();
    let missing = Lag::OwnRun("Gate with the id run-of-Gate".to_owned());
    assert_eq!(memory.read("{}", Some(run)).unwrap_err().lag, Some(missing));
    memory.pages[0].push(entry("Gate", ActionKind::Other, Status::InProgress, None));
    memory.read("{}", Some(run)).unwrap();
}

#[test]
fn pages_that_go_round_in_circles_are_an_error() {
    let mut memory = Memory::half_approved();
    memory.in_circles = true;
    let (operation, problem) = malformed(memory.read("{}", None));
    assert_eq!(operation, Operation::LIST_ACTION_EXECUTIONS);
    assert_eq!(problem, "it names a page that was read already");
}

#[test]
fn a_history_of_another_execution_is_an_error() {
    for other in [Some("00000000-7cf7-4abc-9b2c-0123456789ab".to_owned()), None] {
        let mut memory = Memory::half_approved();
        memory.pages[1][0].execution_id = other;
        let (operation, problem) = malformed(memory.read("{}", None));
        assert_eq!(operation, Operation::LIST_ACTION_EXECUTIONS);
        assert_eq!(problem, "it holds action executions of another pipeline execution");
    }
}

#[test]
fn a_state_that_contradicts_itself_is_an_error() {
    let mut memory = Memory::half_approved();
    memory.state.push(memory.state[0].clone());
    memory.read("{}", None).unwrap();
    memory.state.push(state("ApprovalA", Some(BOB), Status::Succeeded));
    let (operation, problem) = malformed(memory.read("{}", None));
    assert_eq!(operation, Operation::GET_PIPELINE_STATE);
    assert_eq!(problem, "it describes one action execution in two ways");
}

#[test]
fn only_a_rule_that_needs_the_initiator_makes_its_call_worth_a_retry() {
    let unavailable = CallError::Transient {
        operation: Operation::GET_PIPELINE_EXECUTION,
        problem: "ThrottlingException".to_owned(),
    };
    let mut memory = Memory::half_approved();
    memory.started = Err(unavailable.clone());
    for rule in ["{}", KEYS] {
        assert_eq!(memory.read(rule, None).unwrap().initiator, Initiator::Unknown);
    }
    assert_eq!(memory.count(Operation::GET_PIPELINE_EXECUTION), 2, "once for each rule");
    let error = memory.read(r#"{"excludeInitiator": true}"#, None).unwrap_err();
    assert_eq!(error, ReadError { error: unavailable, lag: None });
    assert!(memory.count(Operation::GET_PIPELINE_EXECUTION) > 4, "it was tried again");
}

/// A signature contains the revisions. If two sources differ about them, there is nothing to judge.
mod revisions {
    use super::*;

    fn shown(revisions: &[&str]) -> Memory {
        let mut memory = Memory::half_approved();
        memory.started.as_mut().unwrap().revisions =
            revisions.iter().map(|revision| (*revision).to_owned()).collect();
        memory
    }

    #[test]
    fn that_differ_are_an_error_if_approvals_may_be_signed() {
        for revisions in [&["another"][..], &[], &["0a1b2c3d", "another"]] {
            let (operation, problem) = malformed(shown(revisions).read(KEYS, None));
            assert_eq!(operation, Operation::GET_PIPELINE_EXECUTION);
            assert!(problem.contains("`artifactRevisions`"), "{problem}");
            shown(revisions).read("{}", None).unwrap();
        }
    }

    #[test]
    fn of_several_artifacts_of_one_source_are_one() {
        shown(&["0a1b2c3d", "0a1b2c3d"]).read(KEYS, None).unwrap();
    }

    /// As recorded from the real service: after a rollback, only GetPipelineExecution shows them.
    #[test]
    fn are_not_compared_if_the_history_has_no_source_action() {
        let mut memory = shown(&["another"]);
        memory.pages[1].pop();
        memory.read(KEYS, None).unwrap();
    }
}
