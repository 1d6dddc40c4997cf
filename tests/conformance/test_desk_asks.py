"""A person starts a release at the desk and names somebody, who gets a mail: `desk serve --topic`
in a real Chromium, with moto's SNS.
"""

import json

import boto3
from conftest import PIPELINE
from desk_web import ROLE, Desk
from iam_endpoint import serving
from notify import REGION, Router, Sink
from test_desk_history import found, people, signed_in, started  # noqa: F401


def test_the_person_who_is_asked_gets_a_mail_with_the_link(found, tmp_path):
    firm = found()
    with serving() as moto:
        sink, router = Sink(), Router(firm.emulator.exports["AWS_ENDPOINT_URL"], moto)
        try:
            keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
            sns = boto3.client("sns", region_name=REGION, endpoint_url=moto, **keys)
            topic = sns.create_topic(Name="desk")["TopicArn"]
            for name in ("alice", "bob"):
                policy = json.dumps({"people": [name], "event": ["asked"]})
                sns.subscribe(
                    TopicArn=topic,
                    Protocol="http",
                    Endpoint=f"{sink.address}/mail/{name}",
                    Attributes={"FilterPolicy": policy},
                )
            asks(firm, router, topic, tmp_path)
            (mail,) = sink.mails("bob")
            page = firm.people["alice"].browser.evaluate(
                "document.querySelector('.start .status a').href"
            )
            assert mail["Subject"] == "payments: alice asks you to approve a release"
            assert mail["Message"].endswith(f"Asked: bob.\n\n{page}\n")
            assert page.startswith(f"{firm.desk.origin}/e/{PIPELINE}/")
            assert sink.mails("alice") == []
        finally:
            router.stop()
            sink.stop()


def asks(firm, router, topic, folder):
    """alice starts a release and asks bob, at a desk with this topic."""
    firm.processes.remove(firm.desk)
    firm.desk.stop()
    environment = firm.emulator.environment("server") | {"AWS_ENDPOINT_URL": router.address}
    arguments = ["--role", ROLE, "--topic", topic]
    firm.desk = Desk(folder, firm.port, firm.rule, environment, *arguments)
    firm.processes.append(firm.desk)
    alice = firm.people["alice"]
    signed_in(alice, firm.desk, f"/p/{PIPELINE}")
    assert started(alice, "bob").startswith("Started. bob is told by mail, with this link:")
