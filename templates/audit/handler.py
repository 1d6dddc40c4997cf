"""An AWS Config custom rule: runs `policygen audit` in the account that AWS Config asks about, and
reports each finding's subject.

AWS Config invokes this once a period, and for an organisation once for every member account.
Nothing is reported unless the audit came to an end: where it could not, or found nothing to audit,
the invocation fails, and the rule keeps saying what it said before.
"""

import json
import os
import shlex
import subprocess
from pathlib import Path

import boto3

# Beside this file in the zip.
PROGRAM = os.environ.get("POLICYGEN", str(Path(__file__).resolve().parent / "policygen"))
# The ARN of the role to take in the audited `{account}`; without one, the function's own role
# audits its own account.
ROLE = os.environ.get("AUDIT_ROLE")
ARGUMENTS = shlex.split(os.environ.get("AUDIT_ARGUMENTS", ""))
FAIL_ON = os.environ.get("AUDIT_FAIL_ON", "error")

# From the worst down, as in `--fail-on`.
SEVERITIES = ["error", "warning", "note"]
# AWS Config's types, by service and kind of resource in an ARN. What is not here is reported on the
# account.
TYPES = {
    ("iam", "user"): "AWS::IAM::User",
    ("iam", "group"): "AWS::IAM::Group",
    ("iam", "role"): "AWS::IAM::Role",
    ("iam", "policy"): "AWS::IAM::Policy",
    ("lambda", "function"): "AWS::Lambda::Function",
}
# Limits of PutEvaluations (AWS Config API Reference, "PutEvaluations" and "Evaluation").
BATCH = 100
ANNOTATION = 256


class NoAudit(Exception):
    """The audit gave no answer, so nothing is known about compliance."""


def handler(event, _context):
    """AWS Config's entry point.

    Its events: AWS Config Developer Guide, "Example Events for AWS Config Rules".
    """
    notification = json.loads(event["invokingEvent"])
    if notification["messageType"] != "ScheduledNotification":
        raise NoAudit(f"the rule is periodic, and cannot answer a {notification['messageType']}")
    account = event["accountId"]
    session, environment = identity(account)
    findings = audit(environment)
    config = session.client("config")
    verdicts = evaluations(findings, account)
    verdicts += outdated(config, event["configRuleName"], verdicts)
    for verdict in verdicts:
        verdict["OrderingTimestamp"] = notification["notificationCreationTime"]
    put(config, verdicts, event["resultToken"])
    return {"findings": len(findings), "evaluations": len(verdicts)}


def identity(account):
    """The identity that reads and reports: a session, and the environment of the audit."""
    if not ROLE:
        return boto3.Session(), dict(os.environ)
    role = ROLE.replace("{account}", account)
    taken = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="two-person-rule-audit")[
        "Credentials"
    ]
    keys = (taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return boto3.Session(*keys), {**os.environ, **dict(zip(names, keys, strict=True))}


def audit(environment):
    """The findings at or above AUDIT_FAIL_ON."""
    command = [PROGRAM, "audit", *ARGUMENTS, "--format", "json", "--fail-on", FAIL_ON]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    # 0: nothing at or above the severity; 10: something. 3 is an account with nothing to audit, 1
    # and 2 are errors (docs/policygen.md).
    if done.returncode not in (0, 10):
        raise NoAudit(f"policygen audit ended with {done.returncode}: {done.stderr.strip()}")
    counted = SEVERITIES[: SEVERITIES.index(FAIL_ON) + 1]
    findings = [
        finding for finding in json.loads(done.stdout)["findings"] if finding["severity"] in counted
    ]
    if bool(findings) != (done.returncode == 10):
        raise NoAudit(
            f"policygen audit ended with {done.returncode} and "
            f"{len(findings)} findings at or above {FAIL_ON}"
        )
    return findings


def evaluations(findings, account):
    """NON_COMPLIANT for each subject, and one verdict on the account."""
    subjects = {}
    for finding in findings:
        # If there are many findings, one entry is about all subjects of a cause.
        arns = finding.get("subjects", {}).get("arns", [finding["subject"]["arn"]])
        for arn in arns:
            subjects.setdefault(resource(arn, account), []).append(finding)
    whole = ("AWS::::Account", account)
    about = subjects.pop(whole, []) or findings
    verdicts = [evaluation(*subject, "NON_COMPLIANT", of) for subject, of in subjects.items()]
    verdicts.append(evaluation(*whole, "NON_COMPLIANT" if findings else "COMPLIANT", about))
    return verdicts


def resource(arn, account):
    """AWS Config's type and id of what an ARN names. The id is the ARN, since users under two paths
    may have one name.
    """
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[4] == account:
        kind = TYPES.get((parts[2], parts[5].replace("/", ":").split(":")[0]))
        if kind:
            return kind, arn
    return "AWS::::Account", account


def evaluation(kind, id, compliance, findings):
    verdict = {
        "ComplianceResourceType": kind,
        "ComplianceResourceId": id,
        "ComplianceType": compliance,
    }
    if findings:
        codes = ", ".join(sorted({finding["code"] for finding in findings}))
        first = findings[0]
        # One entry may be about many subjects, and its message names the first of them.
        like = "like others, " if first["subject"]["arn"] != id and "subjects" in first else ""
        text = f"{codes}: {like}{first['message']}"
        verdict["Annotation"] = text if len(text) <= ANNOTATION else text[: ANNOTATION - 1] + "…"
    return verdict


def outdated(config, rule, verdicts):
    """What the rule said before of subjects that have no finding any more.

    AWS Config would keep it for ever.
    """
    now = {
        (verdict["ComplianceResourceType"], verdict["ComplianceResourceId"]) for verdict in verdicts
    }
    taken_back = []
    pages = config.get_paginator("get_compliance_details_by_config_rule").paginate(
        ConfigRuleName=rule
    )
    for page in pages:
        for result in page["EvaluationResults"]:
            before = result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]
            kind, id = before["ResourceType"], before["ResourceId"]
            if (kind, id) not in now:
                taken_back.append(evaluation(kind, id, "NOT_APPLICABLE", []))
    return taken_back


def put(config, verdicts, token):
    for start in range(0, len(verdicts), BATCH):
        reply = config.put_evaluations(
            Evaluations=verdicts[start : start + BATCH], ResultToken=token
        )
        if reply.get("FailedEvaluations"):
            raise NoAudit(
                f"AWS Config did not take {len(reply['FailedEvaluations'])} of the evaluations; "
                "they are sent again next time"
            )
