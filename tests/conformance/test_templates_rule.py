"""The rule in a layer, and rule-pipeline.yaml, which puts a new one in force: the pipeline runs on
the emulator with the rule in force, and its builds run here against simulated AWS services (moto's
server).
"""

import hashlib
import io
import json
import os
import re
import subprocess
import zipfile

import pytest
import yaml
from cloudformation import TEMPLATES, deployed_rule_file, load, resolve, statements
from conftest import Emulator
from iam_endpoint import ACCOUNT, emptied, serving
from layers import layer_of, publish, readable_layers
from moto.awslambda.models import lambda_backends
from signatures import Key
from test_templates_audit import POLICYGEN
from test_templates_deployed import deploy
from test_templates_pipeline import STAGE, Run, declaration

# moto knows neither builds nor pipelines in templates.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS")

GATE, REGION = "two-person-rule-gate", "eu-west-1"
DESK = "two-person-rule-desk"
RULE = "two-person-rule/rule.json"
LAMBDA = f"arn:aws:lambda:{REGION}:{ACCOUNT}"
PARAMETERS = {"PolicygenLayer": f"{LAMBDA}:layer:policygen:1"}
PLACE = {"AWS::Region": REGION, "AWS::AccountId": ACCOUNT}


def packaged(rule):
    """`templates/package --rule`: the zip, or what it says instead."""
    done = subprocess.run(
        [TEMPLATES / "package", "--rule", rule],
        env={**os.environ, "POLICYGEN": str(POLICYGEN), "CARGO_TARGET_DIR": str(rule.parent)},
        capture_output=True,
        text=True,
    )
    zip = rule.parent / "lambda" / "rule" / "rule.zip"
    if done.returncode == 0:
        return zip.read_bytes()
    assert not zip.exists()
    return done.stdout + done.stderr


def only_file(zip):
    """The name and the content of the one file in a zip."""
    with zipfile.ZipFile(io.BytesIO(zip)) as opened:
        (name,) = opened.namelist()
        return name, opened.read(name)


@pytest.fixture
def people(tmp_path):
    return {name: Key(tmp_path, name) for name in ("alice", "bob", "carol")}


def rule_of(people, *names, **more):
    """A rule under which these people count, by their signatures."""
    keys = {name: [people[name].line] for name in names}
    demands = {"stage": STAGE, "actions": ["ApprovalA", "ApprovalB"], "requireSignature": True}
    return json.dumps({**demands, "signingKeys": keys, **more}, indent=4).encode()


def test_the_layer_has_the_rule_where_the_gate_reads_it(tmp_path, people):
    path = tmp_path / "rule.json"
    path.write_bytes(rule_of(people, "alice", "bob"))
    zip = packaged(path)
    assert only_file(zip) == (RULE, path.read_bytes())
    # Lambda unpacks a layer into /opt.
    assert deployed_rule_file(f"{LAMBDA}:layer:rule:1")[0] == f"/opt/{RULE}"
    assert packaged(path) == zip


def test_a_zip_is_never_seen_half_written(tmp_path, people):
    """Somebody may be deploying the last one."""
    path = tmp_path / "rule.json"
    path.write_bytes(rule_of(people, "alice", "bob"))
    zip = packaged(path)
    with (tmp_path / "lambda" / "rule" / "rule.zip").open("rb") as deploying:
        path.write_bytes(rule_of(people, "alice", "carol"))
        assert packaged(path) != zip
        assert deploying.read() == zip


@pytest.mark.parametrize(
    "defect, told",
    [
        ("unknown-key", "quorom"),
        ("no-keys", "the rule has no `signingKeys`"),
        ("one-person", "too-few-people"),
        ("cut-off", "refused-rule"),
        # policygen reads these, and the gate does not.
        ("utf-16", "plain UTF-8"),
        ("byte-order-mark", "plain UTF-8"),
    ],
)
def test_a_broken_rule_is_never_packaged(tmp_path, people, defect, told):
    good = rule_of(people, "alice", "bob")
    path = tmp_path / "rule.json"
    path.write_bytes(
        {
            "unknown-key": rule_of(people, "alice", "bob", quorom=3),
            "no-keys": rule_of(people),
            "one-person": rule_of(people, "alice"),
            "cut-off": good[:-2],
            "utf-16": good.decode().encode("utf-16"),
            "byte-order-mark": b"\xef\xbb\xbf" + good,
        }[defect]
    )
    assert told in packaged(path)
    path.write_bytes(good)
    assert isinstance(packaged(path), bytes)


# --- What is deployed.


@pytest.fixture(scope="module")
def server():
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def aws(server, tmp_path, monkeypatch):
    """AWS with the stack, the gate's function, and policygen in a layer."""
    readable_layers(monkeypatch, tmp_path)
    aws = emptied(server)
    program = layer_of(policygen=f'#!/bin/sh\nexec {POLICYGEN} "$@"\n')
    assert publish(aws, tmp_path, "policygen", program) == PARAMETERS["PolicygenLayer"]
    return aws


@pytest.fixture
def stack(aws, tmp_path):
    """AWS with what the template makes for IAM."""
    template = tmp_path / "rule-pipeline.json"
    template.write_text(json.dumps(load("rule-pipeline.yaml")))
    deploy(aws, "rule", template, *(f"{name}={value}" for name, value in PARAMETERS.items()))
    assert role_names() == {role["RoleName"] for role in aws.account()["RoleDetailList"]}
    # moto makes no inline policies from templates: made here, of what the template says.
    arns = {
        "AWS::S3::Bucket": "arn:aws:s3:::{}",
        "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}:*",
        "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{{}}",
    }
    for of in deployed().values():
        if of["Type"] != "AWS::IAM::RolePolicy":
            continue
        document = json.dumps(of["Properties"]["PolicyDocument"])
        for label, resource in deployed().items():
            arn = arns.get(resource["Type"], "").format(label.lower())
            document = re.sub(rf'"{label}(\.Arn)?(?=["/])', f'"{arn}', document)
        put_policy(aws, of["Properties"]["RoleName"], of["Properties"]["PolicyName"], document)
    return aws


def put_policy(aws, role, name, document):
    role = deployed()[role]["Properties"]["RoleName"]
    arguments = ["--role-name", role, "--policy-name", name, "--policy-document", document]
    aws("iam", "put-role-policy", *arguments)


def deployed(**parameters):
    """The template's resources in moto's account."""
    return resolve(load("rule-pipeline.yaml"), **PARAMETERS, **PLACE, **parameters)


def role_names():
    """The names of the template's roles."""
    return {
        of["Properties"]["RoleName"] for of in deployed().values() if of["Type"] == "AWS::IAM::Role"
    }


def function(aws, folder, rule, name=GATE):
    """A function with a rule in a layer. Returns the layer's version."""
    layer = publish(aws, folder, f"{GATE}-rule", layer_of(**{RULE: rule}))
    trust = json.dumps(deployed()["DeployRole"]["Properties"]["AssumeRolePolicyDocument"])
    arguments = ["--role-name", name, "--assume-role-policy-document", trust]
    role = aws("iam", "create-role", *arguments)["Role"]["Arn"]
    arguments = ["--function-name", name, "--runtime", "provided.al2023", "--handler", "bootstrap"]
    code = f"fileb://{folder / 'layer.zip'}"
    arguments += ["--role", role, "--zip-file", code, "--layers", layer]
    aws("lambda", "create-function", *arguments)
    return layer


def layer_in_force(aws, name=GATE):
    """The zip of the one layer of a function."""
    (layer,) = aws("lambda", "get-function-configuration", "--function-name", name)["Layers"]
    return lambda_backends[ACCOUNT][REGION].layers_versions_by_arn(layer["Arn"]).code_bytes


def in_force(aws, name=GATE):
    """The rule that the gate reads: the one file of its one layer."""
    name, rule = only_file(layer_in_force(aws, name))
    assert name == RULE
    return rule


def unpacked(folder, zip):
    """An artifact as CodeBuild hands it to the commands: a folder."""
    source = folder / f"source-{hashlib.sha256(zip).hexdigest()[:8]}"
    with zipfile.ZipFile(io.BytesIO(zip)) as opened:
        opened.extractall(source)
    return source


def build(aws, project, source, **parameters):
    """Runs a project's commands on an unpacked artifact."""
    spec = yaml.safe_load(deployed(**parameters)[project]["Properties"]["Source"]["BuildSpec"])
    assert spec["env"]["shell"] == "bash"
    (script,) = spec["phases"]["build"]["commands"]
    return subprocess.run(
        ["bash", "-c", script], cwd=source, env=aws.environment, capture_output=True, text=True
    )


# --- What the roles may do.


def bypasses(aws, tmp_path, role, gate=GATE):
    """The ways in which `policygen audit` sees a role bypass the gate."""
    path = tmp_path / "account.json"
    path.write_text(json.dumps(aws.account()))
    command = [POLICYGEN, "audit", "--account-file", path, "--gate-function", gate]
    done = subprocess.run(
        [*command, "--region", REGION, "--format", "json"], capture_output=True, text=True
    )
    assert done.returncode in (0, 10), done.stderr
    return [
        finding["message"]
        for finding in json.loads(done.stdout)["findings"]
        if finding["code"] == "can-bypass-gate"
        and finding["subject"]["arn"] == f"arn:aws:iam::{ACCOUNT}:role/{role}"
    ]


def test_the_deploy_role_changes_the_gates_rule_and_neither_its_code_nor_another_function(
    stack, tmp_path
):
    deploy_role = f"{GATE}-rule-deploy"
    (only,) = bypasses(stack, tmp_path, deploy_role)
    assert "lambda:UpdateFunctionConfiguration" in only and "changes the gate's rule" in only
    assert "UpdateFunctionCode" not in only and "UpdatePipeline" not in only
    assert bypasses(stack, tmp_path, deploy_role, gate="another-function") == []
    for harmless in role_names() - {deploy_role}:
        assert bypasses(stack, tmp_path, harmless) == []

    # A policy that somebody attaches later gives it other functions, and never the gate's code.
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    later = json.dumps({"Version": "2012-10-17", "Statement": everything})
    put_policy(stack, "DeployRole", "Later", later)
    (only,) = bypasses(stack, tmp_path, deploy_role)
    assert "UpdateFunctionCode" not in only and "UpdatePipeline" not in only
    assert bypasses(stack, tmp_path, deploy_role, gate="another-function") != []


def test_only_layers_of_the_rule_reach_the_gate_and_only_the_pipeline_fills_its_store():
    resources = deployed()
    granted = statements(resources["DeployRolePolicy"]["Properties"])
    versions = f"{LAMBDA}:layer:{GATE}-rule:*"
    assert granted["UseRule"]["Condition"] == {
        "Null": {"lambda:Layer": "false"},
        "ForAllValues:StringLike": {"lambda:Layer": versions},
    }
    assert granted["UseRule"]["Resource"] == [f"{LAMBDA}:function:{GATE}"]
    assert granted["PublishRule"]["Resource"] == f"{LAMBDA}:layer:{GATE}-rule"
    written = {
        label: statement
        for label in ("ServiceRolePolicy", "CheckRolePolicy", "DeployRolePolicy")
        for statement in statements(resources[label]["Properties"]).values()
        if "s3:PutObject" in statement["Action"]
    }
    assert written.keys() == {"ServiceRolePolicy"}
    only = statements(resources["ArtifactBucketPolicy"]["Properties"])["OnlyThePipelineWrites"]
    assert only["Effect"] == "Deny"
    assert only["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": "ServiceRole.Arn"}}
    # Each build runs as its own role, which only its own project may take.
    for label in ("Check", "Deploy"):
        project = resources[f"{label}Project"]["Properties"]
        assert project["ServiceRole"] == f"{label}Role.Arn"
        (trusted,) = resources[f"{label}Role"]["Properties"]["AssumeRolePolicyDocument"][
            "Statement"
        ]
        arn = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/{project['Name']}"
        assert trusted["Condition"] == {"ArnEquals": {"aws:SourceArn": arn}}


def test_the_doctor_has_nothing_against_the_pipeline(tmp_path, people):
    pipeline, rule = tmp_path / "pipeline.json", tmp_path / "rule.json"
    pipeline.write_text(json.dumps({"pipeline": declaration("rule-pipeline.yaml", **PARAMETERS)}))
    rule.write_bytes(rule_of(people, "alice", "bob"))
    command = [POLICYGEN, "doctor", "--pipeline-file", pipeline, "--rule", rule]
    done = subprocess.run(
        [*command, "--fail-on", "warning"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


# --- The builds.


def test_the_check_shows_what_changes(aws, tmp_path, people):
    now = function(aws, tmp_path, rule_of(people, "alice", "bob"))
    new = unpacked(tmp_path, layer_of(**{RULE: rule_of(people, "alice", "carol")}))
    done = build(aws, "CheckProject", new)
    assert done.returncode == 0, done.stderr
    assert f"--- in force, {now}" in done.stdout and "+++ proposed" in done.stdout
    assert "`carol` can sign" in done.stdout and "loosen the rule." in done.stdout
    changed = [line for line in done.stdout.splitlines() if line.startswith(("-  ", "+  "))]
    assert any('"bob"' in line for line in changed) and any('"carol"' in line for line in changed)
    assert not any('"alice"' in line for line in changed)


@pytest.mark.parametrize("defect", ["broken", "no-rule", "link", "utf-16"])
def test_the_check_stops_what_the_gate_would_refuse(aws, tmp_path, people, defect):
    good = rule_of(people, "alice", "bob")
    function(aws, tmp_path, good)
    files = {
        "broken": {RULE: rule_of(people, "alice", "bob", quorom=3)},
        "no-rule": {"rule.json": good},
        "link": {"two-person-rule/elsewhere": good},
        "utf-16": {RULE: good.decode().encode("utf-16")},
    }[defect]
    source = unpacked(tmp_path, layer_of(**files))
    if defect == "link":
        (source / RULE).symlink_to("elsewhere")
    assert build(aws, "CheckProject", source).returncode != 0
    if defect in ("link", "no-rule"):
        assert build(aws, "DeployProject", source).returncode != 0
    assert in_force(aws) == good
    sound = unpacked(tmp_path, layer_of(**{RULE: good}))
    assert build(aws, "CheckProject", sound).returncode == 0


def test_what_else_is_in_the_zip_does_not_reach_the_gate(aws, tmp_path, people):
    old, new = rule_of(people, "alice", "bob"), rule_of(people, "alice", "carol")
    function(aws, tmp_path, old)
    function(aws, tmp_path, old, "another")
    extension = {"extensions/steal": "#!/bin/sh\n", "two-person-rule/more.json": "{}"}
    source = unpacked(tmp_path, layer_of(**{RULE: new}, **extension))
    (source / RULE).chmod(0o600)
    done = build(aws, "DeployProject", source)
    assert done.returncode == 0, done.stderr
    # `in_force` asserts that it is the only file.
    assert in_force(aws) == new
    with zipfile.ZipFile(io.BytesIO(layer_in_force(aws))) as zip:
        assert zip.getinfo(RULE).external_attr >> 16 & 0o777 == 0o644
    assert in_force(aws, "another") == old


@pytest.mark.parametrize("notifies", [False, True])
def test_a_desk_gets_the_new_rule_too(aws, tmp_path, people, notifies):
    old, new = rule_of(people, "alice", "bob"), rule_of(people, "alice", "carol")
    names = [GATE, DESK, *([f"{DESK}-notify"] if notifies else [])]
    for name in [*names, "another-desk"]:
        function(aws, tmp_path, old, name)
    source = unpacked(tmp_path, layer_of(**{RULE: new}))
    done = build(aws, "DeployProject", source, DeskFunctionName=DESK)
    assert done.returncode == 0, done.stderr
    for name in names:
        assert in_force(aws, name) == new
    assert in_force(aws, "another-desk") == old


def test_only_with_a_desk_may_the_deployment_change_one():
    for desk, functions in (("", [GATE]), (DESK, [GATE, DESK, f"{DESK}-notify"])):
        role = deployed(DeskFunctionName=desk)["DeployRolePolicy"]["Properties"]
        for sid in ("SeeGate", "UseRule"):
            allowed = statements(role)[sid]["Resource"]
            assert allowed == [f"{LAMBDA}:function:{name}" for name in functions]


# --- Two people.


def signed(run, slot, key):
    """The comment of a person who approves what waits in a slot."""
    (source,) = run.attempts("Rule")
    return key.comment(
        {
            "pipeline": run.name,
            "execution": run.id,
            "stage": STAGE,
            "action": slot,
            "attempt": run.open(slot),
            "answer": "Approved",
            "revisions": source["output"]["executionResult"]["externalExecutionId"],
        }
    )


def test_one_person_cannot_change_the_rule_and_two_people_can(aws, tmp_path, people):
    old, new = rule_of(people, "alice", "bob"), rule_of(people, "alice", "carol")
    function(aws, tmp_path, old)
    pipeline = declaration("rule-pipeline.yaml", **PARAMETERS)

    def propose(*signers):
        """Runs the pipeline with the rule in force; the same role carries all signatures."""
        path = tmp_path / "in-force.json"
        path.write_bytes(in_force(aws))
        emulator = Emulator("--rule", path)
        try:
            run = Run(emulator, pipeline)
            for slot, key in zip(("ApprovalA", "ApprovalB"), signers, strict=True):
                run.approve("deployer-1", slot, signed(run, slot, key))
            ended = run.ended()
            (gate,) = run.attempts("TwoPersonRule")
            # The emulator pretends that builds succeed. What they do is done here, if they ran.
            for project, action in (("CheckProject", "Check"), ("DeployProject", "Deploy")):
                for _ in run.attempts(action):
                    done = build(aws, project, unpacked(tmp_path, layer_of(**{RULE: new})))
                    assert done.returncode == 0, done.stderr
        finally:
            emulator.stop()
        return ended, gate["output"]

    alice, bob, carol = people["alice"], people["bob"], people["carol"]
    # The new rule adds carol. She does not count before it is in force.
    for signers, code in [((alice, alice), "same-person"), ((alice, carol), "bad-signature")]:
        ended, gate = propose(*signers)
        assert (ended, in_force(aws)) == ("Failed", old)
        assert code in gate["executionResult"]["externalExecutionSummary"]

    ended, gate = propose(alice, bob)
    assert (ended, in_force(aws)) == ("Succeeded", new)
    assert gate["outputVariables"]["Basis"] == "signature"

    # Under the new rule bob is nobody, and carol is somebody.
    ended, gate = propose(alice, bob)
    assert ended == "Failed"
    assert "bad-signature" in gate["executionResult"]["externalExecutionSummary"]
    assert propose(alice, carol)[0] == "Succeeded"
