"""What the AWS CLI saves of a pipeline with two approvals and the gate, in memory."""

import json
import subprocess
from datetime import datetime, timedelta

from conftest import BINARIES

ACCOUNT = "111122223333"
REGION = "eu-west-1"
GATE = "two-person-rule-gate"


def at(start, minutes):
    return (datetime.fromisoformat(start) + timedelta(minutes=minutes)).isoformat()


def summary(execution, start="2026-03-02T10:00:00+00:00", **more):
    """An entry of ListPipelineExecutions."""
    return {
        "pipelineExecutionId": execution,
        "status": "Succeeded",
        "startTime": start,
        "lastUpdateTime": at(start, 6),
        "sourceRevisions": [{"actionName": "Source", "revisionId": f"rev-{execution}"}],
        "trigger": {
            "triggerType": "StartPipelineExecution",
            "triggerDetail": f"arn:aws:iam::{ACCOUNT}:user/starter",
        },
        "executionMode": "SUPERSEDED",
        **more,
    }


def detail(execution, start, stage, action, kind, begins, ends, result=None, **more):
    """An entry of ListActionExecutions."""
    category, provider = kind
    return {
        "pipelineExecutionId": execution,
        "actionExecutionId": f"{execution}-{action}",
        "pipelineVersion": 1,
        "stageName": stage,
        "actionName": action,
        "startTime": at(start, begins),
        "lastUpdateTime": at(start, ends),
        "status": "Succeeded",
        "input": {
            "actionTypeId": {
                "category": category,
                "owner": "AWS",
                "provider": provider,
                "version": "1",
            },
            "configuration": {},
            "region": REGION,
        },
        "output": {"executionResult": result or {}, "outputVariables": {}},
        **more,
    }


def details(execution, start="2026-03-02T10:00:00+00:00", approvers=("alice", "bob")):
    """The actions of an execution that these users approved, and that was released."""
    one = lambda *arguments, **more: detail(execution, start, *arguments, **more)
    actions = [
        one("Source", "Source", ("Source", "S3"), 0, 1, {"externalExecutionId": f"rev-{execution}"})
    ]
    for slot, user in zip(("ApprovalA", "ApprovalB"), approvers, strict=True):
        approval = one(
            "Release",
            slot,
            ("Approval", "Manual"),
            1,
            3,
            {"externalExecutionId": f"{execution}-{slot}", "externalExecutionSummary": "read"},
            updatedBy=f"arn:aws:iam::{ACCOUNT}:user/{user}",
        )
        actions.append(approval)
    gate = one("Release", "Gate", ("Invoke", "Lambda"), 3, 4, {"externalExecutionId": GATE})
    gate["input"]["configuration"] = {"FunctionName": GATE}
    gate["output"]["outputVariables"] = {"Verdict": "satisfied", "PipelineExecutionId": execution}
    return [*actions, gate, one("Deploy", "Deploy", ("Deploy", "S3"), 5, 6)]


def approval_event(execution, slot, user, start="2026-03-02T10:00:00+00:00"):
    """CloudTrail's event record of an answer."""
    return {
        "eventVersion": "1.11",
        "eventSource": "codepipeline.amazonaws.com",
        "eventName": "PutApprovalResult",
        "eventTime": at(start, 3).replace("+00:00", "Z"),
        "eventID": f"event-{execution}-{slot}",
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/{user}"},
        "requestParameters": {
            "pipelineName": "payments",
            "stageName": "Release",
            "actionName": slot,
            "token": f"{execution}-{slot}",
            "result": {"status": "Approved", "summary": "read"},
        },
    }


def account():
    """An account in which alice may answer one slot and bob the other."""
    users = []
    for user, slot in (("alice", "ApprovalA"), ("bob", "ApprovalB")):
        statement = {
            "Effect": "Allow",
            "Action": "codepipeline:PutApprovalResult",
            "Resource": f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:payments/Release/{slot}",
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        users.append(
            {
                "Path": "/",
                "UserName": user,
                "UserId": f"AIDA{user.upper():A<16}",
                "Arn": f"arn:aws:iam::{ACCOUNT}:user/{user}",
                "CreateDate": "2026-01-01T00:00:00+00:00",
                "UserPolicyList": [{"PolicyName": "Approve", "PolicyDocument": policy}],
                "GroupList": [],
                "AttachedManagedPolicies": [],
            }
        )
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    role = {
        "Path": "/",
        "RoleName": "Machine",
        "RoleId": "AROAMACHINEAAAAAAAAAA",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/Machine",
        "CreateDate": "2026-01-01T00:00:00+00:00",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "InstanceProfileList": [],
        "RolePolicyList": [],
        "AttachedManagedPolicies": [],
    }
    return {
        "UserDetailList": users,
        "GroupDetailList": [],
        "RoleDetailList": [role],
        "Policies": [],
    }


def policygen(*arguments, code=(0,), **how):
    """What the program writes to stdout and stderr. It ends with one of these exit codes."""
    command = [str(word) for word in (BINARIES / "policygen", *arguments)]
    done = subprocess.run(command, capture_output=True, **how)
    assert done.returncode in code, done.stdout.decode() + done.stderr.decode()
    return done.stdout.decode(), done.stderr.decode()


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1))
    return path
