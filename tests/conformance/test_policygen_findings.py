"""What the checks of policygen write, against the schema of SARIF 2.1.0 and as real readers read
it.
"""

import csv
import io
import json
import os
import subprocess
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

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


def github_errors(report):
    """What code scanning of GitHub would refuse or not show (GitHub Docs, "SARIF support for code
    scanning").
    """
    (run,) = report["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    for id, rule in rules.items():
        if not 0 < len(id) <= 255:
            yield f"{id}: id"
        for text in ("shortDescription", "fullDescription"):
            if not 0 < len(rule[text]["text"]) <= 1024:
                yield f"{id}: {text}"
        if not rule["help"]["text"] or urlsplit(rule["helpUri"]).scheme != "https":
            yield f"{id}: help"
        properties = rule["properties"]
        if not 0 < float(properties["security-severity"]) <= 10 or len(properties["tags"]) > 20:
            yield f"{id}: severity or tags"
        if properties["problem.severity"] not in ("error", "warning", "recommendation"):
            yield f"{id}: problem.severity"
        if properties["precision"] not in ("very-high", "high", "medium", "low"):
            yield f"{id}: precision"
    if len(run["results"]) > 25_000:
        yield "too many results"
    for result in run["results"]:
        if result["ruleId"] not in rules or not result["message"]["text"]:
            yield f"{result}: rule or message"
        if not result["partialFingerprints"]["primaryLocationLineHash"]:
            yield f"{result}: fingerprint"
        if not 0 < len(result["locations"]) <= 1000:
            yield f"{result}: locations"
        for location in result["locations"]:
            place = location["physicalLocation"]
            uri = urlsplit(place["artifactLocation"]["uri"])
            if uri.scheme or uri.netloc or uri.query or uri.fragment or not uri.path:
                yield f"{result}: {uri}"
            if place["region"]["startLine"] < 1:
                yield f"{result}: line"


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.stem)
def test_junit_is_xml_whose_numbers_are_those_of_its_cases(path):
    suites = ElementTree.fromstring(doctor(path, "--format", "junit", "--fail-on", "note"))
    (suite,) = suites
    cases = suite.findall("testcase")
    failed = {case.get("name") for case in cases if case.find("failure") is not None}
    found = json.loads(doctor(path, "--format", "json"))["findings"]
    assert failed == {finding["code"] for finding in found}
    for of in (suites, suite):
        assert (int(of.get("tests")), int(of.get("failures"))) == (len(cases), len(failed))


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
    assert list(github_errors(report)) == []
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
    assert list(github_errors(report)) == []
    (run,) = report["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["no-gate"]
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["helpUri"].endswith(f"/blob/main/docs/evidence.md#{rule['id']}")
