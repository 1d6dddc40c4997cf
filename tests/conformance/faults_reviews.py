"""The reviews function and a forge, where a fault is met."""

import json
import re

import forge_codecommit
import forge_github
import forge_gitlab
from conftest import BINARIES, PIPELINE, Emulator
from faults import INVOKE
from faults_worlds import ACCOUNT, INVOCATION, World
from faulty_wire import FaultyWire
from forge import Forge
from forge_server import TOKEN, Server
from test_reviews_story import GATE, PEOPLE, REGION, REVIEWS, SLOTS, shop

FORGE = "forge:GET"


class Reviews(World):
    """A change that carol has reviewed. Before it, one commit was released."""

    name = "reviews, a reviewed change"
    caller = f"function-{REVIEWS}"
    operations = (
        "codepipeline:GetJobDetails",
        "codepipeline:ListActionExecutions",
        "codepipeline:ListPipelineExecutions",
        "secretsmanager:GetSecretValue",
        FORGE,
        "codepipeline:PutJobSuccessResult",
        "codepipeline:PutJobFailureResult",
        INVOKE,
    )
    words = ("reviewed", "not reviewed", "unavailable", "errs")
    patience = 150
    own = "dave"
    # The word for the forge in rules, what it is called in Source actions, and its API.
    forge, provider, region = "github", "GitHub", REGION

    def forge_server(self):
        return Server(Forge(), forge_github.api)

    @staticmethod
    def is_of_forge(operation):
        return operation == FORGE

    def is_met(self, case, _):
        return self.is_of_forge(case.operation)

    def play(self, case):
        with self.forge_server() as server:
            forge = server.forge
            wire = FaultyWire(server.url, case, lambda request: self.is_met(case, request))
            try:
                self.serve_with(case, wire, forge)
                self.shop = forge.shop
                return self.judged(case)
            finally:
                wire.stop()
                self.emulator.stop()

    def serve_with(self, case, wire, forge):
        users = {name: forge.user(name) for name in PEOPLE}
        self.users = users
        forge.shop = forge.repository("acme/shop", *users.values())
        self.begin(forge)
        write = lambda name, text: (self.folder / name).write_text(text)
        write("token", f"{TOKEN}\n")
        principals = {name: f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in PEOPLE}
        write("principals.json", json.dumps(principals))
        people = {name: [principals[name], *self.names_of(user)] for name, user in users.items()}
        rule = {"people": people, "reviews": {"function": REVIEWS, "required": 1}}
        write("rule.json", json.dumps(rule))
        entries = [] if self.is_of_forge(case.operation) else [case.entry(self.caller)]
        write("faults.json", json.dumps({"faults": entries}))
        token = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:forge-000000"
        settings = {
            "TWO_PERSON_RULE": json.dumps({**rule, "excludeAuthors": True}),
            "GATE_FUNCTION": GATE,
            **self.settings(wire.endpoint, token),
        }
        arguments = ["--function", f"{REVIEWS}={BINARIES / 'reviews'}"]
        for name, value in settings.items():
            arguments += ["--function-env", f"{REVIEWS}:{name}={value}"]
        for name in ("principals", "rule", "faults"):
            arguments += [f"--{name}", self.folder / f"{name}.json"]
        arguments += ["--secret", f"forge={self.folder / 'token'}"]
        arguments += ["--function-timeout", str(INVOCATION), "--region", self.region]
        self.emulator = Emulator(*arguments, log=(self.folder / "log").open("w"))
        self.release(forge.shop.branches["main"])

    def begin(self, forge):
        """The commit that is released first."""
        dave = self.users["dave"]
        forge.shop.push(dave, "main", forge.commit([], dave.email, "first"))

    def settings(self, endpoint, token):
        """How the function reaches the forge."""
        return {"FORGES": json.dumps({self.forge: {"api": endpoint, "token": token}})}

    def names_of(self, user):
        return [f"{self.forge}:{user.login}/{user.id}"]

    def declared(self):
        return shop(self.provider)

    def release(self, first):
        """The first commit is released without the function, which then has its place."""
        declared = self.declared()
        reviews = declared["stages"][1]["actions"].pop(0)
        self.ask(self.own, "CreatePipeline", pipeline=declared)
        (listed,) = self.ask(self.own, "ListPipelineExecutions", pipelineName=PIPELINE)[
            "pipelineExecutionSummaries"
        ]
        stop = {"pipelineExecutionId": listed["pipelineExecutionId"], "abandon": True}
        self.ask(self.own, "StopPipelineExecution", pipelineName=PIPELINE, **stop)
        self.start(first)
        for key_id, slot in zip(("bob", "dave"), SLOTS, strict=True):
            self.until(lambda slot=slot: self.runs()[slot].get("token"), "no approval is open")
            self.approve(key_id, slot)
        passed = lambda: self.runs()["Gate"].get("status") == "Succeeded"
        self.until(passed, "the first commit is not released")
        declared["stages"][1]["actions"].insert(0, reviews)
        self.ask(self.own, "UpdatePipeline", pipeline=declared)

    def start(self, commit):
        revision = {"revisionType": "COMMIT_ID", "revisionValue": commit}
        source = [{"actionName": "Source", **revision}]
        self.ask(self.own, "StartPipelineExecution", name=PIPELINE, sourceRevisions=source)

    def change(self):
        self.shop.work(self.users["alice"], "fix")
        self.shop.open(self.users["alice"], "fix").review(self.users["carol"]).merge(
            self.users["bob"]
        )

    def judged(self, case):
        self.change()
        self.start(self.shop.branches["main"])
        return self.until(self.reported, f"{case}: no report, and no error")

    def reported(self):
        run = self.runs().get("Reviews", {})
        if run.get("status") == "Failed":
            error = run["errorDetails"]
            assert error["message"], run
            return {"SystemUnavailable": "unavailable"}[error["code"]]
        if run.get("status") == "Succeeded":
            history = self.ask(self.own, "ListActionExecutions", pipelineName=PIPELINE)
            runs = history["actionExecutionDetails"]
            newest = next(it for it in runs if it["actionName"] == "Reviews")
            said = newest["output"]["outputVariables"]["Reviewed"]
            return "reviewed" if said == "yes" else "not reviewed"
        return "errs" if re.search(r"the function .*attempt=3|attempt=3 ", self.logged()) else None


class ReviewsOfNone(Reviews):
    """A change that alice has pushed past everybody."""

    name = "reviews, a change that nobody reviewed"
    words = ("not reviewed", "unavailable", "errs")
    step = 3

    def change(self):
        self.shop.work(self.users["alice"], "main")


class ReviewsGitLab(Reviews):
    """The same at GitLab."""

    name = "reviews, GitLab"
    operations = (FORGE,)
    forge, provider = "gitlab", "GitLab"

    def forge_server(self):
        return Server(forge_gitlab.GitLab(), forge_gitlab.api, limits=False)

    def settings(self, endpoint, token):
        return super().settings(f"{endpoint}/api/v4", token)


class ReviewsCodeCommit(Reviews):
    """The same at CodeCommit."""

    name = "reviews, CodeCommit"
    operations = (
        "codecommit:GetRepository",
        "codecommit:BatchGetCommits",
        "codecommit:GetPullRequest",
        "codecommit:DescribePullRequestEvents",
        "codecommit:GetPullRequestApprovalStates",
        "codecommit:GetPullRequestOverrideState",
        "codecommit:GetMergeConflicts",
        "cloudtrail:LookupEvents",
    )
    step = 3
    # The stand-in serves this one.
    region = "eu-west-1"

    def forge_server(self):
        return forge_codecommit.Server(forge_codecommit.Service(forge_codecommit.CodeCommit()))

    @staticmethod
    def is_of_forge(operation):
        return operation in ReviewsCodeCommit.operations

    def is_met(self, case, request):
        target = request.headers["x-amz-target"]
        return target.rpartition(".")[2] == case.operation.partition(":")[2]

    def begin(self, forge):
        """CloudTrail cannot tell who has pushed a commit, unless CodeCommit has merged it."""
        super().begin(forge)
        alice = self.users["alice"]
        forge.shop.work(alice, "first")
        forge.shop.open(alice, "first").merge(self.users["dave"], "squash")

    def settings(self, endpoint, token):
        return {
            "FORGES": json.dumps({"codecommit": {}}),
            "AWS_ENDPOINT_URL_CODECOMMIT": endpoint,
            "AWS_ENDPOINT_URL_CLOUDTRAIL": endpoint,
        }

    def names_of(self, user):
        return []

    def declared(self):
        declared = super().declared()
        (source,) = declared["stages"][0]["actions"]
        source["actionTypeId"]["provider"] = "CodeCommit"
        source["configuration"] = {"RepositoryName": "acme/shop", "BranchName": "main"}
        return declared
