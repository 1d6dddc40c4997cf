"""Lambda functions of a test, as programs for `emulator serve --function`."""

import inspect
import sys

# What the runtime of Lambda does: one event after the other, and an error if a handler raises one.
RUNTIME = """#!{python}
import json
import os
import urllib.request

import botocore.session

RUNTIME = f"http://{{os.environ['AWS_LAMBDA_RUNTIME_API']}}/2018-06-01/runtime/invocation"


def client(service):
    return botocore.session.Session().create_client(service, region_name=os.environ["AWS_REGION"])


{handler}

while True:
    with urllib.request.urlopen(f"{{RUNTIME}}/next") as event:
        invocation = event.headers["Lambda-Runtime-Aws-Request-Id"]
        job = json.load(event)["CodePipeline.job"]
    try:
        {name}(job, client)
        answer, body = "response", None
    except Exception as error:
        answer = "error"
        body = {{"errorType": type(error).__name__, "errorMessage": str(error)}}
    reply = json.dumps(body).encode()
    urllib.request.urlopen(f"{{RUNTIME}}/{{invocation}}/{{answer}}", reply).close()
"""


def written(path, handler):
    """A program that runs a handler `(job, client)`. The handler imports what it needs."""
    source = inspect.getsource(handler)
    path.write_text(RUNTIME.format(python=sys.executable, handler=source, name=handler.__name__))
    path.chmod(0o755)
    return path
