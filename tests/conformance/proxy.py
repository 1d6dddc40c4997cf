"""A proxy on loopback, between a program and a service. Its subclasses say what it changes."""

import http.client
import threading
from http.server import ThreadingHTTPServer
from urllib.parse import urlsplit


class Proxy:
    """Serves what `handler` returns until it is stopped."""

    def __init__(self, endpoint):
        self.target = urlsplit(endpoint)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        serve = self.server.serve_forever
        threading.Thread(target=serve, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def forwarded(self, request, body):
        """The service's reply to a request: its status, body and headers."""
        connection = http.client.HTTPConnection(self.target.hostname, self.target.port, timeout=60)
        connection.request(request.command, request.path, body, dict(request.headers.items()))
        reply = connection.getresponse()
        data = reply.read()
        connection.close()
        return reply.status, data, reply.getheaders()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
