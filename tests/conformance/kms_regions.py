"""KMS (moto's server) with multi-Region keys, behind a proxy by which regions can be lost."""

import http.client
import json
import re
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit
from uuid import uuid4

import kms_server
import moto.kms.models
from moto.kms.models import KmsBackend

__all__ = ["Regions", "serving"]

serving = kms_server.serving


def key_id(multi_region=False):
    """moto 5.2.1 makes ids of multi-Region keys that are too long for its own data keys. Those of
    AWS have no hyphens (AWS KMS Developer Guide, "Multi-Region keys in AWS KMS").
    """
    return f"mrk-{uuid4().hex}" if multi_region else str(uuid4())


moto.kms.models.generate_key_id = key_id
# moto finds a key to replicate by its id alone.
moto_replicate = KmsBackend.replicate_key
KmsBackend.replicate_key = lambda kms, key, region: moto_replicate(kms, kms.get_key_id(key), region)


class Regions:
    """Counts the calls by region and operation. A region in `lost` hangs up without a reply; one in
    `denied` refuses everybody.
    """

    def __init__(self, endpoint):
        self.target = urlsplit(endpoint)
        self.calls = Counter()
        self.lost = set()
        self.denied = set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"

    def handler(regions):
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                operation = self.headers["x-amz-target"].rpartition(".")[2]
                signed = self.headers["authorization"]
                region = re.search(r"Credential=[^/]+/\d+/([^/]+)/kms/", signed)[1]
                regions.calls[region, operation] += 1
                if region in regions.lost:
                    self.close_connection = True
                    return
                status, data = regions.reply(self.headers, body, region)
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        return Handler

    def reply(self, headers, body, region):
        if region in self.denied:
            denied = {"__type": "AccessDeniedException", "Message": "User: x is not authorized"}
            return 400, json.dumps(denied).encode()
        connection = http.client.HTTPConnection(self.target.hostname, self.target.port, timeout=60)
        connection.request("POST", "/", body, dict(headers.items()))
        reply = connection.getresponse()
        data = reply.read()
        connection.close()
        return reply.status, data

    def count(self, operation):
        return sum(count for (_, name), count in self.calls.items() if name == operation)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
