"""The desk that `emulator serve` serves, as a newcomer meets it: the walk-through of
docs/emulator.md, in a browser.
"""

import http.client
import json
import re
import shlex
import subprocess
import time

from conftest import BINARIES, ROOT
from desk_web import PATIENCE, Person, free_port

PAGE = (ROOT / "docs" / "emulator.md").read_text()
SECTION = PAGE.split("\n## Approve in a browser\n")[1].split("\n## ")[0]
RULE, SERVE = SECTION.split("```sh\n")[1].split("```")[0].strip().split("\n")


class Served:
    """A desk inside an emulator."""

    def __init__(self, *arguments, log=subprocess.DEVNULL):
        command = [BINARIES / "emulator", "serve", "--listen", "127.0.0.1:0", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        first = self.process.stdout.readline()
        self.origin = first.strip().rpartition(" ")[2] if "The desk" in first else None

    def get(self, path):
        connection = http.client.HTTPConnection(self.origin.removeprefix("http://"), timeout=30)
        connection.request("GET", path)
        reply = connection.getresponse()
        return reply.status, reply.read().decode()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(10) == 0
        self.process.stdout.close()


def test_a_newcomer_approves_in_a_browser_as_the_page_says(tmp_path):
    port = free_port()
    rule_file = tmp_path / "rule.json"
    rule_file.write_text(re.search(r"'(.+)'", RULE)[1].replace("4580", str(port)))
    command = shlex.split(SERVE.partition(" -- serve ")[2])
    options = [rule_file if it == "rule.json" else it for it in command]

    begun = time.monotonic()
    served = Served(*options)
    assert served.origin == f"http://localhost:{port}"
    people = [Person(tmp_path, name) for name in ("alice", "bob")]
    alice, bob = people
    rule = json.loads(rule_file.read_text())
    for person in people:
        rule["signingKeys"] |= json.loads("{" + person.enrol(served) + "}")
    rule_file.write_text(json.dumps(rule))
    served.stop()

    served = Served(*options)
    try:
        assert alice.sign_in(served) == "alice"
        link = "document.querySelector('.approval a')?.getAttribute('href')"
        while not (path := alice.browser.evaluate(link)):
            assert time.monotonic() - begun < PATIENCE
            alice.open(served)
        alice.open(served, path)
        assert "Still missing: ApprovalB" in alice.answer("ApprovalA")
        assert "You would not count" in alice.answer("ApprovalB")
        assert bob.sign_in(served, path) == "bob"
        said = bob.answer("ApprovalB")
        assert said == "You approved ApprovalB. The rule is satisfied by alice and bob."
        bob.until("document.querySelector('#progress').innerText.includes('The stage has passed.')")
        assert time.monotonic() - begun < 60
    finally:
        served.stop()
        for person in people:
            person.close()


def test_without_passkeys_everybody_may_look_and_nobody_can_answer():
    served = Served("--lag", "0")
    try:
        for _ in range(100):
            status, page = served.get("/")
            if "payments / Release / ApprovalA" in page:
                break
            time.sleep(0.05)
        assert status == 200
        assert "Answering needs a passkey in the rule" in page
        assert f"&quot;origin&quot;:&quot;{served.origin}&quot;" in page
        status, page = served.get(re.search(r'href="(/e/payments/[^"]+)"', page)[1])
        assert (status, "ApprovalA" in page, "<form" in page) == (200, True, False)
    finally:
        served.stop()


def test_as_soon_as_the_rule_has_a_passkey_nobody_looks_without_signing_in(tmp_path):
    port = free_port()
    person = Person(tmp_path, "alice")
    desk = {"rpId": "localhost", "origin": f"http://localhost:{port}"}
    (tmp_path / "rule.json").write_text(json.dumps({"desk": desk}))
    served = Served("--rule", tmp_path / "rule.json")
    line = person.enrol(served)
    served.stop()
    person.close()
    rule = {"desk": desk, "signingKeys": json.loads("{" + line + "}")}
    (tmp_path / "rule.json").write_text(json.dumps(rule))
    served = Served("--rule", tmp_path / "rule.json")
    try:
        assert served.get("/")[0] == 401
    finally:
        served.stop()


def test_a_desk_elsewhere_is_not_served_and_the_emulator_says_so(tmp_path):
    rule = tmp_path / "rule.json"
    desk = {"rpId": "approve.example.com", "origin": "https://approve.example.com"}
    rule.write_text(json.dumps({"desk": desk}))
    with (tmp_path / "log").open("w+") as log:
        served = Served("--rule", rule, log=log)
        assert served.origin is None
        served.stop()
        log.seek(0)
        said = "the rule's `desk` is at https://approve.example.com"
        assert said in re.sub(r"\x1b\[[0-9;]*m", "", log.read())
    command = [BINARIES / "emulator", "serve", "--listen", "127.0.0.1:0", "--rule", rule]
    done = subprocess.run([*command, "--desk", "127.0.0.1:0"], capture_output=True, text=True)
    assert (done.returncode, said in done.stderr) == (1, True)
    done = subprocess.run([*command, "--desk", "0.0.0.0:0"], capture_output=True, text=True)
    assert done.returncode == 1 and "the desk does not listen on 0.0.0.0:0" in done.stderr


def test_two_emulators_without_a_rule_have_a_desk_each():
    both = [Served(), Served()]
    try:
        assert None not in (origins := {served.origin for served in both})
        assert len(origins) == 2
    finally:
        for served in both:
            served.stop()
