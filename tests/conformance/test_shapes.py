"""Every reply of the emulator has AWS's shape, by AWS's own model as botocore carries it, and every
field that the gate reads is there.
"""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings

import botocore.session
import pytest
from botocore.parsers import JSONParser
from conftest import PIPELINE, ROOT, STAGE, Emulator, declaration

MODEL = botocore.session.Session().get_service_model("codepipeline")


def raw_call(emulator, key_id, operation, **parameters):
    """The reply's own JSON, before botocore passes over what it does not know."""
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"CodePipeline_20150709.{operation}",
        "Authorization": "AWS4-HMAC-SHA256 "
        f"Credential={key_id}/20260101/us-east-1/codepipeline/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }
    url = emulator.exports["AWS_ENDPOINT_URL"]
    request = urllib.request.Request(url, json.dumps(parameters).encode(), headers, method="POST")
    with urllib.request.urlopen(request) as reply:
        assert reply.headers["Content-Type"] == "application/x-amz-json-1.1"
        assert reply.headers["x-amzn-RequestId"]
        return json.loads(reply.read() or b"{}")


# Required by the model, and yet not there in what AWS was recorded to answer.
ABSENT = {"ActionRevision": {"revisionChangeId", "created"}}


def check(value, shape, at):
    """Every member is of the model, of its type, and every required member is there. The paths that
    are there.
    """
    found = {at}
    match shape.type_name:
        case "structure":
            assert isinstance(value, dict), f"{at}: {value!r}"
            # The wire has it where AWS's serializer leaves it, and SDKs drop it.
            unknown = (
                value.keys()
                - shape.members.keys()
                - ({"__type"} if shape.name == "ActionTypeId" else set())
            )
            assert not unknown, f"{at}: {unknown} is not in the model"
            missing = set(shape.required_members) - value.keys() - ABSENT.get(shape.name, set())
            assert not missing, f"{at}: {missing} is missing"
            for name, member in value.items():
                if name == "__type":
                    continue
                found |= check(member, shape.members[name], f"{at}.{name}")
        case "list":
            assert isinstance(value, list), f"{at}: {value!r}"
            for member in value:
                found |= check(member, shape.member, f"{at}[]")
        case "map":
            assert isinstance(value, dict), f"{at}: {value!r}"
            for member in value.values():
                found |= check(member, shape.value, f"{at}{{}}")
        case "string":
            assert isinstance(value, str), f"{at}: {value!r}"
            assert not shape.enum or value in shape.enum, f"{at}: {value!r}"
        case "integer" | "long":
            assert isinstance(value, int) and not isinstance(value, bool), f"{at}: {value!r}"
        case "boolean":
            assert isinstance(value, bool), f"{at}: {value!r}"
        case "timestamp":
            # Epoch seconds with milliseconds, and of our time.
            assert isinstance(value, (int, float)) and not isinstance(value, bool), (
                f"{at}: {value!r}"
            )
            assert abs(value - time.time()) < 86_400, f"{at}: {value!r}"
            assert round(value, 3) == value, f"{at}: {value!r}"
        case other:
            raise AssertionError(f"{at}: {other}")
    return found


class Story:
    """Plays a story over raw HTTP; remembers which members each operation has shown."""

    def __init__(self, emulator):
        self.emulator = emulator
        self.seen = {}

    def __call__(self, key_id, operation, **parameters):
        reply = raw_call(self.emulator, key_id, operation, **parameters)
        output = MODEL.operation_model(operation).output_shape
        if output is None:
            assert reply == {}
            return reply
        self.seen.setdefault(operation, set()).update(check(reply, output, operation))
        # botocore reads the same reply without a warning.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            response = {"body": json.dumps(reply).encode(), "headers": {}, "status_code": 200}
            parsed = JSONParser().parse(response, output)
        assert parsed.keys() - {"ResponseMetadata"} == reply.keys()
        return reply

    def token(self, slot):
        for stage in self("bob", "GetPipelineState", name=PIPELINE)["stageStates"]:
            for action in stage["actionStates"]:
                if action["actionName"] == slot:
                    return action["latestExecution"]["token"]
        raise AssertionError(slot)

    def answer(self, key_id, slot, status="Approved"):
        where = {"pipelineName": PIPELINE, "stageName": STAGE, "actionName": slot}
        self(
            key_id,
            "PutApprovalResult",
            **where,
            token=self.token(slot),
            result={"summary": "ok", "status": status},
        )

    def wait(self, execution):
        for _ in range(500):
            reply = self(
                "bob", "GetPipelineExecution", pipelineName=PIPELINE, pipelineExecutionId=execution
            )
            if reply["pipelineExecution"]["status"] != "InProgress":
                return
            time.sleep(0.01)
        raise AssertionError("the execution does not end")


@pytest.fixture
def story(emulator):
    return Story(emulator)


def test_every_reply_has_the_shape_of_the_model(story):
    story("bob", "CreatePipeline", pipeline=declaration())
    story.emulator.idle("bob", PIPELINE)
    story("bob", "UpdatePipeline", pipeline=declaration(executionMode="QUEUED", pipelineType="V2"))
    story("bob", "GetPipeline", name=PIPELINE)
    story("bob", "ListPipelines")
    execution = story("bob", "StartPipelineExecution", name=PIPELINE)["pipelineExecutionId"]
    waiting = story("bob", "StartPipelineExecution", name=PIPELINE)["pipelineExecutionId"]
    for slot in ("ApprovalA", "ApprovalB"):
        story.answer("alice", slot)
    story.wait(execution)
    story(
        "bob",
        "StopPipelineExecution",
        pipelineName=PIPELINE,
        pipelineExecutionId=waiting,
        abandon=True,
    )
    again = story("bob", "StartPipelineExecution", name=PIPELINE)["pipelineExecutionId"]
    story.answer("alice", "ApprovalA")
    story.answer("bob", "ApprovalB", "Rejected")
    story.wait(again)
    retried = story(
        "bob",
        "RetryStageExecution",
        pipelineName=PIPELINE,
        stageName=STAGE,
        pipelineExecutionId=again,
        retryMode="ALL_ACTIONS",
    )
    assert retried == {"pipelineExecutionId": again}
    story.answer("alice", "ApprovalA")
    story.answer("bob", "ApprovalB")
    story.wait(again)
    story("bob", "GetPipelineState", name=PIPELINE)
    refused = story("bob", "StartPipelineExecution", name=PIPELINE)["pipelineExecutionId"]
    for slot in ("ApprovalA", "ApprovalB"):
        story.answer("alice", slot)
    story.wait(refused)
    story("bob", "GetPipelineState", name=PIPELINE)
    rolled_back = story(
        "bob",
        "RollbackStage",
        pipelineName=PIPELINE,
        stageName="Deploy",
        targetPipelineExecutionId=again,
    )
    story.wait(rolled_back["pipelineExecutionId"])
    story("bob", "GetPipelineState", name=PIPELINE)
    story("bob", "ListPipelineExecutions", pipelineName=PIPELINE)
    page = story("bob", "ListActionExecutions", pipelineName=PIPELINE, maxResults=5)
    while "nextToken" in page:
        page = story(
            "bob",
            "ListActionExecutions",
            pipelineName=PIPELINE,
            maxResults=5,
            nextToken=page["nextToken"],
        )

    # What the gate reads: see facts/src/aws/codepipeline.rs.
    history = "ListActionExecutions.actionExecutionDetails[]"
    latest = "GetPipelineState.stageStates[].actionStates[].latestExecution"
    execution = "GetPipelineExecution.pipelineExecution"
    for operation, needed in {
        "ListActionExecutions": [
            "ListActionExecutions.nextToken",
            *(f"{history}.{member}" for member in (
                "pipelineExecutionId", "actionExecutionId", "pipelineVersion", "stageName",
                "actionName", "status", "startTime",
                "lastUpdateTime", "updatedBy", "input.actionTypeId.category",
                "input.actionTypeId.owner", "input.actionTypeId.provider",
                "output.executionResult.externalExecutionSummary",
                "output.executionResult.externalExecutionId",
                "output.executionResult.errorDetails.code", "output.outputVariables",
            )),
        ],
        "GetPipelineState": [
            f"{latest}.actionExecutionId", f"{latest}.lastUpdatedBy", f"{latest}.status",
            f"{latest}.token", f"{latest}.errorDetails.code",
        ],
        "GetPipelineExecution": [
            f"{execution}.trigger.triggerType", f"{execution}.trigger.triggerDetail",
            f"{execution}.artifactRevisions[].revisionId",
        ],
    }.items():  # fmt: skip
        missing = set(needed) - story.seen[operation]
        assert not missing, missing
    assert len(story.seen) == 13, sorted(story.seen)


# A gate that writes the event down and then never answers.
RECORDER = """#!{python}
import os, pathlib, time, urllib.request
url = f"http://{{os.environ['AWS_LAMBDA_RUNTIME_API']}}/2018-06-01/runtime/invocation/next"
event = urllib.request.urlopen(url).read()
pathlib.Path({part!r}).write_bytes(event)
os.rename({part!r}, {whole!r})
time.sleep(600)
"""


def test_a_job_has_the_shape_of_the_model_and_ends_once(tmp_path):
    """The gate's side of the API, called as the gate does, for a gate that never answers."""
    recorded, recorder = tmp_path / "event.json", tmp_path / "gate"
    recorder.write_text(
        RECORDER.format(python=sys.executable, part=str(tmp_path / "part"), whole=str(recorded))
    )
    recorder.chmod(0o755)
    emulator = Emulator("--gate", recorder)
    try:
        story = Story(emulator)
        story("bob", "CreatePipeline", pipeline=declaration())
        for key_id, slot in (("alice", "ApprovalA"), ("bob", "ApprovalB")):
            story.answer(key_id, slot)
        event = wait_for(recorded)["CodePipeline.job"]
        assert event.keys() == {"id", "accountId", "data"}
        assert event["data"]["actionConfiguration"] == {
            "configuration": {"FunctionName": "two-person-rule"}
        }
        credentials = {"accessKeyId", "secretAccessKey", "sessionToken"}
        assert credentials <= event["data"]["artifactCredentials"].keys()

        job = event["id"]
        reply = story("bob", "GetJobDetails", jobId=job)
        needed = {
            "pipelineName",
            "pipelineArn",
            "pipelineExecutionId",
            "stage.name",
            "action.name",
            "action.actionExecutionId",
        }
        context = "GetJobDetails.jobDetails.data.pipelineContext"
        assert {f"{context}.{member}" for member in needed} <= story.seen["GetJobDetails"]
        details = reply["jobDetails"]
        assert (details["accountId"], details["data"]["actionConfiguration"]) == (
            "111122223333",
            event["data"]["actionConfiguration"],
        )
        assert reply["jobDetails"]["data"]["artifactCredentials"].keys() == credentials
        failure = {"failureDetails": {"type": "JobFailed", "message": "no"}}
        story("bob", "PutJobFailureResult", jobId=job, **failure)
        # The same report is accepted again, and another is not.
        story("bob", "PutJobFailureResult", jobId=job, **failure)
        other = {"failureDetails": {"type": "JobFailed", "message": "never"}}
        for late, details, words in (
            ("PutJobSuccessResult", {}, f"Job with id {job} has already terminated"),
            (
                "PutJobFailureResult",
                other,
                f"The status of job with id {job} is already set to the desired value.",
            ),
        ):
            with pytest.raises(urllib.error.HTTPError) as refused:
                raw_call(emulator, "bob", late, jobId=job, **details)
            assert refused.value.code == 400
            error = json.loads(refused.value.read())
            assert error["__type"] == "InvalidJobStateException" and error["message"].startswith(
                words
            )
    finally:
        emulator.stop()


def wait_for(path):
    for _ in range(1000):
        if path.exists():
            return json.loads(path.read_text())
        time.sleep(0.01)
    raise AssertionError(f"{path} does not come")


def test_the_built_in_model_is_that_of_botocore():
    done = subprocess.run(
        [sys.executable, ROOT / "emulator" / "model.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
