"""Sealed files, written and opened as docs/sealed.md says, by the Python package `cryptography`: no
code of ours is asked. As a program it prints the examples of core/seal/tests/vectors.json.
"""

import base64
import hashlib
import json

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 1 << 20
TAG = 16


def text_of(octets):
    return base64.b64encode(octets).decode()


def chunks(files):
    """The nonce and the size of each chunk, for pairs of name and size."""
    for position, (name, size) in enumerate(files):
        last = max(size - 1, 0) // CHUNK
        for number in range(last + 1):
            nonce = position.to_bytes(4) + number.to_bytes(7) + bytes([number == last])
            yield name, nonce, size - last * CHUNK if number == last else CHUNK


def line(context, keys, files, **form):
    """The header; `keys` are pairs of an ARN and a wrapped data key, `files` of a name and a
    content.
    """
    header = {
        "schemaVersion": 1,
        "context": context,
        "keys": [{"key": arn, "wrapped": text_of(wrapped)} for arn, wrapped in keys],
        "files": [{"name": name, "size": len(content)} for name, content in files],
    }
    form = form or {"separators": (",", ":"), "ensure_ascii": False}
    return json.dumps(header, **form).encode()


def seal(header, data_key, files):
    """A sealed file."""
    contents = dict(files)
    taken = dict.fromkeys(contents, 0)
    body = b""
    for name, nonce, size in chunks([(name, len(content)) for name, content in files]):
        start = taken[name]
        taken[name] += size
        plain = contents[name][start : start + size]
        body += AESGCM(data_key).encrypt(nonce, plain, header)
    return header + b"\n" + body


def unseal(sealed, data_key):
    """The files of a sealed file by name; an exception if it was changed."""
    header, _, body = sealed.partition(b"\n")
    files = [(file["name"], file["size"]) for file in json.loads(header)["files"]]
    opened = {}
    for name, nonce, size in chunks(files):
        part, body = body[: size + TAG], body[size + TAG :]
        opened[name] = opened.get(name, b"") + AESGCM(data_key).decrypt(nonce, part, header)
    assert body == b""
    return opened


def vectors():
    """Examples of every shape. Contents of many bytes are one byte, repeated."""
    usual = {"pipeline": "payments", "revision": "5f1ab6f6e1c9a1b2", "environment": "prod"}
    key_id = "mrk-1234abcd12ab34cd56ef1234567890ab"
    primary = (f"arn:aws:kms:eu-west-1:111122223333:key/{key_id}", b"wrapped by the primary")
    replica = (f"arn:aws:kms:eu-central-1:111122223333:key/{key_id}", b"wrapped by the primary")
    odd = {"pipeline": "p", "revision": 'UPBw5fG.TEoeT0MC4FZr8AgSXuvK "\\', "environment": "prüf"}
    spaced = {"separators": (", ", ": ")}
    for about, context, keys, files, form in [
        ("one secret", usual, [primary], [("db.password", b"hunter2")], {}),
        ("two regions", usual, [primary, replica], [("a", b"first"), ("b", b"second")], {}),
        ("an empty file", usual, [primary], [("empty", b""), (".env", b"A=1\n")], {}),
        ("text that JSON escapes", odd, [primary], [("a@b=c+d-e_f.g", bytes(range(256)))], {}),
        ("a header in another form", odd, [primary], [("a", b"first")], spaced),
        ("one chunk", usual, [primary], [("app.tar", b"x" * CHUNK)], {}),
        ("a chunk and a byte", usual, [primary], [("a", b"x" * (CHUNK + 1)), ("b", b"y")], {}),
        ("three chunks", usual, [primary], [("app.tar", b"\0" * (2 * CHUNK + 5))], {}),
    ]:
        data_key = hashlib.sha256(about.encode()).digest()
        header = line(context, keys, files, **form)
        sealed = seal(header, data_key, files)
        assert unseal(sealed, data_key) == dict(files)
        yield {
            "about": about,
            "dataKey": text_of(data_key),
            "header": header.decode(),
            "contents": [
                {"byte": content[0], "times": len(content)}
                if len(content) > 256
                else {"base64": text_of(content)}
                for _, content in files
            ],
            **(
                {"sealed": text_of(sealed)}
                if len(sealed) < CHUNK
                else {"sealedSha256": text_of(hashlib.sha256(sealed).digest())}
            ),
        }


def printed():
    """The text of vectors.json."""
    return json.dumps(list(vectors()), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(printed(), end="")
