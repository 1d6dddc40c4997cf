//! Invariants of the engine, for any calls in any order.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::engine::{
    ActionStatus, Effect, ErrorCode, Execution, ExecutionStatus, Lag, StageProgress, StageStatus,
};
use crate::testing::{Account, PIPELINE, approval, build, gate, pipeline, stage};

/// A step of somebody. The numbers choose among the possibilities.
#[derive(Debug, Clone)]
enum Step {
    Start,
    Answer { which: usize, approved: bool },
    Report { age: usize, how: u8 },
    Retry { which: usize, stage: usize, all: bool },
    Stop { which: usize, abandon: bool },
    RollBack { which: usize, stage: usize },
    Update,
    Recreate,
    Wait { seconds: i64 },
}

const STAGES: [&str; 3] = ["Source", "Review", "Ship"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => Just(Step::Start),
        6 => (any::<usize>(), prop::bool::weighted(0.85)).prop_map(|(which, approved)| Step::Answer { which, approved }),
        4 => (0..3usize, 0..6u8).prop_map(|(age, how)| Step::Report { age, how }),
        3 => (0..8usize, 0..3usize, any::<bool>()).prop_map(|(which, stage, all)| Step::Retry { which, stage, all }),
        1 => (0..8usize, any::<bool>()).prop_map(|(which, abandon)| Step::Stop { which, abandon }),
        1 => (0..8usize, 1..3usize).prop_map(|(which, stage)| Step::RollBack { which, stage }),
        1 => prop_oneof![4 => Just(Step::Update), 1 => Just(Step::Recreate)],
        3 => prop_oneof![Just(0), Just(1), Just(20), Just(60)].prop_map(|seconds| Step::Wait { seconds }),
        1 => prop_oneof![Just(25 * 60), Just(8 * 24 * 3600)].prop_map(|seconds| Step::Wait { seconds }),
    ];
    prop::collection::vec(step, 1..60)
}

fn declared(mode: &str) -> Value {
    let mut ship = stage("Ship", &[build("Ship", 1, "FailedOnce"), approval("Confirm")]);
    ship["onFailure"] =
        json!({"result": "RETRY", "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}});
    let mut notifying = approval("ApprovalB");
    notifying["configuration"] =
        json!({"NotificationArn": "arn:aws:sns:eu-west-1:111122223333:EmulatorDeniedOnce"});
    let review = stage("Review", &[approval("ApprovalA"), notifying, gate("#{Code.VersionId}")]);
    pipeline(mode, json!([review, ship]))
}

/// Takes a step. Refusals are expected, bugs are not.
fn act(account: &mut Account, mode: &str, jobs: &mut Vec<Value>, step: &Step) {
    let executions = |account: &Account| -> Vec<String> {
        let pipeline = account.service.engine.pipeline(PIPELINE).unwrap();
        pipeline.executions.iter().map(|execution| execution.id.clone()).collect()
    };
    let chosen = |account: &Account, which: usize| {
        executions(account).get(which).cloned().unwrap_or_default()
    };
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
                    account.call(
                        "PutJobFailureResult",
                        json!({"jobId": job, "failureDetails": failure}),
                    )
                }
                1 => account.call(
                    "PutJobSuccessResult",
                    json!({"jobId": job, "continuationToken": "more"}),
                ),
                _ => account.call("PutJobSuccessResult", json!({"jobId": job})),
            }
        }
        Step::RollBack { which, stage } => {
            let target = chosen(account, which);
            let input = json!({"pipelineName": PIPELINE, "stageName": STAGES[stage], "targetPipelineExecutionId": target});
            account.call("RollbackStage", input)
        }
        Step::Update => account.call("UpdatePipeline", json!({"pipeline": declared(mode)})),
        Step::Recreate => {
            account.ok("DeletePipeline", json!({"name": PIPELINE}));
            account.call("CreatePipeline", json!({"pipeline": declared(mode)}))
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
        Step::Wait { seconds } => {
            account.wait_seconds(seconds);
            account.service.engine.tick(account.now);
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
    let open = runs.filter(|run| run.is_open());
    open.map(|run| (run.stage.clone(), run.action.name.clone(), run.id.clone())).collect()
}

fn check(account: &mut Account, mode: &str, seen: &mut BTreeMap<String, ActionStatus>) {
    let state = account.ok("GetPipelineState", json!({"name": PIPELINE}));
    let history = account.ok("ListActionExecutions", json!({"pipelineName": PIPELINE}));
    account.ok("ListPipelineExecutions", json!({"pipelineName": PIPELINE}));
    check_replies(&state, &history, mode);
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
                pipeline.inbound(stage, account.now).count() <= 1,
                "two executions wait before {stage}"
            );
        }
    }
    let mut still = BTreeMap::new();
    for execution in &pipeline.executions {
        check_execution(execution);
        still.extend(execution.runs.iter().map(|run| (run.id.clone(), run.noticed)));
    }
    for (id, before) in seen.iter() {
        let now = still.get(id);
        let kept =
            if *before == ActionStatus::InProgress { now.is_some() } else { now == Some(before) };
        assert!(kept, "attempt {id} was {before:?} and is {now:?}");
    }
    *seen = still;
}

/// Both replies name an approver if and only if somebody has answered, and they never contradict
/// each other.
fn check_replies(state: &Value, history: &Value, mode: &str) {
    let runs = history["actionExecutionDetails"].as_array().unwrap();
    let stages = state["stageStates"].as_array().unwrap().iter();
    let actions = stages.flat_map(|stage| stage["actionStates"].as_array().unwrap());
    for latest in actions.filter_map(|action| action.get("latestExecution")) {
        if let Some(token) = latest.get("token") {
            assert_eq!(
                (token, &latest["status"]),
                (&latest["actionExecutionId"], &json!("InProgress"))
            );
            assert!(latest.as_object().unwrap().len() == 3 && mode != "PARALLEL", "{latest}");
        }
        let run = runs.iter().find(|run| run["actionExecutionId"] == latest["actionExecutionId"]);
        let Some(run) = run.filter(|run| run["status"] != "InProgress") else {
            continue;
        };
        assert_eq!(
            (&run["status"], run.get("updatedBy")),
            (&latest["status"], latest.get("lastUpdatedBy"))
        );
    }
    for run in runs {
        let result = &run["output"]["executionResult"];
        let approval = run["input"]["actionTypeId"]["category"] == "Approval";
        let answered = approval
            && result.is_object()
            && result.get("errorDetails").is_none()
            && run["status"] != "InProgress";
        assert_eq!(run.get("updatedBy").is_some(), answered, "{run}");
        assert!(run["lastUpdateTime"].as_f64() >= run["startTime"].as_f64(), "{run}");
    }
}

fn check_execution(execution: &Execution) {
    let newest = |stage: &str, action: &str| {
        let mut runs = execution.runs.iter().rev();
        runs.find(|run| run.stage == stage && run.action.name == action)
    };
    for stage in
        execution.stages.iter().filter(|stage| stage.status == Some(StageStatus::Succeeded))
    {
        for action in &execution.declaration.stage(&stage.name).unwrap().actions {
            let run = newest(&stage.name, &action.name).unwrap();
            let twice = (run.noticed, run.status);
            let both = (ActionStatus::Succeeded, ActionStatus::Succeeded);
            assert_eq!(twice, both, "{} succeeded without {}", stage.name, action.name);
            // A canceled approval has no answer. Nor has one that failed by itself.
            assert_eq!(run.is_approval(), run.updated_by.is_some(), "{}", action.name);
        }
    }
    let mut stages = execution.stages.iter();
    let done = |stage: &StageProgress| stage.status == Some(StageStatus::Succeeded);
    let through = if execution.rollback_of.is_some() { stages.any(done) } else { stages.all(done) };
    assert_eq!(execution.status == ExecutionStatus::Succeeded, through, "{:?}", execution.status);
    let running = execution.runs.iter().any(|run| run.in_progress());
    let active = execution.current_stage().is_some();
    assert_eq!(running, active, "an execution is in a stage exactly while something runs there");
}

/// Once everything is noticed, the state and the history agree, except for approvals that hang
/// after an update.
fn check_settled(account: &mut Account) {
    account.wait_seconds(120);
    account.service.engine.tick(account.now);
    let pipeline = account.service.engine.pipeline(PIPELINE).unwrap();
    for execution in &pipeline.executions {
        assert_eq!(execution.shown(account.now).0, execution.status);
        for run in &execution.runs {
            let hangs =
                run.is_approval() && run.in_progress() && run.status == ActionStatus::Failed;
            assert!(hangs || run.status == run.noticed, "{run:?}");
            assert!(!hangs || execution.is_active());
            assert!(run.is_in_history(account.now));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_keeps_its_word(
        mode in prop::sample::select(vec!["SUPERSEDED", "QUEUED", "PARALLEL"]),
        lag in prop::sample::select(vec![0, 2, 35]),
        seed in any::<u64>(),
        steps in steps(),
    ) {
        let mut account = Account::with_lag(Lag::new(SignedDuration::from_secs(lag), seed));
        account.created(declared(mode));
        let mut jobs = Vec::new();
        let mut seen = BTreeMap::new();
        for step in &steps {
            if matches!(step, Step::Recreate) {
                seen.clear();
            }
            act(&mut account, mode, &mut jobs, step);
            check(&mut account, mode, &mut seen);
        }
        check_settled(&mut account);
    }
}
