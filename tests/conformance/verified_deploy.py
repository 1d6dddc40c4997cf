"""The project of verified-deploy.yaml, whose build runs here with the built `policygen`, against
simulated AWS services (moto's server).
"""

import base64
import hashlib
import json
import subprocess

import yaml
from ci_account import ARTIFACTS, BUILT, STORE, client
from cloudformation import load, resolve
from conftest import BINARIES
from iam_endpoint import ACCOUNT
from layers import layer_of, publish


class Project:
    """The project of verified-deploy.yaml, and what it reads."""

    def __init__(self, aws, folder, people, gates_key):
        self.aws, self.folder = aws, folder
        rule = {
            "stage": "Release",
            "actions": ["ApprovalA", "ApprovalB"],
            "requireSignature": True,
            "signingKeys": {name: [people[name].line] for name in ("alice", "bob")},
        }
        program = layer_of(policygen=f'#!/bin/sh\nexec {BINARIES / "policygen"} "$@"\n')
        rule = layer_of(**{"two-person-rule/rule.json": json.dumps(rule)})
        self.parameters = {
            "PolicygenLayer": publish(aws, folder, "policygen", program),
            "PolicygenSha256": hashlib.sha256(program).hexdigest(),
            "RuleLayer": publish(aws, folder, "rule", rule),
            "GateKey": base64.b64encode(gates_key).decode(),
            "ArtifactBucket": ARTIFACTS,
            "ProofStore": STORE,
            "DeployPolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/Deploy",
            "DeployCommand": f'cp "$ARTIFACT" "{folder}/deployed"',
        }

    def built(self, content=BUILT, key="payments/BuildOutpu/1"):
        """Puts an artifact into the pipeline's bucket. Returns its place."""
        return self.put(f"s3://{ARTIFACTS}/{key}", content)

    def put(self, place, content):
        bucket, _, key = place.removeprefix("s3://").partition("/")
        client(self.aws.endpoint, "s3").put_object(Bucket=bucket, Key=key, Body=content)
        return place

    def store(self, release, proof):
        """Puts a proof where the gate puts it."""
        place = f"s3://{STORE}/{release.pipeline}/{release.execution}.json"
        return self.put(place, proof.encode())

    def build(self, proof, execution, **parameters):
        """Runs the build, as the action starts it."""
        resources = resolve(load("verified-deploy.yaml"), **{**self.parameters, **parameters})
        spec = yaml.safe_load(resources["Project"]["Properties"]["Source"]["BuildSpec"])
        assert spec["env"]["shell"] == "bash"
        (script,) = spec["phases"]["build"]["commands"]
        variables = {"PROOF": proof, "EXECUTION": execution, "TMPDIR": str(self.folder)}
        return subprocess.run(
            ["bash", "-c", script],
            env={**self.aws.environment, **variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
        )

    def deployed(self):
        path = self.folder / "deployed"
        return path.read_bytes() if path.exists() else None
