"""`policygen audit` of small accounts, each with one known way to escalate or one shape that only
looks like it.

The files of `audit_cases` have one account a line, and everything that is found about what its
people can do. Names that begin with `esc-` and a service are paths of pathfinding.cloud, by their
numbers. In them `mallory` serves ApprovalA and has the permissions of one path.
"""

import json
import subprocess
from pathlib import Path

import pytest
from test_policygen_iam import POLICYGEN

CASES = [
    json.loads(line)
    for file in sorted((Path(__file__).parent / "audit_cases").glob("*.jsonl"))
    for line in file.read_text().splitlines()
]
# What somebody can do; the other codes are about practices, and about who is left.
CAN = {
    "can-approve-both",
    "can-approve-both-if",
    "can-approve-both-through-role",
    "can-bypass-gate",
    "can-grant-itself",
    "can-make-second-person",
    "may-run-as-approver",
    "member-of-both-groups",
    "not-decided",
}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_is_found_about_people(case, tmp_path):
    account = tmp_path / "account.json"
    account.write_text(json.dumps(case["account"]))
    for name, content in case.get("files", {}).items():
        (tmp_path / name).write_text(json.dumps(content))
    command = [POLICYGEN, "audit", "--account-file", account, "--format", "json"]
    ran = subprocess.run(
        [*command, *case["arguments"]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode in (0, 10), ran.stderr
    findings = json.loads(ran.stdout)["findings"]
    found = {
        (finding["code"], finding["subject"]["arn"].split(":", 5)[5])
        for finding in findings
        if finding["code"] in CAN
    }
    assert found == {tuple(expected) for expected in case["found"]}


def test_most_escalations_are_found_and_most_look_alikes_are_not():
    """The list has both, so that neither everything nor nothing passes."""
    found = [case for case in CASES if case["found"]]
    assert len(found) > 80
    assert len(CASES) - len(found) > 30
