"""The commands of docs/keys.md, run as they are on the page."""

import json
import re
import subprocess

import pytest
from cloudformation import ROOT
from conftest import BINARIES
from signatures import Key

PAGE = (ROOT / "docs" / "keys.md").read_text()


def section(title):
    """The blocks of a section, each with its language."""
    text = PAGE.split(f"\n### {title}\n")[1].split("\n#")[0]
    return re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)


def by_hand(folder, change=lambda commands: commands):
    *commands, (language, printed) = section("Verify one by hand")
    assert [kind for kind, _ in commands] == ["sh", "sh"] and language == "text"
    # What a reader pastes, one block after the other.
    script = change("".join(block for _, block in commands))
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True)
    return done, printed


def test_a_signature_is_verified_by_hand_as_the_page_says(tmp_path):
    done, printed = by_hand(tmp_path)
    assert (done.returncode, done.stdout) == (0, printed), done.stderr
    # The same statement as where the page explains it.
    ((_, explained),) = section("What is signed")
    assert (tmp_path / "statement").read_text() == explained
    # And policygen comes to the same conclusion, from the same key and comment.
    key = re.search(r"^key='(.+)'$", PAGE, re.MULTILINE)[1]
    comment = re.search(r"^comment='(.+)'$", PAGE, re.MULTILINE)[1]
    rule = tmp_path / "rule.json"
    rule.write_text(json.dumps({"requireSignature": True, "signingKeys": {"alice": [key]}}))
    fields = dict(line.split(" ", 1) for line in explained.splitlines()[1:])
    arguments = [f"--{name}={fields[name]}" for name in ("pipeline", "execution", "stage")]
    arguments += [f"--{name}={fields[name]}" for name in ("action", "attempt")]
    arguments += [f"--revision={revision}" for revision in fields["revisions"].split()]
    principal = "arn:aws:sts::111122223333:assumed-role/Approvers/anything"
    command = [BINARIES / "policygen", "explain", "--rule", rule, "--comment", comment]
    told = subprocess.run(
        [*command, *arguments, principal], capture_output=True, text=True, check=True
    )
    assert "proves     that alice signed this" in told.stdout


@pytest.mark.parametrize(
    "before, after",
    [
        ("answer Approved", "answer Rejected"),
        ("action ApprovalA", "action ApprovalB"),
        ("XuvKJ39t", "XuvKJ39u"),
        ("JPPUlxWz7sQ", "JPPUlxWz7sR"),
        ("-n two-person-rule", "-n another-rule"),
        ("ie1BbD'", "ie1BbE'"),
    ],
)
def test_by_hand_a_changed_field_is_refused(tmp_path, before, after):
    def change(commands):
        assert commands.count(before) == 1, before
        return commands.replace(before, after)

    done, _ = by_hand(tmp_path, change)
    assert done.returncode != 0 and "Good" not in done.stdout


def test_the_key_id_is_the_beginning_of_the_fingerprint(tmp_path):
    assert "only the last character may differ" in PAGE
    for person in ("alice", "bob", "carol"):
        key = Key(tmp_path, person)
        public = f"{key.path}.pub"
        printed = subprocess.run(
            ["ssh-keygen", "-lf", public], capture_output=True, text=True, check=True
        ).stdout
        fingerprint = re.search(r"SHA256:(\S+)", printed)[1]
        enrolled = subprocess.run(
            [BINARIES / "desk", "enrol", "--ssh", public, "--name", person, "--format", "json"],
            capture_output=True,
            text=True,
            check=True,
        )
        id = json.loads(enrolled.stdout)["keyId"]
        assert id == key.id and len(id) == 11
        assert fingerprint.replace("+", "-").replace("/", "_").startswith(id[:-1])
