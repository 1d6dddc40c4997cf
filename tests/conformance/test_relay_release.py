"""The state machine that runs a release once: what the container gets, and how the end is told."""

import json

import pytest
from botocore.exceptions import ClientError
from relay_stack import CLUSTER, TASK, deployed

EXECUTION = "3137f7cb-7cf7-4abc-9b2c-000000000001"
PROOF = {
    "payloadType": "application/vnd.in-toto+json",
    "payload": "e30=",
    "signatures": [{"keyid": "arn:aws:kms:eu-west-1:111122223333:key/1", "sig": "MEUC"}],
}


@pytest.fixture
def stack(monkeypatch):
    with deployed(monkeypatch) as stack:
        yield stack


def failed(stack, ended):
    """Why a release failed, as the machine and its one message say it."""
    assert (ended["status"], ended["error"]) == ("FAILED", "NotReleased")
    (end,) = stack.messages()
    assert end == {
        "release": EXECUTION,
        "end": True,
        "exitCode": end["exitCode"],
        "problem": ended["cause"],
    }
    return end["exitCode"], end["problem"]


def test_a_release_runs_and_its_end_is_told(stack):
    stack.runs("sh", "-c", "exit 0")
    ended = stack.ended(stack.start(EXECUTION))
    assert ended["status"] == "SUCCEEDED", ended
    told = {"exitCode": 0, "problem": None}
    assert stack.messages() == [{"release": EXECUTION, "end": True, **told}]
    assert json.loads(ended["output"]) == told
    (run,) = stack.services.runs
    assert (run["cluster"], run["taskDefinition"], run["launchType"]) == (CLUSTER, TASK, "FARGATE")
    assert run["networkConfiguration"]["awsvpcConfiguration"] == {
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroups": ["sg-1"],
        "assignPublicIp": "DISABLED",
    }


def test_the_container_is_told_what_to_release_and_where_the_proof_is(stack, tmp_path):
    said = tmp_path / "said"
    stack.runs("sh", "-c", f"env > {said}")
    assert stack.ended(stack.start(EXECUTION, PROOF))["status"] == "SUCCEEDED"
    given = dict(line.split("=", 1) for line in said.read_text().splitlines())
    uri = f"s3://{stack.bucket}/payments/{EXECUTION}.json"
    assert json.loads(given.pop("REVISIONS")) == ["3" * 40]
    for name, value in {
        "PIPELINE": "payments",
        "EXECUTION_ID": EXECUTION,
        "ENVIRONMENT": "prod",
        "PROOF": uri,
    }.items():
        assert given[name] == value
    kept = stack.s3.get_object(Bucket=stack.bucket, Key=f"payments/{EXECUTION}.json")
    assert json.load(kept["Body"]) == PROOF


def test_without_a_proof_the_container_is_told_of_none(stack, tmp_path):
    said = tmp_path / "said"
    stack.runs("sh", "-c", f'printf "%s" "[$PROOF]" > {said}')
    assert stack.ended(stack.start(EXECUTION))["status"] == "SUCCEEDED"
    assert said.read_text() == "[]"
    assert "Contents" not in stack.s3.list_objects_v2(Bucket=stack.bucket)


def test_a_command_that_fails_fails_the_release(stack):
    stack.runs("sh", "-c", "exit 3")
    ended = stack.ended(stack.start(EXECUTION))
    assert failed(stack, ended) == (3, "the command ended with exit code 3")


def test_a_container_that_does_not_start_has_no_exit_code(stack):
    stack.runs("/no/such/program")
    code, problem = failed(stack, stack.ended(stack.start(EXECUTION)))
    assert code is None
    assert "stopped without an exit code: CannotStartContainerError" in problem


def test_a_task_that_ecs_refuses_is_told_in_its_words(stack):
    stack.services.refuses_to_run = "No Container Instances were found in your cluster."
    code, problem = failed(stack, stack.ended(stack.start(EXECUTION)))
    assert code is None and "No Container Instances were found" in problem
    # A request whose reply got lost might have started it.
    assert len(stack.services.runs) == 1


def test_more_revisions_than_ecs_takes_are_no_release(stack):
    stack.runs("sh", "-c", "exit 0")
    many = ["3" * 40] * 200
    code, problem = failed(stack, stack.ended(stack.start(EXECUTION, revisions=many)))
    assert code is None and "8192" in problem


def test_nothing_runs_if_the_proof_cannot_be_kept(stack):
    stack.runs("sh", "-c", "exit 0")
    stack.s3.delete_bucket(Bucket=stack.bucket)
    code, problem = failed(stack, stack.ended(stack.start(EXECUTION, PROOF)))
    assert code is None and problem.startswith("nothing was started, because the proof")
    assert stack.services.runs == []


def test_a_release_that_takes_too_long_is_told_too(monkeypatch):
    with deployed(monkeypatch, TimeoutSeconds="1") as stack:
        stack.runs("sleep", "120")
        code, problem = failed(stack, stack.ended(stack.start(EXECUTION)))
        assert code is None
        assert problem == ("the command did not end within 1 seconds; its container may still run")


def test_step_functions_starts_a_name_once(stack):
    """What the relay rests on, as the API reference of StartExecution has it."""
    stack.runs("sh", "-c", "exit 0")
    first = stack.start(EXECUTION)
    assert stack.ended(first)["status"] == "SUCCEEDED"
    for more in ({}, {"proof": PROOF}):
        with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
            stack.start(EXECUTION, **more)
    assert len(stack.services.runs) == 1
