#!/usr/bin/env python3
"""How long the first page of the desk takes if 200 approvals wait in 100 pipelines: `desk serve`
over an endpoint that answers each request after 20 ms, as AWS would. Three round trips are the
least that it takes: the list of the pipelines, their states, and what waits.

Prints the time, what it is of three round trips, how often each operation was called, and the
memory of the desk; also over fewer pipelines. The exit code is 1 if the time or the memory is above
its limit.

    cargo build --release -p desk
    tests/bench/desk.py [--program FILE] [--pages N] [--pipelines N ...] [--json FILE]
"""

import argparse
import base64
import hashlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path

from endpoint import Endpoint

ROOT = Path(__file__).resolve().parents[2]
PIPELINES = 100
ACCOUNT = "111122223333"
# Milliseconds beyond the round trips, and MB.
SLACK = 100
MEMORY = 64
STARTED = time.time() - 3600


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def name(number):
    return f"pipeline-{number:03}"


def identifier(*parts):
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(parts)))


def run(pipeline, stage, action, category, provider, status, **more):
    ident = identifier(pipeline, action)
    return {
        "pipelineExecutionId": identifier(pipeline),
        "actionExecutionId": ident,
        "pipelineVersion": 1,
        "stageName": stage,
        "actionName": action,
        "startTime": STARTED,
        "lastUpdateTime": STARTED,
        "status": status,
        "input": {
            "actionTypeId": {
                "category": category, "owner": "AWS", "provider": provider, "version": "1",
            },
        },
        **more,
    }  # fmt: skip


def revision(pipeline):
    return hashlib.sha1(pipeline.encode()).hexdigest()


def replies(pipelines):
    """The reply to each call, written beforehand."""
    written = {}
    listed = [
        {"name": name(it), "executionMode": "QUEUED", "version": 1} for it in range(pipelines)
    ]
    written["ListPipelines", None] = {"pipelines": listed}
    for number in range(pipelines):
        pipeline = name(number)
        execution = identifier(pipeline)
        action = lambda name, category, provider, order=1, **configuration: {
            "name": name,
            "runOrder": order,
            "actionTypeId": {
                "category": category, "owner": "AWS", "provider": provider, "version": "1",
            },
            "configuration": configuration,
        }  # fmt: skip
        stages = [
            {"name": "Source", "actions": [action("Source", "Source", "S3")]},
            {
                "name": "Approve",
                "actions": [
                    action("ApprovalA", "Approval", "Manual"),
                    action("ApprovalB", "Approval", "Manual"),
                    action("Gate", "Invoke", "Lambda", 2, FunctionName="gate"),
                ],
            },
        ]
        written["GetPipeline", pipeline] = {
            "pipeline": {"name": pipeline, "roleArn": "arn:x", "version": 1, "stages": stages},
            "metadata": {"pipelineArn": f"arn:aws:codepipeline:eu-west-1:{ACCOUNT}:{pipeline}"},
        }
        approvals = ["ApprovalA", "ApprovalB"]
        state = [
            {
                "actionName": approval,
                "latestExecution": {
                    "actionExecutionId": identifier(pipeline, approval),
                    "status": "InProgress",
                    "token": identifier(pipeline, approval),
                },
            }
            for approval in approvals
        ]
        written["GetPipelineState", pipeline] = {
            "pipelineName": pipeline,
            "stageStates": [
                {
                    "stageName": "Approve",
                    "actionStates": [*state, {"actionName": "Gate"}],
                    "latestExecution": {"pipelineExecutionId": execution, "status": "InProgress"},
                }
            ],
        }
        released = {
            "revisionId": revision(pipeline),
            "revisionSummary": f"Round refunds of {pipeline} to cents",
            "revisionUrl": f"https://example.com/commit/{revision(pipeline)}",
            "name": "App",
        }
        written["GetPipelineExecution", pipeline] = {
            "pipelineExecution": {
                "pipelineName": pipeline,
                "pipelineExecutionId": execution,
                "status": "InProgress",
                "artifactRevisions": [released],
                "trigger": {"triggerType": "Webhook", "triggerDetail": "arn:x"},
            }
        }
        source = run(pipeline, "Source", "Source", "Source", "S3", "Succeeded")
        source["output"] = {"executionResult": {"externalExecutionId": revision(pipeline)}}
        waiting = [
            run(pipeline, "Approve", approval, "Approval", "Manual", "InProgress")
            for approval in approvals
        ]
        written["ListActionExecutions", pipeline] = {"actionExecutionDetails": [*waiting, source]}
    return {call: json.dumps(reply).encode() for call, reply in written.items()}


class Aws(Endpoint):
    """CodePipeline and STS."""

    def __init__(self, pipelines, round_trip, throttle):
        self.replies = replies(pipelines)
        self.throttle = throttle
        self.calls = Counter()
        super().__init__(round_trip)

    def reply(self, head, body, talk):
        json_type = b"application/x-amz-json-1.1"
        target = re.search(rb"x-amz-target: CodePipeline_20150709\.(\w+)", head, re.I)
        if not target:
            self.calls["GetCallerIdentity"] += 1
            arn = f"arn:aws:iam::{ACCOUNT}:user/server"
            return 200, b"text/xml", (
                f"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{arn}</Arn>"
                "</GetCallerIdentityResult></GetCallerIdentityResponse>"
            ).encode()  # fmt: skip
        operation = target[1].decode()
        self.calls[operation] += 1
        if self.throttle and sum(self.calls.values()) % 10 == 0:
            self.calls["throttled"] += 1
            problem = b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'
            return 400, json_type, problem
        asked = json.loads(body)
        pipeline = asked.get("pipelineName") or asked.get("name")
        return 200, json_type, self.replies[operation, pipeline]


class Passkey:
    """A passkey of alice, by `openssl`."""

    def __init__(self, folder, origin):
        self.path = folder / "key.pem"
        self.origin = origin
        make = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        subprocess.run([*make, "-out", self.path], check=True, capture_output=True)
        public = ["openssl", "pkey", "-in", self.path, "-pubout", "-outform", "DER"]
        spki = subprocess.run(public, check=True, capture_output=True).stdout
        self.line = f"passkey:{base64url(b'credential')}:{base64url(spki)}"

    def sign(self, challenge):
        """What the page's script posts."""
        client = {"type": "webauthn.get", "challenge": challenge, "origin": self.origin}
        client = json.dumps({**client, "crossOrigin": False}, separators=(",", ":")).encode()
        data = hashlib.sha256(b"localhost").digest() + bytes([5, 0, 0, 0, 1])
        signed = data + hashlib.sha256(client).digest()
        command = ["openssl", "dgst", "-sha256", "-sign", self.path]
        signature = subprocess.run(command, input=signed, check=True, capture_output=True).stdout
        return {
            "credential": base64url(b"credential"),
            "authenticatorData": base64url(data),
            "clientDataJSON": base64url(client),
            "signature": base64url(signature),
        }


class Desk:
    """`desk serve`, newly started, and alice signed in."""

    def __init__(self, program, folder, aws):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        origin = f"http://localhost:{self.port}"
        key = Passkey(folder, origin)
        rule = {
            "signingKeys": {"alice": [key.line]},
            "desk": {"rpId": "localhost", "origin": origin},
            "requireSignature": True,
        }
        (folder / "rule.json").write_text(json.dumps(rule))
        environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws.port}",
            "AWS_ACCESS_KEY_ID": "server",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        command = [program, "serve", "--listen", f"127.0.0.1:{self.port}", "--region", "eu-west-1"]
        self.process = subprocess.Popen(
            [*command, "--rule", folder / "rule.json"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.process.stdout.readline()
        self.headers = {"Origin": origin, "Content-Type": "application/json"}
        _, asked = self.post("/sign-in/challenge", {})
        asked = json.loads(asked)
        headers, _ = self.post("/sign-in", {"seal": asked["seal"], **key.sign(asked["challenge"])})
        self.cookie = headers["Set-Cookie"].partition(";")[0]

    def ask(self, method, path, body, headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(method, path, body, {"Host": f"localhost:{self.port}", **headers})
        reply = connection.getresponse()
        text = reply.read().decode()
        assert reply.status == 200, (reply.status, text)
        return reply.headers, text

    def post(self, path, document):
        return self.ask("POST", path, json.dumps(document), self.headers)

    def page(self, path="/"):
        """The seconds that a page takes, and its text."""
        begun = time.perf_counter()
        _, text = self.ask("GET", path, None, {"Cookie": self.cookie})
        return time.perf_counter() - begun, text

    def processor(self):
        """The seconds of processor time that it has used."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(it.read_text().split()[0]) for it in threads) / 1e9

    def memory(self):
        """The most memory that it has had, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def measure(given, pipelines):
    """One line of the table: the first page over so many pipelines."""
    round_trip = given.round_trip / 1000
    times, again, processor, memory = [], [], [], []
    for _ in range(given.pages):
        aws = Aws(pipelines, round_trip, given.throttle)
        with tempfile.TemporaryDirectory() as folder:
            desk = Desk(given.program, Path(folder), aws)
            before, ours = desk.processor(), time.process_time()
            took, text = desk.page()
            used, ours = desk.processor() - before, time.process_time() - ours
            calls = dict(aws.calls)
            shown = text.count('<section class="approval">')
            assert shown == 2 * pipelines, shown
            assert text.count("You would count") == shown
            times.append(took)
            processor.append(used)
            again.append(desk.page()[0])
            memory.append(desk.memory())
            desk.stop()
        print(
            f"{pipelines} pipelines: first page {took * 1000:.0f} ms, "
            f"{took / (3 * round_trip):.1f} of three round trips; processor: desk "
            f"{used * 1000:.0f} ms, endpoint {ours * 1000:.0f} ms; {memory[-1]:.0f} MB, "
            f"{aws.most_at_once} calls at once; {calls}"
        )
    return {
        "pipelines": pipelines,
        "first page ms": round(min(times) * 1000),
        "of three round trips": round(min(times) / (3 * round_trip), 2),
        "again ms": round(min(again) * 1000),
        "processor ms": round(min(processor) * 1000),
        "memory MB": round(max(memory), 1),
        "calls": sum(calls.values()),
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--program", type=Path, default=ROOT / "target" / "release" / "desk")
    parser.add_argument("--pages", type=int, default=7, help="first pages of each (default: 7)")
    parser.add_argument("--pipelines", type=int, nargs="+", default=[1, 10, PIPELINES])
    parser.add_argument("--round-trip", type=float, default=20, metavar="MS")
    parser.add_argument("--throttle", action="store_true", help="throttle every tenth call")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    given = parser.parse_args()
    rows = [measure(given, pipelines) for pipelines in given.pipelines]
    met = True
    for row in rows:
        limit = 3 * given.round_trip + SLACK
        print(
            f"{row['pipelines']} pipelines: least {row['first page ms']} ms of {limit:.0f} ms, "
            f"{row['memory MB']} MB of {MEMORY} MB"
        )
        met = met and row["first page ms"] <= limit and row["memory MB"] <= MEMORY
    if given.json:
        notes = (
            f"The least of {given.pages} newly started desks. CodePipeline answers each call after "
            f"{given.round_trip:g} ms, and the desk needs three round trips at least. Two "
            "approvals wait in each pipeline"
        )
        title = "The first page of the desk"
        document = {"title": title, "unit notes": notes, "rows": rows}
        given.json.write_text(json.dumps(document, indent=2) + "\n")
    return 0 if met or given.throttle else 1


if __name__ == "__main__":
    sys.exit(main())
