"""evidence-archive.yaml: its function keeps the lists and the reports of every pipeline, from which
years are read again.
"""

import base64
import gzip
import hashlib
import json
import os
import re
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archived import ACCOUNT, BUCKET, REGION, Context, archive
from cloudformation import (
    ROOT,
    TEMPLATES,
    RefusedParameters,
    actions,
    deployed_rule,
    load,
    resolve,
    statements,
)
from conftest import BINARIES, Emulator
from iam_endpoint import ACCOUNT as OWNER
from iam_endpoint import emptied, serving
from saved import policygen
from test_evidence import RULE, Pipeline
from test_evidence import policygen as live

RULES = RULE.read_text()
NAMES = ["payments", "refunds"]
PARAMETERS = {
    "PackageBucket": "packages",
    "GateFunctionName": "two-person-rule",
    "TwoPersonRule": RULES,
}


@pytest.fixture(scope="module")
def served():
    """An emulator with two pipelines that have executions of every kind."""
    emulator = Emulator("--rule", RULE)
    pipelines = [Pipeline(emulator, name) for name in NAMES]
    with ThreadPoolExecutor() as pool:
        list(pool.map(Pipeline.every_kind, pipelines))
    yield emulator, pipelines[0]
    emulator.stop()


@pytest.fixture(scope="module")
def server():
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def kept(served, server, monkeypatch):
    with archive(served[0], emptied(server), monkeypatch, **PARAMETERS) as made:
        yield made


def without_cover(report):
    return {name: value for name, value in report.items() if name != "cover"}


def read(folder, *arguments, pipeline="payments", code=(0, 10)):
    command = ["evidence", "--pipeline", pipeline, "--gate-function", "two-person-rule"]
    command += ["--rule", RULE, "--format", "json", *arguments]
    return json.loads(policygen(*command, cwd=folder, code=code)[0])


def timeless(item):
    """Versions of the AWS CLI print times in different forms. The reports compare the times."""
    return {name: value for name, value in item.items() if not name.endswith("Time")}


def unpacked(path):
    return json.loads(gzip.decompress(path.read_bytes()))


def test_the_archive_says_what_codepipeline_said(served, kept, tmp_path):
    done = kept.run({})
    assert sorted(done) == NAMES
    folder = kept.copy(tmp_path)
    for name in NAMES:
        (lists,) = (folder / "lists" / ACCOUNT / REGION / name).iterdir()
        (report,) = (folder / "reports" / ACCOUNT / REGION / name).iterdir()
        assert lists.name == report.name
        assert done[name]["kept"] == [str(path.relative_to(folder)) for path in (lists, report)]
        # One line, as Athena needs it.
        text = gzip.decompress(report.read_bytes()).decode()
        assert text.count("\n") == 1 and text.endswith("}\n")
        assert done[name]["executions"] == len(unpacked(report)["executions"]) > 15
        # The report in the archive can be made again from the archive.
        (tmp_path / "report.json").write_text(text)
        assert policygen("verify", "report.json", cwd=folder)[0].startswith("Yes: ")

    # The lists are those of the AWS CLI, with all members.
    emulator = served[0]
    for operation, member in (
        ("list-pipeline-executions", "pipelineExecutionSummaries"),
        ("list-action-executions", "actionExecutionDetails"),
    ):
        (lists,) = (folder / "lists" / ACCOUNT / REGION / "payments").iterdir()
        by_id = lambda items: sorted(json.dumps(timeless(item)) for item in items)
        said = emulator.cli("bob", operation, "--pipeline-name", "payments")[member]
        assert by_id(unpacked(lists)[member]) == by_id(said)

    # The whole folder answers for each pipeline, as AWS does.
    archived = read(folder, "--input", "lists")
    asked = json.loads(live(emulator, "payments", "--format", "json").stdout)
    assert without_cover(archived) == without_cover(asked)
    assert archived["cover"]["pipelineArn"] == asked["cover"]["pipelineArn"]
    assert archived["cover"]["accountFrom"] == asked["cover"]["accountFrom"] == "given"


def test_the_archive_of_two_accounts_answers_for_all_pipelines_at_once(kept, tmp_path):
    kept.run({})
    function = kept.function()

    class Elsewhere:
        invoked_function_arn = Context.invoked_function_arn.replace(ACCOUNT, "444455556666")

    for name in NAMES:
        function.handler({"pipeline": name}, Elsewhere)
    command = ["evidence", "--all", "--gate-function", "two-person-rule", "--rule", RULE]
    command += ["--format", "json", "--input", "lists"]
    folder = kept.copy(tmp_path)
    report = json.loads(policygen(*command, cwd=folder, code=(10,))[0])
    found = {row["pipelineArn"]: row for row in report["pipelines"]}
    prefix = f"arn:aws:codepipeline:{REGION}"
    assert found.keys() == {
        f"{prefix}:{account}:{name}" for account in (ACCOUNT, "444455556666") for name in NAMES
    }
    # The approvers are of the first account, so nobody counts in the second.
    for name in NAMES:
        alone = read(folder, "--input", "lists", "--account", ACCOUNT, pipeline=name)["summary"]
        row = found[f"{prefix}:{ACCOUNT}:{name}"]
        assert row["satisfiedReleases"] == alone["satisfiedReleases"] > 0
        assert found[f"{prefix}:444455556666:{name}"]["satisfiedReleases"] == 0


def test_days_are_joined_and_only_what_may_have_changed_is_read_again(served, kept, tmp_path):
    _, pipeline = served
    waiting = pipeline.start("satisfied", True)
    pipeline.answer(waiting, "alice", "ApprovalA")
    whole = kept.run({})["payments"]["executions"]
    pipeline.answer(waiting, "bob", "ApprovalB")
    pipeline.ended(waiting, "Succeeded")

    # A day later, only what has changed since.
    function, before = kept.function(), datetime.now(UTC)
    pipeline.passes()

    class Tomorrow(datetime):
        @classmethod
        def now(cls, zone):
            return before + timedelta(days=1)

    kept.monkeypatch.setattr(function, "datetime", Tomorrow)
    again = function.handler({"pipeline": "payments", "days": 1}, Context)
    assert again["executions"] == 1
    kept.monkeypatch.setattr(function, "datetime", datetime)
    assert function.handler({"pipeline": "payments", "days": 7}, Context)["executions"] == whole + 1
    folder = kept.copy(tmp_path)
    archived = read(folder, "--input", "lists")
    asked = json.loads(live(served[0], "payments", "--format", "json").stdout)
    assert without_cover(archived) == without_cover(asked)
    counts = archived["cover"]["counts"]
    assert counts["executionsJudged"] == whole + 1 < counts["executionsListed"]


def test_nothing_that_is_kept_can_be_replaced_or_deleted(kept, tmp_path):
    kept.run({"days": 7})
    key = next(key for key in kept.objects() if key.startswith("lists/"))
    s3 = lambda *arguments: kept.aws("s3api", *arguments, "--bucket", BUCKET, "--key", key)
    object = s3("head-object")
    assert object["ObjectLockMode"] == "GOVERNANCE"
    until = datetime.fromisoformat(object["ObjectLockRetainUntilDate"])
    # The digest of what is in the file, as the reports name it.
    digest = s3("head-object", "--checksum-mode", "ENABLED")["ChecksumSHA256"]
    content = (kept.copy(tmp_path) / key).read_bytes()
    assert base64.b64decode(digest) == hashlib.sha256(content).digest()
    assert timedelta(days=7 * 365 - 1) < until - datetime.now(UTC) < timedelta(days=7 * 366)
    version = object["VersionId"]
    said = kept.refused("delete-object", "--key", key, "--version-id", version)
    assert "AccessDenied" in said
    # The function itself would not overwrite it either.
    function = kept.function()
    with pytest.raises(function.ClientError, match="PreconditionFailed"):
        function.put(key, b"forged")


def test_the_bucket_is_locked_as_the_parameters_say():
    def bucket(**parameters):
        made = resolve(load("evidence-archive.yaml"), **PARAMETERS, **parameters)
        return made["ArchiveBucket"]["Properties"]

    locked = bucket()["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert locked == {"Mode": "GOVERNANCE", "Years": 7}
    locked = bucket(RetentionMode="COMPLIANCE", RetentionYears=10)
    assert locked["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {
        "Mode": "COMPLIANCE",
        "Years": 10,
    }
    assert locked["VersioningConfiguration"] == {"Status": "Enabled"}


def test_the_function_may_do_what_it_calls_and_no_more(kept):
    kept.run({})
    policy = statements(kept.resources["ArchivePolicy"]["Properties"])
    granted = {action for statement in policy.values() for action in actions(statement)}
    assert granted - {"logs:CreateLogStream", "logs:PutLogEvents"} == kept.called - {
        "codepipeline:PutApprovalResult"
    }
    # Each key is under a prefix of its own account and region, and nothing can be replaced.
    keep = policy["Keep"]
    assert keep["Action"] == "s3:PutObject"
    assert keep["Condition"] == {"Null": {"s3:if-none-match": "false"}}
    prefixes = [
        arn.replace("arn:aws:s3:::ArchiveBucket/", "").rstrip("*") for arn in keep["Resource"]
    ]
    assert kept.objects() and all(key.startswith(tuple(prefixes)) for key in kept.objects())
    assert all(prefix.split("/")[1] == ACCOUNT for prefix in prefixes)


def test_accounts_of_an_organization_write_under_their_own_number_only():
    def policy(**parameters):
        made = resolve(load("evidence-archive.yaml"), **PARAMETERS, **parameters)
        return statements(made["ArchiveBucketPolicy"]["Properties"])

    assert policy().keys() == {"DenyPlainHttp", "DenyOverwriting", "DenyHiding"}
    shared = policy(OrganizationId="o-abcdefghij")["KeepForOrganization"]
    assert actions(shared) == ["s3:PutObject"]
    assert {arn.split("/", 1)[1] for arn in shared["Resource"]} == {
        f"{kind}/${{!aws:PrincipalAccount}}/*" for kind in ("lists", "reports", "rules")
    }
    assert shared["Condition"] == {
        "StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"},
        "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/two-person-rule-archive-*"},
    }
    # A stack in another account makes no bucket, and checks the owner.
    other = {"Bucket": "archive", "BucketOwner": "444455556666"}
    member = resolve(load("evidence-archive.yaml"), **PARAMETERS, **other)
    assert "ArchiveBucket" not in member and "ArchiveBucketPolicy" not in member
    variables = member["Archive"]["Properties"]["Environment"]["Variables"]
    assert variables["ARCHIVE_BUCKET"] == "archive"
    assert variables["ARCHIVE_BUCKET_OWNER"] == "444455556666"
    role = member["ArchiveRole"]["Properties"]["RoleName"]
    assert role == "two-person-rule-archive-us-east-1"
    for wrong, told in (
        ({"Bucket": "archive"}, "BucketOwner is missing"),
        ({"BucketOwner": "444455556666"}, "Bucket is missing"),
        ({**other, "OrganizationId": "o-abcdefghij"}, "OrganizationId is for"),
    ):
        with pytest.raises(RefusedParameters, match=told):
            resolve(load("evidence-archive.yaml"), **PARAMETERS, **wrong)


def test_a_bucket_of_somebody_else_gets_nothing(kept):
    # moto does not check it; S3 refuses a request that names another owner.
    kept.run({"days": 7})
    assert {request["ExpectedBucketOwner"] for request in kept.puts} == {OWNER}


def test_the_lists_are_kept_if_there_is_no_report(kept):
    kept.monkeypatch.setenv("TWO_PERSON_RULE", '{"quorum": 1}')
    function = kept.function()
    with pytest.raises(function.NoReport, match=r"ended with 1: error: .*quorum"):
        function.handler({"pipeline": "payments"}, Context)
    (lists,) = (key for key in kept.objects() if not key.startswith("rules/"))
    assert lists.startswith(f"lists/{ACCOUNT}/{REGION}/payments/")


def test_a_day_without_an_execution_is_kept_too(kept, served):
    api = served[1].api
    declared = served[1].declare()
    declared["name"] = ".."
    api.create_pipeline(pipeline=declared)
    served[0].idle("bob", "..")
    function = kept.function()
    kept.monkeypatch.setattr(
        function,
        "read",
        lambda *_: {
            "pipelineExecutionSummaries": [],
            "actionExecutionDetails": [],
        },
    )
    (key,) = function.handler({"pipeline": ".."}, Context)["kept"]
    assert key.startswith(f"lists/{ACCOUNT}/{REGION}/%2E%2E/")
    api.delete_pipeline(name="..")


def test_only_the_named_pipelines_are_kept(kept):
    kept.monkeypatch.setenv("ARCHIVE_PIPELINES", "pay*")
    assert list(kept.run({})) == ["payments"]


def test_the_default_rule_is_the_gates():
    default = load("evidence-archive.yaml")["Parameters"]["TwoPersonRule"]["Default"]
    assert default == deployed_rule()


def test_the_module_is_the_template():
    template = load("evidence-archive.yaml")
    made = resolve(template, **PARAMETERS, OrganizationId="o-abcdefghij")
    folder = TEMPLATES / "terraform" / "archive"
    main, bucket, variables = (
        (folder / f"{name}.tf").read_text() for name in ("main", "bucket", "variables")
    )
    role = statements(made["ArchivePolicy"]["Properties"])
    for text, expected in (
        (main, role),
        (bucket, statements(made["ArchiveBucketPolicy"]["Properties"])),
    ):
        blocks = re.findall(r'Sid += "(\w+)"(?:(?!Sid).)*?Action += (\[[^\]]*\])', text, re.DOTALL)
        assert {sid: json.loads(listed) for sid, listed in blocks} == {
            sid: actions(statement) for sid, statement in expected.items()
        }
    assert '"s3:if-none-match" = "false"' in main and '"s3:if-none-match" = "true"' in bucket
    assert '/$${aws:PrincipalAccount}/*"' in bucket
    for alarm in ("FailedAlarm", "SilentAlarm"):
        assert f'"{made[alarm]["Properties"]["AlarmDescription"]}"' in main
    # The same choices with the same defaults.
    renamed = {"two_person_rule": "rule", "rule_layer": "rule_layer_arn"}
    for name, parameter in template["Parameters"].items():
        snake = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
        if snake in ("package_bucket", "package_key"):
            continue
        snake = renamed.get(snake, snake)
        (block,) = re.findall(rf'variable "{snake}" {{(.*?)\n}}', variables, re.DOTALL)
        default = str(parameter.get("Default", ""))
        if snake != "rule":
            wanted = "null" if default == "" else default
            assert re.search(rf'default += "?{re.escape(wanted)}"?\n', block + "\n"), snake


def test_the_zip_holds_all_that_the_function_needs(kept, tmp_path):
    """`templates/package --archive`, with a build that takes the program of the tests."""
    build = tmp_path / "bin" / "cargo-lambda"
    target = tmp_path / "target"
    build.parent.mkdir()
    bootstrap = target / "lambda" / "policygen" / "bootstrap"
    build.write_text(
        f'#!/bin/sh\necho "$*" > {tmp_path}/asked\nmkdir -p {bootstrap.parent}\n'
        f"strip -o {bootstrap} {BINARIES}/policygen\n"
    )
    build.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{build.parent}:{os.environ['PATH']}",
        "CARGO_TARGET_DIR": str(target),
    }
    subprocess.run([TEMPLATES / "package", "--archive"], env=environment, check=True)
    asked = (tmp_path / "asked").read_text()
    assert "--package policygen --bin policygen" in asked and "--release --arm64" in asked
    with zipfile.ZipFile(target / "lambda" / "archive" / "archive.zip") as zip:
        for entry in zip.infolist():
            path = Path(zip.extract(entry, tmp_path / "task"))
            path.chmod(entry.external_attr >> 16 & 0o777)
    kept.monkeypatch.delenv("POLICYGEN")
    function = kept.function(tmp_path / "task" / "handler.py")
    assert len(function.handler({"pipeline": "payments"}, Context)["kept"]) == 2


def test_the_page_deploys_with_parameters_of_the_template():
    page = (ROOT / "docs" / "archive.md").read_text()
    commands = " ".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL)).replace("\\\n", " ")
    given = [
        set(re.findall(r"(?<![\w$])(\w+)=", overrides))
        for overrides in re.findall(r"--parameter-overrides (.*)", commands)
    ]
    given.append(set(re.findall(r"ParameterKey=(\w+)", commands)))
    assert len(given) == 3 and all(given)
    template = load("evidence-archive.yaml")
    needed = {name for name, of in template["Parameters"].items() if "Default" not in of}
    for names in given:
        assert needed <= names <= template["Parameters"].keys()
    outputs = set(re.findall(r"OutputKey=='(\w+)'", commands))
    assert outputs == {"BucketName"} <= template["Outputs"].keys()
    for path in re.findall(r"templates/[\w/.-]+\w", page):
        assert (ROOT / path).exists(), path
