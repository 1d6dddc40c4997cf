"""The table in `docs/escalation-paths.md` says what `policygen audit` finds.

A path is played with the account of its name: `esc-` and the path. What the table says about the
path is compared with the report, and its permissions with those that mallory has. These accounts
are written by hand, for the paths of the first list. `test_pathfinding.py` makes one for each.
"""

import json
import re
import subprocess
from pathlib import Path

import pytest
from audit_accounts import CASES
from test_policygen_iam import POLICYGEN

PAGE = Path(__file__).parents[2] / "docs" / "escalation-paths.md"
ROW = re.compile(
    r"^\| (?P<path>[a-z0-9]+-\d{3}) \| (?P<permissions>[^|]+) \| (?P<kind>found|not decidable)\b"
    r"[^|]*\[`(?P<code>[a-z-]+)`\]\(audit\.md#(?P<anchor>[a-z-]+)\) \|$"
)
ROWS = [match.groupdict() for line in PAGE.read_text().splitlines() if (match := ROW.match(line))]
ACCOUNTS = {case["name"].removeprefix("esc-"): case for case in CASES}
# The list with 88 paths: how many each service has.
LISTED = (
    ("apprunner", 2),
    ("batch", 3),
    ("bedrock", 7),
    ("braket", 1),
    ("cloudformation", 5),
    ("codebuild", 4),
    ("codedeploy", 1),
    ("cognitoidentity", 1),
    ("datapipeline", 1),
    ("ec2", 5),
    ("ecs", 9),
    ("emr", 1),
    ("emrserverless", 1),
    ("gamelift", 1),
    ("glue", 7),
    ("iam", 21),
    ("imagebuilder", 1),
    ("kinesisanalytics", 1),
    ("lambda", 6),
    ("omics", 1),
    ("sagemaker", 5),
    ("ssm", 3),
    ("sts", 1),
)


def test_all_88_paths_are_in_the_table_once():
    listed = [f"{name}-{at:03}" for name, count in LISTED for at in range(1, count + 1)]
    assert [row["path"] for row in ROWS] == listed
    assert len(listed) == 88


def actions(account):
    """What mallory's own policies allow, or those of the role that the path is about."""
    (mallory,) = (user for user in account["UserDetailList"] if user["UserName"] == "mallory")
    policies = mallory["UserPolicyList"] or account["RoleDetailList"][0]["RolePolicyList"]
    for policy in policies:
        for statement in policy["PolicyDocument"]["Statement"]:
            allowed = statement["Action"]
            yield from [allowed] if isinstance(allowed, str) else allowed


PLAYED = [row for row in ROWS if row["path"] in ACCOUNTS]


def test_the_accounts_of_the_first_list_are_all_played():
    assert len(PLAYED) == 65


@pytest.mark.parametrize("row", PLAYED, ids=[row["path"] for row in PLAYED])
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
