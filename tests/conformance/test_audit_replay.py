"""The ways that `policygen audit` finds, played: an emulator with the account decides.

For each kind of write there is one account of `audit_cases` with a finding about mallory. Before
the writes, mallory cannot give both approvals. Then the writes of the finding's evidence are made
in a copy of the account, each by this file's own idea of what IAM does. Afterwards mallory, and the
principals that mallory can act as by then, give both.
"""

import copy
import json
import re
import subprocess

import pytest
from audit_accounts import CASES
from botocore.exceptions import ClientError
from conftest import PIPELINE, STAGE, Emulator
from test_aws_cli import create, start
from test_policygen_iam import POLICYGEN

ACCOUNT = "111122223333"
IAM = f"arn:aws:iam::{ACCOUNT}:"
SLOTS = ("ApprovalA", "ApprovalB")
# The account of each kind of write.
KINDS = {
    "iam:CreatePolicyVersion": "esc-iam-001",
    "iam:CreateAccessKey": "esc-iam-002",
    "iam:CreateLoginProfile": "esc-iam-004",
    "iam:UpdateLoginProfile": "esc-iam-006",
    "iam:PutUserPolicy": "esc-iam-007",
    "iam:AttachUserPolicy": "esc-iam-008",
    "iam:AttachGroupPolicy": "esc-iam-010",
    "iam:PutGroupPolicy": "esc-iam-011",
    "iam:UpdateAssumeRolePolicy": "esc-iam-012",
    "iam:AddUserToGroup": "esc-iam-013",
    "iam:AttachRolePolicy": "esc-iam-014",
    "iam:PutRolePolicy": "esc-iam-017",
    "iam:PassRole": "esc-lambda-001",
    "iam:DeleteUserPermissionsBoundary": "esc-x-bnd-1",
    "iam:RemoveUserFromGroup": "esc-x-del-6",
}
ACTS_AS = {
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:UpdateAssumeRolePolicy",
    "iam:PassRole",
}
WRITE = re.compile(r"([a-z]+:[A-Za-z]+) may be done to it")


def allowing(actions):
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def writes(account, tmp_path):
    """The writes of the finding that mallory reaches both slots, in order."""
    file = tmp_path / "account.json"
    file.write_text(json.dumps(account))
    command = [POLICYGEN, "audit", "--account-file", file, "--format", "json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    (found,) = (
        finding
        for finding in json.loads(ran.stdout)["findings"]
        if finding["code"] == "can-grant-itself"
        and finding["subject"]["arn"] == f"{IAM}user/mallory"
    )
    for item in found["evidence"]:
        if write := WRITE.match(item["detail"] or ""):
            yield write[1], item["name"]


def mallory(account):
    return next(user for user in account["UserDetailList"] if user["UserName"] == "mallory")


def make(account, action, resource):
    """Makes one write, as mallory would to gain the most."""
    of_kind = {"user": "User", "group": "Group", "role": "Role"}
    kind, _, name = resource.removeprefix(IAM).partition("/")
    groups = mallory(account)["GroupList"]
    match action.removeprefix("iam:"):
        case "AddUserToGroup":
            groups.append(name)
        case "RemoveUserFromGroup":
            groups.remove(name)
        case "CreatePolicyVersion":
            (policy,) = (it for it in account["Policies"] if it["Arn"] == resource)
            policy["PolicyVersionList"][0]["Document"] = allowing("*")
        case "DeleteUserPermissionsBoundary":
            del mallory(account)["PermissionsBoundary"]
        case put if put.startswith(("Put", "Attach")) and kind in of_kind:
            word = of_kind[kind]
            holders = account[f"{word}DetailList"]
            (holder,) = (it for it in holders if it["Arn"] == resource)
            policy = {"PolicyName": "Gained", "PolicyDocument": allowing("*")}
            holder[f"{word}PolicyList"].append(policy)
        case _:
            assert action in ACTS_AS or not action.startswith("iam:"), action


def principal(arn):
    """Who calls: a user, or a session of a role."""
    kind, _, name = arn.removeprefix(IAM).partition("/")
    return arn if kind == "user" else f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/mallory"


def assumable(account):
    """The roles that mallory may assume without a write."""
    for policy in mallory(account)["UserPolicyList"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Action"] == "sts:AssumeRole":
                yield statement["Resource"]


def approved(account, callers, folder):
    """The slots that these principals approve in a pipeline of the account."""
    served = copy.deepcopy(account)
    manage = {"PolicyName": "Manage", "PolicyDocument": allowing("codepipeline:*")}
    manager = {**mallory(account), "UserName": "manager", "UserId": "AIDAMANAGERXXXXXXXXXX"}
    manager |= {"Arn": f"{IAM}user/manager", "GroupList": [], "UserPolicyList": [manage]}
    manager.pop("PermissionsBoundary", None)
    served["UserDetailList"].append(manager)
    keys = {f"caller-{at}": principal(arn) for at, arn in enumerate(callers)}
    files = {"account": served, "principals": {"bob": manager["Arn"], **keys}}
    arguments = []
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
        arguments += [f"--{name}", folder / f"{name}.json"]
    emulator = Emulator("--region", "eu-west-1", *arguments)
    try:
        create(emulator)
        start(emulator)
        return {slot for slot in SLOTS if any(approve(emulator, key, slot) for key in keys)}
    finally:
        emulator.stop()


def approve(emulator, key, slot):
    state = emulator.client("bob").get_pipeline_state(name=PIPELINE)
    actions = (action for stage in state["stageStates"] for action in stage["actionStates"])
    token = next(it for it in actions if it["actionName"] == slot)["latestExecution"]["token"]
    try:
        emulator.client(key).put_approval_result(
            pipelineName=PIPELINE,
            stageName=STAGE,
            actionName=slot,
            token=token,
            result={"summary": "reviewed", "status": "Approved"},
        )
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"
        return False
    return True


@pytest.mark.parametrize(("kind", "name"), KINDS.items(), ids=KINDS)
def test_both_approvals_are_allowed_after_the_writes_and_not_before(kind, name, tmp_path):
    (account,) = (case["account"] for case in CASES if case["name"] == name)
    callers = [f"{IAM}user/mallory", *assumable(account)]
    assert approved(account, callers, tmp_path) != set(SLOTS)
    made = list(writes(account, tmp_path))
    assert kind in {action for action, _ in made}
    after = copy.deepcopy(account)
    for action, resource in made:
        make(after, action, resource)
        if action in ACTS_AS:
            callers.append(resource)
    assert approved(after, callers, tmp_path) == set(SLOTS)
