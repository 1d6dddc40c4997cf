"""The table in `docs/escalation-paths.md` says what `policygen audit` finds.

Each path is played with the account of its name: `esc-` and the path. What the table says about the
path is compared with the report, and its permissions with those that mallory has.
"""

import json
import re
import subprocess
from pathlib import Path

import pytest
from test_audit_cases import CASES
from test_policygen_iam import POLICYGEN

PAGE = Path(__file__).parents[2] / "docs" / "escalation-paths.md"
ROW = re.compile(
    r"^\| (?P<path>[a-z0-9]+-\d{3}) \| (?P<permissions>[^|]+) \| (?P<kind>found|not decidable)\b"
    r"[^|]*\[`(?P<code>[a-z-]+)`\]\(audit\.md#(?P<anchor>[a-z-]+)\) \|$"
)
ROWS = [match.groupdict() for line in PAGE.read_text().splitlines() if (match := ROW.match(line))]
ACCOUNTS = {case["name"].removeprefix("esc-"): case for case in CASES}
# The list with 65 paths: how many each service has.
LISTED = (
    ("apprunner", 2),
    ("bedrock", 2),
    ("cloudformation", 5),
    ("codebuild", 4),
    ("datapipeline", 1),
    ("ec2", 5),
    ("ecs", 5),
    ("glue", 6),
    ("iam", 21),
    ("lambda", 6),
    ("sagemaker", 5),
    ("ssm", 2),
    ("sts", 1),
)


def test_all_65_paths_are_in_the_table_once():
    listed = [f"{name}-{at:03}" for name, count in LISTED for at in range(1, count + 1)]
    assert [row["path"] for row in ROWS] == listed
    assert len(listed) == 65


def actions(account):
    """What mallory's own policies allow, or those of the role that the path is about."""
    (mallory,) = (user for user in account["UserDetailList"] if user["UserName"] == "mallory")
    policies = mallory["UserPolicyList"] or account["RoleDetailList"][0]["RolePolicyList"]
    for policy in policies:
        for statement in policy["PolicyDocument"]["Statement"]:
            allowed = statement["Action"]
            yield from [allowed] if isinstance(allowed, str) else allowed


@pytest.mark.parametrize("row", ROWS, ids=[row["path"] for row in ROWS])
def test_the_audit_finds_what_the_table_says(row, tmp_path):
    account = ACCOUNTS[row["path"]]["account"]
    named = re.findall(r"`([^`]+)`", row["permissions"])
    assert set(named) == set(actions(account)) - {"codepipeline:PutApprovalResult"}
    file = tmp_path / "account.json"
    file.write_text(json.dumps(account))
    command = [POLICYGEN, "audit", "--account-file", file, "--format", "json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    findings = json.loads(ran.stdout)["findings"]
    codes = {
        finding["code"]
        for finding in findings
        if finding["subject"]["arn"].endswith((":user/mallory", ":role/mal-role"))
    }
    assert row["code"] in codes
    assert row["code"] == row["anchor"]
    # A note is not a way that was found, and a way that was found needs no note.
    is_note = row["code"] == "may-run-as-approver"
    assert is_note == (row["kind"] == "not decidable")
    assert is_note == ("may-run-as-approver" in codes)
