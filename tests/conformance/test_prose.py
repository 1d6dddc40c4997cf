"""tests/prose finds what docs/style.md forbids, where it stands, and nothing in code or quotes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROSE = Path(__file__).resolve().parent.parent / "prose"

# A sentence for each phrase, and what is reported.
FORBIDDEN = [
    ("The person whom it names.", "whom"),
    ("The role is made anew.", "anew"),
    ("Both are alike.", "alike"),
    ("It is checked besides.", "besides"),
    ("The sum thereof.", "thereof"),
    ("The file wherein it is.", "wherein"),
    ("The name, none where unknown.", "none where"),
    ("Empty where there is no name.", "where there is no"),
    ("It holds there as well.", "as well"),
    ("A late one, at that.", "at that"),
    ("It is late at any rate.", "at any rate"),
    ("The list, such as it is, ends.", "such as it is"),
    ("It is too late for it to count.", "for it to"),
    ("A person of its own.", "of its own"),
    ("A name of its own that stays.", "of its own"),
    ("This goes round the gate.", "goes round"),
    ("Its names are made up.", "are made up"),
    ("The map tells the two apart.", "tells the two apart"),
    ("It takes the role for a user.", "takes the role for a"),
    ("What is said of it.", "said of"),
    ("What the map lacks is added.", "What the map lacks"),
    ("It was approved by who started it.", "by who"),
    ("Of several, the last.", "Of several"),
    ("It is the one that ends, not the other.", "the one that ends, not the other"),
]
RATIONED = [
    ("The role of which it is part.", "of which"),
    ("The key by which they join.", "by which"),
    ("The stage in which it runs.", "in which"),
    ("A session is no person.", "is no person"),
    ("There are no names.", "are no names"),
    ("Whoever approved.", "Whoever"),
    ("It takes whatever comes.", "whatever"),
    ("Who may approve it.", "Who may approve it"),
]
CLEAN = """//! Counts people. Returns `None` if the list is empty. It is no longer than
//! the list, and a look-alike is a role. AWS calls it "the pipeline in which it runs", and
//! `anew` is code. The account of its own user counts:
//!
//! ```
//! let anew = "whom";
//! ```

/// Returns the name if it is known. Who answers for it?
fn whom<'a>(anew: &'a str) -> char {
    let short = "whom"; // An identifier or a value is not prose.
    '"'
}
"""


def prose(*arguments):
    command = [sys.executable, PROSE, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def findings(output):
    """Pairs of the place and the text, from the lines above the table."""
    found = (re.fullmatch(r"(\S+:\d+): (.*)", line) for line in output.splitlines())
    return [match.groups() for match in found if match]


@pytest.fixture(scope="module")
def forbidden(tmp_path_factory):
    """What is found in a folder with a file for each forbidden phrase."""
    folder = tmp_path_factory.mktemp("forbidden")
    for number, (sentence, _) in enumerate(FORBIDDEN):
        (folder / f"{number}.rs").write_text(f"fn one() {{}}\n\n// {sentence}\n")
    code, output = prose(folder)
    assert code == 1
    return folder, findings(output)


@pytest.mark.parametrize("number", range(len(FORBIDDEN)), ids=[name for _, name in FORBIDDEN])
def test_a_forbidden_phrase_is_found_once(forbidden, number):
    folder, found = forbidden
    [text] = [text for place, text in found if place == f"{folder}/{number}.rs:3"]
    assert text.startswith(f'"{FORBIDDEN[number][1]}": say instead ')
    assert len(found) == len(FORBIDDEN)


def test_one_forbidden_phrase_is_enough_to_fail(tmp_path):
    (tmp_path / "one.rs").write_text("// The role is made anew.\n")
    assert prose(tmp_path)[0] == 1


@pytest.mark.parametrize(("sentence", "phrase"), RATIONED)
def test_a_rationed_phrase_may_stand_once_and_is_listed_on_request(tmp_path, sentence, phrase):
    file = tmp_path / "one.rs"
    file.write_text(f"/// {sentence}\nfn one() {{}}\n")
    code, output = prose(file)
    assert (code, findings(output)) == (0, [])
    code, output = prose("--all", file)
    [(_, text)] = findings(output)
    assert (code, text.split('"')[1]) == (0, phrase)
    file.write_text(f"/// {sentence}\nfn one() {{}}\n\n/// {sentence}\nfn two() {{}}\n")
    code, output = prose(file)
    assert code == 1
    assert [place for place, _ in findings(output)] == [f"{file}:1", f"{file}:4"]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.rs", "//! One\n//! two of\n//! its own.\n", 2),
        ("a.rs", "fn a() {} // whom\n", 1),
        ("a.rs", 'fn a() { b("no name: \\\n   the person whom it names") }\n', 2),
        ("a.rs", "/* One\n * whom */\n", 2),
        ("a.py", '"""One.\n\nTwo whom.\n"""\n', 3),
        ("a.py", "A = '# whom'\nB = 1  # whom\n", 2),
        ("a.md", "# One\n\n- two\n  whom\n", 4),
        ("a.tf", 'a = "# whom"\n#tool:whom\n# whom\n', 3),
        ("a.ts", "/**\n * One.\n *\n * @default - two whom\n */\n", 4),
        ("a.ts", "/** Whom. */\n", 1),
        ("a.mjs", "const a = '// whom';\n  // whom\n", 2),
        ("a.yaml", "a: 1 # whom\n", 1),
        ("a.toml", "# whom\n", 1),
        ("run", "#!/bin/sh\n\n# whom\n", 3),
    ],
)
def test_each_language_is_read(tmp_path, name, text, line):
    (tmp_path / name).write_text(text)
    code, output = prose(tmp_path)
    assert code == 1
    assert [place for place, _ in findings(output)] == [f"{tmp_path / name}:{line}"]


def test_packages_of_others_are_not_read(tmp_path):
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "a.ts").write_text("// whom\n")
    assert prose(tmp_path)[0] == 0


def test_code_quotes_and_identifiers_are_not_prose(tmp_path):
    (tmp_path / "clean.rs").write_text(CLEAN)
    (tmp_path / "clean.md").write_text("Say `anew` or “whom”.\n\n```sh\nwhom anew\n```\n")
    code, output = prose("--all", tmp_path)
    assert (code, findings(output)) == (0, [])
    words = int(output.split()[-1])
    assert words > len(CLEAN.splitlines())


@pytest.mark.parametrize(
    ("name", "line", "wide"),
    [
        ("a.rs", f"// {'ab ' * 33}", True),
        ("a.rs", f"// https://{'ab' * 50}", False),
        ("a.md", f"{'ab ' * 34}", True),
        ("a.md", f"| {'ab ' * 34} |", False),
        ("a.md", f"```\n{'ab ' * 34}\n```", False),
        ("a.py", f"# {'ab ' * 33}c", True),
    ],
)
def test_prose_has_at_most_100_columns(tmp_path, name, line, wide):
    (tmp_path / name).write_text(f"{line}\n")
    code, output = prose(tmp_path)
    assert code == int(wide)
    assert ("columns: at most 100" in output) == wide


def test_a_path_that_is_not_there_is_an_error():
    command = [sys.executable, PROSE, "no/such/folder"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no such file or folder" in done.stderr
