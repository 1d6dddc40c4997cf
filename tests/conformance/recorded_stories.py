"""What happened around the recorded calls: the pipelines, and the calls that a recording leaves out
(its notes say which).
"""

import json

from conftest import action

PIPELINE = "payments"
UPLOADED = {"S3Bucket": "payments", "S3ObjectKey": "source.zip", "PollForSourceChanges": "false"}


def pipeline(mode, output, *stages, bucket="payments", **more):
    """A V2 pipeline with an S3 source whose artifact has the given name."""
    source = action(
        "Source",
        "Source",
        "S3",
        configuration={**UPLOADED, "S3Bucket": bucket},
        outputArtifacts=[{"name": output}],
    )
    return {
        "name": PIPELINE,
        "roleArn": "arn:aws:iam::111122223333:role/payments",
        "pipelineType": "V2",
        "executionMode": mode,
        "artifactStore": {"type": "S3", "location": bucket},
        "stages": [{"name": "Source", "actions": [source]}, *stages],
        **more,
    }


def stage(name, *actions):
    return {"name": name, "actions": list(actions)}


def approval(name, run_order=1, **configuration):
    return action(
        name,
        "Approval",
        "Manual",
        run_order,
        **({"configuration": configuration} if configuration else {}),
    )


def deployment(name, artifact, key, **more):
    configuration = {"BucketName": "releases", "Extract": "true", "ObjectKey": key, **more}
    return action(
        name, "Deploy", "S3", inputArtifacts=[{"name": artifact}], configuration=configuration
    )


def create(declaration):
    return lambda replay: replay.ask("CreatePipeline", pipeline=declaration)


def actions(replay):
    """The state of every action, by its name."""
    stages = replay.ask("GetPipelineState", name=PIPELINE)["stageStates"]
    return {
        state["actionName"]: state.get("latestExecution", {})
        for stage in stages
        for state in stage["actionStates"]
    }


def executions(replay):
    """Newest first."""
    return replay.ask("ListPipelineExecutions", pipelineName=PIPELINE)["pipelineExecutionSummaries"]


def open_approval(replay, name, old=()):
    """Waits until an approval can be answered."""

    def look():
        latest = actions(replay)[name]
        return "token" in latest and latest["token"] not in old and latest

    return replay.until(f"the approval {name}", look)


def answer(replay, stage_name, name, status, summary):
    token = open_approval(replay, name)["token"]
    result = {"status": status, "summary": summary}
    replay.ask(
        "PutApprovalResult",
        pipelineName=PIPELINE,
        stageName=stage_name,
        actionName=name,
        token=token,
        result=result,
    )


def ended(replay, execution, status):
    def look():
        # Right after its start an execution cannot be found yet.
        code, body = replay.send(
            "GetPipelineExecution", {"pipelineName": PIPELINE, "pipelineExecutionId": execution}
        )
        return code == "Success" and body["pipelineExecution"]["status"] == status

    replay.until(f"the execution is {status}", look)


def uploaded(version):
    """The parameters of a start with a given version of the object."""
    return {
        "sourceRevisions": [
            {
                "actionName": "Source",
                "revisionType": "S3_OBJECT_VERSION_ID",
                "revisionValue": version,
            }
        ]
    }


def started(replay, recorded, trigger=None):
    """Waits for the execution that something else than StartPipelineExecution started, which stands
    for the recorded one.
    """
    newest = replay.until("an execution", lambda: executions(replay))[0]
    assert trigger in (None, newest["trigger"]["triggerType"]), newest
    assert replay.mapping.bind(recorded, newest["pipelineExecutionId"])
    return newest["pipelineExecutionId"]


def start(replay, recorded, **parameters):
    execution = replay.ask("StartPipelineExecution", name=PIPELINE, **parameters)[
        "pipelineExecutionId"
    ]
    assert replay.mapping.bind(recorded, execution)
    return execution


def retry(replay, stage_name, execution):
    where = {"pipelineName": PIPELINE, "stageName": stage_name, "pipelineExecutionId": execution}
    replay.until(
        "the stage can be retried",
        lambda: (
            replay.send("RetryStageExecution", {**where, "retryMode": "FAILED_ACTIONS"})[0]
            == "Success"
        ),
    )


# approvals-retried

RETRIED = create(
    pipeline(
        "QUEUED",
        "SourceZip",
        stage("Gate", approval("Accept"), approval("Retry")),
        stage("Final", approval("Finish")),
    )
)

# one-approval-retried

ONE_EXECUTION = "c3e60bd4-9b87-49b1-a934-7c2d1ca29093"
ONE = create(
    pipeline(
        "QUEUED",
        "Configuration",
        stage("Review", approval("One"), approval("Two")),
        stage("Final", approval("Approve")),
    )
)


def retry_one(replay):
    retry(replay, "Review", replay.mapping.there[ONE_EXECUTION])


def finish_one(replay):
    execution = replay.mapping.there[ONE_EXECUTION]
    answer(replay, "Review", "One", "Approved", "Review/One/Approved")
    answer(replay, "Final", "Approve", "Rejected", "Final/Approve/Rejected")
    ended(replay, execution, "Failed")
    retry(replay, "Final", execution)
    answer(replay, "Final", "Approve", "Approved", "Final/Approve/Approved")
    ended(replay, execution, "Succeeded")


# approval-rejected-with-cloudtrail, started-by-an-event

TWO_MANUAL = create(
    pipeline(
        "SUPERSEDED",
        "SourceZip",
        stage("ManualA", approval("Approve")),
        stage("ManualB", approval("Approve")),
    )
)


def succeed_once(replay):
    create(pipeline("SUPERSEDED", "SourceZip", stage("Approval", approval("Approve"))))(replay)
    answer(replay, "Approval", "Approve", "Approved", "reviewed")
    ended(
        replay,
        started(replay, "a83c363f-f965-46f5-866d-a2da623abd81", "CreatePipeline"),
        "Succeeded",
    )


# The version of a second upload.
SECOND_UPLOAD = "v_5x42nBUMDdd68T_H7io.93NmRhD7Yi"


def start_by_rule(replay):
    # Its emulated version is chosen here.
    assert replay.mapping.bind(SECOND_UPLOAD, "SecondUpload01234567890123456789")
    replay.send(
        "StartPipelineExecution",
        replay.mapping.sent({"name": PIPELINE, **uploaded(SECOND_UPLOAD)}),
        key_id="rule",
    )


# stopped-while-waiting-for-approval, updated-while-waiting-for-approval

REVIEWED = pipeline(
    "SUPERSEDED",
    "SourceArtifact",
    stage("Approval", approval("Approve", CustomData="please review")),
)


def wait_for_review(replay):
    create(REVIEWED)(replay)
    open_approval(replay, "Approve")


def wait_for_review_to_stop(replay):
    wait_for_review(replay)
    started(replay, "97c20a04-bb3f-4db1-a279-245242450287", "CreatePipeline")


# approval-without-notification-permission

NOTIFIED = pipeline(
    "QUEUED",
    "SourceZip",
    stage(
        "Detailed",
        approval(
            "Detailed",
            NotificationArn="arn:aws:sns:us-east-1:111122223333:payments",
            CustomData='Review source: "ready" & safe',
            ExternalEntityLink="https://example.com/review?source=zip&check=1",
        ),
    ),
    stage("Minimal", approval("Minimal")),
)


def fail_to_notify(replay):
    create(NOTIFIED)(replay)
    execution = started(replay, "8201f36d-f163-41a1-af4b-f081ef8708d9", "CreatePipeline")
    ended(replay, execution, "Failed")
    assert replay.mapping.bind(
        "066e98c1-e0ce-4e3d-a730-b4644b779a1e", actions(replay)["Detailed"]["actionExecutionId"]
    )


# lambda-job-reported


def transformed(function="payments", mode=None, **deployed):
    """Source, the Lambda action in a mode, and a deployment of what it made."""
    configuration = {"FunctionName": function} | (
        {"UserParameters": json.dumps({"mode": mode})} if mode else {}
    )
    artifacts = {
        "inputArtifacts": [{"name": "SourceZip"}],
        "outputArtifacts": [{"name": "ProducedZip"}],
    }
    transform = action(
        "Transform",
        "Invoke",
        "Lambda",
        configuration=configuration,
        namespace="LambdaResult",
        **artifacts,
    )
    deploy = deployment(
        "Deploy", "ProducedZip", "deployed", CacheControl="#{LambdaResult.Produced}", **deployed
    )
    return pipeline(
        "SUPERSEDED",
        "SourceZip",
        stage("Transform", transform),
        stage("Deploy", deploy),
        bucket="artifacts",
    )


def update(declaration):
    return lambda replay: replay.ask("UpdatePipeline", pipeline=declaration)


def lose_the_function(replay):
    ended(replay, replay.mapping.there["e8d19779-baf8-4752-ad4b-a6a8bb6b2b05"], "Failed")
    update(transformed("payments-missing"))(replay)
    ended(replay, start(replay, "6baf56d3-2697-4720-94ab-de6e56ab38da"), "Failed")


# stage-rolled-back

UPLOAD = "p7ps1Ra5CF8BhlwILhErv9pqTtje9lQR"


def released(*approvals):
    deploy = stage("Deploy", deployment("Deploy", "SourceZip", "#{variables.Release}"), *approvals)
    final = stage("Downstream", deployment("Final", "SourceZip", "final"))
    variables = [{"name": "Release", "defaultValue": "v1"}]
    return pipeline(
        "SUPERSEDED", "SourceZip", deploy, final, bucket="artifacts", variables=variables
    )


def roll_back(replay, recorded, target):
    where = {"pipelineName": PIPELINE, "stageName": "Deploy", "targetPipelineExecutionId": target}
    execution = replay.ask("RollbackStage", **where)["pipelineExecutionId"]
    assert replay.mapping.bind(recorded, execution)
    ended(replay, execution, "Succeeded")


def release_and_roll_back(replay):
    create(released())(replay)
    first = started(replay, "8865467a-6b8c-4fd4-ba0a-c957c4f6188c", "CreatePipeline")
    ended(replay, first, "Succeeded")
    roll_back(replay, "d20a7863-0c93-405d-9690-92c7a01736fa", first)
    # The version of another upload. Its emulated one is chosen here.
    assert replay.mapping.bind(UPLOAD, "AnotherUpload0123456789012345678")
    ended(
        replay,
        start(replay, "bdd6e74f-b2d2-4cb5-9372-19dcbfbc6e3c", **uploaded(UPLOAD)),
        "Succeeded",
    )
    roll_back(replay, "14bffac6-654d-49ed-ac4a-b9273ce9c9f3", first)
    roll_back(replay, "a27abee5-aa97-46b7-9f70-bf8fc3d5383e", first)
    update(released(approval("Approve", 2)))(replay)


def release_again(replay):
    ended(replay, replay.mapping.there["c73aab13-2faf-46e9-9ca6-2f25aeb5d655"], "Succeeded")
    start(replay, "8fe171f9-71ad-4756-b233-ab3fb94a1076", **uploaded(UPLOAD))
    open_approval(replay, "Approve")


# By recording, what is called otherwise in the replay, since the emulator knows it by its name: the
# topic that may not be published to at first, and the function that does not exist.
NAMED = {
    "approval-without-notification-permission": {
        "us-east-1:111122223333:payments": "us-east-1:111122223333:EmulatorDeniedOnce"
    },
    "lambda-job-reported": {"payments-missing": "EmulatorMissing"},
}
# By recording, the executions of an object that was uploaded before. The emulator is without
# S3, so the start has to name it.
UPLOADED_BEFORE = {
    "stage-rolled-back": {1: uploaded(UPLOAD)},
}
# By recording, what comes before a call.
BEFORE = {
    "approvals-retried": {0: RETRIED},
    "one-approval-retried": {0: ONE, 9: retry_one, 11: finish_one},
    "approval-rejected-with-cloudtrail": {2: TWO_MANUAL},
    "started-by-an-event": {0: succeed_once, 1: start_by_rule},
    # Sixteen seconds went by before the second stop.
    "stopped-while-waiting-for-approval": {
        0: wait_for_review_to_stop,
        21: lambda replay: open_approval(replay, "Approve"),
    },
    "updated-while-waiting-for-approval": {0: wait_for_review},
    "approval-without-notification-permission": {0: fail_to_notify},
    "approval-summary-required": {},
    "lambda-job-abandoned": {},
    "lambda-job-reported": {
        0: create(transformed(mode="continuation")),
        21: update(transformed(mode="failure")),
        # The function writes no artifact, so that the deployment fails.
        32: update(transformed(mode="no-output", EmulatorResult="Failed")),
        35: lose_the_function,
    },
    "stage-rolled-back": {0: release_and_roll_back, 8: release_again},
}
