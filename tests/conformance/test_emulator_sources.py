"""What an execution releases: the revisions that a start names, by the real AWS CLI."""

import json

import pytest
from conftest import PIPELINE, STAGE, Refused, action, declaration
from test_aws_cli import UNKNOWN, ended, history
from test_shapes import Story

CONNECTION = f"arn:aws:codeconnections:us-east-1:111122223333:connection/{UNKNOWN}"
HEAD = "5f1ab6f6e1c9a1b2c3d4e5f60718293a4b5c6d7e"
CONFIGURED = {
    "CodeStarSourceConnection": {
        "ConnectionArn": CONNECTION,
        "FullRepositoryId": "acme/shop",
        "BranchName": "main",
    },
    "CodeCommit": {"RepositoryName": "shop", "BranchName": "main"},
    "ECR": {"RepositoryName": "shop"},
    "S3": {"S3Bucket": "in", "S3ObjectKey": "shop.zip", "AllowOverrideForS3ObjectKey": "true"},
}
CHOSEN = {
    "CodeStarSourceConnection": ("COMMIT_ID", HEAD),
    "CodeCommit": ("COMMIT_ID", "0123456789012345678901234567890123456789"),
    "ECR": ("IMAGE_DIGEST", "sha256:" + "ab" * 32),
    "S3": ("S3_OBJECT_VERSION_ID", "UPBw5fG.TEoeT0MC"),
}


def shop(emulator):
    """A pipeline with a source of each provider; the build is told which commit it builds."""
    sources = [
        action(
            provider,
            "Source",
            provider,
            outputArtifacts=[{"name": provider}],
            namespace=f"{provider}Variables",
            configuration=configuration,
        )
        for provider, configuration in CONFIGURED.items()
    ]
    told = {"ProjectName": "#{CodeStarSourceConnectionVariables.CommitId}"}
    build = action("Build", "Build", "CodeBuild", configuration=told)
    stages = [{"name": "Source", "actions": sources}, {"name": STAGE, "actions": [build]}]
    declared = json.dumps(declaration(stages=stages))
    emulator.cli("bob", "create-pipeline", "--pipeline", declared)


def start(emulator, *revisions):
    chosen = [
        f"actionName={name},revisionType={kind},revisionValue={value}"
        for name, kind, value in revisions
    ]
    command = ["start-pipeline-execution", "--name", PIPELINE, "--source-revisions", *chosen]
    return emulator.cli("bob", *command)["pipelineExecutionId"]


def test_a_start_says_what_is_released_and_everything_shows_it(emulator):
    shop(emulator)
    execution = start(emulator, *((name, *chosen) for name, chosen in CHOSEN.items()))
    assert ended(emulator, execution) == "Succeeded"
    runs = {run["actionName"]: run for run in history(emulator, execution)}
    revisions = {name: value for name, (_, value) in CHOSEN.items()}
    assert {
        name: runs[name]["output"]["executionResult"]["externalExecutionId"] for name in CHOSEN
    } == revisions
    where = ["--pipeline-name", PIPELINE, "--pipeline-execution-id", execution]
    got = emulator.cli("bob", "get-pipeline-execution", *where)["pipelineExecution"]
    artifacts = {it["name"]: it["revisionId"] for it in got["artifactRevisions"]}
    assert artifacts == revisions
    newest = emulator.cli("bob", "list-pipeline-executions", "--pipeline-name", PIPELINE)[
        "pipelineExecutionSummaries"
    ][0]
    assert newest["pipelineExecutionId"] == execution
    assert {it["actionName"]: it["revisionId"] for it in newest["sourceRevisions"]} == revisions

    # The action after the sources gets the commit itself.
    build = runs["Build"]["input"]
    assert build["configuration"]["ProjectName"].startswith("#{")
    assert build["resolvedConfiguration"] == {"ProjectName": HEAD}
    variables = runs["CodeStarSourceConnection"]["output"]["outputVariables"]
    assert variables["FullRepositoryName"] == "acme/shop"
    assert variables["ConnectionArn"] == CONNECTION


@pytest.mark.parametrize(
    "revision",
    [
        ("Nowhere", "COMMIT_ID", HEAD),
        ("Build", "COMMIT_ID", HEAD),
        ("S3", "COMMIT_ID", HEAD),
        ("ECR", "S3_OBJECT_KEY", "shop.zip"),
        ("CodeCommit", "TAG", "v1"),
    ],
)
def test_a_revision_that_no_source_can_deliver_starts_nothing(emulator, revision):
    shop(emulator)
    before = emulator.cli("bob", "list-pipeline-executions", "--pipeline-name", PIPELINE)
    with pytest.raises(Refused, match=r"\(ValidationException\)"):
        start(emulator, revision)
    assert emulator.cli("bob", "list-pipeline-executions", "--pipeline-name", PIPELINE) == before


def test_the_replies_about_every_provider_have_the_shape_of_the_model(emulator):
    shop(emulator)
    story = Story(emulator)
    revisions = [
        {"actionName": name, "revisionType": kind, "revisionValue": value}
        for name, (kind, value) in CHOSEN.items()
    ]
    started = story("bob", "StartPipelineExecution", name=PIPELINE, sourceRevisions=revisions)
    story.wait(started["pipelineExecutionId"])
    for operation in ("ListPipelineExecutions", "ListActionExecutions"):
        story("bob", operation, pipelineName=PIPELINE)
    story("bob", "GetPipelineState", name=PIPELINE)
    seen = story.seen["GetPipelineExecution"]
    assert "GetPipelineExecution.pipelineExecution.artifactRevisions[].revisionUrl" in seen
