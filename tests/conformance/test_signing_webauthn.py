"""Thousands of changed passkey signatures, given to the PyPI package `webauthn` and to us: both
accept the same ones, except for what is listed here, each with its reason.
"""

import json
from collections import Counter

import cbor2
import pytest
from signing_changes import NONCE, all_cases
from signing_passkeys import (
    ATTESTED,
    BACKED_UP,
    ELIGIBLE,
    EXTENSIONS,
    PRESENT,
    VERIFIED,
    Case,
    EdDsa,
    Es256,
    authenticator_data,
    base64url,
    from_base64url,
    our_answers,
)

MEMBERS = ("type", "challenge", "origin", "crossOrigin", "topOrigin")


def pairs(case):
    """The names and values of clientDataJSON, in their order. Empty if it is not an object."""
    objects = []
    try:
        json.loads(
            case.client_data, object_pairs_hook=lambda pairs: objects.append(pairs) or dict(pairs)
        )
    except ValueError:
        return []
    # The outermost object ends last.
    return objects[-1] if objects else []


def repeats_a_member(case):
    names = [name for name, _ in pairs(case) if name in MEMBERS]
    return len(names) > len(set(names))


def is_in_a_frame(case):
    read = dict(pairs(case))
    return read.get("crossOrigin") is True or read.get("topOrigin") is not None


def has_a_cross_origin_that_is_not_a_boolean(case):
    return not isinstance(dict(pairs(case)).get("crossOrigin", False), bool)


def spells_the_challenge_otherwise(case):
    challenge = dict(pairs(case)).get("challenge", "")
    other = challenge != base64url(case.challenge())
    return other and from_base64url(challenge) == case.challenge()


def is_not_json_in_utf8(case):
    """A byte order mark, another encoding, half a surrogate pair, NaN or Infinity."""

    def refuse(constant):
        raise ValueError(constant)

    try:
        read = json.loads(case.client_data.decode(), parse_constant=refuse)
        json.dumps(read, ensure_ascii=False).encode()
    except ValueError:
        return True
    return False


def has_attested_data(case):
    return bool(case.authenticator_data[32] & ATTESTED)


def has_extensions_that_are_not_one_cbor_item(case):
    flags, rest = case.authenticator_data[32], case.authenticator_data[37:]
    try:
        well_formed = cbor2.dumps(cbor2.loads(rest)) == rest
    except cbor2.CBORDecodeError:
        well_formed = False
    return bool(flags & EXTENSIONS and rest and not well_formed)


def has_an_unknown_token_binding(case):
    binding = dict(pairs(case)).get("tokenBinding")
    return isinstance(binding, dict) and binding.get("status") not in ("present", "supported")


# `webauthn` accepts it and we do not: why, how to know it, and what our error says.
STRICTER = {
    "two readers could read two values": (repeats_a_member, "clientDataJSON"),
    "another site decides what the approver sees": (is_in_a_frame, "clientDataJSON"),
    "a browser writes a boolean": (has_a_cross_origin_that_is_not_a_boolean, "clientDataJSON"),
    "a challenge has one spelling": (spells_the_challenge_otherwise, "another statement"),
    "a browser writes JSON in UTF-8": (is_not_json_in_utf8, "clientDataJSON"),
    "an assertion does not create a key": (has_attested_data, "malformed"),
}
# We accept it and `webauthn` does not. A passkey has signed it, and no decision depends on it.
LAXER = {
    "we do not read extensions": has_extensions_that_are_not_one_cbor_item,
    "browsers no longer write `tokenBinding`": has_an_unknown_token_binding,
}


def reasons(case, ours, theirs):
    """Why one of the two accepts it, as far as it is listed. Nothing is if the passkey did not sign
    it.
    """
    if not case.signed:
        return []
    if theirs:
        listed = STRICTER.items()
        return [why for why, (fits, error) in listed if error in ours["error"] and fits(case)]
    return [why for why, fits in LAXER.items() if fits(case)]


@pytest.mark.parametrize("passkey", [Es256(7), EdDsa(7)], ids=["ES256", "EdDSA"])
def test_webauthn_and_we_accept_the_same_signatures(passkey):
    cases = list(all_cases(passkey))
    assert len(cases) > 2000
    agreed, differences = Counter(), Counter()
    for case, ours in zip(cases, our_answers(cases), strict=True):
        theirs = case.they_accept()
        if ours["ok"] == theirs:
            agreed[theirs] += 1
            continue
        found = reasons(case, ours, theirs)
        assert found, f"{case.what}: webauthn says {theirs}, we say {ours}"
        differences.update(found)
    # If everything were refused, nothing would be compared. A reason has a case.
    assert agreed[True] > 100, agreed
    assert agreed[False] > 2000, agreed
    assert set(differences) == {*STRICTER, *LAXER}, differences


def test_our_answer_says_what_the_passkey_reported():
    good = Case.good(Es256(7), NONCE)
    flags = PRESENT | VERIFIED | ELIGIBLE | BACKED_UP
    data = authenticator_data(flags=flags, counter=258)
    synced = good.changed("synced", True, authenticator_data=data)
    [bound, answer] = our_answers([good, synced])
    assert bound == {
        "ok": True,
        "kind": "passkey",
        "userVerified": True,
        "backupEligible": False,
        "backedUp": False,
        "counter": 1,
    }
    assert answer == bound | {"backupEligible": True, "backedUp": True, "counter": 258}
