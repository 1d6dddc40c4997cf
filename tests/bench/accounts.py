#!/usr/bin/env python3
"""How an audit grows: accounts that are hard each in its own way, at a quarter of a size and at it.

    tests/bench/accounts.py              a few shapes, in a minute or two
    tests/bench/accounts.py --all        every shape
    tests/bench/accounts.py --shape TEXT the shapes whose names contain a text
    tests/bench/accounts.py --json FILE  the rows too, for plots

Builds the release binary, or takes the one that POLICYGEN names. For each shape it prints the CPU
seconds of `policygen audit` and of Python's `json.load` at the size, the peak of memory, and the
exponent of the growth: 1 is linear, 2 is quadratic, and n log n is about 1.1 at these sizes. Exit
code 1 when a bound is missed.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import audited, build, exponent, loaded, row, write_rows

# What no shape may exceed: CPU seconds, and the exponent of linear times log at these sizes.
SECONDS = 10
EXPONENT = 1.15
# Of less time than this, starting the program is a large part, and the exponent says little.
LEAST = 0.25
# A shape that takes more CPU seconds than this is stopped.
STOPPED = 60

# The number of shapes that are measured without `--all`.
FEW = 7

ACCOUNT = "111122223333"
SLOTS = ["ApprovalA", "ApprovalB"]
APPROVE = "codepipeline:PutApprovalResult"
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def arn(kind, name):
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def approval(pipeline, slot):
    return f"arn:aws:codepipeline:*:{ACCOUNT}:{pipeline}/Release/{slot}"


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action, resource):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def deny(action, resource):
    return {"Effect": "Deny", "Action": action, "Resource": resource}


def inline(*documents):
    return [
        {"PolicyName": f"inline-{number}", "PolicyDocument": document}
        for number, document in enumerate(documents)
    ]


def user(name, documents=(), groups=(), boundary=None, tags=None):
    made = {
        "Path": "/",
        "UserName": name,
        "UserId": f"AIDA{name.upper()}",
        "Arn": arn("user", name),
        "GroupList": list(groups),
        "UserPolicyList": inline(*documents),
        "AttachedManagedPolicies": [],
        "Tags": [{"Key": key, "Value": value} for key, value in (tags or {}).items()],
    }
    if boundary:
        made["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": boundary,
        }
    return made


def group(name, *documents):
    return {
        "Path": "/",
        "GroupName": name,
        "GroupId": f"AGPA{name.upper()}",
        "Arn": arn("group", name),
        "GroupPolicyList": inline(*documents),
        "AttachedManagedPolicies": [],
    }


def role(name, principal, *documents, action="sts:AssumeRole"):
    trust = policy({"Effect": "Allow", "Action": action, "Principal": principal})
    return {
        "Path": "/",
        "RoleName": name,
        "RoleId": f"AROA{name.upper()}",
        "Arn": arn("role", name),
        "AssumeRolePolicyDocument": trust,
        "RolePolicyList": inline(*documents),
        "AttachedManagedPolicies": [],
        "Tags": [],
    }


def managed(name, document):
    return {
        "PolicyName": name,
        "PolicyId": f"ANPA{name.upper()}",
        "Arn": arn("policy", name),
        "DefaultVersionId": "v1",
        "PolicyVersionList": [{"Document": document, "VersionId": "v1", "IsDefaultVersion": True}],
    }


def account(users=(), groups=(), roles=(), policies=()):
    """An account that also has two people in each slot."""
    approvers = [user(f"approver-{slot}-{n}", groups=[slot]) for slot in SLOTS for n in range(2)]
    serving = [group(slot, policy(allow(APPROVE, approval("*", slot)))) for slot in SLOTS]
    return {
        "UserDetailList": [*users, *approvers],
        "GroupDetailList": [*groups, *serving],
        "RoleDetailList": list(roles) or [role("idle", {"Service": "ec2.amazonaws.com"})],
        "Policies": list(policies),
    }


def team_groups(n):
    """Groups that serve a slot of 20 pipelines each; every user is in three of them."""
    count = n * 3 // 50
    groups = []
    for team in range(count):
        slot = SLOTS[team % 2]
        resources = [approval(f"team-{team // 2}-pipeline-{k}", slot) for k in range(20)]
        groups.append(group(f"team-{team // 2}-{slot}", policy(allow(APPROVE, resources))))
    names = [made["GroupName"] for made in groups]
    users = [
        user(f"user-{k}", groups=[names[(k * step + step) % count] for step in (2, 14, 62)])
        for k in range(n)
    ]
    return account(users, groups)


def uniform_users(n):
    """Users who differ in nothing but their names."""
    teams = [
        group(f"team-{k}", policy(allow("s3:Get*", f"arn:aws:s3:::team-{k}/*"))) for k in range(300)
    ]
    reads = policy(allow(["s3:Get*", "s3:List*", "logs:*"], "*"), deny("iam:*", "*"))
    users = [user(f"user-{k}", [reads], groups=[SLOTS[k % 2], f"team-{k % 300}"]) for k in range(n)]
    return account(users, teams)


def roles_that_trust_each_other(n):
    """Roles, each of which may assume every other one; two of them approve."""
    assume = policy(allow("sts:AssumeRole", "*"))
    roles = [role(f"role-{k}", ROOT, assume) for k in range(n - 2)]
    approving = [
        role(f"approves-{slot}", ROOT, assume, policy(allow(APPROVE, approval("*", slot))))
        for slot in SLOTS
    ]
    return account(roles=[*roles, *approving])


def chain_of_roles(n):
    """Roles in a row. Each trusts the one before it; the last one approves both slots."""
    roles = []
    for k in range(n):
        before = arn("role", f"link-{k - 1}") if k else arn("user", "approver-ApprovalA-0")
        documents = [policy(allow("sts:AssumeRole", arn("role", f"link-{k + 1}")))]
        if k == n - 1:
            both = [approval("*", slot) for slot in SLOTS]
            documents = [policy(allow(APPROVE, both))]
        roles.append(role(f"link-{k}", {"AWS": before}, *documents))
    return account(roles=roles)


def roles_in_layers(n):
    """Roles in layers of 25. Each trusts all of the layer before; the last layer approves."""
    roles = []
    for k in range(n):
        layer = k // 25
        before = [arn("role", f"role-{j}") for j in range((layer - 1) * 25, layer * 25)]
        trusted = {"AWS": before or arn("user", "approver-ApprovalA-0")}
        documents = [policy(allow("sts:AssumeRole", "*"))]
        if k >= n - 25:
            documents.append(policy(allow(APPROVE, approval(f"own-{k}", SLOTS[k % 2]))))
        roles.append(role(f"role-{k}", trusted, *documents))
    return account(roles=roles)


def roles_that_name_each_other(n):
    """Roles whose trust policies name 30 others each."""
    roles = []
    for k in range(n):
        trusted = [arn("role", f"role-{(k + step * step) % n}") for step in range(1, 31)]
        documents = [policy(allow("sts:AssumeRole", "*"))]
        if k < len(SLOTS):
            documents.append(policy(allow(APPROVE, approval("*", SLOTS[k]))))
        roles.append(role(f"role-{k}", {"AWS": trusted}, *documents))
    return account(roles=roles)


def roles_with_own_pipelines(n):
    """Roles that everybody may assume, each of which approves one slot of a separate pipeline."""
    assume = policy(allow("sts:AssumeRole", "*"))
    roles = [
        role(f"role-{k}", ROOT, policy(allow(APPROVE, approval(f"own-{k}", SLOTS[k % 2]))))
        for k in range(n)
    ]
    users = [user(f"user-{k}", [assume]) for k in range(n)]
    return account(users, roles=roles)


def roles_that_outsiders_enter(n):
    """Roles that one SAML provider lets people into; each approves one slot of a pipeline."""
    provider = {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"}
    roles = [
        role(
            f"role-{k}",
            provider,
            policy(allow(APPROVE, approval(f"own-{k}", SLOTS[k % 2]))),
            action="sts:AssumeRoleWithSAML",
        )
        for k in range(n)
    ]
    return account(roles=roles)


def roles_of_other_accounts(n):
    """Roles that trust 10 principals of other accounts each, and approve a separate pipeline."""
    roles = [
        role(
            f"role-{k}",
            {"AWS": [f"arn:aws:iam::{444455556666 + (k + j * j) % n}:role/out" for j in range(10)]},
            policy(allow(APPROVE, approval(f"own-{k}", SLOTS[k % 2]))),
        )
        for k in range(n)
    ]
    return account(roles=roles)


def roles_that_trust_tags(n):
    """Roles that trust everybody with the tag of a team, and as many users in 50 teams."""
    assume = policy(allow("sts:AssumeRole", "*"))
    roles = []
    for k in range(n):
        documents = [policy(allow(APPROVE, approval(f"team-{k % 50}-*", SLOTS[k % 2])))]
        made = role(f"role-{k}", ROOT, *(documents if k < 100 else []))
        made["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] = {
            "StringEquals": {"aws:PrincipalTag/team": f"team-{k % 50}"}
        }
        roles.append(made)
    users = [user(f"user-{k}", [assume], tags={"team": f"team-{k % 50}"}) for k in range(n)]
    return account(users, roles=roles)


def roles_that_trust_ids(n):
    """Roles that trust users by their unique ids."""
    users = [user(f"user-{k}") for k in range(n)]
    roles = [role(f"role-{k}", {"AWS": f"AIDAUSER-{k}"}) for k in range(n)]
    return account(users, roles=roles)


def roles_that_trust_sessions(n):
    """Roles that trust sessions of other roles."""
    roles = [
        role(
            f"role-{k}",
            {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/role-{(k + 1) % n}/deploys"},
        )
        for k in range(n)
    ]
    return account(roles=roles)


def bounded_administrators(n):
    """Users with everything of IAM, within a boundary, beside twice as many roles of services."""
    boundary = arn("policy", "developers")
    bound = policy(
        allow(["iam:*", "s3:*", "sts:AssumeRole"], "*"), allow(APPROVE, approval("*", "ApprovalA"))
    )
    denied = [
        "iam:DeleteUserPermissionsBoundary",
        "iam:PutUserPermissionsBoundary",
        "iam:CreatePolicyVersion",
        "iam:SetDefaultPolicyVersion",
        "iam:CreateUser",
        "iam:CreateRole",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:UpdateLoginProfile",
        "iam:UpdateAssumeRolePolicy",
        "iam:AddUserToGroup",
    ]
    bound["Statement"].append(deny(denied, "*"))
    users = [
        user(f"developer-{k}", [policy(allow("iam:*", "*"))], boundary=boundary) for k in range(n)
    ]
    roles = [
        role(
            f"service-{k}",
            {"Service": "lambda.amazonaws.com"},
            policy(allow("s3:GetObject", f"arn:aws:s3:::bucket-{k}/*")),
        )
        for k in range(2 * n)
    ]
    return account(users, roles=roles, policies=[managed("developers", bound)])


def own_boundaries(n):
    """Users who each have a separate boundary, which lets them approve a separate pipeline."""
    policies = [
        managed(f"boundary-{k}", policy(allow(APPROVE, approval(f"own-{k}-*", "*"))))
        for k in range(n)
    ]
    both = policy(allow("codepipeline:*", "*"))
    users = [user(f"user-{k}", [both], boundary=arn("policy", f"boundary-{k}")) for k in range(n)]
    return account(users, policies=policies)


def missing_boundaries(n):
    """Users whose boundaries are not in the snapshot."""
    users = [user(f"user-{k}", boundary=arn("policy", f"boundary-{k}")) for k in range(n)]
    return account(users)


def administrators(n):
    """Users who may do everything, beside as many managed policies and groups."""
    everything = policy(allow("*", "*"))
    users = [user(f"user-{k}", [everything]) for k in range(n)]
    groups = [
        group(f"team-{k}", policy(allow(APPROVE, approval(f"team-{k}", "*"))))
        for k in range(n // 10)
    ]
    policies = [
        managed(f"policy-{k}", policy(allow("codepipeline:*", f"arn:aws:codepipeline:*:*:p-{k}")))
        for k in range(n)
    ]
    return account(users, groups, policies=policies)


def attachers(n):
    """Users who may attach any of as many policies to themselves; two of the policies approve."""
    itself = policy(
        allow("iam:AttachUserPolicy", arn("user", "${aws:username}")),
        allow(APPROVE, approval("*", "ApprovalA")),
    )
    users = [user(f"user-{k}", [itself]) for k in range(n)]
    policies = [
        managed(f"policy-{k}", policy(allow(APPROVE, approval(f"own-{k}", "ApprovalA"))))
        for k in range(n)
    ]
    return account(users, policies=policies)


def joiners(n):
    """Users who may join any of a tenth as many groups; each serves a separate pipeline."""
    itself = policy(
        allow("iam:AddUserToGroup", arn("group", "*")),
        allow(APPROVE, approval("mine-*", "ApprovalA")),
    )
    users = [user(f"user-{k}", [itself]) for k in range(n)]
    groups = [
        group(f"team-{k}", policy(allow(APPROVE, approval(f"own-{k}", "ApprovalB"))))
        for k in range(n // 10)
    ]
    return account(users, groups)


def takeovers(n):
    """Users in a row. Each may make an access key of the next one; the last two approve."""
    users = [
        user(
            f"user-{k}",
            [
                policy(allow("iam:CreateAccessKey", arn("user", f"user-{k + 1}"))),
                *([policy(allow(APPROVE, approval("*", SLOTS[k % 2])))] if k >= n - 2 else []),
            ],
        )
        for k in range(n)
    ]
    return account(users)


def passers(n):
    """Users who may pass one role each to functions, and make these."""
    users = [
        user(
            f"user-{k}",
            [
                policy(
                    allow("iam:PassRole", arn("role", f"role-{k}")),
                    allow(["lambda:CreateFunction", "lambda:InvokeFunction"], "*"),
                )
            ],
        )
        for k in range(n)
    ]
    roles = [
        role(
            f"role-{k}",
            {"Service": "lambda.amazonaws.com"},
            policy(allow(APPROVE, approval(f"own-{k}", SLOTS[k % 2]))),
        )
        for k in range(n)
    ]
    return account(users, roles=roles)


def tagged_users(n):
    """Users with 10 tags each, whose policies are about the values of their own tags."""
    own = policy(
        allow(APPROVE, approval("${aws:PrincipalTag/team}-*", "ApprovalA")),
        {
            **allow(APPROVE, approval("${aws:PrincipalTag/project}", "ApprovalB")),
            "Condition": {"StringEquals": {"aws:PrincipalTag/unit": [f"u-{k}" for k in range(20)]}},
        },
    )
    users = [
        user(
            f"user-{k}",
            [own],
            tags={
                "team": f"team-{k}",
                "project": f"project-{k % 700}",
                "unit": f"u-{k % 40}",
                **{f"tag-{j}": f"value-{k}-{j}" for j in range(7)},
            },
        )
        for k in range(n)
    ]
    return account(users)


def long_policies(n):
    """Users, each with a separate policy of 100 statements."""
    users = []
    for k in range(n):
        statements = [
            allow(APPROVE, approval(f"own-{k}-{number}", SLOTS[number % 2]))
            for number in range(100)
        ]
        users.append(user(f"user-{k}", [policy(*statements)]))
    return account(users)


def equal_documents(n):
    """Users with five inline documents each that all users have, and that are long."""
    documents = [
        policy(*[allow(APPROVE, approval(f"p-{j}-{k}", SLOTS[0])) for k in range(30)])
        for j in range(5)
    ]
    return account([user(f"user-{k}", documents) for k in range(n)])


def nearly_equal_documents(n):
    """The same, but each differs from the others in a few characters."""
    users = []
    for k in range(n):
        documents = [
            policy(
                *[allow(APPROVE, approval(f"p-{j}-{i}", SLOTS[0])) for i in range(29)],
                allow(APPROVE, approval(f"p-{j}-{k}", SLOTS[0])),
            )
            for j in range(5)
        ]
        users.append(user(f"user-{k}", documents))
    return account(users)


def own_pipelines(n):
    """Users who approve one slot of 40 separate pipelines."""
    users = []
    for k in range(n):
        resources = [approval(f"own-{k}-{number}-*", SLOTS[k % 2]) for number in range(40)]
        users.append(user(f"user-{k}", [policy(allow(APPROVE, resources))]))
    return account(users)


def many_groups(n):
    """Users in 10 of many groups each, of which every second one approves a pipeline."""
    count = max(n // 10, 20)
    groups = [
        group(f"team-{k}", policy(allow(APPROVE, approval(f"team-{k}-*", SLOTS[k // 2 % 2]))))
        if k % 2
        else group(f"team-{k}", policy(allow("s3:Get*", f"arn:aws:s3:::team-{k}/*")))
        for k in range(count)
    ]
    users = [
        user(f"user-{k}", groups=[f"team-{(k * 7 + j * j * 3) % count}" for j in range(10)])
        for k in range(n)
    ]
    return account(users, groups)


def many_users(n):
    """Users, each in the group of one slot and in a group of a team."""
    teams = [
        group(f"team-{k}", policy(allow("s3:Get*", f"arn:aws:s3:::team-{k}/*"))) for k in range(300)
    ]
    users = [user(f"user-{k}", groups=[SLOTS[k % 2], f"team-{k % 300}"]) for k in range(n)]
    return account(users, teams)


def two_accounts_each(n):
    """Users in pairs: two names of one human, each of which serves a slot."""
    users = [
        user(f"user-{k // 2}{'-admin' if k % 2 else ''}", groups=[SLOTS[k % 2]]) for k in range(n)
    ]
    return account(users)


def versions(n):
    """Managed policies of five versions, any of which their users may put in force."""
    policies, users = [], []
    for k in range(n):
        made = managed(f"policy-{k}", policy(allow("s3:Get*", f"arn:aws:s3:::bucket-{k}/*")))
        made["PolicyVersionList"] += [
            {
                "VersionId": f"v{number}",
                "IsDefaultVersion": False,
                "Document": policy(allow(APPROVE, approval(f"own-{k}", SLOTS[number % 2]))),
            }
            for number in range(2, 6)
        ]
        policies.append(made)
        own = policy(
            allow("iam:SetDefaultPolicyVersion", made["Arn"]),
            allow(APPROVE, approval(f"own-{k}", "ApprovalA")),
        )
        attached = [{"PolicyName": made["PolicyName"], "PolicyArn": made["Arn"]}]
        users.append({**user(f"user-{k}", [own]), "AttachedManagedPolicies": attached})
    return account(users, policies=policies)


def broken_policies(n):
    """Users with an inline policy that cannot be read."""
    broken = policy({"Effect": "Allow", "Acton": "*", "Resource": "*"})
    return account([user(f"user-{k}", [broken]) for k in range(n)])


def wildcards(n):
    """Users whose statements are wildcards throughout, and meet each other's."""
    users = []
    for k in range(n):
        resources = [
            f"arn:aws:codepipeline:*:{ACCOUNT}:*{k % 50}*{number}*/Rel*/{SLOTS[k % 2][:-1]}?"
            for number in range(20)
        ]
        documents = [
            policy(allow(["code*:Put*Result", "*:*Approval*"], resources)),
            policy(
                {
                    "Effect": "Deny",
                    "NotAction": ["codepipeline:Put*", "s3:*"],
                    "Resource": "*",
                }
            ),
            policy(
                {
                    "Effect": "Deny",
                    "Action": "*:Put*",
                    "NotResource": f"arn:aws:codepipeline:*:{ACCOUNT}:*/*/{SLOTS[k % 2]}",
                }
            ),
        ]
        users.append(user(f"user-{k}", documents))
    return account(users)


def own_wildcards(n):
    """Users with 12 separate long patterns each, with wildcards between all letters."""
    users = []
    for k in range(n):
        resources = [
            approval(f"*{'*'.join(f'{k}x{number}yz')}*", f"*{SLOTS[k % 2][-4:]}")
            for number in range(12)
        ]
        users.append(user(f"user-{k}", [policy(allow(APPROVE, resources))]))
    return account(users)


def negations(n):
    """Users with 30 statements each of NotAction and NotResource."""
    users = []
    for k in range(n):
        statements = [
            {
                "Effect": "Allow" if number % 3 else "Deny",
                "NotAction": [f"s{number}:*", "iam:*", "organizations:*", "sts:*", "lambda:*"],
                "NotResource": [approval(f"own-{k}-{number}-*", slot) for slot in SLOTS],
            }
            for number in range(30)
        ]
        users.append(user(f"user-{k}", [policy(*statements)]))
    return account(users)


def denials(n):
    """Users who may approve everything but what 10 policies of 60 denials each take away."""
    policies = []
    for number in range(10):
        statements = [deny(APPROVE, approval(f"*-{number}-{k}-*", SLOTS[k % 2])) for k in range(60)]
        policies.append(managed(f"denials-{number}", policy(*statements)))
    both = policy(allow(APPROVE, [approval("*", slot) for slot in SLOTS]))
    attached = [{"PolicyName": made["PolicyName"], "PolicyArn": made["Arn"]} for made in policies]
    users = [{**user(f"user-{k}", [both]), "AttachedManagedPolicies": attached} for k in range(n)]
    return account(users, policies=policies)


def own_denials(n):
    """Users who may approve everything, each with 20 separate denials."""
    both = policy(allow("codepipeline:*", "*"))
    users = []
    for k in range(n):
        statements = [
            deny(APPROVE, approval(f"own-{k}-{number}-*", SLOTS[number % 2]))
            for number in range(20)
        ]
        users.append(user(f"user-{k}", [both, policy(*statements)]))
    return account(users)


# By name, the function that makes it and its size. The first ones are the default run.
SHAPES = {
    "5,000 uniform users": (uniform_users, 5000),
    "50,000 users": (many_users, 50_000),
    "5,000 policies of 100 statements": (long_policies, 5000),
    "1,000 roles that trust each other": (roles_that_trust_each_other, 1000),
    "2,000 users with wildcards": (wildcards, 2000),
    "500 users with 600 denials": (denials, 500),
    "5,000 users with 20 own denials": (own_denials, 5000),
    "5,000 users in 300 team groups": (team_groups, 5000),
    "5,000 users in 10 of 500 groups": (many_groups, 5000),
    "5,000 users with 40 own pipelines": (own_pipelines, 5000),
    "5,000 users with 5 equal documents": (equal_documents, 5000),
    "5,000 users with 5 like documents": (nearly_equal_documents, 5000),
    "5,000 users with own tags": (tagged_users, 5000),
    "5,000 users of two accounts each": (two_accounts_each, 5000),
    "2,000 users with own wildcards": (own_wildcards, 2000),
    "2,000 users with 30 negations": (negations, 2000),
    "2,000 own policies of 5 versions": (versions, 2000),
    "2,000 own boundaries": (own_boundaries, 2000),
    "5,000 missing boundaries": (missing_boundaries, 5000),
    "5,000 broken policies": (broken_policies, 5000),
    "500 bounded administrators of IAM": (bounded_administrators, 500),
    "1,000 administrators": (administrators, 1000),
    "1,000 users who attach 1,000 policies": (attachers, 1000),
    "2,000 users who join 200 groups": (joiners, 2000),
    "1,000 takeovers in a row": (takeovers, 1000),
    "2,000 users who pass a role": (passers, 2000),
    "a chain of 1,000 roles": (chain_of_roles, 1000),
    "1,000 roles in layers of 25": (roles_in_layers, 1000),
    "1,000 roles that name 30 others each": (roles_that_name_each_other, 1000),
    "1,000 roles with own pipelines": (roles_with_own_pipelines, 1000),
    "1,000 roles that a provider enters": (roles_that_outsiders_enter, 1000),
    "1,000 roles of other accounts": (roles_of_other_accounts, 1000),
    "1,000 roles that trust tags": (roles_that_trust_tags, 1000),
    "5,000 roles that trust ids": (roles_that_trust_ids, 5000),
    "5,000 roles that trust sessions": (roles_that_trust_sessions, 5000),
}


def make(name, size, path):
    """Writes an account. In a separate process, so that this one stays small: the memory of a
    child's peak begins with that of its parent.
    """
    subprocess.run([sys.executable, __file__, "--make", name, str(size), path], check=True)


def limited():
    """Stops what does not end."""
    resource.setrlimit(resource.RLIMIT_CPU, (STOPPED, STOPPED))


def measure(policygen, name, size):
    """The row of a shape, and whether it is within the bounds."""
    sizes = [size // 4, size]
    seconds, peak, load = [], 0, 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "account.json"
        for number in sizes:
            make(name, number, path)
            load = loaded(path)
            found = audited(policygen, path, limit=limited)
            if found is None:
                seconds.append(STOPPED)
                break
            seconds.append(found[0])
            peak = found[1]
    if len(seconds) < len(sizes) or seconds[-1] >= STOPPED:
        return row(name, size, STOPPED, load, peak), False
    growth = exponent(sizes, seconds)
    well = seconds[-1] <= SECONDS and (growth <= EXPONENT or seconds[-1] < LEAST)
    return row(name, size, seconds[-1], load, peak, growth), well


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", "--hard", action="store_true", help="every shape")
    parser.add_argument("--shape", metavar="TEXT", help="the shapes whose names contain this")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows to this file")
    parser.add_argument("--make", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.make:
        name, size, path = arguments.make
        function, _ = SHAPES[name]
        Path(path).write_text(json.dumps(function(int(size)), indent=4), "utf-8")
        return 0
    names = list(SHAPES)
    if arguments.shape:
        names = [name for name in names if arguments.shape in name]
    elif not arguments.all:
        names = names[:FEW]
    policygen = build()
    print(f"{'':<40} {'json.load':>10} {'audit':>10} {'ratio':>7} {'peak':>9} {'exponent':>9}")
    rows, met = [], True
    for name in names:
        found, well = measure(policygen, name, SHAPES[name][1])
        rows.append(found)
        met = met and well
        growth = found["exponent"]
        print(
            f"{name:<40} {found['json_load_s']:>8.2f} s {found['cpu_s']:>8.2f} s "
            f"{found['ratio']:>7.1f} {found['peak_mb']:>6.0f} MB "
            f"{'stopped' if growth is None else f'{growth:.2f}':>9} {'' if well else 'MISSED'}",
            flush=True,
        )
    print(
        f"bounds: {SECONDS} s of CPU, and an exponent of {EXPONENT} where it takes {LEAST} s or "
        f"more; what takes {STOPPED} s is stopped"
    )
    title = "Accounts that are hard for an audit, each in its own way"
    write_rows(arguments.json, title, rows)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
