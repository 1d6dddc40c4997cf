"""What stands in templates/: linted by the tools that platform teams use, and held against what the
programs do.
"""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import boto3
import hcl2
import pytest
import yaml
from cloudformation import (
    ROOT,
    TEMPLATES,
    Loader,
    RefusedParameters,
    actions,
    deployed_rule,
    deployed_rule_file,
    load,
    resolve,
    statements,
)
from conftest import BINARIES
from iam_endpoint import Aws, serving
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from test_package import PACKAGE

TOOLS = ROOT / "target" / "tools"
CLOUDFORMATION = sorted(path.name for path in TEMPLATES.glob("*.yaml"))
SAM = [name for name in CLOUDFORMATION if "Transform" in load(name)]
MODULES = sorted(path for path in (TEMPLATES / "terraform").iterdir() if path.is_dir())
# What SAM makes of a resource, and the properties that it writes otherwise.
SERVERLESS = {
    "AWS::Serverless::Function": ("AWS::Lambda::Function", {"CodeUri", "Tags"}),
    "AWS::Serverless::StateMachine": (
        "AWS::StepFunctions::StateMachine",
        {"DefinitionUri", "Name", "Role", "Tags", "Type"},
    ),
}
OFFLINE = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "SAM_CLI_TELEMETRY": "0",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def run(*command, **environment):
    done = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_template_is_there():
    assert CLOUDFORMATION == [
        "approvers.yaml",
        "audit-member.yaml",
        "audit.yaml",
        "dashboard.yaml",
        "desk-alb.yaml",
        "desk-notify.yaml",
        "desk.yaml",
        "evidence-archive.yaml",
        "gate.yaml",
        "pipeline.yaml",
        "relay.yaml",
        "reviews.yaml",
        "rule-pipeline.yaml",
        "sealed-key.yaml",
        "verified-deploy.yaml",
    ]
    sam = ["audit", "desk-notify", "desk", "gate", "relay", "reviews"]
    assert [f"{name}.yaml" for name in sam] == SAM
    modules = ["approvers", "archive", "audit", "dashboard", "desk", "desk-alb"]
    modules += ["example", "gate", "notify", "pipeline", "relay", "reviews", "sealed-key"]
    modules += ["verified-deploy"]
    assert [path.name for path in MODULES] == modules


@pytest.mark.parametrize("name", CLOUDFORMATION)
def test_cfn_lint_has_nothing_to_say(cfn_lint, name):
    text = (TEMPLATES / name).read_text()
    assert "cfn-lint" not in text, "a suppressed rule"
    cfn_lint(TEMPLATES / name)


@pytest.mark.parametrize("name", SAM)
def test_sam_takes_it(name):
    assert "is a valid SAM Template" in run(
        TOOLS / "sam" / "bin" / "sam",
        "validate",
        "--lint",
        "--template",
        TEMPLATES / name,
        **OFFLINE,
    )


@pytest.mark.parametrize("name", SAM)
def test_sam_loses_nothing(name):
    """What CloudFormation's transform makes of it, by the same code."""
    template = load(name)
    for resource in template["Resources"].values():
        for file in ("CodeUri", "DefinitionUri"):
            if file in resource["Properties"]:
                resource["Properties"][file] = "s3://bucket/key"
    before = json.loads(json.dumps(template["Resources"]))
    defaults = {
        key: parameter.get("Default", "") for key, parameter in template["Parameters"].items()
    }
    session = boto3.Session(region_name="eu-west-1")
    after = Translator({}, Parser(), boto_session=session).translate(template, defaults)[
        "Resources"
    ]
    assert after.keys() == before.keys()
    for label, resource in before.items():
        kept = after[label]["Properties"]
        if resource["Type"] in SERVERLESS:
            made, changed = SERVERLESS[resource["Type"]]
            assert after[label]["Type"] == made
            assert {key: kept[key] for key in resource["Properties"].keys() - changed} == {
                key: value for key, value in resource["Properties"].items() if key not in changed
            }
        else:
            assert kept == resource["Properties"], label


def test_what_lambda_gives_up_on_is_kept_on_request():
    by_default, on_request = (
        resolve(load("gate.yaml"), KeepLostEvents=choice) for choice in ("false", "true")
    )
    assert (
        "DestinationConfig" not in by_default["GateInvocations"]["Properties"]
        and "LostEvents" not in by_default
    )
    assert on_request["GateInvocations"]["Properties"]["DestinationConfig"] == {
        "OnFailure": {"Destination": "LostEvents.Arn"}
    }
    queue = on_request["LostEvents"]["Properties"]
    assert (queue["MessageRetentionPeriod"], queue["SqsManagedSseEnabled"]) == (86400, True)


@pytest.fixture
def aws():
    """The AWS CLI, against moto's server."""
    with serving() as endpoint:
        yield Aws(endpoint)


def test_the_zip_is_what_both_tools_deploy(aws, tmp_path):
    # `sam build` finds nothing to build, and keeps the zip; `sam deploy` and `aws cloudformation
    # package` upload it as it is.
    run(
        TOOLS / "sam" / "bin" / "sam",
        "build",
        "--template",
        TEMPLATES / "gate.yaml",
        "--build-dir",
        tmp_path / "sam",
        **OFFLINE,
    )
    code = yaml.load((tmp_path / "sam" / "template.yaml").read_text(), Loader)["Resources"]["Gate"][
        "Properties"
    ]["CodeUri"]
    assert (tmp_path / "sam" / code).resolve() == PACKAGE

    aws(
        "s3api",
        "create-bucket",
        "--bucket",
        "packages",
        "--create-bucket-configuration",
        "LocationConstraint=eu-west-1",
    )
    packaged = tmp_path / "packaged.yaml"
    arguments = [
        "--template-file",
        TEMPLATES / "gate.yaml",
        "--s3-bucket",
        "packages",
        "--output-template-file",
        packaged,
    ]
    aws.run(["aws", "cloudformation", "package", *arguments])
    uploaded = yaml.load(packaged.read_text(), Loader)["Resources"]["Gate"]["Properties"]["CodeUri"]
    aws.run(["aws", "s3", "cp", "--quiet", uploaded, tmp_path / "uploaded.zip"])
    assert (tmp_path / "uploaded.zip").read_bytes() == PACKAGE.read_bytes()


@pytest.fixture(scope="module")
def checked():
    """What checkov reports about CloudFormation and Terraform."""
    command = [
        TOOLS / "checkov" / "bin" / "checkov",
        "--directory",
        TEMPLATES,
        "--framework",
        "cloudformation",
        "terraform",
    ]
    reports = json.loads(run(*command, "--skip-download", "--output", "json"))
    return {report["check_type"]: report["results"] for report in reports}


@pytest.mark.parametrize("framework", ["cloudformation", "terraform"])
def test_checkov_finds_nothing_that_is_not_explained(checked, framework):
    results = checked[framework]
    assert len(results["passed_checks"]) > 40
    assert results["failed_checks"] == [] == results["parsing_errors"]
    # Every explanation beside a line is needed by that line.
    written = re.compile(
        r"\{id: (CKV2?_\w+), comment: \"(.+)\"\}"
        if framework == "cloudformation"
        else r"#checkov:skip=(CKV2?_\w+):(.+)"
    )
    files = (
        TEMPLATES.glob("*.yaml")
        if framework == "cloudformation"
        else TEMPLATES.glob("terraform/*/*.tf")
    )
    explained = sorted(
        (path.name, *found) for path in files for found in written.findall(path.read_text())
    )
    skipped = sorted(
        (
            Path(check["file_path"]).name,
            check["check_id"],
            check["check_result"]["suppress_comment"].strip(),
        )
        for check in results["skipped_checks"]
    )
    assert skipped == explained != []


@pytest.mark.parametrize(
    "form, path",
    [("cloudformation", "approvers.yaml"), ("terraform", "terraform/approvers/main.tf")],
)
def test_the_approvers_are_what_policygen_prints(form, path):
    generated = run(
        BINARIES / "policygen",
        "generate",
        "--config",
        TEMPLATES / "approvers.toml",
        "--format",
        form,
    )
    assert (TEMPLATES / path).read_text() == generated


def test_the_names_are_the_same_everywhere():
    config = tomllib.loads((TEMPLATES / "approvers.toml").read_text())
    gate, pipeline, audit = (
        load(name)["Parameters"] for name in ("gate.yaml", "pipeline.yaml", "audit.yaml")
    )
    assert (
        config["pipeline"]
        == [gate["Pipelines"]["Default"]]
        == [pipeline["PipelineName"]["Default"]]
    )
    assert gate["FunctionName"]["Default"] == pipeline["GateFunctionName"]["Default"]
    # What the guardrails guard.
    approvers = (TEMPLATES / "approvers.yaml").read_text()
    assert f"function:{gate['FunctionName']['Default']}\n" in approvers
    assert f"role/{gate['RoleName']['Default']}\n" in approvers
    stages = [
        stage["Name"]
        for stage in load("pipeline.yaml")["Resources"]["Pipeline"]["Properties"]["Stages"]
    ]
    assert config["stage"] in stages
    groups = {
        group["Properties"]["GroupName"]
        for group in load("approvers.yaml")["Resources"].values()
        if group["Type"] == "AWS::IAM::Group"
    }
    slots = [f"--slot {slot}=TwoPersonRule-{slot}" for slot in config["slot"]]
    assert groups == {f"TwoPersonRule-{slot}" for slot in config["slot"]}
    assert (
        audit["AuditArguments"]["Default"]
        == f"--pipeline {config['pipeline'][0]} --stage {config['stage']} {' '.join(slots)}"
    )


def test_the_version_and_the_papers_are_those_of_the_repository():
    metadata = load("gate.yaml")["Metadata"]["AWS::ServerlessRepo::Application"]
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]
    assert (metadata["SemanticVersion"], metadata["SpdxLicenseId"]) == (
        workspace["version"],
        workspace["license"],
    )
    for paper in ("LicenseUrl", "ReadmeUrl"):
        assert (TEMPLATES / metadata[paper]).is_file()


def called():
    """The operations that the gate calls: by the SDK's methods, and the one query that it signs
    itself.
    """
    facts = ROOT / "facts" / "src" / "aws"
    files = (ROOT / "job" / "src" / "aws.rs", facts / "codepipeline.rs")
    source = "".join(file.read_text() for file in files)
    methods = set(re.findall(r"self\s*\.0\s*\.(\w+)\(\)", source))
    assert len(methods) == source.count(".send()") == 6
    query = re.findall(r'"Action", "(\w+)"', (facts / "iam.rs").read_text())
    assert query == ["GetRole"]
    return {"iam:GetRole"} | {
        "codepipeline:" + "".join(word.capitalize() for word in method.split("_"))
        for method in methods
    }


def terraform_actions(path):
    return set(re.findall(r'"((?!aws:)\w+:[A-Z]\w+)"', path.read_text())) - {"sts:AssumeRole"}


PROOF = {"ProofStore": "s3://proofs/releases", "ArtifactBucket": "artifacts"}
PROOF_KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def test_the_gate_may_do_what_it_calls_and_no_more():
    journal = {"logs:CreateLogStream", "logs:PutLogEvents"}

    def granted(**parameters):
        resources = resolve(load("gate.yaml"), **parameters).values()
        policies = [
            of["Properties"]
            for of in resources
            if of["Type"] in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")
        ]
        return sorted(
            action
            for policy in policies
            for statement in statements(policy).values()
            for action in actions(statement)
        )

    assert granted() == sorted(called() | journal)
    choices = {"sqs:SendMessage", "kms:Decrypt", "kms:GenerateDataKey"}
    proof = {"s3:GetObject", "kms:Sign", "s3:PutObject"}
    assert granted(**PROOF) == sorted(called() | journal | proof)
    key = PROOF | {"ArtifactKeyArn": PROOF_KEY}
    assert granted(**key) == sorted(called() | journal | proof | {"kms:Decrypt"})
    assert granted(
        KeepLostEvents="true", KmsKeyArn="arn:aws:kms:us-east-1:111122223333:key/1"
    ) == sorted(called() | journal | choices)
    assert (
        terraform_actions(TEMPLATES / "terraform" / "gate" / "main.tf")
        == called() | journal | choices | proof
    )
    # And what `policygen generate --gate` writes for those who have no template.
    target = [
        "--region",
        "us-east-1",
        "--account",
        "111122223333",
        "--pipeline",
        "payments",
        "--stage",
        "Release",
    ]
    generate = [BINARIES / "policygen", "generate", *target, "--gate"]
    generate += ["--print", "TwoPersonRule-Gate.policy.json"]
    everywhere = called() | journal | {"logs:CreateLogGroup"}

    def generated(*proving):
        statements = json.loads(run(*generate, *proving))["Statement"]
        return {statement["Sid"]: statement for statement in statements}

    assert {it for statement in generated().values() for it in actions(statement)} == everywhere
    store, bucket = PROOF["ProofStore"], PROOF["ArtifactBucket"]
    proving = ["--proof-key", PROOF_KEY, "--proof-store", store, "--artifact-bucket", bucket]
    # The same statements as the template's.
    made = resolve(load("gate.yaml"), **PROOF, ProofKeyArn=PROOF_KEY)["ProvePolicy"]
    assert {
        sid: (actions(it), [it["Resource"]] if isinstance(it["Resource"], str) else it["Resource"])
        for sid, it in generated(*proving).items()
        if sid not in generated()
    } == {
        sid: (actions(it), [it["Resource"]]) for sid, it in statements(made["Properties"]).items()
    }


@pytest.mark.parametrize(
    "module, choices",
    [("pipeline", [{}]), ("audit", [{"Scope": "ACCOUNT"}, {"Scope": "ORGANIZATION"}])],
)
def test_the_modules_grant_what_the_templates_grant(module, choices):
    resources = [
        of
        for parameters in choices
        for of in resolve(load(f"{module}.yaml"), **parameters).values()
    ]
    roles = [
        of["Properties"]
        for of in resources
        if of["Type"] in ("AWS::IAM::Role", "AWS::IAM::RolePolicy")
    ]
    granted = {
        action
        for role in roles
        for statement in statements(role).values()
        for action in actions(statement)
    }
    granted |= {
        of["Properties"]["Action"] for of in resources if of["Type"] == "AWS::Lambda::Permission"
    }
    assert (
        terraform_actions(TEMPLATES / "terraform" / module / "main.tf")
        == granted - {"sts:AssumeRole"}
        != set()
    )


def test_proofs_are_signed_by_a_key_that_only_the_gate_can_use():
    made = resolve(load("gate.yaml"), **PROOF)
    key = made["ProofKey"]["Properties"]
    assert (key["KeySpec"], key["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    signing = {"kms:Sign", "kms:CreateGrant", "kms:*"}
    allowed = [
        (statement["Principal"], action)
        for statement in key["KeyPolicy"]["Statement"]
        for action in actions(statement)
    ]
    signs = [principal for principal, action in allowed if action in signing or "*" in action]
    assert signs == [{"AWS": "GateRole.Arn"}]
    # The module's key has the same policy, and what Terraform itself reads.
    text = (TEMPLATES / "terraform" / "gate" / "proof.tf").read_text()
    module = set(re.findall(r'"(kms:\w+)"', text))
    assert module == {action for _, action in allowed} | {"kms:GetKeyRotationStatus"}
    assert text.count('"kms:Sign"') == 1

    # A key of one's own takes its place.
    made = resolve(load("gate.yaml"), **PROOF, ProofKeyArn=PROOF_KEY)
    assert "ProofKey" not in made
    prove = statements(made["ProvePolicy"]["Properties"])
    assert {sid: statement["Resource"] for sid, statement in prove.items()} == {
        "HashArtifacts": "arn:aws:s3:::artifacts/*",
        "SignProofs": PROOF_KEY,
        "StoreProofs": "arn:aws:s3:::proofs/releases/*",
    }
    assert not {"ProofKey", "ProvePolicy"} & resolve(load("gate.yaml")).keys()


def test_a_gate_with_a_store_for_proofs_has_it_in_its_rule(tmp_path):
    rule = json.loads(deployed_rule(**PROOF, ProofKeyArn=PROOF_KEY, ProofEnvironment="test"))
    assert rule["proof"] == {
        "key": PROOF_KEY,
        "store": "s3://proofs/releases",
        "environment": "test",
    }
    assert "proof" not in json.loads(deployed_rule())
    written = tmp_path / "rule.json"
    written.write_text(json.dumps(rule))
    run(BINARIES / "policygen", "explain", "--rule", written, "arn:aws:iam::111122223333:user/a")
    with pytest.raises(RefusedParameters, match="name the ArtifactBucket"):
        resolve(load("gate.yaml"), ProofStore="s3://proofs")


def test_the_modules_alarm_is_the_templates():
    text = (TEMPLATES / "terraform" / "gate" / "alarms.tf").read_text()
    alarms = [
        of["Properties"]
        for of in load("gate.yaml")["Resources"].values()
        if of["Type"] == "AWS::CloudWatch::Alarm"
    ]
    assert len(alarms) == text.count('resource "aws_cloudwatch_metric_alarm"') == 3
    for alarm in alarms:
        for said in (
            alarm["AlarmDescription"],
            alarm.get("MetricName", "AsyncEventsDropped"),
            alarm["TreatMissingData"],
        ):
            assert f'"{said}"' in text
        for query in alarm.get("Metrics", []):
            assert f'"{query.get("Expression", query["Id"])}"' in text


def test_the_gate_reads_the_named_pipelines_only():
    def readable(**parameters):
        return statements(resolve(load("gate.yaml"), **parameters)["GatePolicy"]["Properties"])[
            "SeeApprovals"
        ]["Resource"]

    arn = "arn:aws:codepipeline:us-east-1:111122223333:"
    own = f"{arn}two-person-rule-gate-rule"
    assert readable() == [f"{arn}payments", own]
    assert readable(Pipelines="team-*") == [f"{arn}team-*", own]
    assert readable(FunctionName="gate") == [f"{arn}payments", f"{arn}gate-rule"]


@pytest.mark.parametrize(
    "name",
    [
        "gate.yaml",
        "pipeline.yaml",
        "audit.yaml",
        "audit-member.yaml",
        "rule-pipeline.yaml",
        "desk.yaml",
        "desk-notify.yaml",
        "evidence-archive.yaml",
        "relay.yaml",
        "reviews.yaml",
        "verified-deploy.yaml",
        *(
            f"terraform/{m}/main.tf"
            for m in ("gate", "pipeline", "audit", "archive", "desk", "notify", "reviews")
        ),
        "terraform/relay/release.tf",
        "terraform/verified-deploy/main.tf",
    ],
)
def test_every_wildcard_is_explained(name):
    lines = (TEMPLATES / name).read_text().splitlines()
    found = 0
    for number, line in enumerate(lines):
        if not re.search(r"^\s*Resource\b.*\*", line):
            continue
        if "log_group" in line or "Deny" in "".join(
            lines[number - 5 : number]
        ):  # the streams of one group; what is denied
            continue
        found += 1
        assert any(text.strip().startswith("# ") for text in lines[number - 10 : number]), (
            f"{name}:{number + 1}: {line.strip()}"
        )
    assert found, name


SSO_ROLE = "AWSReservedSSO_Approver_0123456789abcdef"


def test_the_default_rule_is_the_strict_one(tmp_path):
    def explained(**parameters):
        rule = tmp_path / "rule.json"
        rule.write_text(deployed_rule(**parameters))
        sso = f"arn:aws:sts::111122223333:assumed-role/{SSO_ROLE}"
        principals = [
            "arn:aws:sts::111122223333:assumed-role/Deployer/x",
            f"{sso}/alice@example.com",
            f"{sso}/bob@example.com",
        ]
        return json.loads(
            run(BINARIES / "policygen", "explain", "--rule", rule, "--format", "json", *principals)
        )

    # Nobody's session is believed until the role is named, and the refusal names it.
    strict = explained()
    assert strict["countAsTwo"] is False
    reasons = [
        action["reason"] for principal in strict["principals"] for action in principal["actions"]
    ]
    assert [reason["code"] for reason in reasons] == ["shared-role"] * 3
    assert f"add `{SSO_ROLE}`" in reasons[1]["message"]
    named = explained(TrustedSessionRoles=f"{SSO_ROLE},AWSReservedSSO_Release_0123456789abcdef")
    assert named["countAsTwo"] is True
    assert [principal["person"] for principal in named["principals"]][1:] == [
        "handle:alice",
        "handle:bob",
    ]
    assert json.loads(deployed_rule())["excludeInitiator"] is True
    assert "*" not in deployed_rule()
    own = json.dumps({"quorum": 3})
    assert deployed_rule(TwoPersonRule=own) == own
    # The module's default is the same, and each key is explained beside the template's.
    text = (TEMPLATES / "terraform" / "gate" / "main.tf").read_text()
    merged = re.search(
        r"jsonencode\(merge\(\{(.*?)\}, local\.proof_rule, var\.rule\)\)", text, re.DOTALL
    )[1]
    assert (
        set(re.findall(r"^\s*(\w+)\s*=", merged, re.MULTILINE))
        == json.loads(deployed_rule()).keys()
    )
    text = (TEMPLATES / "gate.yaml").read_text()
    assert all(f"#   {key}" in text for key in json.loads(deployed_rule()))


LAYER = "arn:aws:lambda:us-east-1:111122223333:layer:two-person-rule-gate-rule:7"


def test_the_gate_has_one_rule_from_one_place():
    assert deployed_rule_file(LAYER) == ("/opt/two-person-rule/rule.json", [LAYER])
    for inline in ({}, {"TwoPersonRule": '{"quorum":3}'}, {"TrustedSessionRoles": SSO_ROLE}):
        gate = resolve(load("gate.yaml"), **inline)["Gate"]["Properties"]
        assert gate["Environment"]["Variables"].keys() == {"TWO_PERSON_RULE"}
        assert "Layers" not in gate


@pytest.mark.parametrize(
    "inline, told",
    [
        ({"TwoPersonRule": '{"quorum":3}'}, "two rules"),
        ({"TrustedSessionRoles": SSO_ROLE}, "in the rule itself"),
    ],
    ids=["rule", "roles"],
)
def test_a_rule_and_a_layer_with_a_rule_are_refused(inline, told):
    template = load("gate.yaml")
    with pytest.raises(RefusedParameters, match=told):
        resolve(template, RuleLayer=LAYER, **inline)
    if "TwoPersonRule" in inline:
        # A tool that passes over the assertions gives the gate both, and the gate refuses that.
        template.pop("Rules")
        gate = resolve(template, RuleLayer=LAYER, **inline)["Gate"]["Properties"]
        assert gate["Environment"]["Variables"].keys() == {
            "TWO_PERSON_RULE",
            "TWO_PERSON_RULE_FILE",
        }


def test_the_module_takes_a_layer_instead_of_a_rule():
    (gate,) = (
        body
        for block in hcl(TEMPLATES / "terraform" / "gate" / "main.tf")["resource"]
        for kind, labels in block.items()
        if kind.strip('"') == "aws_lambda_function"
        for body in labels.values()
    )
    path, _ = deployed_rule_file(LAYER)
    variables = gate["environment"][0]["variables"]
    assert f'TWO_PERSON_RULE_FILE = "{path}"' in variables, variables
    assert gate["layers"] == "${compact([var.rule_layer_arn])}"
    (precondition,) = gate["lifecycle"][0]["precondition"]
    for variable in ("rule_layer_arn", "rule", "trusted_session_roles"):
        assert f"var.{variable}" in precondition["condition"]


def hcl(path):
    return hcl2.loads(path.read_text())


def plain(value):
    """An HCL value without its quotes, and without what the parser adds."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.strip('"') if isinstance(value, str) else value


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_terraform_parses_and_every_variable_is_said_and_used(module):
    texts = {path.name: path.read_text() for path in sorted(module.glob("*.tf"))}
    assert texts
    parsed = {name: hcl2.loads(text) for name, text in texts.items()}
    blocks = {
        kind: [block for file in parsed.values() for block in file.get(kind, [])]
        for kind in ("variable", "output")
    }
    everything = "".join(texts.values())
    for kind in blocks.values():
        for block in kind:
            for label, body in block.items():
                assert len(plain(body["description"])) > 5, label
    for block in blocks["variable"]:
        for label, body in block.items():
            assert "type" in body, label
            if module.name != "example":
                assert f"var.{label.strip(chr(34))}" in everything, f"{label} is not used"


def test_the_example_gives_every_module_what_it_asks_for():
    modules = {
        label.strip('"'): plain(body)
        for block in hcl(TEMPLATES / "terraform" / "example" / "main.tf")["module"]
        for label, body in block.items()
    }
    assert modules.keys() == {"gate", "approvers", "pipeline", "audit"}
    for name, given in modules.items():
        assert given["source"] == f"../{name}"
        path = TEMPLATES / "terraform" / name / "variables.tf"
        blocks = hcl(path)["variable"] if path.is_file() else []
        variables = {label.strip('"'): body for block in blocks for label, body in block.items()}
        assert given.keys() - {"source"} <= variables.keys()
        assert {label for label, body in variables.items() if "default" not in body} <= given.keys()


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_terraform_fmt_changes_nothing():
    assert (
        run(
            "terraform",
            "fmt",
            "-check",
            "-recursive",
            TEMPLATES / "terraform",
            TF_CLI_CONFIG_FILE=os.devnull,
        )
        == ""
    )


@pytest.mark.parametrize("name", [name for name in CLOUDFORMATION if name != "approvers.yaml"])
def test_every_parameter_is_said_and_used(name):
    template = load(name)
    used = json.dumps(
        {key: template[key] for key in template if key not in ("Parameters", "Metadata")}
    )
    for parameter, body in template["Parameters"].items():
        assert body.get("Description"), parameter
        assert f'"{parameter}"' in used or f"${{{parameter}}}" in used, f"{parameter} is not used"
    for output in template.get("Outputs", {}).values():
        assert output["Description"]


def test_what_can_carry_tags_does():
    untagged = {
        "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy", "AWS::SNS::Subscription",
        "AWS::S3::BucketPolicy", "AWS::Lambda::Permission", "AWS::Config::ConfigRule",
        "AWS::Config::OrganizationConfigRule", "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Url", "AWS::ElasticLoadBalancingV2::Listener", "AWS::Logs::ResourcePolicy",
        "AWS::ElasticLoadBalancingV2::ListenerRule", "AWS::WAFv2::WebACLAssociation",
        "AWS::CloudWatch::Dashboard", "AWS::Logs::SubscriptionFilter", "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
    }  # fmt: skip
    for name in CLOUDFORMATION:
        if name == "approvers.yaml":
            continue
        for label, resource in load(name)["Resources"].items():
            if resource["Type"] not in untagged:
                assert "two-person-rule" in yaml.dump(resource["Properties"]["Tags"]), (
                    f"{name}: {label}"
                )


def test_the_readme_names_what_is_there():
    text = (TEMPLATES / "README.md").read_text()
    for name in re.findall(r"templates/[\w./-]+", text):
        assert (ROOT / name.rstrip(".")).exists(), name
    # Parameters, by the template that a command deploys.
    deployed = 0
    for command in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        run("bash", "-n", "-c", command)
        for line in command.replace("\\\n", " ").splitlines():
            template = re.search(
                r"--template(?:-file)? (?:templates|target)/(?:\w+/)*"
                r"(\w[\w-]*)(?:\.packaged)?\.yaml",
                line,
            )
            given = re.search(r"--parameter-overrides (.*?)(?: --|$)", line)
            if template and given:
                deployed += 1
                names = set(re.findall(r"(\w+)=", given[1]))
                # What SAM builds is called template.yaml.
                name = template[1].replace("template", "gate")
                assert names and names <= load(f"{name}.yaml")["Parameters"].keys(), line
    assert deployed == 20
