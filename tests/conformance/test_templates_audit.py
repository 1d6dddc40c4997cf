"""The function of audit.yaml: what it tells AWS Config of what `policygen audit` finds."""

import importlib.util
import json
import os
import subprocess

import pytest
from botocore.session import Session
from botocore.validate import ParamValidator
from cloudformation import TEMPLATES, actions, load, resolve, statements
from conftest import BINARIES

POLICYGEN = os.environ.get("POLICYGEN", BINARIES / "policygen")

ACCOUNT = "111122223333"
WHOLE = ("AWS::::Account", ACCOUNT)
EVENT = {
    "invokingEvent": json.dumps(
        {
            "messageType": "ScheduledNotification",
            "notificationCreationTime": "2026-01-02T03:04:05.678Z",
        }
    ),
    "configRuleName": "two-person-rule",
    "accountId": ACCOUNT,
    "resultToken": "token",
}


class Config:
    """AWS Config, as far as the function asks it; what it is told has to fit AWS's own model."""

    def __init__(self, before=(), refuses=0):
        self.before, self.refuses, self.calls = before, refuses, []

    def get_paginator(self, operation):
        assert operation == "get_compliance_details_by_config_rule"
        return self

    def paginate(self, ConfigRuleName):
        assert ConfigRuleName == "two-person-rule"
        for kind, id in self.before:
            yield {
                "EvaluationResults": [
                    {
                        "EvaluationResultIdentifier": {
                            "EvaluationResultQualifier": {"ResourceType": kind, "ResourceId": id}
                        }
                    }
                ]
            }

    def put_evaluations(self, **request):
        shape = Session().get_service_model("config").operation_model("PutEvaluations").input_shape
        problems = ParamValidator().validate(request, shape)
        assert not problems.has_errors(), problems.generate_report()
        assert len(request["Evaluations"]) <= 100 and request["ResultToken"] == "token"
        assert all(
            len(evaluation.get("Annotation", "")) <= 256 for evaluation in request["Evaluations"]
        )
        self.calls.append(request["Evaluations"])
        return {"FailedEvaluations": request["Evaluations"][: self.refuses]}

    def told(self):
        return {
            (e["ComplianceResourceType"], e["ComplianceResourceId"]): e["ComplianceType"]
            for call in self.calls
            for e in call
        }


@pytest.fixture
def function(monkeypatch):
    """The function as Lambda loads it, with an environment."""

    def loaded(**environment):
        for name, value in {"POLICYGEN": str(POLICYGEN), **environment}.items():
            monkeypatch.setenv(name, value)
        spec = importlib.util.spec_from_file_location("handler", TEMPLATES / "audit" / "handler.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return loaded


def invoke(module, config, monkeypatch, event=EVENT):
    """One invocation; AWS Config is the given one."""

    class Clients:
        def client(self, service):
            assert service == "config"
            return config

    monkeypatch.setattr(module.boto3, "Session", lambda *keys: Clients())
    return module.handler(event, None)


def account_file(tmp_path, both=False):
    """An account with what approvers.yaml deploys, and a user in each group; with `both`, alice in
    both.
    """
    resources = load("approvers.yaml")["Resources"]
    of = lambda kind: {
        name: each["Properties"] for name, each in resources.items() if each["Type"] == kind
    }
    arn = lambda kind, name: f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"
    common = lambda kind, name, letter: {
        "Arn": arn(kind, name),
        "Path": "/",
        "CreateDate": "2026-01-01T00:00:00+00:00",
        f"{kind.title()}Id": letter * 21,
    }
    policies = of("AWS::IAM::ManagedPolicy")
    account = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    for policy in policies.values():
        name = policy["ManagedPolicyName"]
        version = {
            "VersionId": "v1",
            "IsDefaultVersion": True,
            "Document": policy["PolicyDocument"],
            "CreateDate": "2026-01-01T00:00:00+00:00",
        }
        account["Policies"].append(
            {
                **common("policy", name, "P"),
                "PolicyName": name,
                "DefaultVersionId": "v1",
                "PolicyVersionList": [version],
            }
        )
    for group in of("AWS::IAM::Group").values():
        names = [policies[ref["Ref"]]["ManagedPolicyName"] for ref in group["ManagedPolicyArns"]]
        attached = [{"PolicyName": name, "PolicyArn": arn("policy", name)} for name in names]
        group = {
            **common("group", group["GroupName"], "G"),
            "GroupName": group["GroupName"],
            "GroupPolicyList": [],
            "AttachedManagedPolicies": attached,
        }
        account["GroupDetailList"].append(group)
    groups = [group["GroupName"] for group in account["GroupDetailList"]]
    for user, member in (("alice", groups if both else groups[:1]), ("bob", groups[1:])):
        user = {
            **common("user", user, "U"),
            "UserName": user,
            "GroupList": member,
            "UserPolicyList": [],
            "AttachedManagedPolicies": [],
            "Tags": [],
        }
        account["UserDetailList"].append(user)
    path = tmp_path / "account.json"
    path.write_text(json.dumps(account))
    return path


def default_arguments():
    return load("audit.yaml")["Parameters"]["AuditArguments"]["Default"]


def test_a_clean_account_is_compliant(function, tmp_path, monkeypatch):
    module = function(
        AUDIT_ARGUMENTS=f"{default_arguments()} --account-file '{account_file(tmp_path)}'"
    )
    config = Config()
    assert invoke(module, config, monkeypatch) == {"findings": 0, "evaluations": 1}
    assert config.told() == {WHOLE: "COMPLIANT"}
    assert config.calls[0][0]["OrderingTimestamp"] == "2026-01-02T03:04:05.678Z"


def test_each_subject_of_a_finding_is_not_compliant(function, tmp_path, monkeypatch):
    module = function(
        AUDIT_ARGUMENTS=f"{default_arguments()} "
        f"--account-file '{account_file(tmp_path, both=True)}'"
    )
    config = Config()
    invoke(module, config, monkeypatch)
    alice = ("AWS::IAM::User", f"arn:aws:iam::{ACCOUNT}:user/alice")
    assert config.told() == {WHOLE: "NON_COMPLIANT", alice: "NON_COMPLIANT"}
    (told,) = [e for call in config.calls for e in call if e["ComplianceResourceId"] == alice[1]]
    assert told["Annotation"].startswith("member-of-both-groups: `alice` is a member of")


def test_where_the_audit_fails_nothing_is_said(function, tmp_path, monkeypatch):
    empty = tmp_path / "empty.json"
    empty.write_text(
        '{"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}'
    )
    for arguments, code in (
        (f"--account-file {empty}", 3),
        (f"--account-file {tmp_path}/nowhere.json", 1),
        ("--no-such-option", 2),
    ):
        module = function(AUDIT_ARGUMENTS=arguments)
        config = Config()
        with pytest.raises(module.NoAudit, match=f"ended with {code}"):
            invoke(module, config, monkeypatch)
        assert config.calls == []


def test_the_role_may_do_what_the_audit_asks_for():
    printed = json.loads(
        subprocess.run(
            [POLICYGEN, "audit", "--print-permissions"], capture_output=True, text=True, check=True
        ).stdout
    )
    needed = {action for statement in printed["Statement"] for action in actions(statement)}
    reports = {"config:PutEvaluations", "config:GetComplianceDetailsByConfigRule"}
    member = resolve(load("audit-member.yaml"))["AuditRole"]["Properties"]
    assert {
        action for statement in statements(member).values() for action in actions(statement)
    } == needed | reports


def pretended(tmp_path, code, findings):
    """A program that ends as `policygen audit` would."""
    program = tmp_path / "policygen"
    report = json.dumps({"schemaVersion": 1, "findings": findings, "accepted": [], "summary": {}})
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{report}\nEND\nexit {code}\n")
    program.chmod(0o755)
    return str(program)


def finding(arn, severity="error", code="can-serve-two-slots", message="two slots"):
    return {"code": code, "severity": severity, "subject": {"arn": arn}, "message": message}


def test_subjects_have_the_types_of_aws_config(function, tmp_path, monkeypatch):
    subjects = {
        f"arn:aws:iam::{ACCOUNT}:user/path/alice": "AWS::IAM::User",
        f"arn:aws:iam::{ACCOUNT}:role/Deployer": "AWS::IAM::Role",
        f"arn:aws:iam::{ACCOUNT}:group/g": "AWS::IAM::Group",
        f"arn:aws:iam::{ACCOUNT}:policy/p": "AWS::IAM::Policy",
        f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:gate": "AWS::Lambda::Function",
    }
    elsewhere = [
        "arn:aws:iam::999988887777:role/Foreign",
        f"arn:aws:codepipeline:*:{ACCOUNT}:payments/Release/ApprovalA",
        "*",
    ]
    module = function(
        POLICYGEN=pretended(tmp_path, 10, [finding(arn) for arn in [*subjects, *elsewhere]])
    )
    config = Config()
    invoke(module, config, monkeypatch)
    # What AWS Config has no type for, or is another account's, stands with the account.
    assert config.told() == {
        WHOLE: "NON_COMPLIANT",
        **{(kind, arn): "NON_COMPLIANT" for arn, kind in subjects.items()},
    }


def test_many_findings_go_in_batches_with_short_annotations(function, tmp_path, monkeypatch):
    many = [finding(f"arn:aws:iam::{ACCOUNT}:user/u{n}", message="x" * 1000) for n in range(250)]
    module = function(POLICYGEN=pretended(tmp_path, 10, many))
    config = Config()
    assert invoke(module, config, monkeypatch) == {"findings": 250, "evaluations": 251}
    assert [len(call) for call in config.calls] == [100, 100, 51]
    assert {len(e["Annotation"]) for call in config.calls for e in call} == {256}


def test_only_what_is_bad_enough_counts(function, tmp_path, monkeypatch):
    findings = [
        finding(f"arn:aws:iam::{ACCOUNT}:user/alice", "warning"),
        finding(f"arn:aws:iam::{ACCOUNT}:user/bob", "note"),
    ]
    for fail_on, code, expected in (
        ("error", 0, []),
        ("warning", 10, ["alice"]),
        ("note", 10, ["alice", "bob"]),
    ):
        module = function(POLICYGEN=pretended(tmp_path, code, findings), AUDIT_FAIL_ON=fail_on)
        config = Config()
        invoke(module, config, monkeypatch)
        assert [
            id.rpartition("/")[2] for kind, id in config.told() if kind == "AWS::IAM::User"
        ] == expected


def test_what_is_settled_is_taken_back(function, tmp_path, monkeypatch):
    alice, bob = (
        ("AWS::IAM::User", f"arn:aws:iam::{ACCOUNT}:user/{name}") for name in ("alice", "bob")
    )
    module = function(POLICYGEN=pretended(tmp_path, 10, [finding(bob[1])]))
    config = Config(before=[alice, bob, WHOLE])
    invoke(module, config, monkeypatch)
    assert config.told() == {alice: "NOT_APPLICABLE", bob: "NON_COMPLIANT", WHOLE: "NON_COMPLIANT"}


def test_what_makes_no_sense_is_no_answer(function, tmp_path, monkeypatch):
    alice = finding(f"arn:aws:iam::{ACCOUNT}:user/alice")
    for program in (pretended(tmp_path, 0, [alice]), pretended(tmp_path, 10, [])):
        module = function(POLICYGEN=program)
        config = Config()
        with pytest.raises(module.NoAudit):
            invoke(module, config, monkeypatch)
        assert config.calls == []
    module = function(POLICYGEN=pretended(tmp_path, 10, [alice]))
    with pytest.raises(module.NoAudit, match="did not take 1"):
        invoke(module, Config(refuses=1), monkeypatch)
    changed = {
        **EVENT,
        "invokingEvent": json.dumps({"messageType": "ConfigurationItemChangeNotification"}),
    }
    with pytest.raises(module.NoAudit, match="periodic"):
        invoke(module, Config(), monkeypatch, changed)


def test_another_account_is_audited_as_its_own_role(function, tmp_path, monkeypatch):
    # The audit runs with the role's credentials, not with the function's.
    program = tmp_path / "policygen"
    program.write_text("#!/bin/sh\nprintenv AWS_ACCESS_KEY_ID AWS_SESSION_TOKEN >&2\nexit 1\n")
    program.chmod(0o755)
    role = resolve(load("audit.yaml"), Scope="ORGANIZATION")["Audit"]["Properties"]["Environment"][
        "Variables"
    ]["AUDIT_ROLE"]
    module = function(POLICYGEN=str(program), AUDIT_ROLE=role, AWS_ACCESS_KEY_ID="function")
    taken = []

    class Sts:
        def assume_role(self, **request):
            taken.append(request["RoleArn"])
            return {
                "Credentials": {
                    "AccessKeyId": "member",
                    "SecretAccessKey": "s",
                    "SessionToken": "t",
                }
            }

    monkeypatch.setattr(module.boto3, "client", lambda service: {"sts": Sts()}[service])
    sessions = []
    monkeypatch.setattr(module.boto3, "Session", lambda *keys: sessions.append(keys))
    with pytest.raises(module.NoAudit, match="ended with 1: member\nt"):
        module.handler(EVENT, None)
    assert taken == [
        f"arn:aws:iam::{ACCOUNT}:role/{load('audit-member.yaml')['Parameters']['MemberRoleName']['Default']}"
    ]
    assert sessions == [("member", "s", "t")]


def test_one_template_serves_an_account_or_an_organisation():
    alone, all_of_them = (
        resolve(load("audit.yaml"), Scope=scope) for scope in ("ACCOUNT", "ORGANIZATION")
    )
    assert "AccountRule" in alone and "OrganizationRule" not in alone
    assert "OrganizationRule" in all_of_them and "AccountRule" not in all_of_them
    # One account: as in the member role, and nobody else may ask.
    member = statements(resolve(load("audit-member.yaml"))["AuditRole"]["Properties"])
    own = statements(alone["AuditFunctionRole"]["Properties"])
    assert own == {**member, "KeepLog": own["KeepLog"]}
    assert alone["AskedByConfig"]["Properties"]["SourceAccount"] == ACCOUNT
    # An organisation: the function itself reads nothing, and takes the member role inside the
    # organisation only.
    central = statements(all_of_them["AuditFunctionRole"]["Properties"])
    assert central.keys() == {"KeepLog", "AuditMembers"}
    assert central["AuditMembers"]["Condition"] == {
        "StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}
    }
    assert "SourceAccount" not in all_of_them["AskedByConfig"]["Properties"]
