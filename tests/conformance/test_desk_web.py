"""`desk serve` in a real Chromium with virtual authenticators: sign-in, answers and what must not
happen.
"""

import json
import subprocess

import pytest
from conftest import BINARIES, PIPELINE
from desk_web import ROLE, Desk, Firm, Person, free_port


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Three people, and their passkeys for one port."""
    folder = tmp_path_factory.mktemp("people")
    port = free_port()
    desk = {"rpId": "localhost", "origin": f"http://localhost:{port}"}
    made = {name: Person(folder, name) for name in ("alice", "bob", "mallory")}
    # Enrolling needs no AWS.
    nowhere = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    served = Desk(folder, port, {"desk": desk}, nowhere)
    lines = {name: person.enrol(served) for name, person in made.items()}
    served.stop()
    keys = json.loads("{" + ", ".join(lines[name] for name in ("alice", "bob")) + "}")
    rule = {"signingKeys": keys, "desk": desk, "requireSignature": True}
    yield made, port, rule
    for person in made.values():
        person.close()


@pytest.fixture
def found(people, tmp_path):
    """A firm; its people are signed out."""
    firms = []

    def start(*arguments, **more):
        firms.append(Firm(tmp_path, *people).start(*arguments, **more))
        for person in people[0].values():
            person.screen = {"width": 1280}
            person.browser.call("Network.clearBrowserCookies")
        return firms[-1]

    yield start
    for firm in firms:
        firm.stop()


def test_two_people_answer_with_their_passkeys_and_one_cannot_answer_twice(found, tmp_path):
    firm = found()
    alice, bob, mallory = (firm.people[name] for name in ("alice", "bob", "mallory"))
    assert alice.sign_in(firm.desk) == "alice"
    assert "You would count as alice" in alice.text()
    alice.open(firm.desk, firm.page)
    assert alice.answer("ApprovalA", comment="reviewed the diff") == (
        "You approved ApprovalA. Still missing: ApprovalB."
    )
    # The page is older than her own answer.
    said = alice.answer("ApprovalB")
    assert said.startswith("You would not count, so ApprovalB stays open: ")
    assert "one person, alice" in said
    assert (firm.open(), firm.answers()) == ({"ApprovalB"}, 1)
    wanted = {
        "pipeline": PIPELINE,
        "execution": firm.execution,
        "stage": "Approve",
        "action": "ApprovalB",
        "attempt": firm.state()["ApprovalB"]["actionExecutionId"],
        "answer": "Approved",
        "comment": "",
    }
    status, problem = alice.browser.evaluate(
        "fetch('/answer/ask', {method: 'POST', headers: {'content-type': 'application/json'}, "
        f"body: {json.dumps(json.dumps(wanted))}}}).then(async (it) => [it.status, await it.json()])"
    )
    assert (status, problem["reason"]) == (409, "same-person")
    alice.open(firm.desk, firm.page)
    assert "You would not count" in alice.text("#open")
    assert not alice.browser.evaluate("document.querySelector('button[value=Approved]')")

    said = mallory.sign_in(firm.desk)
    assert said.startswith("The rule does not know this passkey.")
    refused = [
        event["params"]["response"]["status"]
        for event in mallory.browser.events
        if event.get("method") == "Network.responseReceived"
        and event["params"]["response"]["url"].endswith("/sign-in")
    ]
    assert refused == [403]

    bob.screen = {"width": 390, "height": 844}
    assert bob.sign_in(firm.desk, firm.page) == "bob"
    assert bob.browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    said = bob.answer("ApprovalB", comment="looks good")
    assert said == "You approved ApprovalB. The rule is satisfied by alice and bob."
    bob.until("document.querySelector('#progress').innerText.includes('The stage has passed.')")

    outputs = firm.ended("Gate")["output"]["outputVariables"]
    assert (outputs["Basis"], outputs["Approvers"]) == ("signature", "alice, bob")
    approved = {it["actionName"]: it["updatedBy"] for it in firm.history() if "updatedBy" in it}
    session = ROLE.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
    assert approved == {"ApprovalA": f"{session}/alice", "ApprovalB": f"{session}/bob"}
    verified_from_saved_files(firm, tmp_path)


def verified_from_saved_files(firm, folder):
    """What the AWS CLI saves is enough for `policygen evidence` to verify both signatures."""
    inputs = []
    for listing in ("list-pipeline-executions", "list-action-executions"):
        saved = firm.emulator.cli("manager", listing, "--pipeline-name", PIPELINE)
        (folder / f"{listing}.json").write_text(json.dumps(saved))
        inputs += ["--input", folder / f"{listing}.json"]
    command = [BINARIES / "policygen", "evidence", "--pipeline", PIPELINE, *inputs]
    command += ["--rule", folder / "rule.json", "--execution", firm.execution, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    (execution,) = json.loads(done.stdout)["executions"]
    (stage,) = execution["stages"] if "stages" in execution else [execution]
    text = json.dumps(stage)
    assert '"verdict": "satisfied"' in text, text
    for name in ("alice", "bob"):
        assert f'"signer": "{name}"' in text
        assert firm.people[name].key_id in text
