"""The desk in a browser under each execution mode of a pipeline, and while somebody else answers or
CodePipeline has not noticed.
"""

import json
import re
import subprocess
import time

from conftest import BINARIES, PIPELINE
from signatures import Key
from test_desk_web import found, people  # noqa: F401

CARDS = "[...document.querySelectorAll('#open .approval:not([data-answered])')].length"


def page_of(execution):
    return f"/e/{PIPELINE}/{execution}"


def signed_in(person, desk, path):
    """The page, with its script."""
    assert person.sign_in(desk, path) == person.name
    person.until(
        "document.readyState === 'complete' && Boolean(document.querySelector('.visitor'))"
    )


def started(firm):
    return firm.api.start_pipeline_execution(name=PIPELINE)["pipelineExecutionId"]


def status(firm, execution, *wanted):
    """The status of an execution, as soon as it is one of these."""
    for _ in range(600):
        found = firm.api.list_pipeline_executions(pipelineName=PIPELINE)
        for it in found["pipelineExecutionSummaries"]:
            if it["pipelineExecutionId"] == execution and it["status"] in wanted:
                return it["status"]
        time.sleep(0.05)
    raise AssertionError(found)


def posted(person, path, body):
    """Status and document of a request that the page itself could make."""
    return person.browser.evaluate(
        f"fetch({json.dumps(path)}, {{method: 'POST', "
        "headers: {'content-type': 'application/json'}, "
        f"body: {json.dumps(json.dumps(body))}}}).then(async (it) => [it.status, await it.json()])"
    )


def forms(person):
    """What the forms of the page would post, by action."""
    return person.browser.evaluate(
        "Object.fromEntries([...document.querySelectorAll('form.answer')].map((it) => "
        "[it.elements.action.value, {...Object.fromEntries(new FormData(it)), "
        "answer: 'Approved'}]))"
    )


def test_in_parallel_mode_two_releases_are_answered_each_on_its_page(found):
    firm = found(executionMode="PARALLEL", pipelineType="V2")
    alice, bob = firm.people["alice"], firm.people["bob"]
    first, second = firm.execution, started(firm)
    signed_in(alice, firm.desk, page_of(first))
    signed_in(bob, firm.desk, page_of(second))
    for person in (alice, bob):
        person.until(f"{CARDS} === 2")
    attempts = [form["attempt"] for it in (alice, bob) for form in forms(it).values()]
    assert len(set(attempts)) == 4
    # The form of one page with the place of the other is of no open approval.
    mixed = forms(alice)["ApprovalA"] | {"execution": second}
    refused, said = posted(alice, "/answer/ask", mixed)
    assert (refused, said["problem"].startswith("It has changed")) == (409, True)

    assert alice.answer("ApprovalA") == "You approved ApprovalA. Still missing: ApprovalB."
    assert bob.answer("ApprovalA") == "You approved ApprovalA. Still missing: ApprovalB."
    for person, path in ((alice, page_of(second)), (bob, page_of(first))):
        person.open(firm.desk, path)
        person.until(f"{CARDS} === 1")
        said = person.answer("ApprovalB")
        assert said == "You approved ApprovalB. The rule is satisfied by alice and bob."
    for execution in (first, second):
        assert status(firm, execution, "Succeeded", "Failed") == "Succeeded"


def test_in_queued_mode_the_second_release_waits_and_its_open_page_follows(found):
    firm = found(executionMode="QUEUED", pipelineType="V2")
    alice, bob = firm.people["alice"], firm.people["bob"]
    first, second = firm.execution, started(firm)
    signed_in(bob, firm.desk, page_of(second))
    assert bob.browser.evaluate(CARDS) == 0
    assert "It has not reached a stage with approvals." in bob.text("#progress")
    signed_in(alice, firm.desk, page_of(first))
    assert alice.answer("ApprovalA", "Rejected", "not this one") == (
        "You rejected ApprovalA. The stage stops."
    )
    firm.api.put_approval_result(
        pipelineName=PIPELINE,
        stageName="Approve",
        actionName="ApprovalB",
        token=firm.state()["ApprovalB"]["token"],
        result={"status": "Rejected", "summary": "nor this one"},
    )
    assert status(firm, first, "Failed") == "Failed"
    # Nobody has touched this page.
    bob.until(f"{CARDS} === 2")
    assert {it["execution"] for it in forms(bob).values()} == {second}
    assert bob.answer("ApprovalA") == "You approved ApprovalA. Still missing: ApprovalB."


def test_a_release_that_is_superseded_while_its_page_is_open(found):
    firm = found()
    alice, bob = firm.people["alice"], firm.people["bob"]
    # The first holds the stage, the second waits for it, and the third takes its place.
    first, second = firm.execution, started(firm)
    signed_in(bob, firm.desk, page_of(second))
    assert "It has not reached a stage with approvals." in bob.text("#progress")
    third = started(firm)
    assert status(firm, second, "Superseded") == "Superseded"
    bob.until("document.querySelector('#progress').innerText.includes('superseded')")
    signed_in(alice, firm.desk, page_of(first))
    form = forms(alice)["ApprovalA"]
    refused, said = posted(bob, "/answer/ask", form | {"execution": second})
    assert (refused, said["problem"]) == (
        409,
        "It has changed: the approval does not wait any more. Somebody has answered it, or it has "
        "expired. Nothing was sent.",
    )
    # And the first: it is given up, so the third opens the same approvals.
    firm.api.stop_pipeline_execution(pipelineName=PIPELINE, pipelineExecutionId=first, abandon=True)
    firm.execution = third
    while firm.open() != {"ApprovalA", "ApprovalB"} or len(firm.history()) < 3:
        time.sleep(0.05)
    refused, said = posted(alice, "/answer/ask", form)
    assert (refused, said["problem"].startswith("It has changed")) == (409, True)
    alice.until(f"{CARDS} === 0")
    assert "does not wait any more" in alice.text("#open")
    assert firm.answers() == 0


def test_an_answer_by_command_line_shows_on_the_open_page(found, tmp_path):
    firm = found()
    key = Key(tmp_path, "carol")
    firm.rule["signingKeys"]["carol"] = [key.line]
    (tmp_path / "with-carol.json").write_text(json.dumps(firm.rule))
    del firm.rule["signingKeys"]["carol"]
    alice = firm.people["alice"]
    signed_in(alice, firm.desk, firm.page)
    form = forms(alice)["ApprovalA"]
    command = [BINARIES / "desk", "approve", PIPELINE, "ApprovalA", "--yes", "--key", key.path]
    command += ["--rule", tmp_path / "with-carol.json", "--region", "eu-west-1"]
    environment = firm.emulator.environment("manager")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    refused, said = posted(alice, "/answer/ask", form)
    assert (refused, said["problem"].endswith("Nothing was sent.")) == (409, True)
    said = f"{alice.card('ApprovalA')}.querySelector('.status').textContent"
    alice.until(f"{said}.includes('does not wait any more')")
    # The gate does not know carol's key, and the page does not say that it does.
    alice.until("document.querySelector('#progress').innerText.includes('does not count')")


def test_right_after_an_answer_the_page_does_not_mislead(found):
    firm = found("--lag", "4")
    alice, bob = firm.people["alice"], firm.people["bob"]
    signed_in(alice, firm.desk, firm.page)
    signed_in(bob, firm.desk, firm.page)
    assert alice.answer("ApprovalA") == "You approved ApprovalA. Still missing: ApprovalB."
    # What he gets if he opens the page in this moment.
    opened = bob.browser.evaluate(
        "fetch(location.href).then((it) => it.text()).then((text) => {"
        "const main = new DOMParser().parseFromString(text, 'text/html').querySelector('main');"
        "return [main.querySelectorAll('#open .approval').length, main.textContent];})"
    )
    # The one approval that waits, that nothing is judged yet, and why.
    assert opened[0] == 1
    assert "Not judged" in opened[1] and "CodePipeline has not noticed" in opened[1]
    assert not re.search(r"You would|Still missing|Passed|satisfied", opened[1]), opened
    refused, said = posted(bob, "/answer/ask", forms(bob)["ApprovalB"])
    assert (refused, said["again"], "has not noticed" in said["problem"]) == (503, True, True)
    # His click waits until it can be judged.
    said = bob.answer("ApprovalB")
    assert said == "You approved ApprovalB. The rule is satisfied by alice and bob."
    assert firm.answers() == 2


def test_a_double_click_and_a_second_window_answer_once(found):
    firm = found()
    alice = firm.people["alice"]
    signed_in(alice, firm.desk, firm.page)
    form = forms(alice)["ApprovalA"]
    button = f"{alice.card('ApprovalA')}.querySelector('button[value=Approved]')"
    alice.browser.evaluate(f"{button}.scrollIntoView({{block: 'center'}})")
    place = alice.browser.evaluate(
        f"((it) => ({{x: it.x + it.width / 2, y: it.y + it.height / 2}}))"
        f"({button}.getBoundingClientRect())"
    )
    for count in (1, 2, 3):
        for kind in ("mousePressed", "mouseReleased"):
            alice.browser.call(
                "Input.dispatchMouseEvent", type=kind, button="left", clickCount=count, **place
            )
    said = f"{alice.card('ApprovalA')}.querySelector('.status').textContent"
    alice.until(f"{said}.startsWith('You approved ApprovalA.')")
    assert firm.answers() == 1
    # The second window still shows the form.
    refused, said = posted(alice, "/answer/ask", form)
    assert (refused, said["problem"].startswith("It has changed")) == (409, True)
    assert firm.answers() == 1
