"""Serves the forge of `forge.py` on loopback, within rate limits as GitHub documents them."""

import json
import threading
import time
import urllib.parse
from collections import deque
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "github_pat_loopback"
# "Rate limits for the REST API": 5,000 requests an hour, 900 points a minute (a GET is one), and
# 100 requests at once.
PER_HOUR, PER_MINUTE, AT_ONCE = 5_000, 900, 100


class Refusal(Exception):
    def __init__(self, status, message, **headers):
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers


class Loopback:
    """Serves on loopback until its block ends. `problems` are of requests and replies that are not
    as the forge documents them.
    """

    def __init__(self, handler):
        self.problems = []
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def __enter__(self):
        serve = self.http.serve_forever
        threading.Thread(target=serve, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()


class JsonHandler(BaseHTTPRequestHandler):
    """Replies in JSON."""

    protocol_version = "HTTP/1.1"

    def send(self, status, reply, headers=()):
        body = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("content-type", self.content_type)
        self.send_header("content-length", str(len(body)))
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Replies:
    """The replies of an API for one repository."""

    def __init__(self, server, repository, query):
        self.forge, self.url = server.forge, server.url
        self.repository, self.query = repository, query


class Server(Loopback):
    """Serves a forge. `api(server, path, query)` returns the template of a path and the reply: a
    list, or an object, or either with the query of the next page. `check(template, reply)` sees
    every reply, and raises if it is not as documented.
    """

    def __init__(self, forge, api, check=None, limits=True, latency=0.0):
        self.forge, self.api, self.check = forge, api, check
        self.limits, self.latency = limits, latency
        self.requests, self.most_at_once, self._at_once = [], 0, 0
        self.refuse = deque()  # Refusals to answer with, before anything else.
        self.forbidden = set()  # Templates that the token may not read.
        self.minute, self.hour = deque(), deque()
        self.lock = threading.Lock()
        super().__init__(handler(self))

    @contextmanager
    def counted(self, path):
        """Counts a request, and refuses it above the limits."""
        with self.lock:
            self.requests.append(path)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            now = time.time()
            for window, seconds in ((self.minute, 60), (self.hour, 3600)):
                while window and window[0] <= now - seconds:
                    window.popleft()
            over = None
            if self.limits and self._at_once > AT_ONCE:
                over = Refusal(403, "You have exceeded a secondary rate limit", retry_after=60)
            elif self.limits and len(self.minute) >= PER_MINUTE:
                wait = int(self.minute[0] + 60 - now) + 1
                over = Refusal(403, "You have exceeded a secondary rate limit", retry_after=wait)
            elif self.limits and len(self.hour) >= PER_HOUR:
                reset = int(self.hour[0] + 3600)
                over = Refusal(
                    403,
                    "API rate limit exceeded",
                    x_ratelimit_remaining=0,
                    x_ratelimit_reset=reset,
                )
            else:
                self.minute.append(now)
                self.hour.append(now)
        try:
            if over:
                raise over
            if self.refuse:
                raise self.refuse.popleft()
            time.sleep(self.latency)
            yield
        finally:
            with self.lock:
                self._at_once -= 1


def handler(server):
    class Handler(JsonHandler):
        content_type = "application/json; charset=utf-8"

        def do_GET(self):
            self.answer()

        def do_POST(self):
            length = int(self.headers["content-length"])
            self.answer(self.rfile.read(length))

        def answer(self, *body):
            url = urllib.parse.urlsplit(self.path)
            pairs = urllib.parse.parse_qsl(url.query)
            query = dict(pairs)
            for name in (name for name in query if name.endswith("[]")):
                query[name] = [value for key, value in pairs if key == name]
            try:
                with server.counted(self.path):
                    if self.headers["authorization"] != f"Bearer {TOKEN}":
                        raise Refusal(401, "Bad credentials")
                    template, reply = server.api(server, url.path, query, *body)
                    self.reply(url, query, template, reply)
            except Refusal as refusal:
                headers = {key.replace("_", "-"): str(it) for key, it in refusal.headers.items()}
                self.send(refusal.status, {"message": refusal.message}, headers)

        def reply(self, url, query, template, reply):
            link = None
            if isinstance(reply, tuple):
                reply, link = reply
            elif isinstance(reply, list):
                number, size = int(query.get("page", 1)), int(query.get("per_page", 30))
                link = {"page": number + 1} if len(reply) > number * size else None
                reply = reply[(number - 1) * size : number * size]
            headers = {}
            if link:
                text = urllib.parse.urlencode({**query, **link})
                headers["link"] = f'<{server.url}{url.path}?{text}>; rel="next"'
            if server.check:
                try:
                    server.check(template, reply)
                except AssertionError as problem:
                    server.problems.append(str(problem))
            self.send(200, reply, headers)

    return Handler
