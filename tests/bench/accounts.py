"""Accounts that are hard for an audit: each is large in another way."""

ACCOUNT = "111122223333"
SLOTS = ["ApprovalA", "ApprovalB"]
APPROVE = "codepipeline:PutApprovalResult"


def arn(kind, name):
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def approval(pipeline, slot):
    return f"arn:aws:codepipeline:*:{ACCOUNT}:{pipeline}/Release/{slot}"


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action, resource):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def inline(*documents):
    return [
        {"PolicyName": f"inline-{number}", "PolicyDocument": document}
        for number, document in enumerate(documents)
    ]


def user(name, documents=(), groups=(), boundary=None):
    made = {
        "Path": "/",
        "UserName": name,
        "UserId": f"AIDA{name.upper()}",
        "Arn": arn("user", name),
        "GroupList": list(groups),
        "UserPolicyList": inline(*documents),
        "AttachedManagedPolicies": [],
        "Tags": [],
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


def role(name, principal, *documents):
    trust = policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})
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


def team_groups():
    """300 groups that serve a slot of 20 pipelines each; 5,000 users are in three of them."""
    groups = []
    for team in range(300):
        slot = SLOTS[team % 2]
        resources = [approval(f"team-{team // 2}-pipeline-{n}", slot) for n in range(20)]
        groups.append(group(f"team-{team // 2}-{slot}", policy(allow(APPROVE, resources))))
    names = [made["GroupName"] for made in groups]
    users = [
        user(f"user-{n}", groups=[names[(n * step + step) % 300] for step in (2, 14, 62)])
        for n in range(5000)
    ]
    return account(users, groups)


def roles_that_trust_each_other():
    """1,000 roles, each of which may assume every other one; two of them approve."""
    assume = policy(allow("sts:AssumeRole", "*"))
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    roles = [role(f"role-{n}", root, assume) for n in range(998)]
    approving = [
        role(f"approves-{slot}", root, assume, policy(allow(APPROVE, approval("*", slot))))
        for slot in SLOTS
    ]
    return account(roles=[*roles, *approving])


def chain_of_roles():
    """1,000 roles in a row. Each trusts the one before it; the last one approves both slots."""
    roles = []
    for n in range(1000):
        before = arn("role", f"link-{n - 1}") if n else arn("user", "approver-ApprovalA-0")
        documents = [policy(allow("sts:AssumeRole", arn("role", f"link-{n + 1}")))]
        if n == 999:
            both = [approval("*", slot) for slot in SLOTS]
            documents = [policy(allow(APPROVE, both))]
        roles.append(role(f"link-{n}", {"AWS": before}, *documents))
    return account(roles=roles)


def bounded_administrators():
    """500 users with everything of IAM, within a boundary, beside 1,000 roles of services."""
    boundary = arn("policy", "developers")
    bound = policy(
        allow(["iam:*", "s3:*", "sts:AssumeRole"], "*"), allow(APPROVE, approval("*", "ApprovalA"))
    )
    deny = {
        "Effect": "Deny",
        "Action": [
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
        ],
        "Resource": "*",
    }
    bound["Statement"].append(deny)
    users = [
        user(f"developer-{n}", [policy(allow("iam:*", "*"))], boundary=boundary) for n in range(500)
    ]
    roles = [
        role(
            f"service-{n}",
            {"Service": "lambda.amazonaws.com"},
            policy(allow("s3:GetObject", f"arn:aws:s3:::bucket-{n}/*")),
        )
        for n in range(1000)
    ]
    managed = {
        "PolicyName": "developers",
        "PolicyId": "ANPADEVELOPERS",
        "Arn": boundary,
        "DefaultVersionId": "v1",
        "PolicyVersionList": [{"Document": bound, "VersionId": "v1", "IsDefaultVersion": True}],
    }
    return account(users, roles=roles, policies=[managed])


def long_policies():
    """5,000 users, each with a separate policy of 100 statements."""
    users = []
    for n in range(5000):
        statements = [
            allow(APPROVE, approval(f"own-{n}-{number}", SLOTS[number % 2]))
            for number in range(100)
        ]
        users.append(user(f"user-{n}", [policy(*statements)]))
    return account(users)


def own_pipelines():
    """5,000 users who approve one slot of 40 separate pipelines."""
    users = []
    for n in range(5000):
        resources = [approval(f"own-{n}-{number}-*", SLOTS[n % 2]) for number in range(40)]
        users.append(user(f"user-{n}", [policy(allow(APPROVE, resources))]))
    return account(users)


HARD = {
    "300 team groups, 20 pipelines each": team_groups,
    "1,000 roles that trust each other": roles_that_trust_each_other,
    "a chain of 1,000 roles": chain_of_roles,
    "500 bounded administrators of IAM": bounded_administrators,
    "5,000 policies of 100 statements": long_policies,
    "5,000 users with 40 own pipelines": own_pipelines,
}
