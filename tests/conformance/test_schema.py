"""Every rule that the templates deploy and that the book shows is valid by the schema of the rule,
by another implementation of JSON Schema than that of the Rust tests.
"""

import json
import re

import jsonschema
import pytest
from cloudformation import ROOT, deployed_rule, load

SCHEMAS = ROOT / "docs" / "schema"
RULE = json.loads((SCHEMAS / "rule.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(RULE)


def errors(rule):
    return [error.message for error in VALIDATOR.iter_errors(rule)]


@pytest.mark.parametrize("name", ["rule", "approvers", "decision", "finding"])
def test_the_schema_is_one(name):
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_templates_deploy_valid_rules():
    proof = {"ProofStore": "s3://bucket/proofs", "ArtifactBucket": "bucket"}
    key = {"ProofKeyArn": "arn:aws:kms:us-east-1:111122223333:key/1234abcd"}
    for parameters in ({}, {"TrustedSessionRoles": "Okta,AWSReservedSSO_A_01"}, proof | key):
        assert errors(json.loads(deployed_rule(**parameters))) == [], parameters
    archive = load("evidence-archive.yaml")["Parameters"]["TwoPersonRule"]["Default"]
    assert errors(json.loads(archive)) == []
    assert errors({"excludeInitiator": "true"}) != []


def shown():
    """The rules in the code blocks of the book and the README files, with their pages. A key that
    the text abbreviates is filled in.
    """
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("templates/**/*.md")]
    for page in pages:
        for block in re.findall(r"```json\n(.*?)```", page.read_text(), re.DOTALL):
            block = block.replace("AAAA…", "AAAA")
            block = block.replace("<credential id>:<public key>", "AAAA:AAAA")
            try:
                rule = json.loads(block)
            except ValueError:
                continue
            if isinstance(rule, dict) and rule and rule.keys() <= RULE["properties"].keys():
                yield page.relative_to(ROOT).as_posix(), rule


def test_the_rules_of_the_book_are_valid():
    rules = list(shown())
    assert len(rules) > 30
    refused = [(page, rule) for page, rule in rules if errors(rule)]
    # The page about a finding shows what is wrong first.
    wrong = {"people": {"alice": ["arn:aws:iam::111122223333:user/ali*"]}}
    assert refused == [("docs/doctor.md", wrong)]
