"""The desk where a call fails: an answer in its web app, and `desk release` on CI's side."""

import itertools
import json
import re
import subprocess
import threading

import desk_software
from conftest import BINARIES
from desk_web import REGION, ROLE
from faults_worlds import Desk, moto
from faulty_wire import FaultyWire
from proofs import GateKey, Release
from relay_function import Production, numbered

PREFIXES = {"AWSStepFunctions": "states", "AmazonSQS": "sqs"}
START, DESCRIBE = "states:StartExecution", "states:DescribeExecution"
RECEIVE, DELETE, PUBLISH = "sqs:ReceiveMessage", "sqs:DeleteMessageBatch", "sns:Publish"


class Page(Desk):
    """An answer in the web app."""

    name = "desk serve"
    caller = "server"
    operations = (
        "codepipeline:GetPipeline",
        "codepipeline:GetPipelineState",
        "codepipeline:GetPipelineExecution",
        "codepipeline:ListActionExecutions",
        "sts:AssumeRole",
        "codepipeline:PutApprovalResult",
    )

    def play(self, case):
        people = desk_software.people("alice", "bob")
        self.firm = desk_software.firm(self.folder, people)
        session = f"{ROLE.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/alice"
        is_answer = case.operation == "codepipeline:PutApprovalResult"
        entry = case.entry(session if is_answer else self.caller)
        path = self.folder / "faults.json"
        path.write_text(json.dumps({"faults": [entry]}))
        try:
            self.firm.start("--lag", "0", "--faults", path)
            self.firm.history()
            alice = people["alice"]
            alice.sign_in(self.firm.desk)
            wanted = desk_software.wanted(self.firm, "ApprovalA", comment="reviewed")
            return self.heard(*alice.answer(self.firm.desk, wanted))
        finally:
            self.firm.stop()

    def heard(self, status, said):
        """What the page says. It must be so."""
        assert self.firm.answers() <= 1, self.firm.answers()
        is_answered = self.firm.state()["ApprovalA"]["status"] == "Succeeded"
        if status == 200:
            assert is_answered, said
            return "answered"
        problem = said["problem"]
        if problem.startswith("It is not known whether"):
            return "not known"
        assert not is_answered, problem
        return "not sent"


class Follow(Desk):
    """`desk release`, whose release prints three lines and ends with 0."""

    name = "desk release"
    operations = (START, DESCRIBE, PUBLISH, RECEIVE, DELETE)
    words = ("released", "not known", "not followed")
    lock, numbers = threading.Lock(), itertools.count()

    def play(self, case):
        with self.lock:
            account = Production(self.folder, moto(), f"faults-{next(self.numbers)}")
        wire = FaultyWire(account.endpoint, case, lambda it: operation(it) == case.operation)
        release = Release()
        lines, _ = numbered(release.execution, "seq", "3")
        for number, line in enumerate(lines):
            account.say(**{**json.loads(line), "execution": release.execution}, copy=number)
        account.ended(release.execution)
        door = account.machine
        if case.operation == PUBLISH:
            door = account.sns.create_topic(Name=f"door-{release.execution}")["TopicArn"]
        proof = self.folder / "proof.json"
        proof.write_text(release.proof(GateKey().sign))
        command = [BINARIES / "desk", "release", "--relay", door, "--proof", proof]
        command += ["--feedback", account.queue, "--grace", "2s", "--timeout", "60s"]
        try:
            done = subprocess.run(
                [*command, "--region", REGION, "--endpoint-url", wire.endpoint],
                env={**account.environment, "AWS_ENDPOINT_URL": wire.endpoint},
                capture_output=True,
                text=True,
                timeout=self.patience,
            )
        finally:
            wire.stop()
        return self.told(done, account)

    def told(self, done, account):
        """What it prints and ends with. No line comes twice, and a 0 means that all is there."""
        printed = done.stdout.split()
        assert printed == ["1", "2", "3"][: len(printed)], done
        assert len(account.started()) <= 1, account.started()
        if done.returncode == 0:
            assert len(printed) == 3, done
            return "released"
        assert done.returncode == 1, done
        if "it is not known whether production got the request" in done.stderr:
            return "not known"
        assert re.search("cannot be followed|is still running", done.stderr), done
        assert account.started(), done
        return "not followed"


def operation(request):
    """The operation that a request asks for. That of SNS is in its body, and is the only one."""
    if not (target := request.headers["x-amz-target"]):
        return PUBLISH
    service, _, name = target.partition(".")
    return f"{PREFIXES.get(service, service)}:{name}"
