"""relay.yaml, deployed on loopback: its state machines, queues, bucket and topic, as the template
declares them.
"""

import base64
import gzip
import json
import re
import time
import urllib.request
from contextlib import contextmanager

from cloudformation import TEMPLATES, load, resolve
from conftest import BINARIES
from lambda_runtime import Function
from step_functions import ACCOUNT, REGION, client, environment, serving

RULE = {"quorum": 2, "stage": "Release"}
PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "TwoPersonRule": json.dumps(RULE),
    "Pipelines": '{"payments":{"environment":"prod","account":"111122223333"}}',
    "Image": f"public.ecr.aws/acme/release@sha256:{'0' * 64}",
    "TaskPolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/deploy",
    "Subnets": "subnet-1,subnet-2",
    "SecurityGroups": "sg-1",
    "CiPrincipal": "arn:aws:iam::111122223333:role/ci",
}
# The ARNs that the definitions name by logical ids.
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:two-person-rule-relay"
TASK = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/two-person-rule-relay-release:1"
CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/two-person-rule-relay"
DEADLINE = 60


def resources(**parameters):
    return resolve(load("relay.yaml"), **{**PARAMETERS, **parameters})


def definition(resource, **known):
    """The state machine that a resource declares, as Step Functions gets it."""
    properties = resource["Properties"]
    text = (TEMPLATES / properties["DefinitionUri"]).read_text()
    values = {
        name: known.get(value, value)
        for name, value in properties["DefinitionSubstitutions"].items()
    }
    written = set(re.findall(r"\$\{(\w+)\}", text))
    assert written == values.keys()
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", str(value))
    return text


class Stack:
    def __init__(self, services, endpoint, **parameters):
        self.services, self.endpoint = services, endpoint
        self.states, self.sqs, self.s3 = (
            client(endpoint, s) for s in ("stepfunctions", "sqs", "s3")
        )
        self.resources = resources(**parameters)
        queue = self.resources["Feedback"]["Properties"]
        attributes = {"FifoQueue": "true", "VisibilityTimeout": str(queue["VisibilityTimeout"])}
        self.queue = self.sqs.create_queue(QueueName=queue["QueueName"], Attributes=attributes)[
            "QueueUrl"
        ]
        self.bucket = self.resources["Proofs"]["Properties"]["BucketName"]
        self.s3.create_bucket(
            Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        known = {
            "Relay.Arn": FUNCTION,
            "Cluster.Arn": CLUSTER,
            "ReleaseTask": TASK,
            "Proofs": self.bucket,
            "Feedback": self.queue,
        }
        self.door, self.release = (
            self.states.create_state_machine(
                name=self.resources[name]["Properties"]["Name"],
                definition=definition(self.resources[name], **known),
                roleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}",
            )["stateMachineArn"]
            for name in ("RelayDoor", "ReleaseMachine")
        )
        if topic := self.resources.get("Requests"):
            sns = client(endpoint, "sns")
            self.topic = sns.create_topic(Name=topic["Properties"]["TopicName"])["TopicArn"]
            address = f"{endpoint}/notified/{FUNCTION}"
            sns.subscribe(TopicArn=self.topic, Protocol="http", Endpoint=address)
            self.publish = lambda request: sns.publish(
                TopicArn=self.topic, Message=json.dumps(request)
            )
        (container,) = self.resources["ReleaseTask"]["Properties"]["ContainerDefinitions"]
        services.containers[TASK] = container
        services.environment = environment(endpoint)
        settings = self.resources["Relay"]["Properties"]["Environment"]["Variables"]
        settings["RELAY"] = settings["RELAY"].replace("Feedback", self.queue)
        self.function = Function(
            FUNCTION, BINARIES / "relay", {**environment(endpoint), **settings}
        )
        services.functions[FUNCTION] = self.function
        services.on_lines = self.subscribed

    def subscribed(self, stream, lines):
        """Hands lines of a container to the function, as a subscription of CloudWatch Logs does."""
        events = [
            {"id": f"{number:056}", "timestamp": 1_795_672_800_000, "message": line}
            for number, line in lines
        ]
        logged = {
            "messageType": "DATA_MESSAGE",
            "owner": ACCOUNT,
            "logGroup": self.resources["ReleaseLogs"]["Properties"]["LogGroupName"],
            "logStream": stream,
            "subscriptionFilters": ["feedback"],
            "logEvents": events,
        }
        packed = gzip.compress(json.dumps(logged).encode())
        self.function({"awslogs": {"data": base64.b64encode(packed).decode()}})

    def runs(self, *command):
        """What the container runs from now on."""
        self.services.containers[TASK]["Command"] = [str(word) for word in command]

    def start(self, execution, proof=None, **more):
        """Starts the release machine, as the relay's function does."""
        request = {
            "pipeline": "payments",
            "executionId": execution,
            "environment": "prod",
            "revisions": ["3" * 40],
            "proof": proof,
            **more,
        }
        return self.states.start_execution(
            stateMachineArn=self.release, name=execution, input=json.dumps(request)
        )["executionArn"]

    def ended(self, execution):
        """An execution that is over."""
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            found = self.states.describe_execution(executionArn=execution)
            if found["status"] != "RUNNING":
                return found
            time.sleep(0.05)
        raise AssertionError(f"{execution} does not end")

    def messages(self, ends=1):
        """What is in the feedback queue, until it has so many ends."""
        found = []
        deadline = time.monotonic() + DEADLINE
        while sum("end" in message for message in found) < ends:
            assert time.monotonic() < deadline, found
            got = self.sqs.receive_message(
                QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
            ).get("Messages", [])
            for message in got:
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return found


@contextmanager
def deployed(monkeypatch, **parameters):
    with serving(monkeypatch) as (services, endpoint):
        reset = urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")
        urllib.request.urlopen(reset).close()
        yield Stack(services, endpoint, **parameters)
