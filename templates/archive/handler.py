"""Keeps what CodePipeline forgets after 12 months: the lists of each pipeline, as they are, and the
report of `policygen evidence` about them, in a bucket where nothing is replaced.

    lists/ACCOUNT/REGION/PIPELINE/TIME.json.gz      both lists, which `--input` reads
    reports/ACCOUNT/REGION/PIPELINE/TIME.json.gz    the report in one line of JSON, for Athena
    rules/ACCOUNT/SHA256.json                       the rule that a report was made by

The schedule invokes the function without a pipeline. It then invokes itself once for each pipeline,
so that one of many that fails is tried again alone, and each has the whole time of an invocation.
"""

import fnmatch
import gzip
import hashlib
import json
import os
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# Beside this file in the zip.
PROGRAM = os.environ.get("POLICYGEN", str(Path(__file__).resolve().parent / "policygen"))
BUCKET = os.environ["ARCHIVE_BUCKET"]
# Another account could own a bucket of this name one day.
BUCKET_OWNER = os.environ["ARCHIVE_BUCKET_OWNER"]
PIPELINES = os.environ.get("ARCHIVE_PIPELINES", "*")
GATE = os.environ.get("ARCHIVE_GATE_FUNCTION", "two-person-rule-gate")
# An execution in any other status may still change.
ENDED = {"Succeeded", "Failed", "Stopped", "Superseded", "Cancelled"}
# CodePipeline throttles the calls of an account together.
PATIENT = Config(retries={"mode": "adaptive", "max_attempts": 12})


class NoReport(Exception):
    """`policygen evidence` failed. The lists are in the archive."""


def handler(event, context):
    """Archives `pipeline`, or every pipeline if the event names none. `days` leaves out executions
    that ended before; without it, everything is kept that CodePipeline still knows.
    """
    if "pipeline" in event:
        return archive(event["pipeline"], event.get("days"), context.invoked_function_arn)
    names = pipelines()
    for name in names:
        boto3.client("lambda").invoke(
            FunctionName=context.invoked_function_arn,
            InvocationType="Event",
            Payload=json.dumps({**event, "pipeline": name}),
        )
    return {"pipelines": names}


def pipelines():
    pages = boto3.client("codepipeline", config=PATIENT).get_paginator("list_pipelines").paginate()
    names = [pipeline["name"] for page in pages for pipeline in page["pipelines"]]
    return [name for name in names if fnmatch.fnmatchcase(name, PIPELINES)]


def archive(pipeline, days, function_arn):
    """Keeps the lists first, so that they are kept even if the report fails."""
    _, partition, _, region, account, *_ = function_arn.split(":")
    now = datetime.now(UTC)
    lists = {
        "pipelineArn": f"arn:{partition}:codepipeline:{region}:{account}:{pipeline}",
        "readAt": now,
        **read(pipeline, None if days is None else now - timedelta(days=days)),
    }
    # A name of dots alone would be another folder where the archive is copied to.
    folder = pipeline if pipeline.strip(".") else pipeline.replace(".", "%2E")
    place = f"{account}/{region}/{folder}/{now:%Y-%m-%dT%H%M%S.%f}Z.json.gz"
    listed = f"lists/{place}"
    content = gzip.compress(json.dumps(lists, default=datetime.isoformat).encode(), mtime=0)
    put(listed, content)
    kept = [listed]
    with tempfile.TemporaryDirectory() as work:
        options = [*rule(account, work), "--input", write(work, listed, content)]
        if report := evidence(pipeline, options, work):
            put(f"reports/{place}", gzip.compress(report, mtime=0))
            kept.append(f"reports/{place}")
    return {"executions": len(lists["pipelineExecutionSummaries"]), "kept": kept}


def read(pipeline, since):
    """Both lists, with the executions that have changed since then or may still change."""
    codepipeline = boto3.client("codepipeline", config=PATIENT)

    def listed(operation, member, **arguments):
        pages = codepipeline.get_paginator(operation).paginate(pipelineName=pipeline, **arguments)
        return [item for page in pages for item in page[member]]

    def may_have_changed(execution):
        ended = execution.get("status") in ENDED and "lastUpdateTime" in execution
        return since is None or not ended or execution["lastUpdateTime"] >= since

    executions = listed("list_pipeline_executions", "pipelineExecutionSummaries")
    executions = list(filter(may_have_changed, executions))
    actions = []
    for execution in executions:
        of = {"pipelineExecutionId": execution["pipelineExecutionId"]}
        actions += listed("list_action_executions", "actionExecutionDetails", filter=of)
    return {"pipelineExecutionSummaries": executions, "actionExecutionDetails": actions}


def rule(account, work):
    """The option that names the gate's rule, which is kept too. `policygen verify` needs it."""
    if path := os.environ.get("TWO_PERSON_RULE_FILE"):
        text = Path(path).read_bytes()
    else:
        text = os.environ.get("TWO_PERSON_RULE", "").encode()
    if not text:
        return []
    name = f"rules/{account}/{hashlib.sha256(text).hexdigest()}.json"
    put(name, text, may_exist=True)
    return ["--rule", write(work, name, text)]


def evidence(pipeline, options, work):
    """The report in one line, or None without an execution to judge. The paths in it are those in
    the bucket.
    """
    command = [PROGRAM, "evidence", "--pipeline", pipeline, "--gate-function", GATE, *options]
    command += ["--format", "json", "--fail-on", "never"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True)
    # 3: nothing to check (docs/policygen.md).
    if done.returncode == 3:
        return None
    if done.returncode != 0:
        raise NoReport(f"policygen evidence ended with {done.returncode}: {done.stderr.strip()}")
    return (json.dumps(json.loads(done.stdout), ensure_ascii=False) + "\n").encode()


def write(work, name, content):
    path = Path(work, name)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return name


def put(key, content, may_exist=False):
    """Writes an object that is not there yet."""
    try:
        boto3.client("s3").put_object(
            Bucket=BUCKET,
            ExpectedBucketOwner=BUCKET_OWNER,
            Key=key,
            Body=content,
            ContentType="application/gzip" if key.endswith(".gz") else "application/json",
            IfNoneMatch="*",
            # S3 demands a checksum where objects are locked (S3 API Reference, "PutObject").
            ChecksumAlgorithm="SHA256",
        )
    except ClientError as error:
        if not (may_exist and error.response["Error"]["Code"] == "PreconditionFailed"):
            raise
