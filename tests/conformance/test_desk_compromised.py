"""Somebody has taken over the desk: they have the role of its function as `templates/desk.yaml`
makes it, so they read everything, answer in anybody's name and start releases, and they know the
cookie key. What they forge reaches the real gate, and IAM decides who may do what.
"""

import hashlib
import json
import secrets

import pytest
from conftest import PIPELINE, STAGE
from desk_software import people, sealed, wanted
from desk_taken_over import ANSWERS, COOKIE_KEY, DESK, ROLE, SLOTS, TakenOver
from desk_web import ACCOUNT, Desk
from signatures import Key
from signing_passkeys import PRESENT, base64url, from_base64url


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    company = TakenOver(tmp_path_factory.mktemp("company"))
    # Of an execution that ends, so that its signatures are real and old.
    facts = company.start()
    company.old = {name: signed(company, "alice", facts[name]) for name in SLOTS}
    company.put(facts["ApprovalA"], "alice", company.old["ApprovalA"])
    company.put(facts["ApprovalB"], "bob", "reviewed")
    assert company.refused() == ["not-signed: ApprovalB"]
    company.facts = company.start("bob")
    yield company
    company.stop()


def signed(company, name, facts, **more):
    """The comment with what a person's own passkey has signed."""
    nonce = more.pop("nonce", secrets.token_bytes(16))
    return company.people[name].comment(facts, nonce, company.origin, "reviewed", **more)


def entering(origin, nonce):
    """The challenge of an honest sign-in, written independently of our code."""
    text = f"two-person-rule sign-in v1\norigin {origin}\nnonce {base64url(nonce)}\n"
    return base64url(hashlib.sha256(text.encode()).digest())


def replaced(comment, name, company):
    """A signature under the name of another key."""
    key_ids = [person.key_id for person in company.people.values()]
    own = next(it for it in key_ids if it in comment)
    return comment.replace(own, company.people[name].key_id)


NOT_SIGNED = ["not-signed: ApprovalA", "not-signed: ApprovalB"]
BAD_B = ["bad-signature: ApprovalB"]
LOOK_ALIKE = {"at": "http://localhost.example", "rp_id": "localhost.example"}
# What the desk sends as alice for ApprovalA and as bob for ApprovalB. `alice` has really signed
# ApprovalA, and is the one human that the desk may have deceived; nobody has asked bob.
FORGERIES = {
    "no signature": (lambda of, a, b: ("reviewed", "reviewed"), NOT_SIGNED),
    "one human, and no other": (lambda of, a, b: (of(a), "reviewed"), ["not-signed: ApprovalB"]),
    "one human's signature twice": (lambda of, a, b: (of(a), of(a)), BAD_B),
    "one human who signs both": (lambda of, a, b: (of(a), of(b)), BAD_B),
    "of another execution": (lambda of, a, b: (of(a), of.company.old["ApprovalB"]), BAD_B),
    "of another attempt": (lambda of, a, b: (of(a), of({**b, "attempt": a["attempt"]})), BAD_B),
    "of another pipeline": (lambda of, a, b: (of(a), of({**b, "pipeline": "refunds"})), BAD_B),
    "of another revision": (lambda of, a, b: (of(a), of({**b, "revisions": ["5f1ab6"]})), BAD_B),
    "of a rejection": (lambda of, a, b: (of(a), of({**b, "answer": "Rejected"})), BAD_B),
    "under the name of bob's key": (
        lambda of, a, b: (of(a), replaced(of(b), "bob", of.company)),
        BAD_B,
    ),
    "by a key of the desk": (lambda of, a, b: (of(a), of(b, "nobody")), BAD_B),
    "by a key of the desk, under the name of bob's": (
        lambda of, a, b: (of(a), replaced(of(b, "nobody"), "bob", of.company)),
        BAD_B,
    ),
    "by bob's passkey for another site": (
        lambda of, a, b: (of(a), of(b, "bob", **LOOK_ALIKE)),
        BAD_B,
    ),
    "by bob's passkey in a page of another site": (
        lambda of, a, b: (of(a), of(b, "bob", at="https://desk.example")),
        BAD_B,
    ),
    "without bob's finger or PIN": (lambda of, a, b: (of(a), of(b, "bob", flags=PRESENT)), BAD_B),
    "of bob's honest sign-in": (
        lambda of, a, b: (
            of(a),
            of(b, "bob", nonce=b"n" * 16, asked=entering(of.company.origin, b"n" * 16)),
        ),
        BAD_B,
    ),
    "two of them": (lambda of, a, b: (of(a), f"{of(b, 'nobody')} {of(b)}"), BAD_B),
}


class Signing:
    """Signs as a person, alice by default."""

    def __init__(self, company):
        self.company = company

    def __call__(self, facts, name="alice", **more):
        return signed(self.company, name, facts, **more)


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_desk_that_is_taken_over_passes_the_gate_by_no_forgery(taken, forgery):
    made, reasons = FORGERIES[forgery]
    a, b = (taken.facts[name] for name in SLOTS)
    first, second = made(Signing(taken), a, b)
    assert max(map(len, (first, second))) <= 512
    taken.put(a, "alice", first)
    taken.put(b, "bob", second)
    assert taken.refused() == reasons
    taken.facts = taken.reopen()


@pytest.mark.parametrize(
    "names, reasons",
    [
        (("alice", "alice"), ["same-person: ApprovalA"]),
        (("alice", "carol"), ["same-person: ApprovalA"]),
        (("desk", "desk"), ["same-person: ApprovalA"]),
        (("bob", "bob"), ["bad-signature: ApprovalA", *BAD_B]),
    ],
)
def test_one_human_is_one_under_whatever_names_the_desk_answers(taken, names, reasons):
    """She was shown one release, and made to sign every approval of another."""
    of = Signing(taken)
    for slot, name in zip(SLOTS, names, strict=True):
        taken.put(taken.facts[slot], name, of(taken.facts[slot]))
    assert taken.refused() == reasons
    taken.facts = taken.reopen()


def test_two_humans_who_touch_their_keys_at_it_are_two_whatever_they_were_shown(taken):
    """What docs/desk.md says that it can do. alice wanted to sign in, and bob to approve another
    release: neither browser shows what is signed.
    """
    a, b = (taken.facts[name] for name in SLOTS)
    taken.put(a, "alice", signed(taken, "alice", a))
    taken.put(b, "bob", signed(taken, "bob", b))
    run = taken.judged()
    assert run["status"] == "Succeeded"
    outputs = run["output"]["outputVariables"]
    assert (outputs["Basis"], outputs["Approvers"]) == ("signature", "alice, bob")
    taken.facts = taken.start()


def test_an_approval_that_only_an_ssh_key_may_give_is_out_of_reach_of_web_pages(tmp_path):
    """What docs/desk.md advises: bob has no passkey, and ApprovalB is his."""
    alice, _, carol = people("alice", "bob", "nobody").values()
    bob = Key(tmp_path, "bob")
    keys = {"alice": [alice.line], "bob": [bob.line], "carol": [carol.line]}
    company = TakenOver(
        tmp_path, signingKeys=keys, roster={"ApprovalA": ["*"], "ApprovalB": ["bob"]}
    )
    try:
        a, b = company.start().values()
        company.put(a, "alice", signed(company, "alice", a))
        company.put(b, "bob", signed(company, "nobody", b))
        assert company.refused() == BAD_B
        a, b = company.reopen().values()
        company.put(a, "alice", signed(company, "alice", a))
        company.put(b, "carol", signed(company, "nobody", b))
        assert company.refused() == ["not-on-roster: carol"]
        a, b = company.reopen().values()
        company.put(a, "alice", signed(company, "alice", a))
        company.put(b, "bob", bob.comment({**b, "revisions": " ".join(b["revisions"])}))
        assert company.judged()["status"] == "Succeeded"
    finally:
        company.stop()


def test_who_starts_a_release_is_who_the_desk_says(taken):
    """`excludeInitiator` rests on the desk if it starts releases: the docs say so."""
    for name in ("bob", "carol"):
        taken.facts = taken.start(name)
        listed = taken.api.list_pipeline_executions(pipelineName=PIPELINE, maxResults=1)
        (started,) = listed["pipelineExecutionSummaries"]
        session = f"arn:aws:sts::{ACCOUNT}:assumed-role/TwoPersonRule-DeskAnswers/{name}"
        assert started["trigger"]["triggerDetail"] == session
        assert started["pipelineExecutionId"] == taken.execution


def test_the_role_of_the_desk_may_do_nothing_else_about_the_gate(taken):
    """What would get round the gate without an approval."""
    place = {"pipelineName": PIPELINE, "stageName": STAGE}
    job = {"jobId": "11111111-2222-3333-4444-555555555555"}
    declared = taken.api.get_pipeline(name=PIPELINE)["pipeline"]
    execution = {"pipelineExecutionId": taken.execution}
    calls = [
        ("put_job_success_result", job),
        ("update_pipeline", {"pipeline": declared}),
        ("delete_pipeline", {"name": PIPELINE}),
        ("create_pipeline", {"pipeline": declared}),
        ("retry_stage_execution", {**place, **execution, "retryMode": "FAILED_ACTIONS"}),
        ("rollback_stage", {**place, "targetPipelineExecutionId": taken.execution}),
        ("stop_pipeline_execution", {"pipelineName": PIPELINE, **execution}),
    ]
    for client in (taken.emulator.client("desk"), taken.session("alice")):
        for call, arguments in calls:
            with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
                getattr(client, call)(**arguments)
    # Nobody else gets what it has, and it gets a session of nothing else.
    sts = taken.emulator.client("desk", "sts")
    for role in (DESK, f"{ROLE}/TwoPersonRule-Gate"):
        with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
            sts.assume_role(RoleArn=role, RoleSessionName="alice", SourceIdentity="alice")
    desk = taken.emulator.client("desk")
    with pytest.raises(desk.exceptions.ClientError, match="AccessDenied"):
        desk.put_approval_result(
            **place,
            actionName="ApprovalA",
            token=taken.facts["ApprovalA"]["attempt"],
            result={"status": "Approved", "summary": "as itself"},
        )


def test_who_knows_the_cookie_key_looks_and_starts_and_cannot_answer(taken, tmp_path):
    taken.facts = taken.start()
    environment = taken.emulator.environment("desk") | {"DESK_COOKIE_KEY": COOKIE_KEY}
    desk = Desk(tmp_path, taken.port, taken.rule, environment, "--role", ANSWERS)
    try:
        alice, bob, thief = taken.people.values()
        session = {"person": "alice", "key": alice.key_id, "device_bound": True}
        thief.cookie = f"desk={sealed('session', session, COOKIE_KEY)}"
        status, _, text = thief.get(desk, "/")
        assert (status, "You would count</span> as alice" in text) == (200, True)
        answer = wanted(taken, "ApprovalA")
        status, asked = thief.ask(desk, answer)
        assert status == 200
        # What a person signs to enter, so that the forgeries above are of it.
        posted = bob.sign_in(desk)
        nonce = json.loads(from_base64url(posted["seal"].partition(".")[0]))["value"]
        assert (
            entering(desk.origin, bytes(nonce)) in from_base64url(posted["clientDataJSON"]).decode()
        )
        # With another key, alone and under alice's credential.
        assert thief.give(desk, asked)[0] == 403
        forged = thief.posted(asked, desk.origin) | {"credential": base64url(alice.credential)}
        status, _, said = thief.post(desk, "/answer/give", forged)
        assert (status, "The signature is not good" in said) == (403, True)
        # A question that they sealed, and what alice has signed for another one or to sign in.
        mine = {"person": "alice", "key": alice.key_id, "nonce": [0] * 16, "wanted": answer}
        status, other = thief.ask(desk, wanted(taken, "ApprovalB"))
        for signed_by_alice in (
            alice.posted(other, desk.origin),
            alice.posted({"challenge": entering(desk.origin, bytes(16)), "seal": ""}, desk.origin),
        ):
            posted = signed_by_alice | {"seal": sealed("answer", mine, COOKIE_KEY)}
            status, _, said = thief.post(desk, "/answer/give", posted)
            assert (status, "The signature is not good" in said) == (403, True)
        assert {run["status"] for name, run in taken.runs().items() if name in SLOTS} == {
            "InProgress"
        }
        status, _, said = thief.post(desk, "/start", {"pipeline": PIPELINE, "ask": ""})
        assert (status, "Started." in said) == (200, True)
    finally:
        desk.stop()
