"""What people stumbled over, each as a command with the exit code and the words that help them on.

A word that begins with `!` must not be there. `{…}` in a command is a file of `folder`.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys

import pytest
from conftest import BINARIES, ROOT, Emulator

ACCOUNT = ROOT / "policygen" / "tests" / "fixtures" / "audit" / "sound.json"
HISTORY = "--input {executions.json} --input {actions.json}"
EVIDENCE = f"policygen evidence --pipeline payments {HISTORY}"
AUDIT = "policygen audit --account-file"
WHERE = "--region eu-west-1 --account 111122223333"
GENERATE = f"policygen generate {WHERE} --pipeline payments --stage Release"
PATCH = f"{GENERATE} --patch-pipeline {{before.json}}"
TOPICS = " ".join(
    f"--notification-arn {slot}=arn:aws:sns:eu-west-1:111122223333:payments-{slot}"
    for slot in ("ApprovalA", "ApprovalB")
)
SERVE = "emulator serve --listen 127.0.0.1:0"

STUMBLES = [
    # Evidence that stands on its own.
    (EVIDENCE, 10, ["No: 4 of 45 releases were not approved by two people.", "!went past"]),
    (f"{EVIDENCE} --fail-on never", 0, ["No: 4 of 45 releases"]),
    (f"{EVIDENCE} --fail-on never --format html", 0, ["<!DOCTYPE html>", "No: 4 of 45 releases"]),
    (f"{EVIDENCE} --fail-on never --format csv --cover", 0, ["sha256:", "111122223333"]),
    (f"{EVIDENCE} --rule {{one.json}}", 1, ["`quorum`: 1 would let one person release alone"]),
    (f"{EVIDENCE} --rule {{folder}}", 1, ["folder` is a directory; give a file in it"]),
    (f"{EVIDENCE} --since 2030-01-01 --until 2029-01-01", 1, ["exchange them or widen"]),
    (
        "policygen evidence --pipeline payments --input {executions.json}",
        1,
        ["no --input has the list of action executions; save what `aws codepipeline"],
    ),
    (
        "policygen evidence --pipeline payments --input {empty.json} --input {actions.json}",
        1,
        ["empty.json` is empty; did the command that wrote it fail?"],
    ),
    ("policygen verify {account.json}", 1, ["is not a report of `policygen evidence"]),
    ("policygen verify {report.json}", 0, ["Yes: the report is the same"]),
    # One look, one answer.
    (f"{AUDIT} {{account.json}}", 0, ["0 errors, 0 warnings", "account 111122223333"]),
    (f"{AUDIT} {{utf16.json}}", 0, ["0 errors, 0 warnings", "account 111122223333"]),
    (f"{AUDIT} {{bom.json}}", 0, ["0 errors, 0 warnings", "account 111122223333"]),
    (f"{AUDIT} {{nothing.json}}", 1, ["nothing.json` cannot be read; check the path"]),
    (f"{AUDIT} {{folder}}", 1, ["folder` is a directory; give a file in it"]),
    (f"{AUDIT} {{empty.json}}", 1, ["empty.json` is empty; did the command that wrote it"]),
    (f"{AUDIT} -", 1, ["standard input is empty; did the command that wrote it fail?"]),
    (f"{AUDIT} {{rule.json}}", 1, ["it has none of UserDetailList, GroupDetailList"]),
    (f"{AUDIT} {{nobody.json}}", 3, ["has no user, no group and no role", "!0 errors"]),
    (
        f"{AUDIT} {{account.json}} --slot ApprovalA=Nobody --slot ApprovalB",
        3,
        ["no group `Nobody`, which `--slot ApprovalA=Nobody` names; check the name"],
    ),
    (f"{AUDIT} {{account.json}} --slot ApprovalA", 2, ["give at least two different slots"]),
    (f"{AUDIT} {{account.json}} --format xml", 2, ["possible values: human, json, sarif"]),
    (
        f"{AUDIT} {{account.json}} --pipeline-file {{before.json}}",
        1,
        ["has no action that runs `two-person-rule-gate`", "check --gate-function"],
    ),
    ("policygen generate", 2, ["give `--region`, `--account`, `--pipeline` and `--stage`"]),
    (f"{GENERATE} --account 1111", 2, ["12 digits, or `*` for any"]),
    (
        f"{GENERATE} --region eu-wst-1 --out {{out}}",
        0,
        ["warning: `--region eu-wst-1`: that region is not known here", "note: wrote"],
    ),
    (f"{GENERATE} --patch-pipeline {{elsewhere.json}}", 1, ["another region or account"]),
    (f"{GENERATE} --config {{nothing.toml}}", 1, ["nothing.toml` cannot be read"]),
    ("policygen doctor --pipeline-file {before.json}", 10, ["no-gate", "two-person-rule-gate"]),
    ("policygen doctor --pipeline-file {after.json}", 0, ["0 errors, 0 warnings, 0 notes"]),
    ("policygen doctor --pipeline-file {rule.json}", 1, ["nor a CloudFormation template"]),
    (
        "policygen explain not-an-arn",
        0,
        ["nobody (unattributable)", "is not the ARN of a user or role session"],
    ),
    ("policygen frobnicate", 2, ["unrecognized subcommand 'frobnicate'"]),
    # The emulator and the desk.
    (f"{SERVE} --rule {{nothing.json}}", 1, ["nothing.json` cannot be read", "!AWS_ENDPOINT"]),
    (f"{SERVE} --rule {{one.json}}", 1, ["the gate would refuse the rule in", "!AWS_ENDPOINT"]),
    (f"{SERVE} --gate {{nothing}}", 1, ["nothing` cannot be run", "!AWS_ENDPOINT"]),
    (f"{SERVE} --gate {{rule.json}}", 1, ["rule.json` cannot be run", "such as a built"]),
    ("emulator serve --listen 0.0.0.0:0", 1, ["does not listen on 0.0.0.0:0", "127.0.0.1:4599"]),
    ("emulator serve --lag never", 2, ["a lag is a number of seconds from 0 to 3600, or `aws`"]),
    ("emulator serve --account {account.json}", 2, ["--principals <FILE>"]),
    ("desk pending --rule {nothing.json} --region eu-west-1", 1, ["cannot be read; check"]),
    ("desk approve payments ApprovalA --region eu-west-1", 2, ["give --yes"]),
    ("desk serve --listen 0.0.0.0:0 --rule {rule.json}", 1, ["such as 127.0.0.1:4580"]),
    ("desk pending --rule {rule.json}", 1, ["no region is configured; give --region"]),
    ("gate", 1, ["the gate runs inside AWS Lambda, or under the emulator"]),
]

# Of a running emulator, as alice, with the lines that `serve` prints.
SERVED = [
    ("aws sts get-caller-identity", 0, ["arn:aws:iam::111122223333:user/alice"]),
    ("aws s3 ls", None, ["The emulator does not serve this call of `s3`", "AWS_ENDPOINT_URL_"]),
    ("aws codepipeline list-pipelines", 0, ["payments"]),
    ("aws codepipeline get-pipeline --name refunds", None, ["does not have a pipeline with name"]),
    ("desk approve refunds ApprovalA --yes", 1, ["does not have a pipeline with name 'refunds'"]),
    ("desk pending --pipeline refunds*", 3, ["No approval awaits an answer."]),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that people have at hand, good ones and others."""
    folder = tmp_path_factory.mktemp("stumbles")
    account = ACCOUNT.read_text()
    shutil.copy(ACCOUNT, folder / "account.json")
    (folder / "utf16.json").write_text(account, encoding="utf-16")
    (folder / "bom.json").write_text(account, encoding="utf-8-sig")
    (folder / "empty.json").touch()
    (folder / "folder").mkdir()
    (folder / "rule.json").write_text("{}")
    (folder / "one.json").write_text('{"quorum": 1}')
    nobody = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    (folder / "nobody.json").write_text(json.dumps({kind: [] for kind in nobody}))
    (folder / "before.json").write_text(json.dumps(pipeline("eu-west-1:111122223333")))
    (folder / "elsewhere.json").write_text(json.dumps(pipeline("us-west-2:444455556666")))
    history = [sys.executable, ROOT / "tests" / "bench" / "evidence.py", "--executions", "60"]
    subprocess.run([*history, "--keep", folder], check=True, stdout=subprocess.DEVNULL)
    for name, command in {
        "stage.json": f"{PATCH} --print pipeline.json",
        "after.json": f"{PATCH} {TOPICS} --print pipeline.json",
        "report.json": f"{EVIDENCE} --fail-on never --format json",
    }.items():
        done = run(command, folder)
        assert done.returncode == 0, done.stderr
        (folder / name).write_text(done.stdout)
    return folder


def pipeline(place):
    """A pipeline without a gate, as `aws codepipeline get-pipeline` prints it."""

    def stage(name, category, **artifacts):
        type_id = {"category": category, "owner": "AWS", "provider": "S3", "version": "1"}
        declared = {"name": name, "actionTypeId": type_id, "runOrder": 1, "configuration": {}}
        return {"name": name, "actions": [{**declared, **artifacts}]}

    source = [{"name": "Source"}]
    return {
        "pipeline": {
            "name": "payments",
            "roleArn": f"arn:aws:iam::{place.split(':')[1]}:role/pipeline",
            "artifactStore": {"type": "S3", "location": "artifacts"},
            "stages": [
                stage("Source", "Source", outputArtifacts=source),
                stage("Deploy", "Deploy", inputArtifacts=source),
            ],
            "version": 1,
            "pipelineType": "V2",
        },
        "metadata": {"pipelineArn": f"arn:aws:codepipeline:{place}:payments"},
    }


def run(command, folder, environment=None):
    words = [
        str(folder / word[1:-1]) if word.startswith("{") else word for word in shlex.split(command)
    ]
    if (BINARIES / words[0]).exists():
        words[0] = str(BINARIES / words[0])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return subprocess.run(
        words,
        env=environment or {**kept, **nowhere},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def check(done, code, words):
    # Lines may break anywhere.
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == code or (code is None and done.returncode != 0), said
    for word in words:
        assert (word.removeprefix("!") in said) != word.startswith("!"), (word, said)
    # Neither a panic nor Rust's way to print a value.
    assert "panicked" not in said and "Error {" not in said and "Some(" not in said


@pytest.mark.parametrize(("command", "code", "words"), STUMBLES, ids=lambda it: str(it)[:60])
def test_a_stumble_is_answered(folder, command, code, words):
    check(run(command, folder), code, words)


@pytest.fixture(scope="module")
def environment():
    served = Emulator(empty=False)
    exports = served.environment("alice")
    yield {**exports, "AWS_MAX_ATTEMPTS": "1", "AWS_DEFAULT_OUTPUT": "json"}
    served.stop()


@pytest.mark.parametrize(("command", "code", "words"), SERVED, ids=lambda it: str(it)[:60])
def test_a_stumble_beside_the_emulator_is_answered(folder, environment, command, code, words):
    check(run(command, folder, environment), code, words)


def test_the_stage_that_a_pipeline_gets_is_the_templates(folder):
    """Byte for byte, apart from how far it is indented."""
    stage = (ROOT / "templates" / "stage.json").read_text().strip()
    after = (folder / "stage.json").read_text()
    start = after.index('"name": "Release"')
    indent = len(after[: after.rindex("{", 0, start)].rsplit("\n", 1)[1])
    assert stage.replace("\n", "\n" + " " * indent) in after


def test_there_are_enough_of_them():
    assert len(STUMBLES) + len(SERVED) >= 40
    assert len({command for command, _, _ in STUMBLES + SERVED}) == len(STUMBLES) + len(SERVED)
