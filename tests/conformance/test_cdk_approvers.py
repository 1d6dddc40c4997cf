"""Approvers, desk and archive of templates/cdk: their templates are clean, the audit finds nothing
in an account that has the approvers, and it finds each mistake.
"""

import copy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cdk import errors_and_warnings
from cloudformation import TEMPLATES, resolve

PACKAGE = TEMPLATES / "cdk"
APP = PACKAGE / "target" / "test" / "apps" / "people.js"
ACCOUNT = "111122223333"
STACKS = ("groups", "tag", "roles", "desk", "archive")


@pytest.fixture(scope="module")
def assembly(tmp_path_factory):
    """The folder of the templates."""
    if shutil.which("node") is None:
        pytest.skip("there is no Node to synthesise with")
    assert APP.is_file(), f"{APP} is not there: `tests/run cdk` builds it"
    out = tmp_path_factory.mktemp("assembly")
    done = subprocess.run(
        ["node", APP],
        env={**os.environ, "OUTDIR": str(out)},
        cwd=PACKAGE,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return out


def test_cfn_lint_has_nothing_to_say(assembly):
    """W3005: the CDK adds a `DependsOn` where a reference is enough."""
    lint = [Path(sys.executable).parent / "cfn-lint", "--non-zero-exit-code", "informational"]
    templates = [assembly / f"{stack}.template.json" for stack in STACKS]
    command = [*lint, "--ignore-checks", "W3005", "--", *templates]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def arn(kind, name):
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def account(resources):
    """An account with these resources, as GetAccountAuthorizationDetails prints it."""
    policies = {
        name: it["Properties"]
        for name, it in resources.items()
        if it["Type"] == "AWS::IAM::ManagedPolicy"
    }
    groups = {
        name: it["Properties"] for name, it in resources.items() if it["Type"] == "AWS::IAM::Group"
    }
    memberships = {}
    for it in resources.values():
        if it["Type"] == "AWS::IAM::UserToGroupAddition":
            group = groups[it["Properties"]["GroupName"]]["GroupName"]
            for user in it["Properties"]["Users"]:
                memberships.setdefault(user, []).append(group)
    return {
        "UserDetailList": [
            {
                "UserName": user,
                "UserId": f"AIDA{user.upper():X<17}",
                "Path": "/",
                "Arn": arn("user", user),
                "GroupList": of,
                "AttachedManagedPolicies": [],
                "Tags": [{"Key": "ApprovalSlot", "Value": "AB"[user in ("bob", "dave")]}],
            }
            for user, of in memberships.items()
        ],
        "GroupDetailList": [
            {
                "GroupName": group["GroupName"],
                "GroupId": f"AGPA{name.upper():X<17}"[:21],
                "Path": "/",
                "Arn": arn("group", group["GroupName"]),
                "GroupPolicyList": [],
                "AttachedManagedPolicies": [
                    {
                        "PolicyName": policies[policy]["ManagedPolicyName"],
                        "PolicyArn": arn("policy", policies[policy]["ManagedPolicyName"]),
                    }
                    for policy in group["ManagedPolicyArns"]
                ],
            }
            for name, group in groups.items()
        ],
        "RoleDetailList": [],
        "Policies": [
            {
                "PolicyName": policy["ManagedPolicyName"],
                "PolicyId": f"ANPA{name.upper():X<17}"[:21],
                "Path": "/",
                "Arn": arn("policy", policy["ManagedPolicyName"]),
                "DefaultVersionId": "v1",
                "PolicyVersionList": [
                    {
                        "VersionId": "v1",
                        "IsDefaultVersion": True,
                        "Document": policy["PolicyDocument"],
                    }
                ],
            }
            for name, policy in policies.items()
        ],
    }


def audit(resources, folder):
    """The codes of the findings that are errors or warnings."""
    path = folder / "account.json"
    path.write_text(json.dumps(account(resources)))
    return errors_and_warnings("audit", "--account-file", path)


def synthesised(assembly, stack):
    template = json.loads((assembly / f"{stack}.template.json").read_text())
    # They check the version of the CDK's bootstrap stack.
    template.pop("Rules", None)
    return resolve(template)


@pytest.mark.parametrize("stack", ["groups", "tag"])
def test_the_audit_finds_nothing(assembly, tmp_path, stack):
    assert audit(synthesised(assembly, stack), tmp_path) == set()


def add_to_both(resources):
    for it in resources.values():
        if it["Type"] == "AWS::IAM::UserToGroupAddition":
            it["Properties"]["Users"].append("mallory")


def remove(resources, *sids):
    """Removes statements from the policies, and says how many there were."""
    removed = 0
    for it in resources.values():
        if it["Type"] == "AWS::IAM::ManagedPolicy":
            document = it["Properties"]["PolicyDocument"]
            kept = [each for each in document["Statement"] if each["Sid"] not in sids]
            removed += len(document["Statement"]) - len(kept)
            document["Statement"] = kept
    return removed


def test_the_audit_finds_a_member_of_both_groups(assembly, tmp_path):
    changed = copy.deepcopy(synthesised(assembly, "groups"))
    add_to_both(changed)
    assert audit(changed, tmp_path) == {"member-of-both-groups"}


def test_the_audit_finds_that_no_slot_denies_the_other(assembly, tmp_path):
    changed = copy.deepcopy(synthesised(assembly, "groups"))
    add_to_both(changed)
    assert remove(changed, "DenyOtherSlots") == 2
    assert "can-approve-both" in audit(changed, tmp_path)
