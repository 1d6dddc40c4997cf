"""The gate in a release that leaves a proof, where a call to S3 or KMS meets a fault. moto serves
both.
"""

import json
import subprocess
import threading

import boto3
from conftest import BINARIES, PIPELINE
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from faults_worlds import REGION, RULE, SLOTS, Gate, moto
from faulty_wire import FaultyWire
from gate_proof import ARTIFACTS, BUILT, KEYS, builds, pipeline
from lambda_function import written

GET, SIGN, PUT = "s3:GetObject", "kms:Sign", "s3:PutObject"


def operation(request):
    """The operation of S3 or KMS that a request asks for."""
    if target := request.headers["x-amz-target"]:
        return target.replace("TrentService.", "kms:")
    return {"GET": GET, "PUT": PUT}[request.command]


class Services:
    """moto, once for all cases, with a key and a bucket for each."""

    lock, number, endpoint = threading.Lock(), 0, None

    @classmethod
    def made(cls):
        with cls.lock:
            if cls.endpoint is None:
                cls.endpoint = moto()
                clients = {"region_name": REGION, "endpoint_url": cls.endpoint, **KEYS}
                cls.kms, cls.s3 = (boto3.client(name, **clients) for name in ("kms", "s3"))
                cls.s3.create_bucket(Bucket=ARTIFACTS)
            cls.number += 1
            key = cls.kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
            bucket = f"proofs-{cls.number}"
            cls.s3.create_bucket(Bucket=bucket)
            return key["KeyMetadata"]["Arn"], bucket


class GateProof(Gate):
    """The gate in a release that two people have approved, and that leaves a proof."""

    name = "the gate, with a proof"
    operations = (GET, SIGN, PUT)
    words = ("passes", "unfit", "unavailable", "errs")

    def play(self, case):
        self.key, self.bucket = Services.made()
        met = lambda request: operation(request) == case.operation
        wire = FaultyWire(Services.endpoint, case, met)
        build = written(self.folder / "build", builds)
        endpoint = f"build:AWS_ENDPOINT_URL_S3={Services.endpoint}"
        try:
            self.serve(more=("--function", f"build={build}", "--function-env", endpoint))
            self.configure(wire.endpoint)
            for key_id, slot in zip(self.approvers, SLOTS, strict=True):
                self.until(lambda slot=slot: self.is_open(slot), "nothing is built")
                self.approve(key_id, slot)
            word = self.until(self.reported, f"{case}: no report, and no error")
            return self.proven(case) if word == "passes" else word
        finally:
            wire.stop()
            self.emulator.stop()

    def declared(self):
        return pipeline()

    def is_open(self, slot):
        """On a busy machine, a build may take longer than an invocation may, and is retried."""
        runs = self.runs()
        if runs["Build"].get("status") == "Failed":
            stage = {"stageName": "Build", "retryMode": "FAILED_ACTIONS"}
            execution = {"pipelineName": PIPELINE, "pipelineExecutionId": self.execution}
            self.ask("manager", "RetryStageExecution", **execution, **stage)
        return runs[slot].get("token")

    def configure(self, endpoint):
        store = f"s3://{self.bucket}/releases"
        proof = {"key": self.key, "store": store, "environment": "prod", "validMinutes": 60}
        variables = {
            "TWO_PERSON_RULE": json.dumps({**RULE, "proof": proof}),
            "AWS_ENDPOINT_URL_KMS": endpoint,
            "AWS_ENDPOINT_URL_S3": endpoint,
        }
        self.emulator.client("manager", "lambda").update_function_configuration(
            FunctionName="two-person-rule", Environment={"Variables": variables}
        )

    def proven(self, case):
        """What passes has left a proof of what people approved, which its key has signed. If S3 has
        sent something else, the proof is of that, and production refuses it.
        """
        place = f"releases/{PIPELINE}/{self.execution}.json"
        stored = Services.s3.get_object(Bucket=self.bucket, Key=place)["Body"].read()
        public = load_der_public_key(Services.kms.get_public_key(KeyId=self.key)["PublicKey"])
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        files = {"proof.json": stored, "gate.pem": pem, "built.zip": BUILT}
        files["production.json"] = json.dumps(RULE).encode()
        for name, content in files.items():
            (self.folder / name).write_bytes(content)
        command = [BINARIES / "policygen", "verify", "proof.json", "--rule", "production.json"]
        command += ["--key", "gate.pem", "--artifact", "BuildOutput=built.zip"]
        command += ["--pipeline", PIPELINE, "--environment", "prod"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        if case.operation == GET and case.fault in ("truncate", "wrong-json"):
            assert done.returncode == 10 and "artifact-not-named" in done.stdout, done
            return "unfit"
        assert done.returncode == 0, done.stdout + done.stderr
        return "passes"
