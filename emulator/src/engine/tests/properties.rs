//! Whatever is called in whatever order, the engine keeps its word.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::engine::{ActionStatus, Effect, ErrorCode, Execution, ExecutionStatus, StageStatus};
use crate::testing::{Account, PIPELINE, approval, build, gate, stage};

/// One thing that somebody does. The numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Start,
    Answer { which: usize, approved: bool },
    Report { age: usize, how: u8 },
    Retry { which: usize, stage: usize, all: bool },
    Stop { which: usize, abandon: bool },
    Wait { minutes: i64 },
}

const STAGES: [&str; 3] = ["Source", "Review", "Ship"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => Just(Step::Start),
        6 => (any::<usize>(), prop::bool::weighted(0.85)).prop_map(|(which, approved)| Step::Answer { which, approved }),
        4 => (0..3usize, 0..6u8).prop_map(|(age, how)| Step::Report { age, how }),
        3 => (0..8usize, 0..3usize, any::<bool>()).prop_map(|(which, stage, all)| Step::Retry { which, stage, all }),
        1 => (0..8usize, any::<bool>()).prop_map(|(which, abandon)| Step::Stop { which, abandon }),
        1 => prop_oneof![Just(1), Just(25), Just(8 * 24 * 60)].prop_map(|minutes| Step::Wait { minutes }),
    ];
    prop::collection::vec(step, 1..60)
}

fn account(mode: &str) -> Account {
    let mut ship = stage("Ship", &[build("Ship", 1, "FailedOnce"), approval("Confirm")]);
    ship["onFailure"] = json!({"result": "RETRY", "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}});
    let review = stage(
        "Review",
        &[approval("ApprovalA"), approval("ApprovalB"), gate("#{Code.CommitId}")],
    );
    Account::with_stages(mode, json!([review, ship]))
}

/// Does a step. Refusals are part of the game; bugs are not.
fn act(account: &mut Account, jobs: &mut Vec<Value>, step: &Step) {
    let executions = |account: &Account| -> Vec<String> {
        let pipeline = account.service.engine.pipeline(PIPELINE).unwrap();
        pipeline
            .executions
            .iter()
            .map(|execution| execution.id.clone())
            .collect()
    };
    let chosen = |account: &Account, which: usize| executions(account).get(which).cloned().unwrap_or_default();
    let result = match *step {
        Step::Start => account.call("StartPipelineExecution", json!({"name": PIPELINE})),
        Step::Answer { which, approved } => {
            let open = open_approvals(account);
            let Some((stage, action, token)) = open.get(which % open.len().max(1)).cloned() else {
                return;
            };
            account.answer_token(
                &stage,
                &action,
                if approved { "Approved" } else { "Rejected" },
                &json!(token),
            )
        }
        Step::Report { age, how } => {
            let Some(job) = jobs.iter().rev().nth(age).cloned() else {
                return;
            };
            match how {
                0 => {
                    let failure = json!({"type": "JobFailed", "message": "no"});
                    account.call("PutJobFailureResult", json!({"jobId": job, "failureDetails": failure}))
                }
                1 => account.call(
                    "PutJobSuccessResult",
                    json!({"jobId": job, "continuationToken": "more"}),
                ),
                _ => account.call("PutJobSuccessResult", json!({"jobId": job})),
            }
        }
        Step::Retry { which, stage, all } => {
            let mode = if all { "ALL_ACTIONS" } else { "FAILED_ACTIONS" };
            let id = chosen(account, which);
            account.retry(STAGES[stage], &id, mode)
        }
        Step::Stop { which, abandon } => {
            let id = chosen(account, which);
            account.stop(&id, abandon)
        }
        Step::Wait { minutes } => {
            account.wait(minutes);
            Ok(Value::Null)
        }
    };
    if let Err(error) = result {
        assert_ne!(error.code, ErrorCode::Internal, "{step:?}: {error}");
    }
    for Effect::Invoke { event, .. } in account.service.engine.take_effects() {
        jobs.push(event["CodePipeline.job"]["id"].clone());
    }
}

fn open_approvals(account: &Account) -> Vec<(String, String, String)> {
    let pipeline = account.service.engine.pipeline(PIPELINE).unwrap();
    let runs = pipeline.executions.iter().flat_map(|execution| &execution.runs);
    let open = runs.filter(|run| run.in_progress());
    open.filter_map(|run| Some((run.stage.clone(), run.action.name.clone(), run.token()?.to_owned())))
        .collect()
}

fn check(account: &mut Account, mode: &str, seen: &mut BTreeMap<String, ActionStatus>) {
    account.ok("GetPipelineState", json!({"name": PIPELINE}));
    account.ok("ListActionExecutions", json!({"pipelineName": PIPELINE}));
    account.ok("ListPipelineExecutions", json!({"pipelineName": PIPELINE}));
    let pipeline = account.service.engine.pipeline(PIPELINE).unwrap();
    if mode != "PARALLEL" {
        for stage in STAGES {
            let inside = pipeline
                .executions
                .iter()
                .filter(|execution| execution.current_stage() == Some(stage));
            assert!(inside.count() <= 1, "two executions in {stage}");
        }
    }
    if mode == "SUPERSEDED" {
        for stage in STAGES {
            assert!(
                pipeline.inbound(stage).count() <= 1,
                "two executions wait before {stage}"
            );
        }
    }
    let mut still = BTreeMap::new();
    for execution in &pipeline.executions {
        check_execution(execution);
        still.extend(execution.runs.iter().map(|run| (run.id.clone(), run.status)));
    }
    for (id, before) in seen.iter() {
        let now = still.get(id);
        let kept = if *before == ActionStatus::InProgress {
            now.is_some()
        } else {
            now == Some(before)
        };
        assert!(kept, "attempt {id} was {before:?} and is {now:?}");
    }
    *seen = still;
}

fn check_execution(execution: &Execution) {
    let newest = |stage: &str, action: &str| {
        let mut runs = execution.runs.iter().rev();
        runs.find(|run| run.stage == stage && run.action.name == action)
            .map(|run| run.status)
    };
    let all_succeeded = |stage: &str| {
        let declared = execution.declaration.stage(stage).unwrap();
        declared
            .actions
            .iter()
            .all(|action| newest(stage, &action.name) == Some(ActionStatus::Succeeded))
    };
    for stage in execution
        .stages
        .iter()
        .filter(|stage| stage.status == Some(StageStatus::Succeeded))
    {
        assert!(
            all_succeeded(&stage.name),
            "{} succeeded without all of its actions",
            stage.name
        );
    }
    let through = execution
        .stages
        .iter()
        .all(|stage| stage.status == Some(StageStatus::Succeeded));
    assert_eq!(
        execution.status == ExecutionStatus::Succeeded,
        through,
        "{:?}",
        execution.status
    );
    let running = execution.runs.iter().any(|run| run.in_progress());
    let active = execution.current_stage().is_some();
    assert_eq!(
        running, active,
        "an execution is in a stage exactly while something runs there"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_keeps_its_word(
        mode in prop::sample::select(vec!["SUPERSEDED", "QUEUED", "PARALLEL"]),
        steps in steps(),
    ) {
        let mut account = account(mode);
        let mut jobs = Vec::new();
        let mut seen = BTreeMap::new();
        for step in &steps {
            act(&mut account, &mut jobs, step);
            check(&mut account, mode, &mut seen);
        }
    }
}
