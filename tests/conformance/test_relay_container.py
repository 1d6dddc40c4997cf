"""The command of docs/relay-ci.md that a container runs by default, as it is written there."""

import json
import re
import shlex
import subprocess

import pytest
from cloudformation import ROOT
from conftest import BINARIES
from proofs import ENVIRONMENT, PIPELINE, STAGE, GateKey, Release
from signatures import Key

PAGE = (ROOT / "docs" / "relay-ci.md").read_text()
# What stands for the AWS CLI: it copies the proof, and remembers what it deploys.
AWS = """#!/bin/sh
case "$1 $2" in
's3 cp') cp "$4" "$5" ;;
*) echo "$@" >> {deployed} ;;
esac
"""


class Container:
    def __init__(self, folder):
        self.folder, self.gate = folder, GateKey()
        self.alice, self.bob = Key(folder, "alice"), Key(folder, "bob")
        rule = {"stage": STAGE, "actions": ["ApprovalA", "ApprovalB"], "requireSignature": True}
        rule["signingKeys"] = {"alice": [self.alice.line], "bob": [self.bob.line]}
        (folder / "rule.json").write_text(json.dumps(rule))
        (folder / "gate.pem").write_bytes(self.gate.pem())
        self.deployed = folder / "deployed"
        (folder / "aws").write_text(AWS.format(deployed=shlex.quote(str(self.deployed))))
        (folder / "aws").chmod(0o755)

    def run(self, proof):
        """Runs the command. Returns its exit code and what it deployed."""
        script = re.search(r"```sh\n(set -eu\nif.*?)```", PAGE, re.DOTALL)[1]
        script = script.replace("/tmp/", "copied-").replace("/etc/two-person-rule/", "")
        place = self.folder / "stored.json"
        if proof:
            place.write_text(proof)
        given = {"PIPELINE": PIPELINE, "ENVIRONMENT": ENVIRONMENT, "PROOF": proof and str(place)}
        path = f"{self.folder}:{BINARIES}:/usr/bin:/bin"
        command = ["bash", "-c", script]
        environment = {"PATH": path, **given}
        done = subprocess.run(
            command, env=environment, cwd=self.folder, capture_output=True, text=True
        )
        deployed = self.deployed.read_text() if self.deployed.exists() else ""
        return done, deployed


@pytest.fixture
def container(tmp_path):
    return Container(tmp_path)


def test_the_container_deploys_what_a_proof_shows(container):
    release = Release().signed_by(ApprovalA=container.alice, ApprovalB=container.bob)
    done, deployed = container.run(release.proof(container.gate.sign))
    assert done.returncode == 0, done.stdout + done.stderr
    assert deployed.startswith("ecs update-service")


@pytest.mark.parametrize("defect", ["no proof", "one person", "another environment"])
def test_the_container_deploys_nothing_else(container, defect):
    second = container.alice if defect == "one person" else container.bob
    release = Release().signed_by(ApprovalA=container.alice, ApprovalB=second)
    release.environment = "test" if defect == "another environment" else ENVIRONMENT
    proof = "" if defect == "no proof" else release.proof(container.gate.sign)
    done, deployed = container.run(proof)
    assert done.returncode == (1 if defect == "no proof" else 10), done.stdout + done.stderr
    assert deployed == ""
