"""What can be changed about a passkey's signature, by an attacker, a device or a browser."""

import json

import cbor2
from signing_passkeys import (
    ATTESTED,
    BACKED_UP,
    ELIGIBLE,
    EXTENSIONS,
    FACTS,
    ORIGIN,
    PRESENT,
    RP_ID,
    VERIFIED,
    Case,
    EdDsa,
    authenticator_data,
)

NONCE = bytes(range(16))


def flipped(data):
    """Each bit of the data, changed."""
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bit, bytes(changed)


def damaged(data):
    """Cut, lengthened, emptied."""
    yield "empty", b""
    for cut in (1, 2, len(data) // 2):
        yield f"{cut} bytes less at the end", data[:-cut]
        yield f"{cut} bytes less at the start", data[cut:]
    for more in (b"\0", b"\xff", b" ", data):
        yield f"{more[:1]!r} after", data + more
        yield f"{more[:1]!r} before", more + data


def unsigned_changes(good):
    """What somebody without the passkey can change."""
    for name in ("signature", "authenticator_data", "client_data", "key"):
        data = getattr(good, name)
        # Half of the bits: there are enough.
        for bit, changed in list(flipped(data))[::2]:
            yield good.changed(f"{name}: bit {bit}", **{name: changed})
        if name != "key":
            for what, changed in damaged(data):
                yield good.changed(f"{name}: {what}", **{name: changed})
    for bit, nonce in flipped(good.nonce):
        yield good.changed(f"nonce: bit {bit}", nonce=nonce)
    for name, value in FACTS.items():
        if name == "revisions":
            others = [value[:1], [], [*value, "0" * 40], value[::-1], value * 2]
        elif name == "answer":
            others = ["Rejected"]
        else:
            others = [value + "x", value.upper(), value[:-1], ""]
        for other in others:
            facts = FACTS | {name: other}
            # What browsers would write about those facts, and what this one wrote about ours.
            yield good.changed(f"{name}: {other}", facts=facts)
            case = good.changed(f"{name}: {other}, and the challenge", facts=facts)
            yield case.changed(case.what, client_data=case.usual())
    yield from other_sites(good, sign=False)


def other_sites(good, sign):
    """A verifier that expects another site."""
    for rp_id, origin in [
        ("example.com", ORIGIN),
        (RP_ID, f"{ORIGIN}:8443"),
        (RP_ID, "https://x.approve.example.com"),
        ("example.org", "https://approve.example.org"),
    ]:
        yield good.changed(f"site: {rp_id} {origin}", sign, rp_id=rp_id, origin=origin)


def signed_authenticator_data(good):
    """What an authenticator could report."""
    attested = bytes(16) + b"\0\1x" + good.passkey.credential_public_key(good.key)
    rests = [b"", cbor2.dumps({}), cbor2.dumps({"credProtect": 2}), b"\xff", b"\xa0\xa0", attested]
    rests.append(attested + cbor2.dumps({}))
    for flags in range(256):
        for rest in rests[: 2 if flags % 4 else None]:
            data = authenticator_data(flags=flags, rest=rest)
            yield good.changed(f"flags {flags:08b}, then {rest!r}", True, authenticator_data=data)
    for flags in (PRESENT | VERIFIED, PRESENT | VERIFIED | ELIGIBLE | BACKED_UP):
        for rest in rests:
            for extra in (0, ATTESTED, EXTENSIONS, ATTESTED | EXTENSIONS):
                data = authenticator_data(flags=flags | extra, rest=rest)
                what = f"flags {flags | extra:08b}, then {rest!r}"
                yield good.changed(what, True, authenticator_data=data)
    for counter in (0, 1, 255, 2**31, 2**32 - 1):
        data = authenticator_data(counter=counter)
        yield good.changed(f"counter {counter}", True, authenticator_data=data)
    for rp_id in ("", "example.com", "APPROVE.example.com", "evil.example"):
        data = authenticator_data(rp_id)
        yield good.changed(f"domain {rp_id!r}", True, authenticator_data=data)
    for what, data in damaged(authenticator_data()):
        yield good.changed(f"authenticatorData: {what}", True, authenticator_data=data)


def signed_client_data(good):
    """What a browser, or another program, could write."""
    usual = good.usual().decode()
    pairs = json.loads(usual)
    challenge = pairs["challenge"]
    values = {
        "type": ["webauthn.create", "webauthn.get ", "WEBAUTHN.GET", "", None, 1, ["webauthn.get"]],
        "challenge": ["", challenge[:-1], f"{challenge}=", f"{challenge}==", f"{challenge}A"],
        "origin": [
            "",
            "null",
            "https://evil.example",
            "http://approve.example.com",
            f"{ORIGIN}/",
            f"{ORIGIN}:443",
            f"{ORIGIN}.",
            ORIGIN.upper(),
            None,
            [ORIGIN],
        ],
        "crossOrigin": [True, None, 0, 1, "", "false", "true", [], {}],
        "topOrigin": [None, "", ORIGIN, "https://evil.example", 1, False],
        "tokenBinding": [None, "unused", {}, {"status": "present"}, {"status": "x"}, {"id": "x"}],
        "extra": [None, 1, {"type": "webauthn.create"}, [[[]]], float("nan"), "\ud800", "ü", 1e999],
    }
    # Other characters for the same challenge.
    values["challenge"] += [f"{challenge[:5]}\n{challenge[5:]}", f" {challenge}", f"{challenge}!"]
    values["challenge"] += [challenge.replace("-", "+").replace("_", "/"), challenge.lower()]
    values["challenge"] += [challenge[:-1] + chr(ord(challenge[-1]) + 1), None, 5]
    texts = {}
    for name, others in values.items():
        for other in others:
            texts[f"{name} is {other!r}"] = json.dumps(pairs | {name: other})
            other = json.dumps(other)
            texts[f"{name} {other} first"] = usual.replace("{", f'{{"{name}":{other},', 1)
            texts[f"{name} {other} last"] = usual[:-1] + f',"{name}":{other}}}'
        if name in pairs:
            texts[f"without {name}"] = json.dumps({k: v for k, v in pairs.items() if k != name})
            same = json.dumps(pairs[name])
            texts[f"{name} twice"] = usual.replace("{", f'{{"{name}":{same},', 1)
            escaped = f"\\u{ord(name[0]):04x}{name[1:]}"
            texts[f"{name} escaped"] = usual.replace(f'"{name}"', f'"{escaped}"')
            texts[f"{name} again, escaped"] = usual.replace("{", f'{{"{escaped}":{same},', 1)
    texts |= {
        "another order": json.dumps(dict(reversed(pairs.items()))),
        "indented": json.dumps(pairs, indent=2),
        "an array": json.dumps(list(pairs.values())),
        "in an array": json.dumps([pairs]),
        "a text": json.dumps(usual),
        "null": "null",
        "no JSON": "x",
        "a comma more": usual[:-1] + ",}",
        "a comment": usual + "//",
        "two objects": usual + usual,
        "in quotes of another kind": usual.replace('"', "'"),
        "a line break inside": usual.replace("webauthn.get", "webauthn.get\n"),
        "deep": usual[:-1] + ',"extra":' + "[" * 100 + "]" * 100 + "}",
    }
    for what, text in texts.items():
        data = text.encode("utf-8", "surrogatepass")
        yield good.changed(f"clientDataJSON: {what}", True, client_data=data)
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        data = usual.encode(encoding)
        yield good.changed(f"clientDataJSON in {encoding}", True, client_data=data)
    # Half of its bits, which the passkey signs.
    for bit, data in list(flipped(usual.encode()))[::2]:
        yield good.changed(f"clientDataJSON, signed: bit {bit}", True, client_data=data)


def signatures(good):
    """Other encodings of the signature."""
    signature = good.signature
    if isinstance(good.passkey, EdDsa):
        order = 2**252 + 27742317777372353535851937790883648493
        s = int.from_bytes(signature[32:], "little")
        for what, other in [("s + order", s + order), ("order - s", order - s), ("0", 0)]:
            other = signature[:32] + other.to_bytes(32, "little")
            yield good.changed(f"signature: {what}", signature=other)
        return
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r_end = 4 + signature[3]
    r, s = (int.from_bytes(part) for part in (signature[4:r_end], signature[r_end + 2 :]))

    def integer(number, zeros=0):
        length = number.bit_length() // 8 + 1
        data = bytes(zeros) + number.to_bytes(length)
        return bytes([2, len(data)]) + data

    def sequence(content):
        return bytes([0x30, len(content)]) + content

    both = integer(r) + integer(s)
    negative = bytes([2, 32]) + (2**256 - s).to_bytes(32)
    for what, other in [
        ("the same", sequence(both)),
        ("n - s", sequence(integer(r) + integer(order - s))),
        ("n - r", sequence(integer(order - r) + integer(s))),
        ("r + n", sequence(integer(r + order) + integer(s))),
        ("s + n", sequence(integer(r) + integer(s + order))),
        ("swapped", sequence(integer(s) + integer(r))),
        ("r is 0", sequence(integer(0) + integer(s))),
        ("s is 0", sequence(integer(r) + integer(0))),
        ("both are 0", sequence(integer(0) * 2)),
        ("-s", sequence(integer(r) + negative)),
        ("a zero before r", sequence(integer(r, 1) + integer(s))),
        ("a zero before s", sequence(integer(r) + integer(s, 1))),
        ("a long length", bytes([0x30, 0x81, len(both)]) + both),
        ("no length", bytes([0x30, 0x80]) + both + bytes(2)),
        ("a third number", sequence(both + integer(1))),
        ("a byte after it", sequence(both) + b"\0"),
        ("a set", bytes([0x31, len(both)]) + both),
        ("64 bytes", r.to_bytes(32) + s.to_bytes(32)),
    ]:
        yield good.changed(f"signature: {what}", signature=other)


def all_cases(passkey):
    good = Case.good(passkey, NONCE)
    yield good
    for changes in (
        unsigned_changes,
        signed_authenticator_data,
        signed_client_data,
        signatures,
    ):
        yield from changes(good)
    yield from other_sites(good, sign=True)
