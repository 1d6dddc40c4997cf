#!/usr/bin/env python3
"""How many CPU seconds `policygen evidence` takes over 10,000 saved executions and how much memory,
and how many Python takes merely to parse the same files. With --signed, how much of that the
signatures of the approvals take, and how long PyPI `cryptography` takes to verify the same ones.
With --pipelines, the same for one report over that many pipelines.

cargo build --release -p policygen
tests/bench/evidence.py [--executions N …] [--signed | --pipelines N] [--keep DIR] [--json FILE]
"""

import argparse
import base64
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POLICYGEN = ROOT / "target" / "release" / "policygen"
USERS = ["alice", "bob", "carol", "dave"]
MESSAGES = [
    "fix the rounding of refunds",
    "raise the limit of a transfer",
    "update dependencies",
    "show the fee before it is paid",
]
RUNS = 5


class Maker:
    """A pipeline's history, the newest execution first, as the AWS CLI prints it."""

    def __init__(self, seed=7, signers=None):
        self.random = random.Random(seed)
        self.signers = signers
        self.executions = []
        self.actions = []

    def id(self):
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def execution(self, start, kind):
        self.at = start
        self.own = self.id()
        self.commit = commit = f"{self.random.getrandbits(160):040x}"
        message = self.random.choice(MESSAGES)
        runs = [
            self.action(
                "Source",
                "Source",
                "Source",
                "CodeStarSourceConnection",
                20,
                result={"externalExecutionId": commit},
                outputs={"CommitId": commit},
            )
        ]
        status = "Succeeded"
        if kind == "source-failed":
            runs[-1]["status"] = status = "Failed"
        elif kind == "superseded":
            status = "Superseded"
        else:
            runs.append(self.action("Build", "Build", "Build", "CodeBuild", 240))
            status = self.released(runs, kind)
        self.actions += runs
        self.executions.append({
            "pipelineExecutionId": self.own,
            "status": status,
            "startTime": start.isoformat(),
            "lastUpdateTime": runs[-1]["lastUpdateTime"],
            "sourceRevisions": [{
                "actionName": "Source",
                "revisionId": commit,
                "revisionSummary": json.dumps({"ProviderType": "GitHub", "CommitMessage": message}),
                "revisionUrl": f"https://github.com/example/payments/commit/{commit}",
            }],
            "trigger": {
                "triggerType": "StartPipelineExecution",
                "triggerDetail": self.user(self.random.choice(USERS)),
            },
            "executionMode": "SUPERSEDED",
            "executionType": "STANDARD",
        })  # fmt: skip

    def released(self, runs, kind):
        first, second = self.random.sample(USERS, 2)
        if kind in ("refused", "retried", "forged"):
            second = first
        runs += self.approvals(first, second, "Failed" if kind == "rejected" else "Succeeded")
        if kind == "rejected":
            return "Failed"
        if kind == "in-flight":
            runs[-1]["status"] = "InProgress"
            del runs[-1]["updatedBy"]
            return "InProgress"
        if kind in ("refused", "retried"):
            runs.append(
                self.gate(
                    None,
                    f"- same-person: ApprovalA and ApprovalB were approved by one person, {first}",
                )
            )
            if kind == "refused":
                return "Failed"
            first, second = self.random.sample(USERS, 2)
            runs += self.approvals(first, second)
        if kind != "no-gate":
            runs.append(self.gate(", ".join(sorted({first, second}))))
        runs.append(
            self.action(
                "Deploy",
                "Deploy",
                "Deploy",
                "CodeDeploy",
                120,
                result={"externalExecutionId": f"d-{self.id()[:9]}"},
            )
        )
        return "Succeeded"

    def approvals(self, first, second, last="Succeeded"):
        asked = self.at
        runs = []
        for slot, who in (("ApprovalA", first), ("ApprovalB", second)):
            result = {
                "externalExecutionId": self.id(),
                "externalExecutionSummary": f"looked at the change, {slot[-1]}",
            }
            run = self.action(
                "Approve",
                slot,
                "Approval",
                "Manual",
                self.random.randrange(60, 3600),
                result=result,
            )
            run["startTime"] = asked.isoformat()
            if self.signers:
                facts = (self.own, slot, run["actionExecutionId"], self.commit)
                signature = self.signers.sign(who, facts, self.random.randbytes(16))
                run["output"]["executionResult"]["externalExecutionSummary"] += f" {signature}"
            runs.append({**run, "updatedBy": self.user(who)})
        runs[-1]["status"] = last
        return runs

    def gate(self, approvers, refusal=None):
        configuration = {
            "FunctionName": "two-person-rule-gate",
            "UserParameters": json.dumps({"pipelineExecutionId": self.own}),
        }
        run = self.action("Approve", "Gate", "Invoke", "Lambda", 2, configuration)
        if refusal:
            message = (
                f"Refused: 1 distinct person counted, 2 required (execution {self.own}).\n"
                f"Why:\n{refusal}"
            )
            run["status"] = "Failed"
            run["output"]["executionResult"] = {
                "errorDetails": {"code": "JobFailed", "message": message}
            }
        else:
            run["output"]["executionResult"] = {
                "externalExecutionSummary": f"Satisfied by {approvers}: "
                "2 distinct persons counted, 2 required."
            }
            run["output"]["outputVariables"] = {
                "Verdict": "satisfied", "Approvers": approvers, "ApproverCount": "2",
                "PipelineExecutionId": self.own,
            }  # fmt: skip
        return run

    def action(
        self,
        stage,
        name,
        category,
        provider,
        seconds,
        configuration=None,
        result=None,
        outputs=None,
    ):
        start, self.at = (
            self.at,
            self.at + timedelta(seconds=seconds, milliseconds=self.random.randrange(1000)),
        )
        artifact = {
            "name": f"{name}Artifact",
            "s3location": {
                "bucket": "codepipeline-eu-west-1-artifacts",
                "key": f"payments/{name}/{self.own[:7]}",
            },
        }
        return {
            "pipelineExecutionId": self.own,
            "actionExecutionId": self.id(),
            "pipelineVersion": 7,
            "stageName": stage,
            "actionName": name,
            "startTime": start.isoformat(),
            "lastUpdateTime": self.at.isoformat(),
            "status": "Succeeded",
            "input": {
                "actionTypeId": {
                    "category": category,
                    "owner": "AWS",
                    "provider": provider,
                    "version": "1",
                },
                "configuration": configuration or {"Setting": f"of {name}"},
                "resolvedConfiguration": configuration or {"Setting": f"of {name}"},
                "region": "eu-west-1",
                "inputArtifacts": [artifact],
            },
            "output": {
                "outputArtifacts": [artifact],
                "executionResult": result or {},
                "outputVariables": outputs or {},
            },
        }

    def user(self, name):
        return f"arn:aws:iam::111122223333:user/{name}"

    def write(self, folder):
        """Indented by four, as the AWS CLI does."""
        lists = {
            "executions.json": {"pipelineExecutionSummaries": self.executions},
            "actions.json": {"actionExecutionDetails": self.actions},
        }
        for name, content in lists.items():
            (folder / name).write_text(json.dumps(content, indent=4, ensure_ascii=False) + "\n")
        return [folder / name for name in lists]


class Signers:
    """Users with a passkey each."""

    RP_ID = "approve.example.com"
    ORIGIN = f"https://{RP_ID}"

    def __init__(self):
        from cryptography.hazmat.primitives.asymmetric import ec

        self.keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in USERS}
        #: What was signed: public key, bytes, signature.
        self.signed = []

    def spki(self, who):
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return (
            self.keys[who]
            .public_key()
            .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        )

    def sign(self, who, facts, nonce):
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.hashes import SHA256

        execution, action, attempt, revision = facts
        statement = (
            f"two-person-rule approval v1\npipeline payments\nexecution {execution}\n"
            f"stage Approve\naction {action}\nattempt {attempt}\nanswer Approved\n"
            f"revisions {revision}\nnonce {base64url(nonce)}\n"
        )
        challenge = base64url(hashlib.sha256(statement.encode()).digest())
        client_data = (
            f'{{"type":"webauthn.get","challenge":"{challenge}",'
            f'"origin":"{self.ORIGIN}","crossOrigin":false}}'
        )
        data = hashlib.sha256(self.RP_ID.encode()).digest() + bytes([5, 0, 0, 0, 1])
        signed = data + hashlib.sha256(client_data.encode()).digest()
        signature = self.keys[who].sign(signed, ec.ECDSA(SHA256()))
        self.signed.append((self.keys[who].public_key(), signed, signature))
        key_id = hashlib.sha256(self.spki(who)).digest()[:8]
        fields = (key_id, nonce, data, signature)
        return f"[2pr1.p.{'.'.join(base64url(field) for field in fields)}]"

    def verify(self):
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.hashes import SHA256

        for key, signed, signature in self.signed:
            key.verify(signature, signed, ec.ECDSA(SHA256()))

    def rule(self):
        """The rule that requires their signatures."""
        keys = {name: [f"passkey:Y3JlZA:{base64url(self.spki(name))}"] for name in USERS}
        desk = {"rpId": self.RP_ID, "origin": self.ORIGIN}
        return {"signingKeys": keys, "desk": desk, "requireSignature": True}


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


KINDS = {
    "passed": 70, "refused": 6, "retried": 6, "rejected": 5, "superseded": 5, "source-failed": 4,
    "in-flight": 1, "no-gate": 2, "forged": 1,
}  # fmt: skip


def make(count, start, step, signers=None):
    maker = Maker(signers=signers)
    for number in range(count):
        kind = maker.random.choices(list(KINDS), KINDS.values())[0]
        # Only the newest can still be under way.
        maker.execution(
            start + number * step, "passed" if kind == "in-flight" and number < count - 3 else kind
        )
    maker.executions.reverse()
    maker.actions.reverse()
    return maker


def write_pipelines(maker, count, root):
    """The executions as those of several pipelines, a folder each."""
    parts = [Maker() for _ in range(count)]
    part_of = {}
    for number, execution in enumerate(maker.executions):
        part_of[execution["pipelineExecutionId"]] = part = parts[number % count]
        part.executions.append(execution)
    for action in maker.actions:
        part_of[action["pipelineExecutionId"]].actions.append(action)
    for number, part in enumerate(parts):
        folder = root / "111122223333" / "eu-west-1" / f"pipeline-{number}"
        folder.mkdir(parents=True)
        part.write(folder)


# Runs a command and prints its CPU seconds, its memory in KiB, and the seconds on the clock. As a
# small process, since a large parent's memory would count as that of its child.
COST = """
import resource, subprocess, sys, time
started = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
clock = time.perf_counter() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss, clock)
"""


def cost(command, runs=RUNS):
    """The CPU seconds that a command takes at best, and the most memory in bytes."""
    return measured(command, runs)[:2]


def measured(command, runs=RUNS):
    """The same, and the seconds on the clock at best: the program uses several processors."""
    script = [sys.executable, "-c", COST, *command]
    results = []
    for _ in range(runs):
        printed = subprocess.run(script, check=True, stdout=subprocess.PIPE).stdout.split()
        results.append([float(number) for number in printed])
    seconds, memory, clock = zip(*results, strict=True)
    return min(seconds), max(memory) * 1024, min(clock)


def cpu_of(act, runs=RUNS):
    """The CPU seconds that a function takes at best."""
    times = []
    for _ in range(runs):
        started = time.process_time()
        act()
        times.append(time.process_time() - started)
    return min(times)


def written(path, title, rows):
    """Writes figures for plots, if a file is given."""
    if path:
        path.write_text(json.dumps({"title": title, "rows": rows}, indent=2) + "\n")


def several(root):
    """Time and memory of the report over all pipelines, in each format."""
    for form in ("json", "human", "csv", "html", "sarif"):
        command = [POLICYGEN, "evidence", "--all", "--input", root, "--format", form]
        taken, memory = cost([*command, "--fail-on", "never"])
        print(f"evidence --all {form:<6} {taken:7.3f} s CPU   {memory / 2**20:4.0f} MiB")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--executions", type=int, nargs="+", default=[10_000])
    parser.add_argument("--signed", action="store_true", help="sign every approval by a passkey")
    parser.add_argument("--pipelines", type=int, help="measure one report over as many pipelines")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="write the history there, and measure nothing"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    arguments = parser.parse_args()
    rows = []
    for executions in arguments.executions:
        rows += rows_of(arguments, executions)
    written(arguments.json, "A report over past executions, by their number", rows)
    return 0


def rows_of(arguments, executions):
    """Measures a history of that many executions, and gives the figures of each format."""
    rows = []
    runs = RUNS if executions <= 10_000 else 2
    step = timedelta(days=360) / executions
    signers = Signers() if arguments.signed else None
    maker = make(executions, datetime(2026, 1, 1, 8, tzinfo=UTC), step, signers)
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
        maker.write(arguments.keep)
        return rows
    if arguments.pipelines:
        with tempfile.TemporaryDirectory() as folder:
            write_pipelines(maker, arguments.pipelines, Path(folder))
            print(f"{executions} executions of {arguments.pipelines} pipelines")
            several(folder)
        return rows
    with tempfile.TemporaryDirectory() as folder:
        paths = maker.write(Path(folder))
        size = sum(path.stat().st_size for path in paths)
        inputs = [argument for path in paths for argument in ("--input", path)]

        def command(form, *more):
            fixed = ["--pipeline", "payments", "--fail-on", "never"]
            return [POLICYGEN, "evidence", *fixed, "--format", form, *inputs, *more]

        def parse():
            for path in paths:
                with path.open("rb") as file:
                    json.load(file)

        actions = len(maker.actions)
        # What Python holds of the history would slow its parser down.
        maker.executions, maker.actions = [], []
        python = cpu_of(parse, runs)
        print(
            f"{executions} executions, {actions} action executions, {size / 1e6:.0f} MB; "
            f"CPU seconds, the best of {runs} runs"
        )
        print(f"python json.load   {python:7.3f} s")
        for form in ("json", "human", "csv", "html"):
            taken, memory, clock = measured(command(form), runs)
            rows.append({
                "executions": executions, "format": form, "input_mb": size / 1e6,
                "cpu_s": taken, "wall_s": clock, "json_load_s": python,
                "of_json_load": taken / python, "peak_mb": memory / 1e6,
                "of_input": memory / size,
            })  # fmt: skip
            print(
                f"evidence {form:<9} {taken:7.3f} s   {taken / python:5.2f} of json.load   "
                f"{memory / 2**20:5.0f} MiB   {memory / size:4.2f} of the input   "
                f"{clock:6.3f} s on the clock"
            )
        if signers:
            rule = Path(folder) / "rule.json"
            rule.write_text(json.dumps(signers.rule()))
            count = len(signers.signed)
            with_rule, _ = cost(command("csv", "--rule", rule))
            verifying = with_rule - cost(command("csv"))[0]
            peer = cpu_of(signers.verify)
            print(
                f"{count} signatures   {verifying:7.3f} s   {verifying / peer:5.2f} of cryptography"
            )
    return rows


if __name__ == "__main__":
    sys.exit(main())
