"""verified-deploy.yaml deploys what two people approved, and nothing else: its build runs here with
the built `policygen`, against simulated AWS services (moto's server).
"""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from ci_account import ARTIFACTS, BUILT, REGION, STORE, client, create_buckets
from cloudformation import RefusedParameters, load, resolve, statements
from conftest import BINARIES
from iam_endpoint import ACCOUNT, emptied, serving
from layers import layer_of, publish, readable_layers
from proofs import COMMIT, ENVIRONMENT, PIPELINE, GateKey, Release
from signatures import Key
from test_templates import TEMPLATES, terraform_actions
from verified_deploy import Project

NAME = "BuildOutput"
GATE = GateKey()
IMAGE = f"sha256:{hashlib.sha256(b'image').hexdigest()}"
MODULE = TEMPLATES / "terraform" / "verified-deploy"


@pytest.fixture(scope="module")
def server():
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def people(tmp_path):
    return {name: Key(tmp_path, name) for name in ("alice", "bob", "mallory")}


@pytest.fixture
def project(server, tmp_path, monkeypatch, people):
    readable_layers(monkeypatch, tmp_path)
    aws = emptied(server)
    create_buckets(client(server, "s3"))
    return Project(aws, tmp_path, people, GATE.der())


def approved(project, people, **changed):
    """A release that alice and bob signed, with the artifact that the gate saw."""
    artifacts = {NAME: (project.built(), BUILT)}
    release = Release(artifacts=artifacts, **changed)
    return release.signed_by(ApprovalA=people["alice"], ApprovalB=people["bob"])


def deploy(project, release, **parameters):
    """Stores the proof of a release, signed by the gate, and runs the build."""
    place = project.store(release, release.proof(GATE.sign))
    return project.build(place, release.execution, **parameters)


def test_what_two_people_approved_is_deployed(project, people):
    done = deploy(project, approved(project, people))
    assert done.returncode == 0, done.stderr + done.stdout
    assert project.deployed() == BUILT


def test_a_forged_success_without_a_proof_deploys_nothing(project, people):
    """Somebody reported success for the gate's job. CodePipeline believes that, and the gate has
    written no proof.
    """
    release = approved(project, people)
    missing = f"s3://{STORE}/{PIPELINE}/{release.execution}.json"
    for told in (missing, "", "#{Gate.Proof}"):
        done = project.build(told, release.execution)
        assert done.returncode != 0 and project.deployed() is None


def test_a_forged_success_with_the_proof_of_another_execution_deploys_nothing(project, people):
    """The person who reports the gate's success also chooses its output variables."""
    yesterday, today = approved(project, people), approved(project, people)
    place = project.store(yesterday, yesterday.proof(GATE.sign))
    done = project.build(place, today.execution)
    assert done.returncode != 0 and "the proof is of another execution" in done.stderr
    assert project.deployed() is None
    # Where it belongs, it is good.
    assert project.build(place, yesterday.execution).returncode == 0


def test_a_proof_from_elsewhere_is_not_even_read(project, people):
    release = approved(project, people)
    proof = release.proof(GATE.sign)
    elsewhere = project.put(f"s3://{ARTIFACTS}/proof.json", proof.encode())
    local = project.folder / "proof.json"
    local.write_text(proof)
    for place in (elsewhere, str(local), "--help"):
        done = project.build(place, release.execution)
        assert done.returncode != 0 and "PROOF is not in the store of proofs" in done.stderr
    assert project.deployed() is None


def test_an_artifact_overwritten_after_the_approval_is_not_deployed(project, people):
    release = approved(project, people)
    project.built(b"what nobody approved")
    done = deploy(project, release)
    assert done.returncode != 0 and "artifact-not-named" in done.stdout + done.stderr
    assert project.deployed() is None
    project.built(BUILT)
    assert deploy(project, release).returncode == 0


def test_an_artifact_overwritten_during_the_deployment_is_not_deployed(project, people):
    """The artifact is read once: what was verified is what is deployed."""
    release = approved(project, people)
    other = project.folder / "other"
    other.write_bytes(b"what nobody approved")
    (place, _) = release.artifacts[NAME]
    # While policygen verifies, and again before the command.
    overwrite = f'aws s3 cp --quiet "{other}" "{place}"'
    program = f'#!/bin/sh\n{BINARIES / "policygen"} "$@"\ncode=$?\n{overwrite}\nexit $code\n'
    zip = layer_of(policygen=program)
    swapped = {
        "PolicygenLayer": publish(project.aws, project.folder, "policygen", zip),
        "PolicygenSha256": hashlib.sha256(zip).hexdigest(),
        "DeployCommand": f"{overwrite} && {project.parameters['DeployCommand']}",
    }
    done = deploy(project, release, **swapped)
    assert done.returncode == 0, done.stderr
    assert project.deployed() == BUILT


def test_another_artifact_of_the_release_does_not_stand_in(project, people):
    """Approved, but as something else."""
    place = project.built(b"documentation", key="payments/Docs/1")
    release = approved(project, people)
    release.artifacts["Docs"] = (place, b"documentation")
    release.artifacts[NAME] = (place, BUILT)
    done = deploy(project, release)
    assert done.returncode != 0 and "artifact-not-named" in done.stdout + done.stderr
    del release.artifacts[NAME]
    done = deploy(project, release)
    assert done.returncode != 0 and "does not name BuildOutput" in done.stderr
    assert project.deployed() is None


@pytest.mark.parametrize(
    "defect, code",
    [
        ("another-pipeline", "another-pipeline"),
        ("another-environment", "another-environment"),
        ("no-environment", "another-environment"),
        ("too-old", "too-old"),
        ("expired", "expired"),
        ("another-key", "envelope-signature"),
        ("unsigned-envelope", "envelope-signature"),
        ("altered", "envelope-signature"),
        ("one-person", "same-person"),
        ("one-approval", "missing-approval"),
        ("not-signed", "not-signed"),
        ("another-persons-key", "bad-signature"),
        ("another-stage", "missing-approval"),
        ("altered-revision", "bad-signature"),
    ],
)
def test_a_proof_with_one_defect_deploys_nothing(project, people, defect, code):
    alice, mallory = people["alice"], people["mallory"]
    release = approved(project, people)
    sign = GATE.sign
    match defect:
        case "another-pipeline":
            release = approved(project, people, pipeline="refunds")
        case "another-environment":
            release.environment = "test"
        case "no-environment":
            release.environment = None
        case "too-old":
            release.made = datetime.now(UTC) - timedelta(hours=2)
        case "expired":
            release.made = datetime.now(UTC) - timedelta(hours=25)
        case "another-key":
            sign = GateKey().sign
        case "one-person":
            release.answers.clear()
            release.signed_by(ApprovalA=alice, ApprovalB=alice)
        case "one-approval":
            release.answers.pop()
        case "not-signed":
            release.answers.pop()
            release.signed_by(ApprovalB=None)
        case "another-persons-key":
            release.answers.pop()
            release.signed_by(ApprovalB=mallory)
        case "another-stage":
            release = approved(project, people, stage="Staging")
        case "altered-revision":
            release.revisions = [COMMIT[::-1]]
    proof = release.proof(sign)
    if defect == "unsigned-envelope":
        proof = release.proof()
    if defect == "altered":
        envelope = json.loads(proof)
        altered = base64.b64decode(envelope["payload"]).replace(b"SATISFIED", b"SATISFIEB")
        proof = json.dumps({**envelope, "payload": base64.b64encode(altered).decode()})
    done = project.build(project.store(release, proof), release.execution)
    assert done.returncode == 10, done.stderr + done.stdout
    assert code in done.stdout + done.stderr
    assert project.deployed() is None


def test_a_program_with_another_digest_does_not_run(project, people):
    ran = project.folder / "ran"
    zip = layer_of(policygen=f"#!/bin/sh\ntouch {ran}\n")
    layer = publish(project.aws, project.folder, "policygen", zip)
    done = deploy(project, approved(project, people), PolicygenLayer=layer)
    assert done.returncode != 0 and "pinned digest" in done.stderr
    assert not ran.exists() and project.deployed() is None


def test_production_deploys_an_image_by_the_digest_that_people_signed(project, people):
    """Without the gate's key: only what people signed is believed."""
    release = Release(revisions=[IMAGE])
    release.signed_by(ApprovalA=people["alice"], ApprovalB=people["bob"])
    command = f'printf "%s" "payments@$REVISIONS" > "{project.folder}/deployed"'
    place = project.store(release, release.proof())
    by_people = {"GateKey": "", "ArtifactName": "", "DeployCommand": command}
    done = project.build(place, release.execution, **by_people)
    assert done.returncode == 0, done.stderr + done.stdout
    assert project.deployed() == f"payments@{IMAGE}".encode()


def test_an_artifact_needs_the_gates_key(project):
    """No human signed what a build makes."""
    with pytest.raises(RefusedParameters, match="ArtifactName"):
        project.build("", "", GateKey="")


# --- The template and the module.


def test_what_decides_cannot_be_replaced_by_a_variable_of_the_build(project):
    resources = resolve(load("verified-deploy.yaml"), **project.parameters)
    properties = resources["Project"]["Properties"]
    assert "EnvironmentVariables" not in properties["Environment"]
    spec = properties["Source"]["BuildSpec"]
    for name in ("PolicygenSha256", "RuleLayer", "GateKey", "ArtifactBucket", "ProofStore"):
        assert project.parameters[name] in spec, name
    assert f'--pipeline "{PIPELINE}"' in spec and f'--environment "{ENVIRONMENT}"' in spec


def test_the_role_reads_what_it_verifies_and_deploys_by_the_given_policy(project):
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
    resources = resolve(load("verified-deploy.yaml"), **project.parameters, KmsKeyArn=key)
    role = resources["Role"]["Properties"]
    assert role["ManagedPolicyArns"] == [project.parameters["DeployPolicyArn"]]
    granted = statements(resources["RolePolicy"]["Properties"])
    assert {sid: of["Resource"] for sid, of in granted.items()} == {
        "KeepLog": "Logs.Arn",
        "ReadProof": f"arn:aws:s3:::{STORE}/{PIPELINE}/*",
        "ReadArtifacts": f"arn:aws:s3:::{ARTIFACTS}/*",
        "ReadLayers": [project.parameters["PolicygenLayer"], project.parameters["RuleLayer"]],
        "UseKey": key,
    }
    allowed = {action for of in granted.values() for action in as_list(of["Action"])}
    assert allowed == terraform_actions(MODULE / "main.tf")
    (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Condition"]["ArnEquals"]["aws:SourceArn"].endswith(
        f":project/{resources['Project']['Properties']['Name']}"
    )


def test_the_modules_build_is_the_templates():
    template = load("verified-deploy.yaml")
    (spec,) = template["Resources"]["Project"]["Properties"]["Source"]["BuildSpec"].values()
    assert (MODULE / "buildspec.yml").read_text() == spec
    (given,) = (line for line in (MODULE / "main.tf").read_text().split("templatefile")[1:])
    for name in template["Parameters"]:
        assert (f"${{{name}}}" in spec) == (f"{name} " in given.partition("})")[0]), name


def as_list(value):
    return [value] if isinstance(value, str) else value
