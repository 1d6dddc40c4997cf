"""The function of evidence-archive.yaml as Lambda runs it, between an emulator and moto's S3."""

import importlib.util
import json
import os
import subprocess
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import botocore.client
from cloudformation import TEMPLATES, load, resolve
from conftest import BINARIES
from function_url import Quiet
from iam_endpoint import ACCOUNT as OWNER
from notify import address, serve

ACCOUNT, REGION = "111122223333", "us-east-1"
BUCKET = "archive"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:two-person-rule-archive"


class Context:
    invoked_function_arn = FUNCTION


class Lambda:
    """Takes asynchronous invocations. `waiting` has their events."""

    def __init__(self):
        self.waiting = []

        class Handler(Quiet):
            def do_POST(handler):
                assert handler.headers["x-amz-invocation-type"] == "Event"
                path = unquote(urlsplit(handler.path).path)
                assert path == f"/2015-03-31/functions/{FUNCTION}/invocations"
                self.waiting.append(json.loads(handler.body()))
                handler.answer(202)

        self.server = serve(Handler)


class Archive:
    """The function, its bucket as the template makes it, and the AWS CLI to look into it."""

    def __init__(self, emulator, aws, monkeypatch, **parameters):
        self.aws, self.lambda_, self.called, self.puts = aws, Lambda(), set(), []
        resources = resolve(load("evidence-archive.yaml"), **parameters)
        self.resources = resources
        self.create(resources["ArchiveBucket"]["Properties"])
        variables = resources["Archive"]["Properties"]["Environment"]["Variables"]
        environment = {
            **variables,
            "ARCHIVE_BUCKET": BUCKET,
            "ARCHIVE_BUCKET_OWNER": OWNER,
            "POLICYGEN": str(BINARIES / "policygen"),
            "AWS_ACCESS_KEY_ID": "bob",
            "AWS_SECRET_ACCESS_KEY": "not-checked",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_ENDPOINT_URL_CODEPIPELINE": emulator.exports["AWS_ENDPOINT_URL"],
            "AWS_ENDPOINT_URL_S3": aws.endpoint,
            "AWS_ENDPOINT_URL_LAMBDA": address(self.lambda_.server),
        }
        for name in [name for name in os.environ if name.startswith(("AWS_", "TWO_PERSON"))]:
            monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        self.monkeypatch = monkeypatch
        call = botocore.client.BaseClient._make_api_call

        def noted(client, operation, arguments):
            prefix = client.meta.service_model.signing_name
            self.called.add(
                f"{prefix}:{operation}".replace("lambda:Invoke", "lambda:InvokeFunction")
            )
            if operation == "PutObject":
                self.puts.append(arguments)
            return call(client, operation, arguments)

        monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", noted)

    def create(self, properties):
        """moto makes no locked bucket from a template: made here, of what the template says."""
        assert properties["ObjectLockEnabled"] is True
        s3 = lambda *arguments: self.aws("s3api", *arguments, "--bucket", BUCKET)
        s3(
            "create-bucket",
            "--object-lock-enabled-for-bucket",
            *("--create-bucket-configuration", "LocationConstraint=eu-west-1"),
        )
        lock = json.dumps(properties["ObjectLockConfiguration"])
        s3("put-object-lock-configuration", "--object-lock-configuration", lock)

    def function(self, path=TEMPLATES / "archive" / "handler.py"):
        """The module, as Lambda loads it."""
        spec = importlib.util.spec_from_file_location("archive_handler", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def run(self, event):
        """An invocation by the schedule, and those that it causes. What each has kept."""
        function = self.function()
        names = function.handler(event, Context)["pipelines"]
        assert [waiting["pipeline"] for waiting in self.lambda_.waiting] == names
        waiting, self.lambda_.waiting = self.lambda_.waiting, []
        return {event["pipeline"]: function.handler(event, Context) for event in waiting}

    def objects(self):
        listed = self.aws("s3api", "list-objects-v2", "--bucket", BUCKET)
        return [item["Key"] for item in (listed or {}).get("Contents", [])]

    def copy(self, folder):
        """What `aws s3 sync` brings."""
        self.aws.run(["aws", "s3", "sync", "--quiet", f"s3://{BUCKET}", folder])
        return folder

    def refused(self, *arguments):
        """What S3 says to a request that it refuses."""
        command = ["aws", "s3api", *arguments, "--bucket", BUCKET]
        done = subprocess.run(command, env=self.aws.environment, capture_output=True, text=True)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def stop(self):
        self.lambda_.server.shutdown()
        self.lambda_.server.server_close()


@contextmanager
def archive(emulator, aws, monkeypatch, **parameters):
    made = Archive(emulator, aws, monkeypatch, **parameters)
    try:
        yield made
    finally:
        made.stop()
