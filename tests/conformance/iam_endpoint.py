"""An IAM endpoint on this machine, moto's server, and the AWS CLI to talk to it."""

import json
import os
import subprocess
import urllib.request
from contextlib import contextmanager

from moto.iam.models import ManagedPolicy
from moto.server import ThreadedMotoServer

ACCOUNT = "123456789012"  # moto's own

# moto knows a managed policy's name, and leaves it out of GetAccountAuthorizationDetails, where AWS
# has it.
ManagedPolicy.policy_name = property(lambda policy: policy.name)


@contextmanager
def serving():
    """The URL of a server, for as long as it is needed."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield "http://{}:{}".format(*server.get_host_and_port())
    finally:
        server.stop()


def emptied(endpoint):
    """The AWS CLI, against a server of which everything is forgotten."""
    urllib.request.urlopen(
        urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")
    ).close()
    return Aws(endpoint)


class Aws:
    """The AWS CLI, against moto's server."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.environment = {
            **kept,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_PAGER": "",
        }

    def run(self, command, **options):
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, **options
        )
        assert done.returncode == 0, f"exit code {done.returncode}: {done.stderr}{done.stdout}"
        return done.stdout

    def __call__(self, *arguments):
        printed = self.run(["aws", *arguments, "--output", "json"])
        return json.loads(printed) if printed.strip() else None

    def account(self):
        """Groups, roles and customer managed policies, as `get-account-authorization-details` shows
        them.
        """
        return self(
            "iam",
            "get-account-authorization-details",
            "--filter",
            "Group",
            "Role",
            "LocalManagedPolicy",
        )
