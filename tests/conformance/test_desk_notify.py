"""The built program as the Lambda function that tells people what awaits them. Mails go through
moto's SNS, messages through webhooks.
"""

import json
import os
from datetime import UTC, timedelta

import pytest
from conftest import PIPELINE
from function_url import COOKIE_KEY, RUNTIME, refused_to_start
from iam_endpoint import serving
from notify import REGION, scheduled
from notify_firm import ORIGIN, ROLE, TOKEN, Firm
from test_desk import ACCOUNT, pipeline


@pytest.fixture(scope="module")
def moto():
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def found(tmp_path, moto):
    firms = []

    def start(**rule):
        firms.append(Firm(tmp_path, moto, **rule))
        return firms[-1]

    yield start
    for firm in firms:
        firm.stop()


ROSTER = {"ApprovalA": ["alice", "carol"], "ApprovalB": ["alice", "bob"]}


def test_the_first_of_two_keys_asks_those_who_can_turn_the_second_and_nobody_else(found):
    firm = found(roster=ROSTER)
    function = firm.function()
    execution = firm.release()
    firm.sign("alice", "ApprovalA")
    assert function.invoke(firm.ended_event(execution, "ApprovalA")) == {"notices": 1}
    firm.until(lambda: firm.sink.mails("all") and firm.told())
    assert firm.told() == {"bob": ["payments: ApprovalB waits for another person"]}
    (mail,) = firm.sink.mails("bob")
    news, *_, asked, _, link = mail["Message"].splitlines()
    assert news.startswith("alice has approved ApprovalA of payments. ApprovalB waits until 20")
    assert asked == "Asked: bob."
    assert link == f"{ORIGIN}/e/{PIPELINE}/{execution}"
    assert firm.sink.mails("stopped") == []
    (message,) = firm.posted("slack")
    assert message["blocks"][0]["text"]["text"] == mail["Message"].split("\n\n")[0]
    assert message["blocks"][1]["text"]["text"] == f"<{link}|Open the desk>"
    (card,) = (it["content"] for it in firm.posted("teams")[0]["attachments"])
    assert card["body"][0]["inlines"][0]["text"] == news
    assert [it["url"] for it in card["actions"]] == [link]

    firm.sign("bob", "ApprovalB")
    assert function.invoke(firm.ended_event(execution, "ApprovalB")) == {"notices": 0}
    assert len(firm.sink.mails("all")) == 1
    assert function.logged() == ""


def test_an_approval_that_does_not_count_is_told_as_one(found):
    firm = found()
    function = firm.function()
    execution = firm.release()
    firm.unsigned("ApprovalA")
    assert function.invoke(firm.ended_event(execution, "ApprovalA")) == {"notices": 1}
    firm.until(lambda: set(firm.told()) == {"alice", "bob", "carol"})
    (mail,) = firm.sink.mails("bob")
    news = "user/manager has approved ApprovalA of payments, which does not count (not-signed)."
    assert news in mail["Message"]


def test_an_approval_that_the_rule_does_not_ask_for_is_nobodys_news(found):
    firm = found(actions=["ApprovalA", "ApprovalB"])
    function = firm.function()
    declared = pipeline()
    stage = declared["stages"][1]
    stage["actions"].insert(2, {**stage["actions"][0], "name": "Smoke"})
    firm.api.create_pipeline(pipeline=declared)
    firm.emulator.idle("manager", PIPELINE)
    execution = firm.start()
    firm.until(lambda: firm.open() == {"ApprovalA", "ApprovalB", "Smoke"})
    firm.sign("alice", "ApprovalA")
    firm.sign("bob", "ApprovalB")
    assert function.invoke(firm.ended_event(execution, "ApprovalB")) == {"notices": 0}


def test_nobody_is_asked_to_turn_a_key_that_is_turned_while_the_history_lags(found):
    firm = found(lag="4", requireSignature=False)
    function = firm.function()
    execution = firm.release()
    firm.unsigned("ApprovalA")
    event = firm.ended_event(execution, "ApprovalA")
    firm.unsigned("ApprovalB")
    assert function.invoke(event) == {"notices": 0}
    assert firm.sink.mails("all") == [] and firm.posted("slack") == []


def test_a_gate_that_lets_nothing_pass_tells_those_who_could_approve_after_a_retry(found):
    firm = found(roster=ROSTER)
    function = firm.function()
    execution = firm.release()
    firm.unsigned("ApprovalA", "ApprovalB")
    assert firm.gate(execution)["status"] == "Failed"
    assert function.invoke(firm.ended_event(execution, "Gate")) == {"notices": 1}
    subject = "payments: Gate did not let the release pass"
    firm.until(lambda: firm.told() == {name: [subject] for name in ("alice", "bob", "carol")})
    message = firm.sink.mails("carol")[0]["Message"]
    assert message.startswith("Gate did not let the release of payments pass.\n> ")
    assert "--retry-mode ALL_ACTIONS" in message and "not-signed" in message
    assert "Asked: alice, bob and carol." in message
    assert len(firm.sink.mails("stopped")) == 1
    # Other actions that fail are not the gate.
    event = firm.ended_event(execution, "Gate")
    event["detail"]["action-execution-id"] = firm.ended(execution, "Source")["actionExecutionId"]
    assert function.invoke(event) == {"notices": 0}


def test_a_day_before_a_time_out_people_are_told_once(found):
    firm = found()
    function = firm.function()
    declared = pipeline()
    declared["stages"][1]["actions"][0]["timeoutInMinutes"] = 2000
    firm.api.create_pipeline(pipeline=declared)
    firm.emulator.idle("manager", PIPELINE)
    execution = firm.start()
    firm.until(lambda: firm.open() == {"ApprovalA", "ApprovalB"})
    (opened,) = (it["startTime"] for it in firm.runs(execution) if it["actionName"] == "ApprovalA")
    due = opened.astimezone(UTC) + timedelta(minutes=2000 - 24 * 60)
    hours = [due + timedelta(hours=hour) for hour in (-2, -1, 0, 1, 2)]
    notices = [function.invoke(scheduled(hour))["notices"] for hour in hours]
    assert notices == [0, 0, 1, 0, 0]
    subject = "payments: ApprovalA times out in a day"
    firm.until(lambda: firm.told() == {name: [subject] for name in ("alice", "bob", "carol")})
    (mail,) = firm.sink.mails("bob")
    until = due + timedelta(hours=24)
    assert f"ApprovalA waits until {until:%Y-%m-%d %H:%M} UTC." in mail["Message"]
    assert "ApprovalB" not in mail["Message"]
    firm.sign("alice", "ApprovalA")
    assert function.invoke(scheduled(due)) == {"notices": 0}


def test_executions_side_by_side_are_told_apart(found):
    firm = found()
    function = firm.function()
    firm.create(executionMode="PARALLEL")
    first, second = firm.start(), firm.start()
    # The state of such a pipeline shows only one of them.
    firm.until(lambda: firm.waiting(first) == firm.waiting(second) == {"ApprovalA", "ApprovalB"})
    opened = min(it["startTime"] for it in firm.runs(first) if it["status"] == "InProgress")
    due = opened.astimezone(UTC) + timedelta(days=6)
    # They may have begun in two hours.
    hours = [due + timedelta(hours=hour) for hour in (-1, 0, 1)]
    assert sum(function.invoke(scheduled(hour))["notices"] for hour in hours) == 2
    expiring = [mail["Message"].splitlines()[-1] for mail in firm.sink.mails("all")]
    assert {link.rsplit("/", 1)[1] for link in expiring} == {first, second}

    firm.sign("alice", "ApprovalA", "--execution", first)
    assert function.invoke(firm.ended_event(first, "ApprovalA")) == {"notices": 1}
    (mail,) = firm.sink.mails("bob")[2:]
    assert mail["Message"].endswith(f"/{first}\n") and "ApprovalB waits" in mail["Message"]
    assert firm.waiting(second) == {"ApprovalA", "ApprovalB"}


def test_a_way_that_fails_does_not_stop_the_others_and_its_address_is_nowhere(found):
    firm = found()
    function = firm.function()
    execution = firm.release()
    firm.sign("alice", "ApprovalA")
    event = firm.ended_event(execution, "ApprovalA")
    firm.sink.fails[f"/slack/{TOKEN}"] = 404
    assert function.invoke(event) == {"notices": 1}
    firm.until(lambda: set(firm.told()) == {"bob", "carol"})
    assert len(firm.posted("teams")) == 1
    assert "Slack answered status 404: check the address in the secret" in function.logged()
    # Nothing gets through: Lambda tries again.
    firm.sink.fails[f"/teams/{TOKEN}"] = 410
    firm.clients["sns"].delete_topic(TopicArn=firm.topic)
    said = function.invoke(event)
    assert said.startswith("a notice about payments reached nobody: Publish answered NotFound")
    assert "Teams answered status 410" in said and TOKEN not in said
    firm.sink.fails.clear()
    assert firm.new_topic(firm.folder.name) == firm.topic
    assert function.invoke(event) == {"notices": 1}
    assert len(firm.sink.mails("bob")) == 2
    assert TOKEN not in function.logged()


@pytest.mark.parametrize(
    "secret, told",
    [
        (TOKEN, "the secret is not JSON with `slack` and `teams` alone"),
        (json.dumps({"slack": f"http://hooks.example/{TOKEN}"}), "does not begin with https://"),
        (None, "GetSecretValue answered ResourceNotFoundException"),
    ],
    ids=["not JSON", "plain HTTP", "no secret"],
)
def test_a_secret_that_is_no_use_is_told_and_mails_go_all_the_same(found, secret, told):
    firm = found()
    secrets = firm.clients["secretsmanager"]
    if secret is None:
        secrets.delete_secret(SecretId=firm.secret, ForceDeleteWithoutRecovery=True)
    else:
        secrets.put_secret_value(SecretId=firm.secret, SecretString=secret)
    function = firm.function()
    execution = firm.release()
    firm.sign("alice", "ApprovalA")
    assert function.invoke(firm.ended_event(execution, "ApprovalA")) == {"notices": 1}
    firm.until(lambda: set(firm.told()) == {"bob", "carol"})
    assert told in function.logged() and TOKEN not in function.logged()


def test_what_a_release_is_called_is_no_mark_up_and_no_line_of_its_own(found):
    attack = "<!channel> <https://evil.example|desk> [desk](https://evil.example) &lt;!here&gt;"
    firm = found(requireSignature=False)
    function = firm.function()
    firm.create()
    revision = {"actionName": "Source", "revisionType": "S3_OBJECT_VERSION_ID"}
    started = firm.api.start_pipeline_execution(
        name=PIPELINE, sourceRevisions=[{**revision, "revisionValue": attack}]
    )
    firm.until(lambda: firm.open() == {"ApprovalA", "ApprovalB"})
    firm.unsigned("ApprovalA")
    event = firm.ended_event(started["pipelineExecutionId"], "ApprovalA")
    assert function.invoke(event) == {"notices": 1}
    firm.until(lambda: firm.sink.mails("all"))
    (message,) = firm.posted("slack")
    plain, link = (it["text"] for it in message["blocks"])
    assert plain["type"] == "plain_text" and f"Releases: {attack}" in plain["text"]
    for mark_up in (link["text"], message["text"]):
        assert "evil" not in mark_up and "!" not in mark_up
    (card,) = (it["content"] for it in firm.posted("teams")[0]["attachments"])
    runs = [run for block in card["body"] for run in block["inlines"]]
    assert {run["type"] for run in runs} == {"TextRun"}
    (release,) = (run["text"] for run in runs if "evil" in run["text"])
    assert release.startswith(f"Releases: {attack}")
    assert "evil" not in json.dumps(card["actions"])


def test_an_event_is_not_believed(found):
    firm = found()
    function = firm.function(DESK_PIPELINES="payments")
    execution = firm.release()
    firm.sign("alice", "ApprovalA")
    event = firm.ended_event(execution, "ApprovalA")

    def changed(**detail):
        names = {name.replace("_", "-"): value for name, value in detail.items()}
        return function.invoke({**event, "detail": {**event["detail"], **names}})

    waits = firm.stage()["actionStates"]
    waits = {it["actionName"]: it["latestExecution"] for it in waits if "latestExecution" in it}
    # It has not ended, or it is nowhere.
    for attempt in (waits["ApprovalB"]["actionExecutionId"], "0" * 36):
        assert "does not show yet how" in changed(action_execution_id=attempt)
    assert changed(stage="Deploy") == {"notices": 0}
    assert changed(pipeline="wages") == {"notices": 0}
    assert "PipelineExecutionNotFoundException" in changed(
        execution_id="00000000-0000-0000-0000-000000000000"
    )
    for wrong in ({}, {**event, "source": "mallory"}, {**event, "detail": {}}):
        assert function.invoke(wrong).startswith("the event is neither a change")
    assert firm.sink.mails("all") == []
    # The state and the action in the event do not matter either.
    assert changed(state="FAILED", action="ApprovalB") == {"notices": 1}
    firm.until(lambda: set(firm.told()) == {"bob", "carol"})


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"DESK_TASK": "notifies"}, "DESK_TASK is neither `web` nor `notify`"),
        ({"DESK_TOPIC": None}, "neither DESK_TOPIC nor DESK_WEBHOOKS is set"),
        ({"DESK_TOPIC": "approvals"}, "DESK_TOPIC: it is not the ARN of a topic of SNS"),
        ({"DESK_WEBHOOKS": f"https://hooks.example/{TOKEN}"}, "DESK_WEBHOOKS: it is not the ARN"),
        ({"DESK_ROLE": None}, "DESK_ROLE is not set"),
        ({"DESK_COOKIE_KEY": COOKIE_KEY}, "DESK_COOKIE_KEY is not one of the desk's"),
        ({"TWO_PERSON_RULE": None}, "the rule has no `desk`"),
        ({"AWS_REGION": None}, "no region is configured"),
    ],
)
def test_a_function_that_lacks_a_setting_says_which_and_does_not_start(tmp_path, changes, told):
    settings = {
        **RUNTIME,
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "DESK_TASK": "notify",
        "DESK_ROLE": ROLE,
        "DESK_TOPIC": f"arn:aws:sns:{REGION}:{ACCOUNT}:approvals",
        "TWO_PERSON_RULE": json.dumps({"desk": {"rpId": "approve.example.com", "origin": ORIGIN}}),
        **changes,
    }
    settings = {name: value for name, value in settings.items() if value is not None}
    said = refused_to_start(tmp_path, settings)
    assert said.startswith("error: ") and told in said, said
    assert TOKEN not in said
