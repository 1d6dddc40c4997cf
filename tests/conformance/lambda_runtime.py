"""A built Lambda function. Each invocation has its own process, as two invocations at the same time
have on Lambda, and a server that plays the Runtime API for it.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DEADLINE = 60


class FunctionError(Exception):
    """What an invocation ended with: `errorType` and `errorMessage`."""


class Host(BaseHTTPRequestHandler):
    """The Runtime API for one invocation, which must be answered within `seconds`."""

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        server = self.server
        if server.was_given.is_set():
            # The function waits for the next event until it is killed.
            server.ended.wait()
            return
        server.was_given.set()
        headers = [
            ("Lambda-Runtime-Aws-Request-Id", server.request_id),
            ("Lambda-Runtime-Deadline-Ms", str(int((time.time() + server.seconds) * 1000))),
            ("Lambda-Runtime-Invoked-Function-Arn", server.function),
        ]
        self.reply(200, json.dumps(server.event).encode(), headers)

    def do_POST(self):
        server = self.server
        said = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        self.reply(202)
        server.failed, server.said = self.path.endswith("/error"), said
        server.answered.set()


class Function:
    """A program and its environment, which holds what the template sets."""

    def __init__(self, arn, program, environment, seconds=DEADLINE):
        self.arn, self.program, self.environment = arn, program, environment
        self.seconds = seconds
        self.count, self.lock = 0, threading.Lock()

    def __call__(self, event):
        """What the function returns; a FunctionError if it ends with an error."""
        with self.lock:
            self.count += 1
            request_id = f"request-{self.count}"
        server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
        server.daemon_threads = True
        server.event, server.function, server.request_id = event, self.arn, request_id
        server.seconds = self.seconds
        server.was_given, server.answered, server.ended = (threading.Event() for _ in range(3))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environment = {
            **self.environment,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": self.arn.rsplit(":", 1)[-1],
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        }
        process = subprocess.Popen(
            [self.program],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            assert server.answered.wait(DEADLINE), "the function gave no answer"
        finally:
            process.kill()
            output, _ = process.communicate()
            server.ended.set()
            server.shutdown()
            server.server_close()
        if server.failed:
            raise FunctionError(server.said, output)
        return server.said
