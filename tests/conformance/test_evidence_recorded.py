"""`policygen evidence` over what the real service replied (tests/recorded), saved as an auditor
saves it.

No recorded pipeline has the gate. Where its run is needed, it is the recorded run of another Lambda
action, moved: AWS's own shape of one.
"""

import copy
import datetime
import json
import subprocess

import pytest
from conftest import BINARIES
from recorded import Recording, seconds

ALICE, BOB = ("arn:aws:iam::111122223333:user/" + name for name in ("alice", "bob"))
GATE = "two-person-rule-gate"


class Saved:
    """Two saved lists, and what evidence says about them."""

    def __init__(self, folder, executions, attempts):
        self.files = [folder / "executions.json", folder / "actions.json"]
        self.files[0].write_text(json.dumps(executions))
        self.files[1].write_text(json.dumps({"actionExecutionDetails": attempts}))

    def printed(self, *arguments):
        inputs = [word for file in self.files for word in ("--input", file)]
        command = [
            BINARIES / "policygen",
            "evidence",
            "--pipeline",
            "payments",
            *inputs,
            *arguments,
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode in (0, 10), done.stderr
        return done.stdout

    def evidence(self, *arguments):
        """The report's executions by their id."""
        report = json.loads(self.printed("--format", "json", *arguments))
        return {execution["executionId"]: execution for execution in report["executions"]}


def recorded(name, executions, *actions):
    """A recording's replies by their number: the list of executions, and the attempts."""
    calls = Recording(name).calls
    return calls[executions]["output"], [
        attempt
        for number in actions
        for attempt in calls[number]["output"]["actionExecutionDetails"]
    ]


def approvals(execution):
    return [
        (approval["action"], approval["status"], approval["principal"], approval["counting"])
        for approval in execution["approvals"]
    ]


def codes(execution):
    return {exception["code"] for exception in execution["exceptions"]}


def test_an_answer_to_an_execution_that_was_stopping_is_shown_and_releases_nothing(tmp_path):
    waited, abandoned = (
        "97c20a04-bb3f-4db1-a279-245242450287",
        "a037a525-c24d-4a32-b26e-0ea778bb4f13",
    )
    report = Saved(tmp_path, *recorded("stopped-while-waiting-for-approval", 31, 15, 29)).evidence()
    assert report.keys() == {waited, abandoned}
    assert approvals(report[waited]) == [("Approve", "Succeeded", ALICE, "counted")]
    assert approvals(report[abandoned]) == [("Approve", "Abandoned", None, "not-counted")]
    for execution, reason in ((waited, "stop and wait"), (abandoned, "stop and abandon")):
        said = report[execution]
        assert (said["status"], said["verdict"], said["released"]) == (
            "Stopped",
            "unsatisfied",
            False,
        )
        assert (said["stopReason"], said["exceptions"]) == (reason, [])
    assert report[waited]["startedBy"]["trigger"] == "CreatePipeline"


def test_a_rule_of_eventbridge_starts_an_execution_and_is_nobody(tmp_path):
    execution = "245f554f-2a82-42a7-ae48-4653bbaf7f7c"
    said = Saved(tmp_path, *recorded("started-by-an-event", 1, 3)).evidence(
        "--execution", execution
    )[execution]
    assert (said["verdict"], said["released"], said["exceptions"]) == ("not-finished", False, [])
    assert said["startedBy"]["trigger"] == "CloudWatchEvent"
    assert approvals(said) == [("Approve", "InProgress", None, "not-judged")]


def test_a_function_that_is_not_the_gate_reports_and_gives_no_verdict(tmp_path):
    """The function of the recording reports success without a verdict: nobody's approval, and an
    error.
    """
    execution = "c4124638-dbca-4b27-933d-f30220c83c89"
    executions, attempts = recorded("lambda-job-reported", 0, 14)
    # The list was read while it was under way; the history, once GetPipelineExecution said so.
    executions["pipelineExecutionSummaries"][0]["status"] = "Succeeded"
    said = Saved(tmp_path, executions, attempts).evidence()[execution]
    assert (said["verdict"], said["released"], codes(said)) == ("no-gate", True, {"no-gate"})
    for attempt in attempts:
        attempt["input"]["configuration"].pop("UserParameters", None)
    said = Saved(tmp_path, executions, attempts).evidence("--gate-function", "payments")[execution]
    assert said["verdict"] != "satisfied" and said["released"]
    assert "success-without-verdict" in codes(said)


def test_a_rollback_is_known_by_its_trigger_and_names_its_starter(tmp_path):
    execution = "abd1b930-1cbe-4cdc-96d8-46498c05d02c"
    saved = Saved(tmp_path, *recorded("stage-rolled-back", 19, 17))
    said = saved.evidence("--execution", execution)[execution]
    assert (said["executionType"], said["startedBy"]["trigger"]) == ("ROLLBACK", "ManualRollback")
    assert (said["verdict"], said["released"]) == ("not-finished", False)
    assert approvals(said) == [("Approve", "InProgress", None, "not-judged")]
    # The trigger's detail is JSON, which is for nobody to read.
    for form in ("human", "csv", "html"):
        printed = saved.printed("--execution", execution, "--format", form)
        assert "user/alice" in printed and "AwsUserArn" not in printed, printed


def test_the_recorded_cloudtrail_event_is_of_the_answer(tmp_path):
    """Its history was not recorded: the attempt is another rejected one's, with the id that is the
    event's token.
    """
    calls = Recording("approval-rejected-with-cloudtrail").calls
    execution, event = calls[6]["output"]["pipelineExecution"], calls[9]["output"]
    attempt = Recording("approvals-retried").calls[8]["output"]["actionExecutionDetails"][0]
    token = event["requestParameters"]["token"]
    answered = datetime.datetime.fromisoformat(event["eventTime"]).timestamp()
    attempt |= {
        "pipelineExecutionId": execution["pipelineExecutionId"],
        "actionExecutionId": token,
        "stageName": "ManualA",
        "actionName": "Approve",
    }
    attempt |= {"startTime": answered - 8, "lastUpdateTime": answered + 30}
    attempt["output"]["executionResult"] = {
        "externalExecutionId": token,
        "externalExecutionSummary": "not yet",
    }
    saved = Saved(
        tmp_path, {"pipelineExecutionSummaries": [summary(execution, [attempt])]}, [attempt]
    )
    trail = tmp_path / "trail.json"
    trail.write_text(json.dumps({"Records": [event]}))
    said = saved.evidence("--cloudtrail-file", trail)[execution["pipelineExecutionId"]]
    assert approvals(said) == [("Approve", "Failed", ALICE, "not-judged")]
    approval = said["approvals"][0]
    assert approval["cloudTrail"]["eventId"] == event["eventID"]
    # CloudTrail knows when it was answered; the history, when that was noticed.
    assert (approval["at"], approval["atIs"]) == (event["eventTime"], "answered")


def answered_by_others(attempts, others):
    """The attempts, those whose id begins as told answered by somebody else than the only user of
    the recordings.
    """
    return [
        attempt | {"updatedBy": others[start]}
        if (start := attempt["actionExecutionId"][:8]) in others
        else attempt
        for attempt in attempts
    ]


def summary(execution, attempts):
    """What ListPipelineExecutions says, made of a reply of GetPipelineExecution without times."""
    started = min(seconds(attempt["startTime"], "startTime") for attempt in attempts) / 1000
    told = {
        name: execution[name]
        for name in ("pipelineExecutionId", "status", "trigger", "executionMode")
    }
    return told | {"startTime": started, "lastUpdateTime": started, "sourceRevisions": []}


def gated(tmp_path, execution, attempts, stage):
    """A recorded history with the gate behind the approvals of a stage."""
    lambda_run = next(
        attempt
        for attempt in Recording("lambda-job-reported").calls[14]["output"][
            "actionExecutionDetails"
        ]
        if attempt["actionName"] == "Transform"
    )
    ended = max(
        seconds(attempt["lastUpdateTime"], "lastUpdateTime")
        for attempt in attempts
        if attempt["stageName"] == stage
    )
    run = copy.deepcopy(lambda_run)
    run |= {
        "stageName": stage,
        "actionName": "TwoPersonRule",
        "pipelineExecutionId": execution["pipelineExecutionId"],
        "pipelineVersion": 1,
    }
    run |= {"startTime": ended / 1000 + 0.1, "lastUpdateTime": ended / 1000 + 0.4}
    run["input"] |= {
        "configuration": {"FunctionName": GATE},
        "resolvedConfiguration": {"FunctionName": GATE},
    }
    saved = Saved(
        tmp_path, {"pipelineExecutionSummaries": [summary(execution, attempts)]}, [*attempts, run]
    )
    return saved.evidence()[execution["pipelineExecutionId"]]


def retried_approvals():
    calls = Recording("approvals-retried").calls
    return calls[7]["output"]["pipelineExecution"], calls[29]["output"]["actionExecutionDetails"]


@pytest.mark.parametrize(
    ("others", "verdict"), [({}, "unsatisfied"), ({"1b310f27": BOB}, "satisfied")]
)
def test_two_people_after_all_approvals_were_asked_again(tmp_path, others, verdict):
    """The history notices the answers of the last round in the other order than they were given."""
    execution, attempts = retried_approvals()
    said = gated(tmp_path, execution, answered_by_others(attempts, others), "Gate")
    assert said["verdict"] == verdict, said
    counted = [
        approval
        for approval in said["approvals"]
        if approval["counting"] == "counted" and approval["stage"] == "Gate"
    ]
    assert {approval["actionExecutionId"][:8] for approval in counted} == {"fbfe501f", "1b310f27"}


def test_a_rejection_is_not_washed_away_by_the_lag_of_the_history(tmp_path):
    """The recorded times, with a rejection for the answer that was given later and noticed earlier,
    and then bob's approval in its place.
    """
    execution, attempts = retried_approvals()
    by_id = {attempt["actionExecutionId"][:8]: attempt for attempt in attempts}
    approved, rejected = by_id["fbfe501f"], by_id["1b310f27"]
    assert approved["lastUpdateTime"] > rejected["lastUpdateTime"]
    rejected["status"] = "Failed"
    again = copy.deepcopy(rejected) | {
        "actionExecutionId": "2c421f38-0000-4000-8000-000000000000",
        "status": "Succeeded",
        "updatedBy": BOB,
    }
    again |= {
        "startTime": approved["lastUpdateTime"] + 1,
        "lastUpdateTime": approved["lastUpdateTime"] + 30,
    }
    attempts = [attempt for attempt in attempts if attempt["stageName"] != "Final"]
    said = gated(tmp_path, execution, [again, *attempts], "Gate")
    assert said["verdict"] == "unsatisfied", said


def test_an_approval_from_before_a_rejection_does_not_count_after_the_other_was_retried(tmp_path):
    """FAILED_ACTIONS reopens the rejected approval alone; its sibling stands from before the
    rejection.
    """
    calls = Recording("one-approval-retried").calls
    attempts = answered_by_others(calls[11]["output"]["actionExecutionDetails"], {"571c6b52": BOB})
    said = gated(tmp_path, calls[6]["output"]["pipelineExecution"], attempts, "Review")
    assert said["verdict"] == "unsatisfied", said
    old = next(
        approval
        for approval in said["approvals"]
        if approval["actionExecutionId"].startswith("6ffc31e4")
    )
    assert (old["counting"], old["reason"]) == ("not-counted", "superseded-by-rejection")
