"""docs/break-glass.md with the real AWS CLI: both ways to release without two people work, each is
in the report, and a justified one no longer fails.
"""

import copy
import json
import re
import shutil
import subprocess

import pytest
from conftest import BINARIES, PIPELINE, ROOT, STAGE
from test_aws_cli import answer, create, ended, start

PAGE = (ROOT / "docs" / "break-glass.md").read_text()


def evidence(emulator, *arguments):
    command = [BINARIES / "policygen", "evidence", "--pipeline", PIPELINE, "--format", "json"]
    command += ["--gate-function", "two-person-rule", *arguments]
    done = subprocess.run(command, env=emulator.environment("bob"), capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout)


def accept(executions, tmp_path):
    """An accept file as in the page, for these executions."""
    entry = re.search(r"^ +\[\n +\{\n +\"code\".*?^ +\]$", PAGE, re.MULTILINE | re.DOTALL)
    [entry] = json.loads(entry.group())
    entry["expires"] = "2999-12-31"
    path = tmp_path / "accepted.json"
    subjects = [f"arn:aws:codepipeline:*:*:{PIPELINE}/execution/{it}" for it in executions]
    path.write_text(json.dumps([entry | {"subject": subject} for subject in subjects]))
    return path


def jq(program, value):
    """What jq makes of a value."""
    command = ["jq", program]
    done = subprocess.run(command, input=json.dumps(value), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def approved(emulator):
    execution = start(emulator)
    answer(emulator, "alice", "ApprovalA")
    answer(emulator, "bob", "ApprovalB")
    assert ended(emulator, execution) == "Succeeded"
    return execution


def update(emulator, declared, tmp_path):
    path = tmp_path / "pipeline.json"
    path.write_text(json.dumps(declared))
    emulator.cli("deployer-1", "update-pipeline", "--cli-input-json", f"file://{path}")


def opened_and_closed(before):
    """The pipeline without its approvals, and as it was: what the page's two lines of jq make."""
    programs = re.findall(r"jq '([^']+)'", PAGE)
    assert len(programs) == 2
    if shutil.which("jq"):
        return [jq(it.replace('"Release"', f'"{STAGE}"'), before) for it in programs]
    closed = {"pipeline": before["pipeline"]}
    opened = copy.deepcopy(closed)
    stages = opened["pipeline"]["stages"]
    opened["pipeline"]["stages"] = [it for it in stages if it["name"] != STAGE]
    return [opened, closed]


@pytest.mark.parametrize("justified", [1, 2])
def test_each_way_works_and_is_in_the_report_until_it_is_justified(emulator, tmp_path, justified):
    create(emulator)
    release = approved(emulator)
    # An earlier release again.
    where = ["--pipeline-name", PIPELINE, "--stage-name", "Deploy"]
    target = ["--target-pipeline-execution-id", release]
    rollback = emulator.cli("deployer-1", "rollback-stage", *where, *target)["pipelineExecutionId"]
    assert ended(emulator, rollback) == "Succeeded"
    # A new revision, without the stage of the approvals.
    before = emulator.cli("deployer-1", "get-pipeline", "--name", PIPELINE)
    opened, closed = opened_and_closed(before)
    update(emulator, opened, tmp_path)
    fix = start(emulator)
    assert ended(emulator, fix) == "Succeeded"
    update(emulator, closed, tmp_path)
    after = emulator.cli("deployer-1", "get-pipeline", "--name", PIPELINE)
    assert after["pipeline"]["stages"] == before["pipeline"]["stages"]

    code, report = evidence(emulator)
    verdicts = {it["executionId"]: it["verdict"] for it in report["executions"]}
    assert (code, verdicts[release]) == (10, "satisfied")
    assert verdicts[rollback] == verdicts[fix] == "no-gate"

    code, report = evidence(emulator, "--accept", accept([rollback, fix][:justified], tmp_path))
    assert report["answer"]["answer"] == "no"
    sentence = report["answer"]["sentence"]
    if justified == 1:
        assert code == 10 and "; 1 of them is a justified exception." in sentence, sentence
    else:
        assert code == 0 and "; all of them are justified exceptions." in sentence, sentence
