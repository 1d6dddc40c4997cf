"""Functions other than the gate: `emulator serve --function`, and their configuration."""

import json
import subprocess

import pytest
from botocore.exceptions import ClientError
from conftest import BINARIES, PIPELINE, Emulator, action, declaration
from lambda_function import written
from test_aws_cli import answer, ended, history, start, state_of, variables

REVIEWS = "two-person-rule-reviews"
ACCOUNT = "111122223333"


def invoke(name, function, run_order=1, **more):
    configuration = {"FunctionName": function, **more.pop("configuration", {})}
    return action(name, "Invoke", "Lambda", run_order, configuration=configuration, **more)


def reports(job, client):
    """Reports what it knows as output variables."""
    import os

    configuration = job["data"]["actionConfiguration"]["configuration"]
    told = {
        "Head": job["data"]["inputArtifacts"][0]["revision"],
        "Parameters": configuration["UserParameters"],
        "Forges": os.environ["FORGES"],
        "Caller": client("sts").get_caller_identity()["Arn"],
        "Environment": " ".join(sorted(os.environ)),
    }
    client("codepipeline").put_job_success_result(jobId=job["id"], outputVariables=told)


def refuses(job, client):
    """Reports a failure."""
    details = {"type": "JobFailed", "message": "no forge answers"}
    client("codepipeline").put_job_failure_result(jobId=job["id"], failureDetails=details)


def released(emulator, first, *then):
    """Creates a pipeline with a function before the approvals, and more actions after the gate.
    Returns the execution that this starts.
    """
    declared = declaration()
    declared["stages"][1]["actions"] = [first, *declared["stages"][1]["actions"]]
    for place, one in enumerate(declared["stages"][1]["actions"]):
        one["runOrder"] = min(place + 1, 2) if place < 3 else 3
    declared["stages"][2]["actions"] = list(then) or declared["stages"][2]["actions"]
    emulator.cli("bob", "create-pipeline", "--pipeline", json.dumps(declared))
    (execution,) = emulator.cli("bob", "list-pipeline-executions", "--pipeline-name", PIPELINE)[
        "pipelineExecutionSummaries"
    ]
    return execution["pipelineExecutionId"]


@pytest.fixture
def served(tmp_path):
    """Serves an emulator with functions, each a handler, and options."""
    emulators = []

    def serve(functions, *options):
        for name, handler in functions.items():
            options += ("--function", f"{name}={written(tmp_path / name, handler)}")
        emulators.append(Emulator(*options))
        return emulators[-1]

    yield serve
    for emulator in emulators:
        emulator.stop()


def until(emulator, slot):
    """Waits until an approval can be answered."""
    for _ in range(600):
        if "token" in state_of(emulator, slot):
            return
    raise AssertionError(f"{slot} does not open")


def approved(emulator, first="alice", second="bob"):
    until(emulator, "ApprovalB")
    answer(emulator, first, "ApprovalA")
    answer(emulator, second, "ApprovalB")


def test_a_function_reports_its_variables_and_the_gate_still_judges(served):
    forges = '{"github": {"api": "http://127.0.0.1:1/a=b:c"}}'
    emulator = served({REVIEWS: reports}, "--function-env", f"{REVIEWS}:FORGES={forges}")
    reviews = invoke(
        "Reviews",
        REVIEWS,
        inputArtifacts=[{"name": "Source"}],
        namespace="Reviews",
        configuration={"UserParameters": "#{codepipeline.PipelineExecutionId}"},
    )
    shown = action("Show", "Build", "CodeBuild", configuration={"ProjectName": "#{Reviews.Head}"})
    execution = released(emulator, reviews, shown)
    approved(emulator)
    assert ended(emulator, execution) == "Succeeded"
    runs = {run["actionName"]: run for run in history(emulator, execution)}
    told = variables(emulator, execution, "Reviews")
    head = runs["Source"]["output"]["executionResult"]["externalExecutionId"]
    assert (told["Head"], told["Parameters"], told["Forges"]) == (head, execution, forges)
    assert told["Caller"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{REVIEWS}/{REVIEWS}"
    # Nothing of the machine's own environment, above all no credentials.
    assert set(told["Environment"].split()) - {"LC_CTYPE"} == {
        "AWS_ACCESS_KEY_ID",
        "AWS_ENDPOINT_URL",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "FORGES",
    }
    assert runs["Show"]["input"]["resolvedConfiguration"] == {"ProjectName": head}
    result = runs["Reviews"]["output"]["executionResult"]
    assert result["externalExecutionId"] == REVIEWS
    assert variables(emulator, execution, "Gate")["Verdict"] == "satisfied"


def test_a_function_that_refuses_stops_the_release_before_anybody_is_asked(served):
    emulator = served({REVIEWS: refuses})
    execution = released(emulator, invoke("Reviews", REVIEWS))
    assert ended(emulator, execution) == "Failed"
    details = state_of(emulator, "Reviews")["errorDetails"]
    assert details == {"code": "JobFailed", "message": "no forge answers"}
    assert "token" not in state_of(emulator, "ApprovalA")


def test_each_function_shows_its_own_configuration(served):
    emulator = served({REVIEWS: reports}, "--function-env", f"{REVIEWS}:FORGES={{}}")
    api = emulator.client("alice", "lambda")
    reviews = api.get_function_configuration(FunctionName=REVIEWS)
    assert reviews["FunctionArn"] == f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{REVIEWS}"
    assert reviews["Environment"]["Variables"] == {"FORGES": "{}"}
    gate = api.get_function_configuration(FunctionName="two-person-rule")
    assert gate["Environment"]["Variables"] == {}
    assert (reviews["Timeout"], gate["Timeout"]) == (300, 30)


def secret_of(emulator, id):
    command = ["aws", "secretsmanager", "get-secret-value", "--secret-id", id, "--output", "json"]
    environment = emulator.environment("alice")
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_a_secret_is_read_by_its_name_or_its_arn_and_is_never_logged(tmp_path):
    (tmp_path / "token").write_text("s3cret\n")
    with (tmp_path / "log").open("w") as log:
        emulator = Emulator("--secret", f"github/token={tmp_path / 'token'}", log=log)
        try:
            arn = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:github/token-000000"
            for id in ("github/token", arn, arn.removesuffix("-000000")):
                found = json.loads(secret_of(emulator, id).stdout)
                assert (found["ARN"], found["Name"]) == (arn, "github/token")
                assert found["SecretString"] == "s3cret"
            for id in ("gitlab/token", arn.replace(ACCOUNT, "444455556666"), "arn:nothing"):
                refused = secret_of(emulator, id)
                assert refused.returncode != 0 and "(ResourceNotFoundException)" in refused.stderr
        finally:
            emulator.stop()
    assert "GetSecretValue" in (tmp_path / "log").read_text()
    assert "s3cret" not in (tmp_path / "log").read_text()


def aws_lambda(emulator, *arguments):
    """The real AWS CLI."""
    command = ["aws", "lambda", *arguments, "--output", "json"]
    environment = emulator.environment("alice")
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_a_new_environment_of_the_gate_judges_the_next_release(served):
    emulator = served({})
    execution = released(emulator, action("Build", "Build", "CodeBuild"))
    approved(emulator)
    assert ended(emulator, execution) == "Succeeded"
    three = json.dumps({"Variables": {"TWO_PERSON_RULE": '{"notPeople": ["bob"]}'}})
    change = ["update-function-configuration", "--function-name", "two-person-rule"]
    done = aws_lambda(emulator, *change, "--environment", three)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["Environment"] == json.loads(three)
    waited = aws_lambda(emulator, "wait", "function-updated", "--function-name", "two-person-rule")
    assert waited.returncode == 0, waited.stderr
    execution = start(emulator)
    approved(emulator)
    assert ended(emulator, execution) == "Failed"
    assert "not-a-person" in state_of(emulator, "Gate")["errorDetails"]["message"]

    # What Lambda refuses changes nothing.
    for variables_, told in [
        ({"AWS_REGION": "eu-west-1"}, "Reserved keys used in this request: AWS_REGION"),
        ({"TWO_PERSON_RULE": "x" * 5000}, "exceeded the 4KB limit"),
    ]:
        done = aws_lambda(emulator, *change, "--environment", json.dumps({"Variables": variables_}))
        assert done.returncode != 0 and "(InvalidParameterValueException)" in done.stderr
        assert told in done.stderr
    done = aws_lambda(emulator, *change, "--timeout", "7")
    assert "The emulator changes only the Environment" in done.stderr
    done = aws_lambda(emulator, "get-function-configuration", *change[1:])
    assert json.loads(done.stdout)["Environment"] == json.loads(three)


def role(name, *allowed):
    """A role as `aws iam get-account-authorization-details` prints it."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    statements = [
        {"Effect": "Allow", "Action": what, "Resource": resource} for what, resource in allowed
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    return {
        "RoleName": name,
        "RoleId": f"AROA{name.upper()}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "Path": "/",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{**trust, "Action": "sts:AssumeRole"}],
        },
        "RolePolicyList": [{"PolicyName": "Own", "PolicyDocument": document}],
        "AttachedManagedPolicies": [],
    }


def test_the_role_with_the_name_of_a_function_decides_what_it_may_do(served, tmp_path):
    gate = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:two-person-rule"
    report = ("codepipeline:PutJob*", "*")
    change = ("lambda:UpdateFunctionConfiguration", gate)
    secret = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:a-??????"
    read = ("secretsmanager:GetSecretValue", secret)
    account = {
        "UserDetailList": [],
        "GroupDetailList": [],
        "RoleDetailList": [role("may", report, change, read), role("may-not", report)],
        "Policies": [],
    }
    principals = {"root": f"arn:aws:iam::{ACCOUNT}:root"}
    for name, content in (("account", account), ("principals", principals)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    files = ["--account", tmp_path / "account.json", "--principals", tmp_path / "principals.json"]
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
        files += ["--secret", f"{name}={tmp_path / name}"]
    emulator = served({"may": refuses, "may-not": refuses, "roleless": refuses}, *files)

    def change_rule(function):
        environment = {"Variables": {"TWO_PERSON_RULE": json.dumps({"notPeople": [function]})}}
        return emulator.client(f"function-{function}", "lambda").update_function_configuration(
            FunctionName="two-person-rule", Environment=environment
        )["Environment"]

    with pytest.raises(ClientError, match="AccessDenied") as denied:
        change_rule("may-not")
    assert f"assumed-role/may-not/may-not is not authorized to perform: {change[0]}" in str(
        denied.value
    )
    in_force = change_rule("may")
    assert in_force == {"Variables": {"TWO_PERSON_RULE": '{"notPeople": ["may"]}'}}
    secrets = emulator.client("function-may", "secretsmanager")
    assert secrets.get_secret_value(SecretId="a")["SecretString"] == "a"
    with pytest.raises(ClientError, match="AccessDenied"):
        secrets.get_secret_value(SecretId="b")
    # Like the gate: without a role in the account, no policy decides.
    assert change_rule("roleless") != in_force


@pytest.mark.parametrize(
    "options, told",
    [
        (["--function", "reviews"], "write NAME=PROGRAM"),
        (["--function", "a b=x"], "`a b` is not the name of a Lambda function"),
        (["--function", "reviews=/no/such/program"], "the function `reviews` cannot be run"),
        (["--function", "a=/bin/true", "--function", "a=/bin/true"], "two programs"),
        (["--function-env", "a:KEY=x"], "--function <NAME=PROGRAM>"),
        (["--function", "a=/bin/true", "--function-env", "b:KEY=x"], "no --function has that name"),
        (["--function", "a=/bin/true", "--function-env", "a:KEY"], "write NAME:VARIABLE=VALUE"),
        (["--function", "a=/bin/true", "--function-env", "a:AWS_REGION=x"], "Lambda sets"),
        (["--secret", "token"], "write NAME=FILE"),
        (["--secret", "token=/no/such/file"], "the secret `token` cannot be read"),
        (["--secret", "t=/dev/null", "--secret", "t=/dev/null"], "two files"),
    ],
)
def test_a_mistake_is_told_before_anything_listens(options, told):
    command = [BINARIES / "emulator", "serve", "--listen", "127.0.0.1:0", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode in (1, 2) and done.stdout == ""
    assert told in done.stderr
