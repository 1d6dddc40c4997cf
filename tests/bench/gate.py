#!/usr/bin/env python3
"""The gate against the functions that are usually written for this: one in Python, with boto3 under
`awslambdaric`, and one in Node, with the AWS SDK for JavaScript under the least that runs it. They
only count names, in two calls. They take turns in one run, so that the load of the machine is
shared, and talk to the same Runtime API and the same CodePipeline on loopback.

Prints for each program
- start: from the start of the process until it asks Lambda for its first event
- cold: its first decision, if CodePipeline answers each call after 50 ms
- warm: a later decision, if CodePipeline answers at once
- memory: the most that the process has had, after all decisions

and the gate's ratio to the Python function. The exit code is 1 if the gate misses a limit. Python
and Node packages are installed under target/tools, pinned by tests/bench/gate.

    templates/package --x86-64
    tests/bench/gate.py [--rounds N] [--json FILE] [GATE ...]
"""

import argparse
import importlib.machinery
import importlib.util
import json
import os
import queue
import re
import signal
import statistics
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path
from shutil import copy, which

from endpoint import Endpoint

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parents[1]
ZIP = ROOT / "target" / "lambda" / "gate" / "bootstrap.zip"
ROUND_TRIP = 0.05
# With a decision every millisecond the warm ones take little; the first of them still warm up.
WARM, WARM_UP = 40, 10
# The first program is the gate; what is limited, and by how much.
STARTS_SOONER, MEMORY, WARM_RATIO, TRIPS, COLD, MEGABYTES = 35, 0.2, 0.7, 3, 1.04, 2.5

ACCOUNT = "111122223333"
PIPELINE = "payments"
EXECUTION = "3137f7cb-7cf7-4abc-9b2c-0123456789ab"
JOB = "11111111-abcd-1111-abcd-111111abcdef"
PEOPLE = {f"user{n}": [f"arn:aws:iam::{ACCOUNT}:user/user{n}"] for n in range(50)}
ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "gate",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "none",
    "TWO_PERSON_RULE": json.dumps({"people": PEOPLE}),
}
CONFIGURATION = {
    "FunctionName": "gate",
    "UserParameters": json.dumps({"pipelineExecutionId": EXECUTION}),
}
# The others have to be told the pipeline, for which the gate asks.
TOLD = {
    **CONFIGURATION,
    "UserParameters": json.dumps({"pipelineName": PIPELINE, "pipelineExecutionId": EXECUTION}),
}


def event(configuration):
    data = {
        "actionConfiguration": {"configuration": configuration},
        "inputArtifacts": [],
        "outputArtifacts": [],
        "artifactCredentials": {
            "accessKeyId": "key", "secretAccessKey": "none", "sessionToken": "none",
        },
    }  # fmt: skip
    return {"CodePipeline.job": {"id": JOB, "accountId": ACCOUNT, "data": data}}


def run(stage, action, category, provider, status, **more):
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {
        "pipelineExecutionId": EXECUTION,
        "actionExecutionId": f"run-of-{action}",
        "pipelineVersion": 1,
        "stageName": stage,
        "actionName": action,
        "startTime": 1_795_341_600.5,
        "lastUpdateTime": 1_795_341_660.25,
        "status": status,
        "input": {"actionTypeId": kind},
        **more,
    }


def approved(action, user):
    result = {"externalExecutionId": f"run-of-{action}", "externalExecutionSummary": "fine"}
    output = {"executionResult": result}
    by = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    return run("Approve", action, "Approval", "Manual", "Succeeded", updatedBy=by, output=output)


def replies():
    """The reply to each call: two users have approved, and the gate runs."""
    history = [
        run("Approve", "Gate", "Invoke", "Lambda", "InProgress"),
        approved("ApprovalB", "user1"),
        approved("ApprovalA", "user0"),
        run("Source", "Source", "Source", "S3", "Succeeded"),
    ]
    states = [
        {
            "actionName": it["actionName"],
            "latestExecution": {
                "actionExecutionId": it["actionExecutionId"],
                "status": it["status"],
                "lastUpdatedBy": it.get("updatedBy"),
            },
        }
        for it in history[2::-1]
    ]
    latest = {"pipelineExecutionId": EXECUTION, "status": "InProgress"}
    stage = {"stageName": "Approve", "latestExecution": latest, "actionStates": states}
    context = {
        "pipelineName": PIPELINE,
        "pipelineExecutionId": EXECUTION,
        "stage": {"name": "Approve"},
        "action": {"name": "Gate", "actionExecutionId": "run-of-Gate"},
    }
    job = event(CONFIGURATION)["CodePipeline.job"]
    job["data"]["pipelineContext"] = context
    starter = f"arn:aws:iam::{ACCOUNT}:user/user2"
    trigger = {"triggerType": "StartPipelineExecution", "triggerDetail": starter}
    written = {
        "GetJobDetails": {"jobDetails": job},
        "ListActionExecutions": {"actionExecutionDetails": history},
        "GetPipelineState": {"pipelineName": PIPELINE, "stageStates": [stage]},
        "GetPipelineExecution": {"pipelineExecution": {**latest, "trigger": trigger}},
        "PutJobSuccessResult": {},
    }
    return {call: json.dumps(reply).encode() for call, reply in written.items()}


class CodePipeline(Endpoint):
    """CodePipeline, and how many calls and round trips it was asked for."""

    def __init__(self):
        self.replies = replies()
        self.begin()
        super().__init__()

    def begin(self):
        self.calls = Counter()
        # A call that is sent when no other is under way begins a round trip.
        self.trips = 0

    def reply(self, head, body, talk):
        operation = re.search(rb"x-amz-target: CodePipeline_20150709\.(\w+)", head, re.I)[1]
        operation = operation.decode()
        self.calls[operation] += 1
        self.trips += self.at_once == 1
        kind = b"application/x-amz-json-1.1"
        if operation not in self.replies:
            return 400, kind, b'{"__type": "InvalidJobException", "message": "refused"}'
        return 200, kind, self.replies[operation]


class Runtime(Endpoint):
    """Lambda's Runtime API for one process at a time. Times are those at which it was asked."""

    def __init__(self):
        self.asked, self.answered = queue.Queue(), queue.Queue()
        self.waiting = None
        super().__init__()

    def reply(self, head, body, talk):
        now = time.perf_counter()
        line = head.partition(b"\r\n")[0]
        if b"/invocation/next " in line:
            self.waiting = talk
            self.asked.put(now)
            return None
        decided = b"/response " in line
        self.answered.put((now, None if decided else f"{line.decode()}: {body.decode()}"))
        return 202, b"application/json", b"{}"

    def hand(self, event):
        headers = (
            b"lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
            b"lambda-runtime-invoked-function-arn: "
            b"arn:aws:lambda:eu-west-1:111122223333:function:gate\r\n"
            b"lambda-runtime-deadline-ms: %d\r\n" % int((time.time() + 30) * 1000)
        )
        self.sent = time.perf_counter()
        self.waiting.write(0, 200, b"application/json", event, headers)

    def give(self, event):
        """Seconds from an event until its result."""
        self.loop.call_soon_threadsafe(self.hand, event)
        answered, error = self.answered.get(timeout=30)
        if error:
            sys.exit(f"error: a function did not decide: {error}")
        self.asked.get(timeout=30)
        return answered - self.sent


class Program:
    """A program that is measured, and what was measured."""

    def __init__(self, name, command, configuration, **environment):
        self.name, self.command = name, [str(word) for word in command]
        self.event = json.dumps(event(configuration)).encode()
        self.environment = {**ENVIRONMENT, **environment}
        self.forget()

    def forget(self):
        self.starts, self.colds, self.warms, self.memory = [], [], [], []

    def measure(self, runtime, codepipeline):
        """Starts it, and lets it decide."""
        addresses = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime.port}",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{codepipeline.port}",
        }
        environment = {**self.environment, **addresses}
        silent = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)]
        started = time.perf_counter()
        process = os.posix_spawn(self.command[0], self.command, environment, file_actions=silent)
        try:
            self.starts.append(runtime.asked.get(timeout=30) - started)
            codepipeline.begin()
            codepipeline.round_trip = ROUND_TRIP
            self.colds.append(runtime.give(self.event))
            codepipeline.round_trip = 0
            self.calls, self.trips = Counter(codepipeline.calls), codepipeline.trips
            if not self.calls["PutJobSuccessResult"]:
                sys.exit(f"error: {self.name} refused a release that two people approved")
            warm = [runtime.give(self.event) for _ in range(WARM_UP + WARM)]
            self.warms.extend(warm[WARM_UP:])
            status = Path(f"/proc/{process}/status").read_text()
            self.memory.append(int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024)
        except queue.Empty:
            sys.exit(f"error: {self.name} did not ask or answer within 30 s")
        finally:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)

    def row(self):
        return {
            "program": self.name,
            "start ms": round(statistics.median(self.starts) * 1000, 1),
            "memory MB": round(statistics.median(self.memory) / 1e6, 1),
            "warm decision ms": round(statistics.median(self.warms) * 1000, 2),
            "cold decision ms": round(statistics.median(self.colds) * 1000, 1),
            "calls": self.calls.total(),
            "round trips": self.trips,
        }


def tests_run():
    """`tests/run`, which installs pinned tools."""
    loader = importlib.machinery.SourceFileLoader("run", str(ROOT / "tests" / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
    loader.exec_module(module)
    return module


def provisioned():
    """The Python and the modules of Node that the other functions run on."""
    tools = tests_run()
    tools.REQUIREMENTS["bench/python"] = [BENCH / "gate" / "requirements.txt"]
    (tools.TOOLS / "bench").mkdir(parents=True, exist_ok=True)
    if not tools.install("bench/python") or not tools.install_node("bench/gate"):
        sys.exit("error: what the gate is measured against cannot be installed; pip or npm say why")
    return tools.TOOLS / "bench" / "python" / "bin" / "python", tools.TOOLS / "bench" / "gate"


def gate(path, folder):
    """The gate, from its zip or as a program."""
    if path.suffix == ".zip":
        place = folder / str(abs(hash(path)))
        with zipfile.ZipFile(path) as archive:
            archive.extract("bootstrap", place)
        path = place / "bootstrap"
        path.chmod(0o755)
    return [path.resolve()]


def programs(gates, folder):
    python, modules = provisioned()
    node = which("node")
    for file in ("function.mjs", "runtime.mjs"):
        copy(BENCH / "gate" / file, folder)
    (folder / "node_modules").symlink_to(modules / "node_modules")
    names = ["gate", *map(str, gates[1:])]
    yield from (
        Program(name, gate(path, folder), CONFIGURATION)
        for name, path in zip(names, gates, strict=True)
    )
    yield Program(
        "Python, boto3",
        [python, "-m", "awslambdaric", "function.handler"],
        TOLD,
        PYTHONPATH=str(BENCH / "gate"),
        PYTHONPYCACHEPREFIX=str(folder),
        LAMBDA_TASK_ROOT=str(BENCH / "gate"),
    )
    yield Program("Node, AWS SDK v3", [node, folder / "runtime.mjs"], TOLD)


def limits(gate, python, size):
    """What the gate must keep: the figure, and its limit."""
    bare = TRIPS * ROUND_TRIP * 1000
    yield "starts, times as soon", python["start ms"] / gate["start ms"], ">=", STARTS_SOONER
    yield "memory, of Python's", gate["memory MB"] / python["memory MB"], "<=", MEMORY
    warm = gate["warm decision ms"] / python["warm decision ms"]
    yield "warm decision, of Python's", warm, "<=", WARM_RATIO
    yield "round trips", gate["round trips"], "<=", TRIPS
    yield f"cold decision, of {TRIPS} round trips", gate["cold decision ms"] / bare, "<=", COLD
    yield "zip, MB", size / 1e6, "<=", MEGABYTES


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "gates", nargs="*", type=Path, metavar="GATE", help="programs or zips; the first is judged"
    )
    parser.add_argument("--rounds", type=int, default=21, help="starts of each (default: 21)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    given = parser.parse_args()
    gates = given.gates or [ZIP]
    for path in gates:
        if not path.exists():
            sys.exit(f"error: {path} is not there; build it with `templates/package --x86-64`")
    runtime, codepipeline = Runtime(), CodePipeline()
    with tempfile.TemporaryDirectory() as folder:
        measured = list(programs(gates, Path(folder)))
        # The first round fills the caches of the system.
        for number in range(given.rounds + 1):
            for program in measured:
                program.measure(runtime, codepipeline)
                if number == 0:
                    program.forget()
    rows = [program.row() for program in measured]
    for row in rows:
        print(f"{row['program']:<18}", *(f"{row[name]:>6} {name}" for name in list(row)[1:]))
    python = rows[len(gates)]
    kept, missed = [], 0
    for name, figure, compared, limit in limits(rows[0], python, gates[0].stat().st_size):
        keeps = figure >= limit if compared == ">=" else figure <= limit
        missed += not keeps
        judged = "" if keeps else " MISSED"
        print(f"{name}: {figure:.2f}, wanted {compared} {limit}{judged}")
        kept.append({"figure": name, "value": round(figure, 3), "wanted": f"{compared} {limit}"})
    if given.json:
        title = "The gate and the functions that are usually written for this"
        notes = f"medians of {given.rounds} starts, and of {WARM} warm decisions after each"
        document = {"title": title, "unit notes": notes, "rows": rows, "limits": kept}
        given.json.write_text(json.dumps(document, indent=2) + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
