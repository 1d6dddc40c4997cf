"""A pipeline whose gate signs and stores a proof of each release: on the emulator, with moto's KMS
and S3. Before the approvals, a function builds the artifact that is released.
"""

import json
import time

import boto3
from conftest import PIPELINE, STAGE, Emulator, action, declaration
from lambda_function import written
from test_emulator_functions import invoke

REGION = "us-east-1"
ARTIFACTS = "artifacts"
SLOTS = ("ApprovalA", "ApprovalB")
BUILT = b"what people approve"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


def builds(job, client):
    """Writes its output artifact. The approvals open in a later second than S3 says it was
    written, as they do behind a real build.
    """
    import time

    (artifact,) = job["data"]["outputArtifacts"]
    place = artifact["location"]["s3Location"]
    written = {"Bucket": place["bucketName"], "Key": place["objectKey"]}
    s3 = client("s3")
    s3.put_object(Body=b"what people approve", **written)
    modified = s3.head_object(**written)["LastModified"].timestamp()
    while time.time() < modified + 1:
        time.sleep(0.05)
    client("codepipeline").put_job_success_result(jobId=job["id"])


def pipeline():
    """Source; Build; Approve, whose gate has what was built as its input; Deploy."""
    declared = declaration()
    inputs = {"inputArtifacts": [{"name": "BuildOutput"}]}
    made = {"inputArtifacts": [{"name": "Source"}], "outputArtifacts": [{"name": "BuildOutput"}]}
    source, approve, deploy = declared["stages"]
    approve["actions"][2] |= inputs
    deploy["actions"] = [action("Deploy", "Deploy", "S3", **inputs)]
    build = {"name": "Build", "actions": [invoke("Build", "build", **made)]}
    declared["stages"] = [source, build, approve, deploy]
    return declared


class Proving:
    """A firm with a pipeline, on one emulator for all tests. Each test has its own key and
    bucket.
    """

    def __init__(self, folder, moto):
        self.moto = moto
        clients = {"region_name": REGION, "endpoint_url": moto, **KEYS}
        self.kms, self.s3 = (boto3.client(name, **clients) for name in ("kms", "s3"))
        self.s3.create_bucket(Bucket=ARTIFACTS)
        endpoint = f"build:AWS_ENDPOINT_URL_S3={moto}"
        build = f"build={written(folder / 'build', builds)}"
        self.emulator = Emulator("--function", build, "--function-env", endpoint)
        self.api = self.emulator.client("bob")
        self.api.create_pipeline(pipeline=pipeline())
        self.emulator.idle("bob", PIPELINE)

    def prove(self, **proof):
        """Gives the gate a rule with a new key and a new bucket."""
        key = self.kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        self.key = key["KeyMetadata"]["Arn"]
        self.bucket = f"proofs-{self.key[-12:]}"
        self.s3.create_bucket(Bucket=self.bucket)
        proof = {"key": self.key, "store": f"s3://{self.bucket}/releases", **proof}
        variables = {
            "TWO_PERSON_RULE": json.dumps({"proof": proof}),
            "AWS_ENDPOINT_URL_KMS": self.moto,
            "AWS_ENDPOINT_URL_S3": self.moto,
        }
        self.emulator.client("bob", "lambda").update_function_configuration(
            FunctionName="two-person-rule", Environment={"Variables": variables}
        )

    def actions(self, execution):
        """The newest run of each action in the stages that this execution is or was the last in."""
        stages = self.api.get_pipeline_state(name=PIPELINE)["stageStates"]
        last = {"pipelineExecutionId": execution}
        stages = [it for it in stages if last.items() <= it.get("latestExecution", {}).items()]
        actions = (action for stage in stages for action in stage["actionStates"])
        return {action["actionName"]: action.get("latestExecution", {}) for action in actions}

    def until(self, look):
        """Waits until there is something to see."""
        for _ in range(600):
            if seen := look():
                return seen
            time.sleep(0.05)
        raise AssertionError(self.api.get_pipeline_state(name=PIPELINE))

    def opened(self):
        """Starts an execution. Returns it once its approvals are open."""
        execution = self.api.start_pipeline_execution(name=PIPELINE)["pipelineExecutionId"]

        def are_open():
            actions = self.actions(execution)
            return all("token" in actions.get(slot, {}) for slot in SLOTS)

        self.until(are_open)
        return execution

    def approved(self, execution, *people):
        """Two people approve. Returns how the execution ends."""
        for slot, person in zip(SLOTS, people, strict=True):
            self.emulator.client(person).put_approval_result(
                pipelineName=PIPELINE,
                stageName=STAGE,
                actionName=slot,
                token=self.actions(execution)[slot]["token"],
                result={"summary": "reviewed", "status": "Approved"},
            )
        asked = {"pipelineName": PIPELINE, "pipelineExecutionId": execution}

        def ended():
            found = self.api.get_pipeline_execution(**asked)["pipelineExecution"]["status"]
            return found if found != "InProgress" else None

        return self.until(ended)

    def outputs(self, execution, name):
        """What the run of an action has put out."""
        details = self.api.list_action_executions(
            pipelineName=PIPELINE, filter={"pipelineExecutionId": execution}
        )["actionExecutionDetails"]
        return next(it["output"] for it in details if it["actionName"] == name)

    def place(self, execution):
        """Where the history says that the input artifact of the gate is."""
        (artifact,) = self.outputs(execution, "Build")["outputArtifacts"]
        return {"Bucket": artifact["s3location"]["bucket"], "Key": artifact["s3location"]["key"]}

    def said(self, execution):
        """What the gate said when it failed."""
        error = self.actions(execution)["Gate"]["errorDetails"]
        return error["code"], error["message"]

    def proofs(self):
        """The keys of the proofs that are stored."""
        listed = self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return [it["Key"] for it in listed]

    def proof(self, execution):
        """The text of a proof."""
        place = f"releases/{PIPELINE}/{execution}.json"
        return self.s3.get_object(Bucket=self.bucket, Key=place)["Body"].read()

    def stop(self):
        self.emulator.stop()
