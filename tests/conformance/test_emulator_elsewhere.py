"""`AWS_ENDPOINT_URL` sends the calls of every service to the emulator. The real AWS CLI prints a
clear answer to those that it does not serve.
"""

import json
import subprocess

import pytest
from conftest import Emulator


@pytest.fixture(scope="module")
def served():
    emulator = Emulator()
    yield emulator
    emulator.stop()


def aws(served, *arguments, key_id="alice"):
    environment = {**served.environment(key_id), "AWS_MAX_ATTEMPTS": "1"}
    done = subprocess.run(
        ["aws", *arguments, "--output", "json"], env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr.strip()


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("s3 ls", "(NotImplemented) when calling the ListBuckets operation: {} `s3`."),
        ("route53 list-hosted-zones", "ListHostedZones operation: {} `route53`."),
        ("dynamodb list-tables", "the operation 'ListTables' of `dynamodb`."),
        ("ec2 describe-regions", "the operation 'DescribeRegions' of `ec2`."),
        ("cloudwatch describe-alarms", "the operation 'DescribeAlarms' of `monitoring`."),
        ("lambda list-functions", "ListFunctions operation: {} `lambda`."),
        ("iam list-users", "the operation 'ListUsers' of `iam`."),
        ("sts get-session-token", "the operation 'GetSessionToken' of `sts`."),
    ],
)  # fmt: skip
def test_another_service_says_that_it_is_not_served(served, command, what):
    code, out, said = aws(served, *command.split())
    assert code != 0 and out == ""
    assert what.format("The emulator does not serve this call of") in said
    assert "set AWS_ENDPOINT_URL_CODEPIPELINE instead of AWS_ENDPOINT_URL" in said


def test_the_endpoint_of_one_service_leaves_the_others_alone(served):
    environment = served.environment("alice")
    environment["AWS_ENDPOINT_URL_CODEPIPELINE"] = environment.pop("AWS_ENDPOINT_URL")
    command = ["aws", "codepipeline", "list-pipelines", "--output", "json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"pipelines": []}


@pytest.mark.parametrize(
    ("key_id", "arn"),
    [
        ("bob", "arn:aws:iam::111122223333:user/bob"),
        ("deployer-1", "arn:aws:sts::111122223333:assumed-role/Deployer/"),
    ],
)
def test_the_key_says_who_calls(served, key_id, arn):
    code, out, said = aws(served, "sts", "get-caller-identity", key_id=key_id)
    assert (code, said) == (0, "")
    assert json.loads(out)["Arn"].startswith(arn)


def test_an_unknown_key_is_nobody(served):
    code, out, said = aws(served, "sts", "get-caller-identity", key_id="mallory")
    assert code != 0 and out == ""
    assert "(InvalidClientTokenId) when calling the GetCallerIdentity operation" in said
