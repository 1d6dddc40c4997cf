"""Authors do not approve what they wrote: the emulator with the gate and the reviews function, and
a forge on this machine. Alice writes, carol reviews, bob and dave release.
"""

import json
import time
from contextlib import ExitStack

import forge_github
import forge_gitlab
import pytest
from conftest import BINARIES, PIPELINE, STAGE, Emulator, action, declaration
from forge import Forge
from forge_server import TOKEN, Server

GATE, REVIEWS = "two-person-rule", "two-person-rule-reviews"
ACCOUNT, REGION = "111122223333", "us-east-1"
PEOPLE = ("alice", "bob", "carol", "dave")
SLOTS = ("ApprovalA", "ApprovalB")
# A forge, its replies, the path of its API, and the provider of connections to it.
FORGES = {
    "github": (Forge, forge_github.api, "", "GitHub"),
    "gitlab": (forge_gitlab.GitLab, forge_gitlab.api, "/api/v4", "GitLab"),
}


def shop(provider):
    """A source of commits; the reviews function, the approvals, and the gate; a deployment."""
    connection = {
        "ConnectionArn": f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/{provider}",
        "FullRepositoryId": "acme/shop",
        "BranchName": "main",
    }
    declared = declaration()
    declared["stages"][0]["actions"] = [
        action(
            "Source",
            "Source",
            "CodeStarSourceConnection",
            outputArtifacts=[{"name": "Source"}],
            configuration=connection,
        )
    ]
    declared["stages"][1]["actions"] = [
        action("Reviews", "Invoke", "Lambda", 1, configuration={"FunctionName": REVIEWS}),
        *(action(slot, "Approval", "Manual", 2) for slot in SLOTS),
        action("Gate", "Invoke", "Lambda", 3, configuration={"FunctionName": GATE}),
    ]
    return declared


class Firm:
    """People with accounts at the forge and in AWS, a repository, and its pipeline. The first
    commit has been released.
    """

    def __init__(self, folder, server, name, secret="forge"):
        self.forge, self.name = server.forge, name
        *_, path, provider = FORGES[name]
        users = {name: self.forge.user(name) for name in PEOPLE}
        self.alice, self.bob, self.carol, self.dave = users.values()
        self.mallory = self.forge.user("mallory")
        self.shop = self.forge.repository("acme/shop", *users.values(), self.mallory)
        first = self.forge.commit([], self.dave.email, "first")
        self.first = self.shop.push(self.dave, "main", first)

        (folder / "token").write_text(f"{TOKEN}\n")
        token = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:forge-000000"
        settings = {
            "TWO_PERSON_RULE": self.rule(excludeAuthors=True),
            "FORGES": json.dumps({name: {"api": f"{server.url}{path}", "token": token}}),
            "GATE_FUNCTION": GATE,
        }
        environment = (
            argument
            for name, value in settings.items()
            for argument in ("--function-env", f"{REVIEWS}:{name}={value}")
        )
        principals = {name: f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in PEOPLE}
        (folder / "principals.json").write_text(json.dumps(principals))
        # Nothing was released before, so the first release cannot exclude authors.
        (folder / "rule.json").write_text(self.rule())
        self.emulator = Emulator(
            "--principals",
            folder / "principals.json",
            "--rule",
            folder / "rule.json",
            "--function",
            f"{REVIEWS}={BINARIES / 'reviews'}",
            *environment,
            "--secret",
            f"{secret}={folder / 'token'}",
            log=(folder / "log").open("w"),
        )
        self.log = folder / "log"
        self.api = self.emulator.client("dave")
        self.api.create_pipeline(pipeline=shop(provider))
        self.emulator.idle("dave", PIPELINE)

    def handle(self, user):
        """The word for a user of the forge in rules and output variables."""
        return f"{self.name}:{user.login}/{user.id}"

    def rule(self, **more):
        handles = {
            name: [f"arn:aws:iam::{ACCOUNT}:user/{name}", self.handle(user)]
            for name, user in self.forge.users.items()
            if name in PEOPLE
        }
        reviews = {"function": REVIEWS, "required": 1}
        return json.dumps({"people": handles, "reviews": reviews, **more})

    def begin(self):
        """Releases the first commit, and excludes authors from then on."""
        execution = self.start(self.first)
        self.approve("bob", "dave")
        assert self.ended(execution) == "Succeeded", self.told("Gate")
        strict = {"TWO_PERSON_RULE": self.rule(excludeAuthors=True)}
        self.emulator.client("dave", "lambda").update_function_configuration(
            FunctionName=GATE, Environment={"Variables": strict}
        )
        return execution

    def start(self, commit=None):
        revision = {"revisionType": "COMMIT_ID", "revisionValue": commit or self.head()}
        return self.api.start_pipeline_execution(
            name=PIPELINE, sourceRevisions=[{"actionName": "Source", **revision}]
        )["pipelineExecutionId"]

    def head(self):
        return self.shop.branches["main"]

    def approve(self, *people):
        """These people approve what is open, one each."""
        for slot, person in zip(SLOTS, people, strict=True):
            token = self.until(lambda slot=slot: self.state(slot).get("token"))
            self.emulator.client(person).put_approval_result(
                pipelineName=PIPELINE,
                stageName=STAGE,
                actionName=slot,
                token=token,
                result={"status": "Approved", "summary": "reviewed"},
            )

    def retry(self, execution):
        self.api.retry_stage_execution(
            pipelineName=PIPELINE,
            stageName=STAGE,
            pipelineExecutionId=execution,
            retryMode="ALL_ACTIONS",
        )

    def state(self, name):
        state = self.api.get_pipeline_state(name=PIPELINE)
        return next(
            action.get("latestExecution", {})
            for stage in state["stageStates"]
            for action in stage["actionStates"]
            if action["actionName"] == name
        )

    def told(self, name):
        """Why an action failed."""
        return self.state(name).get("errorDetails", {}).get("message", "")

    def ended(self, execution):
        status = lambda: self.api.get_pipeline_execution(
            pipelineName=PIPELINE, pipelineExecutionId=execution
        )["pipelineExecution"]["status"]
        self.until(lambda: status() != "InProgress")
        return status()

    def variables(self, execution, name):
        """The output variables of the newest attempt of an action."""
        found = self.api.list_action_executions(
            pipelineName=PIPELINE, filter={"pipelineExecutionId": execution}
        )["actionExecutionDetails"]
        return next(it for it in found if it["actionName"] == name)["output"]["outputVariables"]

    def until(self, holds):
        deadline = time.monotonic() + 60
        while not (value := holds()):
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        return value


@pytest.fixture
def firm(tmp_path):
    firms = []
    with ExitStack() as served:

        def found(name="github", **more):
            forge, api, *_ = FORGES[name]
            server = served.enter_context(Server(forge(), api))
            firms.append(Firm(tmp_path, server, name, **more))
            return firms[-1]

        yield found
        for firm in firms:
            firm.emulator.stop()
            assert TOKEN not in firm.log.read_text()


@pytest.mark.parametrize("name", FORGES)
def test_alice_wrote_it_carol_reviewed_it_and_bob_and_dave_release_it(firm, name):
    firm = firm(name)
    firm.begin()
    firm.shop.work(firm.alice, "fix", count=2)
    firm.shop.open(firm.alice, "fix").review(firm.carol).merge(firm.bob)
    execution = firm.start()
    firm.approve("alice", "bob")
    assert firm.ended(execution) == "Failed"
    told = firm.told("Gate")
    assert "author" in told and firm.handle(firm.alice) in told, told

    found = firm.variables(execution, "Reviews")
    alice = firm.handle(firm.alice)
    assert (found["Base"], found["Head"]) == (firm.first, firm.head())
    assert (found["Authors"], found["Pushers"], found["Reviewed"]) == (alice, alice, "yes")

    # The same release, approved by two people who did not write it.
    firm.retry(execution)
    firm.approve("bob", "dave")
    assert firm.ended(execution) == "Succeeded", firm.told("Gate")
    assert firm.variables(execution, "Gate")["Approvers"] == "bob, dave"

    # What comes next begins where this release ended.
    firm.shop.work(firm.dave, "more")
    firm.shop.open(firm.dave, "more").review(firm.alice).merge(firm.dave)
    released = firm.variables(execution, "Reviews")["Head"]
    execution = firm.start()
    firm.approve("alice", "carol")
    assert firm.ended(execution) == "Succeeded", firm.told("Gate")
    found = firm.variables(execution, "Reviews")
    assert (found["Base"], found["Authors"]) == (released, firm.handle(firm.dave))


def test_nobody_counts_if_it_was_not_reviewed_or_the_author_may_be_anybody(firm):
    firm = firm()
    firm.begin()
    firm.shop.work(firm.alice, "main")
    execution = firm.start()
    firm.approve("bob", "dave")
    assert firm.ended(execution) == "Failed"
    found = firm.variables(execution, "Reviews")
    assert found["Reviewed"].startswith("no: ") and "directly" in found["Reviewed"]
    assert "directly" in firm.told("Gate")

    # Mallory is not in `people`: she may be bob, for all that anybody knows. The range still has
    # what was pushed directly, so nothing is lost by going on.
    firm.shop.work(firm.mallory, "odd")
    firm.shop.open(firm.mallory, "odd").review(firm.carol).merge(firm.carol)
    execution = firm.start()
    firm.approve("bob", "dave")
    assert firm.ended(execution) == "Failed"
    found = firm.variables(execution, "Reviews")
    assert found["Base"] == firm.first
    assert firm.handle(firm.mallory) in found["Authors"].split()


def test_an_unknown_author_alone_stops_the_release(firm):
    firm = firm()
    firm.begin()
    firm.shop.work(firm.mallory, "odd")
    firm.shop.open(firm.mallory, "odd").review(firm.carol).merge(firm.carol)
    execution = firm.start()
    firm.approve("bob", "dave")
    assert firm.ended(execution) == "Failed"
    assert firm.variables(execution, "Reviews")["Reviewed"] == "yes"
    assert firm.handle(firm.mallory) in firm.told("Gate")


def test_what_cannot_be_found_out_stops_the_release_before_anybody_is_asked(firm):
    firm = firm(secret="another")
    firm.begin()
    firm.shop.work(firm.alice, "fix")
    firm.shop.open(firm.alice, "fix").review(firm.carol).merge(firm.bob)
    execution = firm.start()
    assert firm.ended(execution) == "Failed"
    assert "secret" in firm.told("Reviews").lower(), firm.told("Reviews")
    assert "token" not in firm.state("ApprovalA")


def test_after_a_rollback_what_was_taken_back_is_looked_at_again(firm):
    firm = firm()
    first = firm.begin()
    firm.shop.work(firm.alice, "fix")
    firm.shop.open(firm.alice, "fix").review(firm.carol).merge(firm.bob)
    execution = firm.start()
    firm.approve("bob", "dave")
    assert firm.ended(execution) == "Succeeded", firm.told("Gate")
    rollback = firm.api.rollback_stage(
        pipelineName=PIPELINE, stageName="Deploy", targetPipelineExecutionId=first
    )["pipelineExecutionId"]
    assert firm.ended(rollback) == "Succeeded"

    firm.shop.work(firm.dave, "more")
    firm.shop.open(firm.dave, "more").review(firm.carol).merge(firm.bob)
    execution = firm.start()
    firm.approve("alice", "bob")
    assert firm.ended(execution) == "Failed"
    assert firm.handle(firm.alice) in firm.told("Gate")
    found = firm.variables(execution, "Reviews")
    assert found["Base"] == firm.first
    assert set(found["Authors"].split()) == {firm.handle(firm.alice), firm.handle(firm.dave)}
    firm.retry(execution)
    firm.approve("bob", "carol")
    assert firm.ended(execution) == "Succeeded", firm.told("Gate")
