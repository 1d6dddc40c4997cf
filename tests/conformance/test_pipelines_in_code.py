"""Pipelines in templates: what code scanning gets, and that CloudFormation's own linter takes what
policygen inserts.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
POLICYGEN = os.environ.get("POLICYGEN", ROOT / "target" / "debug" / "policygen")
TEMPLATES = ROOT / "policygen" / "tests" / "fixtures" / "template"
SCHEMA = json.loads((Path(__file__).parent / "schema" / "sarif-2.1.0.json").read_text())
TARGET = [
    *("generate", "--region", "eu-west-1", "--account", "111122223333"),
    *("--pipeline", "payments", "--stage", "Release", "--patch-pipeline"),
]

# The findings of each template: the code and the action.
FOUND = {
    "cdk.template.json": [
        ("self-mutating-pipeline", "SelfMutate"),
        ("update-cancels-approvals", "SelfMutate"),
    ],
    "two-stage.yaml": [
        ("deploy-before-approvals", "ExecuteChangeSet"),
        ("self-mutating-pipeline", "ExecuteChangeSet"),
        ("update-cancels-approvals", "ExecuteChangeSet"),
    ],
}


def policygen(*arguments, cwd=TEMPLATES):
    return subprocess.run([POLICYGEN, *arguments], capture_output=True, text=True, cwd=cwd)


@pytest.mark.parametrize("name", FOUND)
def test_code_scanning_is_pointed_to_the_line_of_the_action(name):
    done = policygen("doctor", "--template", name, "--format", "sarif")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    validator = jsonschema.validators.validator_for(SCHEMA)
    assert list(validator(SCHEMA).iter_errors(report)) == []
    lines = (TEMPLATES / name).read_text().splitlines()
    found = []
    for result in report["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == name
        # An action begins at its bracket or at its name.
        line = place["region"]["startLine"]
        named = lines[line - 1] + lines[line]
        expected = {action for _, action in FOUND[name]}
        (action,) = [action for action in expected if action in named]
        found.append((result["ruleId"], action))
    assert sorted(found) == sorted(FOUND[name])


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_cloudformation_takes_the_patched_template(kind, tmp_path):
    action = {"Owner": "AWS", "Version": "1"}
    stages = [
        {
            "Name": "Source",
            "Actions": [
                {
                    "Name": "Source",
                    "ActionTypeId": {"Category": "Source", "Provider": "S3", **action},
                    "Configuration": {"S3Bucket": "payments", "S3ObjectKey": "source.zip"},
                    "OutputArtifacts": [{"Name": "App"}],
                }
            ],
        },
        {
            "Name": "Deploy",
            "Actions": [
                {
                    "Name": "Deploy",
                    "ActionTypeId": {"Category": "Deploy", "Provider": "S3", **action},
                    "Configuration": {"BucketName": "payments", "Extract": "true"},
                    "InputArtifacts": [{"Name": "App"}],
                }
            ],
        },
    ]
    properties = {
        "Name": "payments",
        "PipelineType": "V2",
        "RoleArn": "arn:aws:iam::111122223333:role/payments",
        "ArtifactStore": {"Type": "S3", "Location": "payments"},
        "Stages": stages,
    }
    pipeline = {"Type": "AWS::CodePipeline::Pipeline", "Properties": properties}
    template = json.dumps({"Resources": {"Pipeline": pipeline}}, indent=2)
    if kind == "yaml":
        # Each stage is one line in flow style, as a list in block style.
        blocks = "".join(f"        - {json.dumps(stage)}\n" for stage in stages)
        rest = {key: value for key, value in properties.items() if key != "Stages"}
        flat = "".join(f"      {key}: {json.dumps(value)}\n" for key, value in rest.items())
        template = (
            "Resources:\n  Pipeline:\n    Type: AWS::CodePipeline::Pipeline\n    Properties:\n"
            f"{flat}      Stages:\n{blocks}"
        )
    before = tmp_path / f"before.{kind}"
    before.write_text(template)
    done = policygen(*TARGET, before, "--print", f"pipeline.{kind}")
    assert done.returncode == 0, done.stderr
    after = tmp_path / f"after.{kind}"
    after.write_text(done.stdout)
    linted = subprocess.run(
        [Path(sys.executable).parent / "cfn-lint", after], capture_output=True, text=True
    )
    assert linted.returncode == 0, linted.stdout
    checked = policygen("doctor", "--template", after, "--fail-on", "warning")
    assert checked.returncode == 0, checked.stdout
    assert "no-notification" in checked.stdout
