"""The whole way of a release on this machine, and what each step says:

    PATH="$PWD/target/tools/venv/bin:$PATH" python3 tests/conformance/production_story.py

Two people sign their approvals with ssh-keygen on the emulator. The gate proves the release with
its key in KMS. CI asks production's relay, which judges by its own rule and starts the container.
The container opens what was sealed, deploys, and its lines and its exit code come back to CI. All
programs are built ones; moto and a stand-in for ECS play AWS.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import preloaded
import pytest
from ci_account import REGION, SLOTS, CiAccount, client, in_one_line
from conftest import BINARIES
from cryptography.hazmat.primitives import serialization
from proofs import COMMIT, ENVIRONMENT, PIPELINE, STAGE, Release
from relay_stack import Stack
from signatures import Key
from step_functions import environment, serving

SECRET = "hunter2 of production"
# What runs in production's container, with the variables that the release machine gives it.
DEPLOY = """\
set -euo pipefail
cd "$(mktemp -d -p {folder})"
aws s3 cp --only-show-errors "$PROOF" proof.json
{policygen} unseal {folder}/production.sealed {folder}/test.sealed --proof proof.json \\
    --rule {folder}/production.json --proof-key {folder}/gate.pem --environment "$ENVIRONMENT" \\
    --pipeline "$PIPELINE" --out opened
echo "deploying $REVISIONS to $ENVIRONMENT"
stat -c '%a %n' opened/*
cmp opened/db.password {folder}/db.password && echo "the secret is open"
exit "$(cat {folder}/exit-code)"
"""


class Story:
    def __init__(self, folder, open_until_the_end):
        self.folder = folder
        self.keys = {name: Key(folder, name) for name in SLOTS.values()}
        patch = open_until_the_end.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("PATH", str(open_until_the_end.enter_context(preloaded.aws())), os.pathsep)
        services, self.endpoint = open_until_the_end.enter_context(serving(patch))
        self.environment = environment(self.endpoint)
        self.ci = CiAccount(folder, self.endpoint, self.keys)
        open_until_the_end.callback(self.ci.stop)
        gates = self.ci.public_key()
        rule = {
            "stage": STAGE,
            "actions": list(SLOTS),
            "requireSignature": True,
            "signingKeys": {name: [key.line] for name, key in self.keys.items()},
        }
        (folder / "production.json").write_text(json.dumps(rule))
        pem = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        public = serialization.load_der_public_key(gates)
        (folder / "gate.pem").write_bytes(public.public_bytes(*pem))
        self.stack = Stack(
            services, self.endpoint, TwoPersonRule=json.dumps(rule), GateKey=in_one_line(gates)
        )
        script = folder / "deploy"
        script.write_text(DEPLOY.format(folder=folder, policygen=BINARIES / "policygen"))
        self.stack.runs(BINARIES / "relay", "run", "--", "bash", script)

    def seal(self):
        """The secret for production, and another one for the test environment."""
        kms = client(self.endpoint, "kms")
        key = kms.create_key()["KeyMetadata"]["Arn"]
        secret = self.folder / "db.password"
        secret.write_text(SECRET)
        for name, of in (("production", ENVIRONMENT), ("test", "test")):
            self.run(
                *(BINARIES / "policygen", "seal", secret, "--key", key, "--pipeline", PIPELINE),
                *("--revision", COMMIT, "--environment", of),
                *("--out", self.folder / f"{name}.sealed"),
            )
        assert SECRET.encode() not in (self.folder / "production.sealed").read_bytes()

    def approved(self):
        """Two people sign, and the gate writes its proof. Returns the execution."""
        execution = self.ci.start()
        self.ci.approve(execution)
        place = self.ci.told_to_deploy(execution)["PROOF"]
        self.run("aws", "s3", "cp", "--quiet", place, self.folder / "proof.json")
        return execution

    def forged(self):
        """A proof of a release that alice alone signed, by somebody who may use the gate's key."""
        alice = self.keys["alice"]
        release = Release().signed_by(ApprovalA=alice, ApprovalB=alice)
        (self.folder / "proof.json").write_text(release.proof(self.ci.sign))

    def release(self, exit_code=0):
        """CI asks production. Returns the exit code, the lines, and what else was said."""
        (self.folder / "exit-code").write_text(str(exit_code))
        done = self.run(
            *(BINARIES / "desk", "release", "--relay", self.stack.door, "--region", REGION),
            *("--feedback", self.stack.queue, "--proof", self.folder / "proof.json"),
            codes=(0, exit_code, 10),
        )
        return done.returncode, done.stdout.splitlines(), done.stderr

    def repeated(self):
        """What the relay answers to the last request, sent again."""
        request = {"proof": json.loads((self.folder / "proof.json").read_text())}
        started = self.stack.states.start_execution(
            stateMachineArn=self.stack.door, name="again", input=json.dumps(request)
        )
        return json.loads(self.stack.ended(started["executionArn"])["output"])

    def run(self, *command, codes=(0,)):
        done = subprocess.run(
            [str(word) for word in command], env=self.environment, capture_output=True, text=True
        )
        assert done.returncode in codes, (command, done.stdout, done.stderr)
        return done


def main():
    began = time.monotonic()
    # moto's interpreter logs each state that fails or looks for a field.
    logging.disable(logging.CRITICAL)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def say(text):
            print(f"{time.monotonic() - began:5.1f} s  {text}", flush=True)

        def show(lines):
            for line in lines:
                print(f"         | {line}")

        story = Story(folder, stack)
        say("CI's account and production's are there")
        story.seal()
        say("a secret is sealed for production, and another one for the test environment")

        story.forged()
        code, lines, said = story.release()
        assert (code, lines, story.stack.services.runs) == (10, [], []), (code, lines, said)
        say("CI's administrator signs a proof that one person approved: production refuses")
        show(said.splitlines())

        execution = story.approved()
        say("alice and bob have signed, and the gate has proven the release")
        code, lines, said = story.release()
        expected = [
            f"deploying {json.dumps([COMMIT])} to {ENVIRONMENT}",
            "600 opened/db.password",
            "the secret is open",
        ]
        assert (code, [line for line in lines if line in expected]) == (0, expected), (lines, said)
        say("CI asks production, which deploys:")
        show(lines)

        answer = story.repeated()
        assert answer["started"] is False and len(story.stack.services.runs) == 1, answer
        say("somebody sends the same request again:")
        show([answer["message"]])

        second = story.approved()
        assert second != execution
        code, lines, said = story.release(exit_code=3)
        assert (code, lines[-1]) == (3, expected[-1]), (lines, said)
        say("another release fails in the container: CI gets its exit code, 3")
        assert len(story.stack.services.runs) == 2
    say("done")


if __name__ == "__main__":
    sys.exit(main())
