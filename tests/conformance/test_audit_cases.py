"""`policygen audit` of small accounts, each with one known way to escalate or one shape that only
looks like it.

The files of `audit_cases` have one account a line, and everything that is found about what its
people can do. Names that begin with `esc-` and a service are paths of pathfinding.cloud, by their
numbers. In them `mallory` serves ApprovalA and has the permissions of one path.

A case may have a `rule`. What is found is a code and a subject, and may go on with the severity and
with what the gate makes of it (`refuses`, `counts-two`). `left` is what is found about who is left
to approve.
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


# Who is left to approve, and who is one human with two slots.
LEFT = {
    "depends-on-one-person",
    "no-valid-pair",
    "one-person-on-two-slots",
    "slot-without-approver",
}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_is_found_about_people(case, tmp_path):
    account = tmp_path / "account.json"
    account.write_text(json.dumps(case["account"]))
    command = [POLICYGEN, "audit", "--account-file", account, "--format", "json"]
    if "rule" in case:
        rule = tmp_path / "rule.json"
        rule.write_text(json.dumps(case["rule"]))
        command += ["--rule", rule]
    ran = subprocess.run(
        [*command, *case["arguments"]], capture_output=True, text=True, check=False
    )
    assert ran.returncode in (0, 10), ran.stderr
    findings = json.loads(ran.stdout)["findings"]
    check(findings, CAN, case["found"])
    if "left" in case:
        check(findings, LEFT, case["left"])


def check(findings, codes, expected):
    """The findings with these codes are those that are expected, as far as each says more."""
    found = {
        (finding["code"], finding["subject"]["arn"].split(":", 5)[5]): (
            finding["severity"],
            finding.get("gate"),
        )
        for finding in findings
        if finding["code"] in codes
    }
    assert set(found) == {(code, subject) for code, subject, *_ in expected}
    for code, subject, *more in expected:
        assert list(found[code, subject])[: len(more)] == more, (code, subject)
    for finding in findings:
        words = {"refuses": "the gate still refuses", "counts-two": "the gate would count two"}
        if "gate" in finding:
            assert words[finding["gate"]] in finding["message"]


def test_most_escalations_are_found_and_most_look_alikes_are_not():
    """The list has both, so that neither everything nor nothing passes."""
    found = [case for case in CASES if case["found"]]
    assert len(found) > 80
    assert len(CASES) - len(found) > 30
