"""The reviews function: what it takes to be the last satisfied release, and how it reports."""

import json

import forge_codecommit
import forge_github
import forge_gitlab
import pytest
from forge import Forge
from forge_server import TOKEN, Server
from reviews_function import (
    OWN,
    RULE,
    TOKEN_ARN,
    World,
    codecommit_source,
    gate,
    invoke,
    lambda_type,
    run,
    source,
)

OLD, MID, NEW = ("1" * 40, "2" * 40, "3" * 40)
EXCLUDED = "release once under a rule without `excludeAuthors`"


def same():
    """The last satisfied release delivered what this execution delivers: no forge is asked."""
    return World(NEW).release("e1", NEW)


def test_what_was_released_already_needs_no_forge():
    done = invoke(same())
    digest = done.variables.pop("RuleDigest")
    summary = done.variables.pop("Summary")
    assert done.error is None
    assert digest.startswith("sha256:")
    assert summary == f"No commits since {NEW}. Reviewed: yes"
    assert done.variables == {
        "Base": NEW,
        "Head": NEW,
        "Authors": "-",
        "Pushers": "-",
        "Reviewers": "-",
        "Reviewed": "yes",
    }
    assert done.world.count("GetSecretValue") == 0
    [line] = [json.loads(line) for line in done.output.splitlines() if "looked at" in line]
    assert line["fields"]["head"] == NEW and line["fields"]["reviewed"] == "yes"


def test_the_first_release_says_what_to_do():
    variables = invoke(World(NEW)).variables
    assert variables["Base"] == "-"
    assert variables["Reviewed"].startswith("no: ") and EXCLUDED in variables["Reviewed"]
    assert "Reviewed: no" in variables["Summary"]


def base(world):
    """The base that the function found. The forge may not answer."""
    world.token = "t0ken"
    world.refusals["GetSecretValue"] = (400, "ResourceNotFoundException")
    world.histories[OWN][1:] = [source(OWN, NEW, repository="acme/other")]
    return invoke(world).variables["Base"]


def test_an_execution_that_failed_or_was_refused_is_not_the_base():
    world = World(NEW).release("e4", NEW, status="Failed").release("e3", NEW, status="Stopped")
    world.execution("e2", gate("e2", verdict="unsatisfied"), source("e2", MID))
    world.release("e1", OLD)
    assert base(world) == OLD


def test_only_the_gates_own_function_says_satisfied():
    world = World(NEW)
    for number, history in enumerate(
        [
            gate("x", function="attacker"),
            gate("x", function="two-person-rule-gate:1"),
            gate("x", function="444455556666:function:two-person-rule-gate"),
            {**gate("x"), "status": "Failed"},
            gate("x", PipelineExecutionId="e1"),
        ]
    ):
        identifier = f"x{number}"
        history = json.loads(json.dumps(history).replace('"x"', f'"{identifier}"'))
        world.execution(identifier, history, source(identifier, MID))
    elsewhere = gate("x6")
    elsewhere["input"]["region"] = "us-east-1"
    build = run("x7", "Build", lambda_type("Build", "AWS", "CodeBuild"))
    build["output"] = {"outputVariables": gate("x7")["output"]["outputVariables"]}
    world.execution("x6", elsewhere, source("x6", MID))
    world.execution("x7", build, source("x7", MID))
    world.release("e1", OLD)
    assert base(world) == OLD


def test_the_gate_may_have_another_name():
    world = World(NEW).execution("e1", gate("e1", function="our-gate"), source("e1", NEW))
    assert EXCLUDED in invoke(world).variables["Reviewed"]
    assert invoke(world_again(world), GATE_FUNCTION="our-gate").variables["Reviewed"] == "yes"


def world_again(world):
    world.calls.clear()
    return world


@pytest.mark.parametrize("status", ["Succeeded", "Failed"])
def test_after_a_rollback_the_base_is_the_older_release(status):
    world = World(NEW).execution("r", gate("r"), target="e1", status=status)
    world.release("e2", MID).release("e1", OLD)
    assert base(world) == OLD


def test_a_rollback_to_an_unsatisfied_execution_is_not_the_base():
    """Somebody released past the gate, and then rolled back to that."""
    world = World(NEW).execution("r", gate("r"), target="e2")
    world.release("e3", NEW).execution("e2", source("e2", MID)).release("e1", OLD)
    assert base(world) == OLD


def test_a_rollback_to_a_satisfied_release_has_no_new_commits():
    world = World(NEW).release("e2", MID).release("e1", OLD)
    world.listed[0] = {
        "pipelineExecutionId": OWN,
        "status": "InProgress",
        "executionType": "ROLLBACK",
        "rollbackMetadata": {"rollbackTargetPipelineExecutionId": "e1"},
    }
    world.histories[OWN] = [world.own_run()]
    variables = invoke(world).variables
    assert (variables["Base"], variables["Head"]) == (OLD, "-")
    assert variables["Reviewed"] == "yes"


def test_all_pages_of_the_list_are_read():
    world = World(NEW)
    for number in range(7):
        world.release(f"f{number}", MID, status="Failed")
    world.release("e1", NEW).page = 2
    assert invoke(world).variables["Reviewed"] == "yes"
    assert world.count("ListPipelineExecutions") == 5


def test_newer_executions_are_not_the_base():
    world = same()
    world.listed.insert(0, {"pipelineExecutionId": "e9", "status": "Succeeded"})
    world.histories["e9"] = [gate("e9"), source("e9", MID)]
    assert invoke(world).variables["Base"] == NEW


S3 = run(
    OWN,
    "Upload",
    lambda_type("Source", "AWS", "S3"),
    executionResult={"externalExecutionId": "v1"},
)


@pytest.mark.parametrize(
    ("own", "told"),
    [
        (S3, "the Source action Upload takes from S3, which no forge shows"),
        (source(OWN, NEW, repository="mallory/shop"), "had nothing of mallory/shop"),
        (source(OWN, NEW, externalExecutionSummary="{}"), "does not say what its connection"),
    ],
    ids=["s3", "another-repository", "no-provider"],
)
def test_a_source_that_cannot_be_compared_is_an_objection(own, told):
    world = same()
    world.histories[OWN] = [world.own_run(), source(OWN, NEW, action="Known"), own]
    reviewed = invoke(world).variables["Reviewed"]
    assert reviewed.startswith("no: ") and told in reviewed


def test_a_commit_message_that_is_cut_does_not_hide_the_forge():
    cut = '{"ProviderType":"GitHub","CommitMessage":"' + "x" * 2000
    world = same()
    world.histories[OWN][1] = source(OWN, NEW, externalExecutionSummary=cut)
    assert invoke(world).variables["Reviewed"] == "yes"
    forged = '{"CommitMessage":"{\\"ProviderType\\":\\"GitHub\\"'
    world.histories[OWN][1] = source(OWN, NEW, externalExecutionSummary=forged)
    reviewed = invoke(world_again(world)).variables["Reviewed"]
    assert "does not say what its connection leads to" in reviewed


READS = ["GetJobDetails", "ListActionExecutions", "GetPipelineState", "ListPipelineExecutions"]


@pytest.mark.parametrize("operation", [*READS, "GetSecretValue"])
def test_what_aws_refuses_fails_the_job_in_words(operation):
    world = World(NEW).release("e1", OLD)
    world.refusals[operation] = (400, "AccessDeniedException")
    kind, message = invoke(world).failure
    assert kind == "PermissionError"
    service = "secretsmanager" if operation == "GetSecretValue" else "codepipeline"
    assert message.startswith(f"The reviews function's role may not call {operation}")
    assert f"{service}:{operation}" in message


@pytest.mark.parametrize("operation", [*READS, "GetSecretValue"])
def test_throttling_to_the_end_fails_the_job(operation):
    world = World(NEW).release("e1", OLD)
    world.refusals[operation] = (400, "ThrottlingException")
    kind, message = invoke(world, seconds=3).failure
    assert kind == "SystemUnavailable" and operation in message
    assert world.count(operation) > 1


def test_a_refused_success_becomes_a_failure():
    world = same()
    world.refusals["PutJobSuccessResult"] = (400, "OutputVariablesSizeExceededException")
    kind, message = invoke(world).failure
    assert kind == "SystemUnavailable"
    assert message.startswith("The commits were looked at, but the success could not be reported")


def test_a_forge_that_cannot_be_reached_fails_the_job():
    kind, message = invoke(World(NEW).release("e1", OLD), seconds=3).failure
    assert kind == "SystemUnavailable" and "GitHub" in message


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rule": {}}, "it has no `reviews`"),
        ({"rule": {"reviews": {"function": "other"}}}, "`reviews.function` is `other`"),
        ({"rule": {"quorum": 1}}, "`quorum`"),
        ({"forges": "{"}, "FORGES is wrong"),
        ({"forges": {"githb": {}}}, "unknown field `githb`"),
        ({"forges": {"github": {"token": "ghp_s3cret"}}}, "is not the ARN of a secret"),
        ({"forges": {"github": {"api": "http://ghe.example", "token": TOKEN_ARN}}}, "https://"),
        ({"forges": {}}, "`FORGES` has no `github`"),
        (
            {"forges": {"github": {"api": "https://ghe.example/api/v3", "token": TOKEN_ARN}}},
            "comes from the public GitHub, and `github.api` in `FORGES` is another",
        ),
        ({"FORGES": None}, "FORGES is not set"),
        ({"GATE_FUNCTION": "two person"}, "GATE_FUNCTION is wrong"),
        ({"TWO_PERSON_RULES": "{}"}, "TWO_PERSON_RULES"),
    ],
)
def test_a_wrong_setting_is_named(change, told):
    kind, message = invoke(World(NEW).release("e1", OLD), **change).failure
    assert kind == "ConfigurationError" and told in message, message


@pytest.mark.parametrize("parameters", ['{"quorum": 2}', "x", '{"gate": "attacker"}'])
def test_a_pipeline_cannot_configure_it(parameters):
    world = same()
    world.configuration["UserParameters"] = parameters
    kind, message = invoke(world).failure
    assert kind == "ConfigurationError" and "UserParameters are wrong" in message


def test_a_job_of_another_function_is_left_to_it():
    world = same()
    world.configuration = {"FunctionName": "other"}
    done = invoke(world)
    assert done.reports == [] and done.error["errorType"] == "NotOurs"


def test_a_forged_event_is_refused():
    world = same()
    event = world.event()
    event["CodePipeline.job"]["data"]["actionConfiguration"] = {
        "configuration": {**world.configuration, "UserParameters": "{}"}
    }
    kind, message = invoke(world, event=event).failure
    assert kind == "ConfigurationError" and "are not those that CodePipeline" in message
    assert invoke(world_again(world), event={"x": 1}).error["errorType"] == "NotAJob"


def test_a_history_that_does_not_show_our_own_run_is_not_believed():
    world = same()
    del world.histories[OWN][0]
    kind, message = invoke(world, seconds=3).failure
    assert kind == "SystemUnavailable" and "own run" in message


def test_a_list_that_does_not_show_this_execution_is_not_believed():
    world = same()
    del world.listed[0]
    kind, message = invoke(world).failure
    assert kind == "SystemUnavailable" and "does not show this execution yet" in message


class Shop:
    """A forge with the repository acme/shop, where alice writes and carol reviews."""

    def __init__(self, server):
        self.forges = {"github": {"api": server.url, "token": TOKEN_ARN}}
        self.forge = server.forge
        names = ("alice", "bob", "carol")
        self.alice, self.bob, self.carol = (self.forge.user(name) for name in names)
        self.shop = self.forge.repository("acme/shop", self.alice, self.bob, self.carol)
        first = self.forge.commit([], self.bob.email, "first")
        self.base = self.shop.push(self.bob, "main", first)

    def change(self, *reviewers):
        self.shop.work(self.alice, "fix")
        pull = self.shop.open(self.alice, "fix")
        for reviewer in reviewers:
            pull.review(reviewer)
        pull.merge(self.carol, "merge")

    def released(self, rule=RULE, **more):
        """What the function finds out about the newest commit."""
        world = World(self.shop.branches["main"]).release("e1", self.base)
        world.token = TOKEN
        return invoke(world, rule=rule, forges=self.forges, **more)


@pytest.fixture
def shop():
    with Server(Forge(), forge_github.api) as server:
        yield Shop(server)


def named(user):
    return f"github:{user.login}/{user.id}"


def test_a_reviewed_change_names_its_author_and_its_reviewer(shop):
    shop.change(shop.carol)
    variables = shop.released().variables
    assert variables["Authors"] == variables["Pushers"] == named(shop.alice)
    assert variables["Reviewers"] == named(shop.carol)
    assert variables["Reviewed"] == "yes"
    assert variables["Base"] == shop.base and variables["Head"] == shop.shop.branches["main"]
    assert variables["Summary"].startswith(f"2 commits since {shop.base}, written by github:alice/")


def test_a_change_without_enough_reviews_is_a_success_that_says_no(shop):
    shop.change(shop.carol)
    for reviews in ({"required": 2}, {"repositories": {"Acme/Shop": 2}}):
        rule = {**RULE, "reviews": {**RULE["reviews"], **reviews}}
        variables = shop.released(rule).variables
        assert variables["Reviewed"].startswith("no: ")
        assert variables["Authors"] == named(shop.alice)


def test_two_accounts_of_one_person_are_one_reviewer_and_no_reviewer_of_the_other(shop):
    second = shop.forge.user("alice-2")
    shop.shop.writers[second.login] = "write"
    shop.change(second)
    assert shop.released().variables["Reviewed"] == "yes"
    people = {"alice": [f"github:{user.login}" for user in (shop.alice, second)]}
    variables = shop.released({**RULE, "people": people}).variables
    assert variables["Reviewed"].startswith("no: ") and variables["Reviewers"] == "-"
    assert "wrote or pushed some of it" in variables["Reviewed"]
    # And two accounts of another person are one reviewer.
    [pull] = shop.shop.pulls
    pull.review(shop.bob).review(shop.carol)
    rule = {**RULE, "reviews": {**RULE["reviews"], "required": 2}}
    assert shop.released(rule).variables["Reviewed"] == "yes"
    people["bob"] = [f"github:{user.login}" for user in (shop.bob, shop.carol)]
    assert "1 of 2" in shop.released({**rule, "people": people}).variables["Reviewed"]


def test_a_machine_of_the_rule_is_not_a_reviewer(shop):
    shop.change(shop.carol)
    assert shop.released().variables["Reviewed"] == "yes"
    variables = shop.released({**RULE, "notPeople": ["github:carol"]}).variables
    assert "is a machine by the rule" in variables["Reviewed"]


def test_a_wrong_token_fails_the_job_and_is_not_told(shop):
    shop.change(shop.carol)
    world = World(shop.shop.branches["main"]).release("e1", shop.base)
    world.token = "github_pat_wr0ng"
    kind, message = invoke(world, forges=shop.forges).failure
    assert kind == "ConfigurationError" and "token" in message


def test_a_source_of_gitlab_is_asked_of_gitlab():
    with Server(forge_gitlab.GitLab(), forge_gitlab.api) as server:
        shop = Shop(server)
        shop.shop.work(shop.alice, "fix")
        shop.shop.open(shop.alice, "fix").review(shop.carol).merge(shop.bob)
        forges = {"gitlab": {"api": f"{server.url}/api/v4", "token": TOKEN_ARN}}
        world = World(shop.shop.branches["main"]).release("e1", shop.base, provider="GitLab")
        world.histories[OWN][1] = source(OWN, shop.shop.branches["main"], provider="GitLab")
        world.token = TOKEN
        variables = invoke(world, forges=forges).variables
        assert variables["Authors"] == f"gitlab:alice/{shop.alice.id}"
        assert variables["Reviewed"] == "yes"
        kind, message = invoke(world_again(world), forges=shop.forges).failure
        assert kind == "ConfigurationError" and "`FORGES` has no `gitlab`" in message


def test_a_source_of_codecommit_is_asked_of_codecommit():
    forge = forge_codecommit.CodeCommit()
    alice, bob, carol = (forge.user(name) for name in ("alice", "bob", "carol"))
    shop = forge.repository("shop", alice, bob, carol)
    shop.push(bob, "main", forge.commit([], bob.email, "first"))

    def change(branch):
        shop.work(alice, branch)
        shop.open(alice, branch).review(carol).merge(bob, "squash")
        return shop.branches["main"]

    base, head = change("one"), change("two")
    world = World(head).execution("e1", gate("e1"), codecommit_source("e1", base))
    world.histories[OWN][1] = codecommit_source(OWN, head)
    world.codecommit = forge_codecommit.Service(forge)
    variables = invoke(world, forges={"codecommit": {}}).variables
    assert variables["Authors"] == forge_codecommit.arn(alice)
    assert variables["Reviewers"] == forge_codecommit.arn(carol)
    assert variables["Reviewed"] == "yes"
    elsewhere = codecommit_source(OWN, head)
    elsewhere["input"]["roleArn"] = "arn:aws:iam::444455556666:role/source"
    world.histories[OWN][1] = elsewhere
    reviewed = invoke(world_again(world), forges={"codecommit": {}}).variables["Reviewed"]
    assert "takes from CodeCommit of another account" in reviewed


def test_two_sources_are_looked_at_each(shop):
    shop.change(shop.carol)
    other = shop.forge.repository("acme/other", shop.alice, shop.bob)
    first = other.push(shop.bob, "main", shop.forge.commit([], shop.bob.email, "one"))
    pushed = other.work(shop.bob, "main")
    head = shop.shop.branches["main"]
    world = World(head).release("e1", shop.base)
    world.histories[OWN].append(source(OWN, pushed, "acme/other", "Other"))
    world.histories["e1"].append(source("e1", first, "acme/other", "Other"))
    world.token = TOKEN
    variables = invoke(world, forges=shop.forges).variables
    assert variables["Head"] == " ".join(sorted([head, pushed]))
    assert variables["Base"] == " ".join(sorted([shop.base, first]))
    assert named(shop.alice) in variables["Authors"] and named(shop.bob) in variables["Authors"]
    assert "directly" in variables["Reviewed"]


def test_the_rule_is_that_of_the_gate():
    """The gate compares the digest with its own."""
    one, other = (invoke(same(), rule={**RULE, "quorum": it}) for it in (2, 3))
    assert one.variables["RuleDigest"] != other.variables["RuleDigest"]
