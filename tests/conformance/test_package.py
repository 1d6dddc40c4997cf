"""The zip that gets deployed, built by `tests/run package`: what is in it, where it starts, and
that it is the gate.
"""

import os
import platform
import re
import subprocess
import zipfile
from pathlib import Path

import pytest
from cloudformation import ROOT, TEMPLATES
from conftest import BINARIES

PACKAGE = ROOT / "target" / "lambda" / "gate" / "bootstrap.zip"
# provided.al2023 has glibc 2.34 (AWS Lambda Developer Guide, "OS-only runtime").
GLIBC = (2, 34)
LIMIT = 4_000_000


def bootstrap(folder):
    """The executable out of the zip, as Lambda unpacks it."""
    if not PACKAGE.is_file():
        pytest.fail(f"{PACKAGE} is not there: `tests/run package` builds it")
    with zipfile.ZipFile(PACKAGE) as zip:
        path = folder / "bootstrap"
        path.write_bytes(zip.read("bootstrap"))
        path.chmod(zip.getinfo("bootstrap").external_attr >> 16 & 0o777)
    return path


@pytest.fixture
def program(tmp_path):
    return bootstrap(tmp_path)


def test_it_holds_one_executable_and_is_small(program):
    with zipfile.ZipFile(PACKAGE) as zip:
        (entry,) = zip.infolist()
        assert (entry.filename, entry.external_attr >> 16) == ("bootstrap", 0o100755)
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert zip.testzip() is None
    assert PACKAGE.stat().st_size <= LIMIT


def test_it_starts_on_lambdas_glibc(program):
    symbols = subprocess.run(
        ["objdump", "--dynamic-syms", program], capture_output=True, text=True, check=True
    ).stdout
    versions = {
        tuple(map(int, version.split(".")))
        for version in re.findall(r"\bGLIBC_([\d.]+)\b", symbols)
    }
    # None at all would be no proof: the gate is linked dynamically.
    assert versions and max(versions) <= GLIBC, max(versions)
    needed = subprocess.run(
        ["objdump", "--private-headers", program], capture_output=True, text=True, check=True
    ).stdout
    libraries = set(re.findall(r"NEEDED +(\S+)", needed))
    # In every image of Amazon Linux 2023.
    assert "libc.so.6" in libraries and libraries <= {
        "libc.so.6",
        "libm.so.6",
        "libgcc_s.so.1",
        "libpthread.so.0",
        "libdl.so.2",
        "ld-linux-x86-64.so.2",
        "ld-linux-aarch64.so.1",
    }


def test_it_tells_the_story_of_the_demo(program):
    command = [BINARIES / "emulator", "demo", "-v", "--gate", program]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr
    endings = [
        line.split()[2] for line in told.stdout.splitlines() if line.strip().startswith("The gate ")
    ]
    assert endings == [
        "refuses;",
        "lets",
        "refuses;",
        "lets",
        "refuses;",
        "refuses;",
        "lets",
        "refuses;",
    ], told.stdout


def test_nothing_of_the_machine_that_built_it_is_in_it(program):
    """A path would be another one elsewhere, and so would the bytes. `tests/reproducible` builds
    it, and the other zips, in two folders and compares them.
    """
    text = program.read_bytes()
    # There are paths: those of the crates, without the folder that they were in.
    assert b"cargo/registry/src/" in text
    cargo = os.environ.get("CARGO_HOME", Path.home() / ".cargo")
    for path in (ROOT, cargo, Path.home()):
        assert f"{path}/".encode() not in text, path


def test_the_same_program_gives_the_same_zip():
    before = PACKAGE.read_bytes()
    ours = "--arm64" if platform.machine() in ("arm64", "aarch64") else "--x86-64"
    done = subprocess.run([TEMPLATES / "package", ours], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert PACKAGE.read_bytes() == before
