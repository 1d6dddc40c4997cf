"""CI's account: a pipeline on the emulator whose gate proves releases, with KMS and S3 by moto."""

import base64
import json
import time

import kms_server  # noqa: F401, for its KMS
from conftest import BINARIES, SESSION, Emulator, action
from lambda_function import written
from proofs import COMMIT, PIPELINE, STAGE

REGION = "eu-west-1"
STORE, ARTIFACTS = "proofs/production", "artifacts"
CONNECTION = f"arn:aws:codeconnections:{REGION}:111122223333:connection/payments"
SLOTS = {"ApprovalA": "alice", "ApprovalB": "bob"}
BUILT = b"what two people approved"


def pipeline():
    """A commit is built, approved and deployed by the project of verified-deploy.yaml."""
    built = [{"name": "BuildOutput"}]
    source = {"ConnectionArn": CONNECTION, "FullRepositoryId": "acme/shop", "BranchName": "main"}
    told = [
        {"name": "PROOF", "value": "#{Gate.Proof}"},
        {"name": "EXECUTION", "value": "#{codepipeline.PipelineExecutionId}"},
    ]
    deploy = {"ProjectName": "payments-verified-deploy", "EnvironmentVariables": json.dumps(told)}
    gate = {"FunctionName": "two-person-rule"}
    stages = {
        "Source": [
            action(
                "Source",
                "Source",
                "CodeStarSourceConnection",
                configuration=source,
                outputArtifacts=[{"name": "Source"}],
            )
        ],
        "Build": [
            action(
                "Build",
                "Invoke",
                "Lambda",
                configuration={"FunctionName": "build"},
                inputArtifacts=[{"name": "Source"}],
                outputArtifacts=built,
            )
        ],
        STAGE: [
            *(action(slot, "Approval", "Manual") for slot in SLOTS),
            action(
                "Gate",
                "Invoke",
                "Lambda",
                2,
                configuration=gate,
                namespace="Gate",
                inputArtifacts=built,
            ),
        ],
        "Deploy": [
            action("Deploy", "Build", "CodeBuild", configuration=deploy, inputArtifacts=built)
        ],
    }
    return {
        "name": PIPELINE,
        "roleArn": "arn:aws:iam::111122223333:role/pipeline",
        "artifactStore": {"type": "S3", "location": ARTIFACTS},
        "pipelineType": "V2",
        "stages": [{"name": name, "actions": actions} for name, actions in stages.items()],
    }


def build(job, client):
    """Writes the artifact before the approvals open: the gate refuses what was written later, and
    S3 tells times in whole seconds.
    """
    import os
    import time

    (artifact,) = job["data"]["outputArtifacts"]
    place = artifact["location"]["s3Location"]
    body = os.environ["BUILT"].encode()
    client("s3").put_object(Bucket=place["bucketName"], Key=place["objectKey"], Body=body)
    time.sleep(1 - time.time() % 1)
    client("codepipeline").put_job_success_result(jobId=job["id"])


class CiAccount:
    """The account, with S3 and KMS at `endpoint`. `function` takes the place of the gate."""

    def __init__(self, folder, endpoint, keys, function=BINARIES / "gate"):
        self.keys = keys
        self.s3, self.kms = (client(endpoint, service) for service in ("s3", "kms"))
        create_buckets(self.s3)
        key = self.kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        self.key = key["Arn"]
        rule = {
            "requireSignature": True,
            "signingKeys": {person: [keys[person].line] for person in SLOTS.values()},
            "proof": {"key": self.key, "store": f"s3://{STORE}", "environment": "prod"},
        }
        path, program = folder / "gates-rule.json", folder / "gate"
        path.write_text(json.dumps(rule))
        program.write_text(
            "#!/bin/sh\n"
            f"export AWS_ENDPOINT_URL_KMS={endpoint} AWS_ENDPOINT_URL_S3={endpoint}\n"
            f'exec "{function}"\n'
        )
        program.chmod(0o755)
        arguments = ["--rule", path, "--gate", program, "--region", REGION]
        arguments += ["--function", f"build={written(folder / 'build', build)}"]
        for variable in (f"AWS_ENDPOINT_URL_S3={endpoint}", f"BUILT={BUILT.decode()}"):
            arguments += ["--function-env", f"build:{variable}"]
        self.emulator = Emulator(*arguments)
        self.api = self.emulator.client("sso-carol")
        self.api.create_pipeline(pipeline=pipeline())
        self.emulator.idle("sso-carol", PIPELINE)

    def public_key(self):
        """The gate's public key in DER."""
        return self.kms.get_public_key(KeyId=self.key)["PublicKey"]

    def start(self, revision=COMMIT):
        """Starts a release, and waits until it is built."""
        chosen = {"actionName": "Source", "revisionType": "COMMIT_ID", "revisionValue": revision}
        started = self.api.start_pipeline_execution(name=PIPELINE, sourceRevisions=[chosen])
        self.attempt(started["pipelineExecutionId"], "Build")
        return started["pipelineExecutionId"]

    def approve(self, execution, signers=SLOTS, revision=COMMIT):
        """Answers each slot with the signature of a person."""
        for slot, person in signers.items():
            token = self.attempt(execution, slot, "InProgress")["actionExecutionId"]
            fields = {
                "pipeline": PIPELINE,
                "execution": execution,
                "stage": STAGE,
                "action": slot,
                "attempt": token,
                "answer": "Approved",
                "revisions": revision,
            }
            result = {"status": "Approved", "summary": self.keys[person].comment(fields)}
            self.emulator.cli(
                person, "put-approval-result", "--pipeline-name", PIPELINE, "--stage-name", STAGE,
                "--action-name", slot, "--token", token, "--result", json.dumps(result),
            )  # fmt: skip

    def attempt(self, execution, name, *statuses):
        """The attempt of an action, once it has one of the statuses."""
        wanted = {"pipelineExecutionId": execution}
        for _ in range(1200):
            details = self.api.list_action_executions(pipelineName=PIPELINE, filter=wanted)
            for it in details["actionExecutionDetails"]:
                if it["actionName"] == name and it["status"] in (statuses or ("Succeeded",)):
                    return it
            time.sleep(0.05)
        raise AssertionError(f"{name} is not {statuses or 'Succeeded'}: {details}")

    def told_to_deploy(self, execution):
        """The variables that the action of the deployment gives its build."""
        configuration = self.attempt(execution, "Deploy")["input"]["resolvedConfiguration"]
        given = json.loads(configuration["EnvironmentVariables"])
        return {each["name"]: each["value"] for each in given}

    def proof(self, execution):
        """The proof in the store, as text. `None` if there is none."""
        bucket, _, prefix = STORE.partition("/")
        key = f"{prefix}/{PIPELINE}/{execution}.json"
        try:
            return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        except self.s3.exceptions.NoSuchKey:
            return None

    def sign(self, octets):
        """What everybody can do who may use the gate's key."""
        request = {"KeyId": self.key, "SigningAlgorithm": "ECDSA_SHA_256", "Message": octets}
        return self.kms.sign(**request)["Signature"]

    def stop(self):
        self.emulator.stop()


def client(endpoint, service):
    return SESSION.create_client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def create_buckets(s3):
    """Those of artifacts and proofs, unless they are there."""
    there = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for bucket in {ARTIFACTS, STORE.partition("/")[0]} - there:
        place = {"LocationConstraint": REGION}
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)


def in_one_line(der):
    """A public key as `aws kms get-public-key --output text` prints it."""
    return base64.b64encode(der).decode()
