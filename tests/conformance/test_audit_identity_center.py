"""`policygen audit` with the people of IAM Identity Center, made in moto's server: from the files
that the real AWS CLI prints, and live.
"""

import gzip
import json
import os
import subprocess

import boto3
import pytest
from iam_endpoint import ACCOUNT, Aws, emptied, serving
from test_policygen_iam import POLICYGEN

# More people than fit on a page of 100.
CROWD = 120


def policygen(*arguments, region="eu-west-1", stdin=None):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    configured = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    return subprocess.run(
        [POLICYGEN, "audit", *arguments],
        env={**kept, **configured},
        capture_output=True,
        text=True,
        input=stdin,
    )


def found(ran):
    """The findings of a report in JSON, by code and the end of the subject's ARN."""
    assert ran.returncode in (0, 10), ran.stderr
    return {
        (finding["code"], finding["subject"]["arn"].split(":", 5)[5]): finding
        for finding in json.loads(ran.stdout)["findings"]
    }


def role(name, *slots, deny=()):
    """A role as IAM Identity Center makes it, that approves these slots."""
    statements = [
        {
            "Effect": effect,
            "Action": "codepipeline:PutApprovalResult",
            "Resource": f"arn:aws:codepipeline:*:*:*/*/{slot}",
        }
        for effect, named in (("Allow", slots), ("Deny", deny))
        for slot in named
    ]
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_x_DO_NOT_DELETE"},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
    }
    full = f"AWSReservedSSO_{name}_0123456789abcdef"
    return {
        "RoleName": full,
        "RoleId": f"AROA{name.upper():X<17}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/{full}",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "RolePolicyList": [
            {
                "PolicyName": "AwsSSOInlinePolicy",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
            }
        ],
        "AttachedManagedPolicies": [],
        "Tags": [],
    }


ROLES = [role("ReleaseA", "ApprovalA"), role("ReleaseB", "ApprovalB"), role("ReadOnly")]


def account(directory, roles=ROLES, users=()):
    path = directory / "account.json"
    content = {"GroupDetailList": [], "Policies": [], "UserDetailList": list(users)}
    path.write_text(json.dumps({**content, "RoleDetailList": roles}))
    return path


class Center:
    """An IAM Identity Center in moto's server."""

    def __init__(self, endpoint):
        self.aws = Aws(endpoint)
        own = {"region_name": "eu-west-1", "endpoint_url": endpoint}
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self.admin = boto3.client("sso-admin", **own, **keys)
        self.people = boto3.client("identitystore", **own, **keys)
        (instance,) = self.admin.list_instances()["Instances"]
        self.instance, self.store = instance["InstanceArn"], instance["IdentityStoreId"]
        self.sets, self.groups, self.users = {}, {}, {}

    def user(self, name):
        self.users[name] = self.people.create_user(
            IdentityStoreId=self.store,
            UserName=name,
            DisplayName=name,
            Name={"GivenName": name, "FamilyName": name},
        )["UserId"]

    def group(self, name, *members):
        self.groups[name] = self.people.create_group(IdentityStoreId=self.store, DisplayName=name)[
            "GroupId"
        ]
        for member in members:
            self.people.create_group_membership(
                IdentityStoreId=self.store,
                GroupId=self.groups[name],
                MemberId={"UserId": self.users[member]},
            )

    def permission_set(self, name):
        self.sets[name] = self.admin.create_permission_set(
            InstanceArn=self.instance, Name=name, SessionDuration="PT1H"
        )["PermissionSet"]["PermissionSetArn"]
        self.admin.provision_permission_set(
            InstanceArn=self.instance,
            PermissionSetArn=self.sets[name],
            TargetType="AWS_ACCOUNT",
            TargetId=ACCOUNT,
        )

    def assign(self, name, *, group=None, user=None, account=ACCOUNT):
        self.admin.create_account_assignment(
            InstanceArn=self.instance,
            TargetId=account,
            TargetType="AWS_ACCOUNT",
            PermissionSetArn=self.sets[name],
            PrincipalType="GROUP" if group else "USER",
            PrincipalId=self.groups[group] if group else self.users[user],
        )

    def saved(self, directory):
        """What the AWS CLI prints, in a file for each command."""
        of = ["--instance-arn", self.instance]
        store = ["--identity-store-id", self.store]
        commands = {
            "provisioned": [
                "sso-admin",
                "list-permission-sets-provisioned-to-account",
                *of,
                "--account-id",
                ACCOUNT,
            ],
            "sets": ["sso-admin", "list-permission-sets", *of],
            "users": ["identitystore", "list-users", *store],
            "groups": ["identitystore", "list-groups", *store],
        }
        for name, arn in self.sets.items():
            of_set = [*of, "--permission-set-arn", arn]
            commands[f"set-{name}"] = ["sso-admin", "describe-permission-set", *of_set]
            commands[f"assigned-{name}"] = [
                "sso-admin",
                "list-account-assignments",
                "--account-id",
                ACCOUNT,
                *of_set,
            ]
        for name, group in self.groups.items():
            of_group = [*store, "--group-id", group]
            commands[f"members-{name}"] = [
                "identitystore",
                "list-group-memberships",
                *of_group,
            ]
        for name, arguments in commands.items():
            printed = self.aws.run(["aws", *arguments, "--output", "json"])
            (directory / f"{name}.json").write_text(printed)
        return sorted(directory / f"{name}.json" for name in commands)


def given(files):
    return [word for file in files for word in ("--identity-center-file", file)]


@pytest.fixture(scope="module")
def server():
    with serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def company(server):
    """alice is in the group of ApprovalA and assigned to ApprovalB; bob and carol have one each."""
    emptied(server)
    center = Center(server)
    crowd = [f"engineer-{number:03}@example.com" for number in range(CROWD)]
    for name in ("alice@example.com", "bob@example.com", "carol@example.com", *crowd):
        center.user(name)
    center.group("Developers", "alice@example.com", "bob@example.com", *crowd)
    center.group("Operators", "carol@example.com")
    for name in ("ReleaseA", "ReleaseB", "ReadOnly"):
        center.permission_set(name)
    center.assign("ReleaseA", group="Developers")
    center.assign("ReleaseB", group="Operators")
    center.assign("ReleaseB", user="alice@example.com")
    center.assign("ReadOnly", user="bob@example.com")
    return center


@pytest.fixture(scope="module")
def files(company, tmp_path_factory):
    return company.saved(tmp_path_factory.mktemp("lists"))


def test_one_person_with_the_roles_of_both_slots_is_found_by_name(company, files, tmp_path):
    ran = policygen("--account-file", account(tmp_path), *given(files), "--format", "json")
    assert ran.returncode == 10
    alice = f"user/{company.users['alice@example.com']}"
    assert {key for key, it in found(ran).items() if it["severity"] == "error"} == {
        ("member-of-both-groups", alice)
    }
    finding = found(ran)["member-of-both-groups", alice]
    assert finding["subject"]["arn"].startswith("arn:aws:identitystore:::user/")
    assert finding["message"].startswith(
        "`alice@example.com` is assigned `ReleaseA` by the group `Developers` and `ReleaseB` "
        "directly."
    )
    assert "Developers" in [link["name"] for link in finding["evidence"]]


def test_live_and_from_files_are_the_same_byte_for_byte(company, files, tmp_path):
    snapshot = ["--account-file", account(tmp_path)]
    live = ["--identity-center", "--endpoint-url", company.aws.endpoint]
    for output in ("human", "json", "sarif", "csv"):
        from_files = policygen(*snapshot, *given(files), "--format", output)
        asked = policygen(*snapshot, *live, "--format", output)
        assert (asked.returncode, asked.stderr) == (10, ""), output
        assert asked.stdout == from_files.stdout, output


def test_files_may_be_joined_compressed_in_utf_16_or_from_standard_input(company, files, tmp_path):
    whole = policygen("--account-file", account(tmp_path), *given(files)).stdout
    one = tmp_path / "all.json"
    one.write_text("\n".join(file.read_text() for file in files))
    compressed = tmp_path / "all.json.gz"
    compressed.write_bytes(gzip.compress(one.read_bytes()))
    wide = tmp_path / "wide.json"
    wide.write_text("\ufeff" + one.read_text(), encoding="utf-16-le")
    for joined in (one, compressed, wide):
        ran = policygen("--account-file", account(tmp_path), "--identity-center-file", joined)
        assert (ran.returncode, ran.stdout) == (10, whole), joined.name
    ran = policygen("--account-file", account(tmp_path), *given(["-"]), stdin=one.read_text())
    assert (ran.returncode, ran.stdout) == (10, whole)


def test_pages_are_joined_and_a_list_without_its_last_page_is_refused(company, files, tmp_path):
    whole = policygen("--account-file", account(tmp_path), *given(files)).stdout
    others = [file for file in files if file.name != "users.json"]
    users = json.loads((files[0].parent / "users.json").read_text())["Users"]
    first, last = tmp_path / "first.json", tmp_path / "last.json"
    first.write_text(json.dumps({"Users": users[:50], "NextToken": "x"}))
    last.write_text(json.dumps({"Users": users[50:]}))
    for pages in ([first, last], [last, first]):
        ran = policygen("--account-file", account(tmp_path), *given([*others, *pages]))
        assert (ran.returncode, ran.stdout) == (10, whole)
    ran = policygen("--account-file", account(tmp_path), *given([*others, first]))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "first.json` is a page of a list whose last page is missing" in ran.stderr
    assert "aws identitystore list-users" in ran.stderr


@pytest.mark.parametrize(
    ("missing", "subject", "command"),
    [
        ("users", "user/", "aws identitystore list-users"),
        ("groups", "group/", "aws identitystore list-groups"),
        ("members-Operators", "group/", "list-group-memberships --group-id"),
        ("assigned-ReleaseB", "role/", "list-account-assignments --account-id"),
        ("set-ReleaseB", "", "describe-permission-set --instance-arn"),
    ],
)
def test_what_is_missing_is_a_finding_that_says_what_to_run(
    company, files, tmp_path, missing, subject, command
):
    left = [file for file in files if file.stem != missing]
    assert len(left) == len(files) - 1
    ran = policygen("--account-file", account(tmp_path), *given(left), "--format", "json")
    assert ran.returncode == 10
    undecided = [it for (code, _), it in found(ran).items() if code == "undecided"]
    subject = subject or company.sets["ReleaseB"].split(":", 5)[5]
    named = [it for it in undecided if it["subject"]["arn"].split(":", 5)[5].startswith(subject)]
    assert named and all(command in it["help"] for it in named)


def test_an_assignment_to_a_set_without_a_role_here_is_undecided(company, files, tmp_path):
    ran = policygen(
        "--account-file", account(tmp_path, ROLES[:2]), *given(files), "--format", "json"
    )
    arn = company.sets["ReadOnly"].split(":", 5)[5]
    assert "no role `AWSReservedSSO_ReadOnly_…`" in found(ran)["undecided", arn]["message"]


def test_people_count_in_the_liveness_checks(server, tmp_path):
    """Not "any number of people" behind each role: carol alone has both slots' roles."""
    emptied(server)
    center = Center(server)
    for name in ("bob@example.com", "carol@example.com"):
        center.user(name)
    center.group("Operators", "carol@example.com")
    for name in ("ReleaseA", "ReleaseB"):
        center.permission_set(name)
        center.assign(name, group="Operators")
    arguments = [
        *("--account-file", account(tmp_path, ROLES[:2])),
        *("--identity-center", "--endpoint-url", server, "--format", "json"),
    ]
    codes = {code for code, _ in found(policygen(*arguments))}
    assert {"member-of-both-groups", "no-valid-pair"} <= codes
    center.assign("ReleaseA", user="bob@example.com")
    alone = found(policygen(*arguments))
    assert ("no-valid-pair", "*/*/ApprovalA") not in alone
    who = {key[1] for key in alone if key[0] == "depends-on-one-person"}
    session = f"assumed-role/{ROLES[1]['RoleName']}/carol@example.com"
    assert session in who or session.replace("ReleaseB", "ReleaseA") in who


def test_an_empty_group_is_known_live_and_not_from_a_file(server, tmp_path):
    emptied(server)
    center = Center(server)
    center.group("Operators")
    for name in ("ReleaseA", "ReleaseB"):
        center.permission_set(name)
        center.assign(name, group="Operators")
    snapshot = ["--account-file", account(tmp_path, ROLES[:2]), "--format", "json"]
    live = found(policygen(*snapshot, "--identity-center", "--endpoint-url", server))
    assert {code for code, _ in live} == {"slot-without-approver"}
    from_files = found(policygen(*snapshot, *given(center.saved(tmp_path))))
    assert ("undecided", f"group/{center.groups['Operators']}") in from_files


def test_without_the_lists_the_pair_of_slots_is_undecided_once(tmp_path):
    roles = [*ROLES, role("AlsoA", "ApprovalA"), role("AlsoB", "ApprovalB")]
    ran = policygen("--account-file", account(tmp_path, roles), "--format", "json")
    assert ran.returncode == 10
    assert set(found(ran)) == {("undecided", "*/*/ApprovalA")}
    finding = found(ran)["undecided", "*/*/ApprovalA"]
    assert len(finding["evidence"]) == 4
    assert "--identity-center-file" in finding["help"]


def test_the_lists_of_two_organizations_or_of_nothing_are_refused(company, files, tmp_path):
    def refused(content):
        (tmp_path / "odd.json").write_text(content)
        ran = policygen(
            "--account-file", account(tmp_path), *given([*files, tmp_path / "odd.json"])
        )
        assert (ran.returncode, ran.stdout) == (1, "")
        assert "odd.json`" in ran.stderr
        return ran.stderr

    other = {"IdentityStoreId": "d-0123456789", "UserId": "1", "UserName": "eve"}
    assert "of one IAM Identity Center" in refused(json.dumps({"Users": [other]}))
    iam = {"UserName": "eve", "UserId": "AIDA", "Arn": "arn:aws:iam::1:user/eve"}
    assert "IdentityStoreId" in refused(json.dumps({"Users": [iam]}))
    assert "`RoleDetailList`" in refused(json.dumps({"RoleDetailList": []}))
    assert "is empty" in refused("")
    refused('{"Users": [')


def test_the_permissions_are_printed_with_those_of_the_lists_if_they_are_read():
    without = json.loads(policygen("--print-permissions").stdout)
    with_lists = json.loads(policygen("--print-permissions", "--identity-center").stdout)
    assert [it["Action"] for it in without["Statement"]] == ["iam:GetAccountAuthorizationDetails"]
    assert with_lists["Statement"][: len(without["Statement"])] == without["Statement"]
    assert "sso:ListAccountAssignments" in with_lists["Statement"][-1]["Action"]


def test_the_two_ways_exclude_each_other(tmp_path):
    ran = policygen("--identity-center", "--identity-center-file", "lists.json")
    assert ran.returncode == 2
