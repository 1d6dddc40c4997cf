"""The desk as a Lambda function behind a function URL: what `desk serve` does, by its events."""

import os

import desk_web
import pytest
import test_desk_web
from desk_web import ROLE
from function_url import COOKIE_KEY, RUNTIME, FunctionDesk, refused_to_start
from load_balancer import ARN
from test_desk_web import found, people  # noqa: F401


@pytest.fixture(autouse=True)
def as_function(monkeypatch):
    monkeypatch.setattr(desk_web, "Desk", FunctionDesk)


def test_two_people_answer_through_a_function_url(found, tmp_path):
    test_desk_web.test_two_people_answer_with_their_passkeys_and_one_cannot_answer_twice(
        found, tmp_path
    )


def test_people_stay_signed_in_when_lambda_starts_another_instance(found, tmp_path):
    firm = found()
    alice = firm.people["alice"]
    assert alice.sign_in(firm.desk) == "alice"
    # It had nothing to say: no cookie, token or credential can be in its log.
    assert firm.desk.logged() == ""
    firm.processes.remove(firm.desk)
    firm.desk.stop()
    environment = firm.emulator.environment("server")
    firm.desk = FunctionDesk(tmp_path, firm.port, firm.rule, environment, "--role", ROLE)
    firm.processes.append(firm.desk)
    alice.open(firm.desk)
    assert alice.text(".visitor span") == "alice"


def test_what_a_browser_does_not_send_is_refused_and_the_function_goes_on(found):
    desk = found().desk
    assert desk.ask("GET", "/enrol")[0] == 200
    elsewhere = {"Host": "abcdefg.lambda-url.eu-west-1.on.aws"}
    status, _, said = desk.ask("GET", "/", **elsewhere)
    assert (status, desk.origin in said) == (421, True)
    assert desk.ask("POST", "/sign-in/challenge", "{}", Origin="https://evil.example")[0] == 403
    assert desk.ask("POST", "/answer/give", "x" * 100_000)[0] == 413
    # A raw `<` makes no valid URI, and Lambda does not say that it refuses it.
    assert desk.ask("GET", "/?<")[0] == 400
    assert desk.process.poll() is None
    status, headers, _ = desk.ask("GET", "/enrol")
    assert (status, headers["x-frame-options"]) == (200, "DENY")


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"DESK_COOKIE_KEY": None}, "DESK_COOKIE_KEY is not set"),
        ({"DESK_COOKIE_KEY": "too short"}, "DESK_COOKIE_KEY has fewer than 32 characters"),
        ({"DESK_ROLE": None}, "DESK_ROLE is not set"),
        ({"DESK_LOAD_BALANCER": "desk"}, "DESK_LOAD_BALANCER: it is not the ARN of"),
        ({"DESK_LOAD_BALANCER": ARN}, "DESK_OIDC_ISSUER is not set"),
        ({"DESK_OIDC_CLIENT": "desk"}, "DESK_OIDC_CLIENT is set, and DESK_LOAD_BALANCER is not"),
        ({"DESK_ROLES": ROLE}, "the environment variable DESK_ROLES is not one of the desk's"),
        ({"TWO_PERSON_RULE": None}, "the rule has no `desk`"),
        ({"TWO_PERSON_RULE_FILE": "/x"}, "both TWO_PERSON_RULE and TWO_PERSON_RULE_FILE are set"),
        ({"TWO_PERSON_RULES": "{}"}, "the environment variable TWO_PERSON_RULES is not one"),
        ({"AWS_LAMBDA_FUNCTION_NAME": None}, "AWS_LAMBDA_FUNCTION_NAME is not set"),
        ({"AWS_REGION": None}, "no region is configured"),
    ],
)
def test_a_function_that_lacks_a_setting_says_which_and_does_not_start(tmp_path, changes, told):
    settings = {
        **RUNTIME,
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "DESK_COOKIE_KEY": COOKIE_KEY,
        "DESK_ROLE": ROLE,
        "TWO_PERSON_RULE": '{"desk": {"rpId": "localhost", "origin": "http://localhost:4580"}}',
        **changes,
    }
    settings = {name: value for name, value in settings.items() if value is not None}
    said = refused_to_start(tmp_path, settings)
    assert said.startswith("error: ") and told in said, said
    assert COOKIE_KEY not in said and "too short" not in said
