"""Proofs as somebody writes them who may choose every fact and has the gate's key. Only the
signatures of people are beyond them: those are made by `ssh-keygen`, with the people's keys.
"""

import base64
import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ACCOUNT = "111122223333"
PIPELINE, STAGE, ENVIRONMENT = "payments", "Release", "prod"
COMMIT = "5f1ab6f6e1c9a1b2c3d4e5f60718293a4b5c6d7e"
PAYLOAD_TYPE = "application/vnd.in-toto+json"


class GateKey:
    """A key like the gate's in KMS: ECDSA with P-256."""

    def __init__(self):
        self.private = ec.generate_private_key(ec.SECP256R1())

    def der(self):
        """The public half, as `kms:GetPublicKey` gives it."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.DER, form)

    def pem(self):
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, form)

    def sign(self, octets):
        return self.private.sign(octets, ec.ECDSA(hashes.SHA256()))


@dataclass(frozen=True)
class Answer:
    """An attempt of an approval, and how it is told."""

    action: str
    attempt: str
    comment: str
    status: str = "Succeeded"


class Release:
    """One execution and who signed what in it. Every field may be changed before it is proved."""

    def __init__(self, **changed):
        self.execution = str(uuid.uuid4())
        self.pipeline, self.stage, self.environment = PIPELINE, STAGE, ENVIRONMENT
        self.revisions = [COMMIT]
        self.artifacts = {}
        self.made = datetime.now(UTC)
        self.answers = []
        for name, value in changed.items():
            assert hasattr(self, name), name
            setattr(self, name, value)

    def signed_by(self, answer="Approved", **keys):
        """Answers, each with the signature of a person's key, or with none. They are told as
        approvals, no matter what was answered.
        """
        for action, key in keys.items():
            fields = {
                "pipeline": self.pipeline,
                "execution": self.execution,
                "stage": self.stage,
                "action": action,
                "attempt": str(uuid.uuid4()),
                "answer": answer,
                "revisions": " ".join(sorted(self.revisions)),
            }
            comment = key.comment(fields) if key else "reviewed"
            self.answers.append(Answer(action, fields["attempt"], comment))
        return self

    def statement(self):
        """The in-toto statement."""
        facts = {
            "account": {"id": ACCOUNT},
            "execution": {"pipeline": self.pipeline, "pipelineVersion": 1, "id": self.execution},
            "gateStage": self.stage,
            "jobId": None,
            "attempts": [*self.sources(), *self.approvals()],
            "initiator": "unknown",
            "now": at(self.made),
        }
        return {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [*map(revision, sorted(self.revisions)), *self.named()],
            "predicateType": "https://in-toto.io/attestation/svr/v0.1",
            "predicate": {
                "schemaVersion": 1,
                "verifier": {"id": "anything"},
                "timeCreated": at(self.made),
                "properties": ["TWO_PERSON_RULE_SATISFIED"],
                "expires": at(self.made + timedelta(days=1)),
                "environment": self.environment,
                "gateVersion": "0.1.0",
                "facts": facts,
                "decision": {},
                "answers": [],
            },
        }

    def sources(self):
        for number, delivered in enumerate(self.revisions):
            yield attempted(self.made, "Source", f"Source{number}", "source", revision=delivered)

    def approvals(self):
        """The principals are of one's own choosing too."""
        for number, answer in enumerate(self.answers):
            principal = f"arn:aws:iam::{ACCOUNT}:user/user{number}"
            yield attempted(
                self.made,
                self.stage,
                answer.action,
                "manualApproval",
                id=answer.attempt,
                status=answer.status,
                approver={"history": principal, "state": principal},
                comment=answer.comment,
            )

    def named(self):
        for name, (uri, content) in self.artifacts.items():
            digest = {"sha256": hashlib.sha256(content).hexdigest()}
            yield {"name": name, "uri": uri, "digest": digest}

    def proof(self, sign=None, key_id="arn:aws:kms:eu-west-1:111122223333:key/gate"):
        """The proof, signed as the gate signs it: by a function from bytes to a signature."""
        payload = json.dumps(self.statement()).encode()
        signatures = []
        if sign:
            signature = base64.b64encode(sign(pae(payload))).decode()
            signatures = [{"keyid": key_id, "sig": signature}]
        return json.dumps(
            {
                "payloadType": PAYLOAD_TYPE,
                "payload": base64.b64encode(payload).decode(),
                "signatures": signatures,
            }
        )


def pae(payload):
    """What a signature of an envelope signs (DSSE, protocol.md)."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def at(time):
    return time.isoformat().replace("+00:00", "Z")


def revision(text):
    if text.startswith("sha256:"):
        digest = {"sha256": text.removeprefix("sha256:")}
    elif len(text) == 40:
        digest = {"gitCommit": text}
    else:
        digest = {"sha256": hashlib.sha256(text.encode()).hexdigest()}
    return {"name": text, "digest": digest}


def attempted(made, stage, action, kind, **more):
    """An attempt that began a minute before the proof was made."""
    began = made - timedelta(minutes=1)
    return {
        "stage": stage,
        "action": action,
        "id": str(uuid.uuid4()),
        "kind": kind,
        "status": "Succeeded",
        "started": at(began),
        "updated": at(began + timedelta(seconds=30)),
        "approver": {},
        "comment": None,
        **more,
    }
