"""The page of the emulator shows how to sign an approval with ssh-keygen and the AWS CLI alone. Its
commands are run as they stand there.
"""

import re
import subprocess
import time

import pytest
from conftest import ROOT, Emulator

SECTION = "## Sign with ssh-keygen\n"
SERVE = "cargo run --release -p emulator -- "


def blocks():
    """The blocks of the section: the keys and the server, the pipeline, the functions, the
    approvals, the question, and what it answers.
    """
    page = (ROOT / "docs" / "emulator.md").read_text()
    section = page.split(SECTION)[1].split("\n## ")[0]
    found = re.findall(r"```(?:sh|text)\n(.*?)```", section, re.DOTALL)
    assert len(found) == 5
    return found


@pytest.fixture
def shell(tmp_path):
    """Runs commands in one folder: those before the emulator, and then those that use it."""
    served = []

    def run(script, emulator=None):
        environment = emulator.environment("alice") if emulator else None
        command = ["bash", "-euo", "pipefail", "-c", script]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def serve(script):
        prepare, line = script.strip().rsplit("\n", 1)
        run(prepare)
        assert line.startswith(SERVE)
        command, *arguments = line.removeprefix(SERVE).split()
        assert command == "serve"
        arguments = [tmp_path / it if it.endswith(".json") else it for it in arguments]
        served.append(Emulator(*arguments, empty=False))
        return served[0]

    yield run, serve
    for emulator in served:
        emulator.stop()


def answers(run, script, emulator):
    """What a question answers once the gate has run."""
    for _ in range(50):
        answer = run(script, emulator)
        if answer.strip():
            return answer
        time.sleep(0.1)
    raise AssertionError("the gate has not run")


def test_the_commands_of_the_page_sign_and_pass(shell):
    run, serve = shell
    keys, functions, approvals, question, answer = blocks()
    emulator = serve(keys)
    run(functions + approvals, emulator)
    assert answers(run, functions + question, emulator) == answer


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("approve bob ApprovalB", "approve alice ApprovalB", "same-person"),
        ("\nrevisions $revision", "\nrevisions -", "bad-signature"),
        (" [2pr1.s.$key.$nonce.$signature]", "", "not-signed"),
    ],
)
def test_one_word_changed_and_the_gate_refuses(shell, before, after, reason):
    run, serve = shell
    keys, functions, approvals, *_ = blocks()
    emulator = serve(keys)
    commands = functions + approvals
    assert before in commands
    run(commands.replace(before, after), emulator)
    question = (
        "aws codepipeline list-action-executions --pipeline-name payments --output text --query "
        "\"actionExecutionDetails[?actionName=='TwoPersonRule'].output.executionResult"
        '.externalExecutionSummary"'
    )
    assert f"- {reason}: " in answers(run, question, emulator)
