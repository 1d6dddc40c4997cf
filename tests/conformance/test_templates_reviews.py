"""reviews.yaml and the module `reviews`: what they grant, and the settings that the function
reads.
"""

import json
import re

import pytest
from cloudformation import ROOT, TEMPLATES, RefusedParameters, actions, load, resolve, statements
from conftest import BINARIES
from reviews_function import RULE, TOKEN_ARN, World, invoke
from test_templates import called, run, terraform_actions

LAYER = "arn:aws:lambda:us-east-1:111122223333:layer:two-person-rule-gate-rule:7"
GITLAB = TOKEN_ARN.replace("github", "gitlab")
CMK = "arn:aws:kms:us-east-1:111122223333:key/1"
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
KEY = {"kms:Decrypt", "kms:GenerateDataKey"}
CODECOMMIT = {"cloudtrail:LookupEvents"} | {
    f"codecommit:{name}"
    for file in sorted((ROOT / "reviews" / "src" / "forge" / "codecommit").glob("*.rs"))
    for name in re.findall(r'"((?:Batch|Describe|Get|List)[A-Z]\w+)"', file.read_text())
}
CALLED = (called() - {"iam:GetRole"}) | {
    "codepipeline:ListPipelineExecutions",
    "secretsmanager:GetSecretValue",
}


def resources(**parameters):
    parameters = {"GitHubTokenArn": TOKEN_ARN, "TwoPersonRule": json.dumps(RULE), **parameters}
    return resolve(load("reviews.yaml"), **parameters)


def granted(**parameters):
    kinds = ("AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")
    policies = [of["Properties"] for of in resources(**parameters).values() if of["Type"] in kinds]
    found = [of for policy in policies for of in statements(policy).values()]
    return {action for statement in found for action in actions(statement)}


def test_the_function_may_do_what_it_calls_and_no_more():
    source = (ROOT / "facts" / "src" / "aws" / "executions.rs").read_text()
    assert source.count(".send()") == 1 and ".list_pipeline_executions()" in source
    assert granted() == CALLED | LOG
    assert granted(KmsKeyArn=CMK) == CALLED | LOG | KEY
    main = TEMPLATES / "terraform" / "reviews" / "main.tf"
    assert len(CODECOMMIT) > 5
    assert granted(CodeCommitRepositories="shop") == CALLED | LOG | CODECOMMIT
    tokenless = granted(CodeCommitRepositories="shop", GitHubTokenArn="")
    assert tokenless == (CALLED | LOG | CODECOMMIT) - {"secretsmanager:GetSecretValue"}
    assert terraform_actions(main) == CALLED | LOG | KEY | CODECOMMIT


def test_it_reads_one_secret_and_the_named_pipelines():
    policy = statements(resources()["ReviewsPolicy"]["Properties"])
    arn = "arn:aws:codepipeline:us-east-1:111122223333:payments"
    assert policy["SeeReleases"]["Resource"] == arn
    for tokens, arns in (({}, [TOKEN_ARN]), ({"GitLabTokenArn": GITLAB}, [TOKEN_ARN, GITLAB])):
        tokens = statements(resources(**tokens)["ReadTokensPolicy"]["Properties"])
        assert tokens["ReadTokens"]["Resource"] == arns
    found = resources(GitHubTokenArn="", CodeCommitRepositories="shop")
    assert "ReadTokensPolicy" not in found
    shop = statements(found["ReadCodeCommitPolicy"]["Properties"])["ReadRepositories"]
    assert shop["Resource"] == "arn:aws:codecommit:us-east-1:111122223333:shop"
    more = statements(resources(Pipelines="team-*")["ReviewsPolicy"]["Properties"])
    assert more["SeeReleases"]["Resource"].endswith(":team-*")


def variables(**parameters):
    function = resources(**parameters)["Reviews"]["Properties"]
    return function["Environment"]["Variables"], function.get("Layers", [])


def test_the_built_function_takes_the_deployed_settings():
    head = "3" * 40
    environment, layers = variables()
    assert layers == []
    done = invoke(World(head).release("e1", head), **environment)
    assert done.variables["Reviewed"] == "yes"
    both, _ = variables(GitLabTokenArn=GITLAB, CodeCommitRepositories="shop")
    forges = json.loads(both["FORGES"])
    assert forges.pop("codecommit") == {}
    assert {name: forge["token"] for name, forge in forges.items()} == {
        "github": TOKEN_ARN,
        "gitlab": GITLAB,
    }
    assert invoke(World(head).release("e1", head), **both).variables["Reviewed"] == "yes"
    with pytest.raises(RefusedParameters, match="without a forge"):
        variables(GitHubTokenArn="")


def test_there_is_one_rule_from_one_place():
    environment, layers = variables(TwoPersonRule="", RuleLayer=LAYER)
    assert layers == [LAYER] and "TWO_PERSON_RULE" not in environment
    assert environment["TWO_PERSON_RULE_FILE"] == "/opt/two-person-rule/rule.json"
    with pytest.raises(RefusedParameters, match="two rules"):
        resources(RuleLayer=LAYER)
    with pytest.raises(RefusedParameters, match="no `reviews`"):
        resources(TwoPersonRule="")


def test_the_names_are_those_of_the_gate_and_the_rule():
    parameters, gate = (load(name)["Parameters"] for name in ("reviews.yaml", "gate.yaml"))
    assert parameters["GateFunction"]["Default"] == gate["FunctionName"]["Default"]
    assert parameters["FunctionName"]["Default"] == RULE["reviews"]["function"]
    assert parameters["Pipelines"]["Default"] == gate["Pipelines"]["Default"]
    module = (TEMPLATES / "terraform" / "reviews" / "variables.tf").read_text()
    for name in ("GateFunction", "FunctionName", "RoleName", "GitHubApi", "GitLabApi"):
        assert re.search(rf'default += "{re.escape(parameters[name]["Default"])}"', module), name


def test_the_program_that_is_packaged_says_its_version():
    assert run(BINARIES / "reviews", "--version").startswith("reviews function 0.")
