"""The worlds in which a program meets a fault. Each plays one case, says in a word what the program
reports, and checks that it is true by what the emulator knows.
"""

import functools
import http.client
import json
import re
import subprocess
import time
from urllib.parse import urlsplit

from conftest import BINARIES, PIPELINE, STAGE, Emulator, declaration
from desk_web import account, policy
from faults import INVOKE
from kms_server import ThreadedMotoServer

ACCOUNT, REGION = "111122223333", "us-east-1"
APPROVER = "AWSReservedSSO_Approver_0123456789abcdef"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/{APPROVER}"
PRINCIPALS = {
    "manager": f"arn:aws:iam::{ACCOUNT}:user/manager",
    "alice": f"arn:aws:iam::{ACCOUNT}:user/alice",
    "alice-sso": f"{SESSION}/alice@example.com",
    "carol": f"{SESSION}/carol@example.com",
}
RULE = {"excludeInitiator": True, "trustedSessionRoles": ["AWSReservedSSO_*"]}
SLOTS = ("ApprovalA", "ApprovalB")
# Seconds that an invocation may take.
INVOCATION = 9


@functools.cache
def moto():
    """The endpoint of moto, once for all cases. Its callers wait for each other."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    return "http://{}:{}".format(*server.get_host_and_port())


def identities():
    """The people, who may do everything: a user each, and sessions of a role that IAM Identity
    Center made.
    """
    everything = account()
    manager = next(it for it in everything["UserDetailList"] if it["UserName"] == "manager")
    alice = {**manager, "UserName": "alice", "UserId": "AIDAALICE", "Arn": PRINCIPALS["alice"]}
    path = "/aws-reserved/sso.amazonaws.com/"
    approver = {
        **everything["RoleDetailList"][0],
        "Path": path,
        "RoleName": APPROVER,
        "RoleId": "AROAAPPROVER",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role{path}{APPROVER}",
        "RolePolicyList": manager["UserPolicyList"],
    }
    reader = {
        **approver,
        "Path": "/",
        "RoleName": "two-person-rule-read",
        "RoleId": "AROAREAD",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/two-person-rule-read",
        "AssumeRolePolicyDocument": policy(
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": manager["Arn"]}}
        ),
    }
    return {
        **everything,
        "UserDetailList": [manager, alice],
        "RoleDetailList": [approver, reader],
    }


class World:
    """An emulator with a pipeline whose first execution waits for two approvals."""

    # Seconds after which a program hangs.
    patience = 120
    # How many faults of a call there are for each that is played in every run.
    step = 1
    # The access key id of the test itself.
    own = "manager"

    @staticmethod
    def is_long(case):
        """Whether it takes so long that it is not played in every run, or takes about as long as an
        invocation may.
        """
        is_close = case.fault == "slow" and case.times == 3
        return is_close or (case.times == "for-ever" and "PutJob" in case.operation)

    def __init__(self, folder):
        self.folder = folder

    def serve(self, *entries, more=()):
        write = lambda name, document: (self.folder / name).write_text(json.dumps(document))
        write("faults.json", {"faults": entries})
        write("rule.json", RULE)
        write("principals.json", PRINCIPALS)
        write("account.json", identities())
        files = [("--faults", "faults"), ("--rule", "rule"), ("--account", "account")]
        arguments = [it for name, file in files for it in (name, self.folder / f"{file}.json")]
        arguments += ["--principals", self.folder / "principals.json", "--region", REGION]
        arguments += ["--function-timeout", str(INVOCATION), *more]
        self.emulator = Emulator(*arguments, log=(self.folder / "log").open("w"))
        self.ask("manager", "CreatePipeline", pipeline=self.declared())
        (listed,) = self.ask("manager", "ListPipelineExecutions", pipelineName=PIPELINE)[
            "pipelineExecutionSummaries"
        ]
        self.execution = listed["pipelineExecutionId"]

    def declared(self):
        return declaration()

    def ask(self, key_id, operation, **request):
        """A call of the test itself, over a separate connection."""
        address = urlsplit(self.emulator.exports["AWS_ENDPOINT_URL"])
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        credential = f"{key_id}/20260101/{REGION}/codepipeline/aws4_request"
        headers = {
            "x-amz-target": f"CodePipeline_20150709.{operation}",
            "content-type": "application/x-amz-json-1.1",
            "authorization": f"AWS4-HMAC-SHA256 Credential={credential}, Signature=0",
        }
        connection.request("POST", "/", json.dumps(request), headers)
        reply = connection.getresponse()
        text = reply.read().decode()
        connection.close()
        assert reply.status == 200, (operation, text)
        return json.loads(text) if text else None

    def look(self):
        """Makes the requests that the programs make, so that there are earlier replies."""
        of_execution = {"pipelineName": PIPELINE, "pipelineExecutionId": self.execution}
        self.ask(self.own, "GetPipelineExecution", **of_execution)
        only = {"pipelineExecutionId": self.execution}
        self.ask(self.own, "ListActionExecutions", pipelineName=PIPELINE, filter=only)
        return self.runs()

    def runs(self):
        """The newest run of each action, by name."""
        state = self.ask(self.own, "GetPipelineState", name=PIPELINE)
        actions = (it for stage in state["stageStates"] for it in stage["actionStates"])
        return {it["actionName"]: it.get("latestExecution", {}) for it in actions}

    def approve(self, key_id, slot):
        run = self.runs()[slot]
        self.ask(
            key_id,
            "PutApprovalResult",
            pipelineName=PIPELINE,
            stageName=STAGE,
            actionName=slot,
            token=run["token"],
            result={"status": "Approved", "summary": "reviewed"},
        )

    def logged(self):
        text = (self.folder / "log").read_text()
        return re.sub(r"\x1b\[[0-9;]*m", "", text)

    def until(self, holds, what):
        deadline = time.monotonic() + self.patience
        while not (found := holds()):
            assert time.monotonic() < deadline, f"{what}\n{self.logged()[-3000:]}"
            time.sleep(0.1)
        return found


class Gate(World):
    """The gate in a release that two people have approved."""

    name = "the gate, two people"
    approvers = ("alice", "carol")
    caller = "two-person-rule-gate"
    operations = (
        "codepipeline:GetJobDetails",
        "codepipeline:ListActionExecutions",
        "codepipeline:GetPipelineState",
        "codepipeline:GetPipelineExecution",
        "iam:GetRole",
        "codepipeline:PutJobSuccessResult",
        "codepipeline:PutJobFailureResult",
        INVOKE,
    )
    words = ("passes", "refuses", "unavailable", "errs")

    def play(self, case):
        self.serve(case.entry(self.caller))
        try:
            self.look()
            for key_id, slot in zip(self.approvers, SLOTS, strict=True):
                self.approve(key_id, slot)
            return self.until(self.reported, f"{case}: no report, and no error")
        finally:
            self.emulator.stop()

    def reported(self):
        """What the gate's action shows, or that its last invocation ended with an error."""
        run, log = self.runs()["Gate"], self.logged()
        if run.get("status") == "Succeeded":
            # INVARIANT (fail closed): nothing passes without a verdict.
            assert '"verdict":"satisfied"' in log.replace('\\"', '"'), log[-3000:]
            return "passes"
        if run.get("status") == "Failed":
            error = run["errorDetails"]
            assert error["message"], run
            return {"JobFailed": "refuses", "SystemUnavailable": "unavailable"}[error["code"]]
        return "errs" if re.search(r"the function .*attempt=3|attempt=3 ", log) else None


class GateOfOne(Gate):
    """The gate in a release that one person has approved twice."""

    name = "the gate, one person twice"
    approvers = ("alice", "alice-sso")
    words = ("refuses", "unavailable", "errs")
    step = 3


class Desk(World):
    """`desk approve` in a terminal."""

    name = "desk approve"
    caller = "carol"
    operations = (
        "sts:GetCallerIdentity",
        "codepipeline:GetPipeline",
        "codepipeline:GetPipelineState",
        "lambda:GetFunctionConfiguration",
        "codepipeline:GetPipelineExecution",
        "codepipeline:ListActionExecutions",
        "iam:GetRole",
        "codepipeline:PutApprovalResult",
    )
    words = ("answered", "not sent", "not known")
    patience = 240

    @staticmethod
    def is_long(case):
        return case.times == "for-ever" or (case.fault == "slow" and case.times == 3)

    def play(self, case):
        self.serve(case.entry(self.caller))
        try:
            self.look()
            command = [BINARIES / "desk", "approve", PIPELINE, SLOTS[0], "--yes"]
            done = subprocess.run(
                [*command, "--comment", "reviewed"],
                env=self.emulator.environment("carol"),
                capture_output=True,
                text=True,
                timeout=self.patience,
            )
            answer = self.runs()[SLOTS[0]]
            return self.told(done, answer)
        finally:
            self.emulator.stop()

    def told(self, done, run):
        """What the desk says. It must be so."""
        is_answered = run.get("status") == "Succeeded"
        answers = [line for line in self.logged().splitlines() if "PutApprovalResult" in line]
        assert sum("answered" in line for line in answers) == is_answered, answers
        # It is sent once at most, also if nobody knows what became of it.
        tries = [line for line in answers if "a fault" in line or "answered" in line]
        assert len({line.split("  ")[0] for line in tries}) <= 2, answers
        if done.returncode == 0:
            assert is_answered and run["lastUpdatedBy"] == PRINCIPALS["carol"], done.stderr
            return "answered"
        assert done.returncode == 1 and "error: " in done.stderr, done
        if "it is not known whether the answer arrived" in done.stderr:
            return "not known"
        assert not is_answered, done.stderr
        return "not sent"
