"""A proxy between a program and the emulator. It lets a test do something in the moment of a call,
or say what AWS says in situations that take the emulator too long.
"""

import json
from http.server import BaseHTTPRequestHandler

from proxy import Proxy


class Between(Proxy):
    """`before` and `after` are called by operation: `before` with nothing, and its reply, a pair of
    status and document, is given instead of the emulator's; `after` with the emulator's document,
    which it may change or replace by such a pair.
    """

    def __init__(self, endpoint):
        self.before = {}
        self.after = {}
        super().__init__(endpoint)

    def handler(between):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                operation = self.headers.get("x-amz-target", "").rpartition(".")[2]
                instead = between.before.get(operation, lambda: None)()
                reply = instead or between.forwarded(self, body)[:2]
                if not instead and operation in between.after:
                    document = json.loads(reply[1])
                    reply = between.after[operation](document) or (reply[0], document)
                status, text = reply
                data = text if isinstance(text, bytes) else json.dumps(text).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST

        return Handler
