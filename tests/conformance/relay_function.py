"""Production on loopback: the built relay function, and moto for its state machine, its queue and
its topic.
"""

import base64
import gzip
import json
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import boto3
from conftest import BINARIES
from iam_endpoint import Aws, serving
from moto.sqs import models as sqs
from notify import Function, Sink
from proofs import ACCOUNT, ENVIRONMENT, PIPELINE, STAGE, GateKey, Release
from signatures import Key

REGION = "eu-west-1"

# moto loses a message that is sent while another is deleted: it replaces the list of messages by
# one that it has made before. And two who receive at the same time get messages of one group. So
# each waits for the other.
ONE_AT_A_TIME = threading.RLock()


def alone(method):
    def waiting(*arguments, **more):
        with ONE_AT_A_TIME:
            return method(*arguments, **more)

    return waiting


receive_now = alone(sqs.SQSBackend.receive_message)


def receive(backend, queue_name, count, wait_seconds_timeout, *more):
    deadline = time.monotonic() + wait_seconds_timeout
    while not (found := receive_now(backend, queue_name, count, 0, *more)):
        if time.monotonic() >= deadline:
            break
        time.sleep(0.02)
    return found


sqs.SQSBackend.receive_message = receive
sqs.Queue.add_message = alone(sqs.Queue.add_message)
sqs.Queue.delete_message = alone(sqs.Queue.delete_message)
DEADLINE = 60
SLOTS = ("ApprovalA", "ApprovalB")


def rule_of(*people, **more):
    """Production's own rule, with the keys of these people."""
    keys = {key.path.name: [key.line] for key in people}
    demands = {"stage": STAGE, "actions": SLOTS, "requireSignature": True}
    return {**demands, "signingKeys": keys, **more}


class Refused(Exception):
    """What the function fails with: the name of the error, and its message."""


class Production:
    """An account with the relay. `function` runs with the settings that it is deployed with."""

    def __init__(self, folder, endpoint, name):
        self.folder, self.endpoint = folder, endpoint
        self.environment = {**Aws(endpoint).environment, "AWS_REGION": REGION}
        keys = {
            "region_name": REGION,
            "endpoint_url": endpoint,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
        self.states, self.sqs, self.sns = (
            boto3.client(service, **keys) for service in ("stepfunctions", "sqs", "sns")
        )
        # moto does not interpret it: what is started runs until a test ends it.
        self.machine = self.states.create_state_machine(
            name=f"{name}-release", definition="{}", roleArn="arn:aws:iam::123456789012:role/x"
        )["stateMachineArn"]
        self.queue = self.sqs.create_queue(
            QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true", "VisibilityTimeout": "2"}
        )["QueueUrl"]
        self.function = None
        self.readers = []

    def settings(self, **changed):
        pipeline = {"environment": ENVIRONMENT, "account": ACCOUNT}
        return {
            "pipelines": {PIPELINE: pipeline},
            "maxAgeMinutes": 60,
            "stateMachine": self.machine,
            "feedbackQueue": self.queue,
            **changed,
        }

    def deploy(self, rule, settings, **environment):
        self.function = Function(
            self.folder,
            {**self.environment, **environment},
            "relay",
            RELAY=settings if isinstance(settings, str) else json.dumps(settings),
            TWO_PERSON_RULE=json.dumps(rule),
        )

    def __call__(self, event):
        kind, said = self.function.call(event)
        if kind == "error":
            raise Refused(said["errorType"], said["errorMessage"])
        return said

    def started(self):
        """The inputs of all releases that were started, by their names."""
        executions = self.states.list_executions(stateMachineArn=self.machine)["executions"]
        describe = self.states.describe_execution
        return {
            it["name"]: json.loads(describe(executionArn=it["executionArn"])["input"])
            for it in executions
        }

    def logged(self, lines, stream="release/release/1", kind="DATA_MESSAGE"):
        """The function gets lines of a container."""
        return self(handed_over(lines, stream, kind))

    def ended(self, execution, exit_code=0):
        """The release machine says how the task ended."""
        self.say(execution, end=True, exitCode=exit_code, reason=f"exit code {exit_code}")

    def say(self, execution, **message):
        body = json.dumps({"release": execution, **message})
        self.sqs.send_message(
            QueueUrl=self.queue,
            MessageBody=body,
            MessageGroupId=execution,
            MessageDeduplicationId=f"{execution}-{hash(body)}",
        )

    def messages(self):
        """All messages of the queue, which is empty then."""
        found = []
        while got := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in got:
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    def visible(self):
        """How many messages anybody could receive now."""
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["All"])
        return int(attributes["Attributes"]["ApproximateNumberOfMessages"])

    def desk(self, *arguments, **more):
        """`desk release` on CI's side, as it starts."""
        command = [BINARIES / "desk", "release", "--feedback", self.queue, *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        reader = subprocess.Popen(command, env=self.environment, **pipes, **more)
        self.readers.append(reader)
        return reader

    def stop_readers(self):
        """Those of a test that failed would take the messages of the next."""
        while self.readers:
            reader = self.readers.pop()
            if reader.poll() is None:
                reader.kill()
                reader.communicate()

    def topic(self, name):
        """A topic of SNS whose messages the function gets. `refusals` has what it fails with."""
        topic = self.sns.create_topic(Name=name)["TopicArn"]
        sink, refusals = Sink(), []

        def deliver():
            seen = 0
            while not sink.is_over.is_set():
                for message in sink.at("/relay")[seen:]:
                    seen += 1
                    if message["Type"] == "Notification":
                        try:
                            self(record(message["Message"]))
                        except Refused as refused:
                            refusals.append(refused)
                sink.pause()

        sink.is_over = threading.Event()
        thread = threading.Thread(target=deliver, daemon=True)
        thread.start()
        self.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{sink.address}/relay")
        return topic, sink, refusals


def handed_over(lines, stream="release/release/1", kind="DATA_MESSAGE"):
    """Lines of a container, as CloudWatch Logs hands them over."""
    events = [
        {
            "id": f"{abs(hash((stream, text))):056}",
            "timestamp": 1_795_672_800_000,
            "message": text,
        }
        for text in lines
    ]
    data = {
        "messageType": kind,
        "owner": ACCOUNT,
        "logGroup": "/ecs/release",
        "logStream": stream,
        "subscriptionFilters": ["feedback"],
        "logEvents": events,
    }
    packed = base64.b64encode(gzip.compress(json.dumps(data).encode())).decode()
    return {"awslogs": {"data": packed}}


def record(*messages):
    """What SNS hands to a function."""
    return {
        "Records": [
            {"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": {"Message": message}}
            for message in messages
        ]
    }


def numbered(execution, *command):
    """The lines that `relay run` prints for a command, and its exit code."""
    done = subprocess.run(
        [BINARIES / "relay", "run", "--", *command],
        env={"PATH": "/usr/bin:/bin", "EXECUTION_ID": execution},
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.splitlines(), done.returncode


def until(holds, what):
    deadline = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def ended(desk):
    out, err = desk.communicate(timeout=300)
    return out, err, desk.returncode


class World:
    """Production, the two people that it knows, and the gate of CI's account."""

    def __init__(self, folder, account):
        self.folder, self.account, self.gate = folder, account, GateKey()
        self.alice, self.bob = Key(folder, "alice"), Key(folder, "bob")
        settings = account.settings(key=self.gate.pem().decode())
        account.deploy(rule_of(self.alice, self.bob), settings)
        self.topic, self.sink, self.refusals = account.topic("relay")

    def stop(self):
        self.sink.is_over.set()
        self.sink.stop()

    def proof(self, release):
        path = self.folder / f"{release.execution}.json"
        path.write_text(release.proof(self.gate.sign))
        return path

    def approved(self):
        return Release().signed_by(ApprovalA=self.alice, ApprovalB=self.bob)

    def printed(self, count):
        """A release that prints so many lines and ends with 3: the lines, what `desk release`
        prints and ends with, and how long it takes from the request to the end.
        """
        account, release = self.account, self.approved()
        began = time.monotonic()
        desk = account.desk("--relay", self.topic, "--proof", self.proof(release))
        # Nobody may print more than a pipe holds if nobody reads.
        reading = ThreadPoolExecutor(1).submit(ended, desk)
        until(lambda: release.execution in account.started(), "the release is not started")
        loop = f'i=0; while [ $i -lt {count} ]; do i=$((i+1)); echo "line $i of \\"it\\""; done'
        lines, code = numbered(release.execution, "sh", "-c", f"{loop}; exit 3")
        assert code == 3
        for first in range(0, len(lines), 100):
            # moto is slow with many messages.
            until(lambda: account.visible() < 50 or desk.poll() is not None, "nobody reads")
            assert desk.poll() is None, reading.result()
            account.logged(lines[first : first + 100])
        account.ended(release.execution, exit_code=3)
        wanted = [f'line {number} of "it"' for number in range(1, count + 1)]
        return wanted, *reading.result(), time.monotonic() - began


@contextmanager
def production(folder, name):
    with serving() as endpoint:
        account = Production(folder, endpoint, name)
        try:
            yield account
        finally:
            if account.function:
                account.function.stop()
