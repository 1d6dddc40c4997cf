"""The relay's function in production's account, where a fault is met: the emulator has the
pipeline, and moto the state machine and the queue.
"""

import json
import threading

import boto3
from conftest import BINARIES, PIPELINE, STAGE
from faults_worlds import ACCOUNT, REGION, SLOTS, World, moto
from faulty_wire import FaultyWire
from lambda_runtime import Function, FunctionError
from relay_function import handed_over, numbered

READER = f"arn:aws:iam::{ACCOUNT}:role/two-person-rule-read"
READS = f"arn:aws:sts::{ACCOUNT}:assumed-role/two-person-rule-read/two-person-rule-relay"
START, SEND = "states:StartExecution", "sqs:SendMessageBatch"
# Seconds that an invocation may take.
INVOCATION = 9


class Services:
    """moto, once for all cases, with a machine and a queue for each."""

    lock, number, endpoint = threading.Lock(), 0, None

    @classmethod
    def made(cls):
        with cls.lock:
            if cls.endpoint is None:
                cls.endpoint = moto()
                keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
                cls.states, cls.sqs = (
                    boto3.client(it, region_name=REGION, endpoint_url=cls.endpoint, **keys)
                    for it in ("stepfunctions", "sqs")
                )
            cls.number += 1
            machine = cls.states.create_state_machine(
                name=f"release-{cls.number}",
                definition="{}",
                roleArn="arn:aws:iam::123456789012:role/x",
            )["stateMachineArn"]
            queue = cls.sqs.create_queue(
                QueueName=f"feedback-{cls.number}.fifo", Attributes={"FifoQueue": "true"}
            )["QueueUrl"]
            return machine, queue


class Relay(World):
    """A request for a release that two people have approved."""

    name = "relay, two people"
    approvers = ("alice", "carol")
    operations = (
        "sts:AssumeRole",
        "codepipeline:ListActionExecutions",
        "codepipeline:GetPipelineState",
        "codepipeline:GetPipelineExecution",
        "iam:GetRole",
        START,
    )
    words = ("started", "refused", "unavailable")

    def play(self, case):
        machine, queue = Services.made()
        met = lambda request: request.headers["x-amz-target"] == f"AWSStepFunctions.{START[7:]}"
        wire = FaultyWire(Services.endpoint, case, lambda it: case.operation == START and met(it))
        caller = "manager" if case.operation == "sts:AssumeRole" else READS
        self.serve(*([] if case.operation == START else [case.entry(caller)]))
        try:
            self.look()
            for key_id, slot in zip(self.approvers, SLOTS, strict=True):
                self.approve(key_id, slot)
            word = self.told(self.function(machine, queue, wire.endpoint))
            runs = Services.states.list_executions(stateMachineArn=machine)["executions"]
            # What it says is so, and if it does not know, it runs once at most.
            assert [it["name"] for it in runs] in ([], [self.execution]), runs
            assert word == "unavailable" or bool(runs) == (word == "started"), (word, runs)
            return word
        finally:
            wire.stop()
            self.emulator.stop()

    def function(self, machine, queue, endpoint):
        rule = {"stage": STAGE, "actions": list(SLOTS), "excludeInitiator": True}
        rule["trustedSessionRoles"] = ["AWSReservedSSO_*"]
        pipeline = {"environment": "prod", "account": ACCOUNT, "role": READER}
        settings = {
            "pipelines": {PIPELINE: pipeline},
            "maxAgeMinutes": 60,
            "stateMachine": machine,
            "feedbackQueue": queue,
        }
        environment = {
            **self.emulator.environment("manager"),
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL_SFN": endpoint,
            "AWS_ENDPOINT_URL_SQS": endpoint,
            "RELAY": json.dumps(settings),
            "TWO_PERSON_RULE": json.dumps(rule),
        }
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:two-person-rule-relay"
        return Function(arn, BINARIES / "relay", environment, seconds=INVOCATION)

    def told(self, function):
        try:
            answer = function({"pipeline": PIPELINE, "executionId": self.execution})
        except FunctionError as error:
            said = error.args[0]
            assert said["errorMessage"], said
            return {"Refused": "refused", "Unavailable": "unavailable"}[said["errorType"]]
        assert answer["started"] is True, answer
        return "started"


class RelayOfOne(Relay):
    """A request for a release that one person has approved twice."""

    name = "relay, one person twice"
    approvers = ("alice", "alice-sso")
    words = ("refused", "unavailable")
    step = 3


class Feedback(Relay):
    """Lines of a release on their way back to CI."""

    name = "relay, lines of a release"
    operations = (SEND,)
    words = ("sent", "unavailable")

    def play(self, case):
        machine, queue = Services.made()
        met = lambda request: request.headers["x-amz-target"] == "AmazonSQS.SendMessageBatch"
        wire = FaultyWire(Services.endpoint, case, met)
        self.serve()
        try:
            function = self.function(machine, queue, wire.endpoint)
            lines, _ = numbered(self.execution, "echo", "hello")
            word = self.logged_by(function, lines)
            received = Services.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            bodies = [it["Body"] for it in received.get("Messages", [])]
            # All or none, and none twice.
            assert len(bodies) in (0, len(lines)) and len(set(bodies)) == len(bodies), bodies
            assert word == "unavailable" or bodies, word
            return word
        finally:
            wire.stop()
            self.emulator.stop()

    def logged_by(self, function, lines):
        try:
            function(handed_over(lines))
        except FunctionError as error:
            assert error.args[0]["errorType"] == "Unavailable", error.args
            return "unavailable"
        return "sent"
