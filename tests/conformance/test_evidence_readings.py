"""`policygen evidence --input FOLDER`: the same executions, saved day by day, are read as one
history, and readings that cannot both be true are said.
"""

import copy
import gzip
import json

import pytest
from saved import ACCOUNT, details, policygen, summary, write

FIRST, SECOND = "11111111-0000-4000-8000-000000000000", "22222222-0000-4000-8000-000000000000"
COMMAND = ["evidence", "--pipeline", "payments", "--format", "json"]


def arn(pipeline="payments", account=ACCOUNT, region="eu-west-1"):
    return f"arn:aws:codepipeline:{region}:{account}:{pipeline}"


def reading(summaries, actions, of=None):
    """One file of the archive; without `of`, both lists as the AWS CLI prints them, in one file."""
    lists = {"pipelineExecutionSummaries": summaries, "actionExecutionDetails": actions}
    return {"pipelineArn": of, **lists} if of else lists


def unfinished(execution):
    """An execution while its approvals are open, as CodePipeline shows it."""
    start = summary(execution)["startTime"]
    running = summary(execution, status="InProgress", lastUpdateTime=start, sourceRevisions=[])
    source, *approvals = details(execution)[:3]
    for approval in approvals:
        approval["status"] = "InProgress"
        approval["lastUpdateTime"] = approval["startTime"]
        approval["output"] = {"outputArtifacts": [], "outputVariables": {}}
        del approval["updatedBy"]
    return running, [source, *approvals]


def report(folder, *arguments, code=(0,)):
    return json.loads(policygen(*COMMAND, "--input", *arguments, cwd=folder, code=code)[0])


def verdicts(report):
    return {each["executionId"]: each["verdict"] for each in report["executions"]}


def without_cover(report):
    return {name: value for name, value in report.items() if name != "cover"}


def test_an_execution_is_what_its_last_reading_says(tmp_path):
    running, begun = unfinished(FIRST)
    days = {
        "2026-03-02": reading([running], begun, arn()),
        "2026-03-03": reading([summary(FIRST), summary(SECOND)], details(FIRST), arn()),
        "2026-03-04": reading([summary(SECOND)], details(SECOND), arn()),
    }
    for day, content in days.items():
        (tmp_path / "lists" / day).mkdir(parents=True)
        packed = gzip.compress(json.dumps(content).encode())
        (tmp_path / "lists" / day / "lists.json.gz").write_bytes(packed)
    whole = report(tmp_path, "lists")
    assert verdicts(whole) == {FIRST: "satisfied", SECOND: "satisfied"}
    counts = whole["cover"]["counts"]
    assert (counts["executionsListed"], counts["executionsRepeated"]) == (4, 2)
    assert (counts["actionsRead"], counts["actionsRepeated"]) == (13, 3)
    assert whole["cover"]["pipelineArn"] == arn() and whole["cover"]["account"] == ACCOUNT

    # The order of the files makes no difference, and the report can be made again.
    days = sorted(f"lists/{day}/lists.json.gz" for day in days)
    assert without_cover(report(tmp_path, *reversed(days))) == without_cover(whole)
    write(tmp_path / "report.json", whole)
    assert policygen("verify", "report.json", cwd=tmp_path)[0].startswith("Yes: ")


def test_an_older_reading_is_kept_where_only_it_knows(tmp_path):
    forgetful = details(FIRST)
    for action in forgetful:
        action.pop("updatedBy", None)
        action["output"] = None
    bare = summary(FIRST, sourceRevisions=None, trigger=None)
    write(tmp_path / "1.json", reading([summary(FIRST)], details(FIRST)))
    alone = report(tmp_path, "1.json")
    write(tmp_path / "2.json", reading([bare], forgetful))
    assert without_cover(report(tmp_path, ".")) == without_cover(alone)
    assert verdicts(report(tmp_path, "2.json", code=(10,))) != verdicts(alone)


def changed(what, **members):
    what = copy.deepcopy(what)
    what.update(members)
    return what


LATER = "2026-03-02T11:00:00+00:00"
# The member that is named, and how a second reading describes the execution or ApprovalB.
CONTRADICTIONS = {
    "status": (summary(FIRST, status="Failed"), {}),
    "startTime": (summary(FIRST, startTime="2026-03-01T10:00:00+00:00"), {}),
    "triggerDetail": (
        summary(FIRST, trigger={"triggerDetail": f"arn:aws:iam::{ACCOUNT}:user/mallory"}),
        {},
    ),
    "sourceRevisions": (
        summary(FIRST, sourceRevisions=[{"actionName": "Source", "revisionId": "x"}]),
        {},
    ),
    "status after success": (summary(FIRST, status="InProgress", lastUpdateTime=LATER), {}),
    "updatedBy": (summary(FIRST), {"updatedBy": f"arn:aws:iam::{ACCOUNT}:user/mallory"}),
    "status of the action": (summary(FIRST), {"status": "Failed"}),
    "lastUpdateTime": (summary(FIRST), {"status": "InProgress", "lastUpdateTime": LATER}),
    "lastUpdateTime of the end": (summary(FIRST), {"lastUpdateTime": LATER}),
    "stageName": (summary(FIRST), {"stageName": "Elsewhere"}),
    "externalExecutionSummary": (
        summary(FIRST),
        {"output": {"executionResult": {"externalExecutionSummary": "not read"}}},
    ),
}


@pytest.mark.parametrize("member", CONTRADICTIONS)
@pytest.mark.parametrize("order", [("1.json", "2.json"), ("2.json", "1.json")])
def test_readings_that_cannot_both_be_true_are_an_error(tmp_path, member, order):
    execution, approval = CONTRADICTIONS[member]
    actions = [
        changed(action, **approval) if action["actionName"] == "ApprovalB" else action
        for action in details(FIRST)
    ]
    write(tmp_path / "1.json", reading([summary(FIRST), summary(SECOND)], details(FIRST)))
    write(tmp_path / "2.json", reading([execution], [*actions, *details(SECOND)]))
    found = report(tmp_path, *order, code=(10,))
    assert verdicts(found) == {FIRST: "error", SECOND: "satisfied"}
    (one,) = (each for each in found["executions"] if each["executionId"] == FIRST)
    what = f"action execution {FIRST}-ApprovalB" if approval else "this execution"
    assert what in one["problem"]
    assert f"`{member.split(' ')[0]}` contradict each other" in one["problem"]


def test_a_retry_is_no_contradiction(tmp_path):
    failed = summary(FIRST, status="Failed", lastUpdateTime="2026-03-02T10:04:00+00:00")
    first = details(FIRST, approvers=("alice", "alice"))[:4]
    first[3]["status"] = "Failed"
    write(tmp_path / "1.json", reading([failed], first))
    retried = [
        changed(action, actionExecutionId=f"{FIRST}-again-{action['actionName']}")
        for action in details(FIRST, "2026-03-02T10:10:00+00:00")[1:]
    ]
    over = summary(FIRST, lastUpdateTime="2026-03-02T10:16:00+00:00")
    write(tmp_path / "2.json", reading([over], [*first, *retried]))
    assert verdicts(report(tmp_path, ".")) == {FIRST: "satisfied"}


def test_a_folder_of_many_pipelines_answers_for_the_one_that_is_named(tmp_path):
    lists = tmp_path / "lists"
    write(lists / "a.json", reading([summary(FIRST)], details(FIRST), arn()))
    write(lists / "b.json", reading([summary(SECOND)], details(SECOND), arn("refunds")))
    assert list(verdicts(report(tmp_path, "lists"))) == [FIRST]

    one = report(tmp_path, "lists")
    assert [source["path"] for source in one["cover"]["sources"]] == ["lists/a.json"]

    # The same name in another account is another pipeline.
    other = arn(account="444455556666")
    write(lists / "c.json", reading([summary(SECOND)], details(SECOND), other))
    _, said = policygen(*COMMAND, "--input", "lists", cwd=tmp_path, code=(1,))
    assert said == (
        f"error: the files of --input are of several pipelines with this name: `{arn()}`, "
        f"`{other}`; say which one you mean with --account and --region\n"
    )
    chosen = report(tmp_path, "lists", "--account", ACCOUNT)
    assert without_cover(chosen) == without_cover(one)
    _, said = policygen(
        *COMMAND, "--input", "lists", "--region", "us-east-1", cwd=tmp_path, code=(1,)
    )
    assert said == (
        f"error: no file of --input is of the pipeline `payments`; they are of `{arn()}`, "
        f"`{arn('refunds')}`, `{other}`; check --pipeline, --account and --region\n"
    )
    write(lists / "d.json", reading([], [], "arn:aws:s3:::payments"))
    _, said = policygen(*COMMAND, "--input", "lists", cwd=tmp_path, code=(1,))
    assert said == (
        "error: `lists/d.json` cannot be used: its `pipelineArn` is not the ARN of a pipeline; "
        "take the file from the archive again\n"
    )
