"""What a hostile page, a hostile client or a thief can send to the desk: to `desk serve`, and as
events of a function URL. Over a real emulator, with people whose keys are in this process.
"""

import http.client
import json
import re

import desk_software
import desk_web
import pytest
from conftest import PIPELINE
from desk_software import sealed, wanted
from desk_web import Desk, account, allow
from function_url import COOKIE_KEY, FunctionDesk

ELSEWHERE = "https://attacker.example"
POSTS = [
    "/sign-in/challenge", "/sign-in", "/sign-out", "/enrol", "/answer/ask", "/answer/give",
    "/start",
]  # fmt: skip
PROTECTION = {
    "content-security-policy": "frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def with_history():
    """The server may read what the page of a pipeline shows."""
    found = account()
    (server,) = (it for it in found["UserDetailList"] if it["UserName"] == "server")
    may = allow("codepipeline:ListPipelineExecutions")
    server["UserPolicyList"][0]["PolicyDocument"]["Statement"].append(may)
    return found


@pytest.fixture(scope="module", params=["served", "function"])
def firm(request, tmp_path_factory):
    """A firm with an open release. alice, bob and mallory have passkeys, and the rule has those of
    alice and bob.
    """
    made = desk_software.people("alice", "bob", "mallory")
    found = desk_software.firm(tmp_path_factory.mktemp(request.param), made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESK_COOKIE_KEY", COOKIE_KEY)
        if request.param == "function":
            patch.setattr(desk_web, "Desk", FunctionDesk)
        found.start(account=with_history)
    found.secrets = {COOKIE_KEY}
    for name in ("alice", "bob"):
        posted = made[name].sign_in(found.desk)
        found.secrets |= {made[name].cookie.partition("=")[2], posted["seal"], posted["signature"]}
    yield found
    logged = found.desk.logged()
    alive = found.desk.process.poll() is None
    found.stop()
    assert alive
    # Whatever was sent: no cookie, no token, no credential. It says where it serves, and no more.
    assert not [secret for secret in found.secrets if secret in logged]
    assert re.fullmatch(r"(.*serves on .* until you stop it\n)?", logged), logged


def send(desk, method, path, headers, body=b""):
    """One request with exactly these headers: status, headers and text."""
    connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=30)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    if method == "POST":
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    return reply.status, {name.lower(): value for name, value in reply.getheaders()}, text


def usual(desk, cookie="", **changes):
    """The headers of the page's own script. A change to `None` leaves one out."""
    headers = {
        "Host": f"localhost:{desk.port}",
        "Origin": desk.origin,
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": "application/json",
        "Cookie": cookie,
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return [(name, value) for name, value in headers.items() if value is not None]


def test_a_page_elsewhere_makes_a_browser_do_nothing(firm):
    desk, alice = firm.desk, firm.people["alice"]
    wrong = [
        *({"Origin": origin} for origin in (
            ELSEWHERE, "null", "", None, f"{desk.origin}.attacker.example", f"{desk.origin}/",
            f"http://127.0.0.1:{desk.port}", "http://localhost:1", "http://localhost",
            desk.origin.upper(), f"{desk.origin} {ELSEWHERE}", f"{desk.origin}, {ELSEWHERE}",
        )),
        *({"Sec_Fetch_Site": site} for site in ("cross-site", "same-site", "none")),
    ]  # fmt: skip
    body = json.dumps(wanted(firm, "ApprovalA", "Rejected", "forged")).encode()
    for path in POSTS:
        for changes in wrong:
            headers = usual(desk, alice.cookie, **changes)
            status, answered, _ = send(desk, "POST", path, headers, body)
            assert (status, "set-cookie" in answered) == (403, False), (path, changes)
    # What a form or a beacon can send, if a browser forgot the origin's rules.
    kinds = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
    for path in ("/sign-in", "/enrol", "/answer/ask", "/answer/give", "/start"):
        for kind in (*kinds, "application/json, text/plain", None):
            headers = usual(desk, alice.cookie, Content_Type=kind)
            assert send(desk, "POST", path, headers, body)[0] == 415, (path, kind)
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
            if desk.__class__ is FunctionDesk and method not in ("GET", "HEAD", "PUT"):
                continue
            status = send(desk, method, path, usual(desk, alice.cookie))[0]
            assert status == 405 or (path, status) == ("/enrol", 200), (method, path)
    assert firm.open() == {"ApprovalA", "ApprovalB"} and firm.answers() == 0


def test_no_page_can_be_framed_and_no_reply_is_kept_or_guessed(firm):
    desk, alice = firm.desk, firm.people["alice"]
    get, post = usual(desk), usual(desk, alice.cookie)
    requests = [
        ("GET", "/", get, 401),
        ("GET", "/", usual(desk, alice.cookie), 200),
        ("GET", firm.page, usual(desk, alice.cookie), 200),
        ("GET", f"/p/{PIPELINE}", usual(desk, alice.cookie), 200),
        ("GET", "/enrol", get, 200),
        ("GET", "/nothing", get, 404),
        ("GET", "/session", get, 401),
        ("GET", "/desk.js", get, 200),
        ("GET", "/", usual(desk, Host="attacker.example"), 421),
        ("PUT", "/", get, 405),
        ("POST", "/sign-in", usual(desk, Origin=ELSEWHERE), 403),
        ("POST", "/sign-in", usual(desk, Content_Type="text/plain"), 415),
        ("POST", "/sign-in", post, 400),
        ("POST", "/answer/give", usual(desk), 401),
        ("POST", "/sign-out", post, 303),
    ]
    for method, path, headers, expected in requests:
        status, answered, _ = send(desk, method, path, headers)
        assert status == expected, (method, path, status)
        for name, value in PROTECTION.items():
            assert value in answered[name], (method, path, name)
        assert "unsafe" not in answered["content-security-policy"]
        cached = "no-cache" if path == "/desk.js" else "no-store"
        assert answered["cache-control"] == cached, path
        assert "access-control-allow-origin" not in answered


def test_no_input_leads_elsewhere_or_into_a_header(firm):
    desk, alice = firm.desk, firm.people["alice"]
    forged = [
        ("X-Forwarded-Host", "attacker.example"), ("X-Forwarded-Proto", "https"),
        ("Forwarded", "host=attacker.example"), ("X-Original-URL", "/e/attacker.example"),
        ("Referer", ELSEWHERE),
    ]  # fmt: skip
    paths = [
        "/", firm.page, f"/p/{PIPELINE}", "/enrol", "//attacker.example/", "/%5cattacker.example",
        "/?next=//attacker.example", "/enrol?rpId=attacker.example", "/sign-out",
        f"{firm.page}?stage=%3Cscript%3E", "/%0d%0aSet-Cookie:%20desk=attacker.example",
        "/e/%0d%0aLocation:%20attacker.example/x", "/p/attacker.example",
    ]  # fmt: skip
    for path in paths:
        for cookie in ("", alice.cookie):
            _, answered, text = send(desk, "GET", path, usual(desk, cookie) + forged)
            assert "location" not in answered and "set-cookie" not in answered, path
            assert "attacker" not in text + str(answered), path
            leads = re.findall(r'(?:href|src|action)="([^"]*)"', text)
            assert all(it.startswith(("/", "#")) and it[:2] != "//" for it in leads), leads
    # The one address that leads to another: to the page of the same pipeline.
    for name in (PIPELINE, "attacker.example", "..", "a@attacker.example"):
        status, answered, _ = send(desk, "GET", f"/e/{name}/?next={ELSEWHERE}", usual(desk))
        assert (status, answered["location"]) == (303, f"/p/{name}")
    for name in ("%2fattacker.example", "attacker.example%2f", "%0d%0aA:b", "%5cattacker.example"):
        status, answered, _ = send(desk, "GET", f"/e/{name}/", usual(desk))
        assert (status, "location" in answered) == (404, False), name
    for query in ("?next=https://attacker.example", "?//attacker.example", ""):
        status, answered, _ = send(desk, "POST", f"/sign-out{query}", usual(desk))
        assert (status, answered["location"]) == (303, "/")
    # Another name for this address, twice, or none.
    hosts = ["attacker.example", f"localhost.attacker.example:{desk.port}", "localhost", "[::1]"]
    for host in (*hosts, f"127.0.0.1:{desk.port}", f"localhost:{desk.port}, attacker.example"):
        status, _, text = send(desk, "GET", "/enrol", usual(desk, Host=host))
        assert (status, text) == (421, f"This desk is at {desk.origin}.\n"), host
    twice = [*usual(desk), ("Host", "attacker.example")]
    assert send(desk, "GET", "/enrol", twice)[0] in (400, 421)


BODIES = [
    b"", b"null", b"[]", b'"x"', b"1e999", b"NaN", b"{", b"\xff\xfe", b"\xef\xbb\xbf{}",
    b"[" * 30_000, b'{"a":' * 5_000, b'{"pipeline": "payments", "pipeline": "refunds"}',
    b'{"seal": "\\ud800"}', b'{"seal": "\\u0000", "credential": "", "authenticatorData": "", '
    b'"clientDataJSON": "", "signature": ""}', b'{"credential": ' + b"9" * 30_000 + b"}",
    json.dumps({"seal": "x" * 30_000, "credential": "A" * 1000}).encode(),
]  # fmt: skip


def test_a_body_that_is_not_what_the_script_posts_is_refused_in_words(firm):
    desk, alice = firm.desk, firm.people["alice"]
    for path in ("/sign-in", "/enrol", "/answer/ask", "/answer/give", "/start"):
        for body in BODIES:
            status, _, text = send(desk, "POST", path, usual(desk, alice.cookie), body)
            assert status in (400, 401, 409, 422), (path, body[:40], status)
            assert json.loads(text)["problem"], path
    assert firm.answers() == 0


ID = "3137f7cb-7cf7-4a39-8b3c-d7ed3e1a0001"
ODD = [
    "/p/..", "/p/%2e%2e", "/p/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/p/%00", "/p/%ff", "/p/%c0%af",
    "/p/%25%32%65", "/p/payments%00", "/p/payments%2f..%2fother", "/p/payments/", "/p//payments",
    "/p/PAYMENTS", "/p/payments%20", "/p/p%61yments%2a", "/p/*", "/p/" + "a" * 101,
    "/p/" + "a" * 4000, "/p/%E2%80%AEstnemyap", f"/e/../{ID}", f"/e/%2e%2e/{ID}", f"/e//{ID}",
    f"/e/payments%2f/{ID}", f"/e/payments/{ID}%00", f"/e/payments/{ID}/", f"/e/payments/{ID}0",
    f"/e/payments/{ID[:-1]}", f"/e/payments/{ID[:-1]}%ff", f"/e/payments/{ID.upper()}",
    "/e/payments/" + "-" * 36, "/e/payments/" + "f" * 36, f"/e/payments/{ID}", "/e/payments",
    f"/e/*/{ID}", f"/e/payments;a=b/{ID}", f"/E/payments/{ID}", "/desk.js/", "/assets/../desk.js",
    "/%2e%2e/%2e%2e/etc/passwd", "/answer", "/.git/config", "/..%5c..%5cboot.ini",
]  # fmt: skip


def test_an_odd_address_leads_nowhere_and_says_so(firm):
    desk, alice = firm.desk, firm.people["alice"]
    for path in ODD:
        status, answered, text = send(desk, "GET", path, usual(desk, alice.cookie))
        assert status in (400, 404), (path, status, text)
        assert "x-frame-options" in answered and "location" not in answered, path
        assert not re.search(r"root:|panicked|/tmp/|\.rs\b|stnemyap", text), (path, text)
    # What only a signed-in person may learn: whether there is such a pipeline.
    for path in (f"/p/{PIPELINE}", "/p/other", firm.page):
        assert send(desk, "GET", path, usual(desk))[0] == 401


def is_in(firm, cookie):
    return send(firm.desk, "GET", "/session", usual(firm.desk, cookie))[0] == 204


def test_a_cookie_is_whole_of_this_desk_of_this_purpose_and_of_now_or_nothing(firm):
    alice, bob = firm.people["alice"], firm.people["bob"]
    name, _, value = alice.cookie.partition("=")
    assert is_in(firm, alice.cookie) and is_in(firm, f"other=1; {alice.cookie}; more=2")
    step = 1 if firm.desk.__class__ is Desk else 7
    for at in range(0, len(value), step):
        assert not is_in(firm, f"{name}={value[:at]}"), at
        changed = "A" if value[at] != "A" else "B"
        assert not is_in(firm, f"{name}={value[:at]}{changed}{value[at + 1 :]}"), at
    _, _, asked = alice.post(firm.desk, "/sign-in/challenge", {})
    _, question = alice.ask(firm.desk, wanted(firm, "ApprovalA"))
    session = {"person": "alice", "key": alice.key_id, "device_bound": True}
    good = lambda **changes: sealed("session", session | changes, COOKIE_KEY)
    assert is_in(firm, f"{name}={good()}")
    for forged in (
        "", ".", "..", value + "x", f"{value}.", value.swapcase(), f'"{value}"', value * 2,
        # For another purpose.
        json.loads(asked)["seal"], question["seal"],
        sealed("sign-in", session, COOKIE_KEY), sealed("answer", session, COOKIE_KEY),
        # By another key, and no more.
        sealed("session", session, COOKIE_KEY[::-1]),
        sealed("session", session, COOKIE_KEY, seconds=0),
        sealed("session", session, COOKIE_KEY, seconds=-60),
        # Of nobody, and of bob with alice's key.
        good(person="mallory", key=firm.people["mallory"].key_id), good(person="bob"),
        good(person="Alice"), good(key=bob.key_id), sealed("session", "alice", COOKIE_KEY),
    ):  # fmt: skip
        assert not is_in(firm, f"{name}={forged}"), forged
    assert not is_in(firm, f"Desk={value}") and not is_in(firm, f"{name}_={value}")


def test_signing_out_is_for_the_browser_and_a_copied_cookie_lasts_its_quarter_of_an_hour(firm):
    """What docs/desk.md says: nothing is stored, so nothing can be withdrawn."""
    alice = firm.people["alice"]
    status, headers, _ = send(firm.desk, "POST", "/sign-out", usual(firm.desk, alice.cookie))
    assert status == 303 and re.match(r"desk=; Path=/; Max-Age=0;", headers["set-cookie"])
    assert is_in(firm, alice.cookie)
    # It lets nobody answer: see below.


def test_a_sign_in_is_good_for_its_challenge_its_key_and_its_site(firm):
    desk, alice, mallory = firm.desk, firm.people["alice"], firm.people["mallory"]
    ask = lambda: json.loads(alice.post(desk, "/sign-in/challenge", {})[2])
    give = lambda posted: alice.post(desk, "/sign-in", posted)
    asked, other = ask(), ask()
    good = alice.posted(asked, desk.origin)
    credential = {"credential": good["credential"]}
    for posted in (
        good | {"seal": other["seal"]},
        mallory.posted(asked, desk.origin),
        mallory.posted(asked, desk.origin) | credential,
        firm.people["bob"].posted(asked, desk.origin) | credential,
        alice.posted(asked, ELSEWHERE),
        alice.posted(asked, f"{desk.origin}.attacker.example"),
        good | {"signature": good["signature"][:-4] + "AAAA"},
        good | {"authenticatorData": alice.posted(other, desk.origin)["clientDataJSON"]},
    ):
        status, headers, _ = give(posted)
        assert (status, "set-cookie" in headers) == (403, False), posted
    late = sealed("sign-in", [0] * 16, COOKIE_KEY, seconds=0)
    for seal in ("", "x", late, sealed("answer", [0] * 16, COOKIE_KEY), alice.cookie[5:]):
        assert give(good | {"seal": seal})[0] == 401, seal
    for broken in ({}, good | {"signature": "*"}, good | {"credential": 1}, [good], None):
        assert give(broken)[0] == 400, broken
    # The same again within five minutes is the same person: who reads it could read the cookie.
    for _ in range(2):
        status, _, said = give(good)
        assert (status, json.loads(said)) == (200, {"person": "alice"})


def test_a_question_is_answered_by_its_person_with_its_key_about_its_attempt(firm):
    desk, alice, bob = firm.desk, firm.people["alice"], firm.people["bob"]
    a, b = wanted(firm, "ApprovalA"), wanted(firm, "ApprovalB")
    (_, asked), (_, other), (_, bobs) = alice.ask(desk, a), alice.ask(desk, b), bob.ask(desk, b)
    own = alice.posted(asked, desk.origin)
    for sender, posted in (
        (bob, own),
        (bob, bob.posted(asked, desk.origin)),
        (alice, bob.posted(asked, desk.origin)),
        (alice, bob.posted(asked, desk.origin) | {"credential": own["credential"]}),
        (alice, own | {"seal": other["seal"]}),
        (alice, own | {"seal": bobs["seal"]}),
        (alice, alice.posted(asked, ELSEWHERE)),
    ):
        status, _, said = sender.post(desk, "/answer/give", posted)
        assert (status, "nothing was sent" in said) == (403, True), said
    # Of another desk, for another purpose, or from yesterday.
    question = {"person": "alice", "key": alice.key_id, "nonce": [0] * 16, "wanted": a}
    for seal in (
        sealed("answer", question, COOKIE_KEY[::-1]), sealed("session", question, COOKIE_KEY),
        sealed("answer", question, COOKIE_KEY, seconds=0), alice.cookie[5:], "",
    ):  # fmt: skip
        status, _, said = alice.post(desk, "/answer/give", own | {"seal": seal})
        assert (status, "nothing was sent" in said) == (409, True), said
    # Of another place than the one that is open.
    for changes in (
        {"execution": ID}, {"attempt": ID}, {"attempt": b["attempt"]}, {"stage": "Source"},
        {"action": "Gate"}, {"action": "approvala"}, {"pipeline": "refunds"},
        {"pipeline": "../payments"}, {"answer": "approved"}, {"answer": ""},
        {"comment": "x" * 301}, {"comment": f"[2pr1.p.{alice.key_id}.x]"},
        {"answer": "Rejected", "comment": " \n"},
    ):  # fmt: skip
        status, said = alice.ask(desk, a | changes)
        assert status in (400, 404, 409, 422, 502) and "challenge" not in said, (changes, said)
    assert firm.open() == {"ApprovalA", "ApprovalB"} and firm.answers() == 0

    # The same answer twice reaches CodePipeline once.
    given = [alice.post(desk, "/answer/give", own) for _ in range(2)]
    assert [status for status, *_ in given] == [200, 409], given
    assert firm.answers() == 1
