"""`policygen audit` against each path of pathfinding.cloud.

`pathfinding.jsonl` has the facts: the number of a path, the permissions that it needs, and what the
role at its end trusts. The accounts are made here from these facts, and from nothing that the audit
knows. Whether the audit finds the path, or cannot decide it, is in the facts, too, and in
the table of `docs/escalation-paths.md`.
"""

import json
import subprocess
from pathlib import Path

import pytest
from test_escalation_paths import ROWS
from test_policygen_iam import POLICYGEN

PATHS = [
    json.loads(line)
    for line in (Path(__file__).parent / "pathfinding.jsonl").read_text().splitlines()
]
ACCOUNT = "111122223333"
BOTH_SLOTS = {"can-approve-both-through-role", "can-grant-itself", "can-make-second-person"}
MAY = "may-run-as-approver"
# Every finding about mallory that can be about a path.
SAID = BOTH_SLOTS | {MAY, "can-approve-both", "can-approve-both-if", "undecided", "not-decided"}


def arn(kind, name):
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def policy(name, *actions, resource="*"):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"PolicyName": name, "PolicyDocument": document}


def approves(slot):
    resource = f"arn:aws:codepipeline:*:{ACCOUNT}:*/*/{slot}"
    return policy("approves", "codepipeline:PutApprovalResult", resource=resource)


def user(name, group, *own, attached=()):
    return {
        "UserName": name,
        "UserId": f"AIDA{name.upper():X<17}",
        "Arn": arn("user", name),
        "GroupList": [group],
        "UserPolicyList": list(own),
        "AttachedManagedPolicies": list(attached),
    }


def group(name, slot):
    return {
        "GroupName": name,
        "Arn": arn("group", name),
        "GroupPolicyList": [approves(slot)],
        "AttachedManagedPolicies": [],
    }


def role(name, principal, *own, action="sts:AssumeRole"):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return {
        "RoleName": name,
        "RoleId": f"AROA{name.upper().replace('-', ''):X<17}",
        "Arn": arn("role", name),
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "RolePolicyList": list(own),
        "AttachedManagedPolicies": [],
    }


def target(trusts):
    """The role that serves the other slot, and the one way into it."""
    if trusts == "account":
        return role("deploys", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, approves("ApprovalB"))
    service = f"{trusts}.amazonaws.com"
    if trusts == "cognito-identity":
        web = "sts:AssumeRoleWithWebIdentity"
        return role("deploys", {"Federated": service}, approves("ApprovalB"), action=web)
    return role("deploys", {"Service": service}, approves("ApprovalB"))


def account(path, permissions):
    """Mallory approves slot A, with these permissions. A policy of the account is hers, and she may
    be a role that may do nothing: paths change the one or the other.
    """
    plain = {"PolicyName": "plain", "PolicyArn": arn("policy", "plain")}
    harmless = policy("plain", "s3:ListAllMyBuckets")["PolicyDocument"]
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": harmless}
    return {
        "UserDetailList": [
            user("mallory", "GA", policy("path", *permissions), attached=[plain]),
            user("ann", "GA"),
            user("bob", "GB"),
            user("carol", "GB"),
        ],
        "GroupDetailList": [group("GA", "ApprovalA"), group("GB", "ApprovalB")],
        "RoleDetailList": [
            target(path["trusts"]),
            role("helper", {"AWS": arn("user", "mallory")}),
        ],
        "Policies": [
            {
                **plain,
                "Arn": plain["PolicyArn"],
                "DefaultVersionId": "v1",
                "AttachmentCount": 1,
                "PolicyVersionList": [version],
            }
        ],
    }


def said_of_mallory(account, folder):
    file = folder / "account.json"
    file.write_text(json.dumps(account))
    command = [POLICYGEN, "audit", "--account-file", file, "--format", "json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode in (0, 10), ran.stderr
    return {
        finding["code"]
        for finding in json.loads(ran.stdout)["findings"]
        if finding["subject"]["arn"] == arn("user", "mallory")
    } & SAID


@pytest.mark.parametrize("path", PATHS, ids=[path["path"] for path in PATHS])
def test_the_audit_says_of_a_path_what_the_facts_say(path, tmp_path):
    said = said_of_mallory(account(path, path["permissions"]), tmp_path)
    if path["audit"] == "found":
        assert said & BOTH_SLOTS and MAY not in said, said
    else:
        assert said == {MAY}


# All others are one permission, or go on without one of theirs: with `*`, the rest is a path too.
PASSED = [path for path in PATHS if "iam:PassRole" in path["permissions"]]


@pytest.mark.parametrize("path", PASSED, ids=[path["path"] for path in PASSED])
def test_without_passing_a_role_nobody_gets_the_role(path, tmp_path):
    rest = [permission for permission in path["permissions"] if permission != "iam:PassRole"]
    assert not said_of_mallory(account(path, rest), tmp_path) & BOTH_SLOTS
    assert said_of_mallory(account(path, ["iam:PassRole"]), tmp_path) == set()


@pytest.mark.parametrize("trusts", sorted({path["trusts"] for path in PATHS}))
def test_without_permissions_nothing_is_said(trusts, tmp_path):
    """Nothing in the accounts is a path by itself."""
    assert said_of_mallory(account({"trusts": trusts}, ["s3:GetObject"]), tmp_path) == set()


def test_the_page_and_the_facts_are_about_the_same_paths():
    page = {row["path"]: (row["permissions"], row["kind"]) for row in ROWS}
    facts = {
        path["path"]: (", ".join(f"`{it}`" for it in path["permissions"]), path["audit"])
        for path in PATHS
    }
    assert page == facts
