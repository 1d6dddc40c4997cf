"""The examples of docs/relay-ci.md: parsed, and the one with nothing but the AWS CLI is run."""

import json
import re
import subprocess
import uuid

import pytest
import yaml
from botocore.exceptions import ClientError
from cloudformation import ROOT, load
from conftest import BINARIES, action, declaration
from groovy_parser.parser import parse_groovy_content
from lark.exceptions import UnexpectedInput
from proofs import COMMIT, GateKey, Release
from relay_stack import FUNCTION, deployed
from signatures import Key
from step_functions import environment

PAGE = (ROOT / "docs" / "relay-ci.md").read_text()
EXECUTIONS = "pipelineExecutionSummaries"
EXECUTION = "3137f7cb-7cf7-4abc-9b2c-000000000001"
# The AWS CLI does not look at AWS_ENDPOINT_URL for SQS.
AWS = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }\n'


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_yaml_signs_in_as_the_role_that_may_ask():
    github, gitlab = map(yaml.safe_load, blocks("yaml"))
    name = f"{load('relay.yaml')['Parameters']['RoleName']['Default']}-Ask"
    job = github["jobs"]["release"]
    assert github["permissions"] == {} and job["permissions"] == {"id-token": "write"}
    *_, asking = (it["with"]["role-to-assume"] for it in job["steps"] if "uses" in it)
    assert asking.endswith(f":role/{name}")
    release = gitlab["release"]
    assert release["variables"]["AWS_ROLE_ARN"].endswith(f":role/{name}")
    # The audience that the role's trust policy wants.
    assert release["id_tokens"]["AWS_TOKEN"]["aud"] == "https://gitlab.com"
    for variable in ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        assert variable in gitlab["proof"]["variables"]


def test_the_jenkinsfile_is_groovy():
    (jenkinsfile,) = blocks("groovy")
    parse_groovy_content(jenkinsfile)
    with pytest.raises(UnexpectedInput):
        parse_groovy_content(jenkinsfile.replace("steps {", "steps ({", 1))


class Ci:
    """A CI server with the AWS CLI, and a production whose function releases everything: the
    judge has its own tests.
    """

    def __init__(self, stack, folder):
        self.stack, self.folder = stack, folder
        stack.services.functions[FUNCTION] = self.judge
        (folder / "proof.json").write_text('{"payload": "e30=", "signatures": []}')

    def judge(self, request):
        assert request.keys() == {"proof"}
        try:
            self.stack.start(EXECUTION, request["proof"])
            started = True
        except ClientError:
            started = False
        return {"started": started, "executionId": EXECUTION, "message": f"started: {started}"}

    def release(self):
        (script,) = blocks("bash")
        given = {"DOOR": self.stack.door, "QUEUE": self.stack.queue}
        return subprocess.run(
            ["bash", "-c", f"{AWS}{script}"],
            cwd=self.folder,
            env={**environment(self.stack.endpoint), **given},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def say(self, **message):
        """A message of the queue, as the function and the machine send it."""
        self.stack.sqs.send_message(
            QueueUrl=self.stack.queue,
            MessageBody=json.dumps(message),
            MessageGroupId=message["release"],
            MessageDeduplicationId=str(uuid.uuid4()),
        )


@pytest.fixture
def ci(monkeypatch, tmp_path):
    with deployed(monkeypatch) as stack:
        yield Ci(stack, tmp_path)


def test_the_cli_prints_the_lines_and_ends_with_the_exit_code(ci):
    command = ["sh", "-c", 'echo one; echo "two \\"quoted\\""; exit 3']
    ci.stack.runs(BINARIES / "relay", "run", "--", *command)
    # Another release waits in the same queue.
    ci.say(release="another", line=1, text="not ours")
    done = ci.release()
    assert done.stdout.splitlines() == ["one", 'two "quoted"'], done.stderr
    assert done.returncode == 3, done.stderr
    assert "the command ended with exit code 3" in done.stderr
    wait = {"WaitTimeSeconds": 20}
    (left,) = ci.stack.sqs.receive_message(QueueUrl=ci.stack.queue, **wait)["Messages"]
    assert json.loads(left["Body"])["release"] == "another"


def test_the_cli_says_that_a_container_did_not_start(ci):
    ci.stack.services.refuses_to_run = "Capacity is unavailable at this time"
    done = ci.release()
    assert (done.returncode, done.stdout) == (1, "")
    assert "Capacity is unavailable" in done.stderr


def test_the_cli_says_that_it_was_released_before(ci):
    ci.stack.runs("sh", "-c", "exit 0")
    ci.stack.ended(ci.stack.start(EXECUTION))
    done = ci.release()
    assert done.returncode == 1 and "started: False" in done.stderr
    assert len(ci.stack.services.runs) == 1


def test_the_cli_ends_with_10_if_production_refuses(ci):
    ci.stack.services.functions[FUNCTION] = ci.stack.function
    done = ci.release()
    assert (done.returncode, done.stdout) == (10, "")
    assert "Refused" in done.stderr
    assert ci.stack.services.runs == []


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    return {person: Key(folder, person) for person in ("alice", "bob")}


@pytest.mark.parametrize("second, code", [("bob", 0), ("alice", 10)], ids=["two", "one"])
def test_a_container_verifies_the_proof_itself(monkeypatch, tmp_path, people, second, code):
    """Whoever starts the release machine past the relay gets no further than this."""
    rule = {
        "stage": "Release",
        "actions": ["ApprovalA", "ApprovalB"],
        "requireSignature": True,
        "signingKeys": {person: [key.line] for person, key in people.items()},
    }
    (tmp_path / "rule.json").write_text(json.dumps(rule))
    gate = GateKey()
    (tmp_path / "gate.pem").write_bytes(gate.pem())
    script, _ = blocks("sh")
    script = script.replace("/tmp/", f"{tmp_path}/").replace("/etc/two-person-rule", str(tmp_path))
    *before, deploy = script.splitlines()
    assert deploy.startswith("aws lambda update-function-code ")
    script = "\n".join([*before, f'echo "$revision" > {tmp_path / "deployed"}'])
    release = Release().signed_by(ApprovalA=people["alice"], ApprovalB=people[second])
    with deployed(monkeypatch) as stack:
        path = f"{BINARIES}:{stack.services.environment['PATH']}"
        stack.services.environment["PATH"] = path
        stack.runs("relay", "run", "--", "bash", "-c", script)
        proof = json.loads(release.proof(gate.sign))
        # What the machine is told to release is not believed.
        stack.start(release.execution, proof, revisions=["something else"])
        ends = [message for message in stack.messages(ends=2) if "end" in message]
    assert {end["exitCode"] for end in ends} == {code}
    if code == 0:
        assert (tmp_path / "deployed").read_text() == f"{COMMIT}\n"
    else:
        assert not (tmp_path / "deployed").exists()


def test_every_desk_in_the_examples_takes_its_options(tmp_path):
    """A proof that cannot be read ends with 1, and an option that does not exist with 2."""
    given = {
        "PATH": "",
        "RELAY": "arn:aws:states:eu-west-1:444455556666:stateMachine:two-person-rule-relay",
        "FEEDBACK": "https://sqs.eu-west-1.amazonaws.com/444455556666/feedback.fifo",
    }
    page = PAGE.replace("\\\n", " ")
    commands = re.findall(r"desk\"? release (.*?)(?:'|`)?$", page, re.MULTILINE)
    commands = [command for command in commands if command.startswith("--")]
    assert len(commands) == 3
    for command in commands:
        script = f"{BINARIES / 'desk'} release {command} --region eu-west-1"
        done = subprocess.run(
            ["/bin/bash", "-c", script], cwd=tmp_path, env=given, capture_output=True, text=True
        )
        assert done.returncode == 1 and "`proof.json` cannot be read" in done.stderr, done.stderr


def test_a_container_starts_another_pipeline_once_at_the_approved_revision(emulator):
    _, script = blocks("sh")
    source = action(
        "Source",
        "Source",
        "CodeCommit",
        outputArtifacts=[{"name": "Source"}],
        configuration={"RepositoryName": "shop", "BranchName": "main"},
    )
    deploy = action("Deploy", "Deploy", "S3", inputArtifacts=[{"name": "Source"}])
    stages = [{"name": "Source", "actions": [source]}, {"name": "Deploy", "actions": [deploy]}]
    api = emulator.client("alice")
    api.create_pipeline(pipeline=declaration("payments-prod", stages=stages))
    before = len(api.list_pipeline_executions(pipelineName="payments-prod")[EXECUTIONS])
    given = {"revision": COMMIT, "EXECUTION_ID": EXECUTION}
    for _ in range(2):
        done = subprocess.run(
            ["bash", "-euc", script.replace("sleep 5", "sleep 0.1")],
            env={**emulator.environment("alice"), **given},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("payments-prod ") and "Succeeded" in done.stdout
    found = api.list_pipeline_executions(pipelineName="payments-prod")[EXECUTIONS]
    assert len(found) == before + 1
    assert found[0]["sourceRevisions"][0]["revisionId"] == COMMIT


def test_the_addresses_of_the_examples_are_of_the_stack():
    stack = load("relay.yaml")["Parameters"]["FunctionName"]["Default"]
    assert set(re.findall(r"stateMachine:([\w-]+)", PAGE)) == {stack}
    queues = re.findall(r"sqs\.eu-west-1\.amazonaws\.com/\d{12}/([\w.-]+)", PAGE)
    assert set(queues) == {f"{stack}-feedback.fifo"}
