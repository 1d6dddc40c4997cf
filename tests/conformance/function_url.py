"""The desk as a Lambda function. A server plays the function URL: it makes the events that Lambda
makes of requests, and hands them over as the Runtime API does, one at a time.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import base64
import json
import queue
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import desk_web
from conftest import BINARIES

COOKIE_KEY = "0123456789abcdef0123456789abcdef"
RUNTIME = {
    "AWS_LAMBDA_FUNCTION_NAME": "two-person-rule-desk",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
}
# What Lambda sends as text; everything else travels in base64.
TEXT = ("text/", "application/json")


class Invocation:
    def __init__(self, event):
        self.event = event
        self.ended = threading.Event()
        self.reply = None


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def answer(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class FunctionDesk(desk_web.Desk):
    """A desk that is a function, with the same face as one that is served."""

    def __init__(self, folder, port, rule, environment, *arguments):
        self.port = port
        self.origin = f"http://localhost:{port}"
        self.waiting = queue.Queue()
        self.running = {}
        self.runtime = self.serve(0, self.runtime_api())
        self.url = self.serve(port, self.function_url())
        role = dict(zip(arguments[::2], arguments[1::2], strict=True))["--role"]
        api = f"127.0.0.1:{self.runtime.server_address[1]}"
        settings = {
            "AWS_LAMBDA_RUNTIME_API": api,
            "AWS_REGION": desk_web.REGION,
            "TWO_PERSON_RULE": json.dumps(rule),
            "DESK_COOKIE_KEY": COOKIE_KEY,
            "DESK_ROLE": role,
        }
        self.log = (folder / "desk.log").open("w+")
        self.process = started(folder, {**environment, **RUNTIME, **settings}, self.log)

    def serve(self, port, handler):
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def runtime_api(desk):
        class Api(Quiet):
            def do_GET(self):
                invocation = desk.waiting.get()
                if invocation is None:
                    return
                name = str(len(desk.running))
                desk.running[name] = invocation
                headers = [
                    ("lambda-runtime-aws-request-id", name),
                    ("lambda-runtime-deadline-ms", "4102444800000"),
                    ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:x:1:function:desk"),
                    ("content-type", "application/json"),
                ]
                self.answer(200, headers, json.dumps(invocation.event).encode())

            def do_POST(self):
                *_, name, what = self.path.split("/")
                said = self.body()
                # An error at the start belongs to no invocation.
                if invocation := desk.running.get(name):
                    invocation.reply = json.loads(said) if what == "response" else None
                    invocation.ended.set()
                self.answer(202)

        return Api

    def function_url(desk):
        class Url(Quiet):
            def relay(self):
                invocation = Invocation(event_of(self))
                desk.waiting.put(invocation)
                invocation.ended.wait(120)
                if (reply := invocation.reply) is None:
                    self.answer(502)
                    return
                headers = [*reply["headers"].items()]
                headers += [("set-cookie", cookie) for cookie in reply["cookies"]]
                body = reply["body"].encode()
                if reply["isBase64Encoded"]:
                    body = base64.b64decode(body)
                self.answer(reply["statusCode"], headers, body)

            do_GET = do_POST = do_HEAD = do_PUT = relay

        return Url

    def stop(self):
        self.url.shutdown()
        self.url.server_close()
        self.process.terminate()
        self.process.wait(10)
        self.waiting.put(None)
        self.runtime.shutdown()
        self.runtime.server_close()
        self.log.close()


def started(folder, environment, log, program="desk"):
    """A program as a package has it: `bootstrap`, without arguments."""
    built, program = BINARIES / program, folder / "bootstrap"
    if not program.exists():
        program.symlink_to(built)
    return subprocess.Popen([program], env=environment, stdout=log, stderr=log)


def event_of(request):
    """What Lambda makes of a request, format version 2.0."""
    address = urlsplit(request.path)
    headers = {}
    for name, value in request.headers.items():
        name = name.lower()
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    cookies = [it.strip() for it in headers.pop("cookie", "").split(";") if it.strip()]
    body = request.body()
    is_text = headers.get("content-type", "").startswith(TEXT)
    host = headers.get("host", "")
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": address.path,
        "rawQueryString": address.query,
        "headers": {**headers, "x-forwarded-proto": "https", "x-forwarded-port": "443"},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abcdefg",
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": request.command,
                "path": address.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "routeKey": "$default",
            "stage": "$default",
            "time": "26/Nov/2026:06:00:00 +0000",
            "timeEpoch": 1795672800000,
        },
        "isBase64Encoded": bool(body) and not is_text,
    }
    if cookies:
        event["cookies"] = cookies
    if body:
        event["body"] = (
            body.decode(errors="replace") if is_text else base64.b64encode(body).decode()
        )
    return event


def refused_to_start(folder, environment):
    """What a function says that cannot start with these settings."""
    with (folder / "log").open("w+") as log:
        process = started(folder, environment, log)
        try:
            assert process.wait(30) == 1
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        log.seek(0)
        return log.read()
