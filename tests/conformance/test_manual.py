"""Each program says which version it is, and brings its completions and manual pages."""

import re
import subprocess

import pytest
from conftest import BINARIES, ROOT

VERBS = {"policygen": "audit", "desk": "approve", "emulator": "serve"}


def run(program, *arguments):
    return subprocess.run([BINARIES / program, *arguments], capture_output=True, text=True)


@pytest.mark.parametrize("program", [*VERBS, "gate", "relay"])
def test_the_version_has_the_commit(program):
    said = run(program, "--version")
    assert (said.returncode, said.stderr) == (0, "")
    commit = r" \([0-9a-f]{12}\)" if (ROOT / ".git").exists() else ""
    assert re.fullmatch(rf"{program} \d+\.\d+\.\d+{commit}\n", said.stdout), said.stdout


@pytest.mark.parametrize(("program", "verb"), VERBS.items())
def test_every_shell_has_a_script_that_knows_the_verbs(program, verb):
    for shell in ("bash", "elvish", "fish", "powershell", "zsh"):
        script = run(program, "completions", shell)
        assert script.returncode == 0 and verb in script.stdout, shell
    bash = run(program, "completions", "bash").stdout
    words = f"COMP_WORDS=({program} {verb[:3]}); COMP_CWORD=1; _{program} {program} {verb[:3]}"
    offered = f'{bash}\n{words} {program}\nprintf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", offered], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [verb], done.stdout


@pytest.mark.parametrize(("program", "verb"), VERBS.items())
def test_the_program_and_its_verbs_have_manual_pages(program, verb):
    assert f".TH {program} 1" in run(program, "man").stdout
    assert f".TH {program}-{verb} 1" in run(program, "man", verb).stdout
    unknown = run(program, "man", "nothing")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr == f"error: there is no verb `nothing`; see `{program} --help`\n"
