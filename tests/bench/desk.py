#!/usr/bin/env python3
"""How long the first page of the desk takes if 200 approvals wait in 100 pipelines: `desk serve`
over an endpoint that answers each request after 20 ms, as AWS would. Three round trips are the
least that it takes: the list of the pipelines, their states, and what waits.

Prints the time, what it is of three round trips and 100 ms, how often each operation was called,
and the memory of the desk; with --throttle, while every tenth call is throttled. The exit code is 1
if the time or the memory is above its limit.

cargo build --release -p desk
tests/bench/desk.py [--program FILE] [--pages N] [--round-trip MS] [--throttle]
"""

import argparse
import asyncio
import base64
import hashlib
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PIPELINES = 100
IDLE = 0
ACCOUNT = "111122223333"
SLACK = 0.1
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


class Aws(threading.Thread):
    """An endpoint that answers each request after one round trip."""

    def __init__(self, pipelines, round_trip, throttle):
        super().__init__(daemon=True)
        self.replies = replies(pipelines)
        self.round_trip = round_trip
        self.throttle = throttle
        self.calls = Counter()
        self.at_once = self.most_at_once = 0
        self.port = None
        self.ready = threading.Event()
        self.start()
        self.ready.wait()

    def run(self):
        asyncio.run(self.serve())

    async def serve(self):
        server = await asyncio.start_server(self.talk, "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await server.serve_forever()

    async def talk(self, reader, writer):
        writer.transport.get_extra_info("socket").setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
        )
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                writer.close()
                return
            length = int(re.search(rb"content-length: (\d+)", head, re.I)[1])
            body = await reader.readexactly(length)
            due = asyncio.get_running_loop().time() + self.round_trip
            status, reply, kind = self.reply(head, body)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            self.at_once -= 1
            writer.write(
                b"HTTP/1.1 %d x\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n%s"
                % (status, kind, len(reply), reply)
            )

    def reply(self, head, body):
        json_type = b"application/x-amz-json-1.1"
        target = re.search(rb"x-amz-target: CodePipeline_20150709\.(\w+)", head, re.I)
        if not target:
            self.calls["GetCallerIdentity"] += 1
            arn = f"arn:aws:iam::{ACCOUNT}:user/server"
            return 200, (
                f"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{arn}</Arn>"
                "</GetCallerIdentityResult></GetCallerIdentityResponse>"
            ).encode(), b"text/xml"  # fmt: skip
        operation = target[1].decode()
        self.calls[operation] += 1
        if self.throttle and sum(self.calls.values()) % 10 == 0:
            self.calls["throttled"] += 1
            return 400, b'{"__type": "ThrottlingException", "message": "Rate exceeded"}', json_type
        asked = json.loads(body)
        pipeline = asked.get("pipelineName") or asked.get("name")
        return 200, self.replies[operation, pipeline], json_type


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


def main():
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--program", type=Path, default=ROOT / "target" / "release" / "desk")
    arguments.add_argument("--pages", type=int, default=7)
    arguments.add_argument("--pipelines", type=int, default=PIPELINES)
    arguments.add_argument("--round-trip", type=float, default=20, metavar="MS")
    arguments.add_argument("--throttle", action="store_true")
    given = arguments.parse_args()
    round_trip = given.round_trip / 1000
    limit = 3 * round_trip + SLACK
    times, processor = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(given.pages):
            aws = Aws(given.pipelines, round_trip, given.throttle)
            desk = Desk(given.program, Path(folder), aws)
            before, ours = desk.processor(), time.process_time()
            took, text = desk.page()
            used, ours = desk.processor() - before, time.process_time() - ours
            shown = text.count('<section class="approval">')
            assert shown == 2 * given.pipelines, shown
            assert text.count("You would count") == shown
            times.append(took)
            processor.append(used)
            calls = dict(aws.calls)
            again, _ = desk.page()
            memory = desk.memory()
            desk.stop()
            print(
                f"first page {took * 1000:4.0f} ms, {took / limit:.2f} of the limit, "
                f"{took / (3 * round_trip):.1f} of three round trips; again {again * 1000:.0f} ms; "
                f"processor: desk {used * 1000:.0f} ms, endpoint {ours * 1000:.0f} ms; "
                f"at most {memory:.0f} MB, {aws.most_at_once} calls at once"
            )
    print(f"calls for one page: {calls}")
    least = min(times)
    median = statistics.median(times)
    print(
        f"least {least * 1000:.0f} ms of {limit * 1000:.0f} ms, median {median * 1000:.0f} ms; "
        f"processor: least {min(processor) * 1000:.0f} ms; {memory:.0f} MB of {MEMORY} MB"
    )
    return 0 if given.throttle or (least <= limit and memory <= MEMORY) else 1


if __name__ == "__main__":
    sys.exit(main())
