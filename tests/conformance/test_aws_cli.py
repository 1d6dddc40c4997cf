"""The emulator as people use it: by the real AWS CLI, as different principals."""

import json
import os
import subprocess
import time

import pytest
from conftest import PIPELINE, STAGE, Refused, action, declaration

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def create(emulator, **more):
    """Creates a pipeline, and gives up the execution that this starts."""
    declared = declaration(**more)
    created = emulator.cli("bob", "create-pipeline", "--pipeline", json.dumps(declared))
    emulator.idle("bob", declared["name"])
    return created


def variables(emulator, execution, action_name):
    """The output variables of the newest attempt of an action."""
    return next(
        detail for detail in history(emulator, execution) if detail["actionName"] == action_name
    )["output"]["outputVariables"]


def start(emulator, key_id="bob"):
    return emulator.cli(key_id, "start-pipeline-execution", "--name", PIPELINE)[
        "pipelineExecutionId"
    ]


def state_of(emulator, action_name):
    state = emulator.cli("bob", "get-pipeline-state", "--name", PIPELINE)
    actions = (action for stage in state["stageStates"] for action in stage["actionStates"])
    return next(action for action in actions if action["actionName"] == action_name).get(
        "latestExecution", {}
    )


def answer(emulator, key_id, slot, status="Approved", token=None, summary="reviewed"):
    result = json.dumps({"status": status, "summary": summary})
    token = token or state_of(emulator, slot)["token"]
    return emulator.cli(
        key_id, "put-approval-result", "--pipeline-name", PIPELINE, "--stage-name", STAGE,
        "--action-name", slot,
        "--token", token, "--result", result,
    )  # fmt: skip


def ended(emulator, execution):
    for _ in range(50):
        reply = emulator.cli(
            "bob",
            "get-pipeline-execution",
            "--pipeline-name",
            PIPELINE,
            "--pipeline-execution-id",
            execution,
        )
        status = reply["pipelineExecution"]["status"]
        if status != "InProgress":
            return status
        time.sleep(0.1)
    raise AssertionError("the execution does not end")


def retry(emulator, execution, mode, stage=STAGE):
    return emulator.cli(
        "bob", "retry-stage-execution", "--pipeline-name", PIPELINE, "--stage-name", stage,
        "--pipeline-execution-id", execution, "--retry-mode", mode,
    )  # fmt: skip


def history(emulator, execution, *arguments):
    chosen = ["--pipeline-name", PIPELINE, "--filter", f"pipelineExecutionId={execution}"]
    return emulator.cli("bob", "list-action-executions", *chosen, *arguments)[
        "actionExecutionDetails"
    ]


def test_the_preloaded_cli_answers_as_the_installed_one(emulator, tmp_path, request):
    create(emulator)
    declared = tmp_path / "pipeline.json"
    declared.write_text(json.dumps(declaration(name="refunds")))
    environment = {**emulator.environment("bob"), "TZ": "Asia/Tokyo"}

    def answers():
        environment["PATH"] = os.environ["PATH"]
        for arguments in (
            ["--version"],
            ["codepipeline", "list-pipelines", "--output", "json"],
            ["codepipeline", "list-pipelines", "--query", "pipelines[].name", "--output", "text"],
            ["codepipeline", "get-pipeline", "--name", "nowhere"],
            ["codepipeline", "get-pipeline", "--name"],
            ["codepipeline", "create-pipeline", "--pipeline", "file://pipeline.json", "--no-such"],
            ["codepipeline", "no-such-command"],
        ):
            done = subprocess.run(
                ["aws", *arguments], cwd=tmp_path, env=environment, capture_output=True
            )
            yield arguments, done.returncode, done.stdout, done.stderr

    preloaded = list(answers())
    request.getfixturevalue("installed_cli")
    assert list(answers()) == preloaded
    assert [code == 0 for _, code, _, _ in preloaded] == [True] * 3 + [False] * 4


@pytest.mark.usefixtures("installed_cli")
def test_one_person_is_refused_and_two_pass(emulator):
    create(emulator)
    execution = start(emulator)
    answer(emulator, "alice", "ApprovalA")
    approved = answer(emulator, "alice", "ApprovalB")
    assert approved["approvedAt"]
    assert ended(emulator, execution) == "Failed"
    refusal = state_of(emulator, "Gate")["errorDetails"]
    assert refusal["code"] == "JobFailed"
    assert "same-person" in refusal["message"]

    # The command that the refusal ends with, as it stands.
    command = refusal["message"].splitlines()[-1].split()
    assert command[:3] == ["aws", "codepipeline", "retry-stage-execution"]
    assert emulator.cli("bob", *command[2:])["pipelineExecutionId"] == execution
    answer(emulator, "alice", "ApprovalA")
    answer(emulator, "bob", "ApprovalB")
    assert ended(emulator, execution) == "Succeeded"
    assert state_of(emulator, "ApprovalB")["lastUpdatedBy"] == "arn:aws:iam::111122223333:user/bob"
    assert variables(emulator, execution, "Gate")["Approvers"] == "alice, bob"
    assert "summary" not in state_of(emulator, "Gate"), "AWS shows nobody the summary of a success"

    attempts = [
        (detail["actionName"], detail["status"])
        for detail in history(emulator, execution, "--page-size", "2")
    ]
    assert attempts[0] == ("Deploy", "Succeeded")
    assert attempts.count(("Gate", "Failed")) == attempts.count(("Gate", "Succeeded")) == 1
    assert attempts.count(("ApprovalA", "Succeeded")) == 2
    assert attempts[-1] == ("Source", "Succeeded")


def test_pages_join_to_the_whole(emulator):
    create(emulator)
    executions = []
    for _ in range(3):
        executions.append(start(emulator))
        emulator.cli(
            "bob",
            "stop-pipeline-execution",
            "--pipeline-name",
            PIPELINE,
            "--pipeline-execution-id",
            executions[-1],
            "--abandon",
        )
    whole = emulator.cli("bob", "list-action-executions", "--pipeline-name", PIPELINE)[
        "actionExecutionDetails"
    ]
    paged = emulator.cli(
        "bob", "list-action-executions", "--pipeline-name", PIPELINE, "--page-size", "1"
    )["actionExecutionDetails"]
    # Three of each execution, and of the one that the creation started.
    assert len(whole) == 12 and paged == whole
    listed = emulator.cli(
        "bob", "list-pipeline-executions", "--pipeline-name", PIPELINE, "--page-size", "2"
    )
    assert [summary["pipelineExecutionId"] for summary in listed["pipelineExecutionSummaries"]][
        :3
    ] == executions[::-1]
    first = emulator.cli(
        "bob", "list-action-executions", "--pipeline-name", PIPELINE, "--max-items", "2"
    )
    rest = emulator.cli(
        "bob",
        "list-action-executions",
        "--pipeline-name",
        PIPELINE,
        "--starting-token",
        first["NextToken"],
    )
    assert first["actionExecutionDetails"] + rest["actionExecutionDetails"] == whole


def test_stop_waits_or_abandons(emulator):
    create(emulator)
    stop = [
        "stop-pipeline-execution",
        "--pipeline-name",
        PIPELINE,
        "--reason",
        "lunch",
        "--pipeline-execution-id",
    ]
    waiting = start(emulator)
    emulator.cli("bob", *stop, waiting)
    reply = emulator.cli(
        "bob",
        "get-pipeline-execution",
        "--pipeline-name",
        PIPELINE,
        "--pipeline-execution-id",
        waiting,
    )
    assert reply["pipelineExecution"]["status"] == "Stopping"
    with pytest.raises(Refused, match=r"\(DuplicatedStopRequestException\)"):
        emulator.cli("bob", *stop, waiting)
    emulator.cli("bob", *stop, waiting, "--abandon")
    assert ended(emulator, waiting) == "Stopped"
    assert state_of(emulator, "ApprovalA")["status"] == "Abandoned"
    with pytest.raises(Refused, match=r"\(PipelineExecutionNotStoppableException\)"):
        emulator.cli("bob", *stop, waiting)


def test_a_rejection_and_both_retries(emulator):
    create(emulator)
    execution = start(emulator)
    with pytest.raises(Refused, match=r"\(StageNotRetryableException\)"):
        retry(emulator, execution, "ALL_ACTIONS")
    answer(emulator, "alice", "ApprovalA")
    answer(emulator, "bob", "ApprovalB", "Rejected")
    assert ended(emulator, execution) == "Failed"
    retry(emulator, execution, "FAILED_ACTIONS")
    assert "token" not in state_of(emulator, "ApprovalA")
    answer(emulator, "bob", "ApprovalB")
    assert ended(emulator, execution) == "Failed"
    assert "superseded-by-rejection" in state_of(emulator, "Gate")["errorDetails"]["message"]
    retry(emulator, execution, "ALL_ACTIONS")
    answer(emulator, "alice", "ApprovalA")
    answer(emulator, "bob", "ApprovalB")
    assert ended(emulator, execution) == "Succeeded"


def test_a_newer_execution_supersedes_a_waiting_one(emulator):
    create(emulator)
    first, second, third = (start(emulator) for _ in range(3))
    assert ended(emulator, second) == "Superseded"
    answer(emulator, "alice", "ApprovalA")
    answer(emulator, "alice", "ApprovalB")
    assert ended(emulator, first) == "Failed"
    with pytest.raises(Refused, match=r"\(NotLatestPipelineExecutionException\)"):
        retry(emulator, first, "ALL_ACTIONS")
    answer(emulator, "alice", "ApprovalA")
    answer(emulator, "bob", "ApprovalB")
    assert ended(emulator, third) == "Succeeded"


def test_parallel_executions_have_their_tokens_in_the_history(emulator):
    create(emulator, executionMode="PARALLEL", pipelineType="V2")
    first, second = start(emulator), start(emulator)
    assert "token" not in state_of(emulator, "ApprovalA")

    def approve(execution, key_id, slot):
        detail = next(
            detail for detail in history(emulator, execution) if detail["actionName"] == slot
        )
        answer(
            emulator, key_id, slot, token=detail["output"]["executionResult"]["externalExecutionId"]
        )

    # Each key is turned by two people, but never both keys of one execution.
    approve(first, "alice", "ApprovalA")
    approve(second, "bob", "ApprovalA")
    approve(first, "alice", "ApprovalB")
    approve(second, "bob", "ApprovalB")
    assert (ended(emulator, first), ended(emulator, second)) == ("Failed", "Failed")


def test_errors_have_the_names_of_aws(emulator):
    create(emulator)
    execution = start(emulator)
    token, canceled = (state_of(emulator, slot)["token"] for slot in ("ApprovalA", "ApprovalB"))
    put = lambda stage, slot, token: emulator.cli(
        "alice", "put-approval-result", "--pipeline-name", PIPELINE, "--stage-name", stage,
        "--action-name", slot,
        "--token", token, "--result", "summary=ok,status=Approved",
    )  # fmt: skip
    refusals = {
        "PipelineNameInUseException": lambda: create(emulator),
        "PipelineNotFoundException": lambda: emulator.cli(
            "alice", "get-pipeline-state", "--name", "nowhere"
        ),
        "PipelineExecutionNotFoundException": lambda: history(emulator, UNKNOWN),
        "StageNotFoundException": lambda: put("Nowhere", "ApprovalA", token),
        "ActionNotFoundException": lambda: put(STAGE, "Nothing", token),
        "InvalidApprovalTokenException": lambda: put(STAGE, "ApprovalA", UNKNOWN),
        "JobNotFoundException": lambda: emulator.cli(
            "alice", "get-job-details", "--job-id", UNKNOWN
        ),
        "InvalidNextTokenException": lambda: emulator.cli(
            "alice",
            "list-action-executions",
            "--pipeline-name",
            PIPELINE,
            "--no-paginate",
            "--next-token",
            "x",
        ),
        "InvalidStructureException": lambda: create(
            emulator, name="short", stages=declaration()["stages"][:1]
        ),
        "PipelineVersionNotFoundException": lambda: emulator.cli(
            "alice", "get-pipeline", "--name", PIPELINE, "--pipeline-version", "9"
        ),
        "UnrecognizedClientException": lambda: emulator.cli("mallory", "list-pipelines"),
    }
    for code, refused in refusals.items():
        with pytest.raises(Refused, match=rf"\({code}\)"):
            refused()
    put(STAGE, "ApprovalA", token)
    with pytest.raises(Refused, match=r"\(ApprovalAlreadyCompletedException\)"):
        put(STAGE, "ApprovalA", token)
    emulator.cli("bob", "update-pipeline", "--pipeline", json.dumps(declaration()))
    with pytest.raises(
        Refused,
        match=r"\(InvalidApprovalTokenException\).*has been updated, and the approval request",
    ):
        put(STAGE, "ApprovalB", canceled)
    assert ended_status(emulator, execution) == "InProgress"


def ended_status(emulator, execution):
    reply = emulator.cli(
        "bob",
        "get-pipeline-execution",
        "--pipeline-name",
        PIPELINE,
        "--pipeline-execution-id",
        execution,
    )
    return reply["pipelineExecution"]["status"]


def test_a_stage_is_rolled_back_by_somebody(emulator):
    create(emulator)
    execution = start(emulator)
    answer(emulator, "alice", "ApprovalA")
    answer(emulator, "bob", "ApprovalB")
    assert ended(emulator, execution) == "Succeeded"
    where = [
        "--pipeline-name",
        PIPELINE,
        "--stage-name",
        "Deploy",
        "--target-pipeline-execution-id",
    ]
    rollback = emulator.cli("alice", "rollback-stage", *where, execution)["pipelineExecutionId"]
    assert ended(emulator, rollback) == "Succeeded"
    reply = emulator.cli(
        "bob",
        "get-pipeline-execution",
        "--pipeline-name",
        PIPELINE,
        "--pipeline-execution-id",
        rollback,
    )
    trigger = reply["pipelineExecution"]["trigger"]
    assert trigger == {
        "triggerType": "ManualRollback",
        "triggerDetail": '{"AwsUserArn":"arn:aws:iam::111122223333:user/alice"}',
    }
    assert [detail["stageName"] for detail in history(emulator, rollback)] == ["Deploy"]
    with pytest.raises(Refused, match=r"\(UnableToRollbackStageException\)"):
        emulator.cli("alice", "rollback-stage", *where, start(emulator))


def test_a_pipeline_is_deleted_and_created_again(emulator):
    create(emulator)
    assert emulator.cli("bob", "delete-pipeline", "--name", PIPELINE) is None
    with pytest.raises(
        Refused, match="Account '111122223333' does not have a pipeline with name 'payments'"
    ):
        emulator.cli("bob", "get-pipeline", "--name", PIPELINE)
    assert create(emulator)["pipeline"]["version"] == 1


def test_pipelines_are_kept_by_version(emulator):
    created = create(emulator)["pipeline"]
    assert created["version"] == 1
    changed = {
        **created,
        "stages": [
            *created["stages"],
            {"name": "Late", "actions": [action("Test", "Test", "CodeBuild")]},
        ],
    }
    assert (
        emulator.cli("bob", "update-pipeline", "--pipeline", json.dumps(changed))["pipeline"][
            "version"
        ]
        == 2
    )
    get = ["get-pipeline", "--name", PIPELINE]
    assert len(emulator.cli("bob", *get)["pipeline"]["stages"]) == 4
    assert emulator.cli("bob", *get, "--pipeline-version", "1")["pipeline"] == created
    assert [
        pipeline["name"] for pipeline in emulator.cli("bob", "list-pipelines")["pipelines"]
    ] == [PIPELINE]
