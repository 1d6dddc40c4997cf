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


def deny(action, resource):
    return {"Effect": "Deny", "Action": action, "Resource": resource}


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
    return account(users, roles=roles, policies=[managed("developers", bound)])


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


def many_users():
    """50,000 users. Each is in the group of one slot and in a group of a team."""
    teams = [
        group(f"team-{n}", policy(allow("s3:Get*", f"arn:aws:s3:::team-{n}/*"))) for n in range(300)
    ]
    users = [user(f"user-{n}", groups=[SLOTS[n % 2], f"team-{n % 300}"]) for n in range(50_000)]
    return account(users, teams)


def wildcards():
    """2,000 users whose statements are wildcards throughout, and meet each other's."""
    users = []
    for n in range(2000):
        resources = [
            f"arn:aws:codepipeline:*:{ACCOUNT}:*{n % 50}*{number}*/Rel*/{SLOTS[n % 2][:-1]}?"
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
                    "NotResource": f"arn:aws:codepipeline:*:{ACCOUNT}:*/*/{SLOTS[n % 2]}",
                }
            ),
        ]
        users.append(user(f"user-{n}", documents))
    return account(users)


def denials():
    """500 users who may approve everything but what 10 policies of 60 denials each take away."""
    policies = []
    for number in range(10):
        statements = [deny(APPROVE, approval(f"*-{number}-{n}-*", SLOTS[n % 2])) for n in range(60)]
        policies.append(managed(f"denials-{number}", policy(*statements)))
    both = policy(allow(APPROVE, [approval("*", slot) for slot in SLOTS]))
    attached = [{"PolicyName": made["PolicyName"], "PolicyArn": made["Arn"]} for made in policies]
    users = [{**user(f"user-{n}", [both]), "AttachedManagedPolicies": attached} for n in range(500)]
    return account(users, policies=policies)


def own_denials():
    """5,000 users who may approve everything, each with 20 separate denials."""
    both = policy(allow("codepipeline:*", "*"))
    users = []
    for n in range(5000):
        statements = [
            deny(APPROVE, approval(f"own-{n}-{number}-*", SLOTS[number % 2]))
            for number in range(20)
        ]
        users.append(user(f"user-{n}", [both, policy(*statements)]))
    return account(users)


def roles_that_name_each_other():
    """1,000 roles whose trust policies name 30 others each."""
    roles = []
    for n in range(1000):
        trusted = [arn("role", f"role-{(n + step * step) % 1000}") for step in range(1, 31)]
        documents = [policy(allow("sts:AssumeRole", "*"))]
        if n < len(SLOTS):
            documents.append(policy(allow(APPROVE, approval("*", SLOTS[n]))))
        roles.append(role(f"role-{n}", {"AWS": trusted}, *documents))
    return account(roles=roles)


HARD = {
    "300 team groups, 20 pipelines each": team_groups,
    "1,000 roles that trust each other": roles_that_trust_each_other,
    "a chain of 1,000 roles": chain_of_roles,
    "500 bounded administrators of IAM": bounded_administrators,
    "5,000 policies of 100 statements": long_policies,
    "5,000 users with 40 own pipelines": own_pipelines,
    "50,000 users": many_users,
    "2,000 users with wildcards": wildcards,
    "500 users with 600 denials": denials,
    "5,000 users with 20 own denials": own_denials,
    "1,000 roles that name 30 others each": roles_that_name_each_other,
}
