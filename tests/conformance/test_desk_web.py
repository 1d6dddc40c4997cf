"""`desk serve` in a real Chromium with virtual authenticators: sign-in, answers and what must not
happen.
"""

import itertools
import json
import socket
import subprocess
import time

import pytest
from conftest import BINARIES, PIPELINE, declaration
from desk_web import PATIENCE, ROLE, Desk, Firm, Person, free_port
from test_evidence_html import CONTRAST, tab_to


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
        # Before it starts, so that it is stopped even if it does not.
        firms.append(Firm(tmp_path, *people))
        firms[-1].start(*arguments, **more)
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
    alice.write("ApprovalB", "the same")
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
        f"body: {json.dumps(json.dumps(wanted))}}})"
        ".then(async (it) => [it.status, await it.json()])"
    )
    assert (status, problem["reason"]) == (409, "same-person")
    alice.open(firm.desk, firm.page)
    alice.until("document.querySelector('#open').innerText.includes('You would not count')")
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
    (stage,) = execution.get("stages", [execution])
    text = json.dumps(stage)
    assert '"verdict": "satisfied"' in text, text
    for name in ("alice", "bob"):
        assert f'"signer": "{name}"' in text
        assert firm.people[name].key_id in text


ATTACKS = [
    "<script>window.attacked = 1</script>",
    '<img src=x onerror="window.attacked = 1">',
    "\"><svg onload='window.attacked = 1'>",
    '<a href="javascript:window.attacked = 1">look</a>',
    '</p></section><iframe src="https://attacker.example/"></iframe>',
]


def test_text_from_outside_stays_text_in_the_browser(found):
    declared = declaration()
    actions = declared["stages"][1]["actions"]
    link = "javascript:window.attacked = 1"
    actions[0]["configuration"] = {"CustomData": ATTACKS[0], "ExternalEntityLink": link}
    actions[1]["configuration"] = {"CustomData": "".join(ATTACKS[1:]), "ExternalEntityLink": link}
    firm = found(declared=declared)
    alice = firm.people["alice"]
    alice.sign_in(firm.desk)
    alice.open(firm.desk, firm.page)
    alice.answer("ApprovalA", comment=" ".join(ATTACKS))
    alice.until("document.querySelector('#progress blockquote')")
    for path in ("/", firm.page):
        alice.open(firm.desk, path)
        text = alice.text()
        assert "<script>window.attacked" in text or ATTACKS[1] in text
        assert not alice.browser.evaluate("window.attacked")
        links = (
            "[...document.querySelectorAll('main a, main iframe')].map((it) => it.href || it.src)"
        )
        assert all(it.startswith(firm.desk.origin) for it in alice.browser.evaluate(links))


def test_a_page_asks_nobody_else_and_complains_of_nothing(found):
    firm = found()
    alice = firm.people["alice"]
    for path in ("/enrol", "/", firm.page):
        if path == "/":
            alice.sign_in(firm.desk)
        alice.open(firm.desk, path)
        logged, requests = alice.browser.complaints()
        assert [it for it in logged if "401" not in str(it)] == [], path
        assert requests and all(it.startswith(firm.desk.origin + "/") for it in requests), requests
    refused = alice.browser.evaluate(
        "fetch('https://attacker.example/').then(() => 'sent', () => 'refused')"
    )
    assert refused == "refused"


def test_a_frame_of_another_page_stays_empty(found, tmp_path):
    firm = found()
    mallory = firm.people["mallory"]
    page = tmp_path / "attack.html"
    page.write_text(f'<iframe src="{firm.desk.origin}/enrol"></iframe>')
    mallory.browser.open(page)
    assert any("frame-ancestors" in str(event) for event in mallory.browser.events)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_fit_and_can_be_read(found, scheme, width):
    firm = found()
    alice = firm.people["alice"]
    alice.screen = {"width": width, "scheme": scheme}
    alice.open(firm.desk)
    readable(alice.browser, scheme)
    alice.sign_in(firm.desk)
    alice.open(firm.desk, firm.page)
    readable(alice.browser, scheme)
    alice.answer("ApprovalA", comment="reviewed")
    alice.answer("ApprovalB")
    for path in (None, "/", firm.page, "/enrol", "/nothing"):
        if path:
            alice.open(firm.desk, path)
        readable(alice.browser, scheme)


def readable(browser, scheme):
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert browser.evaluate(CONTRAST) == []
    colour = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, colour[4:-1].split(","))) < 300) == (scheme == "dark"), colour
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    seen = [it for it in nodes if not it["ignored"]]
    roles = {it["role"]["value"] for it in seen}
    assert {"main", "navigation", "heading"} <= roles
    for node in seen:
        if node["role"]["value"] in ("link", "button", "textbox", "navigation"):
            assert node["name"]["value"], node
    levels = browser.evaluate(
        "[...document.querySelectorAll('h1, h2, h3')].map((it) => Number(it.tagName[1]))"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_an_approval_is_given_from_the_keyboard(found):
    firm = found()
    alice = firm.people["alice"]
    alice.open(firm.desk, firm.page)
    tab_to(alice.browser, "(it) => it.dataset.signIn !== undefined")
    alice.browser.press("Enter")
    alice.until("document.querySelector('.visitor') && document.readyState === 'complete'")
    tab_to(alice.browser, "(it) => it.tagName === 'TEXTAREA'")
    alice.browser.press("o")
    tab_to(alice.browser, "(it) => it.value === 'Approved'")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert alice.browser.evaluate(outline) != "none"
    alice.browser.press(" ")
    alice.until("document.querySelector('.good.status')")
    assert firm.open() == {"ApprovalB"}
    # The button is gone. The next Tab continues from where it was.
    focused = "document.activeElement.textContent.trim()"
    assert alice.browser.evaluate(focused) == "Approve / ApprovalA"


def test_an_answer_elsewhere_shows_on_the_open_page_and_is_not_overwritten(found):
    firm = found()
    alice, bob = firm.people["alice"], firm.people["bob"]
    alice.sign_in(firm.desk)
    alice.open(firm.desk, firm.page)
    alice.write("ApprovalB", "half")
    bob.sign_in(firm.desk)
    bob.open(firm.desk, firm.page)
    assert bob.answer("ApprovalA").startswith("You approved ApprovalA.")
    said = f"{alice.card('ApprovalA')}.querySelector('.status').textContent"
    alice.until(f"{said}.includes('does not wait any more')")
    assert (
        alice.browser.evaluate(f"{alice.card('ApprovalB')}.querySelector('textarea').value")
        == "half"
    )
    assert alice.answer("ApprovalB", comment="whole").startswith("You approved ApprovalB.")
    assert firm.ended("Gate")["status"] == "Succeeded"


def test_an_approval_that_opens_later_appears_on_the_open_page_and_is_announced(found):
    declared = declaration()
    for run_order, action in enumerate(declared["stages"][1]["actions"], 1):
        action["runOrder"] = run_order
    firm = found(declared=declared, first={"ApprovalA"})
    alice, bob = firm.people["alice"], firm.people["bob"]
    for person in (alice, bob):
        person.sign_in(firm.desk)
        person.open(firm.desk, firm.page)
        assert not person.browser.evaluate(f"Boolean({person.card('ApprovalB')})")
    assert alice.answer("ApprovalA") == "You approved ApprovalA. Still missing: ApprovalB."
    for person in (alice, bob):
        person.until(
            "document.querySelector('#news').textContent === 'Open now: Approve / ApprovalB.'"
        )
    assert bob.browser.evaluate("document.querySelector('#news').role") == "status"
    assert alice.answer("ApprovalB").startswith("You would not count")
    assert bob.answer("ApprovalB").endswith("The rule is satisfied by alice and bob.")
    assert firm.ended("Gate")["status"] == "Succeeded"


def test_what_the_open_page_says_about_the_visitor_changes_with_what_they_do_elsewhere(found):
    firm = found()
    alice = firm.people["alice"]
    alice.sign_in(firm.desk)
    alice.open(firm.desk, firm.page)
    assert alice.answer("ApprovalA").startswith("You approved ApprovalA.")
    # As it is on a page that she opened before, in another window.
    card = alice.card("ApprovalB")
    alice.until(f"{card}.querySelector('.standing').innerText.includes('You would not count')")
    alice.until(f"!{card}.querySelector('button[value=Approved]')")
    assert (
        alice.browser.evaluate(f"{card}.querySelector('button[value=Rejected]').disabled") is False
    )


def test_a_page_that_is_open_before_the_approvals_follows_the_release_to_them(found):
    firm = found()
    alice = firm.people["alice"]
    alice.sign_in(firm.desk)
    # CodePipeline does not let the release into the stage while another one is in it.
    started = firm.api.start_pipeline_execution(name=PIPELINE)["pipelineExecutionId"]
    path = f"/e/{PIPELINE}/{started}"
    end = time.monotonic() + PATIENCE
    while True:
        alice.open(firm.desk, path)
        if "It has not reached a stage with approvals." in alice.text():
            break
        assert time.monotonic() < end, alice.text()
    firm.emulator.cli(
        "manager", "stop-pipeline-execution", "--pipeline-name", PIPELINE,
        "--pipeline-execution-id", firm.execution, "--abandon",
    )  # fmt: skip
    firm.execution = started
    assert alice.answer("ApprovalA") == "You approved ApprovalA. Still missing: ApprovalB."


def test_a_rejection_stops_the_release_and_its_page_says_so(found):
    firm = found()
    alice = firm.people["alice"]
    alice.sign_in(firm.desk)
    alice.open(firm.desk, firm.page)
    assert alice.answer("ApprovalA", "Rejected").startswith("Say in the comment why")
    assert alice.answer("ApprovalA", "Rejected", "not today") == (
        "You rejected ApprovalA. The stage stops."
    )
    alice.until("document.querySelector('#progress').innerText.includes('not today')")
    ended = firm.ended("ApprovalA")
    assert ended["status"] == "Failed"
    said = ended["output"]["executionResult"]["externalExecutionSummary"]
    assert said.startswith("not today [2pr1.p.")


def test_an_execution_that_is_given_up_while_its_page_is_open(found):
    firm = found()
    alice = firm.people["alice"]
    alice.sign_in(firm.desk)
    alice.open(firm.desk, firm.page)
    firm.emulator.idle("manager", PIPELINE)
    said = f"{alice.card('ApprovalA')}.querySelector('.status').textContent"
    alice.until(f"{said}.includes('does not wait any more')")
    alice.until("document.querySelector('#progress').dataset.ended === 'true'")


def test_what_codepipeline_has_not_noticed_yet_counts_already(found):
    firm = found("--lag", "3")
    alice = firm.people["alice"]
    alice.sign_in(firm.desk)
    alice.open(firm.desk, firm.page)
    alice.write("ApprovalB", "at once")
    assert alice.answer("ApprovalA").startswith("You approved ApprovalA.")
    assert alice.answer("ApprovalB").startswith("You would not count, so ApprovalB stays open")
    assert firm.answers() == 1


def test_parallel_executions_are_answered_one_by_one(found):
    firm = found(executionMode="PARALLEL", pipelineType="V2")
    first, page = firm.execution, firm.page
    second = firm.api.start_pipeline_execution(name=PIPELINE)["pipelineExecutionId"]
    alice = firm.people["alice"]
    alice.sign_in(firm.desk)
    end = time.monotonic() + PATIENCE
    while alice.browser.evaluate("document.querySelectorAll('.approval').length") != 4:
        assert time.monotonic() < end, alice.text()
        alice.open(firm.desk)
    alice.open(firm.desk, page)
    assert alice.answer("ApprovalA").startswith("You approved ApprovalA.")
    assert firm.ended("ApprovalA")["status"] == "Succeeded"
    firm.execution = second
    assert {it["actionName"] for it in firm.history() if it["status"] == "InProgress"} == {
        "ApprovalA", "ApprovalB",
    }  # fmt: skip
    assert first != second


def test_the_session_of_a_person_may_answer_this_approval_and_nothing_else(found):
    """What the desk asks STS for, asked by botocore."""
    firm = found()
    resource = f"arn:aws:codepipeline:eu-west-1:111122223333:{PIPELINE}/Approve/ApprovalA"
    narrow = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "codepipeline:PutApprovalResult", "Resource": resource}
        ],
    }
    names = {"RoleSessionName": "alice", "SourceIdentity": "alice", "DurationSeconds": 900}
    sts = firm.emulator.client("server", "sts")
    assumed = sts.assume_role(RoleArn=ROLE, Policy=json.dumps(narrow), **names)
    arn = "arn:aws:sts::111122223333:assumed-role/Desk/alice"
    assert (assumed["AssumedRoleUser"]["Arn"], assumed["SourceIdentity"]) == (arn, "alice")
    key_id = assumed["Credentials"]["AccessKeyId"]
    assert firm.emulator.client(key_id, "sts").get_caller_identity()["Arn"] == arn
    session = firm.emulator.client(key_id)
    answer = {
        "pipelineName": PIPELINE,
        "stageName": "Approve",
        "result": {"status": "Approved", "summary": ""},
    }
    token = firm.state()["ApprovalB"]["token"]
    with pytest.raises(Exception, match="no session policy allows") as refused:
        session.put_approval_result(actionName="ApprovalB", token=token, **answer)
    assert "AccessDeniedException" in str(refused.value)
    with pytest.raises(Exception, match="AccessDeniedException"):
        session.get_pipeline_state(name=PIPELINE)
    token = firm.state()["ApprovalA"]["token"]
    session.put_approval_result(actionName="ApprovalA", token=token, **answer)
    # The role trusts the server and nobody else, not even an administrator.
    for key in ("manager", key_id):
        with pytest.raises(Exception, match=r"AccessDenied.*sts:AssumeRole"):
            firm.emulator.client(key, "sts").assume_role(RoleArn=ROLE, **names)
    with pytest.raises(Exception, match="ValidationError"):
        sts.assume_role(RoleArn=ROLE, RoleSessionName="a b")


def test_a_role_that_the_desk_may_not_take_leaves_the_approval_open(found):
    firm = found(role="arn:aws:iam::111122223333:role/Other")
    alice = firm.people["alice"]
    alice.sign_in(firm.desk)
    alice.open(firm.desk, firm.page)
    said = alice.answer("ApprovalA")
    assert "so it stays open" in said and "sts:AssumeRole" in said
    assert firm.open() == {"ApprovalA", "ApprovalB"}


def test_the_log_has_no_cookie_no_signature_and_no_credential(found):
    firm = found()
    alice = firm.people["alice"]
    alice.sign_in(firm.desk)
    alice.open(firm.desk, firm.page)
    alice.answer("ApprovalA")
    cookies = alice.browser.call("Network.getCookies")["cookies"]
    (cookie,) = (it for it in cookies if it["name"] == "desk")
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    logged = firm.desk.logged()
    for secret in (cookie["value"], "2pr1", "ASIA", alice.key_id):
        assert secret not in logged, logged


def test_a_slow_or_a_talkative_client_does_not_keep_others_out(found):
    firm = found()
    slow = [socket.create_connection(("127.0.0.1", firm.desk.port)) for _ in range(100)]
    try:
        for connection in slow:
            connection.sendall(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert firm.desk.ask("GET", "/enrol")[0] == 200
        assert firm.desk.ask("GET", "/enrol", **{"X-Long": "x" * 40_000})[0] == 431
        many = {f"X-{number}": "x" for number in range(100)}
        assert firm.desk.ask("GET", "/enrol", **many)[0] == 431
        assert firm.desk.ask("GET", "/enrol", Host="attacker.example")[0] == 421
        status, _, _ = firm.desk.ask("POST", "/sign-in", b"x" * 100_000)
        assert status == 413
        # Whoever does not send its headers in ten seconds is cut off.
        slow[0].settimeout(20)
        while slow[0].recv(4096):
            pass
    finally:
        for connection in slow:
            connection.close()


def test_a_desk_that_cannot_be_safe_is_not_served(people, tmp_path):
    _, port, rule = people
    (tmp_path / "rule.json").write_text(json.dumps(rule))
    (tmp_path / "bare.json").write_text("{}")
    serve = [BINARIES / "desk", "serve", "--region", "eu-west-1"]
    whole = ["--rule", tmp_path / "rule.json"]
    for arguments, environment, problem in (
        ([], {}, "give the gate's rule with --rule"),
        (["--rule", tmp_path / "bare.json"], {}, "the rule has no `desk`"),
        ([*whole, "--listen", f"0.0.0.0:{port}"], {}, "use a loopback address"),
        (whole, {"DESK_COOKIE_KEY": "short"}, "DESK_COOKIE_KEY has fewer than 32 characters"),
    ):
        done = subprocess.run(
            [*serve, *arguments], env=environment, capture_output=True, text=True, timeout=20
        )
        assert done.returncode == 1 and problem in done.stderr, done.stderr
    role = subprocess.run([*serve, *whole, "--role", "Desk"], capture_output=True, text=True)
    assert role.returncode == 2
