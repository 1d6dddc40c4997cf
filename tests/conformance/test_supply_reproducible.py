"""`tests/reproducible` tells builds that depend on their folder from those that do not. The builds
are stand-ins here: `tests/run reproducible` does the real ones, which take minutes.
"""

import os
import subprocess

import pytest
from cloudformation import ROOT

# What `cargo lambda` is asked, and the file that it writes.
BUILD = """#!/bin/sh
while [ "$1" != --lambda-dir ]; do shift; done
mkdir -p "$2/gate"
echo {text} > "$2/gate/bootstrap"
"""


def compared(folder, text):
    build = folder / "bin" / "cargo-lambda"
    build.parent.mkdir()
    build.write_text(BUILD.format(text=text))
    build.chmod(0o755)
    path = f"{build.parent}{os.pathsep}{os.environ['PATH']}"
    command = [ROOT / "tests" / "reproducible", "gate", "--keep", folder / "work"]
    return subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True)


def test_the_same_bytes_in_two_folders_pass(tmp_path):
    done = compared(tmp_path, "constant")
    assert done.returncode == 0, done.stdout + done.stderr
    *builds, zip, sbom, verdict = done.stdout.splitlines()
    assert len(builds) == 2 and verdict == "the same bytes twice"
    assert zip.endswith("  gate/bootstrap.zip") and sbom.endswith("  gate/gate.cdx.json")


@pytest.mark.parametrize("text", ["$PWD", "$CARGO_HOME"])
def test_bytes_that_depend_on_a_folder_fail(tmp_path, text):
    done = compared(tmp_path, text)
    assert done.returncode == 1
    assert "bootstrap.zip: " in done.stdout and done.stdout.endswith("NOT the same bytes\n")
