"""The ways into other people's checks: the GitHub action, the hook for pre-commit, and the examples
of `docs/ci.md`.
"""

import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
POLICYGEN = Path(os.environ.get("POLICYGEN", ROOT / "target" / "debug" / "policygen"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
PAGE = (ROOT / "docs" / "ci.md").read_text()
EXAMPLES = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
# It has a gate behind two approvals.
TEMPLATE = ROOT / "templates" / "pipeline.yaml"
NAME = "two-person-rule-0.1.0-x86_64-unknown-linux-gnu"
# `gh` with one release. It notes its calls, and verifies nothing if `forged` lies beside it.
GH = f"""#!/bin/bash
here=$(dirname "$0")
echo "$*" >> "$here/calls"
case "$1" in
  release) cp "$here/{NAME}.tar.gz" . ;;
  attestation) [ ! -e "$here/forged" ] ;;
esac
"""


@pytest.fixture
def runner(tmp_path):
    """A GitHub runner: folders, and a `gh` that has the program as a release."""
    release = tmp_path / "release"
    release.mkdir()
    (tmp_path / NAME).mkdir()
    # A debug build is large, so the archive only names it.
    (tmp_path / NAME / "policygen").write_text(f'#!/bin/sh\nexec "{POLICYGEN}" "$@"\n')
    (tmp_path / NAME / "policygen").chmod(0o755)
    with tarfile.open(release / f"{NAME}.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / NAME, NAME)
    (release / "gh").write_text(GH)
    (release / "gh").chmod(0o755)
    (tmp_path / "template.yaml").write_text(TEMPLATE.read_text())
    return tmp_path


def step(runner, number, **inputs):
    """Runs one step of the action, as GitHub runs `shell: bash`."""
    environment = {
        "PATH": f"{runner / 'release'}:{os.environ['PATH']}",
        "RUNNER_OS": "Linux",
        "RUNNER_ARCH": "X64",
        "RUNNER_TEMP": str(runner / "temp"),
        "GITHUB_OUTPUT": str(runner / "output"),
        "REPOSITORY": "owner/two-person-rule",
        **inputs,
    }
    if (runner / "output").exists():
        environment["PROGRAM"] = (runner / "output").read_text().strip().removeprefix("program=")
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
    return subprocess.run(
        [*command, ACTION["runs"]["steps"][number]["run"]],
        capture_output=True,
        text=True,
        cwd=runner,
        env=environment,
        check=False,
    )


def test_the_action_verifies_a_release_and_runs_it(runner):
    assert step(runner, 0, VERSION="v0.1.0").returncode == 0
    assert (runner / "release" / "calls").read_text().splitlines() == [
        f"release download v0.1.0 --repo owner/two-person-rule --pattern {NAME}.tar.gz --clobber",
        f"attestation verify {NAME}.tar.gz --repo owner/two-person-rule",
    ]
    ran = step(
        runner,
        1,
        ARGUMENTS="doctor --template 'template.yaml' --format sarif",
        REPORT="doctor.sarif",
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads((runner / "doctor.sarif").read_text())["version"] == "2.1.0"
    # Without a gate of this name, the step fails and the report says why.
    ran = step(
        runner, 1, ARGUMENTS="doctor --template template.yaml --gate-function other", REPORT=""
    )
    assert ran.returncode == 10
    assert "no-gate" in ran.stdout


def test_the_action_runs_nothing_that_we_did_not_build(runner):
    (runner / "release" / "forged").touch()
    assert step(runner, 0, VERSION="v0.1.0").returncode != 0
    assert not (runner / "output").exists()


def test_the_action_expands_nothing(runner):
    assert step(runner, 0, VERSION="v0.1.0").returncode == 0
    ran = step(runner, 1, ARGUMENTS="doctor --template '$(touch made)' `touch made`", REPORT="")
    assert ran.returncode == 1
    assert "`$(touch made)` cannot be read" in ran.stderr
    assert not (runner / "made").exists()


def test_the_action_says_for_which_machines_it_has_no_program(runner):
    ran = step(runner, 0, VERSION="v0.1.0", RUNNER_OS="Windows")
    assert ran.returncode == 1
    assert "policygen has no program for Windows on X64" in ran.stdout


def test_the_hook_checks_the_templates_that_it_is_given(runner):
    (hook,) = HOOKS
    assert re.search(hook["files"], "deploy/pipeline.yaml")
    assert not re.search(hook["files"], "deploy/network.yaml")
    program, *arguments = hook["entry"].split()
    assert program == "policygen"
    ran = subprocess.run([POLICYGEN, *arguments, TEMPLATE, TEMPLATE], check=False)
    assert ran.returncode == 0
    (runner / "pipeline.yaml").write_text(TEMPLATE.read_text().replace("Lambda", "Other"))
    ran = subprocess.run([POLICYGEN, *arguments, TEMPLATE, runner / "pipeline.yaml"], check=False)
    assert ran.returncode == 10


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: next(iter(example)))
def test_the_commands_of_the_page_run(example, runner):
    shutil.copy(TEMPLATE, runner / "pipeline.yaml")
    (runner / "rule.json").write_text("{}")
    commands = [text for text in strings(example) if " --template " in text]
    commands = [text.removeprefix('"$NAME/policygen" ') for text in commands]
    hooks = [hook for repository in example.get("repos", []) for hook in repository["hooks"]]
    assert commands or hooks
    for command in commands:
        ran = subprocess.run([POLICYGEN, *command.split()], cwd=runner, check=False)
        assert ran.returncode == 0
    assert {hook["id"] for hook in hooks} <= {hook["id"] for hook in HOOKS}


def test_the_example_gives_the_action_what_it_takes():
    steps = [step for job in EXAMPLES[0]["jobs"].values() for step in job["steps"]]
    ours = [step for step in steps if step.get("uses", "").startswith("OWNER/")]
    assert len(ours) == 2
    for step in ours:
        assert set(step["with"]) <= set(ACTION["inputs"])


def strings(value):
    """All texts in a document."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []
