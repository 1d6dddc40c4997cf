"""What happens at the desk if two things happen in the same moment: a proxy in front of the
emulator holds answers until both have come, or stops the release just before one arrives.
"""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import desk_software
import pytest
from aws_between import Between
from conftest import PIPELINE
from desk_software import wanted
from desk_web import ROLE, Desk

NAMES = ("alice", "bob")
NOT_WAITING = (
    "It has changed: the approval does not wait any more. Somebody has answered it, or it has "
    "expired. Nothing was sent."
)
TOO_LATE = (
    "Somebody has answered ApprovalA in the meantime, or it has expired; look again at what is "
    "open now."
)
OUTDATED = "ApprovalA was opened again in the meantime, the release was stopped, or the pipeline"
# In AWS's words: tests/recorded.
COMPLETED = {
    "__type": "ApprovalAlreadyCompletedException",
    "message": "The approval request that you responded to is already complete or has expired. "
    "Review the latest revisions in the pipeline, and then try again.",
}


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """alice and bob at a desk that reaches AWS through a proxy."""
    found = desk_software.firm(tmp_path_factory.mktemp("races"), desk_software.people(*NAMES))
    found.start()
    found.processes.remove(found.desk)
    found.desk.stop()
    found.between = Between(found.emulator.exports["AWS_ENDPOINT_URL"])
    found.processes.append(found.between)
    environment = found.emulator.environment("server")
    environment["AWS_ENDPOINT_URL"] = found.between.endpoint
    found.desk = Desk(found.folder, found.port, found.rule, environment, "--role", ROLE)
    found.processes.append(found.desk)
    for person in found.people.values():
        person.sign_in(found.desk)
    yield found
    found.stop()


@pytest.fixture
def firm(company):
    """A release with both approvals open, and no answer that has reached CodePipeline."""
    company.between.before.clear()
    company.between.after.clear()
    company.emulator.idle("manager", PIPELINE)
    company.release()
    company.before = company.answers()
    return company


def at_once(*answers):
    """Calls them together, and returns what they return."""
    with ThreadPoolExecutor(len(answers)) as pool:
        return [it.result() for it in [pool.submit(answer) for answer in answers]]


def together(firm, count=2):
    """Holds answers until so many have come: each was judged before the others were given."""
    barrier = threading.Barrier(count, timeout=30)
    firm.between.before["PutApprovalResult"] = lambda: barrier.wait() and None


def asked(firm, person, action="ApprovalA", answer="Approved"):
    status, question = person.ask(firm.desk, wanted(firm, action, answer, "reviewed"))
    assert status == 200, question
    return question


def test_of_two_people_who_answer_one_approval_at_once_one_is_told_in_words(firm):
    alice, bob = firm.people.values()
    questions = [asked(firm, alice), asked(firm, bob, answer="Rejected")]
    together(firm)
    given = at_once(
        lambda: alice.give(firm.desk, questions[0]), lambda: bob.give(firm.desk, questions[1])
    )
    assert sorted(status for status, _ in given) == [200, 409], given
    winner = [status for status, _ in given].index(200)
    assert given[1 - winner][1]["problem"] == TOO_LATE
    run = firm.ended("ApprovalA")
    assert run["updatedBy"].endswith(f"/{NAMES[winner]}")
    assert run["status"] == ("Succeeded", "Failed")[winner]
    # Neither was tried again.
    assert firm.answers() == firm.before + 2


def test_one_answer_that_comes_twice_at_once_is_one(firm):
    alice, _ = firm.people.values()
    posted = alice.posted(asked(firm, alice), firm.desk.origin)
    together(firm)
    send = lambda: alice.post(firm.desk, "/answer/give", posted)
    given = at_once(send, send)
    assert sorted(status for status, *_ in given) == [200, 409], given
    (refused,) = (json.loads(text) for status, _, text in given if status == 409)
    assert refused["problem"] == TOO_LATE
    assert firm.ended("ApprovalA")["status"] == "Succeeded"
    assert firm.open() == {"ApprovalB"}


def test_one_person_in_two_browsers_at_once_is_refused_by_the_gate_and_the_page_says_why(firm):
    """Neither answer could be judged with the other in view. Nothing but the gate decides."""
    alice, _ = firm.people.values()
    questions = [asked(firm, alice, action) for action in ("ApprovalA", "ApprovalB")]
    together(firm)
    given = at_once(*(lambda it=it: alice.give(firm.desk, it) for it in questions))
    assert [status for status, _ in given] == [200, 200], given
    gate = firm.ended("Gate")
    said = gate["output"]["executionResult"]["externalExecutionSummary"]
    assert gate["status"] == "Failed" and "- same-person: ApprovalA and ApprovalB" in said
    _, _, page = alice.get(firm.desk, firm.page)
    assert "same-person: ApprovalA and ApprovalB" in page and "Gate failed." in page
    assert "Deploy" not in {it["actionName"] for it in firm.history()}


@pytest.mark.parametrize("abandon", [True, False])
def test_a_release_that_is_stopped_while_the_key_is_looked_for(firm, abandon):
    alice, _ = firm.people.values()
    question = asked(firm, alice)
    stop = {"pipelineName": PIPELINE, "pipelineExecutionId": firm.execution}
    firm.api.stop_pipeline_execution(**stop, abandon=abandon)
    status, said = alice.give(firm.desk, question)
    if abandon:
        assert (status, said["problem"]) == (409, NOT_WAITING)
        assert firm.answers() == firm.before
    else:
        # CodePipeline lets what has begun come to its end (recorded).
        assert (status, firm.ended("ApprovalA")["status"]) == (200, "Succeeded")
        alice.answer(firm.desk, wanted(firm, "ApprovalB", "Rejected", "it is stopped"))
        _, _, page = alice.get(firm.desk, firm.page)
        assert "stop" in page
    assert {"Gate", "Deploy"}.isdisjoint(it["actionName"] for it in firm.history())


def test_a_release_that_is_abandoned_or_changed_in_the_moment_of_an_answer(firm):
    alice, _ = firm.people.values()
    question = asked(firm, alice)
    stop = {"pipelineName": PIPELINE, "pipelineExecutionId": firm.execution, "abandon": True}
    firm.between.before["PutApprovalResult"] = lambda: (
        firm.api.stop_pipeline_execution(**stop) and None
    )
    status, said = alice.give(firm.desk, question)
    assert (status, said["problem"].startswith(OUTDATED)) == (409, True), said
    # AWS's words, and one full stop.
    assert said["problem"].endswith("you responded to is now out of date.")

    firm.between.before.clear()
    firm.emulator.idle("manager", PIPELINE)
    firm.release()
    question = asked(firm, alice)
    declared = firm.api.get_pipeline(name=PIPELINE)["pipeline"]
    firm.between.before["PutApprovalResult"] = lambda: (
        firm.api.update_pipeline(pipeline=declared) and None
    )
    status, said = alice.give(firm.desk, question)
    assert (status, said["problem"].startswith(OUTDATED)) == (409, True), said


def test_an_approval_that_times_out_while_the_key_is_looked_for(firm):
    """The shortest time-out of CodePipeline has five minutes: the proxy says what AWS says then."""
    alice, _ = firm.people.values()
    question = asked(firm, alice)
    firm.between.before["PutApprovalResult"] = lambda: (400, COMPLETED)
    status, said = alice.give(firm.desk, question)
    assert (status, said["problem"]) == (409, TOO_LATE)

    def timed_out(state):
        for stage in state["stageStates"]:
            for action in stage["actionStates"]:
                if action["actionName"] == "ApprovalA":
                    del action["latestExecution"]["token"]
                    action["latestExecution"] |= {
                        "status": "Failed",
                        "errorDetails": {"code": "TimeoutError", "message": "It timed out."},
                    }

    firm.between.after["GetPipelineState"] = timed_out
    for status, said in (
        alice.give(firm.desk, question),
        alice.ask(firm.desk, wanted(firm, "ApprovalA")),
    ):
        assert (status, said["problem"]) == (409, NOT_WAITING)
    assert firm.answers() == firm.before


def test_an_answer_whose_reply_is_lost_is_not_sent_twice_and_nobody_says_that_it_failed(firm):
    alice, _ = firm.people.values()
    question = asked(firm, alice)
    firm.between.after["PutApprovalResult"] = lambda _: (500, {"__type": "InternalFailure"})
    status, said = alice.give(firm.desk, question)
    assert (status, said["problem"].startswith("It is not known whether")) == (502, True), said
    assert firm.answers() == firm.before + 1
    assert firm.ended("ApprovalA")["status"] == "Succeeded"
    firm.between.after.clear()
    assert alice.give(firm.desk, question)[1]["problem"] == NOT_WAITING


def left(firm, method, path, person, body=""):
    """A request of a client that goes away before the reply."""
    connection = socket.create_connection(("127.0.0.1", firm.port))
    head = [f"{method} {path} HTTP/1.1", f"Host: localhost:{firm.port}", f"Cookie: {person.cookie}"]
    head += [f"Origin: {firm.desk.origin}", "Content-Type: application/json"]
    head += [f"Content-Length: {len(body)}", "", body]
    connection.sendall("\r\n".join(head).encode())
    return connection


def held(firm, operation):
    """Holds calls until the event is set; how many have come."""
    event, come = threading.Event(), []
    firm.between.before[operation] = lambda: come.append(1) or (event.wait(60) and None)
    return event, come


def come_to(count, calls):
    end = time.monotonic() + 60
    while len(calls) < count:
        assert time.monotonic() < end, len(calls)
        time.sleep(0.01)


def test_pages_that_nobody_waits_for_are_not_read_and_leave_nothing_behind(firm):
    """They would keep asking AWS, which limits the calls of the whole account."""
    alice, _ = firm.people.values()
    assert alice.get(firm.desk, "/")[0] == 200
    handles = lambda: len(list(Path(f"/proc/{firm.desk.process.pid}/fd").iterdir()))
    before = handles()
    event, come = held(firm, "ListPipelines")
    calls = []
    firm.between.after["GetPipelineState"] = lambda _: calls.append(1)
    clients = [left(firm, "GET", "/", alice) for _ in range(100)]
    come_to(len(clients), come)
    # A connection of each client, and mostly one to AWS for it.
    assert handles() > before + 150
    for client in clients:
        client.close()
    end = time.monotonic() + 30
    while handles() > before + 10:
        assert time.monotonic() < end, (before, handles())
        time.sleep(0.01)
    event.set()
    firm.between.before.clear()
    for _ in range(5):
        assert alice.get(firm.desk, "/")[0] == 200
    assert len(calls) == 5


def test_an_answer_goes_on_if_the_browser_does_not_wait(firm):
    alice, _ = firm.people.values()
    posted = json.dumps(alice.posted(asked(firm, alice), firm.desk.origin))
    event, come = held(firm, "PutApprovalResult")
    client = left(firm, "POST", "/answer/give", alice, posted)
    come_to(1, come)
    client.close()
    assert alice.get(firm.desk, "/enrol")[0] == 200
    event.set()
    assert firm.ended("ApprovalA")["status"] == "Succeeded"
