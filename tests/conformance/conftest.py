"""A served emulator a test, and the real AWS CLI and botocore to talk to it. Run by `tests/run
conformance`, which builds first.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import botocore.session
import cfnlint.runner
import preloaded
import pytest
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
BINARIES = ROOT / "target" / "debug"
PIPELINE = "payments"
STAGE = "Approve"
# One for all clients: it reads the models of the services once.
SESSION = botocore.session.Session()


def action(name, category, provider, run_order=1, **more):
    type_id = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "actionTypeId": type_id, "runOrder": run_order, **more}


def declaration(name=PIPELINE, **more):
    """Source; Approve with two approvals in parallel and the gate after them; Deploy."""
    return {
        "name": name,
        "roleArn": "arn:aws:iam::111122223333:role/pipeline",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "stages": [
            {
                "name": "Source",
                "actions": [action("Source", "Source", "S3", outputArtifacts=[{"name": "Source"}])],
            },
            {
                "name": STAGE,
                "actions": [
                    action("ApprovalA", "Approval", "Manual"),
                    action("ApprovalB", "Approval", "Manual"),
                    action(
                        "Gate",
                        "Invoke",
                        "Lambda",
                        2,
                        configuration={"FunctionName": "two-person-rule"},
                    ),
                ],
            },
            {
                "name": "Deploy",
                "actions": [action("Deploy", "Deploy", "S3", inputArtifacts=[{"name": "Source"}])],
            },
        ],
        **more,
    }


class Refused(Exception):
    """The AWS CLI ended with an error."""


class Emulator:
    """A served emulator, on which nothing is late unless `--lag` says so; `log` is a file for what
    it and the gate write to their logs. It is `empty` unless a test wants the pipeline of the demo.
    """

    def __init__(self, *arguments, log=subprocess.DEVNULL, empty=True):
        if empty:
            arguments = ("--empty", *arguments)
        if "--lag" not in arguments:
            arguments = (*arguments, "--lag", "0")
        # Tests of the desk start their own, on the port of the rule.
        if "--desk" not in arguments and "--account" not in arguments:
            arguments = (*arguments, "--no-desk")
        command = [BINARIES / "emulator", "serve", "--listen", "127.0.0.1:0", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        self.exports = {}
        for line in self.process.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                self.exports[name] = value
            if line.startswith("# AWS_ACCESS_KEY_ID"):
                break

    def stop(self):
        self.process.terminate()
        assert self.process.wait(10) == 0

    def environment(self, key_id):
        """The pasted lines, as one principal; nothing of the machine's own AWS configuration."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        nowhere = {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_PAGER": "",
        }
        return {**kept, **self.exports, **nowhere, "AWS_ACCESS_KEY_ID": key_id}

    def cli(self, key_id, *arguments):
        """`aws codepipeline …` as a principal; what it prints, parsed. Anything on stderr is an
        error or a warning, and fails.
        """
        command = ["aws", "codepipeline", *arguments, "--output", "json"]
        done = subprocess.run(command, env=self.environment(key_id), capture_output=True, text=True)
        if done.returncode != 0:
            raise Refused(done.stderr.strip())
        assert done.stderr == "", done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def idle(self, key_id, name):
        """Gives up the execution that the creation of a pipeline has started."""
        api = self.client(key_id)
        for execution in api.list_pipeline_executions(pipelineName=name)[
            "pipelineExecutionSummaries"
        ]:
            if execution["status"] == "InProgress":
                api.stop_pipeline_execution(
                    pipelineName=name,
                    pipelineExecutionId=execution["pipelineExecutionId"],
                    abandon=True,
                )

    def client(self, key_id, service="codepipeline"):
        """botocore, as a principal."""
        return SESSION.create_client(
            service,
            region_name=self.exports["AWS_DEFAULT_REGION"],
            endpoint_url=self.exports["AWS_ENDPOINT_URL"],
            aws_access_key_id=key_id,
            aws_secret_access_key="not-checked",
            config=Config(retries={"max_attempts": 0}),
        )


@pytest.fixture(scope="session", autouse=True)
def preloaded_cli():
    """The `aws` that the tests and their scripts start: see preloaded.py."""
    with preloaded.aws() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(folder), prepend=os.pathsep)
        yield folder


@pytest.fixture
def installed_cli(monkeypatch, preloaded_cli):
    """The AWS CLI as users start it."""
    path = os.environ["PATH"].split(os.pathsep)
    monkeypatch.setenv("PATH", os.pathsep.join(f for f in path if f != str(preloaded_cli)))


@pytest.fixture
def cfn_lint(monkeypatch, capsys):
    """cfn-lint on one template, in this process: it takes longer to load than to lint."""

    def lint(path):
        command = ["cfn-lint", "--non-zero-exit-code", "informational", str(path)]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as ended:
            cfnlint.runner.main()
        assert ended.value.code == 0, capsys.readouterr()

    return lint


@pytest.fixture
def emulator():
    served = Emulator()
    yield served
    served.stop()
