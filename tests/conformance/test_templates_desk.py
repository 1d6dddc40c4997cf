"""desk.yaml and the module `desk`: what they grant, deployed to an IAM endpoint (moto's server),
audited there, and used by a desk over the emulator with IAM enforced.
"""

import copy
import json
import re
import subprocess
import time

import pytest
from cloudformation import (
    PSEUDO,
    ROOT,
    TEMPLATES,
    RefusedParameters,
    actions,
    load,
    resolve,
    statements,
)
from conftest import BINARIES, PIPELINE, Emulator, Refused, declaration
from iam_endpoint import ACCOUNT, emptied, serving
from test_templates import hcl, plain
from test_templates_deployed import deploy

POLICYGEN = BINARIES / "policygen"
KEY = "0123456789abcdef0123456789abcdef"
LAYER = "arn:aws:lambda:us-east-1:111122223333:layer:two-person-rule-gate-rule:7"
STAGE = {"Stage": "Approve"}
ROLES = ("DeskRole", "DeskPolicy", "AnsweringRole", "AnsweringPolicy", "DeskLogs")


def resources(**parameters):
    return resolve(load("desk.yaml"), CookieKey=KEY, **parameters)


# What people do; everything else is read.
ANSWERS = {"put_approval_result", "start_pipeline_execution"}


def called():
    """The operations that the desk calls for its pages: by the SDK's methods."""
    desk = (ROOT / "desk" / "src" / "aws" / "codepipeline.rs").read_text()
    facts = "".join(
        (ROOT / "facts" / "src" / "aws" / file).read_text()
        for file in ("codepipeline.rs", "executions.rs")
    )
    methods = set(re.findall(r"client\s*\.(\w+)\(\)", desk))
    methods |= set(re.findall(r"self\s*\.(?:0|client\(\))\s*\.(\w+)\(\)", facts))
    methods -= ANSWERS | {"clone"}
    return {f"codepipeline:{name.title().replace('_', '')}" for name in methods}


def granted(properties):
    return {action for it in statements(properties).values() for action in actions(it)}


def test_the_function_may_look_and_become_its_answering_role_and_nothing_else():
    found = resources()
    policy = found["DeskPolicy"]["Properties"]
    log = {"logs:CreateLogStream", "logs:PutLogEvents"}
    become = {"sts:AssumeRole", "sts:SetSourceIdentity"}
    assert granted(policy) == called() | log | become | {"iam:GetRole"}
    by_sid = statements(policy)
    assert by_sid["AnswerForPeople"]["Resource"] == "AnsweringRole.Arn"
    arn = "arn:aws:codepipeline:us-east-1:111122223333:"
    assert by_sid["SeePipelines"]["Resource"] == f"{arn}payments"
    answers = found["AnsweringPolicy"]["Properties"]
    assert granted(answers) == {"codepipeline:PutApprovalResult"}
    assert statements(answers)["Answer"]["Resource"] == f"{arn}payments/Release/Approval?"
    assert "StartPolicy" not in found
    starts = resources(LetPeopleStart="true")["StartPolicy"]["Properties"]
    assert (starts["RoleName"], granted(starts)) == (
        "AnsweringRole",
        {"codepipeline:StartPipelineExecution"},
    )
    assert statements(starts)["Start"]["Resource"] == f"{arn}payments"
    own = resources(Pipelines="team-*", Stage="Approve", Approvals="QA")
    (answer,) = statements(own["AnsweringPolicy"]["Properties"]).values()
    assert answer["Resource"] == f"{arn}team-*/Approve/QA"


def test_only_the_function_becomes_the_answering_role_under_the_name_of_a_person():
    trust = resources()["AnsweringRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert all(it["Principal"] == {"AWS": "DeskRole.Arn"} for it in trust)
    conditions = {it["Action"]: it["Condition"] for it in trust}
    assert conditions == {
        # Without a source identity the variable has no value, and nothing is equal to it.
        "sts:AssumeRole": {"StringEquals": {"sts:RoleSessionName": "${!sts:SourceIdentity}"}},
        "sts:SetSourceIdentity": {"StringLike": {"sts:SourceIdentity": "??*"}},
    }


def test_the_function_url_has_both_grants_and_the_function_no_other():
    found = resources()
    grants = [of["Properties"] for of in found.values() if of["Type"] == "AWS::Lambda::Permission"]
    assert [{k: v for k, v in it.items() if k != "FunctionName"} for it in grants] == [
        {"Action": "lambda:InvokeFunctionUrl", "Principal": "*", "FunctionUrlAuthType": "NONE"},
        {"Action": "lambda:InvokeFunction", "Principal": "*", "InvokedViaFunctionUrl": True},
    ]
    assert found["DeskUrl"]["Properties"]["AuthType"] == "NONE"
    assert found["Desk"]["Properties"]["ReservedConcurrentExecutions"] == 10
    # The program gives itself less time than Lambda gives it, so that its own message is shown.
    guard = (ROOT / "desk" / "src" / "web" / "guard.rs").read_text()
    (seconds,) = re.findall(r"const REPLY: Duration = Duration::from_secs\((\d+)\)", guard)
    assert int(seconds) < found["Desk"]["Properties"]["Timeout"]


def test_the_desk_has_the_settings_that_it_reads_and_one_rule_from_one_place():
    def variables(**parameters):
        function = resources(**parameters)["Desk"]["Properties"]
        return function["Environment"]["Variables"], function.get("Layers", [])

    own = {"DESK_COOKIE_KEY": KEY, "DESK_PIPELINES": "payments", "DESK_ROLE": "AnsweringRole.Arn"}
    assert variables() == (own, [])
    inline = '{"quorum":2}'
    assert variables(TwoPersonRule=inline) == (own | {"TWO_PERSON_RULE": inline}, [])
    path = "/opt/two-person-rule/rule.json"
    assert variables(RuleLayer=LAYER) == (own | {"TWO_PERSON_RULE_FILE": path}, [LAYER])
    with pytest.raises(RefusedParameters, match="two rules"):
        variables(RuleLayer=LAYER, TwoPersonRule=inline)
    source = (ROOT / "desk" / "src" / "command" / "function.rs").read_text()
    (known,) = re.findall(r"false => &\[([A-Z_, ]+)\]", source)
    names = dict(re.findall(r'const (\w+): &str = "(DESK_[A-Z]+)"', source))
    names["COOKIE_KEY"] = "DESK_COOKIE_KEY"
    # The web app is the task by default, and the topic is optional.
    others = {"DESK_TASK", "DESK_TOPIC"}
    assert {names[it] for it in known.split(", ")} - others == own.keys()


def test_the_names_are_those_that_policygen_guards():
    parameters = load("desk.yaml")["Parameters"]
    command = [POLICYGEN, "generate", "--mechanism", "desk", "--guardrails"]
    command += ["--region", "eu-west-1", "--account", "*", "--pipeline", "payments"]
    command += ["--stage", "Release", "--print", "TwoPersonRule-Guardrails.policy.json"]
    guards = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    guards = {it["Sid"]: it for it in json.loads(guards)["Statement"]}

    def name(sid):
        resource = guards[sid]["Resource"]
        return (resource if isinstance(resource, str) else resource[0]).split(":", 5)[5]

    assert name("ChangeDesk") == f"function:{parameters['FunctionName']['Default']}"
    assert name("BecomeDesk") == f"role/{parameters['RoleName']['Default']}"
    assert name("BecomeDesksAnswers") == f"role/{parameters['AnsweringRoleName']['Default']}"


def bodies(module):
    """The module's resources, by kind and label, as they are written."""
    return {
        (plain(kind), plain(label)): plain(body)
        for block in hcl(TEMPLATES / "terraform" / module / "main.tf")["resource"]
        for kind, labels in block.items()
        for label, body in labels.items()
    }


def test_the_module_is_the_template():
    text = (TEMPLATES / "terraform" / "desk" / "main.tf").read_text()
    key = "arn:aws:kms:us-east-1:111122223333:key/1"
    topic = "arn:aws:sns:us-east-1:111122223333:two-person-rule-desk"
    found = resources(KmsKeyArn=key, LetPeopleStart="true", TopicArn=topic).values()
    policies = [
        of["Properties"]
        for of in found
        if of["Type"] in ("AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")
    ]
    written = set(re.findall(r'"((?:codepipeline|iam|kms|logs|sns|sts):[A-Z]\w+)"', text))
    keys = {"sts:RoleSessionName", "sts:SourceIdentity"}
    assert written - keys == {action for policy in policies for action in granted(policy)}
    assert keys <= written
    kinds = bodies("desk")
    use, invoke = (kinds["aws_lambda_permission", it] for it in ("use_url", "invoke_by_url"))
    assert (use["action"], use["function_url_auth_type"]) == ("lambda:InvokeFunctionUrl", "NONE")
    assert invoke["action"] == "lambda:InvokeFunction"
    assert invoke["invoked_via_function_url"] is True
    assert kinds["aws_lambda_function_url", "desk"]["authorization_type"] == "NONE"
    variables = hcl(TEMPLATES / "terraform" / "desk" / "variables.tf")["variable"]
    defaults = {
        plain(name): plain(of).get("default") for it in variables for name, of in it.items()
    }
    parameters = load("desk.yaml")["Parameters"]
    for variable, parameter in [
        ("pipelines", "Pipelines"),
        ("stage", "Stage"),
        ("function_name", "FunctionName"),
        ("role_name", "RoleName"),
        ("answering_role_name", "AnsweringRoleName"),
        ("reserved_concurrency", "ReservedConcurrency"),
        ("log_retention_days", "LogRetentionDays"),
    ]:
        assert defaults[variable] == parameters[parameter]["Default"], variable


# --- Deployed.


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    """The account with the desk's roles and two people under what `--mechanism desk` writes for
    them. alice also has a policy that allows everything in CodePipeline.
    """
    folder = tmp_path_factory.mktemp("account")
    with serving() as endpoint:
        aws = emptied(endpoint)
        # moto knows no SAM. What is left is what CloudFormation makes for IAM.
        desk = load("desk.yaml")
        kept = ("AWSTemplateFormatVersion", "Parameters", "Conditions")
        part = {key: desk[key] for key in kept}
        part["Resources"] = {name: desk["Resources"][name] for name in ROLES}
        path = folder / "desk.json"
        path.write_text(json.dumps(part))
        parameters = {"CookieKey": KEY, "Pipelines": PIPELINE, **STAGE}
        deploy(aws, "desk", path, *(f"{name}={value}" for name, value in parameters.items()))
        target = ["--region", "eu-west-1", "--account", ACCOUNT]
        target += ["--pipeline", PIPELINE, "--stage", STAGE["Stage"]]
        script = folder / "script"
        command = [POLICYGEN, "generate", "--mechanism", "desk", *target]
        command += ["--format", "aws-cli", "--out", script]
        subprocess.run(command, check=True, capture_output=True)
        aws.run([script / "create.sh"])
        group = ["--group-name", "TwoPersonRule-Approvers"]
        for name in ("alice", "bob"):
            aws("iam", "create-user", "--user-name", name)
            aws("iam", "add-user-to-group", *group, "--user-name", name)
        everything = {"Effect": "Allow", "Action": "codepipeline:*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
        policy = ["--policy-name", "Everything", "--policy-document", document]
        aws("iam", "put-user-policy", "--user-name", "alice", *policy)
        yield aws("iam", "get-account-authorization-details")


def audit(folder, account):
    path = folder / "account.json"
    path.write_text(json.dumps(account))
    command = [POLICYGEN, "audit", "--account-file", path]
    command += ["--desk-role", "TwoPersonRule-DeskAnswers"]
    command += ["--region", "eu-west-1", "--pipeline", PIPELINE, "--stage", STAGE["Stage"]]
    done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True)
    assert done.returncode in (0, 10), done.stderr
    findings = json.loads(done.stdout)["findings"]
    return [(it["code"], it["subject"]["arn"].rpartition("/")[2]) for it in findings]


def test_the_audit_is_clean_until_somebody_can_answer_without_the_desk(account, tmp_path):
    account = copy.deepcopy(account)
    alice, _ = account["UserDetailList"]
    own, alice["UserPolicyList"] = alice["UserPolicyList"], []
    assert audit(tmp_path, account) == []
    alice["UserPolicyList"] = own
    assert alice["GroupList"] == ["TwoPersonRule-Approvers"]
    # Her policy lets her change pipelines; the group denies her to answer.
    assert audit(tmp_path, account) == [("can-bypass-gate", "alice")]
    alice["GroupList"] = []
    found = audit(tmp_path, account)
    assert ("can-answer-without-desk", "alice") in found
    assert {name for _, name in found} == {"alice"}
    alice["UserPolicyList"] = []
    assert audit(tmp_path, account) == []


@pytest.fixture
def emulator(account, tmp_path):
    """A release with both approvals open, in that account."""
    role = f"arn:aws:sts::{ACCOUNT}:assumed-role/TwoPersonRule-Desk"
    principals = {
        "desk": f"{role}/two-person-rule-desk",
        "alice": f"arn:aws:iam::{ACCOUNT}:user/alice",
        "bob": f"arn:aws:iam::{ACCOUNT}:user/bob",
        "root": f"arn:aws:iam::{ACCOUNT}:root",
    }
    options = ["--region", "eu-west-1"]
    for name, content in {"principals": principals, "account": account}.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(content))
        options += [f"--{name}", path]
    served = Emulator(*options)
    declared = declaration()
    declared["roleArn"] = declared["roleArn"].replace(PSEUDO["AWS::AccountId"], ACCOUNT)
    api = served.client("root")
    api.create_pipeline(pipeline=declared)
    while len(tokens(api)) < 2:
        time.sleep(0.05)
    yield served
    served.stop()


def tokens(api):
    """The tokens of the open approvals, by action."""
    states = api.get_pipeline_state(name=PIPELINE)["stageStates"]
    (stage,) = (it for it in states if it["stageName"] == STAGE["Stage"])
    runs = {it["actionName"]: it.get("latestExecution", {}) for it in stage["actionStates"]}
    return {name: run["token"] for name, run in runs.items() if "token" in run}


def approve(emulator, key, token, action="ApprovalA"):
    arguments = ["--pipeline-name", PIPELINE, "--stage-name", STAGE["Stage"]]
    arguments += ["--action-name", action, "--result", "status=Approved,summary=ok"]
    return emulator.cli(key, "put-approval-result", *arguments, "--token", token)


def test_a_persons_own_call_is_denied_and_the_desks_is_not(emulator):
    token = tokens(emulator.client("root"))["ApprovalA"]
    assert set(tokens(emulator.client("alice"))) == {"ApprovalA", "ApprovalB"}
    with pytest.raises(Refused, match=r"AccessDenied.*explicit deny"):
        approve(emulator, "alice", token)
    # bob has nothing but what `generate --mechanism desk` gives him.
    with pytest.raises(Refused, match=r"AccessDenied.*explicit deny"):
        approve(emulator, "bob", token)
    with pytest.raises(Refused, match="AccessDenied"):
        approve(emulator, "desk", token)

    sts = emulator.client("desk", "sts")
    role = f"arn:aws:iam::{ACCOUNT}:role/TwoPersonRule-DeskAnswers"
    for refused in [
        {"RoleSessionName": "alice"},
        {"RoleSessionName": "alice", "SourceIdentity": "bob"},
    ]:
        with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
            sts.assume_role(RoleArn=role, **refused)
    with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
        person = emulator.client("alice", "sts")
        person.assume_role(RoleArn=role, RoleSessionName="alice", SourceIdentity="alice")
    session = sts.assume_role(RoleArn=role, RoleSessionName="alice", SourceIdentity="alice")
    approve(emulator, session["Credentials"]["AccessKeyId"], token)
    assert set(tokens(emulator.client("root"))) == {"ApprovalB"}
