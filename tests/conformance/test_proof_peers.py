"""Proofs, read by other programs: libraries for DSSE and in-toto, OpenSSL and ssh-keygen."""

import base64
import json
import re
import subprocess

import proofs
import pytest
from conftest import ROOT
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf import json_format
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementMessage
from proof_release import GateKey, Release, changed, statement
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
def proof(release):
    return release.proof()


@pytest.fixture
def gate(tmp_path):
    return GateKey(tmp_path)


def test_securesystemslib_verifies_our_envelopes_and_we_verify_its(release, proof, gate):
    """An independent implementation of DSSE."""

    def read(envelope):
        # It changes the dictionary that it reads.
        return Envelope.from_dict(json.loads(json.dumps(envelope)))

    signed = gate.signed(proof)
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
    assert release.codes(gate.signed(proof), "--key", public) == ["envelope-signature"]


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
    signed = gate.signed(proof)
    data = release.folder / "pae"
    data.write_bytes(proofs.pae(base64.b64decode(signed["payload"])))
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
    (tmp_path / "proof.json").write_text(json.dumps(gate.signed(proof)))

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
        json.dumps(changed(gate.signed(proof), lambda it: it["predicate"].update(environment="x")))
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
