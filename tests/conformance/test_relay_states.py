"""The definitions of the relay's state machines, by a validator of the Amazon States Language: its
grammar, the JSON paths, the ARNs of integrations, and that every state is reached.
"""

import json
import shutil
import subprocess

import pytest
from cloudformation import ROOT, TEMPLATES
from relay_stack import definition, resources

VALIDATOR = ROOT / "target" / "tools" / "states" / "node_modules" / ".bin" / "asl-validator"
MACHINES = {"RelayDoor": "door", "ReleaseMachine": "release"}
KNOWN = {
    "Relay.Arn": "arn:aws:lambda:eu-west-1:111122223333:function:two-person-rule-relay",
    "Cluster.Arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/two-person-rule-relay",
    "ReleaseTask": "arn:aws:ecs:eu-west-1:111122223333:task-definition/release:1",
    "Proofs": "two-person-rule-relay-proofs",
    "Feedback": "https://sqs.eu-west-1.amazonaws.com/111122223333/feedback.fifo",
}


def deployed(name):
    return definition(resources()[name], **KNOWN)


def validated(path, text):
    path.write_text(text)
    return subprocess.run([VALIDATOR, "--json-path", path], capture_output=True, text=True)


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node to run asl-validator")
@pytest.mark.parametrize("name", MACHINES)
def test_the_definition_is_valid(name, tmp_path):
    done = validated(tmp_path / "machine.json", deployed(name))
    assert done.returncode == 0 and "is valid" in done.stdout, done.stdout + done.stderr
    # It does find what is wrong.
    broken = json.loads(deployed(name))
    broken["States"][broken["StartAt"]]["Next"] = "Nowhere"
    done = validated(tmp_path / "broken.json", json.dumps(broken))
    assert done.returncode == 1, done.stdout


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_is_reached_and_every_error_of_a_task_is_caught(name):
    machine = json.loads(deployed(name))
    states, reached, waiting = machine["States"], set(), [machine["StartAt"]]
    while waiting:
        at = waiting.pop()
        if at in reached:
            continue
        reached.add(at)
        state = states[at]
        waiting += [state[key] for key in ("Next", "Default") if key in state]
        waiting += [it["Next"] for it in (*state.get("Choices", ()), *state.get("Catch", ()))]
    assert reached == states.keys()
    if name == "ReleaseMachine":
        # Whatever happens, the end is said: no path ends a release without it.
        for at, state in states.items():
            if state["Type"] == "Task" and at != "Say":
                assert "States.ALL" in [e for c in state["Catch"] for e in c["ErrorEquals"]], at
        ends = [at for at, state in states.items() if state["Type"] in ("Succeed", "Fail")]
        before = {at for at, state in states.items() if state.get("Next") in ends}
        assert before == set() and states["Say"]["Next"] == "IsReleased"
        choices = states["IsReleased"]
        assert {choices["Default"], *(it["Next"] for it in choices["Choices"])} == set(ends)


def test_both_templates_deploy_the_same_files():
    module = "".join(
        path.read_text() for path in sorted((TEMPLATES / "terraform" / "relay").glob("*.tf"))
    )
    for name, file in MACHINES.items():
        properties = resources()[name]["Properties"]
        assert properties["DefinitionUri"] == f"relay/{file}.asl.json"
        start = module.index(f'templatefile("${{path.module}}/../../relay/{file}.asl.json", {{')
        given = module[start:].split("})", 1)[0].splitlines()[1:]
        names = {line.split("=")[0].strip() for line in given if "=" in line}
        assert names == properties["DefinitionSubstitutions"].keys()
