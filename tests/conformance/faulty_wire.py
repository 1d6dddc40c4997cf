"""The faults of `emulator serve --faults`, between a program and a service that the emulator does
not serve.
"""

import contextlib
import json
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler

from proxy import Proxy

# Headers that the proxy itself writes.
OWN_HEADERS = ("connection", "content-length", "date", "server", "transfer-encoding")
# What S3 and the query protocol, which SNS speaks, say instead of JSON.
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
THROTTLED = (
    b"<ErrorResponse><Error><Type>Sender</Type><Code>Throttled</Code>"
    b"<Message>Rate exceeded</Message></Error><RequestId>1</RequestId></ErrorResponse>"
)


class FaultyWire(Proxy):
    """Passes everything on to `endpoint`, but to requests that `is_met` by the fault, so many
    times. `count` is how often it happened.
    """

    def __init__(self, endpoint, case, is_met):
        self.is_met = is_met
        self.fault = case.fault
        self.left = float("inf") if case.times == "for-ever" else case.times
        self.count, self.earlier, self.lock = 0, {}, threading.Lock()
        self.is_over = threading.Event()
        super().__init__(endpoint)

    def due(self, request, body):
        """The fault of this request, if it has one."""
        if not self.is_met(request):
            return None
        with self.lock:
            if not self.left or (self.fault == "stale" and body not in self.earlier):
                return None
            self.left -= 1
            self.count += 1
            return self.fault

    def handler(wire):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                asked = (self.path, body)
                fault = wire.due(self, asked)
                if fault == "throttle" and "x-amz-content-sha256" in self.headers:
                    return self.say(503, SLOW_DOWN)
                is_query = "x-www-form-urlencoded" in self.headers.get("content-type", "")
                if fault == "throttle" and is_query:
                    return self.say(429, THROTTLED)
                if fault == "throttle":
                    # In the words of AWS, and with what forges say.
                    error = {"__type": "ThrottlingException", "message": "Rate exceeded"}
                    status = 400 if self.command == "POST" else 429
                    return self.say(status, json.dumps(error).encode(), [("retry-after", "1")])
                if fault == "server-error":
                    return self.say(500, b'{"message": "The service has failed."}')
                if fault == "reset":
                    return self.reset()
                if fault == "stale":
                    return self.say(*wire.earlier[asked])
                status, data, headers = reply = wire.forwarded(self, body)
                wire.earlier.setdefault(asked, reply)
                if fault == "reset-after":
                    return self.reset()
                if fault == "slow":
                    wire.is_over.wait()
                    return self.reset()
                if fault == "truncate":
                    data = data[: len(data) // 2]
                if fault == "wrong-json":
                    status, data = 200, b'{"wrong":["reply"]}'
                if fault == "reset-within":
                    self.say(status, data[: len(data) // 2], headers, length=len(data))
                    return self.reset()
                return self.say(status, data, headers)

            do_GET = do_PUT = do_POST

            def say(self, status, data, headers=(), length=None):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("content-length", str(len(data) if length is None else length))
                # The program may have stopped waiting.
                with contextlib.suppress(OSError):
                    self.end_headers()
                    self.wfile.write(data)

            def reset(self):
                self.close_connection = True
                now = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)

        return Handler

    def forwarded(self, request, body):
        status, data, headers = super().forwarded(request, body)
        return status, data, [it for it in headers if it[0].lower() not in OWN_HEADERS]

    def stop(self):
        self.is_over.set()
        super().stop()
