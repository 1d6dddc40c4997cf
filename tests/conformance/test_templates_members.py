"""rule-pipeline.yaml with approvers and assignments: groups and permission sets change by the same
two people as the rule, and CloudFormation gets nothing that they could not read.
"""

import json
import subprocess

import pytest
from cloudformation import TEMPLATES, load, resolve, statements
from conftest import Emulator
from signatures import Key
from test_templates_audit import POLICYGEN
from test_templates_pipeline import Run, declaration
from test_templates_rule import (
    GATE,
    PARAMETERS,
    PLACE,
    RULE,
    aws,  # noqa: F401
    build,
    function,
    layer_of,
    rule_of,
    server,  # noqa: F401
    signed,
    unpacked,
)

# moto knows neither builds nor pipelines in templates.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS")

SET = "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef"
STACKS = {"ApproversStack": "two-person-rule-approvers", "PermissionSets": SET}
ASSIGNMENT = {
    "Type": "AWS::SSO::Assignment",
    "Properties": {
        "InstanceArn": "arn:aws:sso:::instance/ssoins-0123456789abcdef",
        "PermissionSetArn": SET,
        "PrincipalId": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "PrincipalType": "USER",
        "TargetId": "111122223333",
        "TargetType": "AWS_ACCOUNT",
    },
}


@pytest.fixture
def people(tmp_path):
    return {name: Key(tmp_path, name) for name in ("alice", "bob")}


def proposed(folder, people, **changed):
    """What somebody proposes: a rule, approvers and assignments. Bytes replace a file, and None
    leaves it out.
    """
    config = TEMPLATES / "approvers.toml"
    generate = [POLICYGEN, "generate", "--config", config, "--format", "cloudformation"]
    files = {
        RULE: rule_of(people, "alice", "bob"),
        "approvers.toml": config.read_bytes(),
        "approvers.yaml": subprocess.run(generate, check=True, capture_output=True).stdout,
        "assignments.json": json.dumps({"Resources": {"Alice": ASSIGNMENT}}).encode(),
        **changed,
    }
    zip = layer_of(**{name: content for name, content in files.items() if content is not None})
    return unpacked(folder, zip)


def check(aws, source):
    return build(aws, "CheckProject", source, **STACKS)


def test_the_check_shows_the_approvers_and_the_assignments(aws, tmp_path, people):
    function(aws, tmp_path, rule_of(people, "alice", "bob"))
    done = check(aws, proposed(tmp_path, people))
    assert done.returncode == 0, done.stderr
    assert 'slot = ["ApprovalA", "ApprovalB"]' in done.stdout
    assert ASSIGNMENT["Properties"]["PrincipalId"] in done.stdout
    # Without the parameters the file is not deployed, and need not be there.
    alone = proposed(tmp_path, people, **{"approvers.yaml": None, "assignments.json": None})
    assert build(aws, "CheckProject", alone).returncode == 0
    assert check(aws, alone).returncode != 0


def template(*resources, **more):
    return json.dumps(
        {"Resources": {f"R{at}": it for at, it in enumerate(resources)}, **more}
    ).encode()


ADMIN = {"Type": "AWS::IAM::User", "Properties": {"UserName": "mallory"}}


@pytest.mark.parametrize(
    "name, content",
    [
        ("approvers.yaml", template(ADMIN)),
        ("approvers.yaml", None),
        ("approvers.toml", b'slot = ["ApprovalA"]\n'),
        ("assignments.json", template(ASSIGNMENT, ADMIN)),
        ("assignments.json", template(ASSIGNMENT, Transform="AWS::Include")),
        ("assignments.json", b"Resources: {}"),
    ],
)
def test_what_people_cannot_read_there_does_not_pass(aws, tmp_path, people, name, content):
    function(aws, tmp_path, rule_of(people, "alice", "bob"))
    assert check(aws, proposed(tmp_path, people, **{name: content})).returncode != 0


@pytest.mark.parametrize("name", ["approvers.toml", "approvers.yaml", "assignments.json"])
def test_a_link_does_not_pass(aws, tmp_path, people, name):
    function(aws, tmp_path, rule_of(people, "alice", "bob"))
    source = proposed(tmp_path, people)
    (source / name).rename(source / "elsewhere")
    (source / name).symlink_to("elsewhere")
    assert check(aws, source).returncode != 0


def test_the_roles_reach_the_approvers_and_nobody_else():
    resources = resolve(load("rule-pipeline.yaml"), **PARAMETERS, **PLACE, **STACKS)
    account = PLACE["AWS::AccountId"]
    named = {f"arn:aws:iam::{account}:{kind}/TwoPersonRule-*" for kind in ("group", "policy")}
    approvers = statements(resources["ApproversRole"]["Properties"])
    assert {it["Resource"] for it in approvers.values()} == named
    attach = approvers["AttachPolicies"]["Condition"]
    assert attach == {
        "ArnLike": {"iam:PolicyARN": f"arn:aws:iam::{account}:policy/TwoPersonRule-*"}
    }
    assignments = statements(resources["AssignmentsRole"]["Properties"])
    assert assignments["AssignPermissionSets"]["Resource"] == [SET]
    assert not any("permissionSet" in it for it in assignments["AssignInAccounts"]["Resource"])
    # Only CloudFormation takes them, and only the pipeline passes them on.
    pipeline = statements(resources["ServiceRolePolicy"]["Properties"])
    for role in ("Approvers", "Assignments"):
        (trust,) = resources[f"{role}Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "cloudformation.amazonaws.com"}
        assert pipeline[f"Pass{role}Role"]["Resource"] == f"{role}Role.Arn"
    # And without the parameters there is none of it.
    bare = resolve(load("rule-pipeline.yaml"), **PARAMETERS, **PLACE)
    assert bare.keys() == resources.keys() - {"ApproversRole", "AssignmentsRole"}
    assert not {sid for sid in statements(bare["ServiceRolePolicy"]["Properties"]) if "Pass" in sid}


def test_the_doctor_has_nothing_against_the_pipeline(tmp_path, people):
    pipeline, rule = tmp_path / "pipeline.json", tmp_path / "rule.json"
    declared = declaration("rule-pipeline.yaml", **PARAMETERS, **STACKS)
    pipeline.write_text(json.dumps({"pipeline": declared}))
    rule.write_bytes(rule_of(people, "alice", "bob"))
    command = [POLICYGEN, "doctor", "--pipeline-file", pipeline, "--rule", rule]
    done = subprocess.run([*command, "--fail-on", "warning"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_deployed_before_two_people_approved(tmp_path, people):
    rule = tmp_path / "rule.json"
    rule.write_bytes(rule_of(people, "alice", "bob"))
    emulator = Emulator("--rule", rule)
    try:
        for signers, ended in [(("alice", "alice"), "Failed"), (("alice", "bob"), "Succeeded")]:
            declared = declaration("rule-pipeline.yaml", **PARAMETERS, **STACKS)
            run = Run(emulator, {**declared, "name": f"{GATE}-{ended}"})
            for slot, person in zip(("ApprovalA", "ApprovalB"), signers, strict=True):
                run.approve("deployer-1", slot, signed(run, slot, people[person]))
            assert run.ended() == ended
            history = run.look.list_action_executions(
                pipelineName=run.name, filter={"pipelineExecutionId": run.id}
            )["actionExecutionDetails"]
            # The rule is in force first.
            order = [it["actionName"] for it in reversed(history) if it["stageName"] == "Deploy"]
            expected = ["Deploy", "Approvers", "Assignments"]
            assert order == (expected if ended == "Succeeded" else [])
    finally:
        emulator.stop()
