"""Plays a recorded sequence against a served emulator, call by call."""

import http.client
import json
import sys
import time
from urllib.parse import urlsplit

from conftest import Emulator
from recorded import Comparison, Difference, Mapping

# After so many calls that waited in vain a call is repeated for so many seconds only: the emulator
# has gone another way.
IN_VAIN, IMPATIENCE = 2, 0.1
PAUSE = 0.003
READS = ("Get", "List")
# The one user of the recordings, and the rule of EventBridge.
PRINCIPALS = {
    "alice": "arn:aws:iam::111122223333:user/alice",
    "rule": "arn:aws:events:us-east-1:111122223333:rule/payments-start",
}
# Delivered by other services than CodePipeline.
ELSEWHERE = ("EventBridgeEvent", "CloudTrailEvent", "ApprovalNotification")
# A Lambda function that hands its events over and returns without a report; the recorded reports
# are then made in its place.
FUNCTION = """#!{python}
import json, os, pathlib, urllib.request
runtime = f"http://{{os.environ['AWS_LAMBDA_RUNTIME_API']}}/2018-06-01/runtime/invocation"
number = 0
while True:
    with urllib.request.urlopen(f"{{runtime}}/next") as reply:
        request, event = reply.headers["Lambda-Runtime-Aws-Request-Id"], reply.read()
    path = pathlib.Path({folder!r}, f"{{number}}.json")
    path.with_suffix(".part").write_bytes(event)
    path.with_suffix(".part").rename(path)
    number += 1
    urllib.request.urlopen(f"{{runtime}}/{{request}}/response", b"null").close()
"""


class Replay:
    """One recording against a separate emulator. `differences`: those that are not accepted;
    `used`: the entries that were needed.
    """

    def __init__(self, recording, accepted, folder, lag, seed, before, uploads):
        self.recording, self.accepted, self.before, self.uploads = (
            recording,
            accepted,
            before,
            uploads,
        )
        # Seconds for which a call is repeated until its reply is as recorded. What is recorded is
        # often a moment on the way.
        self.patience = 2 * lag + 2
        self.mapping = Mapping(recording)
        self.differences, self.used = [], set()
        self.events = folder / "events"
        self.events.mkdir(parents=True)
        self.received = self.in_vain = 0
        function = folder / "function"
        function.write_text(FUNCTION.format(python=sys.executable, folder=str(self.events)))
        function.chmod(0o755)
        principals = folder / "principals.json"
        principals.write_text(json.dumps(PRINCIPALS))
        self.emulator = Emulator(
            "--gate", function, "--principals", principals, "--lag", str(lag), "--seed", seed
        )
        self.connection = http.client.HTTPConnection(
            urlsplit(self.emulator.exports["AWS_ENDPOINT_URL"]).netloc, timeout=30
        )

    def run(self):
        try:
            for number, call in enumerate(self.recording.calls):
                if number in self.before:
                    self.before[number](self)
                # No two calls in one millisecond.
                time.sleep(PAUSE)
                self.play(number, call)
            for kind, earlier, later in self.mapping.disorder():
                self.judge(
                    [Difference(self.recording.name, "end", "times", f"{earlier} < {later}", kind)]
                )
        finally:
            self.connection.close()
            self.emulator.stop()
        return self

    def send(self, operation, parameters, key_id="alice", region="us-east-1"):
        """A raw call: the code, `Success` if there is none, and the reply's own JSON."""
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"CodePipeline_20150709.{operation}",
            "Authorization": "AWS4-HMAC-SHA256 "
            f"Credential={key_id}/20260101/{region}/codepipeline/aws4_request, "
            "SignedHeaders=host, Signature=0",
        }
        self.connection.request("POST", "/", json.dumps(parameters), headers)
        with self.connection.getresponse() as reply:
            body = json.loads(reply.read() or b"{}")
            return ("Success" if reply.status == 200 else body["__type"]), body

    def ask(self, operation, **parameters):
        """A call that was not recorded, and has to succeed."""
        code, body = self.send(operation, self.mapping.sent(parameters))
        assert code == "Success", f"{self.recording.name}: {operation} {parameters}: {code} {body}"
        return body

    def until(self, what, look):
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            found = look()
            if found:
                return found
            time.sleep(PAUSE)
        raise AssertionError(f"{self.recording.name}: {what}")

    def play(self, number, call):
        operation = call["op"]
        if operation in ELSEWHERE:
            self.judge(
                [Difference(self.recording.name, str(number), operation, "", "not emulated")]
            )
            return
        if operation == "LambdaInvocation":
            self.judge(self.invocation(number, call))
            return
        recorded = said(call["code"], call["output"])
        deadline = time.monotonic() + (self.patience if self.in_vain < IN_VAIN else IMPATIENCE)
        closest = None
        while True:
            parameters = self.mapping.sent(call["params"] | self.uploads.get(number, {}))
            code, body = self.send(operation, parameters, region=call.get("region", "us-east-1"))
            comparison = Comparison(str(number), operation, self.mapping.copy())
            comparison.compare(recorded, said(code, body))
            unlike = [
                difference
                for difference in comparison.differences
                if not self.accepted.of(difference)
            ]
            if closest is None or len(unlike) < closest[0]:
                closest = len(unlike), comparison
            done = code == "Success" and not operation.startswith(READS)
            if not unlike or done or time.monotonic() > deadline:
                break
            time.sleep(PAUSE)
        self.in_vain += bool(unlike and not done)
        # What it was at its best, or the reply of a call that cannot be repeated.
        chosen = comparison if done else closest[1]
        self.mapping = chosen.mapping
        self.judge(chosen.differences)

    def invocation(self, number, call):
        """The next event that the function got, against the recorded one."""
        path = self.events / f"{self.received}.json"
        self.received += 1
        try:
            self.until(f"invocation {path.name}", path.exists)
        except AssertionError:
            return [Difference(self.recording.name, str(number), "LambdaInvocation", "", "missing")]
        comparison = Comparison(str(number), "LambdaInvocation", self.mapping)
        comparison.compare(call["output"], json.loads(path.read_text()))
        return comparison.differences

    def judge(self, differences):
        for difference in differences:
            entries = self.accepted.of(difference)
            self.used |= entries
            if not entries:
                self.differences.append(difference)


def said(code, body):
    """A reply, or an error's code and words, which the wire and AWS's SDKs name differently."""
    if code == "Success":
        return body
    return {"code": code, "message": body.get("message", body.get("Message"))}
