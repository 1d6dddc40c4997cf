"""Step Functions on loopback: moto's interpreter, with a Lambda and an ECS in front of it.

moto runs a Lambda function or a task of ECS only in Docker. So one server takes the calls that the
state machines make of these two services, and hands everything else to moto. A request to ECS is
checked against the service's model before it does anything.
"""

import json
import os
import queue
import re
import subprocess
import threading
import time
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime

import boto3
from botocore import xform_name
from botocore.validate import ParamValidator
from conftest import SESSION
from lambda_runtime import FunctionError
from moto.core.config import default_user_config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_ecs,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

ACCOUNT, REGION = "123456789012", "eu-west-1"  # the account is moto's own
ECS = "AmazonEC2ContainerServiceV20141113."
# ECS, API reference of ContainerOverride: "A total of 8192 characters are allowed for overrides."
MOST_OVERRIDES = 8192
DEADLINE = 60


def shapes(service, name, action):
    """The input and the output of an API action, as botocore's model has them."""
    model = SESSION.get_service_model(service._get_boto_service_name(name))
    action = service._get_boto_service_action(action)
    (operation,) = (it for it in model.operation_names if xform_name(it) == action)
    operation = model.operation_model(operation)
    return operation.input_shape, operation.output_shape


# Step Functions writes the names of parameters in PascalCase, and a value that is not text as JSON.
# moto has the code that translates, and does not call it.


def to_service(service, parameters, boto_service_name=None, service_action_name=None):
    service._to_boto_request(parameters, shapes(service, boto_service_name, service_action_name)[0])


def from_service(service, response, boto_service_name=None, service_action_name=None):
    shape = shapes(service, boto_service_name, service_action_name)[1]
    if shape is not None:
        service._from_boto_response(response, shape)


state_task_service.StateTaskService._normalise_parameters = to_service
state_task_service.StateTaskService._normalise_response = from_service

# A start copies the state machine with its executions, and one that runs has threads.
Execution.__deepcopy__ = lambda execution, memo: execution

original = state_task_service_ecs.StateTaskServiceEcs._build_sync_resolver


def failing_as_in_aws(service, env, **more):
    """A task that ends otherwise than with 0 fails its state, and the cause is the task as JSON. In
    moto it succeeds.
    """
    watch = original(service, env=env, **more)

    def watched():
        task = watch()
        if task and any(container.get("ExitCode") != 0 for container in task["Containers"]):
            details = TaskFailedEventDetails(
                resource="runTask.sync",
                resourceType="ecs",
                error="States.TaskFailed",
                cause=json.dumps(task, separators=(",", ":"), default=str),
            )
            raise FailureEventException(
                FailureEvent(
                    env=env,
                    error_name=StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed),
                    event_type=HistoryEventType.TaskFailed,
                    event_details=EventDetails(taskFailedEventDetails=details),
                )
            )
        return task

    return watched


state_task_service_ecs.StateTaskServiceEcs._build_sync_resolver = failing_as_in_aws


class Refused(Exception):
    """The request is wrong, says ECS."""


class Task:
    """A task of ECS whose container is a process of this machine."""

    def __init__(self, arn, cluster, command, environment, on_lines):
        self.described = {
            "taskArn": arn,
            "clusterArn": cluster,
            "lastStatus": "RUNNING",
            "containers": [{"name": "release", "lastStatus": "RUNNING"}],
        }
        self.process = None
        try:
            self.process = subprocess.Popen(
                command,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        except OSError as error:
            reason = f"CannotStartContainerError: {error.strerror}"
            self.stopped("TaskFailedToStart", reason)
            return
        self.written = queue.SimpleQueue()
        self.threads = [
            threading.Thread(target=self.read, daemon=True),
            threading.Thread(target=self.ship, args=(on_lines,), daemon=True),
        ]
        for thread in self.threads:
            thread.start()

    def read(self):
        for numbered in enumerate(line.removesuffix("\n") for line in self.process.stdout):
            self.written.put(numbered)
        code = self.process.wait() % 256
        self.stopped("EssentialContainerExited", "Essential container in task exited", code)
        self.written.put(None)

    def ship(self, on_lines):
        """What has been written meanwhile, together: as late as CloudWatch Logs may be."""
        stream = f"release/release/{self.described['taskArn'].split('/')[-1]}"
        while (first := self.written.get()) is not None:
            lines = [first]
            while not self.written.empty() and lines[-1] is not None:
                lines.append(self.written.get())
            on_lines(stream, [line for line in lines if line is not None])
            if lines[-1] is None:
                return

    def stopped(self, code, reason, exit_code=None):
        container = {"name": "release", "lastStatus": "STOPPED"}
        if exit_code is not None:
            container["exitCode"] = exit_code
        self.described.update(stopCode=code, stoppedReason=reason, containers=[container])
        # The interpreter looks at this one first.
        self.described["lastStatus"] = "STOPPED"

    def end(self):
        """Ends it, and waits until its lines are delivered."""
        if self.process:
            self.process.kill()
            for thread in self.threads:
                thread.join(10)


class Services:
    """Lambda and ECS, and behind them moto.

    `functions` is the handler of each function by its ARN: it takes an event, and returns the
    payload or raises FunctionError. `containers` is the container of each task definition by its
    ARN, as CloudFormation has it. `on_lines` gets the name of a stream and the
    numbered lines that a container has written there.
    """

    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.functions, self.containers, self.tasks, self.runs = {}, {}, {}, []
        self.environment = {}
        self.on_lines = lambda stream, lines: None
        self.refuses_to_run = None
        self.validate = ParamValidator()
        self.model = SESSION.get_service_model("ecs")
        self.starting = threading.Lock()

    def __call__(self, environ, start_response):
        request = Request(environ, populate_request=False)
        target = request.headers.get("x-amz-target", "")
        invoked = re.fullmatch(r"/2015-03-31/functions/([^/]+)/invocations", request.path)
        if invoked:
            answer = self.invoke(invoked[1], json.loads(request.get_data()))
        elif request.path.startswith("/notified/"):
            return self.notify(request)(environ, start_response)
        elif target.startswith(ECS):
            answer = self.ecs(target.removeprefix(ECS), json.loads(request.get_data()))
        elif target == "AWSStepFunctions.StartExecution":
            # One after the other: moto looks for the name, and only later writes it down.
            with self.starting:
                return self.moto(environ, start_response)
        else:
            return self.moto(environ, start_response)
        return answer(environ, start_response)

    def invoke(self, function, event):
        try:
            return Response(json.dumps(self.functions[function](event)))
        except FunctionError as error:
            return Response(
                json.dumps(error.args[0]), headers={"x-amz-function-error": "Unhandled"}
            )

    def notify(self, request):
        """Hands a message of a topic to a function, as SNS does: moto would invoke it in Docker, so
        the topic has a subscription by HTTP here.
        """
        said = json.loads(request.get_data())
        names = ("Type", "MessageId", "TopicArn", "Message", "Timestamp")
        record = {"EventSource": "aws:sns", "Sns": {name: said[name] for name in names}}
        return self.invoke(request.path.removeprefix("/notified/"), {"Records": [record]})

    def ecs(self, operation, request):
        try:
            shape = self.model.operation_model(operation).input_shape
            report = self.validate.validate(request, shape)
            if report.has_errors():
                raise Refused(report.generate_report())
            return Response(json.dumps(getattr(self, operation)(request)))
        except Refused as error:
            body = {"__type": "InvalidParameterException", "message": str(error)}
            return Response(json.dumps(body), 400)

    def RunTask(self, request):
        self.runs.append(request)
        if self.refuses_to_run:
            raise Refused(self.refuses_to_run)
        container = self.containers[request["taskDefinition"]]
        (override,) = request["overrides"]["containerOverrides"]
        assert override["name"] == container["Name"]
        if len(json.dumps(request["overrides"])) > MOST_OVERRIDES:
            raise Refused("Container Overrides length must be at most 8192")
        given = {each["name"]: each["value"] for each in override["environment"]}
        task = Task(
            f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/relay/{uuid.uuid4().hex}",
            request["cluster"],
            container["Command"],
            {**self.environment, **given},
            self.on_lines,
        )
        self.tasks[task.described["taskArn"]] = task
        return {"tasks": [task.described], "failures": []}

    def DescribeTasks(self, request):
        return {"tasks": [self.tasks[arn].described for arn in request["tasks"]], "failures": []}

    def end(self):
        """Ends the executions and the tasks. An execution looks for its server at each call, so one
        that outlives this server would call the next.
        """
        deadline = time.monotonic() + DEADLINE
        while running := executions():
            assert time.monotonic() < deadline, f"{[it.exec_arn for it in running]} do not end"
            for execution in running:
                # It has an environment as soon as its thread runs.
                if execution.exec_worker and execution.exec_worker.env:
                    execution.stop(datetime.now(UTC), "Ended", "its server ends")
            self.end_tasks()
            time.sleep(0.01)
        self.end_tasks()

    def end_tasks(self):
        for task in list(self.tasks.values()):
            task.end()


def executions():
    """Those of moto that are not over."""
    return [
        execution
        for account in stepfunctions_parser_backends.values()
        for backend in account.values()
        for machine in backend.state_machines
        for execution in machine.executions
        if execution.stop_date is None
    ]


class Quiet(WSGIRequestHandler):
    def log_request(self, *_):
        pass


@contextmanager
def serving(monkeypatch):
    """The services and their URL, for as long as they are needed."""
    services = Services()
    server = make_server("127.0.0.1", 0, services, threaded=True, request_handler=Quiet)
    monkeypatch.setitem(default_user_config, "stepfunctions", {"execute_state_machine": True})
    monkeypatch.setenv("MOTO_PORT", str(server.port))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield services, f"http://127.0.0.1:{server.port}"
    finally:
        services.end()
        server.shutdown()
        server.server_close()


def client(endpoint, service):
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def environment(endpoint):
    """The environment of a program that talks to these services, and to nothing else."""
    return {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PAGER": "",
    }
