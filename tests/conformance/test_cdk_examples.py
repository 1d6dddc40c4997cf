"""The example apps of templates/cdk: CloudFormation's linter takes what they synthesise, doctor
finds nothing in it, and each of these defects is found.
"""

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cdk import (
    EXAMPLES,
    actions,
    assembly,
    compiled,
    findings,
    pipeline_stages,
    rule,
    run_app,
    template,
    without,
)


@pytest.fixture(params=EXAMPLES)
def example(request):
    return request.param


def doctor(folder, of, floor):
    """The codes of what doctor finds in a template under this rule."""
    for name, text in (("template.json", json.dumps(of)), ("rule.json", floor)):
        (folder / name).write_text(text)
    arguments = ("--template", "template.json", "--rule", "rule.json")
    return {finding["code"] for finding in findings("doctor", *arguments, cwd=folder)}


def test_cfn_lint_finds_no_error():
    """The CDK adds redundant `DependsOn`, which are warnings."""
    templates = []
    for example in EXAMPLES:
        found = sorted(assembly(example).rglob("*.template.json"))
        assert len(found) >= 2
        templates += found
    done = subprocess.run(
        [Path(sys.executable).parent / "cfn-lint", "--non-zero-exit-code", "error", *templates],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_doctor_finds_nothing(example, tmp_path):
    assert doctor(tmp_path, template(example), rule(example)) == set()


def test_the_approval_stage_retries_as_a_whole(example):
    stage = pipeline_stages(template(example))["Release"]
    retries = {"Result": "RETRY", "RetryConfiguration": {"RetryMode": "ALL_ACTIONS"}}
    assert stage["OnFailure"] == retries


def gate_left_out(of):
    return without(of, "Release", "TwoPersonRule")


def gate_before_an_approval(of):
    gate = actions(of, "Release")["TwoPersonRule"]
    gate["RunOrder"] = actions(of, "Release")["ApprovalB"]["RunOrder"]
    return of


def one_approval_only(of):
    return without(of, "Release", "ApprovalB")


def deployment_beside_the_gate(of):
    release = actions(of, "Release")
    deployment = {
        "Name": "Early",
        "ActionTypeId": {"Category": "Deploy", "Owner": "AWS", "Provider": "S3", "Version": "1"},
        "Configuration": {"BucketName": "payments", "Extract": "true"},
        "RunOrder": release["TwoPersonRule"]["RunOrder"],
    }
    pipeline_stages(of)["Release"]["Actions"].append(deployment)
    return of


def retry_of_the_failed_action(of):
    retry = pipeline_stages(of)["Release"]["OnFailure"]["RetryConfiguration"]
    retry["RetryMode"] = "FAILED_ACTIONS"
    return of


@pytest.mark.parametrize(
    "defect, code",
    [
        (gate_left_out, "no-gate"),
        (gate_before_an_approval, "gate-before-approval"),
        (one_approval_only, "unknown-approval-action"),
        (deployment_beside_the_gate, "deploy-before-gate"),
        (retry_of_the_failed_action, "retry-failed-actions"),
    ],
)
def test_doctor_finds_a_defect_in_the_template(example, tmp_path, defect, code):
    changed = defect(copy.deepcopy(template(example)))
    assert code in doctor(tmp_path, changed, rule(example))


# One change to the source of an example, and what synthesis then says.
SOURCE_DEFECTS = {
    "self-mutation before the approvals": (
        "cdk-pipelines",
        ("selfMutation: false", "selfMutation: true"),
        "`SelfMutate` of the stage `UpdatePipeline` changes the pipeline or its gate before two",
    ),
    "one approval only": (
        "plain",
        ("gate: ", "approvals: [{ name: 'ApprovalA' }], gate: "),
        "there are fewer approvals (1) than the quorum (2)",
    ),
    "a deployment in the stage of the gate": (
        "cross-account",
        ("runOrder: nextRunOrder", "runOrder: nextRunOrder - 1"),
        "`Execute` of the stage `Release` deploys before the gate `TwoPersonRule` has judged",
    ),
    "the gate after the deployments of the wave": (
        "cdk-pipelines",
        ("pre: [", "post: ["),
        "of the stage `Release` deploys before the gate `TwoPersonRule` has judged",
    ),
    "a rule of one person": (
        "plain",
        ("gate: ", "rule: { quorum: 1 }, gate: "),
        "`quorum` is 1: it must be a whole number of 2 or more",
    ),
}


@pytest.mark.parametrize("defect", SOURCE_DEFECTS)
def test_synthesis_refuses_a_defect_in_the_source(defect, tmp_path):
    example, (before, after), message = SOURCE_DEFECTS[defect]
    app = compiled(f"examples/{example}/app.js")
    source = app.read_text()
    assert source.count(before) == 1, "the example has changed"
    # Beside the example, where its imports are found.
    changed = app.with_name(f"changed-{tmp_path.name}.js")
    changed.write_text(source.replace(before, after))
    try:
        done = run_app(changed, tmp_path / "out")
    finally:
        changed.unlink()
    assert done.returncode != 0
    assert message in done.stderr, done.stderr


def test_a_self_mutation_that_synthesis_was_told_to_accept_is_still_found_by_doctor(tmp_path):
    app = compiled("examples/cdk-pipelines/app.js")
    source = app.read_text().replace("selfMutation: false", "selfMutation: true")
    reason = "two people review each commit"
    source = source.replace("gate: ", f"acceptSelfMutation: '{reason}', gate: ")
    changed = app.with_name(f"accepted-{tmp_path.name}.js")
    changed.write_text(source)
    try:
        done = run_app(changed, tmp_path / "out")
    finally:
        changed.unlink()
    assert done.returncode == 0, done.stderr
    # The CLI shows the warnings of the manifest.
    assert f"one commit can remove the gate: {reason}" in (
        (tmp_path / "out" / "manifest.json").read_text()
    )
    of = json.loads((tmp_path / "out" / "Payments.template.json").read_text())
    (pipeline,) = [
        each for each in of["Resources"].values() if each["Type"] == "AWS::CodePipeline::Pipeline"
    ]
    assert pipeline["Metadata"]["TwoPersonRule"] == {"AcceptedSelfMutation": reason}
    assert "self-mutating-pipeline" in doctor(tmp_path, of, rule("cdk-pipelines"))
