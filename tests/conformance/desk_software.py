"""People at a desk without a browser: their passkeys are in this process, and sign what they are
told. Quick, and able to do what no browser would.
"""

import hashlib
import hmac
import json
import time

from desk_web import Firm, free_port
from signing_passkeys import PRESENT, VERIFIED, Es256, authenticator_data, base64url, statement

RP_ID = "localhost"


class SoftPerson:
    """A passkey, and what its person posts."""

    def __init__(self, name, seed):
        self.name = name
        self.passkey = Es256(seed)
        self.credential = f"the credential of {name}".encode()
        self.spki = self.passkey.spki(self.passkey.key)
        self.key_id = base64url(hashlib.sha256(self.spki).digest()[:8])
        self.line = f"passkey:{base64url(self.credential)}:{base64url(self.spki)}"
        self.cookie = ""

    def assertion(self, challenge, origin, rp_id=RP_ID, flags=PRESENT | VERIFIED):
        """What the browser gives for a challenge in base64url: authenticator data, client data and
        signature.
        """
        client_data = (
            f'{{"type":"webauthn.get","challenge":"{challenge}","origin":"{origin}",'
            '"crossOrigin":false}'
        ).encode()
        data = authenticator_data(rp_id, flags)
        signature = self.passkey.sign(data + hashlib.sha256(client_data).digest())
        return data, client_data, signature

    def posted(self, asked, origin):
        """What the script of the page posts after the browser has signed what the desk asked."""
        data, client_data, signature = self.assertion(asked["challenge"], origin)
        return {
            "seal": asked["seal"],
            "credential": base64url(self.credential),
            "authenticatorData": base64url(data),
            "clientDataJSON": base64url(client_data),
            "signature": base64url(signature),
        }

    def sign_in(self, desk):
        """What was posted. From now on `cookie` is the session."""
        status, _, asked = self.post(desk, "/sign-in/challenge", {})
        assert status == 200, asked
        posted = self.posted(json.loads(asked), desk.origin)
        status, headers, said = self.post(desk, "/sign-in", posted)
        assert status == 200, said
        self.cookie = headers["set-cookie"].partition(";")[0]
        return posted

    def post(self, desk, path, body, **headers):
        """Status, headers and text of the reply."""
        return desk.ask("POST", path, json.dumps(body), **{"Cookie": self.cookie} | headers)

    def get(self, desk, path):
        return desk.ask("GET", path, Cookie=self.cookie)

    def ask(self, desk, wanted):
        """Status and document of the question whether the answer would count."""
        status, _, text = self.post(desk, "/answer/ask", wanted)
        return status, json.loads(text)

    def give(self, desk, asked):
        """Status and document of the signed answer."""
        status, _, text = self.post(desk, "/answer/give", self.posted(asked, desk.origin))
        return status, json.loads(text)

    def answer(self, desk, wanted):
        status, asked = self.ask(desk, wanted)
        return self.give(desk, asked) if status == 200 else (status, asked)

    def comment(self, facts, nonce, origin, text="", **more):
        """A comment with a signature over these facts, as the rule's `desk` at `origin` reads it.
        `asked` is another challenge that the passkey has really signed.
        """
        challenge = hashlib.sha256(statement(facts, nonce)).digest()
        asked = more.pop("asked", base64url(challenge))
        data, client_data, signature = self.assertion(asked, more.pop("at", origin), **more)
        fields = ["[2pr1", "p", self.key_id, *map(base64url, (nonce, data, signature))]
        usual = (
            f'{{"type":"webauthn.get","challenge":"{base64url(challenge)}","origin":"{origin}",'
            '"crossOrigin":false}'
        ).encode()
        if client_data != usual:
            fields.append(base64url(client_data))
        return f"{text} {'.'.join(fields)}]".strip()


def sealed(purpose, value, key, seconds=60):
    """What the desk seals, by somebody who knows its key. Written independently of our code."""
    text = json.dumps({"value": value, "until": int(time.time()) + seconds}).encode()
    text = base64url(text)
    tag = hmac.digest(key.encode(), f"{purpose} {text}".encode(), "sha256")
    return f"{text}.{base64url(tag)}"


def people(*names):
    return {name: SoftPerson(name, 0x5EED + number) for number, name in enumerate(names)}


def rule_of(signers, port, **more):
    """A rule that requires signatures of these people, at a desk on this port."""
    return {
        "signingKeys": {person.name: [person.line] for person in signers},
        "desk": {"rpId": RP_ID, "origin": f"http://localhost:{port}"},
        "requireSignature": True,
        **more,
    }


def firm(folder, made, signers=("alice", "bob"), **more):
    """A firm that has not started, whose people are `made`; `signers` have their passkey in it."""
    port = free_port()
    return Firm(folder, made, port, rule_of([made[name] for name in signers], port, **more))


def wanted(firm, action, answer="Approved", comment="", **more):
    """What the form of the page says."""
    return {
        "pipeline": "payments",
        "execution": firm.execution,
        "stage": "Approve",
        "action": action,
        "attempt": firm.state()[action].get("actionExecutionId", ""),
        "answer": answer,
        "comment": comment,
        **more,
    }
