"""The built reviews function, in a separate process. One server on loopback plays Lambda's
Runtime API, CodePipeline and Secrets Manager.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import os
import subprocess
import threading
from http.server import ThreadingHTTPServer

import lambda_runtime
from conftest import BINARIES

ACCOUNT, REGION = "111122223333", "eu-west-1"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:two-person-rule-reviews"
TOKEN_ARN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:github-AbCdEf"
OWN = "3137f7cb-7cf7-4abc-9b2c-0000000000ff"
RULE = {"excludeAuthors": True, "reviews": {"function": "two-person-rule-reviews"}}
CREDENTIALS = {"accessKeyId": "AKIDJOB", "secretAccessKey": "job-s3cret", "sessionToken": "job"}


def lambda_type(category, owner, provider):
    return {"category": category, "owner": owner, "provider": provider, "version": "1"}


def run(execution, action, type_id, configuration=(), status="Succeeded", **output):
    """An action execution, as ListActionExecutions shows it."""
    return {
        "pipelineExecutionId": execution,
        "actionExecutionId": f"{action}-{execution}",
        "pipelineVersion": 1,
        "stageName": "Source" if type_id["category"] == "Source" else "Approve",
        "actionName": action,
        "startTime": 1_795_341_600.5,
        "lastUpdateTime": 1_795_341_660.25,
        "status": status,
        "input": {
            "actionTypeId": type_id,
            "configuration": dict(configuration),
            "region": REGION,
        },
        "output": output,
    }


def source(execution, revision, repository="acme/shop", action="Source", provider="GitHub", **more):
    """A Source action that takes from a branch through a connection."""
    branch = "main"
    summary = json.dumps({"ProviderType": provider, "CommitMessage": 'Round cents", "x": "'})
    configuration = {"FullRepositoryId": repository, "BranchName": branch, "ConnectionArn": "arn:x"}
    result = {"externalExecutionId": revision, "externalExecutionSummary": summary, **more}
    return run(
        execution,
        action,
        lambda_type("Source", "AWS", "CodeStarSourceConnection"),
        configuration,
        executionResult=result,
        outputVariables={"FullRepositoryName": repository, "BranchName": branch},
    )


def codecommit_source(execution, revision, repository="shop"):
    """A Source action of CodeCommit."""
    return run(
        execution,
        "Source",
        lambda_type("Source", "AWS", "CodeCommit"),
        {"RepositoryName": repository, "BranchName": "main", "PollForSourceChanges": "false"},
        executionResult={"externalExecutionId": revision, "externalExecutionSummary": "Round"},
    )


def gate(execution, verdict="satisfied", function="two-person-rule-gate", **more):
    return run(
        execution,
        "Gate",
        lambda_type("Invoke", "AWS", "Lambda"),
        {"FunctionName": function, "UserParameters": '{"quorum": 2}'},
        outputVariables={"Verdict": verdict, "PipelineExecutionId": execution, **more},
    )


class World:
    """A pipeline and its past. The newest execution is the first in `listed`."""

    def __init__(self, head):
        self.listed = [{"pipelineExecutionId": OWN, "status": "InProgress"}]
        self.histories = {OWN: [self.own_run(), source(OWN, head)]}
        self.configuration = {"FunctionName": "two-person-rule-reviews"}
        self.refusals = {}
        self.token = "github_pat_s3cret"
        self.calls = []
        self.page = 100

    @staticmethod
    def own_run(status="InProgress"):
        type_id = lambda_type("Invoke", "AWS", "Lambda")
        configuration = {"FunctionName": "two-person-rule-reviews"}
        return run(OWN, "Reviews", type_id, configuration, status)

    def execution(self, identifier, *history, status="Succeeded", target=None):
        """Adds an execution that is older than all others."""
        listed = {"pipelineExecutionId": identifier, "status": status}
        if target:
            listed["executionType"] = "ROLLBACK"
            listed["rollbackMetadata"] = {"rollbackTargetPipelineExecutionId": target}
        self.listed.append(listed)
        self.histories[identifier] = list(history)
        return self

    def release(self, identifier, revision, **more):
        """Adds an execution that the gate was satisfied with."""
        status = more.pop("status", "Succeeded")
        history = (gate(identifier), source(identifier, revision, **more))
        return self.execution(identifier, *history, status=status)

    def event(self):
        configuration = {"configuration": self.configuration}
        data = {
            "actionConfiguration": configuration,
            "inputArtifacts": [],
            "outputArtifacts": [],
            "artifactCredentials": CREDENTIALS,
        }
        return {"CodePipeline.job": {"id": "job-1", "accountId": ACCOUNT, "data": data}}

    def answer(self, operation, request):
        self.calls.append((operation, request))
        if operation in self.refusals:
            status, code = self.refusals[operation]
            return status, {"__type": code, "message": "because"}
        return 200, getattr(self, operation)(request)

    def GetJobDetails(self, _):
        context = {
            "pipelineName": "payments",
            "pipelineExecutionId": OWN,
            "stage": {"name": "Approve"},
            "action": {"name": "Reviews", "actionExecutionId": f"Reviews-{OWN}"},
        }
        data = {
            "actionConfiguration": {"configuration": self.configuration},
            "artifactCredentials": CREDENTIALS,
            "pipelineContext": context,
        }
        return {"jobDetails": {"id": "job-1", "accountId": ACCOUNT, "data": data}}

    def ListPipelineExecutions(self, request):
        start = int(request.get("nextToken", 0))
        page = {"pipelineExecutionSummaries": self.listed[start : start + self.page]}
        if start + self.page < len(self.listed):
            page["nextToken"] = str(start + self.page)
        return page

    def ListActionExecutions(self, request):
        execution = request["filter"]["pipelineExecutionId"]
        return {"actionExecutionDetails": self.histories[execution]}

    def GetPipelineState(self, _):
        return {"pipelineName": "payments", "stageStates": []}

    def GetPipelineExecution(self, _):
        return {"pipelineExecution": {"pipelineExecutionId": OWN}}

    def GetSecretValue(self, request):
        assert request["SecretId"] == TOKEN_ARN
        return {"ARN": TOKEN_ARN, "SecretString": self.token}

    def PutJobSuccessResult(self, _):
        return {}

    def PutJobFailureResult(self, _):
        return {}

    def count(self, operation):
        return sum(1 for called, _ in self.calls if called == operation)


class Done:
    """What one invocation did."""

    def __init__(self, world, error, output):
        self.error, self.output, self.world = error, output, world
        self.reports = [call for call in world.calls if call[0].startswith("PutJob")]

    @property
    def variables(self):
        [(operation, request)] = self.reports
        assert operation == "PutJobSuccessResult", request
        return request["outputVariables"]

    @property
    def failure(self):
        operation, request = self.reports[-1]
        assert operation == "PutJobFailureResult", request
        details = request["failureDetails"]
        return details["type"], details["message"]


class Host(lambda_runtime.Host):
    """It also plays the services of AWS that the function calls."""

    def say(self, status, body):
        self.reply(status, json.dumps(body).encode())

    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        target = self.headers.get("x-amz-target")
        if target and target.startswith(("CodeCommit", "com.amazonaws.cloudtrail")):
            prefix, name = target.split(".")[-2:]
            self.say(200, server.world.codecommit.answer(prefix, name, json.loads(body)))
            return
        if target:
            with server.lock:
                status, reply = server.world.answer(target.split(".")[-1], json.loads(body))
            self.say(status, reply)
            return
        self.say(202, {"status": "OK"})
        server.error = json.loads(body) if self.path.endswith("/error") else None
        server.answered.set()


def invoke(world, rule=RULE, forges=None, event=None, seconds=60, function=FUNCTION, **more):
    """Runs one invocation of the built function."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    server.daemon_threads = True
    server.world, server.seconds, server.function = world, seconds, function
    server.event, server.request_id = event or world.event(), "request-1"
    server.lock = threading.Lock()
    server.was_given, server.answered, server.ended = (threading.Event() for _ in range(3))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    api = f"127.0.0.1:{server.server_port}"
    if forges is None:
        # Nothing listens there.
        forges = {"github": {"api": "http://127.0.0.1:9", "token": TOKEN_ARN}}
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_RUNTIME_API": api,
        "AWS_LAMBDA_FUNCTION_NAME": "two-person-rule-reviews",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_LEVEL": "TRACE",
        "AWS_ENDPOINT_URL": f"http://{api}",
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "AKIDFUNCTION",
        "AWS_SECRET_ACCESS_KEY": "function-s3cret",
        "TWO_PERSON_RULE": json.dumps(rule),
        "FORGES": forges if isinstance(forges, str) else json.dumps(forges),
        **more,
    }
    environment = {name: value for name, value in environment.items() if value is not None}
    pipe, together = subprocess.PIPE, subprocess.STDOUT
    process = subprocess.Popen(
        [BINARIES / "reviews"], env=environment, stdout=pipe, stderr=together, text=True
    )
    try:
        assert server.answered.wait(seconds + 60), "the function gave no answer"
    finally:
        process.kill()
        output, _ = process.communicate()
        server.ended.set()
        server.shutdown()
        server.server_close()
    for secret in (world.token, "s3cret"):
        assert secret not in output, "a secret is in the log"
        assert secret not in json.dumps(
            [call for call in world.calls if call[0] != "GetSecretValue"]
        )
        assert secret not in json.dumps(server.error)
    return Done(world, server.error, output)
