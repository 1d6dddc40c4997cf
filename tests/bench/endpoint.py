"""An HTTP server on loopback that answers each request after one round trip: what the benchmarks
use in place of AWS. It is small, so that its own time hardly counts.
"""

import asyncio
import re
import socket
import threading
import time

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
# The event loop's timers are late by up to a millisecond. The rest of a wait is slept exactly.
COARSE = 0.002


class Endpoint(threading.Thread):
    """A server in a separate thread. A subclass says what is answered."""

    def __init__(self, round_trip=0.0):
        super().__init__(daemon=True)
        self.round_trip = round_trip
        self.at_once = self.most_at_once = 0
        self.port = self.loop = None
        self.ready = threading.Event()
        self.start()
        self.ready.wait()

    def reply(self, head, body, talk):
        """A status, a content type and a body. `None` if the reply comes later, by
        `talk.write(0, …)`.
        """
        raise NotImplementedError

    def run(self):
        asyncio.run(self.serve())

    async def serve(self):
        self.loop = asyncio.get_running_loop()
        server = await self.loop.create_server(lambda: Talk(self), "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await server.serve_forever()


class Talk(asyncio.Protocol):
    """One connection."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.received = b""

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data):
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head, rest = self.received[:end], self.received[end + 4 :]
            length = LENGTH.search(head)
            length = int(length[1]) if length else 0
            if len(rest) < length:
                return
            self.received = rest[length:]
            self.answer(head, rest[:length])

    def answer(self, head, body):
        endpoint = self.endpoint
        due = time.perf_counter() + endpoint.round_trip
        endpoint.at_once += 1
        endpoint.most_at_once = max(endpoint.most_at_once, endpoint.at_once)
        replied = endpoint.reply(head, body, self)
        if replied is None:
            return
        if endpoint.round_trip > COARSE:
            endpoint.loop.call_later(endpoint.round_trip - COARSE, self.write, due, *replied)
        else:
            self.write(due, *replied)

    def write(self, due, status, kind, reply, headers=b""):
        time.sleep(max(due - time.perf_counter(), 0))
        self.endpoint.at_once -= 1
        self.transport.write(
            b"HTTP/1.1 %d x\r\ncontent-type: %s\r\n%scontent-length: %d\r\n\r\n%s"
            % (status, kind, headers, len(reply), reply)
        )
