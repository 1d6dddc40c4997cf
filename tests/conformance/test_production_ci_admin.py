"""What an administrator of CI's account, mallory, can make production believe. Mallory may do
everything there: call any API as anybody, sign with the gate's key, and write any proof. Mallory
has every answer that people ever signed, and nobody else's key.
"""

import base64
import itertools
import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from conftest import BINARIES
from proofs import COMMIT, ENVIRONMENT, PIPELINE, STAGE, GateKey, Release
from relay_stack import deployed
from signatures import Key

EVIL = "e" * 40
SLOTS = ("ApprovalA", "ApprovalB")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("world"))


class World:
    """Production's rule, and what people have signed so far."""

    def __init__(self, folder):
        self.folder, self.gate = folder, GateKey()
        self.alice, self.bob, self.mallory = (
            Key(folder, name) for name in ("alice", "bob", "mallory")
        )
        self.rule = folder / "rule.json"
        keys = {"alice": [self.alice.line], "bob": [self.bob.line]}
        demands = {"stage": STAGE, "actions": SLOTS, "requireSignature": True}
        self.rule.write_text(json.dumps({**demands, "signingKeys": keys}))
        self.key = folder / "gate.pem"
        self.key.write_bytes(self.gate.pem())

        def both(**changed):
            return Release(**changed).signed_by(ApprovalA=self.alice, ApprovalB=self.bob)

        # The one release that two people approved for production.
        self.good = both()
        # Everything else that people signed: none of it approves EVIL for production by two.
        self.others = {
            "one of two": Release(revisions=[EVIL]).signed_by(ApprovalA=self.alice),
            "one person twice": Release(revisions=[EVIL]).signed_by(
                ApprovalA=self.alice, ApprovalB=self.alice
            ),
            "in another stage": both(revisions=[EVIL], stage="Staging"),
            "of another pipeline": both(revisions=[EVIL], pipeline="sandbox"),
            "of two revisions": both(revisions=[COMMIT, EVIL], pipeline="sandbox"),
            "rejected": Release(revisions=[EVIL]).signed_by(
                "Rejected", ApprovalA=self.alice, ApprovalB=self.bob
            ),
            "with mallory's key": Release(revisions=[EVIL]).signed_by(
                ApprovalA=self.alice, ApprovalB=self.mallory
            ),
        }

    def verify(self, release, by_the_gate, *more):
        """What production's `policygen verify` says. `None` if it refuses."""
        path = self.folder / "proof.json"
        path.write_text(release.proof(self.gate.sign))
        command = [BINARIES / "policygen", "verify", path, "--rule", self.rule, *more]
        command += ["--pipeline", PIPELINE, "--format", "json"]
        if by_the_gate:
            command += ["--key", self.key, "--environment", ENVIRONMENT, "--max-age", "1h"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode in (0, 10), done.stderr
        answer = json.loads(done.stdout)
        assert answer["verified"] == (done.returncode == 0)
        return answer["release"]


@pytest.mark.parametrize("by_the_gate", [True, False])
def test_nothing_passes_that_two_people_did_not_sign(world, by_the_gate):
    """Every answer for one slot with every answer for the other, told as of the execution of either
    and as of the good one.
    """
    releases = [world.good, *world.others.values()]
    of = [
        [(release, it) for release in releases for it in release.answers if it.action == slot]
        for slot in SLOTS
    ]
    passed = []
    for (first, a), (second, b) in itertools.product(*of):
        for told in {first, second, world.good}:
            forged = Release(execution=told.execution, revisions=told.revisions, answers=[a, b])
            if verified := world.verify(forged, by_the_gate):
                passed.append((verified["executionId"], verified["revisions"]))
    assert passed == [(world.good.execution, [COMMIT])]


@pytest.mark.parametrize("by_the_gate", [True, False])
@pytest.mark.parametrize(
    "forgery",
    [
        "another-revision",
        "one-more-revision",
        "no-revision",
        "another-execution",
        "another-stage",
        "unsigned-approvals",
        "an-approval-too-few",
        "the-same-answer-twice",
    ],
)
def test_a_good_release_altered_in_one_place_is_refused(world, by_the_gate, forgery):
    good = world.good
    forged = Release(execution=good.execution, answers=list(good.answers))
    first, last = good.answers
    match forgery:
        case "another-revision":
            forged.revisions = [EVIL]
        case "one-more-revision":
            forged.revisions = [COMMIT, EVIL]
        case "no-revision":
            forged.revisions = []
        case "another-execution":
            forged.execution = Release().execution
        case "another-stage":
            forged.stage = "Staging"
        case "unsigned-approvals":
            forged.answers = [replace(it, comment="reviewed") for it in good.answers]
        case "an-approval-too-few":
            forged.answers = [last]
        case "the-same-answer-twice":
            forged.answers = [first, replace(first, action=last.action)]
    assert world.verify(forged, by_the_gate) is None
    assert world.verify(good, by_the_gate)["revisions"] == [COMMIT]


def test_the_relay_starts_nothing_that_two_people_did_not_sign(world, monkeypatch):
    """All of it, signed with the gate's key and sent to production's door."""
    parameters = {
        "TwoPersonRule": world.rule.read_text(),
        "GateKey": base64.b64encode(world.gate.der()).decode(),
    }
    with deployed(monkeypatch, **parameters) as stack:
        ran = world.folder / "ran"
        stack.runs("touch", ran)

        def ask(release):
            started = stack.states.start_execution(
                stateMachineArn=stack.door,
                name=release.execution,
                input=json.dumps({"proof": json.loads(release.proof(world.gate.sign))}),
            )
            return stack.ended(started["executionArn"])

        for name, release in world.others.items():
            ended = ask(release)
            assert (ended["status"], ended["error"]) == ("FAILED", "Refused"), name
        assert stack.services.runs == [] and not ran.exists()
        answer = json.loads(ask(world.good)["output"])
        assert answer["started"] and stack.ended(answer["executionArn"])["status"] == "SUCCEEDED"
        assert ran.exists()


# --- What remains possible. The page says so.


@pytest.mark.parametrize("by_the_gate", [True, False])
def test_a_later_rejection_can_be_left_out(world, by_the_gate):
    """People sign single answers, and nobody signs that there was no other one."""
    release = Release().signed_by(ApprovalA=world.alice, ApprovalB=world.bob)
    complete = Release(execution=release.execution, answers=list(release.answers))
    complete.signed_by("Rejected", Security=world.bob)
    complete.answers[-1] = replace(complete.answers[-1], status="Failed")
    assert world.verify(complete, by_the_gate) is None
    assert world.verify(release, by_the_gate) is not None


def test_what_two_people_once_signed_can_be_deployed_late(world):
    """An answer has no time in it, and the gate's key tells another one."""
    late = Release(made=datetime.now(UTC) - timedelta(days=300))
    late.signed_by(ApprovalA=world.alice, ApprovalB=world.bob)
    assert world.verify(late, True) is None, "as the gate would have signed it"
    late.made = datetime.now(UTC)
    assert world.verify(late, True) is not None
    # What helps: an answer by a key that the rule no longer has.
    renewed = world.folder / "renewed.json"
    rule = json.loads(world.rule.read_text())
    rule["signingKeys"]["bob"] = [Key(world.folder, "bob-renewed").line]
    renewed.write_text(json.dumps(rule))
    before, world.rule = world.rule, renewed
    try:
        assert world.verify(late, True) is None
    finally:
        world.rule = before


def test_the_gates_key_can_name_another_artifact_and_no_other_revision(world):
    """People do not sign what a build makes: deploy by revision."""
    path = world.folder / "other.zip"
    path.write_bytes(b"other")
    forged = Release(execution=world.good.execution, answers=world.good.answers)
    forged.artifacts = {"BuildOutput": ("s3://artifacts/other", b"other")}
    verified = world.verify(forged, True, "--artifact", f"BuildOutput={path}")
    assert verified["revisions"] == [COMMIT]
    # Without the gate's key, no artifact is believed at all.
    assert world.verify(forged, False, "--artifact", f"BuildOutput={path}") is None
