"""Proofs of releases that people approved, and what `policygen verify` makes of them."""

import json
import subprocess
import time

import pytest
from conftest import PIPELINE, STAGE, declaration
from proof_release import APPROVALS, GateKey, Release, changed, statement


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """alice and bob have approved and signed, and the release is over."""
    made = Release(tmp_path_factory.mktemp("release"))
    assert made.ended() == "Succeeded"
    yield made
    made.emulator.stop()


@pytest.fixture(scope="module")
def unsigned(tmp_path_factory):
    """alice and bob have approved, and only alice has signed."""
    made = Release(tmp_path_factory.mktemp("unsigned"), signs=("alice",))
    assert made.ended() == "Succeeded"
    yield made
    made.emulator.stop()


@pytest.fixture
def gate(tmp_path):
    return GateKey(tmp_path)


@pytest.fixture(scope="module")
def proof(release):
    return release.proof()


def test_people_alone_prove_a_release_to_somebody_who_trusts_nobody_else(release, proof):
    code, document = release.verify(proof, "--pipeline", PIPELINE)
    assert (code, document["source"], document["signedByGate"]) == (0, "proof", False)
    shown = document["release"]
    assert shown["persons"] == ["person:alice", "person:bob"]
    assert shown["revisions"] == [release.revision]
    assert shown["executionId"] == release.execution
    # What nobody signed is not repeated as if it were known.
    assert (shown["madeAt"], shown["environment"], shown["artifacts"]) == (None, None, [])
    for approval in shown["approvals"]:
        assert (approval["at"], approval["principal"]) == (None, None)
        assert approval["signature"]["signer"] == APPROVALS[approval["action"]]


def test_people_read_who_approved_and_what_that_rests_on_in_80_columns(release, proof, gate):
    own = ["--rule", release.write("own-rule.json", release.rule)]
    file = release.write("proof.json", proof)
    _, alone, _ = release.policygen("verify", file, *own)
    signed = release.write("proof.json", gate.signed(proof))
    _, vouched, _ = release.policygen("verify", signed, "--key", gate.path, *own)
    live = ["--pipeline", PIPELINE, "--execution", release.execution]
    _, asked, _ = release.policygen("verify", *live, *own)
    for printed in (alone, vouched, asked):
        assert printed.startswith("Yes: 2 distinct people approved this release by your rule.\n")
        assert max(map(len, printed.splitlines())) <= 80
    alone, vouched, asked = (" ".join(it.split()) for it in (alone, vouched, asked))
    by = "ApprovalA by person:alice, signed with alice's SSH key"
    assert by in alone and by in vouched and by in asked
    assert "Nothing shows when they signed" in alone and "valid until" not in alone
    assert "Only the gate's key vouches for the times, the environment" in vouched
    assert "valid until" in vouched
    assert "Only CodePipeline vouches for the times" in asked


def test_an_approval_without_a_signature_counts_only_on_the_word_of_the_gate(unsigned, gate):
    proof = unsigned.proof()
    _, document = unsigned.verify(proof)
    told = {problem["message"].split(":")[0] for problem in document["problems"]}
    assert told == {"not-signed", "quorum-not-met"}, document
    assert set(unsigned.codes(proof)) == {"not-satisfied"}
    code, document = unsigned.verify(gate.signed(proof), "--key", gate.path)
    assert (code, document["signedByGate"]) == (0, True)
    bases = {it["action"]: it["basis"] for it in document["release"]["approvals"]}
    assert bases == {"ApprovalA": "signature", "ApprovalB": "user"}
    by_bob = document["release"]["approvals"][1]
    assert by_bob["principal"] == "arn:aws:iam::111122223333:user/bob"


def test_what_only_the_gate_can_know_needs_its_key(release, proof, gate):
    file = release.write("build.zip", "the build")
    needs = [
        (["--environment", "prod"], {}),
        (["--max-age", "1h"], {}),
        (["--artifact", file], {}),
        ([], {"excludeInitiator": True}),
        ([], {"maxAgeMinutes": 60}),
        ([], {"excludeAuthors": True, "reviews": {"function": "two-person-rule-reviews"}}),
    ]
    for arguments, demand in needs:
        codes = release.codes(proof, *arguments, rule=release.rule | demand)
        assert "needs-the-gates-key" in codes, (arguments, demand)
    # Whoever writes the file could leave out an approval, or offer those of another stage.
    for missing in ("stage", "actions"):
        rule = {key: value for key, value in release.rule.items() if key != missing}
        assert release.codes(proof, rule=rule) == ["needs-the-gates-key"], missing
        assert release.codes(gate.signed(proof), "--key", gate.path, rule=rule) == []
    rule = {key: value for key, value in release.rule.items() if key != "stage"}
    assert release.codes(proof, "--stage", STAGE, rule=rule) == []


def test_what_is_not_what_was_asked_for_is_refused_by_its_code(release, proof, gate):
    zipped = release.write("build.zip", "the build")
    digest = subprocess.run(["sha256sum", zipped], capture_output=True, text=True).stdout.split()[0]

    def delivered(document):
        document["predicate"]["environment"] = "prod"
        build = {"name": "Build", "uri": "s3://artifacts/build", "digest": {"sha256": digest}}
        document["subject"].append(build)

    def at(**times):
        return lambda document: document["predicate"].update(times)

    sound = changed(proof, delivered)
    key = ["--key", gate.path]
    asked = ["--pipeline", PIPELINE, "--environment", "prod", "--max-age", "1h"]
    code, document = release.verify(gate.signed(sound), *key, *asked, "--artifact", zipped)
    assert code == 0, document
    assert document["release"]["artifacts"][0]["sha256"] == digest
    named = ["--artifact", f"Build={zipped}"]
    assert release.codes(gate.signed(sound), *key, *named) == []
    odd = release.write("a=b.zip", "the build")
    assert release.codes(gate.signed(sound), *key, "--artifact", odd) == []
    other = release.write("other.zip", "another build")
    three = release.rule | {"quorum": 3, "actions": [*APPROVALS, "ApprovalC"]}
    defects = [
        ("another-pipeline", sound, ["--pipeline", "refunds"], {}),
        ("another-environment", sound, ["--environment", "test"], {}),
        ("another-environment", proof, ["--environment", "prod"], {}),
        ("artifact-not-named", sound, ["--artifact", other], {}),
        ("artifact-not-named", sound, ["--artifact", f"Config={zipped}"], {}),
        ("expired", changed(sound, at(expires="2026-01-01T00:00:00Z")), [], {}),
        ("expired", changed(sound, at(expires=None)), [], {}),
        ("too-old", changed(sound, at(timeCreated="2026-01-01T00:00:00Z")), asked, {}),
        ("from-the-future", changed(sound, at(timeCreated="2199-01-01T00:00:00Z")), [], {}),
        ("malformed", changed(sound, at(properties=["SOMETHING_ELSE"])), [], {}),
        ("malformed", changed(sound, lambda it: it["subject"].pop(0)), [], {}),
        ("not-satisfied", sound, [], three),
        ("own-rule", sound, [], {"pipelineExecutionId": "3137f7cb-7cf7-4abc-9b2c-0123456789ab"}),
        (
            "own-rule",
            sound,
            [],
            {"people": {"x": ["arn:aws:iam::*:user/alice"]} | release.rule["people"]},
        ),
    ]
    for expected, defect, arguments, demand in defects:
        codes = release.codes(gate.signed(defect), *key, *arguments, rule=release.rule | demand)
        assert set(codes) == {expected}, (expected, arguments, codes)
    assert release.codes(sound, *key) == ["envelope-signature"]
    assert release.codes(GateKey(release.folder).signed(sound), *key) == ["envelope-signature"]


def test_somebody_who_can_do_everything_in_the_pipelines_account_forges_nothing(release, proof):
    """He has every permission there, and no person's key: he may write any file."""
    answers = statement(proof)["predicate"]["facts"]["attempts"]
    first, second = (it for it in answers if it["action"] in APPROVALS)

    def attempts(document):
        found = document["predicate"]["facts"]["attempts"]
        return {it["action"]: it for it in found}

    def one_signature_twice(document):
        attempts(document)["ApprovalB"]["comment"] = first["comment"]

    def other_commit(document):
        attempts(document)["Source"]["revision"] = "f" * 40
        document["subject"] = [{"name": "f" * 40, "digest": {"gitCommit": "f" * 40}}]

    def other_release(document):
        document["predicate"]["facts"]["execution"]["id"] = "3137f7cb-7cf7-4abc-9b2c-0123456789ab"

    def other_pipeline(document):
        document["predicate"]["facts"]["execution"]["pipeline"] = "refunds"

    def rejection(document):
        attempts(document)["ApprovalB"]["status"] = "Failed"

    def attempt_of_another(document):
        attempts(document)["ApprovalB"]["id"] = first["id"]

    def without_comment(document):
        attempts(document)["ApprovalB"]["comment"] = "reviewed"

    def answers_alone(document):
        # What people are shown is not what is judged.
        document["predicate"]["facts"]["attempts"].remove(attempts(document)["ApprovalB"])

    def other_stage(document):
        for it in attempts(document).values():
            it["stage"] = "Staging" if it["action"] in APPROVALS else it["stage"]
        document["predicate"]["facts"]["gateStage"] = "Staging"

    assert second["comment"] != first["comment"]
    for forge in (
        one_signature_twice,
        other_commit,
        other_release,
        other_pipeline,
        rejection,
        attempt_of_another,
        without_comment,
        answers_alone,
        other_stage,
    ):
        assert set(release.codes(changed(proof, forge))) == {"not-satisfied"}, forge.__name__


def test_an_execution_is_judged_live_while_it_runs_and_when_it_is_over(tmp_path):
    release = Release(tmp_path, answers={})
    try:
        live = ["verify", "--pipeline", PIPELINE, "--format", "json"]
        rule = ["--rule", tmp_path / "rule.json"]
        code, printed, said = release.policygen(*live, "--execution", release.execution, *rule)
        assert (code, said) == (10, ""), printed
        problems = json.loads(printed)["problems"]
        assert {problem["code"] for problem in problems} == {"not-satisfied"}
        ((_, attempts),) = release.waiting().items()
        for name, person in APPROVALS.items():
            release.approve(name, person, attempts[name], signs=True)
        assert release.ended() == "Succeeded"
        # The pipeline tells its account, and its only stage with approvals.
        rules = [rule, ["--rule", release.write("default.json", {})]]
        for own in rules:
            code, printed, said = release.policygen(*live, "--execution", release.execution, *own)
            assert code == 0, printed + said
            document = json.loads(printed)
            assert (document["source"], document["signedByGate"]) == ("codepipeline", False)
            assert document["release"]["stage"] == STAGE
        unknown = "3137f7cb-7cf7-4abc-9b2c-0123456789ab"
        code, printed, said = release.policygen(*live, "--execution", unknown, *rule)
        assert (code, printed) == (1, "") and unknown in said
    finally:
        release.emulator.stop()


def test_approvals_of_another_stage_are_never_taken_for_those_that_release(release):
    """The gate judges its own stage. Without a gate, somebody has to say which stage is meant."""
    two = declaration("shop")
    staging = json.loads(json.dumps(two["stages"][1]).replace("Approval", "Test"))
    staging = {"name": "Staging", "actions": staging["actions"][:2]}
    for action in staging["actions"]:
        action["actionTypeId"]["category"] = "Approval"
    two["stages"].insert(1, staging)
    release.api.create_pipeline(pipeline=two)
    execution = release.api.list_pipeline_executions(pipelineName="shop")
    execution = execution["pipelineExecutionSummaries"][0]["pipelineExecutionId"]
    # Only the approvals of Staging have begun.
    asked = ["verify", "--pipeline", "shop", "--execution", execution]
    rule = ["--rule", release.write("default.json", {})]
    code, printed, said = release.policygen(*asked, *rule)
    assert (code, printed) == (1, ""), said
    assert "`Approve`, `Staging`" in said and "--stage" in said
    code, printed, _ = release.policygen(*asked, *rule, "--stage", STAGE)
    assert code == 10 and printed.startswith("No: ")
    # Two people approve for the test environment, and that is not a release.
    for name, person in (("TestA", "alice"), ("TestB", "bob")):
        approve_unsigned(release, "shop", "Staging", name, person)
    for stage, expected in (("Staging", 0), (STAGE, 10)):
        code, printed, said = release.policygen(*asked, *rule, "--stage", stage)
        assert code == expected, printed + said
    named = ["--rule", release.write("named.json", {"stage": STAGE})]
    code, printed, said = release.policygen(*asked, *named, "--stage", "Staging")
    assert (code, printed) == (1, "") and "the rule's `stage` is `Approve`" in said


def approve_unsigned(release, pipeline, stage, name, person):
    for _ in range(100):
        details = release.api.list_action_executions(pipelineName=pipeline)
        for it in details["actionExecutionDetails"]:
            if it["actionName"] == name and it["status"] == "InProgress":
                return release.emulator.client(person).put_approval_result(
                    pipelineName=pipeline,
                    stageName=stage,
                    actionName=name,
                    token=it["actionExecutionId"],
                    result={"status": "Approved", "summary": "tested"},
                )
        time.sleep(0.1)
    raise AssertionError(f"{name} does not wait")


def test_no_proof_is_written_of_what_is_not_satisfied(tmp_path):
    release = Release(tmp_path, answers={"ApprovalA": "alice", "ApprovalB": "alice"})
    try:
        assert release.ended() == "Failed"
        command = ["evidence", "--pipeline", PIPELINE, "--format", "proof"]
        command += ["--rule", tmp_path / "rule.json", "--gate-function", "two-person-rule"]
        code, printed, said = release.policygen(*command, "--execution", release.execution)
        assert (code, printed) == (10, "")
        assert "is not satisfied: its verdict is unsatisfied" in said and "alice" in said
        code, printed, said = release.policygen(*command)
        assert (code, printed) == (2, "") and "--execution" in said
    finally:
        release.emulator.stop()


def test_what_is_not_a_proof_is_an_error_and_never_an_answer(release, proof, gate):
    own = ["--rule", release.write("own-rule.json", release.rule)]
    payload = proof["payload"]
    for wrong in (
        {**proof, "payloadType": "text/plain"},
        {**proof, "payload": payload[:-4] + "===="},
        {**proof, "payload": payload.replace("A", "-")},
        {**proof, "payload": 7},
        {"payloadType": proof["payloadType"]},
        {**proof, "signatures": [{"keyid": "x"}]},
        "payloadType",
        "",
    ):
        code, printed, said = release.policygen("verify", release.write("w.json", wrong), *own)
        assert (code, printed) in ((1, ""), (2, "")) and said.startswith("error: "), wrong
    file = release.write("proof.json", gate.signed(proof))
    code, printed, said = release.policygen("verify", file, *own, "--key", release.keys["bob"].path)
    assert (code, printed) == (1, "") and "get-public-key" in said
    code, printed, said = release.policygen("verify", file)
    assert (code, printed) == (2, "") and "--rule" in said
    folder = ["--artifact", release.folder]
    code, printed, said = release.policygen("verify", file, *own, "--key", gate.path, *folder)
    assert (code, printed) == (1, "") and "is a directory" in said
