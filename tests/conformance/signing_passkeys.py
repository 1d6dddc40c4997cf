"""Passkeys made with `cryptography`, what they sign, and two programs that verify it: ours, and the
PyPI package `webauthn`.
"""

import copy
import hashlib
import json
import subprocess
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

import cbor2
import webauthn
from conftest import BINARIES
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RP_ID = "approve.example.com"
ORIGIN = "https://approve.example.com"
CREDENTIAL_ID = b"credential"
FACTS = {
    "pipeline": "payments",
    "execution": "3137f7cb-7cf7-4a39-8b3c-d7ed3e1a0001",
    "stage": "Release",
    "action": "ApprovalA",
    "attempt": "7d27f861-a187-4140-9485-44d76b5aa3e8",
    "answer": "Approved",
    "revisions": ["5f1ab6f6e1c9a1b2c3d4e5f60718293a4b5c6d7e", "UPBw5fG.TEoeT0MC4FZr8AgSXuvKJ39t"],
}
# authenticatorData (WebAuthn, section 6.1).
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED, EXTENSIONS = 1, 4, 8, 16, 64, 128


def base64url(data):
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text):
    return urlsafe_b64decode(text + "===")


def statement(facts, nonce):
    """The text that is signed, written independently of our code."""
    lines = ["two-person-rule approval v1"]
    lines += [f"{name} {facts[name]}" for name in FACTS if name != "revisions"]
    lines.append("revisions " + (" ".join(sorted(set(facts["revisions"]))) or "-"))
    lines.append(f"nonce {base64url(nonce)}")
    return "".join(f"{line}\n" for line in lines).encode()


def authenticator_data(rp_id=RP_ID, flags=PRESENT | VERIFIED, counter=1, rest=b""):
    domain = hashlib.sha256(rp_id.encode()).digest()
    return domain + bytes([flags]) + counter.to_bytes(4, "big") + rest


class Es256:
    """A passkey of ECDSA on P-256."""

    def __init__(self, seed):
        self.private = ec.derive_private_key(seed, ec.SECP256R1())
        self.public = self.private.public_key()
        point = self.public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.key = point[1:]

    def sign(self, data):
        return self.private.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True))

    @staticmethod
    def spki(key):
        """The DER of a public key of two coordinates (RFC 5480)."""
        head = "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
        return bytes.fromhex(head) + key

    @staticmethod
    def credential_public_key(key):
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: key[:32], -3: key[32:]})


class EdDsa:
    """A passkey of Ed25519."""

    def __init__(self, seed):
        self.private = ed25519.Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big"))
        self.public = self.private.public_key()
        self.key = self.public.public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, data):
        return self.private.sign(data)

    @staticmethod
    def spki(key):
        """The DER of a public key of 32 bytes (RFC 8410)."""
        return bytes.fromhex("302a300506032b6570032100") + key

    @staticmethod
    def credential_public_key(key):
        return cbor2.dumps({1: 1, 3: -8, -1: 6, -2: key})


@dataclass
class Case:
    """An assertion, and what a verifier expects of it."""

    what: str
    passkey: object
    key: bytes
    facts: dict
    nonce: bytes
    authenticator_data: bytes
    client_data: bytes
    signature: bytes = b""
    rp_id: str = RP_ID
    origin: str = ORIGIN
    signed: bool = field(default=False, repr=False)

    @classmethod
    def good(cls, passkey, nonce):
        case = cls("unchanged", passkey, passkey.key, FACTS, nonce, authenticator_data(), b"")
        return case.changed("unchanged", sign=True, client_data=case.usual())

    def changed(self, what, sign=False, **values):
        """The case with other values; with `sign`, the passkey signs them."""
        case = copy.copy(self)
        case.what = what
        case.signed = sign
        for name, value in values.items():
            assert hasattr(case, name)
            setattr(case, name, value)
        if sign:
            hashed = hashlib.sha256(case.client_data).digest()
            case.signature = case.passkey.sign(case.authenticator_data + hashed)
        return case

    def challenge(self):
        return hashlib.sha256(statement(self.facts, self.nonce)).digest()

    def usual(self):
        """What browsers write."""
        text = (
            f'{{"type":"webauthn.get","challenge":"{base64url(self.challenge())}",'
            f'"origin":"{self.origin}","crossOrigin":false}}'
        )
        return text.encode()

    def for_us(self):
        """The line for `examples/verify.rs`. The comment is written independently of our code."""
        spki = self.passkey.spki(self.key)
        fields = ["[2pr1", "p", base64url(hashlib.sha256(spki).digest()[:8])]
        fields += map(base64url, (self.nonce, self.authenticator_data, self.signature))
        if self.client_data != self.usual():
            fields.append(base64url(self.client_data))
        return {
            "signingKey": f"passkey:{base64url(CREDENTIAL_ID)}:{base64url(spki)}",
            "desk": {"rpId": self.rp_id, "origin": self.origin},
            "facts": self.facts,
            "comment": ".".join(fields) + "]",
        }

    def they_accept(self):
        """Whether `webauthn` accepts it, with user verification required."""
        credential = {
            "id": base64url(CREDENTIAL_ID),
            "rawId": base64url(CREDENTIAL_ID),
            "type": "public-key",
            "response": {
                "authenticatorData": base64url(self.authenticator_data),
                "clientDataJSON": base64url(self.client_data),
                "signature": base64url(self.signature),
            },
        }
        try:
            webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=self.challenge(),
                expected_rp_id=self.rp_id,
                expected_origin=self.origin,
                credential_public_key=self.passkey.credential_public_key(self.key),
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except Exception:  # It has no common class: `cbor2` and `json` raise theirs too.
            return False
        return True


def our_answers(cases):
    """What our program says about each case."""
    lines = "".join(json.dumps(case.for_us()) + "\n" for case in cases)
    command = [BINARIES / "examples" / "verify"]
    done = subprocess.run(command, input=lines, text=True, capture_output=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(cases)
    return answers
