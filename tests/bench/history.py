#!/usr/bin/env python3
"""How the cost of one pipeline execution grows with its history, from 10 to 10,000 action
executions: people approve, reject and approve twice, and the stage is retried again and again.

`policygen evidence` judges it from files, and the gate while it runs, from the pages of a stand-in
for CodePipeline on loopback. For each size it prints the CPU seconds, the peak memory, the exponent
of the growth since the size before (1.0 is linear), and what Python's `json.load` takes to
parse the same bytes.

cargo build --release -p policygen -p lambda
tests/bench/history.py [--actions N …] [--programs DIR] [--json FILE]
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

sys.path.insert(0, str(Path(__file__).resolve().parent))

from evidence import ROOT, Maker, cost, cpu_of, written

#: The sizes, each with the number of pages in which the gate reads the history.
SIZES = {10: [1], 100: [1], 1_000: [10], 10_000: [100, 200]}
FUNCTION = "two-person-rule-gate"
ARN = f"arn:aws:lambda:eu-west-1:111122223333:function:{FUNCTION}"
#: The gate judges each history several times, since one time may be too short to measure.
INVOCATIONS = 5


class Long(Maker):
    """One execution that took very many attempts."""

    def play(self, count):
        """Its first `count` action executions. The last ones are approved by two people."""
        self.at = datetime(2026, 1, 1, 8, tzinfo=UTC)
        self.own = self.id()
        runs = [
            self.action("Source", "Source", "Source", "CodeStarSourceConnection", 20),
            self.action("Build", "Build", "Build", "CodeBuild", 240),
        ]
        runs[0]["output"]["executionResult"] = {"externalExecutionId": "c0ffee"}
        while len(runs) < count - 3:
            runs += self.attempt()
        # The gate's own run comes after these.
        self.actions = [*runs[: count - 3], *self.approvals("alice", "bob")]
        self.executions = [{
            "pipelineExecutionId": self.own,
            "status": "Succeeded",
            "startTime": datetime(2026, 1, 1, 8, tzinfo=UTC).isoformat(),
            "trigger": {"triggerType": "Webhook", "triggerDetail": "a push"},
        }]  # fmt: skip

    def attempt(self):
        """The stage once, up to where it fails."""
        kind = self.random.choice(["rejected", "refused", "refused", "failed"])
        if kind == "rejected":
            return self.approvals("alice", "bob", "Failed")
        if kind == "refused":
            gate = self.gate(None, "- same-person: ApprovalA and ApprovalB were approved by alice")
            return [*self.approvals("alice", "alice"), gate]
        gate = self.gate(None, "- nobody reads this")
        error = {"code": "JobFailed", "message": "The function timed out."}
        gate["output"]["executionResult"] = {"errorDetails": error}
        return [*self.approvals("alice", "bob"), gate]


def wire(action):
    """An entry as AWS sends it: times are seconds."""
    times = {
        name: datetime.fromisoformat(action[name]).timestamp()
        for name in ("startTime", "lastUpdateTime")
    }
    return {**action, **times}


class CodePipeline:
    """CodePipeline and the Lambda runtime, for a gate that judges one execution."""

    def __init__(self, played, pages):
        self.own = played.own
        run = played.gate("")
        run["status"] = "InProgress"
        self.run = run["actionExecutionId"]
        newest_first = [wire(action) for action in reversed([*played.actions, run])]
        size = math.ceil(len(newest_first) / pages)
        parts = [newest_first[at : at + size] for at in range(0, len(newest_first), size)]
        self.pages = []
        for number, part in enumerate(parts, 1):
            more = {"nextToken": str(number)} if number < len(parts) else {}
            self.pages.append(json.dumps({"actionExecutionDetails": part, **more}).encode())
        self.events, self.asked, self.reported = Queue(), Queue(), Queue()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Answers,), {"of": self}))
        # In the end the gate is killed, whatever it reads.
        self.server.handle_error = lambda *_: None
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.place = f"127.0.0.1:{self.server.server_address[1]}"

    def reply(self, operation, asked):
        if operation == "ListActionExecutions":
            return self.pages[int(asked.get("nextToken", 0))]
        if operation.startswith("PutJob"):
            self.reported.put((operation, asked))
        parameters = json.dumps({"pipelineExecutionId": self.own})
        replies = {
            "GetJobDetails": {"jobDetails": {"accountId": "111122223333", "data": {
                "actionConfiguration": {
                    "configuration": {"FunctionName": FUNCTION, "UserParameters": parameters},
                },
                "pipelineContext": {
                    "pipelineName": "payments",
                    "pipelineExecutionId": self.own,
                    "stage": {"name": "Approve"},
                    "action": {"name": "Gate", "actionExecutionId": self.run},
                },
            }}},
            "GetPipelineState": {"stageStates": []},
            "GetPipelineExecution": {"pipelineExecution": {}},
        }  # fmt: skip
        return json.dumps(replies.get(operation, {})).encode()

    def event(self):
        configuration = {
            "FunctionName": FUNCTION,
            "UserParameters": json.dumps({"pipelineExecutionId": self.own}),
        }
        data = {"actionConfiguration": {"configuration": configuration}}
        return json.dumps({"CodePipeline.job": {"id": "job", "data": data}}).encode()


class Answers(BaseHTTPRequestHandler):
    of = None
    protocol_version = "HTTP/1.1"
    # Without it, a reply in two parts waits for the other side.
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, body, **headers):
        self.send_response(200)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        """The gate asks for its next event."""
        self.of.asked.put(None)
        self.answer(
            self.of.events.get(),
            Lambda_Runtime_Aws_Request_Id="request",
            Lambda_Runtime_Deadline_Ms=int((time.time() + 60) * 1000),
            Lambda_Runtime_Invoked_Function_Arn=ARN,
        )

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        target = self.headers.get("X-Amz-Target")
        if target is None:
            self.answer(b"")
            return
        reply = self.of.reply(target.split(".")[1], json.loads(body))
        self.answer(reply, Content_Type="application/x-amz-json-1.1")


def judged_by_gate(program, played, pages):
    """CPU seconds of one decision of the gate, its peak memory in bytes, and the pages."""
    stand_in = CodePipeline(played, pages)
    environment = {
        "AWS_LAMBDA_FUNCTION_NAME": FUNCTION,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_RUNTIME_API": stand_in.place,
        "AWS_ENDPOINT_URL": f"http://{stand_in.place}",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "none",
    }
    gate = subprocess.Popen(
        [program], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        stand_in.asked.get(timeout=60)
        before = cpu(gate.pid)
        for _ in range(INVOCATIONS):
            stand_in.events.put(stand_in.event())
            operation, report = stand_in.reported.get(timeout=600)
            if operation != "PutJobSuccessResult":
                sys.exit(f"error: the gate reported {operation}: {report}")
            stand_in.asked.get(timeout=60)
        taken = (cpu(gate.pid) - before) / INVOCATIONS
        return taken, peak_of(gate.pid), stand_in.pages
    finally:
        gate.kill()
        gate.wait()
        stand_in.server.shutdown()


def cpu(pid):
    """The CPU seconds of a process, from the nanoseconds of its threads."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(path.read_text().split()[0]) for path in threads) / 1e9


def peak_of(pid):
    """The most memory that a process has had so far, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


def judged_by_evidence(program, played):
    """CPU seconds and peak memory of a report about the execution, and its files."""
    played.actions.append(played.gate("alice, bob"))
    with tempfile.TemporaryDirectory() as folder:
        paths = played.write(Path(folder))
        inputs = [part for path in paths for part in ("--input", path)]
        asked = ["--pipeline", "payments", "--format", "json", "--fail-on", "never"]
        command = [program, "evidence", *asked, *inputs]
        report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        if report["summary"]["satisfiedReleases"] != 1:
            sys.exit(f"error: the report does not find the release: {report['summary']}")
        return *cost(command), [path.read_bytes() for path in paths]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--actions", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--programs", type=Path, default=ROOT / "target" / "release")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    arguments = parser.parse_args()
    rows = []
    for by in ("evidence", "gate"):
        before = {}
        for actions in arguments.actions:
            for pages in SIZES.get(actions, [math.ceil(actions / 100)]) if by == "gate" else [1]:
                played = Long()
                # The gate's own run is one of them.
                played.play(actions)
                if by == "gate":
                    taken = judged_by_gate(arguments.programs / "gate", played, pages)
                else:
                    taken = judged_by_evidence(arguments.programs / "policygen", played)
                cpu_s, peak, parts = taken
                row = {
                    "by": by,
                    "actions": actions,
                    "pages": pages,
                    "input_mb": sum(map(len, parts)) / 1e6,
                    "cpu_s": cpu_s,
                    "peak_mb": peak / 1e6,
                    "json_load_s": cpu_of(lambda parts=parts: [json.loads(part) for part in parts]),
                }
                if before.get("actions", actions) != actions:
                    step = math.log(actions / before["actions"])
                    row["cpu_exponent"] = math.log(cpu_s / before["cpu_s"]) / step
                    row["peak_exponent"] = math.log(peak / 1e6 / before["peak_mb"]) / step
                rows.append(row)
                show(row)
            before = row
    written(arguments.json, "Judging one execution, by the length of its history", rows)
    return 0


def show(row):
    growth = ""
    if "cpu_exponent" in row:
        growth = f"grows n^{row['cpu_exponent']:4.2f}, memory n^{row['peak_exponent']:4.2f}"
    print(
        f"{row['by']:<9}{row['actions']:7} actions {row['pages']:4} pages {row['input_mb']:6.2f} MB"
        f"{row['cpu_s']:8.3f} s CPU {row['cpu_s'] / row['json_load_s']:6.2f} of json.load"
        f"{row['peak_mb']:7.1f} MB  {growth}",
        flush=True,
    )


if __name__ == "__main__":
    os.environ.pop("AWS_PROFILE", None)
    sys.exit(main())
