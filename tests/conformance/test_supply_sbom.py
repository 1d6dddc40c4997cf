"""What the SBOM of a program says, held against what cargo builds the program from.

`templates/sbom` reads `cargo tree`. Here the truth is the graph of cargo's build: each compilation
of a release build, with its features, and what is linked into it.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from urllib.parse import unquote

import pytest
from cloudformation import ROOT, TEMPLATES
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from test_package import PACKAGE, bootstrap

CRATES = {
    "gate": "lambda",
    "desk": "desk",
    "relay": "relay",
    "reviews": "reviews",
    "policygen": "policygen",
}
TARGETS = {"--x86-64": "x86_64-unknown-linux-gnu", "--arm64": "aarch64-unknown-linux-gnu"}
PROGRAMS = pytest.mark.parametrize("program", CRATES)
# Of a package in the graph: `registry+…#ring@0.17.14`, or `path+file:///…/core/rule#0.1.0`.
ID = re.compile(r"(?P<place>[^#]+)#(?:(?P<name>[^@]+)@)?(?P<version>.+)")
LOCK = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
SUMS = {(crate["name"], crate["version"]): crate.get("checksum") for crate in LOCK}


def written(program, *arguments, root=ROOT):
    command = [sys.executable, root / "templates" / "sbom", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def sbom(program, architecture="--x86-64"):
    return json.loads(written(program, architecture))


def crates(document):
    """Name and version of each component that is a crate, with its features."""
    found = {}
    for component in document["components"]:
        if component["bom-ref"].startswith("rust:"):
            continue
        facts = {it["name"]: it["value"] for it in component.get("properties", [])}
        features = facts.get("two-person-rule:features", "")
        found[component["name"], component["version"]] = set(filter(None, features.split(",")))
    return found


@cache
def built(program, architecture="--x86-64"):
    """What a release build links into a program, and everything else that the build compiles."""
    command = ["cargo", "build", "--release", "--locked", "--package", CRATES[program]]
    command += ["--bin", program, "--target", TARGETS[architecture]]
    command += ["--unit-graph", "-Zunstable-options"]
    # The graph is unstable, so a stable cargo shows it only if it is told that it is not.
    environment = {**os.environ, "RUSTC_BOOTSTRAP": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    graph = json.loads(done.stdout)
    units, open, linked = graph["units"], list(graph["roots"]), set()
    while open:
        at = open.pop()
        if at not in linked:
            linked.add(at)
            used = [dependency["index"] for dependency in units[at]["dependencies"]]
            # A macro runs in the compiler, and a build script before it.
            open += [it for it in used if set(units[it]["target"]["kind"]) <= {"lib", "rlib"}]
    of_program = {named(units[at]): set(units[at]["features"]) for at in linked}
    return of_program, {named(unit) for unit in units} - of_program.keys()


def named(unit):
    found = ID.fullmatch(unit["pkg_id"])
    return found["name"] or found["place"].rsplit("/", 1)[-1], found["version"]


@PROGRAMS
@pytest.mark.parametrize("architecture", TARGETS)
def test_it_names_exactly_what_cargo_links_with_its_features(program, architecture):
    linked, only_built = built(program, architecture)
    assert crates(sbom(program, architecture)) == linked
    # There are macros and build scripts that a graph of Cargo.lock would name too.
    assert "syn" in {name for name, _ in only_built}


@PROGRAMS
def test_nothing_of_the_tests_is_in_it(program):
    names = {name for name, _ in crates(sbom(program))}
    assert {"rule", "ring", "rustls"} <= names
    assert not names & {"proptest", "insta", "boon", "kit", "e2e", "json-patch"}


@PROGRAMS
def test_it_is_valid_cyclonedx(program):
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    text = written(program)
    assert validator.validate_str(text) is None
    # The validator does look.
    assert validator.validate_str(text.replace('"type": "library"', '"type": "crate"', 1))


@PROGRAMS
def test_each_crate_has_its_licence_and_its_checksum(program):
    """Of Cargo.lock: cargo builds from nothing else than the file with this SHA-256."""
    document = sbom(program)
    for component in document["components"]:
        assert component["licenses"], component["name"]
        crate = component["name"], component["version"]
        if component["bom-ref"].startswith("pkg:"):
            (digest,) = component["hashes"]
            assert (digest["alg"], digest["content"]) == ("SHA-256", SUMS[crate])
            assert unquote(component["purl"]) == "pkg:cargo/{}@{}".format(*crate)
        else:
            # Anybody can publish another crate of this name.
            assert "purl" not in component and SUMS.get(crate) is None, crate
    assert document["metadata"]["component"]["name"] == program
    (std,) = [it for it in document["components"] if it["bom-ref"].startswith("rust:")]
    toolchain = tomllib.loads((ROOT / "rust-toolchain.toml").read_text())["toolchain"]
    assert (std["name"], std["version"]) == ("std", toolchain["channel"])


@PROGRAMS
def test_it_says_what_uses_what(program):
    """From the program, every component is reached, and nothing is named that is not one."""
    document = sbom(program)
    uses = {it["ref"]: it.get("dependsOn", []) for it in document["dependencies"]}
    known = {component["bom-ref"] for component in document["components"]} | {program}
    assert uses.keys() <= known
    open, reached = [program], set()
    while open:
        at = open.pop()
        if at not in reached:
            reached.add(at)
            open += uses[at]
    assert reached == known


def test_another_folder_gives_the_same_bytes(tmp_path):
    """Of another depth, and without what git does not track."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for path in subprocess.check_output(listed, cwd=ROOT, text=True).splitlines():
        if re.search(r"\.(rs|toml|lock|json)$|/sbom$", path) and (ROOT / path).is_file():
            target = tmp_path / "elsewhere" / "again" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, target)
    assert written("gate", root=tmp_path / "elsewhere" / "again") == written("gate")


def test_the_packages_one_lies_beside_the_zip_and_names_its_hash():
    beside = PACKAGE.with_name("gate.cdx.json")
    if not beside.is_file():
        pytest.fail(f"{beside} is not there: `tests/run package` writes it")
    document = json.loads(beside.read_text())
    (file,) = document["metadata"]["component"]["components"]
    digest = hashlib.sha256(PACKAGE.read_bytes()).hexdigest()
    assert (file["name"], file["hashes"][0]["content"]) == ("bootstrap.zip", digest)
    (target,) = document["metadata"]["component"]["properties"]
    assert target["value"] in TARGETS.values()


def test_every_crate_that_left_its_name_in_the_gate_is_in_its_sbom(tmp_path):
    """The executable has paths of sources, for messages of panics: `…/ring-0.17.14/src/…`. They
    come from the compiler, and not from cargo's view of the dependencies. Those of Rust's own
    library, which has crates in it, begin with another folder.
    """
    text = bootstrap(tmp_path).read_bytes()
    crate = rb"cargo/registry/src/[^/]+/([\w-]+)-(\d+\.\d+\.\d+[\w.+-]*)/"
    found = set(re.findall(crate, text))
    left = {(name.decode(), version.decode()) for name, version in found}
    assert len(left) > 20
    assert left <= crates(sbom("gate")).keys()


def test_without_its_library_it_says_what_to_do(tmp_path):
    (tmp_path / "cyclonedx.py").write_text("raise ImportError('no cyclonedx here')\n")
    command = [sys.executable, TEMPLATES / "sbom", "gate"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    told = "error: no cyclonedx here; `pip install -r templates/requirements.txt`, and try again\n"
    assert done.stderr == told
