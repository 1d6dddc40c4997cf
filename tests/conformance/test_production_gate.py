"""From an approval to a deployment: a pipeline on the emulator with the built gate, its key in KMS,
and the project of verified-deploy.yaml.
"""

import pytest
from ci_account import BUILT, SLOTS, CiAccount
from iam_endpoint import emptied, serving
from lambda_function import written
from layers import readable_layers
from signatures import Key
from verified_deploy import Project


@pytest.fixture(scope="module")
def server():
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def aws(server, tmp_path, monkeypatch):
    readable_layers(monkeypatch, tmp_path)
    return emptied(server)


@pytest.fixture
def people(tmp_path):
    return {name: Key(tmp_path, name) for name in ("alice", "bob")}


@pytest.fixture
def ci(aws, tmp_path, people):
    account = CiAccount(tmp_path, aws.endpoint, people)
    yield account
    account.stop()


def deployed(ci, project, execution):
    """Runs the deployment as the pipeline starts it."""
    told = ci.told_to_deploy(execution)
    done = project.build(told["PROOF"], told["EXECUTION"])
    return done, project.deployed()


def test_the_gates_proof_deploys_what_was_approved(ci, aws, tmp_path, people):
    project = Project(aws, tmp_path, people, ci.public_key())
    execution = ci.start()
    assert ci.proof(execution) is None
    ci.approve(execution)
    done, content = deployed(ci, project, execution)
    assert done.returncode == 0, done.stderr + done.stdout
    assert content == BUILT


def test_an_artifact_replaced_after_the_gate_saw_it_is_not_deployed(ci, aws, tmp_path, people):
    project = Project(aws, tmp_path, people, ci.public_key())
    execution = ci.start()
    ci.approve(execution)
    ci.told_to_deploy(execution)
    place = ci.attempt(execution, "Build")["output"]["outputArtifacts"][0]["s3location"]
    ci.s3.put_object(Bucket=place["bucket"], Key=place["key"], Body=b"what nobody approved")
    done, content = deployed(ci, project, execution)
    assert done.returncode == 10 and "artifact-not-named" in done.stdout
    assert content is None


def test_a_release_that_one_person_approved_has_no_proof(ci):
    execution = ci.start()
    ci.approve(execution, dict.fromkeys(SLOTS, "alice"))
    assert ci.attempt(execution, "Gate", "Failed")
    assert ci.proof(execution) is None


def forged(job, client):
    """Somebody who may report success for the gate's job."""
    client("codepipeline").put_job_success_result(
        jobId=job["id"], outputVariables={"Proof": "FORGED", "Verdict": "satisfied"}
    )


def test_a_forged_job_success_deploys_nothing(aws, tmp_path, people):
    """CodePipeline goes on, and the deployment finds no proof of this execution."""
    (tmp_path / "honest").mkdir()
    honest = CiAccount(tmp_path / "honest", aws.endpoint, people)
    try:
        before = honest.start()
        honest.approve(before)
        good = honest.told_to_deploy(before)["PROOF"]
        project = Project(aws, tmp_path, people, honest.public_key())
    finally:
        honest.stop()
    nowhere = good.replace(before, "3137f7cb-7cf7-4abc-9b2c-000000000001")
    for told, reason in ((nowhere, "404"), (good, "the proof is of another execution")):
        program = written(tmp_path / "forger", forged)
        program.write_text(program.read_text().replace("FORGED", told))
        ci = CiAccount(tmp_path, aws.endpoint, people, function=program)
        try:
            execution = ci.start()
            ci.approve(execution, dict.fromkeys(SLOTS, "alice"))
            done, content = deployed(ci, project, execution)
        finally:
            ci.stop()
        assert done.returncode != 0 and reason in done.stderr, done.stderr
        assert content is None
    # The same project deploys where the proof belongs.
    assert project.build(good, before).returncode == 0
