"""The relay's function reads an execution itself, as a session of a role in the pipeline's account.
The emulator plays that account, and moto production's.
"""

import pytest
from conftest import PIPELINE, STAGE, declaration
from relay_function import Refused, production
from test_aws_cli import answer, start

ROLE = "arn:aws:iam::111122223333:role/two-person-rule-read"
SLOTS = ["ApprovalA", "ApprovalB"]


@pytest.fixture
def account(tmp_path, emulator):
    emulator.client("bob").create_pipeline(pipeline=declaration())
    emulator.idle("bob", PIPELINE)
    with production(tmp_path, "reads") as account:
        pipeline = {"environment": "prod", "account": "111122223333", "role": ROLE}
        account.deploy(
            {"stage": STAGE, "actions": SLOTS},
            account.settings(pipelines={PIPELINE: pipeline}),
            AWS_ACCESS_KEY_ID="bob",
            AWS_ENDPOINT_URL=emulator.exports["AWS_ENDPOINT_URL"],
            AWS_ENDPOINT_URL_SFN=account.endpoint,
            AWS_ENDPOINT_URL_SQS=account.endpoint,
        )
        yield account


def test_an_execution_is_released_as_soon_as_two_people_have_approved_it(emulator, account):
    execution = start(emulator)
    request = {"pipeline": PIPELINE, "executionId": execution}
    answer(emulator, "alice", "ApprovalA")
    with pytest.raises(Refused) as failed:
        account(request)
    name, message = failed.value.args
    assert name == "Refused" and "1 distinct person counted, 2 required" in message, message
    answer(emulator, "bob", "ApprovalB")
    assert account(request)["started"] is True
    released = account.started()[execution]
    assert released == {
        "pipeline": PIPELINE,
        "executionId": execution,
        "environment": "prod",
        "revisions": released["revisions"],
        "proof": None,
    }
    assert len(released["revisions"]) == 1


def test_one_person_twice_releases_nothing(emulator, account):
    execution = start(emulator)
    for slot in SLOTS:
        answer(emulator, "alice", slot)
    with pytest.raises(Refused) as failed:
        account({"pipeline": PIPELINE, "executionId": execution})
    name, message = failed.value.args
    assert name == "Refused" and "1 distinct person counted" in message
    assert execution not in account.started()
