"""The pipeline of the example `plain` of templates/cdk, with the gate and the rule that it deploys,
on the emulator: one person is refused, and two pass.
"""

import pytest
from cdk import declaration, rule
from conftest import Emulator
from test_templates_pipeline import Run


@pytest.fixture
def emulator(tmp_path):
    floor = tmp_path / "rule.json"
    floor.write_text(rule("plain"))
    served = Emulator("--rule", floor)
    yield served
    served.stop()


def test_one_person_is_refused_and_two_pass(emulator):
    run = Run(emulator, declaration("plain"))
    run.approve("alice", "ApprovalA")
    run.approve("alice", "ApprovalB")
    run.until(
        lambda actions: (
            actions["TwoPersonRule"].get("status") == "Failed" or "token" in actions["ApprovalA"]
        )
    )
    # The stage that retries as a whole asks everybody again.
    run.approve("alice", "ApprovalA")
    run.approve("bob", "ApprovalB")
    assert run.ended() == "Succeeded"
    first, second = run.attempts("TwoPersonRule")
    assert (first["status"], second["status"]) == ("Failed", "Succeeded")
    assert "same-person" in first["output"]["executionResult"]["externalExecutionSummary"]
    assert second["output"]["outputVariables"]["ApproverCount"] == "2"
    assert [attempt["status"] for attempt in run.attempts("Deploy")] == ["Succeeded"]


def test_approvers_see_what_they_approve_and_a_link_to_the_desk(emulator):
    run = Run(emulator, declaration("plain"))
    run.open("ApprovalA")
    shown = run.attempts("ApprovalA")[0]["input"]["resolvedConfiguration"]
    assert shown["ExternalEntityLink"] == f"https://approve.example.com/e/payments/{run.id}"
    assert (
        run.id in shown["CustomData"] and "Somebody else must give ApprovalB" in shown["CustomData"]
    )
