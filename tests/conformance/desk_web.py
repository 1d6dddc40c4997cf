"""A firm whose people approve in the desk's web app: `desk serve` over `emulator serve --account`,
and a Chromium with a virtual authenticator for each person.
"""

import contextlib
import http.client
import itertools
import json
import os
import random
import re
import socket
import subprocess
import time

from browser import Browser
from conftest import BINARIES, PIPELINE, STAGE, Emulator, declaration

REGION = "eu-west-1"
# Seconds. Other tests run at the same time, and CodePipeline may take 35 to notice an answer.
PATIENCE = 120
ACCOUNT = "111122223333"
GATE = "two-person-rule-gate"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Desk"
PRINCIPALS = {
    "manager": f"arn:aws:iam::{ACCOUNT}:user/manager",
    "server": f"arn:aws:iam::{ACCOUNT}:user/server",
}
BOTH = {"ApprovalA", "ApprovalB"}
# Everything that the page says while it works ends with an ellipsis or asks for a touch.
WORKING = ("…", "Touch your key.", "Touch your key once more.", "look again in half a minute.")


def allow(action, resource="*"):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


READ = [
    "codepipeline:ListPipelines", "codepipeline:GetPipeline", "codepipeline:GetPipelineState",
    "codepipeline:GetPipelineExecution", "codepipeline:ListActionExecutions",
]  # fmt: skip


def account(answers=f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:{PIPELINE}/{STAGE}/*"):
    """The people have no principals: the server may look, and answers as sessions of a role."""
    inline = lambda *statements: [{"PolicyName": "Policy", "PolicyDocument": policy(*statements)}]
    trust = {"Effect": "Allow", "Principal": {"AWS": PRINCIPALS["server"]}}
    trust["Action"] = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    permissions = {"manager": [allow("*")], "server": [allow(READ)]}
    return {
        "UserDetailList": [
            {
                "Path": "/",
                "UserName": name,
                "UserId": f"AIDA{name.upper()}",
                "Arn": PRINCIPALS[name],
                "CreateDate": "2026-01-01T00:00:00Z",
                "UserPolicyList": inline(*statements),
                "GroupList": [],
                "AttachedManagedPolicies": [],
            }
            for name, statements in permissions.items()
        ],
        "RoleDetailList": [
            {
                "Path": "/",
                "RoleName": "Desk",
                "RoleId": "AROADESK",
                "Arn": ROLE,
                "CreateDate": "2026-01-01T00:00:00Z",
                "AssumeRolePolicyDocument": policy(trust),
                "RolePolicyList": inline(allow("codepipeline:PutApprovalResult", answers)),
                "AttachedManagedPolicies": [],
                "InstanceProfileList": [],
            }
        ],
        "GroupDetailList": [],
        "Policies": [],
    }


def ports():
    """The ports of this test process: none of those that the kernel gives to others (32768 and
    above), nor another test process's.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 20_000 + worker % 12 * 1000
    return itertools.cycle(random.sample(range(first, first + 1000), 1000))


PORTS = ports()


def free_port():
    """A port for a desk, which keeps it over several starts. Desks that start at the same time get
    different ones.
    """
    for port in itertools.islice(PORTS, 100):
        with (
            contextlib.suppress(OSError),
            contextlib.closing(socket.create_server(("127.0.0.1", port))),
        ):
            return port
    raise AssertionError("no port is free")


class Desk:
    """A served desk."""

    def __init__(self, folder, port, rule, environment, *arguments):
        self.port = port
        self.origin = f"http://localhost:{port}"
        (folder / "desk.json").write_text(json.dumps(rule))
        command = [BINARIES / "desk", "serve", "--listen", f"127.0.0.1:{port}"]
        command += ["--rule", folder / "desk.json", "--region", REGION, *arguments]
        self.log = (folder / "desk.log").open("w+")
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        assert self.process.stdout.readline().strip() == self.origin, self.logged()

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def ask(self, method, path, body=None, **headers):
        """One request without a browser: the status, the headers and the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        usual = {"Host": f"localhost:{self.port}"}
        if method == "POST":
            usual |= {"Origin": self.origin, "Content-Type": "application/json"}
        connection.request(method, path, body, usual | headers)
        reply = connection.getresponse()
        text = reply.read().decode()
        connection.close()
        return reply.status, dict(reply.getheaders()), text

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()
        self.log.close()


class Person:
    """A browser, and in it a passkey of one person."""

    def __init__(self, folder, name):
        self.name = name
        self.browser = Browser(folder / name)
        self.browser.call("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        self.browser.call("WebAuthn.addVirtualAuthenticator", options=options)
        self.screen = {"width": 1280}

    def open(self, desk, path="/"):
        self.leave()
        self.browser.open(desk.origin + path, **self.screen)
        self.arrive()
        assert self.browser.evaluate("location.pathname") == path

    def leave(self):
        """Marks the page, which the next one replaces."""
        self.browser.evaluate("void (window.isLeft = true)")

    def arrive(self):
        """Waits until the next page is there, with what its script does at once. An event would
        not do: it may be that of the page before.
        """
        self.until("!window.isLeft && document.readyState === 'complete'")

    def until(self, expression, what="", time_limit=PATIENCE):
        """The value of the expression, as soon as it has one. Of an element, that it is there."""
        value_of = f"((value) => (value instanceof Node ? true : value))({expression})"
        end = time.monotonic() + time_limit
        while time.monotonic() < end:
            # A page that is being left has no value.
            with contextlib.suppress(AssertionError):
                value = self.browser.evaluate(value_of)
                if value:
                    return value
            time.sleep(0.05)
        text = self.browser.evaluate("document.body.innerText")
        raise AssertionError(f"{self.name}: {what or expression}\n{text}")

    def click(self, selector):
        self.browser.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def enrol(self, desk):
        """The line and the key id that the page shows."""
        self.open(desk, "/enrol")
        self.browser.evaluate(f"document.querySelector('#name').value = {json.dumps(self.name)}")
        self.click("#enrol button")
        line = self.until("document.querySelector('#line').textContent")
        self.key_id = self.browser.evaluate("document.querySelector('#key-id').textContent")
        return line

    def sign_in(self, desk, path="/"):
        """What the page says, or its heading if it lets the person in."""
        self.open(desk, path)
        if self.browser.evaluate("!document.querySelector('#sign-in')"):
            self.leave()
            self.click(".visitor button")
            self.arrive()
            self.open(desk, path)
        self.leave()
        self.click("[data-sign-in]")
        # The page loads again if it lets the person in.
        return self.until(
            "document.querySelector('#sign-in .bad.status')?.textContent || "
            "(!window.isLeft && document.readyState === 'complete' && "
            "document.querySelector('.visitor span')?.textContent)"
        )

    def answer(self, action, verb="Approved", comment=""):
        """Answers an approval as soon as the page shows it, and returns what the page says in the
        end. If it does not offer the answer: what it says instead.
        """
        card = self.card(action)
        button = f"{card}?.querySelector('button[value={verb}]:enabled')"
        self.until(f"{button} || {card}?.querySelector('.standing .bad')")
        is_offered = self.browser.evaluate(
            f"Boolean({button}) && ({card}.querySelector('textarea').value = {json.dumps(comment)},"
            f"{button}.click(), true)"
        )
        if not is_offered:
            return self.browser.evaluate(f"{card}.querySelector('.standing').innerText")
        said = f"{card}.querySelector('.status').textContent"
        working = json.dumps(WORKING)
        return self.until(
            f"((said) => said && !{working}.some((end) => said.endsWith(end)) && said)({said})"
        )

    def write(self, action, comment):
        """Writes a comment. From then on, the page leaves the buttons of the approval alone."""
        self.browser.evaluate(
            f"{self.card(action)}.querySelector('textarea').value = {json.dumps(comment)}"
        )

    def card(self, action):
        """The section of an approval, in JavaScript."""
        return (
            "[...document.querySelectorAll('.approval')].find((it) => "
            f"it.querySelector('h2').textContent.trim().endsWith({json.dumps(action)}))"
        )

    def text(self, selector="main"):
        return self.browser.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")

    def close(self):
        self.browser.close()


class Firm:
    """alice and bob have a passkey in the rule; mallory has one that is not in it."""

    def __init__(self, folder, people, port, rule):
        self.folder = folder
        self.people = people
        self.rule = rule
        self.port = port
        self.arguments = []
        self.processes = []
        self.execution = None

    def start(self, *served, account=account, role=ROLE, declared=None, first=BOTH, **more):
        """An emulator, a desk and a release whose first approvals are open."""
        contents = {"principals": PRINCIPALS, "rule": self.rule, "account": account()}
        arguments = ["--region", REGION, *served]
        for option, content in contents.items():
            (self.folder / f"{option}.json").write_text(json.dumps(content))
            arguments += [f"--{option}", self.folder / f"{option}.json"]
        self.log = (self.folder / "emulator.log").open("w+")
        self.emulator = Emulator(*arguments, log=self.log)
        self.processes.append(self.emulator)
        self.api = self.emulator.client("manager")
        declared = declared or declaration(**more)
        declared["stages"][1]["actions"][2]["configuration"] = {"FunctionName": GATE}
        self.api.create_pipeline(pipeline=declared)
        self.find_release(declared.get("executionMode") == "PARALLEL", first)
        role = ["--role", role] if role else []
        environment = self.emulator.environment("server")
        self.desk = Desk(self.folder, self.port, self.rule, environment, *role)
        self.processes.append(self.desk)
        return self

    def find_release(self, is_parallel, first):
        """The execution that the creation has started, as soon as its first approvals wait."""
        waits = lambda: {it["actionName"] for it in self.history() if it["status"] == "InProgress"}
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            listed = self.api.list_pipeline_executions(pipelineName=PIPELINE)
            for started in listed["pipelineExecutionSummaries"]:
                self.execution = started["pipelineExecutionId"]
            # In PARALLEL mode the state does not show them.
            shown = is_parallel or self.open() == first
            if self.execution and shown and waits() == first:
                self.page = f"/e/{PIPELINE}/{self.execution}"
                return
            time.sleep(0.05)
        raise AssertionError(self.history())

    def release(self):
        """Another execution, as soon as both approvals wait."""
        started = self.api.start_pipeline_execution(name=PIPELINE)
        self.execution = started["pipelineExecutionId"]
        self.page = f"/e/{PIPELINE}/{self.execution}"
        end = time.monotonic() + PATIENCE
        while self.open() != BOTH:
            assert time.monotonic() < end, self.state()
            time.sleep(0.05)

    def state(self):
        """The newest run of each action of the stage."""
        stages = self.api.get_pipeline_state(name=PIPELINE)["stageStates"]
        (stage,) = (it for it in stages if it["stageName"] == STAGE)
        return {it["actionName"]: it.get("latestExecution", {}) for it in stage["actionStates"]}

    def open(self):
        """The actions that wait for an answer."""
        return {name for name, run in self.state().items() if "token" in run}

    def answers(self):
        """How many answers have reached the API, accepted or not."""
        self.log.seek(0)
        lines = re.sub(r"\x1b\[[0-9;]*m", "", self.log.read()).splitlines()
        return sum('operation="PutApprovalResult"' in line for line in lines)

    def history(self):
        """The runs of the execution. It takes a while until the history has it."""
        with contextlib.suppress(self.api.exceptions.PipelineExecutionNotFoundException):
            listed = self.api.list_action_executions(
                pipelineName=PIPELINE, filter={"pipelineExecutionId": self.execution}
            )
            return listed["actionExecutionDetails"]
        return []

    def ended(self, name):
        """The newest run of an action, as soon as it has ended."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            runs = [it for it in self.history() if it["actionName"] == name]
            if runs and runs[0]["status"] != "InProgress":
                return runs[0]
            time.sleep(0.05)
        raise AssertionError(f"{name} has not ended")

    def stop(self):
        for process in reversed(self.processes):
            process.stop()
        self.log.close()
