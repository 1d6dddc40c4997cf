"""The relay's function judges by production's own rule, and starts a release once. The built binary
in Lambda's runtime, against moto. Proofs as `proofs.py` writes them.
"""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from proofs import COMMIT, ENVIRONMENT, PIPELINE, GateKey, Release
from relay_function import Refused, numbered, production, record, rule_of
from signatures import Key


class World:
    """Production, the people that it knows, and the gate of CI's account."""

    def __init__(self, folder, account):
        self.account, self.gate = account, GateKey()
        self.alice, self.bob, self.mallory = (
            Key(folder, name) for name in ("alice", "bob", "mallory")
        )
        self.rule = rule_of(self.alice, self.bob)
        self.pem = self.gate.pem().decode()

    def approved(self, **changed):
        return Release(**changed).signed_by(ApprovalA=self.alice, ApprovalB=self.bob)

    def request(self, release, **more):
        return {"proof": json.loads(release.proof(self.gate.sign)), **more}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("relay")
    with production(folder, "relay") as account:
        world = World(folder, account)
        account.deploy(world.rule, account.settings(key=world.pem))
        yield world


@pytest.fixture
def account(world):
    yield world.account
    world.account.messages()


def test_a_proof_starts_the_release_with_what_was_verified(world, account):
    release = world.approved()
    request = world.request(release)
    answer = account(request)
    assert answer["started"] is True
    assert answer["executionArn"].endswith(f":execution:relay-release:{release.execution}")
    assert "is started" in answer["message"]
    assert account.started()[release.execution] == {
        "pipeline": PIPELINE,
        "executionId": release.execution,
        "environment": ENVIRONMENT,
        "revisions": [COMMIT],
        "proof": request["proof"],
    }
    assert account.messages() == []


def test_nothing_is_released_twice(world, account):
    release = world.approved()
    request = world.request(release)
    first = account(request)
    before = len(account.started())
    # A retry, while the release runs.
    assert account(request) == first
    # Another proof of the same release.
    again = account(world.request(replace_made(release)))
    assert again["started"] is False and "nothing is started" in again["message"]
    # The same one, after the release has ended.
    account.states.stop_execution(executionArn=first["executionArn"])
    late = account(request)
    assert (late["started"], late["executionArn"]) == (False, first["executionArn"])
    assert len(account.started()) == before


def replace_made(release):
    release.made += timedelta(seconds=1)
    return release


def refused(world):
    """Requests that production refuses, by what it says about them."""
    now = datetime.now(UTC)
    sound = world.approved()
    proof = world.request(sound)["proof"]
    altered = json.loads(sound.proof(world.gate.sign))
    altered["payload"] = json.loads(world.approved(revisions=["e" * 40]).proof())["payload"]
    one = Release().signed_by(ApprovalA=world.alice)
    return {
        "envelope-signature: nobody signed": {"proof": json.loads(sound.proof())},
        "envelope-signature: the given key did not": {
            "proof": json.loads(sound.proof(GateKey().sign))
        },
        "envelope-signature: the given key did not sign the envelope, or it was": {
            "proof": altered
        },
        "another-pipeline: sandbox may not be released here, only payments": world.request(
            world.approved(pipeline="sandbox")
        ),
        "another-environment: it is for test, not for prod": world.request(
            world.approved(environment="test")
        ),
        "too-old: it was made": world.request(world.approved(made=now - timedelta(hours=2))),
        "from-the-future": world.request(world.approved(made=now + timedelta(hours=2))),
        "missing-approval": world.request(one),
        "same-person": world.request(
            Release().signed_by(ApprovalA=world.alice, ApprovalB=world.alice)
        ),
        "not-signed": world.request(Release().signed_by(ApprovalA=world.alice, ApprovalB=None)),
        "bad-signature": world.request(
            Release().signed_by(ApprovalA=world.alice, ApprovalB=world.mallory)
        ),
        "unknown field `environment`": {"proof": proof, "environment": "prod"},
        "either `proof`, or `pipeline` and `executionId`": {
            "proof": proof,
            "pipeline": PIPELINE,
            "executionId": sound.execution,
        },
        "it is not a DSSE envelope": {"proof": {"payload": "e30="}},
        "may be released by a proof only": {"pipeline": PIPELINE, "executionId": sound.execution},
        "an execution: a UUID": {"pipeline": PIPELINE, "executionId": "../x"},
        "the request cannot be read": "deploy!",
    }


def test_what_production_refuses_starts_nothing_and_says_why(world, account):
    before = account.started()
    cases = refused(world)
    for number, (told, request) in enumerate(cases.items()):
        ticket = f"ticket-{number}"
        has_ticket = isinstance(request, dict) and "environment" not in request
        if has_ticket:
            request = {**request, "ticket": ticket}
        with pytest.raises(Refused) as failed:
            account(request)
        name, message = failed.value.args
        assert name == "Refused" and told in message, (told, message)
        (answer,) = account.messages()
        assert answer["refused"] is True and told in "; ".join(answer["reasons"])
        # A request that cannot be read has no ticket either.
        reads = has_ticket and "either" not in told and "UUID" not in told
        assert answer.get("ticket") == (ticket if reads else None), told
    assert account.started() == before and len(cases) == 17


def test_a_refusal_does_not_use_up_the_name_of_the_release(world, account):
    release = Release().signed_by(ApprovalA=world.alice)
    with pytest.raises(Refused):
        account(world.request(release))
    release.signed_by(ApprovalB=world.bob)
    assert account(world.request(release))["started"] is True


def test_each_record_of_sns_is_judged(world, account):
    good, bad = world.approved(), Release().signed_by(ApprovalA=world.alice)
    event = record(json.dumps(world.request(bad)), "nonsense", json.dumps(world.request(good)))
    with pytest.raises(Refused) as failed:
        account(event)
    name, message = failed.value.args
    first, second = message.splitlines()
    assert name == "Refused"
    assert first.startswith("record 1 of 3: ") and "missing-approval" in first
    assert second.startswith("record 2 of 3: ") and "cannot be read" in second
    assert good.execution in account.started() and bad.execution not in account.started()
    assert len(account.messages()) == 2
    answers = account(record(json.dumps(world.request(good))))
    assert [it["executionId"] for it in answers] == [good.execution]


def test_lines_come_back_in_order_and_numbers_are_kept(world, account):
    id = "3137f7cb-7cf7-4abc-9b2c-0000000000a1"
    lines, code = numbered(id, "sh", "-c", "seq 25; echo '{\"x\": 1}' >&2; exit 7")
    assert code == 7 and len(lines) == 27
    assert account.logged([*lines, "not from relay run"]) == {"sent": 28}
    found = account.messages()
    texts = [f"{number}" for number in range(1, 26)]
    assert [it["text"] for it in found if "line" in it and it["text"] in texts] == texts
    assert sorted(it["line"] for it in found if "line" in it) == list(range(1, 27))
    assert found[-2] == {"release": id, "end": True, "lines": 26, "exitCode": 7}
    assert found[-1] == {"release": id, "text": "not from relay run"}


def test_lines_that_are_delivered_again_are_not_doubled(world, account):
    id = "3137f7cb-7cf7-4abc-9b2c-0000000000a2"
    lines, _ = numbered(id, "seq", "12")
    account.logged(lines)
    account.logged(lines)
    assert len(account.messages()) == 13
    assert account.logged(["CWL CONTROL MESSAGE"], kind="CONTROL_MESSAGE") == {"sent": 0}
    # Nobody could tell which release this is about.
    assert account.logged(["exec: relay: not found"], stream="x") == {"sent": 0}
    assert account.messages() == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("", "the environment variable RELAY is wrong at `.`: EOF"),
        ({"queue": "x"}, "unknown field `queue`"),
        ({"stateMachine": "release"}, "`stateMachine`: it is not the ARN of a state machine"),
        ({"maxAgeMinutes": 0}, "`maxAgeMinutes`: it must be 1 to 86400 minutes"),
        ({"key": "s3cret"}, "`key`: it is not a public key"),
    ],
)
def test_settings_that_are_wrong_release_nothing_and_name_the_key(world, tmp_path, changed, told):
    with production(tmp_path, "wrong") as account:
        settings = "" if changed == "" else account.settings(**changed)
        account.deploy(world.rule, settings)
        with pytest.raises(Refused) as failed:
            account(world.request(world.approved()))
        name, message = failed.value.args
        assert name == "Misconfigured" and told in message, message
        assert "s3cret" not in message + account.function.logged()
        assert account.started() == {}


def test_without_the_gates_key_only_people_are_believed(world, tmp_path):
    with production(tmp_path, "keyless") as account:
        account.deploy(world.rule, account.settings())
        release = world.approved()
        assert account({"proof": json.loads(release.proof())})["started"] is True
        for release in (
            Release().signed_by(ApprovalA=world.alice, ApprovalB=None),
            Release().signed_by(ApprovalA=world.alice, ApprovalB=world.mallory),
        ):
            with pytest.raises(Refused) as failed:
                account(world.request(release))
            assert failed.value.args[0] == "Refused"
            assert release.execution not in account.started()


def test_a_machine_that_is_not_there_is_worth_another_try(world, tmp_path):
    with production(tmp_path, "gone") as account:
        gone = account.machine.replace("gone-release", "nowhere")
        account.deploy(world.rule, account.settings(key=world.pem, stateMachine=gone))
        with pytest.raises(Refused) as failed:
            account(world.request(world.approved()))
        name, message = failed.value.args
        assert name == "Unavailable" and "approved, but it could not be started" in message
        assert account.messages() == []


def test_the_log_says_what_was_decided_and_not_how_it_is_set_up(world):
    log = world.account.function.logged()
    assert re.search(r'"level":"ERROR".*the release is refused', log), log[-2000:]
    assert '"level":"INFO"' in log and "is started" in log
    assert "BEGIN PUBLIC KEY" not in log and world.alice.line not in log


def test_a_rule_without_a_stage_releases_nothing(world, tmp_path):
    """Otherwise the approvals of a test stage would release, if one gate serves both stages."""
    rule = {name: value for name, value in world.rule.items() if name != "stage"}
    with production(tmp_path, "stageless") as account:
        account.deploy(rule, account.settings(key=world.pem))
        tested = Release(stage="Test").signed_by(ApprovalA=world.alice, ApprovalB=world.bob)
        for release in (tested, world.approved()):
            with pytest.raises(Refused) as failed:
                account(world.request(release))
            name, message = failed.value.args
            assert name == "Misconfigured" and "has no `stage`" in message, message
        assert account.started() == {}
