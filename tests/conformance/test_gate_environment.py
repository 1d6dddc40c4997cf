"""The gate takes its credentials and endpoints from the environment, where Lambda puts them, and
from nowhere else. The built gate, and the CodePipeline of the benchmark.
"""

import socket
import sys

import pytest
from conftest import BINARIES, ROOT
from lambda_runtime import Function, FunctionError

sys.path.insert(0, str(ROOT / "tests" / "bench"))

from gate import CONFIGURATION, ENVIRONMENT, CodePipeline, event

ARN = "arn:aws:lambda:eu-west-1:111122223333:function:gate"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
PROFILE = "[default]\naws_access_key_id = key\naws_secret_access_key = none\n"


@pytest.fixture(scope="module")
def codepipeline():
    return CodePipeline()


def invoke(**environment):
    return Function(ARN, BINARIES / "gate", environment)(event(CONFIGURATION))


def test_an_endpoint_for_codepipeline_wins_over_one_for_all(codepipeline):
    codepipeline.begin()
    own = f"http://127.0.0.1:{codepipeline.port}"
    # Nothing listens there.
    elsewhere = "http://127.0.0.1:9"
    invoke(**ENVIRONMENT, AWS_ENDPOINT_URL=elsewhere, AWS_ENDPOINT_URL_CODEPIPELINE=own)
    assert codepipeline.calls["PutJobSuccessResult"] == 1


def test_no_profile_container_or_instance_lends_credentials(tmp_path, codepipeline):
    codepipeline.begin()
    profile = tmp_path / "profile"
    profile.write_text(PROFILE)
    without = {name: value for name, value in ENVIRONMENT.items() if name not in KEYS}
    with socket.create_server(("127.0.0.1", 0)) as lender:
        lender.setblocking(False)
        address = f"http://127.0.0.1:{lender.getsockname()[1]}"
        with pytest.raises(FunctionError, match="there are no AWS credentials"):
            invoke(
                **without,
                AWS_ENDPOINT_URL=f"http://127.0.0.1:{codepipeline.port}",
                AWS_CONFIG_FILE=str(profile),
                AWS_SHARED_CREDENTIALS_FILE=str(profile),
                AWS_EC2_METADATA_SERVICE_ENDPOINT=address,
                AWS_CONTAINER_CREDENTIALS_FULL_URI=address,
            )
        with pytest.raises(BlockingIOError):
            lender.accept()
    assert not codepipeline.calls
