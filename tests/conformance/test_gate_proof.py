"""The gate signs and stores a proof of each release, or the release does not pass."""

import base64
import hashlib
import json
import subprocess

import pytest
from conftest import BINARIES, PIPELINE
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from gate_proof import ARTIFACTS, BUILT, Proving
from kms_server import serving


@pytest.fixture(scope="module")
def one_firm(tmp_path_factory):
    with serving() as moto:
        firm = Proving(tmp_path_factory.mktemp("firm"), moto)
        yield firm
        firm.stop()


@pytest.fixture
def firm(one_firm):
    one_firm.prove(environment="prod", validMinutes=60)
    yield one_firm
    one_firm.s3.delete_bucket_policy(Bucket=ARTIFACTS)


def signed_bytes(kind, payload):
    """DSSE's pre-authentication encoding."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def test_a_release_leaves_a_proof_that_its_key_signed(firm):
    execution = firm.opened()
    assert firm.approved(execution, "alice", "bob") == "Succeeded"
    place = f"releases/payments/{execution}.json"
    assert firm.proofs() == [place]
    variables = firm.outputs(execution, "Gate")["outputVariables"]
    assert variables["Proof"] == f"s3://{firm.bucket}/{place}"

    envelope = json.loads(firm.proof(execution))
    (signature,) = envelope["signatures"]
    assert signature["keyid"] == firm.key
    key = load_der_public_key(firm.kms.get_public_key(KeyId=firm.key)["PublicKey"])
    made = base64.b64decode(signature["sig"], validate=True)
    payload = base64.b64decode(envelope["payload"], validate=True)
    # As RAW, KMS would take no more.
    assert len(payload) > 4096
    signed = signed_bytes(envelope["payloadType"], payload)
    key.verify(made, signed, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(made, signed.replace(b"prod", b"test"), ec.ECDSA(hashes.SHA256()))

    statement = json.loads(payload)
    at = firm.place(execution)
    assert statement["subject"][-1] == {
        "name": "BuildOutput",
        "uri": f"s3://{at['Bucket']}/{at['Key']}",
        "digest": {"sha256": hashlib.sha256(BUILT).hexdigest()},
    }
    predicate = statement["predicate"]
    assert predicate["environment"] == "prod"
    assert predicate["decision"]["executionId"] == execution
    assert predicate["decision"]["rule"]["proof"]["validMinutes"] == 60


def test_production_verifies_the_proof_by_its_own_rule(firm, tmp_path):
    execution = firm.opened()
    assert firm.approved(execution, "alice", "bob") == "Succeeded"
    public = load_der_public_key(firm.kms.get_public_key(KeyId=firm.key)["PublicKey"])
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    files = {"proof.json": firm.proof(execution), "gate.pem": pem, "built.zip": BUILT}
    files |= {"other.zip": b"something else", "rule.json": b"{}", "three.json": b'{"quorum": 3}'}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

    def verified(rule, artifact, environment="prod"):
        command = [BINARIES / "policygen", "verify", "proof.json", "--rule", rule]
        command += ["--key", "gate.pem", "--artifact", f"BuildOutput={artifact}"]
        command += ["--pipeline", PIPELINE, "--environment", environment, "--max-age", "1h"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    code, said = verified("rule.json", "built.zip")
    assert code == 0, said
    for arguments, reason in [
        (("rule.json", "other.zip"), "artifact-not-named"),
        (("three.json", "built.zip"), "not-satisfied"),
        (("rule.json", "built.zip", "test"), "another-environment"),
    ]:
        code, said = verified(*arguments)
        assert code == 10 and reason in said, said


def test_without_two_people_there_is_no_proof(firm):
    execution = firm.opened()
    assert firm.approved(execution, "alice", "alice") == "Failed"
    code, message = firm.said(execution)
    assert code == "JobFailed" and message.startswith("Refused: "), message
    assert firm.proofs() == []


def test_an_artifact_overwritten_after_the_approvals_were_opened_is_refused(firm):
    execution = firm.opened()
    firm.s3.put_object(Body=b"something else", **firm.place(execution))
    assert firm.approved(execution, "alice", "bob") == "Failed"
    code, message = firm.said(execution)
    assert code == "JobFailed"
    at = firm.place(execution)
    wanted = (
        "The approvals satisfy the rule, but the artifact BuildOutput may not be what people "
        f"approved: s3://{at['Bucket']}/{at['Key']} was written at 20"
    )
    assert message.startswith(wanted), message
    assert firm.proofs() == []


def disable_the_key(firm, _):
    # moto knows a key by its id here.
    firm.kms.disable_key(KeyId=firm.key.rpartition("/")[2])


def deny_the_key(firm, _):
    allow = {"Effect": "Allow", "Principal": "*", "Action": ["kms:*"], "Resource": "*"}
    deny = {"Effect": "Deny", "Principal": "*", "Action": ["kms:Sign"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]})
    firm.kms.put_key_policy(KeyId=firm.key, PolicyName="default", Policy=policy)


def deny(firm, action, bucket):
    statement = {"Effect": "Deny", "Principal": "*", "Action": action}
    statement["Resource"] = f"arn:aws:s3:::{bucket}/*"
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    firm.s3.put_bucket_policy(Bucket=bucket, Policy=policy)


def deny_to_store(firm, _):
    deny(firm, "s3:PutObject", firm.bucket)


def deny_to_read(firm, _):
    deny(firm, "s3:GetObject", ARTIFACTS)


def remove_the_bucket(firm, _):
    firm.s3.delete_bucket(Bucket=firm.bucket)


def remove_the_artifact(firm, execution):
    firm.s3.delete_object(**firm.place(execution))


MADE_NOT = "The approvals satisfy the rule, but the proof of it could not be made: "


@pytest.mark.parametrize(
    "breaks, code, words",
    [
        (disable_the_key, "SystemUnavailable", [MADE_NOT, "Sign answered", "is disabled"]),
        (deny_the_key, "PermissionError", ["may not call Sign", "Allow it kms:Sign"]),
        (remove_the_bucket, "SystemUnavailable", [MADE_NOT, "PutObject answered NoSuchBucket"]),
        (
            deny_to_store,
            "PermissionError",
            ["may not call PutObject", "Allow it s3:PutObject"],
        ),
        (
            deny_to_read,
            "PermissionError",
            ["may not call GetObject", "Allow it s3:GetObject"],
        ),
        (
            remove_the_artifact,
            "SystemUnavailable",
            [MADE_NOT, "GetObject answered NoSuchKey"],
        ),
    ],
    ids=["disabled", "no-sign", "no-bucket", "no-put", "no-get", "no-artifact"],
)
def test_without_a_stored_proof_no_release_passes(firm, breaks, code, words):
    execution = firm.opened()
    breaks(firm, execution)
    assert firm.approved(execution, "alice", "bob") == "Failed"
    said, message = firm.said(execution)
    assert said == code, message
    for word in words:
        assert word in message, message
