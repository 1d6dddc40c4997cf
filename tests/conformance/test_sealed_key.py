"""The key policy of the page about sealed files: the templates have it, KMS (moto's server) takes
it, and an independent simulator of IAM says who may do what with the key.
"""

import json
import re
import subprocess

import pytest
from cloudformation import TEMPLATES, load, resolve
from conftest import ROOT, SESSION
from kms_regions import serving

SIMULATOR = ROOT / "target/tools/differential"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
CI = "arn:aws:sts::222233334444:assumed-role/payments-build/run-1"
RELEASE = "arn:aws:sts::111122223333:assumed-role/payments-release/task-1"
OTHER = "arn:aws:sts::111122223333:assumed-role/other/task-1"
CI_ADMINISTRATOR = "arn:aws:sts::222233334444:assumed-role/admin/mallory"
PAYMENTS = {"pipeline": "payments", "environment": "prod", "revision": "5f1ab6f6"}
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def policy():
    """The policy as the page shows it."""
    page = (ROOT / "docs" / "sealed.md").read_text()
    blocks = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    (found,) = (json.loads(block) for block in blocks if '"Statement"' in block)
    return found


def test_the_templates_have_the_policy_of_the_page():
    given = {
        "SealRoleArn": "arn:aws:iam::222233334444:role/payments-build",
        "OpenRoleArn": "arn:aws:iam::111122223333:role/payments-release",
    }
    template = load("sealed-key.yaml")
    (key,) = resolve(template, **given).values()
    (replica,) = resolve(template, PrimaryKeyArn=KEY, **given).values()
    assert (key["Type"], replica["Type"]) == ("AWS::KMS::Key", "AWS::KMS::ReplicaKey")
    assert key["Properties"]["KeyPolicy"] == policy() == replica["Properties"]["KeyPolicy"]
    assert key["Properties"]["MultiRegion"] is True
    assert replica["Properties"]["PrimaryKeyArn"] == KEY

    module = (TEMPLATES / "terraform/sealed-key/main.tf").read_text()
    seals, opens, manages = policy()["Statement"]
    said = re.findall(r'"(kms:[A-Za-z]+)"', module)
    assert said == [*seals["Action"], opens["Action"], *manages["Action"]]
    for sid, principal in [("CiSeals", "var.seal_role_arn"), ("ReleaseOpens", "var.open_role_arn")]:
        statement = module.split(f'"{sid}"')[1].split("Sid")[0]
        assert f"Principal = {{ AWS = {principal} }}" in statement
        assert "Condition = local.context" in statement
    assert module.count("policy          = local.policy") == 1
    assert module.count("policy              = local.policy") == 1
    for name in ("pipeline", "environment"):
        assert re.search(rf'"kms:EncryptionContext:{name}" += var\.{name}\n', module)
    assert 'Null = { "kms:EncryptionContext:revision" = "false" }' in module


def test_kms_takes_the_policy_of_the_page():
    with serving() as endpoint:
        kms = SESSION.create_client(
            "kms",
            region_name="eu-west-1",
            endpoint_url=endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        text = json.dumps(policy())
        arn = kms.create_key(MultiRegion=True, Policy=text)["KeyMetadata"]["Arn"]
        replica = kms.replicate_key(KeyId=arn, ReplicaRegion="eu-central-1", Policy=text)
        assert replica["ReplicaKeyMetadata"]["Arn"].split(":")[-1] == arn.split(":")[-1]


def request(principal, action, context):
    """A request of a principal that all policies of its own account let do everything."""
    variables = {f"kms:EncryptionContext:{name}": value for name, value in context.items()}
    return {
        "request": {
            "principal": principal,
            "action": f"kms:{action}",
            "resource": {"resource": KEY, "accountId": KEY.split(":")[4]},
            "contextVariables": variables,
        },
        "identityPolicies": [{"name": "everything", "policy": EVERYTHING}],
        "permissionBoundaryPolicies": [],
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
        "resourcePolicy": policy(),
    }


def without(name):
    return {key: value for key, value in PAYMENTS.items() if key != name}


ALLOWED = [
    (CI, "GenerateDataKey", PAYMENTS),
    (CI, "Encrypt", PAYMENTS),
    (RELEASE, "Decrypt", PAYMENTS),
    # An administrator of the key.
    (OTHER, "ScheduleKeyDeletion", {}),
]
REFUSED = [
    *((CI, action, PAYMENTS) for action in ("Decrypt", "ReEncryptFrom", "CreateGrant")),
    (CI, "PutKeyPolicy", {}),
    (CI_ADMINISTRATOR, "Decrypt", PAYMENTS),
    (CI_ADMINISTRATOR, "GenerateDataKey", PAYMENTS),
    *((RELEASE, action, PAYMENTS) for action in ("Encrypt", "GenerateDataKey", "CreateGrant")),
    *((OTHER, action, PAYMENTS) for action in ("Decrypt", "Encrypt", "CreateGrant")),
    *(
        (principal, action, context)
        for principal, action in ((CI, "GenerateDataKey"), (CI, "Encrypt"), (RELEASE, "Decrypt"))
        for context in (
            {},
            {**PAYMENTS, "environment": "test"},
            {**PAYMENTS, "pipeline": "billing"},
            *map(without, PAYMENTS),
        )
    ),
]


def test_the_keys_policy_lets_each_do_its_part():
    if not (SIMULATOR / "node_modules").is_dir():
        pytest.skip(f"there is no simulator in {SIMULATOR}; `tests/run conformance` gets it")
    asked = [*ALLOWED, *REFUSED]
    lines = "".join(json.dumps(request(*one)) + "\n" for one in asked)
    command = ["node", ROOT / "tests/differential/simulate.mjs", SIMULATOR]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    answers = done.stdout.split()
    assert len(answers) == len(asked), done.stdout
    expected = ["Allowed"] * len(ALLOWED) + ["ImplicitlyDenied"] * len(REFUSED)
    wrong = [it for it in zip(asked, answers, expected, strict=True) if it[1] != it[2]]
    assert wrong == []
