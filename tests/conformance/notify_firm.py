"""A firm that is told what awaits it: mails by moto's SNS, and messages by webhooks whose addresses
are in moto's Secrets Manager.
"""

import contextlib
import json

import boto3
from conftest import PIPELINE
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.sns.models import Subscription
from notify import REGION, Function, Router, Sink, event_of
from test_desk import ACCOUNT, Company

ORIGIN = "https://approve.example.com"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Desk"
# A part of the webhooks' addresses.
TOKEN = "T0KEN-that-nobody-may-see"
PEOPLE = ("alice", "bob", "carol", "mallory")

# moto makes a key for each subscription, and nobody verifies its signatures here.
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
Subscription.private_key = lambda _: KEY


class Firm(Company):
    """alice, bob and carol have a key in the rule, and each has subscribed to what is about them.
    mallory has no key, and has subscribed too. `all` has no filter, and `stopped` one for what the
    gate does not let pass.
    """

    def __init__(self, folder, moto, lag="0", **rule):
        self.folder = folder
        for name in PEOPLE:
            self.make_key(name)
        keys = {name: [self.public(name)] for name in ("alice", "bob", "carol")}
        desk = {"rpId": "approve.example.com", "origin": ORIGIN}
        common = {"signingKeys": keys, "requireSignature": True, "desk": desk}
        super().__init__(folder, {**common, **rule}, lag=lag)
        self.sink = Sink()
        self.router = Router(self.emulator.exports["AWS_ENDPOINT_URL"], moto)
        self.functions = []
        self.clients = {
            service: boto3.client(
                service,
                region_name=REGION,
                endpoint_url=moto,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
            for service in ("sns", "secretsmanager")
        }
        self.topic = self.new_topic(folder.name)
        self.secret = self.clients["secretsmanager"].create_secret(
            Name=folder.name,
            SecretString=json.dumps(
                {chat: f"{self.sink.address}/{chat}/{TOKEN}" for chat in ("slack", "teams")}
            ),
        )["ARN"]

    def make_key(self, name, *options):
        if not (self.folder / name).exists():
            super().make_key(name, *options)

    def new_topic(self, name):
        sns = self.clients["sns"]
        topic = sns.create_topic(Name=name)["TopicArn"]
        filters = {name: {"people": [name]} for name in PEOPLE}
        filters |= {"all": {}, "stopped": {"pipeline": [PIPELINE], "event": ["stopped"]}}
        for name, policy in filters.items():
            sns.subscribe(
                TopicArn=topic,
                Protocol="http",
                Endpoint=f"{self.sink.address}/mail/{name}",
                Attributes={"FilterPolicy": json.dumps(policy)} if policy else {},
            )
        return topic

    def function(self, **settings):
        environment = self.emulator.environment("reader") | {
            "AWS_ENDPOINT_URL": self.router.address,
            "AWS_REGION": REGION,
        }
        common = {
            "TWO_PERSON_RULE": json.dumps(self.rule),
            "DESK_TASK": "notify",
            "DESK_ROLE": ROLE,
            "DESK_TOPIC": self.topic,
            "DESK_WEBHOOKS": self.secret,
        }
        settings = {name: it for name, it in {**common, **settings}.items() if it is not None}
        self.functions.append(Function(self.folder, environment, **settings))
        return self.functions[-1]

    def told(self):
        """Who has got a mail, with its subject."""
        return {
            person: [it["Subject"] for it in self.sink.mails(person)]
            for person in PEOPLE
            if self.sink.mails(person)
        }

    def posted(self, chat):
        return self.sink.at(f"/{chat}/{TOKEN}")

    def sign(self, person, action, *more):
        code, report = self.approve(person, action, "--key", self.folder / person, *more)
        assert code == 0, report

    def runs(self, execution):
        """The history of an execution. It takes a while until there is one."""
        with contextlib.suppress(self.api.exceptions.PipelineExecutionNotFoundException):
            return self.api.list_action_executions(
                pipelineName=PIPELINE, filter={"pipelineExecutionId": execution}
            )["actionExecutionDetails"]
        return []

    def waiting(self, execution):
        return {it["actionName"] for it in self.runs(execution) if it["status"] == "InProgress"}

    def stage(self):
        state = self.api.get_pipeline_state(name=PIPELINE)
        (stage,) = (it for it in state["stageStates"] if it["stageName"] == "Approve")
        return stage

    def unsigned(self, *actions):
        """Answers that the gate does not count."""
        for run in self.stage()["actionStates"]:
            if run["actionName"] in actions:
                self.api.put_approval_result(
                    pipelineName=PIPELINE,
                    stageName="Approve",
                    actionName=run["actionName"],
                    token=run["latestExecution"]["token"],
                    result={"status": "Approved", "summary": "unsigned"},
                )

    def release(self, **more):
        self.create(**more)
        self.start()
        self.until(lambda: self.open() == {"ApprovalA", "ApprovalB"})
        # If everything lags, the creation of the pipeline may have started it.
        return self.stage()["latestExecution"]["pipelineExecutionId"]

    def ended_event(self, execution, action):
        return event_of(self.ended(execution, action), PIPELINE)

    def until(self, holds):
        for _ in range(600):
            if holds():
                return
            self.sink.pause()
        raise AssertionError(self.sink.posted)

    def stop(self):
        for function in self.functions:
            function.stop()
        self.router.stop()
        self.sink.stop()
        super().stop()
