"""Checks replies of the forge against GitHub's published description of its REST API."""

import json
from functools import cache
from pathlib import Path

import jsonschema

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTIONS = ROOT / "target/tools/forge/node_modules/@octokit/openapi/generated"


def is_installed():
    return DESCRIPTIONS.exists()


@cache
def description(name="api.github.com"):
    return json.loads((DESCRIPTIONS / f"{name}.json").read_text())


@cache
def validator(template):
    paths = description()["paths"][template]
    reply = paths["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return jsonschema.Draft4Validator({**nullable(reply), "components": {"schemas": schemas()}})


@cache
def schemas():
    return nullable(description()["components"]["schemas"])


def nullable(schema):
    """OpenAPI 3.0's `nullable` in the words of JSON Schema."""
    if isinstance(schema, list):
        return [nullable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: nullable(each) for name, each in schema.items() if name != "nullable"}
    if schema.get("nullable") is True:
        return {"anyOf": [plain, {"type": "null"}]}
    return plain


def check(template, reply):
    """Raises if the reply is not as GitHub describes it."""
    problems = sorted(validator(template).iter_errors(reply), key=str)
    assert not problems, f"{template}: {problems[0]}"
