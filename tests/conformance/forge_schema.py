"""Checks replies of the forge: against GitHub's published description of its REST API, and against
the fields that GitLab documents.
"""

import json
from functools import cache
from pathlib import Path

import jsonschema

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTIONS = ROOT / "target/tools/forge/node_modules/@octokit/openapi/generated"

# "REST API resources" in GitLab's documentation: the fields that we read, and their types.
USER = {"id": int, "username": str, "name": str}
COMMIT = {"id": str, "parent_ids": list, "author_email": str, "committer_email": str}
DOCUMENTED = {
    "project": {"id": int, "path_with_namespace": str, "default_branch": str},
    "commit": COMMIT,
    "commits": COMMIT,
    "signature": {"signature_type": str, "verification_status": str},
    "user": {**USER, "bot": bool},
    "users": {**USER, "public_email": (str, type(None))},
    "member": {**USER, "access_level": int},
    "events": {"id": int, "created_at": str, "author": USER, "push_data": {"ref_type": str}},
    "versions": {"head_commit_sha": str, "created_at": str},
    "state_events": {"state": str, "user": USER, "source_commit": (str, type(None))},
    "approvals": {"approved": bool, "approved_by": list},
    "merge_requests": {
        "iid": int,
        "sha": str,
        "author": USER,
        "merge_user": USER,
        "source_branch": str,
        "target_branch": str,
        "updated_at": str,
    },
    "POST graphql": {"data": {"project": {"mergeRequest": {"commits": {"nodes": list}}}}},
}


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


def check_github(template, reply):
    """Raises if the reply is not as GitHub describes it."""
    problems = sorted(validator(template).iter_errors(reply), key=str)
    assert not problems, f"{template}: {problems[0]}"


def check_gitlab(template, reply):
    """Raises if the reply has not the fields that GitLab documents."""

    def fits(value, kind):
        if isinstance(kind, dict):
            return all(name in value and fits(value[name], kind[name]) for name in kind)
        return isinstance(value, kind)

    for one in reply if isinstance(reply, list) else [reply]:
        assert fits(one, DOCUMENTED[template]), (template, one)
