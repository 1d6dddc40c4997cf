"""The whole relay over moto: CI starts the door, the built function judges, and the release machine
runs the container once. Each test is named after what somebody with CI's one right tries.
"""

import base64
import json
import subprocess
import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from conftest import BINARIES
from proofs import COMMIT, GateKey, Release
from relay_stack import deployed
from signatures import Key
from step_functions import environment

GATE = GateKey()


class Production:
    """A stack, and releases that alice and bob have signed."""

    def __init__(self, stack, keys):
        self.stack, self.keys = stack, keys

    def release(self, **changed):
        return Release(**changed).signed_by(
            ApprovalA=self.keys["alice"], ApprovalB=self.keys["bob"]
        )

    def proof(self, release):
        return json.loads(release.proof(GATE.sign))

    def ask(self, request):
        """Starts the door. Returns its execution."""
        return self.stack.states.start_execution(
            stateMachineArn=self.stack.door, name=str(uuid.uuid4()), input=json.dumps(request)
        )["executionArn"]

    def asked(self, request):
        """What the door answers."""
        ended = self.stack.ended(self.ask(request))
        assert ended["status"] == "SUCCEEDED", ended
        return json.loads(ended["output"])

    def desk(self, release, path, way):
        """What `desk release` does with the proof of a release, by the door or the topic."""
        path.write_text(release.proof(GATE.sign))
        command = [BINARIES / "desk", "release", "--proof", path, "--timeout", "2m"]
        command += ["--relay", getattr(self.stack, way), "--feedback", self.stack.queue]
        return subprocess.run(
            command, env=environment(self.stack.endpoint), capture_output=True, text=True
        )

    def refused(self, request):
        """Why the door refuses."""
        ended = self.stack.ended(self.ask(request))
        assert (ended["status"], ended["error"]) == ("FAILED", "Refused"), ended
        assert self.stack.services.runs == []
        return ended["cause"]


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return {person: Key(folder, person) for person in ("alice", "bob", "mallory")}


@pytest.fixture
def production(monkeypatch, keys):
    rule = {
        "stage": "Release",
        "actions": ["ApprovalA", "ApprovalB"],
        "requireSignature": True,
        "signingKeys": {person: [keys[person].line] for person in ("alice", "bob")},
    }
    der = GATE.der()
    parameters = {
        "TwoPersonRule": json.dumps(rule),
        "GateKey": base64.b64encode(der).decode(),
        "CreateTopic": "true",
    }
    with deployed(monkeypatch, **parameters) as stack:
        stack.runs(BINARIES / "relay", "run", "--", "sh", "-c", "echo deploying $ENVIRONMENT")
        yield Production(stack, keys)


def test_an_approved_release_runs_and_its_lines_come_back(production):
    release = production.release()
    answer = production.asked({"proof": production.proof(release)})
    assert answer["started"] is True
    assert answer["executionArn"].endswith(f"-release:{release.execution}")
    assert production.stack.ended(answer["executionArn"])["status"] == "SUCCEEDED"
    told = production.stack.messages(ends=2)
    assert {"release": release.execution, "line": 1, "text": "deploying prod"} in told
    counted, machine = sorted((it for it in told if "end" in it), key=lambda it: "problem" in it)
    assert (counted["lines"], counted["exitCode"]) == (1, 0)
    assert (machine["release"], machine["exitCode"]) == (release.execution, 0)
    (run,) = production.stack.services.runs
    given = run["overrides"]["containerOverrides"][0]["environment"]
    assert {"name": "REVISIONS", "value": json.dumps([COMMIT])} in given


def test_the_same_request_again_starts_nothing(production):
    request = {"proof": production.proof(production.release())}
    first = production.asked(request)
    # While it runs or after it, late or again.
    second = production.asked(request)
    assert production.stack.ended(first["executionArn"])["status"] == "SUCCEEDED"
    third = production.asked(request)
    assert (first["started"], third["started"]) == (True, False)
    assert first["executionArn"] == second["executionArn"] == third["executionArn"]
    assert "released to prod before" in third["message"]
    assert len(production.stack.services.runs) == 1


def test_the_same_request_at_the_same_time_starts_one_release(production):
    request = {"proof": production.proof(production.release())}
    doors = []
    threads = [
        threading.Thread(target=lambda: doors.append(production.ask(request))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = [json.loads(production.stack.ended(door)["output"]) for door in doors]
    assert len(answers) == 4
    (execution,) = {answer["executionArn"] for answer in answers}
    assert production.stack.ended(execution)["status"] == "SUCCEEDED"
    assert len(production.stack.services.runs) == 1


def test_another_proof_of_a_released_execution_starts_nothing(production):
    release = production.release()
    first = production.asked({"proof": production.proof(release)})
    assert production.stack.ended(first["executionArn"])["status"] == "SUCCEEDED"
    again = production.asked({"proof": json.loads(release.proof(GATE.sign))})
    assert again["started"] is False
    assert len(production.stack.services.runs) == 1


def test_a_refused_request_does_not_use_up_the_release(production):
    release = production.release()
    proof = production.proof(release)
    tampered = {**proof, "payload": proof["payload"][:-8] + "AAAAAAA="}
    production.refused({"proof": tampered})
    assert production.asked({"proof": proof})["started"] is True


@pytest.mark.parametrize(
    "changed",
    [
        {"pipeline": "billing"},
        {"environment": "test"},
        {"made": datetime.now(UTC) - timedelta(hours=2)},
    ],
    ids=["pipeline", "environment", "old"],
)
def test_a_proof_for_something_else_is_refused(production, changed):
    production.refused({"proof": production.proof(production.release(**changed))})


def test_what_two_people_did_not_sign_is_refused(production, keys):
    release = Release().signed_by(ApprovalA=keys["alice"], ApprovalB=keys["mallory"])
    assert "bob" not in production.refused({"proof": production.proof(release)})
    alone = Release().signed_by(ApprovalA=keys["alice"], ApprovalB=keys["alice"])
    production.refused({"proof": production.proof(alone)})


def test_a_refusal_comes_back_in_the_queue_under_the_name_of_its_sender(production):
    release = production.release(environment="test")
    production.refused({"proof": production.proof(release), "ticket": "build-17"})
    (message,) = production.stack.sqs.receive_message(QueueUrl=production.stack.queue)["Messages"]
    refusal = json.loads(message["Body"])
    assert (refusal["refused"], refusal["ticket"]) == (True, "build-17")
    assert refusal["reasons"]


@pytest.mark.parametrize("forged", ["awslogs", "Records"])
def test_the_door_does_not_play_sns_or_the_log(production, forged):
    """Otherwise CI could write the end of another release into the queue."""
    count = production.stack.function.count
    assert "awslogs" in production.refused({forged: {"data": ""}})
    assert production.stack.function.count == count


def test_somebody_who_starts_the_release_machine_uses_up_the_name(production):
    """This is why only the function may start it."""
    release = production.release()
    production.stack.start(release.execution)
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        production.stack.start(release.execution, environment="other")
    answer = production.asked({"proof": production.proof(release)})
    assert answer["started"] is False


@pytest.mark.parametrize("way", ["door", "topic"])
def test_desk_release_ends_as_the_container_does(production, tmp_path, way):
    script = "echo deploying $ENVIRONMENT; echo nearly done >&2; exit 3"
    production.stack.runs(BINARIES / "relay", "run", "--", "sh", "-c", script)
    done = production.desk(production.release(), tmp_path / "proof.json", way)
    assert done.returncode == 3, done.stdout + done.stderr
    assert sorted(done.stdout.splitlines()) == ["deploying prod", "nearly done"]


def test_desk_release_of_what_was_released_before_ends_and_says_so(production, tmp_path):
    release = production.release()
    production.stack.runs("sh", "-c", "exit 0")
    production.stack.ended(production.stack.start(release.execution))
    production.stack.messages(ends=1)
    done = production.desk(release, tmp_path / "proof.json", "door")
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert f"{release.execution} was released to prod before, so nothing is started" in done.stderr
    assert len(production.stack.services.runs) == 1


def test_desk_release_ends_with_10_if_production_refuses(production, tmp_path):
    done = production.desk(production.release(environment="test"), tmp_path / "proof.json", "door")
    assert (done.returncode, done.stdout) == (10, ""), done.stderr
    assert "environment" in done.stderr
    assert production.stack.services.runs == []


def test_a_message_to_the_topic_releases_once_even_if_sns_delivers_it_twice(production):
    release = production.release()
    bad = production.proof(production.release(pipeline="billing"))
    production.stack.publish({"proof": bad})
    assert production.stack.services.runs == []
    for _ in range(2):
        production.stack.publish({"proof": production.proof(release)})
    told = production.stack.messages(ends=2)
    assert {"release": release.execution, "line": 1, "text": "deploying prod"} in told
    # What the refused one was refused for is told too.
    assert [message["refused"] for message in told if "refused" in message] == [True]
    assert len(production.stack.services.runs) == 1
