"""The desk shows who wrote and reviewed what is released, before people answer: on the command line
and in the browser. The reviews function is a program that says what a test wants.
"""

import json
import subprocess
import time
from contextlib import ExitStack

import axe
import pytest
from conftest import BINARIES, PIPELINE, Emulator, action, declaration
from desk_web import PATIENCE, Firm
from lambda_function import written
from test_desk_web import people, readable  # noqa: F401

REVIEWS = "two-person-rule-reviews"
ACCOUNT = "111122223333"
SAID = {
    "Base": "89abcdef",
    "Authors": "github:alice-gh/7",
    "Pushers": "github:alice-gh/7",
    "Reviewers": "github:carol-gh",
    "Reviewed": "yes",
    "Summary": "1 commit",
}
DIRECT = {**SAID, "Reviewers": "-", "Reviewed": "no: 0123456 was pushed directly"}
WROTE = "you wrote some of what is released"


def says(job, client):
    """Reports the variables in its UserParameters, about the revision that is released."""
    said = json.loads(job["data"]["actionConfiguration"]["configuration"]["UserParameters"])
    said["Head"] = job["data"]["inputArtifacts"][0]["revision"]
    client("codepipeline").put_job_success_result(jobId=job["id"], outputVariables=said)


def pipeline(said):
    """The reviews function, the approvals and the gate, one after the other."""
    declared = declaration()
    approvals = declared["stages"][1]["actions"]
    for one in approvals:
        one["runOrder"] += 1
    configuration = {"FunctionName": REVIEWS, "UserParameters": json.dumps(said)}
    artifacts = [{"name": "Source"}]
    approvals.append(
        action(
            "Reviews",
            "Invoke",
            "Lambda",
            1,
            configuration=configuration,
            inputArtifacts=artifacts,
        )
    )
    return declared


def function(folder):
    return "--function", f"{REVIEWS}={written(folder / 'reviews', says)}"


class Company:
    """Two IAM users, and a release whose approvals are open."""

    def __init__(self, folder, said, **rule):
        users = {name: f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("alice", "bob")}
        handles = {name: [arn, f"github:{name}-gh"] for name, arn in users.items()}
        files = {
            "principals": users,
            "rule": {"people": handles, "reviews": {"function": REVIEWS}, **rule},
        }
        arguments = list(function(folder))
        for option, content in files.items():
            (folder / f"{option}.json").write_text(json.dumps(content))
            arguments += [f"--{option}", folder / f"{option}.json"]
        self.emulator = Emulator(*arguments)
        self.emulator.client("bob").create_pipeline(pipeline=pipeline(said))
        end = time.monotonic() + PATIENCE
        while self.desk("bob", "pending")[0]:
            assert time.monotonic() < end, "the approvals do not open"
            time.sleep(0.05)

    def desk(self, name, *arguments):
        done = subprocess.run(
            [BINARIES / "desk", *arguments],
            env=self.emulator.environment(name),
            capture_output=True,
            text=True,
        )
        return done.returncode, " ".join(done.stdout.split())

    def pending(self, name):
        """The first open approval, and whether this person would count."""
        code, shown = self.desk(name, "pending", "--format", "json")
        assert code == 0
        return json.loads(shown)["approvals"][0]


@pytest.fixture
def company(tmp_path):
    with ExitStack() as founded:

        def found(said, **rule):
            firm = Company(tmp_path, said, **rule)
            founded.callback(firm.emulator.stop)
            return firm

        yield found


def test_an_author_is_told_so_before_anything_is_sent(company):
    firm = company(SAID, excludeAuthors=True)
    approval = firm.pending("alice")
    assert approval["reviews"] == {
        "reviewed": "yes",
        "authors": ["github:alice-gh/7"],
        "pushers": ["github:alice-gh/7"],
        "reviewers": ["github:carol-gh"],
    }
    assert (approval["you"]["counts"], approval["you"]["reason"]) == (False, "author")
    assert firm.pending("bob")["you"]["counts"]
    _, shown = firm.desk("alice", "pending")
    for line in ("authors github:alice-gh/7", "reviewers github:carol-gh", "reviewed yes"):
        assert line in shown, shown
    code, shown = firm.desk("alice", "approve", PIPELINE, "ApprovalA", "--yes")
    assert code == 10
    assert WROTE in shown and "github:alice-gh/7, who is named as an author" in shown, shown


def test_what_nobody_reviewed_is_said_before_people_answer(company):
    firm = company(DIRECT, excludeAuthors=True)
    _, shown = firm.desk("bob", "pending")
    assert "reviewed no: 0123456 was pushed directly" in shown, shown
    assert "reviewers" not in shown
    you = firm.pending("bob")["you"]
    assert (you["counts"], you["reason"]) == (False, "author")


def test_where_authors_count_they_are_told_that_they_wrote_it(company):
    firm = company(DIRECT)
    alice, bob = (firm.pending(name)["you"] for name in ("alice", "bob"))
    assert (alice["counts"], alice["author"]) == (True, "github:alice-gh/7")
    assert bob["counts"] and "author" not in bob
    _, shown = firm.desk("alice", "pending")
    assert f"would count as alice; {WROTE} (github:alice-gh/7)" in shown, shown


def test_a_function_that_is_not_believed_is_not_shown_as_if_it_were(company):
    firm = company({**SAID, "RuleDigest": "sha256:0"})
    reviews = firm.pending("alice")["reviews"]
    assert reviews["reviewed"].startswith("unknown: Reviews has another rule than the gate")
    assert reviews["authors"] == []


@pytest.fixture
def served(people, tmp_path):
    """A firm with a desk. alice and bob are known to the forge."""
    made, port, keys = people
    handles = {name: [f"github:{name}-gh"] for name in ("alice", "bob")}
    rule = {**keys, "people": handles, "reviews": {"function": REVIEWS}}
    with ExitStack() as founded:

        def start(said, **more):
            firm = Firm(tmp_path, made, port, {**rule, **more})
            # Before it starts, so that it is stopped even if it does not.
            founded.callback(firm.stop)
            firm.start(*function(tmp_path), declared=pipeline(said))
            for person in made.values():
                person.screen = {"width": 390}
                person.browser.call("Network.clearBrowserCookies")
            return firm

        yield start


def test_the_page_shows_an_author_what_they_wrote_and_others_that_they_count(served):
    firm = served(SAID, excludeAuthors=True)
    alice, bob = firm.people["alice"], firm.people["bob"]
    alice.sign_in(firm.desk)
    pending = alice.text()
    assert "github:alice-gh/7" in pending and "github:carol-gh" in pending, pending
    alice.open(firm.desk, firm.page)
    released = alice.text("#released")
    for text in ("Authors", "github:alice-gh/7", "Reviewers", "github:carol-gh", "yes"):
        assert text in released, released
    said = alice.answer("ApprovalA")
    assert "You wrote some of what is released" in said and "author" in said, said
    assert firm.answers() == 0
    axe.check_everywhere(alice.browser, "an author")
    bob.sign_in(firm.desk)
    bob.open(firm.desk, firm.page)
    assert "You would count as bob" in bob.text()
    assert bob.answer("ApprovalA").startswith("You approved ApprovalA.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_without_reviews_says_why_and_fits_on_a_phone(served, scheme):
    firm = served(DIRECT)
    alice = firm.people["alice"]
    alice.screen = {"width": 390, "scheme": scheme}
    alice.sign_in(firm.desk)
    readable(alice.browser, scheme)
    alice.open(firm.desk, firm.page)
    assert "no 0123456 was pushed directly" in alice.text("#released").replace("\n", " ")
    assert "You wrote some of what is released (github:alice-gh/7)." in alice.text()
    readable(alice.browser, scheme)
    axe.check_everywhere(alice.browser, "without reviews")
