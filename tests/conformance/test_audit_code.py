"""`policygen audit --config --gate-rule`: an account in moto's server that the generated script
made is as in code, and every change by hand is found. The real AWS CLI makes the changes and prints
the files.
"""

import json
import zipfile

import pytest
from iam_endpoint import ACCOUNT, emptied, serving
from test_audit_identity_center import Center, found, given, policygen, role
from test_audit_identity_center import account as snapshot
from test_policygen_iam import files as generated

KEYS = [
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
]
RULE = {"requireSignature": True, "signingKeys": {"alice": [KEYS[0]], "bob": [KEYS[1]]}}
MEMBERS = {"ApprovalA": ["alice", "carol"], "ApprovalB": ["bob", "dave"]}
FUNCTION = "two-person-rule-gate"


def config(directory, members, *lines):
    path = directory / "approvers.toml"
    table = [f"{slot} = {json.dumps(names)}" for slot, names in members.items()]
    path.write_text("\n".join([*lines, "[members]", *table]))
    return path


@pytest.fixture(scope="module")
def server():
    with serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """The users, and what the generated script makes of the configuration. It takes seconds, so the
    tests share it, and undo what they change.
    """
    folder = tmp_path_factory.mktemp("company")
    with serving() as endpoint:
        aws = emptied(endpoint)
        for name in ("alice", "bob", "carol", "dave", "mallory"):
            aws.run(["aws", "iam", "create-user", "--user-name", name])
        arguments = ["--config", str(config(folder, MEMBERS)), "--format", "aws-cli"]
        script = generated(folder / "iam", *arguments, "--guardrails")["create.sh"]
        for _ in range(2):
            aws.run(["bash", "-c", script])
        yield aws


def audited(aws, tmp_path, *arguments):
    account = tmp_path / "account.json"
    account.write_text(aws.run(["aws", "iam", "get-account-authorization-details"]))
    ran = policygen("--account-file", account, *arguments, "--format", "json")
    return {key for key in found(ran) if key[0] != "approver-without-mfa"}


def by_config(aws, tmp_path, members=MEMBERS):
    return audited(aws, tmp_path, "--config", config(tmp_path, members))


def test_what_the_script_makes_is_as_in_code(company, tmp_path):
    assert by_config(company, tmp_path) == set()


def test_each_change_of_a_group_by_hand_is_found(company, tmp_path):
    def change(operation, user):
        group = ["--group-name", "TwoPersonRule-ApprovalA"]
        company.run(["aws", "iam", operation, *group, "--user-name", user])

    change("add-user-to-group", "mallory")
    change("remove-user-from-group", "carol")
    try:
        drift = by_config(company, tmp_path)
    finally:
        change("remove-user-from-group", "mallory")
        change("add-user-to-group", "carol")
    assert drift == {
        ("member-not-in-code", "user/mallory"),
        ("member-missing", "user/carol"),
    }


def test_a_change_of_the_file_that_is_not_deployed_is_found(company, tmp_path):
    changed = {"ApprovalA": ["alice", "carol", "mallory"], "ApprovalB": ["dave"]}
    assert by_config(company, tmp_path, changed) == {
        ("member-missing", "user/mallory"),
        ("member-not-in-code", "user/bob"),
    }


def function(aws, rule, tmp_path):
    """The gate's function with this rule, as the AWS CLI prints it."""
    package = tmp_path / "gate.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("bootstrap", "")
    named = ["--function-name", FUNCTION]
    environment = json.dumps({"Variables": {"TWO_PERSON_RULE": json.dumps(rule)}})
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    made = aws.run(
        [
            *("aws", "iam", "create-role", "--role-name", FUNCTION),
            *("--assume-role-policy-document", trust, "--query", "Role.Arn", "--output", "text"),
        ]
    )
    aws.run(
        [
            *("aws", "lambda", "create-function", *named, "--runtime", "provided.al2023"),
            *("--role", made.strip(), "--handler", "bootstrap", "--environment", environment),
            *("--zip-file", f"fileb://{package}"),
        ]
    )
    return aws.run(["aws", "lambda", "get-function-configuration", *named])


@pytest.mark.parametrize(
    "deployed, findings",
    [
        (RULE, set()),
        (
            {**RULE, "signingKeys": {"alice": [KEYS[0]], "mallory": [KEYS[1]]}},
            {
                ("key-not-in-code", "signingKeys/mallory/tAXFyTXI8xs"),
                ("rule-not-in-code", "signingKeys"),
            },
        ),
        (
            {**RULE, "quorum": 3, "requireSignature": False},
            {("rule-not-in-code", "quorum"), ("rule-not-in-code", "requireSignature")},
        ),
    ],
)
def test_a_rule_that_was_changed_by_hand_is_found(server, tmp_path, deployed, findings):
    aws = emptied(server)
    (tmp_path / "function.json").write_text(function(aws, deployed, tmp_path))
    (tmp_path / "rule.json").write_text(json.dumps(RULE))
    files = ["--rule", tmp_path / "rule.json", "--gate-rule", tmp_path / "function.json"]
    drift = {key for key in audited(aws, tmp_path, *files) if key[0].endswith("-in-code")}
    assert drift == {(code, f"function:{FUNCTION}/{of}") for code, of in findings}


def test_people_of_identity_center_are_compared_by_who_has_the_permission_set(server, tmp_path):
    emptied(server)
    center = Center(server)
    for name in ("alice", "bob", "carol", "dave", "eve"):
        center.user(f"{name}@example.com")
    center.group("Developers", "alice@example.com", "carol@example.com")
    for name in ("TwoPersonRule-ApprovalA", "TwoPersonRule-ApprovalB"):
        center.permission_set(name)
    center.assign("TwoPersonRule-ApprovalA", group="Developers")
    for name in ("bob", "eve"):
        center.assign("TwoPersonRule-ApprovalB", user=f"{name}@example.com")
    # eve has it in another account only, and frank in none.
    center.assign("TwoPersonRule-ApprovalA", user="eve@example.com", account="210987654321")
    roles = [role(f"TwoPersonRule-Approval{slot}", f"Approval{slot}") for slot in "AB"]
    written = config(
        tmp_path,
        {
            "ApprovalA": ["Alice@example.com"],
            "ApprovalB": ["bob@example.com", "dave@example.com", "frank@example.com"],
        },
        'mechanism = "roles"',
        f'identity-center = "{center.instance}"',
    )
    ran = policygen(
        *("--account-file", snapshot(tmp_path, roles), "--config", written),
        *given(center.saved(tmp_path)),
        *("--format", "json"),
    )
    drift = {key: it for key, it in found(ran).items() if key[0].startswith("member-")}
    person = {name.split("@")[0]: f"user/{found}" for name, found in center.users.items()}
    assert set(drift) == {
        ("member-not-in-code", person["carol"]),
        ("member-not-in-code", person["eve"]),
        ("member-missing", person["dave"]),
        ("member-missing", "user/frank@example.com"),
    }
    carol = drift["member-not-in-code", person["carol"]]
    assert (
        "`carol@example.com` has the permission set `TwoPersonRule-ApprovalA`" in carol["message"]
    )
    assert "Developers" in [link["name"] for link in carol["evidence"]]
    assert ACCOUNT not in carol["message"]
