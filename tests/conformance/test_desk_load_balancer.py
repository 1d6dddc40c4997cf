"""The desk behind a load balancer where people sign in at an identity provider, a real one, in
Chromium. It only takes away: people who sign in there still need their own passkey.
"""

import hmac
import json
import shutil
import time

import desk_web
import pytest
import test_desk_web
from desk_web import Person
from function_url import COOKIE_KEY
from load_balancer import ARN, CLIENT, GROUP, BalancedDesk, Key, padded
from test_desk_web import found, people  # noqa: F401

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


@pytest.fixture(autouse=True)
def behind_load_balancer(monkeypatch):
    monkeypatch.setattr(desk_web, "Desk", BalancedDesk)


def at_provider(person):
    """Whether a browser shows the provider's form."""
    return person.browser.evaluate("Boolean(document.querySelector('input[name=name]'))")


def identify(person, desk, name=None, path="/"):
    """Signs somebody in at the provider, and comes back to the desk."""
    person.browser.open(desk.origin + path)
    person.until("document.querySelector('input[name=name]')", "the provider's form")
    assert not person.browser.evaluate("location.href").startswith(desk.origin)
    person.browser.evaluate(
        f"document.querySelector('input').value = {json.dumps(name or person.name)};"
        "document.querySelector('button').click()"
    )
    person.until(
        f"location.href === {json.dumps(desk.origin + path)} && document.readyState === 'complete'"
    )


def test_two_people_answer_behind_their_identity_provider(found, tmp_path, monkeypatch):
    """The story of the desk, told once more: in front of each sign-in stands the provider's."""
    sign_in = Person.sign_in

    def with_identity(person, desk, path="/"):
        identify(person, desk, path=path)
        return sign_in(person, desk, path)

    monkeypatch.setattr(Person, "sign_in", with_identity)
    test_desk_web.test_two_people_answer_with_their_passkeys_and_one_cannot_answer_twice(
        found, tmp_path
    )


def test_the_passkey_has_to_be_of_whom_the_provider_names(found):
    firm = found()
    alice = firm.people["alice"]
    identify(alice, firm.desk, "bob")
    said = alice.sign_in(firm.desk)
    assert said == (
        "Your identity provider calls you bob@example.com, who is bob in the rule. This passkey is "
        "alice's. Use your own."
    )
    assert firm.desk.logged() == f"warning: a passkey of alice was refused: {said}\n"
    assert alice.browser.evaluate("fetch('/session').then((it) => it.status)") == 401

    # Her own session ends as soon as somebody else signs in at the provider.
    alice.browser.call("Network.clearBrowserCookies")
    identify(alice, firm.desk)
    assert alice.sign_in(firm.desk, firm.page) == "alice"
    (session,) = (it for it, claims in firm.desk.sessions.items() if claims["sub"] == "alice")
    firm.desk.sessions[session] = {**firm.desk.sessions[session], "email": "bob@example.com"}
    said = alice.answer("ApprovalA")
    assert said == "You are not signed in any more. Reload the page and sign in again."
    assert (firm.open(), firm.answers()) == ({"ApprovalA", "ApprovalB"}, 0)


def test_the_provider_says_who_somebody_is_by_another_claim(found, monkeypatch):
    monkeypatch.setattr(BalancedDesk, "claim", "sub")
    firm = found()
    alice = firm.people["alice"]
    identify(alice, firm.desk, "Alice-Admin")
    assert alice.sign_in(firm.desk) == "alice"


def test_an_address_that_the_provider_has_not_verified_is_nobodys(found):
    firm = found()
    alice = firm.people["alice"]
    identify(alice, firm.desk, "unverified-alice")
    assert "has an e-mail address that the identity provider has not verified" in alice.text("body")


def test_a_script_is_told_that_the_providers_session_is_over_and_a_page_goes_there(found):
    firm = found()
    alice = firm.people["alice"]
    identify(alice, firm.desk)
    assert alice.sign_in(firm.desk, firm.page) == "alice"
    firm.desk.sessions.clear()
    statuses = alice.browser.evaluate(
        "Promise.all([fetch('/session'), fetch('/answer/ask', {method: 'POST'}),"
        "fetch(location.href)]).then((all) => all.map((it) => it.status))"
    )
    assert statuses == [401, 401, 401]
    signed_out = "You are not signed in any more. Reload the page and sign in again."
    assert alice.answer("ApprovalA") == signed_out
    # She is still signed in at the provider, and comes back at once.
    alice.open(firm.desk, firm.page)
    assert firm.desk.sessions and not at_provider(alice)


def request(host, path, *tokens):
    """An event that somebody makes who may invoke the function."""
    headers = {"host": [host], "accept": ["*/*"]}
    if tokens:
        headers["x-amzn-oidc-data"] = list(tokens)
    return {
        "requestContext": {"elb": {"targetGroupArn": GROUP}},
        "httpMethod": "GET",
        "path": path,
        "multiValueQueryStringParameters": {},
        "multiValueHeaders": headers,
        "body": "",
        "isBase64Encoded": False,
    }


def test_what_the_load_balancer_did_not_sign_is_refused_and_not_logged(found):
    desk = found().desk
    host = f"localhost:{desk.port}"
    claims = {"sub": "alice", "email": "alice@example.com"}
    sound = {"iss": desk.issuer}

    def asked(token, path="/enrol"):
        reply = desk.invoked(request(host, path, *([] if token is None else [token])))
        return reply["statusCode"], reply["body"]

    assert asked(desk.key.token(claims, **sound))[0] == 200
    good = desk.key.token(claims, **sound)
    signed, _, signature = good.rpartition(".")

    def forged(alg, sign):
        """A token without the load balancer's key."""
        head = {"kid": desk.key.id, "alg": alg, "client": CLIENT, "signer": ARN, **sound}
        head["exp"] = int(time.time()) + 120
        text = ".".join(padded(json.dumps(part).encode()) for part in (head, claims))
        return f"{text}.{padded(sign(text.encode()))}"

    def by_public_key(text):
        return hmac.digest(desk.key.pem(), text, "sha256")

    refused = {
        "no token": None,
        "another key": Key().token(claims, kid=desk.key.id, **sound),
        "a key that AWS does not have": Key().token(claims, **sound),
        "another load balancer": desk.key.token(claims, signer=ARN[:-1] + "e", **sound),
        "another client": desk.key.token(claims, client="another", **sound),
        "another provider": desk.key.token(claims, iss="https://attacker.example"),
        "expired": desk.key.token(claims, exp=int(time.time()) - 1, **sound),
        "a path as the key's id": desk.key.token(claims, kid="../" + desk.key.id, **sound),
        "no algorithm": forged("none", lambda _: b""),
        "no signature": forged("ES256", lambda _: b""),
        "the public key as a secret": forged("HS256", by_public_key),
        "the same under another name": forged("ES256", by_public_key),
        "changed": f"{signed.partition('.')[0]}.{padded(b'{}')}.{signature}",
        "nobody": desk.key.token({"sub": "alice"}, **sound),
        "no token's form": "alice",
    }
    for defect, token in refused.items():
        for path in ("/", "/enrol", "/desk.js", "/session"):
            status, said = asked(token, path)
            assert status == (401 if defect in ("no token", "expired") else 403), (defect, said)
            assert said.startswith("This desk is behind an identity provider"), (defect, said)
    # Beside the load balancer's own.
    for tokens in [(refused["another key"], good), (good, refused["another key"]), (good, good)]:
        assert desk.invoked(request(host, "/", *tokens))["statusCode"] == 403
    # By the function's URL, if somebody leaves it one.
    by_url = {
        "version": "2.0",
        "rawPath": "/enrol",
        "rawQueryString": "",
        "headers": {"host": host, "x-amzn-oidc-data": good},
        "requestContext": {"http": {"method": "GET"}},
        "isBase64Encoded": False,
    }
    reply = desk.invoked(by_url)
    assert (reply["statusCode"], "load balancer" in reply["body"]) == (403, True)

    logged = desk.logged()
    lines = logged.splitlines()
    assert len(lines) == 4 * len(refused) + 4
    assert all(line.startswith("warning: a request was refused: ") for line in lines), logged
    assert COOKIE_KEY not in logged
    assert "alice@example.com" not in logged
    for part in [part for token in (good, *refused.values()) for part in (token or "").split(".")]:
        assert len(part) < 20 or part not in logged
    assert asked(good)[0] == 200


def test_people_wait_if_the_public_key_is_not_to_be_had(found):
    firm = found()
    alice = firm.people["alice"]
    firm.desk.keys.shutdown()
    firm.desk.keys.server_close()
    identify(alice, firm.desk)
    said = alice.text("body")
    assert "is unavailable" in said and said.rstrip().endswith("Reload the page."), said
