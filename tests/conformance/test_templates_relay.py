"""relay.yaml and the module `relay`: who may do what in the production account."""

import json
import re

import pytest
from cloudformation import TEMPLATES, RefusedParameters, actions, load, statements
from relay_stack import PARAMETERS, resources
from test_templates import terraform_actions

MODULE = TEMPLATES / "terraform" / "relay"
LAYER = "arn:aws:lambda:us-east-1:111122223333:layer:two-person-rule-rule:7"
EVERYTHING = {
    "CreateTopic": "true",
    "KmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/1",
    "ReadRoleArns": "arn:aws:iam::111122223333:role/read",
    "ImageRepositoryArn": "arn:aws:ecr:eu-west-1:123456789012:repository/release",
    "GitHubSubject": "repo:acme/shop:environment:prod",
    "GitLabSubject": "project_path:acme/shop:ref_type:branch:ref:main",
}
STATES = "arn:aws:states:eu-west-1:123456789012:stateMachine:two-person-rule-relay"
ROLES = {"RelayRole", "DoorRole", "ReleaseRole", "TaskRole", "ExecutionRole", "AskingRole"}


def granted(role, **parameters):
    """The statements of a role by their Sid."""
    found = {}
    for of in resources(**parameters).values():
        if of["Type"] not in ("AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"):
            continue
        if role in (of["Properties"].get("RoleName"), *of["Properties"].get("Roles", ())):
            found.update(statements(of["Properties"]))
    return found


def allowed(role, **parameters):
    found = granted(role, **parameters).values()
    assert all(statement["Effect"] == "Allow" for statement in found)
    return {action for statement in found for action in actions(statement)}


def test_ci_may_ask_and_read_what_comes_back_and_nothing_else():
    ask = granted("AskingRole")
    reading = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"}
    assert {sid: (set(actions(of)), of["Resource"]) for sid, of in ask.items()} == {
        "Ask": ({"states:StartExecution"}, "RelayDoor"),
        "ReadAnswer": (
            {"states:DescribeExecution"},
            f"{STATES}:*".replace("stateMachine", "execution"),
        ),
        "ReadFeedback": (reading, "Feedback.Arn"),
    }
    publish = granted("AskingRole", CreateTopic="true")["Publish"]
    assert (publish["Action"], publish["Resource"]) == ("sns:Publish", "Requests")


def test_only_the_function_starts_a_release():
    found = resources(**EVERYTHING)
    assert found["ReleaseMachine"]["Properties"]["Name"] == STATES.split(":")[-1] + "-release"
    assert found["RelayDoor"]["Properties"]["Name"] == STATES.split(":")[-1]
    starting = {
        role: granted(role, **EVERYTHING)[sid]["Resource"]
        for role in ROLES
        for sid, of in granted(role, **EVERYTHING).items()
        if "states:StartExecution" in actions(of)
    }
    assert starting == {"RelayRole": f"{STATES}-release", "AskingRole": "RelayDoor"}


def test_the_function_may_do_what_it_calls_and_no_more():
    least = {
        "states:StartExecution",
        "sqs:SendMessage",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    assert allowed("RelayRole") == least
    more = {"sts:AssumeRole", "kms:Decrypt", "kms:GenerateDataKey"}
    assert allowed("RelayRole", **EVERYTHING) == least | more
    assert granted("RelayRole", **EVERYTHING)["ReadReleases"]["Resource"] == [
        EVERYTHING["ReadRoleArns"]
    ]
    assert allowed("DoorRole") == {"lambda:InvokeFunction"}


def test_the_release_machine_runs_one_task_and_passes_two_roles():
    found = granted("ReleaseRole")
    assert found["RunContainer"]["Resource"] == "ReleaseTask"
    assert found["RunContainer"]["Condition"] == {"ArnEquals": {"ecs:cluster": "Cluster.Arn"}}
    roles = found["GiveContainerItsRoles"]
    assert roles["Resource"] == ["TaskRole.Arn", "ExecutionRole.Arn"]
    to_tasks = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    assert roles["Condition"] == to_tasks
    assert found["SayTheEnd"]["Resource"] == "Feedback.Arn"
    assert found["KeepProof"]["Resource"] == "Proofs.Arn/*"
    assert allowed("ReleaseRole") == {
        "ecs:RunTask", "ecs:DescribeTasks", "ecs:StopTask", "iam:PassRole", "events:PutRule",
        "events:PutTargets", "events:DescribeRule", "s3:PutObject", "sqs:SendMessage",
    }  # fmt: skip


def test_only_the_container_has_the_policy_that_deploys():
    found = resources(**EVERYTHING)
    roles = {name: of["Properties"] for name, of in found.items() if of["Type"] == "AWS::IAM::Role"}
    assert roles.keys() == ROLES
    deploying = {name for name, of in roles.items() if of.get("ManagedPolicyArns")}
    assert deploying == {"TaskRole"}
    assert roles["TaskRole"]["ManagedPolicyArns"] == [PARAMETERS["TaskPolicyArn"]]
    trusted = statements({"PolicyDocument": roles["TaskRole"]["AssumeRolePolicyDocument"]})
    assert trusted["RunAsContainer"]["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert allowed("TaskRole", **EVERYTHING) == {"s3:GetObject"}


def test_no_role_has_a_wildcard_action():
    for role in ROLES:
        assert not [action for action in allowed(role, **EVERYTHING) if "*" in action]


def test_ci_is_who_the_parameters_name():
    def trusted(**parameters):
        role = resources(**parameters)["AskingRole"]["Properties"]
        return statements({"PolicyDocument": role["AssumeRolePolicyDocument"]})

    assert trusted().keys() == {"Ci"}
    assert trusted()["Ci"]["Principal"] == {"AWS": PARAMETERS["CiPrincipal"]}
    both = trusted(**EVERYTHING)
    for sid, issuer in (
        ("GitHub", "token.actions.githubusercontent.com"),
        ("GitLab", "gitlab.com"),
    ):
        assert both[sid]["Principal"]["Federated"].endswith(f":oidc-provider/{issuer}")
        # Without the subject, any repository of the forge could ask.
        told = both[sid]["Condition"]["StringEquals"]
        assert told[f"{issuer}:sub"] == EVERYTHING[f"{sid}Subject"]
        assert told[f"{issuer}:aud"]
    with pytest.raises(RefusedParameters, match="nobody may ask"):
        resources(CiPrincipal="")


def test_the_topic_is_there_on_request_and_takes_messages_from_ci_alone():
    by_default = resources()
    assert not [name for name in by_default if name.startswith("Requests")]
    found = resources(CreateTopic="true")
    policy = statements(found["RequestsPolicy"]["Properties"])
    assert policy["Ask"]["Principal"] == {"AWS": "AskingRole.Arn"}
    assert policy["DenyOthers"]["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": "AskingRole.Arn"}
    }
    assert found["Requests"]["Properties"]["KmsMasterKeyId"] == "alias/aws/sns"
    subscription = found["RequestsSubscription"]["Properties"]
    assert subscription["Endpoint"] == "Relay.Arn"
    assert subscription["RedrivePolicy"] == {"deadLetterTargetArn": "LostEvents.Arn"}


def test_what_the_container_writes_reaches_the_function():
    found = resources()
    (container,) = found["ReleaseTask"]["Properties"]["ContainerDefinitions"]
    group = found["Lines"]["Properties"]["LogGroupName"]
    assert container["LogConfiguration"]["Options"]["awslogs-group"] == group == "ReleaseLogs"
    assert found["Lines"]["Properties"]["DestinationArn"] == "Relay.Arn"
    permission = found["LinesPermission"]["Properties"]
    assert permission["Principal"] == "logs.amazonaws.com"
    assert permission["SourceArn"].endswith(":log-group:ReleaseLogs:*")
    feedback = found["Feedback"]["Properties"]
    assert feedback["FifoQueue"] is True and "RedrivePolicy" not in feedback


def test_there_is_one_rule_from_one_place():
    def variables(**parameters):
        return resources(**parameters)["Relay"]["Properties"]["Environment"]["Variables"]

    assert variables().keys() == {"RELAY", "TWO_PERSON_RULE"}
    layer = variables(TwoPersonRule="", RuleLayer=LAYER)
    assert layer["TWO_PERSON_RULE_FILE"] == "/opt/two-person-rule/rule.json"
    with pytest.raises(RefusedParameters, match="two rules"):
        resources(RuleLayer=LAYER)
    with pytest.raises(RefusedParameters, match="names nobody"):
        resources(TwoPersonRule="")


def test_the_module_grants_what_the_template_grants():
    template = {action for role in ROLES for action in allowed(role, **EVERYTHING)}
    module = {a for path in MODULE.glob("*.tf") for a in terraform_actions(path)}
    module -= {"iam:PassedToService"}  # a condition
    permissions = {"lambda:InvokeFunction", "sts:AssumeRoleWithWebIdentity"}
    assert module == (template | permissions) - {"sts:AssumeRole"}
    parameters, text = load("relay.yaml")["Parameters"], (MODULE / "variables.tf").read_text()
    for name in ("FunctionName", "RoleName", "MaxAgeMinutes", "TimeoutSeconds"):
        default = parameters[name]["Default"]
        assert re.search(rf'default += "?{re.escape(str(default))}"?\n', text), name
    command = json.dumps(parameters["Command"]["Default"].split(","))
    assert f"default     = {command}" in text
