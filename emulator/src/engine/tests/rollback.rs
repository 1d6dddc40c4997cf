use serde_json::{Value, json};

use crate::engine::ErrorCode;
use crate::testing::{ALICE, Account, PIPELINE, approval, build, pipeline, stage};

fn stages() -> Value {
    json!([
        stage("Review", &[build("Check", 1, "Succeeded"), approval("Approval")]),
        stage("Ship", &[build("Ship", 1, "Succeeded")])
    ])
}

fn roll_back(
    account: &mut Account,
    stage: &str,
    target: &str,
) -> Result<String, (ErrorCode, String)> {
    let input =
        json!({"pipelineName": PIPELINE, "stageName": stage, "targetPipelineExecutionId": target});
    match account.call("RollbackStage", input) {
        Ok(reply) => Ok(reply["pipelineExecutionId"].as_str().unwrap().to_owned()),
        Err(error) => Err((error.code, error.message)),
    }
}

/// An account, and an execution that has succeeded.
fn done() -> (Account, String) {
    let mut account = Account::with_stages("SUPERSEDED", stages());
    let id = account.start();
    account.approve("Review", "Approval");
    assert_eq!(account.status(&id), "Succeeded");
    (account, id)
}

#[test]
fn a_rollback_runs_one_stage_again_with_what_was_there() {
    let (mut account, target) = done();
    let id = roll_back(&mut account, "Review", &target).unwrap();
    let of = |account: &mut Account, id: &str| {
        let input = json!({"pipelineName": PIPELINE, "pipelineExecutionId": id});
        account.ok("GetPipelineExecution", input)["pipelineExecution"].clone()
    };
    let (execution, goal) = (of(&mut account, &id), of(&mut account, &target));
    assert_eq!(execution["executionType"], "ROLLBACK");
    assert_eq!(execution["rollbackMetadata"], json!({"rollbackTargetPipelineExecutionId": target}));
    let detail = format!(r#"{{"AwsUserArn":"{ALICE}"}}"#);
    assert_eq!(
        execution["trigger"],
        json!({"triggerType": "ManualRollback", "triggerDetail": detail})
    );
    assert_eq!(execution["artifactRevisions"], goal["artifactRevisions"]);
    let latest = json!({"pipelineExecutionId": id, "status": "InProgress", "type": "ROLLBACK"});
    assert_eq!(account.stage("Review")["latestExecution"], latest);
    assert!(account.stage("Ship")["latestExecution"].get("type").is_none());
    account.approve("Review", "Approval");
    assert_eq!(account.status(&id), "Succeeded");
    assert_eq!(
        account.history(&id),
        ["Check Succeeded", "Approval Succeeded"],
        "its own stage alone"
    );
}

#[test]
fn what_cannot_be_rolled_back_is_refused_in_aws_words() {
    let (mut account, target) = done();
    let unable = |why: String| Err((ErrorCode::UnableToRollbackStage, why));
    let unknown = "ffffffff-0000-4000-8000-000000000000";
    let code = |result: Result<String, (ErrorCode, String)>| result.unwrap_err().0;
    assert_eq!(code(roll_back(&mut account, "Nowhere", &target)), ErrorCode::StageNotFound);
    assert_eq!(
        code(roll_back(&mut account, "Review", unknown)),
        ErrorCode::PipelineExecutionNotFound
    );
    assert_eq!(code(roll_back(&mut account, "Source", &target)), ErrorCode::UnableToRollbackStage);
    let open = account.start();
    let incomplete = format!(
        "Target Pipeline Execution with id '{open}' has not completed in stage with name 'Review'"
    );
    assert_eq!(roll_back(&mut account, "Review", &open), unable(incomplete.clone()));
    let busy = "Pipeline 'release' cannot start rollback since stage Review is in progress.";
    assert_eq!(roll_back(&mut account, "Review", &target), unable(busy.to_owned()));
    account.stop(&open, true).unwrap();
    assert_eq!(roll_back(&mut account, "Review", &open), unable(incomplete));
    account.ok("UpdatePipeline", json!({"pipeline": pipeline("SUPERSEDED", stages())}));
    let outdated = "Pipeline 'release' has been updated since the rollback request was made.";
    let refused = roll_back(&mut account, "Review", &target);
    assert_eq!(refused, Err((ErrorCode::PipelineExecutionOutdated, outdated.to_owned())));
}

#[test]
fn a_stopped_rollback_can_be_retried() {
    let (mut account, target) = done();
    let id = roll_back(&mut account, "Review", &target).unwrap();
    account.stop(&id, true).unwrap();
    assert_eq!(account.status(&id), "Stopped");
    account.retry("Review", &id, "ALL_ACTIONS").unwrap();
    account.approve("Review", "Approval");
    assert_eq!(account.status(&id), "Succeeded");
}
