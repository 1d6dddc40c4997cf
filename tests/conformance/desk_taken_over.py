"""A company whose desk somebody has taken over: its roles are those of `templates/desk.yaml`, the
gate is the real one, and IAM decides who may do what.
"""

import json
import re
import time

from cloudformation import PSEUDO, load, resolve
from conftest import BINARIES, PIPELINE, STAGE, Emulator, declaration
from desk_software import people, rule_of
from desk_web import ACCOUNT, GATE, REGION, allow, free_port, policy

SLOTS = ("ApprovalA", "ApprovalB")
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
DESK, ANSWERS = f"{ROLE}/TwoPersonRule-Desk", f"{ROLE}/TwoPersonRule-DeskAnswers"
PRINCIPALS = {
    "desk": f"arn:aws:sts::{ACCOUNT}:assumed-role/TwoPersonRule-Desk/two-person-rule-desk",
    # Who reopens the approvals: an honest operator.
    "operator": f"arn:aws:iam::{ACCOUNT}:user/operator",
}
COOKIE_KEY = "known to the person who has taken over the desk"


def account():
    """The roles and policies that the template makes, with a desk that may start releases."""
    place = {"AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
    found = resolve(
        load("desk.yaml"),
        CookieKey=COOKIE_KEY,
        Pipelines=PIPELINE,
        Stage=STAGE,
        LetPeopleStart="true",
        **{name: place.get(name, value) for name, value in PSEUDO.items()},
    )
    text = json.dumps({name: of["Properties"] for name, of in found.items()})
    text = text.replace("DeskRole.Arn", DESK).replace("AnsweringRole.Arn", ANSWERS)
    # How the template escapes a variable of IAM.
    found = json.loads(text.replace("DeskLogs.Arn", "*").replace("${!", "${"))

    def role(arn, trust, *policies):
        documents = [found[name]["PolicyDocument"] for name in policies]
        return {
            "Path": "/",
            "RoleName": arn.rpartition("/")[2],
            "RoleId": f"AROA{trust.upper()}",
            "Arn": arn,
            "CreateDate": "2026-01-01T00:00:00Z",
            "AssumeRolePolicyDocument": found[trust]["AssumeRolePolicyDocument"],
            "RolePolicyList": [
                {"PolicyName": f"Policy{number}", "PolicyDocument": document}
                for number, document in enumerate(documents)
            ],
            "AttachedManagedPolicies": [],
            "InstanceProfileList": [],
        }

    operator = {
        "Path": "/",
        "UserName": "operator",
        "UserId": "AIDAOPERATOR",
        "Arn": PRINCIPALS["operator"],
        "CreateDate": "2026-01-01T00:00:00Z",
        "UserPolicyList": [{"PolicyName": "All", "PolicyDocument": policy(allow("*"))}],
        "GroupList": [],
        "AttachedManagedPolicies": [],
    }
    return {
        "UserDetailList": [operator],
        "RoleDetailList": [
            role(DESK, "DeskRole", "DeskPolicy"),
            role(ANSWERS, "AnsweringRole", "AnsweringPolicy", "StartPolicy"),
        ],
        "GroupDetailList": [],
        "Policies": [],
    }


class TakenOver:
    """A release under the real gate, and the powers of the desk."""

    def __init__(self, folder, **rule):
        self.people = people("alice", "bob", "nobody")
        alice, bob, _ = self.people.values()
        self.port = free_port()
        self.origin = f"http://localhost:{self.port}"
        # It is trusted as far as the docs say that a desk may be.
        trusted = {"trustedSessionRoles": [ANSWERS.rpartition("/")[2]]}
        self.rule = rule_of([alice, bob], self.port, **trusted, **rule)
        arguments = ["--region", REGION, "--gate", BINARIES / "gate"]
        contents = {"principals": PRINCIPALS, "rule": self.rule, "account": account()}
        for option, content in contents.items():
            (folder / f"{option}.json").write_text(json.dumps(content))
            arguments += [f"--{option}", folder / f"{option}.json"]
        self.emulator = Emulator(*arguments)
        self.api = self.emulator.client("operator")
        declared = declaration()
        declared["stages"][1]["actions"][2]["configuration"] = {"FunctionName": GATE}
        self.api.create_pipeline(pipeline=declared)
        self.emulator.idle("operator", PIPELINE)

    def session(self, person):
        """CodePipeline, as the answering role under the name of a person."""
        sts = self.emulator.client("desk", "sts")
        names = {"RoleSessionName": person, "SourceIdentity": person}
        keys = sts.assume_role(RoleArn=ANSWERS, **names)["Credentials"]
        return self.emulator.client(keys["AccessKeyId"])

    def start(self, person="alice"):
        """The desk itself starts a release, and waits until both approvals are open."""
        # Only one execution may be in the stage.
        self.emulator.idle("operator", PIPELINE)
        started = self.session(person).start_pipeline_execution(name=PIPELINE)
        self.execution = started["pipelineExecutionId"]
        return self.opened()

    def opened(self):
        """The facts of both approvals: what honest people would sign."""
        tokens = {}
        end = time.monotonic() + 30
        while len(tokens) < 2:
            assert time.monotonic() < end, self.runs()
            runs = self.runs()
            tokens = {
                name: runs[name]["actionExecutionId"]
                for name in SLOTS
                if runs.get(name, {}).get("status") == "InProgress"
            }
            tokens = tokens if self.shown(tokens) else {}
        source = self.runs()["Source"]["output"]["executionResult"]["externalExecutionId"]
        return {
            name: {
                "pipeline": PIPELINE,
                "execution": self.execution,
                "stage": STAGE,
                "action": name,
                "attempt": token,
                "answer": "Approved",
                "revisions": [source],
            }
            for name, token in tokens.items()
        }

    def shown(self, tokens):
        states = self.api.get_pipeline_state(name=PIPELINE)["stageStates"][1]["actionStates"]
        shown = {it["actionName"]: it.get("latestExecution", {}).get("token") for it in states}
        return all(shown[name] == token for name, token in tokens.items())

    def state(self):
        """As of `desk_web.Firm`."""
        return self.runs()

    def runs(self):
        """The newest run of each action."""
        listed = self.emulator.client("desk").list_action_executions(
            pipelineName=PIPELINE, filter={"pipelineExecutionId": self.execution}
        )
        return {it["actionName"]: it for it in reversed(listed["actionExecutionDetails"])}

    def put(self, facts, person, comment):
        """Answers in the name of a person, as only the desk can."""
        self.session(person).put_approval_result(
            pipelineName=PIPELINE,
            stageName=STAGE,
            actionName=facts["action"],
            token=facts["attempt"],
            result={"status": "Approved", "summary": comment},
        )

    def judged(self):
        """The gate's own run, as soon as it has ended."""
        for _ in range(600):
            run = self.runs().get("Gate", {})
            if run.get("status") in ("Succeeded", "Failed"):
                return run
            time.sleep(0.05)
        raise AssertionError(self.runs())

    def refused(self):
        """The reasons of the gate. Nothing was deployed."""
        run = self.judged()
        assert run["status"] == "Failed", run
        for _ in range(100):
            listed = self.api.get_pipeline_execution(
                pipelineName=PIPELINE, pipelineExecutionId=self.execution
            )
            if listed["pipelineExecution"]["status"] == "Failed":
                break
            time.sleep(0.05)
        assert "Deploy" not in self.runs()
        said = run["output"]["executionResult"]["externalExecutionSummary"]
        why = re.findall(r"^- ([a-z-]+): (\w+)", said, re.MULTILINE)
        return [f"{code}: {action}" for code, action in why if code != "quorum-not-met"]

    def reopen(self):
        """Fresh attempts of both approvals. The desk may not, so an operator does it."""
        self.api.retry_stage_execution(
            pipelineName=PIPELINE,
            stageName=STAGE,
            pipelineExecutionId=self.execution,
            retryMode="ALL_ACTIONS",
        )
        return self.opened()

    def stop(self):
        self.emulator.stop()
