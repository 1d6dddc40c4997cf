"""The function that tells people, as Lambda runs it, between an emulator and moto's SNS and Secrets
Manager. Mails and messages arrive at a server on this machine.
"""

import itertools
import json
import queue
import threading
import urllib.request
from http.server import ThreadingHTTPServer

from function_url import RUNTIME, Quiet, started

REGION = "eu-west-1"
RULE = "CodePipeline Action Execution State Change"
# What moto answers for; the emulator is everything else.
MOTO = ("sns", "secretsmanager")


def serve(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def address(server):
    return f"http://127.0.0.1:{server.server_address[1]}"


class Sink:
    """Takes everything that is posted, by its path. A path in `fails` gets that status."""

    def __init__(self):
        self.posted = {}
        self.fails = {}
        self.arrived = threading.Condition()

        class Handler(Quiet):
            def do_POST(handler):
                with self.arrived:
                    self.posted.setdefault(handler.path, []).append(json.loads(handler.body()))
                    self.arrived.notify_all()
                handler.answer(self.fails.get(handler.path, 200), body=b"ok")

        self.server = serve(Handler)
        self.address = address(self.server)

    def at(self, path):
        return self.posted.get(path, [])

    def mails(self, name):
        """What a subscriber has got, without the confirmation of the subscription."""
        return [it for it in self.at(f"/mail/{name}") if it["Type"] == "Notification"]

    def pause(self):
        """Until something may have arrived."""
        with self.arrived:
            self.arrived.wait(0.1)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Router:
    """One address for all services: a request goes on to the one that its signature names. `asked`
    has the service of each.
    """

    def __init__(self, emulator, moto):
        self.asked = []

        class Handler(Quiet):
            def relay(handler):
                scope = handler.headers["authorization"].split("Credential=")[1].split("/")
                service = scope[3]
                self.asked.append(service)
                headers = {k: v for k, v in handler.headers.items() if k.lower() != "host"}
                target = moto if service in MOTO else emulator
                request = urllib.request.Request(
                    target + handler.path, handler.body(), headers, method=handler.command
                )
                try:
                    reply = urllib.request.urlopen(request)
                except urllib.error.HTTPError as error:
                    reply = error
                kept = [(k, v) for k, v in reply.headers.items() if k.lower().startswith("content")]
                handler.answer(reply.status, kept, reply.read())

            do_GET = do_POST = relay

        self.server = serve(Handler)
        self.address = address(self.server)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Function:
    """A function, and the Runtime API that hands it events, one at a time."""

    def __init__(self, folder, environment, program="desk", **settings):
        self.waiting = queue.Queue()
        self.requests = itertools.count(1)
        self.said = queue.Queue()

        class Api(Quiet):
            def do_GET(handler):
                if (event := self.waiting.get()) is None:
                    return
                headers = [
                    ("lambda-runtime-aws-request-id", f"request-{next(self.requests)}"),
                    ("lambda-runtime-deadline-ms", "4102444800000"),
                    ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:x:1:function:notify"),
                    ("content-type", "application/json"),
                ]
                handler.answer(200, headers, json.dumps(event).encode())

            def do_POST(handler):
                self.said.put((handler.path.rsplit("/", 1)[1], json.loads(handler.body())))
                handler.answer(202)

        self.runtime = serve(Api)
        api = self.runtime.server_address
        settings["AWS_LAMBDA_RUNTIME_API"] = "{}:{}".format(*api)
        self.log = (folder / "notify.log").open("w+")
        self.process = started(folder, {**environment, **RUNTIME, **settings}, self.log, program)

    def call(self, event):
        """Whether the function replies, `response`, or fails, `error`; and what it says."""
        self.waiting.put(event)
        kind, said = self.said.get(timeout=240)
        assert kind in ("response", "error"), (kind, said)
        return kind, said

    def invoke(self, event):
        """What the function replies, or the error that makes Lambda try again."""
        kind, said = self.call(event)
        return said if kind == "response" else said["errorMessage"]

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.waiting.put(None)
        self.runtime.shutdown()
        self.runtime.server_close()
        self.log.close()


def event_of(run, pipeline, account="111122223333"):
    """What AWS sends when a run of the history has ended: CodePipeline User Guide, "Monitoring
    CodePipeline events", and tests/recorded/approval-rejected-with-cloudtrail.json.
    """
    type_id = run["input"]["actionTypeId"]
    detail = {
        "pipeline": pipeline,
        "execution-id": run["pipelineExecutionId"],
        "start-time": run["startTime"].strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "stage": run["stageName"],
        "action-execution-id": run["actionExecutionId"],
        "action": run["actionName"],
        "state": run["status"].upper(),
        "region": REGION,
        "type": {key: type_id[key] for key in ("owner", "provider", "category", "version")},
        "version": 1.0,
        "pipeline-execution-attempt": 1.0,
    }
    if result := run.get("output", {}).get("executionResult"):
        detail["execution-result"] = {
            "external-execution-summary": result.get("externalExecutionSummary", "")
        }
    return {
        "version": "0",
        "id": "a1044c01-6ae2-d0aa-55e1-e15a702c0699",
        "detail-type": RULE,
        "source": "aws.codepipeline",
        "account": account,
        "time": run["lastUpdateTime"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:codepipeline:{REGION}:{account}:{pipeline}"],
        "detail": detail,
    }


def scheduled(time):
    """What a schedule of EventBridge sends."""
    return {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "111122223333",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:111122223333:rule/hourly"],
        "detail": {},
    }
