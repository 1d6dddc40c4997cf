"""Proofs of releases that people approved: what `policygen verify` makes of them, and what other
programs do. No AWS is asked about a proof.
"""

import base64
import json
import re
import subprocess

import pytest
from conftest import PIPELINE, ROOT, STAGE
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf import json_format
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementMessage
from proof_release import APPROVALS, GateKey, Release, changed, pae, statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey


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
    signed = release.write("proof.json", gate.sign(proof))
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
    code, document = unsigned.verify(gate.sign(proof), "--key", gate.path)
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
        assert release.codes(gate.sign(proof), "--key", gate.path, rule=rule) == []
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
    code, document = release.verify(gate.sign(sound), *key, *asked, "--artifact", zipped)
    assert code == 0, document
    assert document["release"]["artifacts"][0]["sha256"] == digest
    named = ["--artifact", f"Build={zipped}"]
    assert release.codes(gate.sign(sound), *key, *named) == []
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
        codes = release.codes(gate.sign(defect), *key, *arguments, rule=release.rule | demand)
        assert set(codes) == {expected}, (expected, arguments, codes)
    assert release.codes(sound, *key) == ["envelope-signature"]
    assert release.codes(GateKey(release.folder).sign(sound), *key) == ["envelope-signature"]


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


def test_securesystemslib_verifies_our_envelopes_and_we_verify_its(release, proof, gate):
    """An independent implementation of DSSE."""

    def read(envelope):
        # It changes the dictionary that it reads.
        return Envelope.from_dict(json.loads(json.dumps(envelope)))

    signed = gate.sign(proof)
    # It looks a signature up by the id of its key.
    key = SSlibKey.from_crypto(gate.private.public_key(), signed["signatures"][0]["keyid"])
    assert set(read(signed).verify([key], 1)) == {key.keyid}
    with pytest.raises(VerificationError):
        read(changed(signed, lambda it: it.update(extra=1))).verify([key], 1)
    signer = CryptoSigner(ec.generate_private_key(ec.SECP256R1()))
    theirs = Envelope(base64.b64decode(proof["payload"]), proof["payloadType"], {})
    theirs.sign(signer)
    public = release.write("their.pem", signer.public_key.keyval["public"])
    for written in (theirs.to_dict(), json.loads(json.dumps(theirs.to_dict(), indent=7))):
        assert release.codes(written, "--key", public) == []
    assert release.codes(gate.sign(proof), "--key", public) == ["envelope-signature"]


def test_in_toto_reads_the_statement(proof):
    """The bindings that the in-toto project generates from its own definitions."""
    message = json_format.Parse(base64.b64decode(proof["payload"]), StatementMessage())
    Statement.copy_from_pb(message).validate()
    assert message.predicate_type == "https://in-toto.io/attestation/svr/v0.1"
    # The fields that the Simple Verification Result demands.
    predicate = json_format.MessageToDict(message.predicate)
    assert predicate["verifier"]["id"].startswith("https://")
    assert predicate["properties"] == ["TWO_PERSON_RULE_SATISFIED"]
    assert predicate["timeCreated"].endswith("Z")


def test_openssl_verifies_the_signature_of_the_gate(release, proof, gate):
    signed = gate.sign(proof)
    data = release.folder / "pae"
    data.write_bytes(pae(base64.b64decode(signed["payload"])))
    signature = release.folder / "sig"
    signature.write_bytes(base64.b64decode(signed["signatures"][0]["sig"]))
    command = ["openssl", "dgst", "-sha256", "-verify", gate.path, "-signature", signature, data]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "Verified OK\n"
    data.write_bytes(data.read_bytes()[:-1] + b" ")
    assert subprocess.run(command, capture_output=True).returncode == 1


def by_hand(section):
    """The blocks of a section of the page, each with its language."""
    text = (ROOT / "docs" / "proof.md").read_text().split(f"\n## {section}\n")[1]
    return re.findall(r"```(\w+)\n(.*?)```", text.split("\n## ")[0], re.DOTALL)


def test_by_hand_a_proof_is_verified_as_the_page_says(release, proof, gate, tmp_path):
    (_, of_gate), (_, printed), (_, of_people) = by_hand("Verify by hand")
    (tmp_path / "proof.json").write_text(json.dumps(gate.sign(proof)))

    def run(script):
        shell = ["bash", "-euo", "pipefail", "-c", script]
        return subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True)

    assert run(of_gate).stdout == printed
    told = run(of_people).stdout.splitlines()
    key, signature = statement(proof)["predicate"]["answers"][0]["key"], told[-1]
    assert told == ["alice: ApprovalA", "bob: ApprovalB", key, signature]
    assert signature.startswith(f"[2pr1.s.{release.keys['alice'].id}.")
    # The same with one byte changed.
    (tmp_path / "proof.json").write_text(
        json.dumps(changed(gate.sign(proof), lambda it: it["predicate"].update(environment="x")))
    )
    assert "Verified OK" not in run(of_gate).stdout


def test_each_answer_can_be_verified_with_ssh_keygen_alone(release, proof):
    for answer in statement(proof)["predicate"]["answers"]:
        allowed = release.write("allowed", f"{answer['person']} {answer['key']}\n")
        _, _, key_id, _, blob = answer["signature"].strip("[]").split(".")
        assert key_id == release.keys[answer["person"]].id
        signature = release.write("answer.sig", armored(answer["key"], blob))
        command = ["ssh-keygen", "-Y", "verify", "-f", allowed, "-I", answer["person"]]
        command += ["-n", "two-person-rule", "-s", signature]
        done = subprocess.run(command, input=answer["statement"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert f"action {answer['action']}\n" in answer["statement"]


def armored(line, blob):
    """An SSHSIG file (OpenSSH, PROTOCOL.sshsig)."""

    def string(octets):
        return len(octets).to_bytes(4, "big") + octets

    signature = base64.urlsafe_b64decode(blob + "=" * (-len(blob) % 4))
    parts = [base64.b64decode(line.split()[1]), b"two-person-rule", b"", b"sha512", signature]
    body = b"SSHSIG" + (1).to_bytes(4, "big") + b"".join(map(string, parts))
    text = base64.b64encode(body).decode()
    return f"-----BEGIN SSH SIGNATURE-----\n{text}\n-----END SSH SIGNATURE-----\n"


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
    file = release.write("proof.json", gate.sign(proof))
    code, printed, said = release.policygen("verify", file, *own, "--key", release.keys["bob"].path)
    assert (code, printed) == (1, "") and "get-public-key" in said
    code, printed, said = release.policygen("verify", file)
    assert (code, printed) == (2, "") and "--rule" in said
    folder = ["--artifact", release.folder]
    code, printed, said = release.policygen("verify", file, *own, "--key", gate.path, *folder)
    assert (code, printed) == (1, "") and "is a directory" in said
