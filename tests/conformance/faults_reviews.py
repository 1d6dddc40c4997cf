"""The reviews function and a forge, where a fault is met."""

import json
import re

import forge_github
from conftest import BINARIES, PIPELINE, Emulator
from faults import INVOKE
from faults_worlds import ACCOUNT, INVOCATION, World
from faulty_wire import FaultyWire
from forge import Forge
from forge_server import TOKEN, Server
from test_reviews_story import GATE, PEOPLE, REGION, REVIEWS, SLOTS, shop

FORGE = "github:GET"


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

    def play(self, case):
        forge = Forge()
        with Server(forge, forge_github.api) as server:
            wire = FaultyWire(server.url, case, lambda _: case.operation == FORGE)
            try:
                self.serve_with(case, wire, forge, server)
                self.shop = forge.shop
                return self.judged(case)
            finally:
                wire.stop()
                self.emulator.stop()

    def serve_with(self, case, wire, forge, server):
        users = {name: forge.user(name) for name in PEOPLE}
        self.users = users
        forge.shop = forge.repository("acme/shop", *users.values())
        first = forge.shop.push(
            users["dave"], "main", forge.commit([], users["dave"].email, "first")
        )
        write = lambda name, text: (self.folder / name).write_text(text)
        write("token", f"{TOKEN}\n")
        principals = {name: f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in PEOPLE}
        write("principals.json", json.dumps(principals))
        people = {
            name: [principals[name], f"github:{user.login}/{user.id}"]
            for name, user in users.items()
        }
        rule = {"people": people, "reviews": {"function": REVIEWS, "required": 1}}
        write("rule.json", json.dumps(rule))
        entries = [] if case.operation == FORGE else [case.entry(self.caller)]
        write("faults.json", json.dumps({"faults": entries}))
        token = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:forge-000000"
        settings = {
            "TWO_PERSON_RULE": json.dumps({**rule, "excludeAuthors": True}),
            "FORGES": json.dumps({"github": {"api": wire.endpoint, "token": token}}),
            "GATE_FUNCTION": GATE,
        }
        arguments = ["--function", f"{REVIEWS}={BINARIES / 'reviews'}"]
        for name, value in settings.items():
            arguments += ["--function-env", f"{REVIEWS}:{name}={value}"]
        for name in ("principals", "rule", "faults"):
            arguments += [f"--{name}", self.folder / f"{name}.json"]
        arguments += ["--secret", f"forge={self.folder / 'token'}"]
        arguments += ["--function-timeout", str(INVOCATION)]
        self.emulator = Emulator(*arguments, log=(self.folder / "log").open("w"))
        self.release(first)

    def release(self, first):
        """The first commit is released without the function, which then has its place."""
        declared = shop("GitHub")
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
