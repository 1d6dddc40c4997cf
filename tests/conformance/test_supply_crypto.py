"""The table of `docs/supply-chain.md` has a note for each crate that does cryptography, in the
version that is locked: a new crate, or a new version, fails here until somebody has looked at it.
"""

import json
import re
import subprocess
from functools import cache

import pytest
from cloudformation import ROOT
from test_supply_sbom import CRATES, crates, sbom

PAGE = (ROOT / "docs" / "supply-chain.md").read_text()
COLUMNS = "crate", "version", "who", "use", "review", "damage"
# These find random numbers, read keys and find authorities. On crates.io they are not in the
# category of cryptography.
NAMED = {"getrandom", "openssl-probe", "untrusted"}


def notes(page=PAGE):
    """The rows of the table, by the name of the crate."""
    _, _, section = page.partition("\n## Cryptography\n")
    rows = re.findall(r"^\| `.*\|$", section.partition("\n## ")[0], re.MULTILINE)
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]
    assert all(len(row) == len(COLUMNS) for row in cells), cells
    return {row[0].strip("`"): dict(zip(COLUMNS, row, strict=True)) for row in cells}


@cache
def categories():
    """The categories of each crate on crates.io."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    packages = json.loads(subprocess.check_output(command, cwd=ROOT, text=True))["packages"]
    return {(it["name"], it["version"]): it["categories"] for it in packages}


def does_cryptography(documents, categories):
    """The crates of others in these SBOMs that are cryptography, or that use one that is."""
    is_crypto = {
        crate
        for document in documents
        for crate in crates(document)
        if "cryptography" in categories.get(crate, ()) or crate[0] in NAMED
    }
    users = set()
    for document in documents:
        at = {it["bom-ref"]: (it["name"], it["version"]) for it in document["components"]}
        for row in document["dependencies"]:
            used = {at[it] for it in row.get("dependsOn", []) if it in at}
            direct = {crate for crate in used & is_crypto if crate[0] not in NAMED}
            if row["ref"].startswith("pkg:") and direct:
                users.add(at[row["ref"]])
    return is_crypto | users


def without_note(crates, notes):
    """The crates for which there is no note, or one for another version."""
    return {
        (name, version)
        for name, version in crates
        if name not in notes or version not in notes[name]["version"].split(", ")
    }


def test_each_crate_that_does_cryptography_has_its_note():
    found = does_cryptography([sbom(program) for program in CRATES], categories())
    assert {"ring", "rustls", "aws-sigv4", "sha2", "zeroize"} <= {name for name, _ in found}
    assert without_note(found, notes()) == set()
    # And no note is about what is gone.
    noted = {(name, it) for name, row in notes().items() for it in row["version"].split(", ")}
    assert noted - found == set()


@pytest.mark.parametrize("crate", [("ring", "0.17.15"), ("blake3", "1.8.2")])
def test_a_new_crate_or_another_version_has_none(crate):
    name, version = crate
    component = {"name": name, "version": version, "bom-ref": f"pkg:cargo/{name}@{version}"}
    document = {"components": [component], "dependencies": []}
    found = does_cryptography([document], {crate: ["cryptography"]})
    assert without_note(found, notes()) == {crate}


def test_a_crate_that_starts_to_use_one_has_none():
    parts = {"ring": "pkg:cargo/ring@0.17.14", "cookies": "pkg:cargo/cookies@1.0.0"}
    document = {
        "components": [
            {"name": "ring", "version": "0.17.14", "bom-ref": parts["ring"]},
            {"name": "cookies", "version": "1.0.0", "bom-ref": parts["cookies"]},
        ],
        "dependencies": [{"ref": parts["cookies"], "dependsOn": [parts["ring"]]}],
    }
    found = does_cryptography([document], {("ring", "0.17.14"): ["cryptography"]})
    assert without_note(found, notes()) == {("cookies", "1.0.0")}


@pytest.mark.parametrize("name", notes())
def test_each_note_says_who_what_and_where_to_look(name):
    row = notes()[name]
    assert all(row.values())
    assert re.search(r"\]\(https://\S+?\)", row["review"]), row
