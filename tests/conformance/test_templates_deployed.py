"""approvers.yaml and the role of gate.yaml, deployed to an IAM endpoint (moto's server) and audited
there.
"""

import json
import subprocess

import pytest
from cloudformation import TEMPLATES, load
from iam_endpoint import emptied, serving
from test_policygen_iam import attachments, policies_of, trusts_of
from test_templates_audit import POLICYGEN


@pytest.fixture(scope="module")
def server():
    with serving() as endpoint:
        yield endpoint


def deploy(aws, stack, path, *parameters):
    aws.run(
        [
            "aws",
            "cloudformation",
            "deploy",
            "--stack-name",
            stack,
            "--template-file",
            path,
            "--capabilities",
            "CAPABILITY_NAMED_IAM",
            *(["--parameter-overrides", *parameters] if parameters else []),
        ]
    )


def with_groups(aws):
    """Makes the groups of approvers.yaml, of what the template says, because moto makes none from
    templates; alice and bob are in one each.
    """
    resources = load("approvers.yaml")["Resources"]
    arns = {
        policy["Arn"].rpartition("/")[2]: policy["Arn"]
        for policy in aws("iam", "list-policies", "--scope", "Local")["Policies"]
    }
    members = iter(["alice", "bob"])
    for group in (of["Properties"] for of in resources.values() if of["Type"] == "AWS::IAM::Group"):
        aws("iam", "create-group", "--group-name", group["GroupName"])
        for ref in group["ManagedPolicyArns"]:
            arn = arns[resources[ref["Ref"]]["Properties"]["ManagedPolicyName"]]
            aws(
                "iam",
                "attach-group-policy",
                "--group-name",
                group["GroupName"],
                "--policy-arn",
                arn,
            )
        user = next(members)
        aws("iam", "create-user", "--user-name", user)
        aws("iam", "add-user-to-group", "--group-name", group["GroupName"], "--user-name", user)


@pytest.fixture
def aws(server, tmp_path):
    """An account with the templates deployed, and a user in each group."""
    aws = emptied(server)
    deploy(aws, "approvers", TEMPLATES / "approvers.yaml")

    # moto knows no SAM. What is left is what CloudFormation makes for IAM, out of the template as
    # it is.
    gate = load("gate.yaml")
    kept = {name: gate["Resources"][name] for name in ("GateRole", "GatePolicy", "GateLogs")}
    part = {
        **{key: gate[key] for key in ("AWSTemplateFormatVersion", "Parameters", "Conditions")},
        "Resources": kept,
    }
    path = tmp_path / "gate.json"
    path.write_text(json.dumps(part))
    deploy(aws, "gate", path)

    with_groups(aws)
    return aws


def test_what_is_deployed_is_what_is_written(aws):
    account = aws.account()
    written = {
        of["Properties"]["ManagedPolicyName"]: of["Properties"]["PolicyDocument"]
        for of in load("approvers.yaml")["Resources"].values()
        if of["Type"] == "AWS::IAM::ManagedPolicy"
    }
    deployed = policies_of(account)
    gate = deployed.pop("TwoPersonRule-Gate")
    assert deployed == written and len(written) == 3
    assert trusts_of(account) == {
        "TwoPersonRule-Gate": load("gate.yaml")["Resources"]["GateRole"]["Properties"][
            "AssumeRolePolicyDocument"
        ]
    }
    assert attachments(account)["TwoPersonRule-Gate"] == ["TwoPersonRule-Gate"]
    # What parameters add is not there by default.
    granted = {statement["Sid"]: statement["Resource"] for statement in gate["Statement"]}
    assert granted.keys() == {
        "TakeJobsAndReport",
        "SeeApprovals",
        "SeeReservedRoles",
        "KeepJournal",
    }
    assert granted["SeeApprovals"] == [
        f"arn:aws:codepipeline:eu-west-1:123456789012:{pipeline}"
        for pipeline in ("payments", "two-person-rule-gate-rule")
    ]
    assert (
        granted["SeeReservedRoles"]
        == "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*"
    )
    assert granted["KeepJournal"].startswith(
        "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/two-person-rule-gate"
    )


def test_the_audit_finds_it_clean_and_then_somebody_in_both_groups(aws):
    options = load("audit.yaml")["Parameters"]["AuditArguments"]["Default"].split()

    def audit():
        """The exit code, and the subjects and codes of what is an error."""
        command = [POLICYGEN, "audit", *options, "--endpoint-url", aws.endpoint, "--format", "json"]
        done = subprocess.run(command, env=aws.environment, capture_output=True, text=True)
        assert done.returncode in (0, 10), done.stderr
        findings = json.loads(done.stdout)["findings"]
        return done.returncode, [
            (f["subject"]["arn"].rpartition("/")[2], f["code"])
            for f in findings
            if f["severity"] == "error"
        ]

    assert audit() == (0, [])
    aws(
        "iam",
        "add-user-to-group",
        "--group-name",
        "TwoPersonRule-ApprovalB",
        "--user-name",
        "alice",
    )
    code, errors = audit()
    assert code == 10 and ("alice", "member-of-both-groups") in errors, errors
