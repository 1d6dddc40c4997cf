"""desk-notify.yaml and the module `notify`: what they grant, and what starts the function.
The links of pipeline.yaml lead to the desk.
"""

import json
import re
import time

import pytest
from cloudformation import ROOT, TEMPLATES, RefusedParameters, load, resolve, statements
from conftest import Emulator
from moto.events.models import EventPattern
from test_templates import hcl, plain
from test_templates_desk import KEY, LAYER, bodies, called, granted
from test_templates_pipeline import approval_stage, declaration

ROLE = "arn:aws:iam::111122223333:role/TwoPersonRule-DeskAnswers"
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:webhooks-a1b2c3"
CMK = "arn:aws:kms:us-east-1:111122223333:key/1"
TOPIC = "arn:aws:sns:us-east-1:111122223333:two-person-rule-desk"


def resources(**parameters):
    return resolve(load("desk-notify.yaml"), AnsweringRoleArn=ROLE, **parameters)


def of_type(found, kind):
    return [of["Properties"] for of in found.values() if of["Type"] == kind]


def test_the_function_may_look_and_tell_and_cannot_answer():
    found = resources()
    policy = found["NotifyPolicy"]["Properties"]
    log = {"logs:CreateLogStream", "logs:PutLogEvents"}
    # The history of a pipeline is for the pages alone.
    looks = called() - {"codepipeline:ListPipelineExecutions"}
    assert granted(policy) == looks | log | {"iam:GetRole", "sns:Publish"}
    by_sid = statements(policy)
    assert by_sid["SendMails"]["Resource"] == "Topic"
    arn = "arn:aws:codepipeline:us-east-1:111122223333:payments"
    assert by_sid["SeePipelines"]["Resource"] == arn
    assert of_type(found, "AWS::IAM::RolePolicy") == []
    more = resources(WebhooksSecretArn=SECRET, KmsKeyArn=CMK)
    read, use = (more[it]["Properties"] for it in ("ReadWebhooksPolicy", "UseKeyPolicy"))
    assert granted(read) == {"secretsmanager:GetSecretValue"}
    assert statements(read)["ReadWebhooks"]["Resource"] == SECRET
    assert granted(use) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert statements(use)["UseKey"]["Resource"] == CMK
    answers = {"PutApprovalResult", "StartPipelineExecution", "AssumeRole"}
    policies = of_type(more, "AWS::IAM::ManagedPolicy") + of_type(more, "AWS::IAM::RolePolicy")
    everything = {it for policy in policies for it in granted(policy)}
    assert not {it for it in everything if it.split(":")[1] in answers}


def test_nobody_but_the_two_rules_starts_it():
    found = resources()
    assert of_type(found, "AWS::Lambda::Url") == []
    permissions = of_type(found, "AWS::Lambda::Permission")
    assert {it["SourceArn"] for it in permissions} == {"ActionEnds.Arn", "EveryHour.Arn"}
    for permission in permissions:
        assert permission["Action"] == "lambda:InvokeFunction"
        assert permission["Principal"] == "events.amazonaws.com"
    for rule in of_type(found, "AWS::Events::Rule"):
        assert [it["Arn"] for it in rule["Targets"]] == ["Notify.Arn"]
    assert found["EveryHour"]["Properties"]["ScheduleExpression"] == "cron(0 * * * ? *)"


def recorded():
    """The event of an action that the recordings have."""
    path = ROOT / "tests" / "recorded" / "approval-rejected-with-cloudtrail.json"
    calls = json.loads(path.read_text())["calls"]
    events = [call["output"] for call in calls if call["op"] == "EventBridgeEvent"]
    (event,) = (it for it in events if "Action" in it["detail-type"])
    return event, [it for it in events if it is not event]


@pytest.mark.parametrize("source", ["CloudFormation", "Terraform"])
def test_the_rule_lets_through_given_approvals_and_failed_functions_and_nothing_else(source):
    if source == "CloudFormation":
        written = resources()["ActionEnds"]["Properties"]["EventPattern"]
    else:
        written = in_terraform()
    pattern = EventPattern(None, written)
    event, others = recorded()

    def passes(state, category, owner="AWS", provider="Manual"):
        of = {**event["detail"]["type"], "category": category, "owner": owner, "provider": provider}
        return pattern.matches_event(
            {**event, "detail": {**event["detail"], "state": state, "type": of}}
        )

    assert passes("SUCCEEDED", "Approval")
    assert passes("FAILED", "Invoke", provider="Lambda")
    assert not passes("STARTED", "Approval") and not passes("FAILED", "Approval")
    assert not passes("SUCCEEDED", "Invoke", provider="Lambda")
    assert not passes("FAILED", "Deploy", provider="S3")
    assert not passes("SUCCEEDED", "Approval", owner="Custom", provider="Ticket")
    assert not any(pattern.matches_event(other) for other in [event, *others])
    assert not pattern.matches_event({**event, "source": "mallory"})


def in_terraform():
    """The pattern of the module, which is JSON except for how it writes members."""
    text = (TEMPLATES / "terraform" / "notify" / "main.tf").read_text()
    (body,) = re.findall(r"event_pattern = jsonencode\((\{.*?\n  \})\)", text, re.DOTALL)
    body = re.sub(r'"?([\w$-]+)"? +=', r'"\1":', body)
    body = re.sub(r"([\]}])\n(\s+\")", r"\1,\n\2", body)
    return json.loads(re.sub(r",(\s*[\]}])", r"\1", body))


def test_the_function_has_the_settings_that_it_reads_and_one_rule_from_one_place():
    def variables(**parameters):
        function = resources(**parameters)["Notify"]["Properties"]
        return function["Environment"]["Variables"], function.get("Layers", [])

    own = {
        "DESK_TASK": "notify",
        "DESK_PIPELINES": "payments",
        "DESK_ROLE": ROLE,
        "DESK_TOPIC": "Topic",
    }
    assert variables() == (own, [])
    both = own | {"DESK_WEBHOOKS": SECRET}
    assert variables(WebhooksSecretArn=SECRET) == (both, [])
    assert variables(TwoPersonRule="{}") == (own | {"TWO_PERSON_RULE": "{}"}, [])
    path = "/opt/two-person-rule/rule.json"
    assert variables(RuleLayer=LAYER) == (own | {"TWO_PERSON_RULE_FILE": path}, [LAYER])
    with pytest.raises(RefusedParameters, match="two rules"):
        variables(RuleLayer=LAYER, TwoPersonRule="{}")
    source = (ROOT / "desk" / "src" / "command" / "function.rs").read_text()
    (known,) = re.findall(r"true => &\[([A-Z, ]+)\]", source)
    names = dict(re.findall(r'const (\w+): &str = "(DESK_[A-Z]+)"', source))
    assert {names[it] for it in known.split(", ")} == both.keys()


def test_the_topic_is_encrypted_and_one_that_mails():
    def topic(**parameters):
        (found,) = of_type(resources(**parameters), "AWS::SNS::Topic")
        return found

    assert topic()["KmsMasterKeyId"] == "alias/aws/sns"
    assert topic(KmsKeyArn=CMK)["KmsMasterKeyId"] == CMK
    assert not topic()["TopicName"].endswith(".fifo") and "FifoTopic" not in topic()


def test_the_web_app_may_publish_to_its_topic_alone_if_it_has_one():
    desk = lambda **more: resolve(load("desk.yaml"), CookieKey=KEY, **more)
    assert "SendMailsPolicy" not in desk()
    found = desk(TopicArn=TOPIC)
    policy = found["SendMailsPolicy"]["Properties"]
    assert (policy["RoleName"], granted(policy)) == ("DeskRole", {"sns:Publish"})
    assert statements(policy)["SendMails"]["Resource"] == TOPIC
    variables = found["Desk"]["Properties"]["Environment"]["Variables"]
    assert variables["DESK_TOPIC"] == TOPIC
    encrypted = desk(TopicArn=TOPIC, KmsKeyArn=CMK)["SendMailsPolicy"]["Properties"]
    assert granted(encrypted) == {"sns:Publish", "kms:GenerateDataKey"}
    assert statements(encrypted)["EncryptMails"]["Resource"] == CMK
    assert granted(desk(KmsKeyArn=CMK)["UseKeyPolicy"]["Properties"]) == {"kms:Decrypt"}


def test_the_module_is_the_template():
    text = (TEMPLATES / "terraform" / "notify" / "main.tf").read_text()
    found = resources(KmsKeyArn=CMK, WebhooksSecretArn=SECRET)
    policies = of_type(found, "AWS::IAM::ManagedPolicy") + of_type(found, "AWS::IAM::RolePolicy")
    kinds = "codepipeline|iam|kms|logs|secretsmanager|sns"
    written = set(re.findall(rf'"((?:{kinds}):[A-Z]\w+)"', text))
    assert written == {action for policy in policies for action in granted(policy)}
    kinds = bodies("notify")
    schedule = found["EveryHour"]["Properties"]["ScheduleExpression"]
    hourly = kinds["aws_cloudwatch_event_rule", "every_hour"]
    assert hourly["schedule_expression"] == schedule
    for permission in ("start_at_ends", "start_every_hour"):
        given = kinds["aws_lambda_permission", permission]
        assert given["principal"] == "events.amazonaws.com"
        assert given["action"] == "lambda:InvokeFunction"
    function = found["Notify"]["Properties"]
    assert kinds["aws_lambda_function", "notify"]["timeout"] == function["Timeout"]
    variables = hcl(TEMPLATES / "terraform" / "notify" / "variables.tf")["variable"]
    defaults = {
        plain(name): plain(of).get("default") for it in variables for name, of in it.items()
    }
    parameters = load("desk-notify.yaml")["Parameters"]
    for variable, parameter in [
        ("pipelines", "Pipelines"),
        ("topic_name", "TopicName"),
        ("function_name", "FunctionName"),
        ("role_name", "RoleName"),
        ("log_retention_days", "LogRetentionDays"),
    ]:
        assert defaults[variable] == parameters[parameter]["Default"], variable


def test_approvals_link_to_their_execution_at_the_desk_if_there_is_one():
    def links(**parameters):
        actions = approval_stage(declaration(**parameters))["actions"]
        found = (it["configuration"].get("ExternalEntityLink") for it in actions)
        return {it for it in found if it}

    desk = "https://approve.example.com"
    link = f"{desk}/e/payments/#{{codepipeline.PipelineExecutionId}}"
    assert links(DeskUrl=desk) == {link}
    assert links(ReviewUrl="https://example.com/changes") == {"https://example.com/changes"}
    assert filled_in(declaration(DeskUrl=desk)) == f"{desk}/e/payments/"
    terraform = (TEMPLATES / "terraform" / "pipeline" / "main.tf").read_text()
    assert "${var.desk_url}/e/${var.name}/#{codepipeline.PipelineExecutionId}" in terraform
    pattern = load("pipeline.yaml")["Parameters"]["DeskUrl"]["AllowedPattern"]
    assert re.fullmatch(pattern, "") and re.fullmatch(pattern, desk)
    assert not re.fullmatch(pattern, f"{desk}/")


def filled_in(declared):
    """The link of an open approval, without the id of its execution at the end."""
    emulator = Emulator()
    try:
        api = emulator.client("alice")
        api.create_pipeline(pipeline=declared)
        for _ in range(400):
            history = api.list_action_executions(pipelineName=declared["name"])
            for run in history["actionExecutionDetails"]:
                if run["actionName"] == "ApprovalA":
                    link = run["input"]["resolvedConfiguration"]["ExternalEntityLink"]
                    assert link.endswith(run["pipelineExecutionId"])
                    return link.removesuffix(run["pipelineExecutionId"])
            time.sleep(0.05)
        raise AssertionError(history)
    finally:
        emulator.stop()
