"""dashboard.yaml and the module `dashboard`: they show what the gate and CodePipeline write, and
only their own rule may write to their log group.
"""

import json
import re

import pytest
from cloudformation import TEMPLATES, load, resolve
from conftest import Emulator
from moto.events.models import EventPattern
from test_templates import plain
from test_templates_notify import recorded
from test_templates_pipeline import Run, declaration, emitted

MODULE = TEMPLATES / "terraform" / "dashboard" / "main.tf"
NAMES = {
    "${local.region}": "us-east-1",
    "${var.gate_log_group}": "/aws/lambda/two-person-rule-gate",
    "${aws_cloudwatch_log_group.approvals.name}": "ApprovalEvents",
}


@pytest.fixture(scope="module")
def resources():
    return {name: of["Properties"] for name, of in resolve(load("dashboard.yaml")).items()}


@pytest.fixture(scope="module")
def widgets(resources):
    return json.loads(resources["Dashboard"]["DashboardBody"])["widgets"]


def test_the_module_shows_the_same(resources):
    text = re.search(r"<<-JSON\n(.*?)\n  JSON\n", MODULE.read_text(), re.DOTALL)[1]
    for name, value in NAMES.items():
        text = text.replace(name, value)
    assert json.loads(text) == json.loads(resources["Dashboard"]["DashboardBody"])


def test_it_answers_the_three_questions_and_no_widgets_overlap(widgets):
    titles = " ".join(widget["properties"]["title"] for widget in widgets)
    for question in ("Time until an approval is given", "Refusals by reason", "Open approvals"):
        assert question in titles
    places = set()
    for widget in widgets:
        columns = range(widget["x"], widget["x"] + widget["width"])
        cells = {(x, y) for x in columns for y in range(widget["y"], widget["y"] + 6)}
        assert max(columns) < 24 and not cells & places
        places |= cells


def statuses(run):
    return [attempt["status"] for attempt in run.attempts("TwoPersonRule")]


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    """What the gate writes about one release that is refused and one that passes."""
    log = tmp_path_factory.mktemp("dashboard") / "log"
    with log.open("w") as file:
        emulator = Emulator(log=file)
        run = Run(emulator, declaration())
        for approver in ("alice", "bob"):
            # The stage asks once more by itself.
            passed = approver != "alice"
            run.approve("alice", "ApprovalA")
            run.approve(approver, "ApprovalB")
            wanted = ["Failed", "Succeeded"] if passed else ["Failed"]
            run.until(lambda _, wanted=wanted: statuses(run) == wanted)
        emulator.stop()
    return log


def test_every_metric_is_one_that_the_gate_writes(widgets, journal):
    written = {
        (namespace, name, dimension, value)
        for namespace, name, dimensions in emitted(journal)
        for dimension, value in dimensions.items()
    }
    shapes = {(space, name, tuple(of)) for space, name, of in emitted(journal)}
    asked = [
        metric
        for widget in widgets
        if widget["type"] == "metric"
        for metric in widget["properties"]["metrics"]
    ]
    searched = 0
    for metric in asked:
        if isinstance(metric[0], dict):
            schema, name, rest = re.match(
                r"SEARCH\('\{(.+?)\} MetricName=\"(\w+)\"(.*?)', '(?:p50|Maximum|Sum)', 86400\)$",
                metric[0]["expression"],
            ).groups()
            namespace, *dimensions = schema.split(",")
            assert (namespace, name, tuple(dimensions)) in shapes
            for dimension, value in re.findall(r'(\w+)="(\w+)"', rest):
                assert (namespace, name, dimension, value) in written
            searched += 1
        else:
            namespace, name, dimension, value = metric[:4]
            assert (namespace, name, (dimension,)) in shapes
            assert value in ("satisfied", "unsatisfied", "none")
    assert searched == 3 and len(asked) == 6


def looked_up(record, path):
    for step in path.replace("`", "").split("."):
        record = record[int(step) if isinstance(record, list) else step]
    return record


def test_every_field_of_a_query_is_in_what_it_reads(widgets, journal):
    queries = {
        widget["properties"]["title"]: widget["properties"]["query"]
        for widget in widgets
        if widget["type"] == "log"
    }
    event, _ = recorded()
    fields = re.findall(r"(detail\.[\w.`-]+) as \w+", queries["Open approvals, the oldest first"])
    assert len(fields) == 6
    assert looked_up(event, fields[-1]) == "STARTED"
    for field in fields:
        assert isinstance(looked_up(event, field), str), field
    lines = [line for line in journal.read_text().splitlines() if line.startswith("{")]
    records = [record for record in map(json.loads, lines) if record.get("schemaVersion") == 1]
    refusal = next(record for record in records if record["verdict"] == "unsatisfied")
    (shown,) = re.findall(r"fields ([\w., ]+) \|", queries["The last refusals"])
    for field in shown.split(", "):
        assert isinstance(looked_up(refusal, field), str), field


def test_the_events_of_manual_approvals_are_kept_and_no_others(resources):
    pattern = EventPattern(None, resources["ApprovalRule"]["EventPattern"])
    event, others = recorded()
    for state in ("STARTED", "SUCCEEDED", "FAILED", "CANCELED"):
        assert pattern.matches_event({**event, "detail": {**event["detail"], "state": state}})
    invoked = {**event["detail"]["type"], "category": "Invoke", "provider": "Lambda"}
    assert not pattern.matches_event({**event, "detail": {**event["detail"], "type": invoked}})
    assert not any(pattern.matches_event(other) for other in others)
    text = MODULE.read_text()
    for said in ("aws.codepipeline", "CodePipeline Action Execution State Change", "Approval"):
        assert f'["{said}"]' in text


def test_only_the_rule_may_write_and_only_there(resources):
    assert resources["ApprovalRule"]["Targets"] == [{"Id": "log", "Arn": "ApprovalEvents.Arn"}]
    policy = json.loads(resources["MayWriteEvents"]["PolicyDocument"])
    create, write = policy["Statement"]
    assert (create["Action"], write["Action"]) == ("logs:CreateLogStream", "logs:PutLogEvents")
    for statement in (create, write):
        assert statement["Resource"] == "ApprovalEvents.Arn"
        services = ["events.amazonaws.com", "delivery.logs.amazonaws.com"]
        assert statement["Principal"] == {"Service": services}
    rule = f"arn:aws:events:us-east-1:111122223333:rule/{resources['ApprovalRule']['Name']}"
    assert write["Condition"] == {"ArnEquals": {"aws:SourceArn": rule}}
    text = plain(MODULE.read_text())
    for said in ("logs:CreateLogStream", "logs:PutLogEvents"):
        assert text.count(f'actions   = ["{said}"]') == 1
