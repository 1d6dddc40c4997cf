"""`policygen doctor --facts` over an execution of the emulator, with the log that the gate wrote:
everything holds there that can be seen.
"""

import json
import subprocess
import time
from pathlib import Path

from conftest import BINARIES, PIPELINE, STAGE, Emulator, declaration

RULE = Path(__file__).with_name("rule.json")
PARAMETERS = '{"pipelineExecutionId":"#{codepipeline.PipelineExecutionId}"}'


def until(look):
    for _ in range(3000):
        seen = look()
        if seen:
            return seen
        time.sleep(0.02)
    raise AssertionError("it never came")


def token(api, slot):
    """The token of an approval that is open."""
    state = api.get_pipeline_state(name=PIPELINE)
    actions = [action for stage in state["stageStates"] for action in stage["actionStates"]]
    runs = [action.get("latestExecution", {}) for action in actions if action["actionName"] == slot]
    return runs and runs[0].get("token")


def released(emulator):
    """An execution, started by the creation of its pipeline, that alice and carol, who came through
    a role, have approved.
    """
    clients = {key: emulator.client(key) for key in ("alice", "bob", "sso-carol")}
    api = clients["bob"]
    pipeline = declaration(pipelineType="V2")
    pipeline["stages"][1]["actions"][2]["configuration"]["UserParameters"] = PARAMETERS
    api.create_pipeline(pipeline=pipeline)
    [started] = until(
        lambda: api.list_pipeline_executions(pipelineName=PIPELINE)["pipelineExecutionSummaries"]
    )
    execution = started["pipelineExecutionId"]
    for who, slot in (("alice", "ApprovalA"), ("sso-carol", "ApprovalB")):
        clients[who].put_approval_result(
            pipelineName=PIPELINE,
            stageName=STAGE,
            actionName=slot,
            token=until(lambda slot=slot: token(api, slot)),
            result={"status": "Approved", "summary": "reviewed"},
        )

    def ended():
        reply = api.get_pipeline_execution(pipelineName=PIPELINE, pipelineExecutionId=execution)
        return reply["pipelineExecution"]["status"] != "InProgress"

    until(ended)
    return execution


def test_everything_that_can_be_seen_holds_in_the_emulator(tmp_path):
    path = tmp_path / "log"
    with path.open("w") as log:
        emulator = Emulator("--lag", "1", "--rule", RULE, log=log)
        try:
            execution = released(emulator)
            command = [
                BINARIES / "policygen",
                "doctor",
                "--facts",
                "--pipeline",
                PIPELINE,
                "--execution",
                execution,
            ]
            command += ["--function", "two-person-rule", "--log", path, "--format", "json"]
            done = subprocess.run(
                command, env=emulator.environment("bob"), capture_output=True, text=True
            )
        finally:
            emulator.stop()
    facts = {fact["fact"]: fact for fact in json.loads(done.stdout)["facts"]}
    assert done.returncode == 0, done.stdout
    unseen = {name for name, fact in facts.items() if fact["verdict"] == "not-seen"}
    assert unseen == {
        "trail-and-history-agree",
        "token-in-parallel-mode",
        "time-out-has-no-error-code",
        "automatic-retry-opens-new-attempts",
    }
    assert facts["reserved-names-prove-nothing"]["verdict"] == "not-tested"
    for secret in ("111122223333", "payments", "alice", "carol", execution):
        assert secret not in done.stdout
