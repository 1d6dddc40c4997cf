"""What the checks of policygen write, against the schema of SARIF 2.1.0 and as real readers read
it.
"""

import csv
import io
import json
import os
import subprocess
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
POLICYGEN = os.environ.get("POLICYGEN", ROOT / "target" / "debug" / "policygen")
FIXTURES = ROOT / "policygen" / "tests" / "fixtures"
# Pipelines with something to find in them.
PIPELINES = [
    FIXTURES / "pipeline" / f"{name}.json"
    for name in ("good", "gate-there", "deploys-first", "nothing-deploys", "type-v1")
]


# Published by OASIS; schema/README.md names its source.
SCHEMA = json.loads((Path(__file__).parent / "schema" / "sarif-2.1.0.json").read_text())


def doctor(path, *arguments):
    done = subprocess.run(
        [POLICYGEN, "doctor", "--pipeline-file", path, *arguments], capture_output=True, text=True
    )
    assert done.returncode in (0, 10), done.stderr
    return done.stdout


def schema_errors(report):
    validator = jsonschema.validators.validator_for(SCHEMA)
    checked = validator(SCHEMA, format_checker=validator.FORMAT_CHECKER)
    return list(checked.iter_errors(report))


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.stem)
def test_sarif_is_valid_and_holds_every_finding(path, tmp_path):
    found = json.loads(doctor(path, "--format", "json"))["findings"]
    assert found
    accept = tmp_path / "accept.json"
    first = {
        "code": found[0]["code"],
        "subject": found[0]["subject"]["arn"],
        "reason": "=RISK()",
        "expires": "2999-12-31",
    }
    accept.write_text(json.dumps([first]))
    report = json.loads(doctor(path, "--format", "sarif", "--accept", accept))
    assert schema_errors(report) == []
    (run,) = report["runs"]
    results = run["results"]
    assert sorted(result["ruleId"] for result in results) == sorted(
        finding["code"] for finding in found
    )
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["helpUri"].endswith(f"/blob/main/docs/doctor.md#{rule['id']}")
    for result in results:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    suppressed = [result for result in results if result["suppressions"]]
    assert [result["suppressions"][0]["justification"] for result in suppressed] == ["=RISK()"]


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.stem)
def test_csv_has_a_row_for_every_finding_and_no_formula(path, tmp_path):
    found = json.loads(doctor(path, "--format", "json"))["findings"]
    accept = tmp_path / "accept.json"
    first = {
        "code": found[0]["code"],
        "subject": found[0]["subject"]["arn"],
        "reason": "=RISK()",
        "expires": "2999-12-31",
    }
    accept.write_text(json.dumps([first]))
    rows = list(
        csv.DictReader(io.StringIO(doctor(path, "--format", "csv", "--accept", accept), newline=""))
    )
    assert len(rows) == len(found)
    assert [row["accepted"] for row in rows if row["accepted"]] == ["'=RISK()"]
    assert not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "-", "@")]


def test_the_exceptions_of_evidence_are_valid_sarif(tmp_path):
    execution = {
        "pipelineExecutionId": "e",
        "status": "Succeeded",
        "startTime": "2026-01-02T03:04:05Z",
    }
    action = {
        "pipelineExecutionId": "e",
        "actionExecutionId": "a",
        "stageName": "Deploy",
        "actionName": "Deploy",
        "status": "Succeeded",
        "startTime": "2026-01-02T03:05:05Z",
        "lastUpdateTime": "2026-01-02T03:06:05Z",
        "input": {
            "actionTypeId": {"category": "Deploy", "owner": "AWS", "provider": "CloudFormation"}
        },
    }
    lists = tmp_path / "lists.json"
    lists.write_text(
        json.dumps({"pipelineExecutionSummaries": [execution], "actionExecutionDetails": [action]})
    )
    arguments = ["--pipeline", "payments", "--input", lists, "--format", "sarif"]
    done = subprocess.run([POLICYGEN, "evidence", *arguments], capture_output=True, text=True)
    assert done.returncode == 10, done.stderr
    report = json.loads(done.stdout)
    assert schema_errors(report) == []
    (run,) = report["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["no-gate"]
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["helpUri"].endswith(f"/blob/main/docs/evidence.md#{rule['id']}")
