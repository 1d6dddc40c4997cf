"""The page of a pipeline: its last releases with verdict and basis, and a new one, in a browser."""

import json
import time

import pytest
from conftest import PIPELINE
from desk_web import ACCOUNT, REGION, Desk, Firm, Person, account, allow, free_port

ARN = f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:{PIPELINE}"


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    port = free_port()
    desk = {"rpId": "localhost", "origin": f"http://localhost:{port}"}
    made = {name: Person(folder, name) for name in ("alice", "bob")}
    nowhere = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    served = Desk(folder, port, {"desk": desk}, nowhere)
    lines = [person.enrol(served) for person in made.values()]
    served.stop()
    rule = {"signingKeys": json.loads("{" + ", ".join(lines) + "}"), "desk": desk}
    yield made, port, {**rule, "requireSignature": True}
    for person in made.values():
        person.close()


@pytest.fixture
def found(people, tmp_path):
    firms = []

    def start(may_start=True, **rule):
        made, port, common = people

        def with_history():
            found = account()
            may = [allow("codepipeline:ListPipelineExecutions", ARN)]
            (server,) = (it for it in found["UserDetailList"] if it["UserName"] == "server")
            server["UserPolicyList"][0]["PolicyDocument"]["Statement"] += may
            if may_start:
                (role,) = found["RoleDetailList"]
                statement = allow("codepipeline:StartPipelineExecution", ARN)
                role["RolePolicyList"][0]["PolicyDocument"]["Statement"].append(statement)
            return found

        firms.append(Firm(tmp_path, made, port, {**common, **rule}).start(account=with_history))
        for person in made.values():
            person.browser.call("Network.clearBrowserCookies")
            person.screen = {"width": 1280}
        return firms[-1]

    yield start
    for firm in firms:
        firm.stop()


def signed_in(person, desk, path):
    """Signs in, and waits until the page has loaded with its script."""
    assert person.sign_in(desk, path) == person.name
    person.until("document.readyState === 'complete' && document.querySelector('.visitor') && true")


def started(person, ask=""):
    """Starts a release on the page that is open; what the page says."""
    person.browser.evaluate(f"document.querySelector('#ask').value = {json.dumps(ask)}")
    person.click(".start button")
    return person.until(
        "document.querySelector('.start .status.good, .start .status.bad')?.textContent"
    )


def test_the_history_shows_who_counted_by_which_basis_and_why_a_release_did_not_pass(found):
    firm = found()
    alice, bob = firm.people.values()
    signed_in(alice, firm.desk, firm.page)
    alice.answer("ApprovalA", comment="reviewed the diff")
    signed_in(bob, firm.desk, firm.page)
    bob.answer("ApprovalB")
    firm.ended("Deploy")
    passed = firm.execution
    firm.release()
    bob.open(firm.desk, firm.page)
    bob.answer("ApprovalA", "Rejected", "not on a Friday")
    for width in (1280, 390):
        bob.screen = {"width": width}
        bob.open(firm.desk, f"/p/{PIPELINE}")
        assert bob.browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    logged, requests = bob.browser.complaints()
    assert logged == [] and all(it.startswith(firm.desk.origin) for it in requests)
    cards = bob.browser.evaluate(
        "[...document.querySelectorAll('.past')].map((it) => "
        "[it.querySelector('a').getAttribute('href'), it.innerText])"
    )
    shown = dict(cards)
    text = shown[f"/e/{PIPELINE}/{passed}"]
    assert "ApprovalA approved by alice (signature)" in text
    assert "ApprovalB approved by bob (signature)" in text
    assert "Satisfied by alice and bob" in text
    assert "The gate said then: satisfied by alice, bob, basis signature." in text
    assert "The rule as it is now says the same." in text and "reviewed the diff" in text
    assert "It went on past the gate." in text
    assert "[2pr1." not in text
    text = shown[firm.page]
    assert "rejected" in text and "not on a Friday" in text and "Satisfied" not in text
    assert "It released nothing." in text or "in progress" in text
    assert len(cards) == 2
    # Without a session it shows nothing.
    assert firm.desk.ask("GET", f"/p/{PIPELINE}")[0] == 401


def test_a_page_shows_what_has_changed_since_the_last_satisfied_release(found):
    firm = found()
    alice, bob = firm.people.values()
    signed_in(alice, firm.desk, firm.page)
    assert "CodePipeline lists no earlier execution" in alice.text("#since")
    alice.answer("ApprovalA")
    signed_in(bob, firm.desk, firm.page)
    bob.answer("ApprovalB")
    firm.ended("Deploy")
    passed = firm.execution
    stages = firm.api.get_pipeline(name=PIPELINE)["pipeline"]["stages"]
    (source,) = (it["name"] for it in stages[0]["actions"])
    newer = {"revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": "UPBw5fG.TEoeT0MC"}
    release = {"name": PIPELINE, "sourceRevisions": [{"actionName": source, **newer}]}
    firm.execution = firm.api.start_pipeline_execution(**release)["pipelineExecutionId"]
    firm.page = f"/e/{PIPELINE}/{firm.execution}"
    while firm.open() != {"ApprovalA", "ApprovalB"}:
        time.sleep(0.05)
    bob.open(firm.desk, firm.page)
    assert "enough people approved (alice and bob)" in bob.text("#since")
    assert "s3://" in bob.text("#since") and "UPBw5fG.TEoeT0MC" in bob.text("#since")
    link = "document.querySelector('#since a').getAttribute('href')"
    assert bob.browser.evaluate(link) == f"/e/{PIPELINE}/{passed}"
    # The script that follows the progress does not ask for it again, and the page keeps it.
    bob.answer("ApprovalA", "Rejected", "not on a Friday")
    bob.until("document.querySelector('#progress').innerText.includes('ApprovalA rejected')")
    assert "enough people approved (alice and bob)" in bob.text("#since")


def test_who_starts_a_release_names_the_approver_and_cannot_answer_it(found):
    firm = found(excludeInitiator=True, trustedSessionRoles=["Desk"])
    alice, bob = firm.people.values()
    signed_in(alice, firm.desk, f"/p/{PIPELINE}")
    assert "if you start it, you cannot approve it" in alice.text(".start")
    asks = "[...document.querySelector('#ask').options].map((it) => it.value)"
    assert alice.browser.evaluate(asks) == ["", "bob"]
    said = started(alice, "bob")
    assert said.startswith("Started. Send this link to bob:")
    page = alice.browser.evaluate("document.querySelector('.start .status a').href")
    newest = firm.api.list_pipeline_executions(pipelineName=PIPELINE, maxResults=1)
    (execution,) = newest["pipelineExecutionSummaries"]
    assert page == f"{firm.desk.origin}/e/{PIPELINE}/{execution['pipelineExecutionId']}"
    assert execution["trigger"]["triggerDetail"].endswith(":assumed-role/Desk/alice")
    # The release that waits in the stage is superseded as soon as its approvals are over.
    firm.api.stop_pipeline_execution(
        pipelineName=PIPELINE, pipelineExecutionId=firm.execution, abandon=True
    )
    path = page.removeprefix(firm.desk.origin)
    card = "document.querySelectorAll('.approval').length === 2"
    for _ in range(40):
        alice.open(firm.desk, path)
        if alice.browser.evaluate(card):
            break
    assert "You would not count" in alice.text("#open") and "initiator" in alice.text("#open")
    assert not alice.browser.evaluate("document.querySelector('button[value=Approved]')")
    signed_in(bob, firm.desk, path)
    assert "You would count as bob" in bob.text("#open")


def test_a_role_that_the_rule_does_not_trust_makes_the_starter_anybody_and_the_page_says_so(found):
    firm = found(excludeInitiator=True)
    alice = firm.people["alice"]
    signed_in(alice, firm.desk, f"/p/{PIPELINE}")
    assert "If you start it, nobody can approve it." in alice.text(".start")


def test_aws_decides_who_may_start_and_another_page_cannot(found):
    firm = found(may_start=False)
    alice = firm.people["alice"]
    signed_in(alice, firm.desk, f"/p/{PIPELINE}")
    said = started(alice)
    assert said.startswith("Nothing was started: AWS refused StartPipelineExecution")
    body = json.dumps({"pipeline": PIPELINE, "ask": ""})
    cookie = alice.browser.call("Network.getCookies")["cookies"][0]
    session = {"Cookie": f"{cookie['name']}={cookie['value']}"}
    assert firm.desk.ask("POST", "/start", body)[0] == 401
    assert firm.desk.ask("POST", "/start", body, Origin="https://evil.example", **session)[0] == 403
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert firm.desk.ask("POST", "/start", "pipeline=payments", **form, **session)[0] == 415
    for wrong in ({"pipeline": "a b", "ask": ""}, {"pipeline": PIPELINE, "ask": "mallory"}):
        assert firm.desk.ask("POST", "/start", json.dumps(wrong), **session)[0] == 400
