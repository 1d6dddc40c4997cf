"""The pipeline of pipeline.yaml under the rule of gate.yaml, run on the emulator: what the
templates promise, and what the alarms count.
"""

import json
import shlex
import time

import pytest
from cloudformation import TEMPLATES, deployed_rule, load, resolve
from conftest import SESSION, Emulator, Refused
from test_package import bootstrap

STAGE = "Release"


def api_shape(properties, shape):
    """A resource's properties as an API takes them, by the API's own model: names begin in lower
    case, and numbers are numbers.
    """
    if shape.type_name == "structure":
        members = {
            name[0].upper() + name[1:]: (name, member) for name, member in shape.members.items()
        }
        return {
            members[key][0]: api_shape(value, members[key][1]) for key, value in properties.items()
        }
    if shape.type_name == "list":
        return [api_shape(item, shape.member) for item in properties]
    return properties


def declaration(template="pipeline.yaml", **parameters):
    """What CloudFormation hands to CreatePipeline."""
    properties = dict(resolve(load(template), **parameters)["Pipeline"]["Properties"])
    properties.pop("Tags")
    properties["RoleArn"] = "arn:aws:iam::111122223333:role/pipeline"
    properties["ArtifactStore"]["Location"] = "artifacts"
    model = SESSION.get_service_model("codepipeline")
    return api_shape(properties, model.shape_for("PipelineDeclaration"))


def approval_stage(pipeline):
    return next(stage for stage in pipeline["stages"] if stage["name"] == STAGE)


class Run:
    """An execution of a template's pipeline, started by somebody who approves nothing."""

    def __init__(self, emulator, pipeline):
        self.name = pipeline["name"]
        emulator.cli("bob", "create-pipeline", "--pipeline", json.dumps(pipeline))
        emulator.idle("bob", self.name)
        self.emulator = emulator
        # What is done is done by the AWS CLI; what is only looked at, by botocore, which is
        # quicker.
        self.look = emulator.client("bob")
        self.id = emulator.cli("sso-carol", "start-pipeline-execution", "--name", self.name)[
            "pipelineExecutionId"
        ]

    def actions(self):
        state = self.look.get_pipeline_state(name=self.name)
        return {
            action["actionName"]: action.get("latestExecution", {})
            for stage in state["stageStates"]
            for action in stage["actionStates"]
        }

    def until(self, holds):
        for _ in range(100):
            actions = self.actions()
            if holds(actions):
                return actions
            time.sleep(0.1)
        raise AssertionError(actions)

    def open(self, slot):
        """The token of an approval that waits."""
        return self.until(lambda actions: "token" in actions[slot])[slot]["token"]

    def approve(self, key_id, slot, comment="reviewed"):
        self.emulator.cli(
            key_id, "put-approval-result", "--pipeline-name", self.name, "--stage-name", STAGE,
            "--action-name", slot,
            "--token", self.open(slot),
            "--result", json.dumps({"status": "Approved", "summary": comment}),
        )  # fmt: skip

    def status(self):
        return self.look.get_pipeline_execution(
            pipelineName=self.name, pipelineExecutionId=self.id
        )["pipelineExecution"]["status"]

    def ended(self):
        for _ in range(100):
            if self.status() != "InProgress":
                return self.status()
            time.sleep(0.1)
        raise AssertionError("the execution does not end")

    def attempts(self, action):
        of = {"pipelineExecutionId": self.id}
        details = self.look.list_action_executions(pipelineName=self.name, filter=of)[
            "actionExecutionDetails"
        ]
        return [detail for detail in reversed(details) if detail["actionName"] == action]


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def emulator(tmp_path, log):
    """The emulator with the packaged gate, and the rule that gate.yaml deploys if it is told
    Identity Center's role.
    """
    rule = tmp_path / "rule.json"
    rule.write_text(deployed_rule(TrustedSessionRoles="AWSReservedSSO_Approver_0123456789abcdef"))
    with log.open("w") as file:
        served = Emulator("--rule", rule, "--gate", bootstrap(tmp_path), log=file)
        yield served
        served.stop()


def assert_that_one_person_is_refused_and_two_pass(run):
    run.approve("alice", "ApprovalA")
    run.approve("alice", "ApprovalB")
    # `onFailure` asks everybody once more, by itself.
    run.until(
        lambda actions: (
            actions["TwoPersonRule"].get("status") == "Failed" or "token" in actions["ApprovalA"]
        )
    )
    run.approve("alice", "ApprovalA")
    run.approve("bob", "ApprovalB")
    assert run.ended() == "Succeeded"
    first, second = run.attempts("TwoPersonRule")
    assert (first["status"], second["status"]) == ("Failed", "Succeeded")
    assert "same-person" in first["output"]["executionResult"]["externalExecutionSummary"]
    assert second["output"]["outputVariables"]["ApproverCount"] == "2"
    assert [attempt["status"] for attempt in run.attempts("Deploy")] == ["Succeeded"]


def test_one_person_is_refused_and_two_pass(emulator):
    assert_that_one_person_is_refused_and_two_pass(Run(emulator, declaration()))


def refused(run):
    """The gate's refusal, and the command in it, as the words of a shell."""
    before = len(run.attempts("TwoPersonRule"))
    run.approve("alice", "ApprovalA")
    run.approve("alice", "ApprovalB")
    failed = ["Failed"] * (before + 1)
    run.until(lambda _: [it["status"] for it in run.attempts("TwoPersonRule")] == failed)
    said = run.attempts("TwoPersonRule")[-1]["output"]["executionResult"]
    said = said["externalExecutionSummary"]
    advice, _, command = said.rpartition("\n")
    assert advice.endswith("(`onFailure`); if it stands still, this does:")
    assert command.startswith("aws codepipeline retry-stage-execution --pipeline-name payments ")
    return shlex.split(command)[2:]


def test_what_a_refusal_advises_is_true_with_the_retry_and_without(emulator):
    """The stage reopens its approvals once by itself; when it stands still, the command does."""
    run = Run(emulator, declaration())
    command = refused(run)
    first = run.open("ApprovalA")
    with pytest.raises(Refused, match=r"\(StageNotRetryableException\)"):
        emulator.cli("bob", *command)
    assert refused(run) == command
    assert run.ended() == "Failed"
    assert not any("token" in action for action in run.actions().values())
    emulator.cli("bob", *command)
    assert run.open("ApprovalA") != first
    run.approve("alice", "ApprovalA")
    run.approve("bob", "ApprovalB")
    assert run.ended() == "Succeeded"


def test_without_the_retry_a_refusal_stands(emulator):
    run = Run(emulator, declaration(RetryOnce="false"))
    command = refused(run)
    assert run.ended() == "Failed"
    assert run.attempts("Deploy") == []
    emulator.cli("bob", *command)
    assert run.open("ApprovalA") and run.open("ApprovalB")


@pytest.mark.parametrize(
    "approver, code", [("sso-carol", "initiator"), ("deployer-1", "shared-role")]
)
def test_the_strict_rule_refuses(emulator, approver, code):
    run = Run(emulator, declaration(RetryOnce="false"))
    run.approve("alice", "ApprovalA")
    run.approve(approver, "ApprovalB")
    assert run.ended() == "Failed"
    assert (
        code
        in run.attempts("TwoPersonRule")[0]["output"]["executionResult"]["externalExecutionSummary"]
    )


def test_an_approval_that_is_taken_out_is_missed(emulator):
    pipeline = declaration(RetryOnce="false")
    stage = approval_stage(pipeline)
    stage["actions"] = [action for action in stage["actions"] if action["name"] != "ApprovalB"]
    run = Run(emulator, pipeline)
    run.approve("alice", "ApprovalA")
    assert run.ended() == "Failed"
    assert (
        "missing-approval"
        in run.attempts("TwoPersonRule")[0]["output"]["executionResult"]["externalExecutionSummary"]
    )


def test_approvers_are_told_what_they_approve(emulator):
    stage = approval_stage(declaration())
    told = {
        action["name"]: action["configuration"]
        for action in stage["actions"]
        if action["actionTypeId"]["category"] == "Approval"
    }
    assert told.keys() == {"ApprovalA", "ApprovalB"}
    assert {slot: configuration["NotificationArn"] for slot, configuration in told.items()} == {
        "ApprovalA": "ApproversA",
        "ApprovalB": "ApproversB",
    }
    for slot, other in (("ApprovalA", "ApprovalB"), ("ApprovalB", "ApprovalA")):
        text = told[slot]["CustomData"]
        assert len(text) < 900 and "\n" not in text
        assert (
            "#{codepipeline.PipelineExecutionId}" in text
            and f"Somebody else must give {other}" in text
        )
    run = Run(emulator, declaration())
    run.until(lambda actions: "token" in actions["ApprovalA"])
    assert run.id in run.attempts("ApprovalA")[0]["input"]["resolvedConfiguration"]["CustomData"]


def test_the_fragment_is_the_stage_of_the_template():
    stage = approval_stage(declaration())
    for action in stage["actions"]:
        # What only the template's own resources and source give.
        for key in ("NotificationArn", "ExternalEntityLink"):
            action["configuration"].pop(key, None)
        if "CustomData" in action["configuration"]:
            action["configuration"]["CustomData"] = action["configuration"]["CustomData"].replace(
                "Release of #{SourceVariables.VersionId} in", "Release in"
            )
    assert json.loads((TEMPLATES / "stage.json").read_text()) == stage


def emitted(log):
    """The metrics in the gate's log: namespace, name, and the values of the dimensions."""
    found = []
    for line in log.read_text().splitlines():
        if not line.startswith("{") or '"_aws"' not in line:
            continue
        metrics = json.loads(line)
        for directive in metrics["_aws"]["CloudWatchMetrics"]:
            for dimensions in directive["Dimensions"]:
                values = {name: metrics[name] for name in dimensions}
                found += [
                    (directive["Namespace"], metric["Name"], values)
                    for metric in directive["Metrics"]
                ]
    return found


def watched():
    """The metrics of the gate that the alarms watch."""
    found = {}
    for name, resource in resolve(load("gate.yaml")).items():
        if resource["Type"] != "AWS::CloudWatch::Alarm":
            continue
        alarm = resource["Properties"]
        of = (
            [query["MetricStat"]["Metric"] for query in alarm["Metrics"] if "MetricStat" in query]
            if "Metrics" in alarm
            else [alarm]
        )
        for metric in of:
            dimensions = {
                dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]
            }
            found.setdefault(name, []).append(
                (metric["Namespace"], metric["MetricName"], dimensions)
            )
    return found


def test_the_alarms_watch_what_the_gate_emits(emulator, log):
    alarms = watched()
    assert alarms.keys() == {"ErrorAlarm", "RefusalAlarm", "NoDecisionAlarm"}
    assert [metric[:2] for metric in alarms["ErrorAlarm"]] == [("AWS/Lambda", "Errors")]
    (refusal,) = alarms["RefusalAlarm"]
    undecided, dropped = alarms["NoDecisionAlarm"]
    assert dropped[:2] == ("AWS/Lambda", "AsyncEventsDropped")

    run = Run(emulator, declaration(RetryOnce="false"))
    run.approve("alice", "ApprovalA")
    run.approve("alice", "ApprovalB")
    assert run.ended() == "Failed"
    assert emitted(log).count(refusal) == 1 and undecided not in emitted(log)

    # UserParameters that are none: the gate cannot judge, and says so.
    pipeline = declaration(RetryOnce="false", PipelineName="other")
    gate = next(
        action
        for action in approval_stage(pipeline)["actions"]
        if action["name"] == "TwoPersonRule"
    )
    gate["configuration"]["UserParameters"] = '{"quorum":1}'
    approvals = [
        action
        for action in approval_stage(pipeline)["actions"]
        if action["actionTypeId"]["category"] == "Approval"
    ]
    approval_stage(pipeline)["actions"] = [gate]
    assert len(approvals) == 2
    # Creating it starts it.
    emulator.cli("bob", "create-pipeline", "--pipeline", json.dumps(pipeline))
    for _ in range(100):
        if undecided in emitted(log):
            break
        time.sleep(0.1)
    assert emitted(log).count(undecided) == 1 and emitted(log).count(refusal) == 1
