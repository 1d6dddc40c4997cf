"""How policygen gets to people: the wheel, the Homebrew formula, the container image. What this
machine can build is built here, and the rest is held against the release workflow.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv

import pytest
import yaml
from conftest import BINARIES, ROOT

RELEASE = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
TARGETS = {row["target"] for row in RELEASE["programs"]["strategy"]["matrix"]["include"]}


# Alone, policygen would be built again: its dependencies have fewer features than in the workspace.
# maturin moves what cargo has built, and other tests are using it, so it gets a copy.
CARGO = """#!{python}
import json, shutil, subprocess, sys
arguments = sys.argv[1:]
if arguments[0] == "rustc":
    arguments = ["build", "--workspace", "--all-targets", "--locked", "--offline"]
    arguments += ["--message-format", "json-render-diagnostics"]
done = subprocess.run(["{cargo}", *arguments], stdout=subprocess.PIPE, text=True)
copy = shutil.copy("{built}", "{folder}")
for line in done.stdout.splitlines():
    if not (line.startswith("{{") and json.loads(line).get("profile", {{}}).get("test")):
        print(line.replace("{built}", copy))
sys.exit(done.returncode)
"""


def run(*command, cwd=ROOT, **options):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_is_the_program(tmp_path):
    cargo = tmp_path / "bin" / "cargo"
    cargo.parent.mkdir()
    names = {"python": sys.executable, "cargo": shutil.which("cargo")}
    names |= {"built": BINARIES / "policygen", "folder": tmp_path}
    cargo.write_text(CARGO.format(**names))
    cargo.chmod(0o755)
    path = f"{cargo.parent}{os.pathsep}{os.environ['PATH']}"
    options = ["--profile", "dev", "--offline", "--compatibility", "linux", "--out", tmp_path]
    run("maturin", "build", *options, env={**os.environ, "PATH": path})
    (wheel,) = tmp_path.glob("*.whl")
    assert re.fullmatch(rf"policygen-{VERSION}-py3-none-\w+\.whl", wheel.name)
    venv.create(tmp_path / "venv", with_pip=True)
    programs = tmp_path / "venv" / "bin"
    run(programs / "pip", "install", "--quiet", "--no-index", wheel)
    said = run(programs / "policygen", "--version")
    assert said == run(BINARIES / "policygen", "--version")
    names = run(sys.executable, "-m", "zipfile", "--list", wheel)
    assert "licenses/LICENSE" in names and ".py " not in names


def test_the_same_maturin_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (pin,) = project["build-system"]["requires"]
    for pins in (".github/requirements-release.txt", "tests/requirements.txt"):
        assert pin in (ROOT / pins).read_text().splitlines(), pins


def sums(folder, leave_out=None):
    """`SHA256SUMS` of a release."""
    digests = {
        target: f"{number:064x}"
        for number, target in enumerate(sorted(TARGETS), 1)
        if "windows" not in target and target != leave_out
    }
    lines = [f"{it}  two-person-rule-{VERSION}-{target}.tar.gz" for target, it in digests.items()]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n")
    return digests


def formula(folder):
    address = f"https://example.com/releases/download/v{VERSION}"
    command = [ROOT / "packaging" / "homebrew", VERSION, address, folder / "SHA256SUMS"]
    return address, subprocess.run(command, capture_output=True, text=True)


def test_the_formula_has_each_archive_of_the_release_with_its_digest(tmp_path):
    digests = sums(tmp_path)
    address, done = formula(tmp_path)
    assert done.returncode == 0, done.stderr
    given = re.findall(r'url "(.+)"\n +sha256 "(\w+)"', done.stdout)
    archive = f"{address}/two-person-rule-{VERSION}-"
    assert dict(given) == {f"{archive}{it}.tar.gz": digest for it, digest in digests.items()}
    assert len(given) == 4
    for system, target in (("macos", "apple-darwin"), ("linux", "unknown-linux-gnu")):
        of_system = done.stdout.split(f"on_{system} do")[1].split("\n  end\n")[0]
        assert re.findall(r"-(aarch64|x86_64)-", of_system) == ["aarch64", "x86_64"]
        assert of_system.count(target) == 2
    # What its test asks.
    assert "nobody (unattributable)" in run(BINARIES / "policygen", "explain", "root")


def test_ruby_reads_the_formula(tmp_path):
    if not shutil.which("ruby"):
        pytest.skip("there is no Ruby; get it with `apt-get install ruby`")
    sums(tmp_path)
    (tmp_path / "policygen.rb").write_text(formula(tmp_path)[1].stdout)
    assert run("ruby", "-wc", tmp_path / "policygen.rb") == "Syntax OK\n"


def test_a_release_without_an_archive_gets_no_formula(tmp_path):
    sums(tmp_path, leave_out="aarch64-apple-darwin")
    _, done = formula(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"does not list two-person-rule-{VERSION}-aarch64-apple-darwin.tar.gz" in done.stderr


def test_the_image_is_built_from_all_that_cargo_needs(tmp_path):
    _, _, kept = (ROOT / ".dockerignore").read_text().partition("\n*\n")
    for line in kept.splitlines():
        path = line.removeprefix("!").rstrip("/")
        source, target = ROOT / path, tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    metadata = run("cargo", "metadata", "--locked", "--offline", "--format-version=1", cwd=tmp_path)
    packages = {package["name"]: package for package in json.loads(metadata)["packages"]}
    scripts = [it for it in packages["policygen"]["targets"] if it["kind"] == ["custom-build"]]
    assert (tmp_path / "build" / "version.rs").samefile(scripts[0]["src_path"])


def test_a_release_waits_for_the_wheels_and_the_image():
    assert {"programs", "wheels", "image"} <= set(RELEASE["publish"]["needs"])
    wheels = {row["target"] for row in RELEASE["wheels"]["strategy"]["matrix"]["include"]}
    assert wheels == TARGETS
    assert RELEASE["python"]["needs"] == "publish"
