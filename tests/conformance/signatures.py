"""SSH keys of people, and the signatures that they put into comments. Made by `ssh-keygen`, and put
together here from its own formats, so that nothing of the product is asked.
"""

import base64
import hashlib
import secrets
import struct
import subprocess


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class Key:
    """A new key of a person."""

    def __init__(self, folder, person):
        self.path = folder / person
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", self.path]
        subprocess.run(command, check=True)
        # The type and the base64, without the comment.
        self.line = " ".join(self.path.with_suffix(".pub").read_text().split()[:2])
        self.id = base64url(hashlib.sha256(base64.b64decode(self.line.split()[1])).digest()[:8])

    def comment(self, approval, text="reviewed"):
        """A comment with a signature; `approval` has the fields of a statement, in order."""
        nonce = base64url(secrets.token_bytes(16))
        signed = statement({**approval, "nonce": nonce})
        command = ["ssh-keygen", "-Y", "sign", "-n", "two-person-rule", "-f", self.path]
        armored = subprocess.run(command, input=signed, capture_output=True, check=True).stdout
        blob = base64.b64decode(b"".join(armored.splitlines()[1:-1]))
        return f"{text} [2pr1.s.{self.id}.{nonce}.{base64url(last_string(blob))}]"


def statement(fields):
    """The bytes that are signed."""
    lines = ["two-person-rule approval v1", *(f"{name} {text}" for name, text in fields.items())]
    return "".join(f"{line}\n" for line in lines).encode()


def last_string(blob):
    """The signature in an SSHSIG (OpenSSH, PROTOCOL.sshsig): after six bytes of magic, the version,
    and the strings of key, namespace, reserved field and hash.
    """
    rest = blob[10:]
    for _ in range(4):
        (length,) = struct.unpack(">I", rest[:4])
        rest = rest[4 + length :]
    (length,) = struct.unpack(">I", rest[:4])
    assert len(rest) == 4 + length
    return rest[4:]
