"""The Step Functions on loopback itself: what one test starts does not reach the next."""

import json

from step_functions import ACCOUNT, client, serving

WAITS = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}


def test_an_execution_ends_with_its_server(monkeypatch):
    """moto would send the calls of its later states to the next server."""
    with serving(monkeypatch) as (_, endpoint):
        states = client(endpoint, "stepfunctions")
        machine = states.create_state_machine(
            name="waits",
            definition=json.dumps(WAITS),
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/waits",
        )["stateMachineArn"]
        started = states.start_execution(stateMachineArn=machine, name="one")["executionArn"]
        assert states.describe_execution(executionArn=started)["status"] == "RUNNING"
    with serving(monkeypatch) as (_, endpoint):
        states = client(endpoint, "stepfunctions")
        assert states.describe_execution(executionArn=started)["status"] == "ABORTED"
