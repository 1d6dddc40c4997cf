"""From `policygen generate` to an approval, by the AWS CLI alone: IAM (moto's server) is set up by
the generated script, read back with `get-account-authorization-details`, and decides in `emulator
serve --account`.
"""

import json
import subprocess

import pytest
from botocore.exceptions import ClientError
from conftest import PIPELINE, STAGE, Emulator, Refused
from iam_endpoint import ACCOUNT
from signatures import Key
from test_aws_cli import answer, create, ended, history, start, state_of, variables
from test_policygen_iam import POLICYGEN, aws, server  # noqa: F401

REGION = "eu-west-1"
RULE = {"trustedSessionRoles": ["TwoPersonRule-ApprovalA", "TwoPersonRule-ApprovalB"]}
# Everything of CodePipeline but to approve and to report for a job.
MANAGE = {
    "Effect": "Allow",
    "NotAction": ["codepipeline:PutApprovalResult", "codepipeline:PutJob*"],
    "Resource": "*",
}


def user(aws, name, *groups):
    aws("iam", "create-user", "--user-name", name)
    for group in groups:
        aws("iam", "add-user-to-group", "--user-name", name, "--group-name", group)
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def by_groups(aws):
    """alice approves A, carol B, and dave is in both groups."""
    a, b = "TwoPersonRule-ApprovalA", "TwoPersonRule-ApprovalB"
    return {
        "alice": user(aws, "alice", a),
        "carol": user(aws, "carol", b),
        "dave": user(aws, "dave", a, b),
    }


def by_tags(aws):
    """alice approves A, carol B, and dave has no tag."""
    principals = {
        name: user(aws, name, "TwoPersonRule-Approvers") for name in ("alice", "carol", "dave")
    }
    for name, value in {"alice": "A", "carol": "B"}.items():
        aws("iam", "tag-user", "--user-name", name, "--tags", f"Key=ApprovalSlot,Value={value}")
    return principals


def by_roles(aws):
    """alice approves A and carol B by sessions of the roles, and dave has assumed none."""
    principals = {"dave": user(aws, "dave")}
    for name, slot in {"alice": "A", "carol": "B"}.items():
        role = f"arn:aws:iam::{ACCOUNT}:role/TwoPersonRule-Approval{slot}"
        assumed = aws("sts", "assume-role", "--role-arn", role, "--role-session-name", name)
        principals[name] = assumed["AssumedRoleUser"]["Arn"]
    return principals


def by_one_role(aws):
    """Two sessions of the one role, under names that say nothing, and dave has assumed none."""
    role = f"arn:aws:iam::{ACCOUNT}:role/TwoPersonRule-Approvers"
    principals = {"dave": user(aws, "dave")}
    for name in ("session-1", "session-2"):
        assumed = aws("sts", "assume-role", "--role-arn", role, "--role-session-name", name)
        principals[name] = assumed["AssumedRoleUser"]["Arn"]
    return principals


@pytest.fixture
def company(aws, tmp_path):
    """Sets up an account by a mechanism's script, and serves an emulator in which it decides. bob
    is the release manager. `complete` makes the rule of the one that is generated.
    """
    served = []

    def serve(mechanism, join, complete=None):
        target = [
            "--region",
            REGION,
            "--account",
            ACCOUNT,
            "--pipeline",
            PIPELINE,
            "--stage",
            STAGE,
        ]
        command = [
            POLICYGEN,
            "generate",
            *target,
            *mechanism,
            "--gate",
            "--guardrails",
            "--format",
            "aws-cli",
            "--out",
            tmp_path,
        ]
        subprocess.run(command, check=True, capture_output=True)
        aws.run([tmp_path / "create.sh"])
        principals = {"bob": user(aws, "bob"), **join(aws)}
        manage = json.dumps({"Version": "2012-10-17", "Statement": [MANAGE]})
        aws(
            "iam",
            "put-user-policy",
            "--user-name",
            "bob",
            "--policy-name",
            "Manage",
            "--policy-document",
            manage,
        )

        account = aws("iam", "get-account-authorization-details")
        rule = complete(json.loads((tmp_path / "rule.json").read_text())) if complete else RULE
        contents = {"account": account, "principals": principals, "rule": rule}
        arguments = ["--region", REGION]
        for name, content in contents.items():
            path = tmp_path / f"{name}.json"
            path.write_text(json.dumps(content))
            arguments += [f"--{name}", path]
        served.append(Emulator(*arguments))
        return served[0], principals

    yield serve
    for emulator in served:
        emulator.stop()


def approval(emulator, slot):
    """An approval as bob sees it; by botocore, because starting the AWS CLI takes a second."""
    state = emulator.client("bob").get_pipeline_state(name=PIPELINE)
    actions = (action for stage in state["stageStates"] for action in stage["actionStates"])
    return next(action["latestExecution"] for action in actions if action["actionName"] == slot)


def by_botocore(emulator, key_id, slot, token):
    result = {"summary": "reviewed", "status": "Approved"}
    emulator.client(key_id).put_approval_result(
        pipelineName=PIPELINE, stageName=STAGE, actionName=slot, token=token, result=result
    )


def by_cli(emulator, key_id, slot, token):
    answer(emulator, key_id, slot, token=token)


def denied(emulator, principals, key_id, slot, why, by=by_botocore):
    """IAM refuses the approval, in AWS's words, and it stays open."""
    before = approval(emulator, slot)
    with pytest.raises((ClientError, Refused)) as refused:
        by(emulator, key_id, slot, before["token"])
    action = "codepipeline:PutApprovalResult"
    arn = f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:{PIPELINE}/{STAGE}/{slot}"
    assert str(refused.value).endswith(
        "An error occurred (AccessDeniedException) when calling the PutApprovalResult operation: "
        f"User: {principals[key_id]} is not authorized to perform: {action} "
        f"on resource: {arn} {why}"
    )
    assert approval(emulator, slot) == before


def test_the_gate_and_nobody_else_sees_the_path_of_a_reserved_role(aws, tmp_path):
    """By botocore's IAM client, as the gate asks by AWS's own."""
    path = "/aws-reserved/sso.amazonaws.com/"
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    for name, at in {
        "AWSReservedSSO_Real_0123456789abcdef": path,
        "AWSReservedSSO_Fake_0123456789abcdef": "/",
    }.items():
        aws(
            "iam",
            "create-role",
            "--role-name",
            name,
            "--path",
            at,
            "--assume-role-policy-document",
            trust,
        )
    may = {
        "Effect": "Allow",
        "Action": "iam:GetRole",
        "Resource": f"arn:aws:iam::{ACCOUNT}:role{path}*",
    }
    principals = {"alice": user(aws, "alice"), "bob": user(aws, "bob")}
    document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    aws(
        "iam",
        "put-user-policy",
        "--user-name",
        "alice",
        "--policy-name",
        "See",
        "--policy-document",
        document,
    )
    arguments = []
    for name, content in {
        "account": aws("iam", "get-account-authorization-details"),
        "principals": principals,
    }.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
        arguments += [f"--{name}", tmp_path / f"{name}.json"]
    served = Emulator(*arguments)
    try:
        ask = lambda key_id, name: served.client(key_id, "iam").get_role(
            RoleName=f"AWSReservedSSO_{name}_0123456789abcdef"
        )["Role"]
        assert ask("alice", "Real")["Path"] == path
        for key_id, name in (("alice", "Fake"), ("alice", "Nobody"), ("bob", "Real")):
            with pytest.raises(ClientError) as refused:
                ask(key_id, name)
            assert refused.value.response["Error"]["Code"] == "AccessDenied"
    finally:
        served.stop()


DENIES = "with an explicit deny in an identity-based policy"
DOES_NOT_ALLOW = "because no identity-based policy allows the codepipeline:PutApprovalResult action"


@pytest.mark.parametrize(
    ("mechanism", "join", "of_dave"),
    [
        (["--mechanism", "groups", "--exclusive"], by_groups, DENIES),
        (["--mechanism", "tag"], by_tags, DENIES),
        (["--mechanism", "roles", "--trust-account", ACCOUNT], by_roles, DOES_NOT_ALLOW),
    ],
    ids=["groups", "tag", "roles"],
)
def test_the_generated_policies_hold_the_slots_apart(company, mechanism, join, of_dave):
    emulator, principals = company(mechanism, join)
    create(emulator)
    execution = start(emulator)
    denied(emulator, principals, "bob", "ApprovalA", DOES_NOT_ALLOW)
    denied(emulator, principals, "dave", "ApprovalA", of_dave)
    denied(emulator, principals, "dave", "ApprovalB", of_dave)
    denied(emulator, principals, "alice", "ApprovalB", DENIES)
    denied(emulator, principals, "carol", "ApprovalA", DENIES)
    answer(emulator, "alice", "ApprovalA")
    denied(emulator, principals, "alice", "ApprovalB", DENIES, by_cli)
    answer(emulator, "carol", "ApprovalB")
    assert ended(emulator, execution) == "Succeeded"
    assert variables(emulator, execution, "Gate")["Approvers"] == "alice, carol"


def test_two_people_share_one_role_and_only_their_signatures_count(company, tmp_path):
    alice, carol = (Key(tmp_path, name) for name in ("alice", "carol"))
    emulator, principals = company(
        ["--mechanism", "signed", "--trust-account", ACCOUNT],
        by_one_role,
        lambda rule: {**rule, "signingKeys": {"alice": [alice.line], "carol": [carol.line]}},
    )
    create(emulator)

    def release(*signers):
        """One session answers both slots, with these people's signatures. Why it is refused, or
        the gate's variables.
        """
        execution = start(emulator)
        denied(emulator, principals, "dave", "ApprovalA", DOES_NOT_ALLOW)
        runs = history(emulator, execution)
        (source,) = (run for run in runs if run["actionName"] == "Source")
        for slot, (key_id, key) in zip(("ApprovalA", "ApprovalB"), signers, strict=True):
            token = state_of(emulator, slot)["token"]
            approval = {
                "pipeline": PIPELINE,
                "execution": execution,
                "stage": STAGE,
                "action": slot,
                "attempt": token,
                "answer": "Approved",
                "revisions": source["output"]["executionResult"]["externalExecutionId"],
            }
            comment = key.comment(approval) if key else "reviewed"
            answer(emulator, key_id, slot, token=token, summary=comment)
        if ended(emulator, execution) == "Succeeded":
            return variables(emulator, execution, "Gate")
        (gate,) = (run for run in history(emulator, execution) if run["actionName"] == "Gate")
        return gate["output"]["executionResult"]["externalExecutionSummary"]

    passed = release(("session-1", alice), ("session-1", carol))
    assert (passed["Approvers"], passed["Basis"]) == ("alice, carol", "signature")
    # Under two names, or as two sessions, one person stays one, and nobody stays nobody.
    assert "same-person" in release(("session-1", alice), ("session-2", alice))
    assert "not-signed" in release(("session-1", alice), ("session-2", None))
