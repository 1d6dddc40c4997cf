"""The pipeline of the example `plain` of templates/cdk, with the gate and the rule that it deploys,
on the emulator: one person is refused, and two pass.
"""

import pytest
from cdk import declaration, rule
from conftest import Emulator
from test_templates_pipeline import Run, assert_that_one_person_is_refused_and_two_pass


@pytest.fixture
def emulator(tmp_path):
    floor = tmp_path / "rule.json"
    floor.write_text(rule("plain"))
    served = Emulator("--rule", floor)
    yield served
    served.stop()


def test_one_person_is_refused_and_two_pass(emulator):
    assert_that_one_person_is_refused_and_two_pass(Run(emulator, declaration("plain")))


def test_approvers_see_what_they_approve_and_a_link_to_the_desk(emulator):
    run = Run(emulator, declaration("plain"))
    run.open("ApprovalA")
    shown = run.attempts("ApprovalA")[0]["input"]["resolvedConfiguration"]
    assert shown["ExternalEntityLink"] == f"https://approve.example.com/e/payments/{run.id}"
    assert (
        run.id in shown["CustomData"] and "Somebody else must give ApprovalB" in shown["CustomData"]
    )
