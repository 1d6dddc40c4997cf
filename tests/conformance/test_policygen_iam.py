"""What `policygen generate` writes, given to the real AWS CLI, cfn-lint, a Terraform parser and an
IAM endpoint (moto's server).
"""

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import hcl2
import pytest
from iam_endpoint import ACCOUNT, emptied, serving

ROOT = Path(__file__).resolve().parents[2]
POLICYGEN = os.environ.get("POLICYGEN", ROOT / "target" / "debug" / "policygen")
FIXTURES = ROOT / "policygen" / "tests" / "fixtures"

TARGET = [
    "--region",
    "eu-west-1",
    "--account",
    ACCOUNT,
    "--pipeline",
    "payments",
    "--stage",
    "Release",
]
INSTANCE = "arn:aws:sso:::instance/ssoins-1234567890abcdef"
MECHANISMS = {
    "groups": ["--mechanism", "groups", "--require-mfa", "--mfa-max-age", "15m"],
    "no-exclusive": ["--mechanism", "groups", "--no-exclusive"],
    "tag": ["--mechanism", "tag"],
    "roles-accounts": ["--mechanism", "roles", "--trust-account", ACCOUNT, "--require-mfa"],
    "roles-saml": [
        "--mechanism",
        "roles",
        "--trust-saml",
        f"arn:aws:iam::{ACCOUNT}:saml-provider/Example",
    ],
    "roles-identity-center": ["--mechanism", "roles", "--identity-center", INSTANCE],
    "signed": ["--mechanism", "signed", "--require-mfa"],
    "signed-accounts": ["--mechanism", "signed", "--trust-account", ACCOUNT],
    "signed-identity-center": ["--mechanism", "signed", "--identity-center", INSTANCE],
    "desk": ["--mechanism", "desk"],
    "desk-accounts": ["--mechanism", "desk", "--trust-account", ACCOUNT],
    "split": [
        "--mechanism",
        "groups",
        *(word for n in range(80) for word in ("--pipeline", f"a-rather-long-pipeline-name-{n}")),
    ],
}
GUARDS = ["--guardrails", "--scp", "--break-glass", "BreakGlass", "--gate"]


def of(*names):
    """Runs a test with the options of each of these."""
    return pytest.mark.parametrize("mechanism", [MECHANISMS[name] for name in names], ids=names)


def generate(*arguments):
    done = subprocess.run(
        [POLICYGEN, "generate", *TARGET, *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(directory, *arguments):
    """The files that `--out` writes, by name."""
    assert generate("--out", str(directory), *arguments) == ""
    return {path.name: path.read_text() for path in directory.iterdir()}


def documents(directory, kind, *arguments):
    """The documents of one kind in JSON format, by the name of what they are for."""
    written = files(directory, *arguments)
    return {
        name.removesuffix(kind): json.loads(text)
        for name, text in written.items()
        if name.endswith(kind)
    }


def policies_of(account):
    """The customer managed policies' documents, by name."""
    return {
        policy["PolicyName"]: policy["PolicyVersionList"][0]["Document"]
        for policy in account["Policies"]
    }


def trusts_of(account):
    """The roles' trust policies, by name."""
    return {
        role["RoleName"]: role["AssumeRolePolicyDocument"] for role in account["RoleDetailList"]
    }


def attachments(account):
    """The names of the managed policies of each group and role."""
    holders = [(group["GroupName"], group) for group in account["GroupDetailList"]]
    holders += [(role["RoleName"], role) for role in account["RoleDetailList"]]
    return {
        name: sorted(p["PolicyName"] for p in holder["AttachedManagedPolicies"])
        for name, holder in holders
    }


@pytest.fixture(scope="module")
def server():
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def aws(server):
    return emptied(server)


@of("groups", "roles-accounts", "signed", "signed-accounts", "desk", "desk-accounts", "split")
def test_documents_are_read_back_as_they_were_written(aws, tmp_path, mechanism):
    policies = documents(tmp_path, ".policy.json", *mechanism, *GUARDS)
    trusts = documents(tmp_path, ".trust.json", *mechanism, *GUARDS)
    for name in policies:
        aws(
            "iam",
            "create-policy",
            "--policy-name",
            name,
            "--policy-document",
            f"file://{tmp_path / name}.policy.json",
        )
    for name in trusts:
        aws(
            "iam",
            "create-role",
            "--role-name",
            name,
            "--assume-role-policy-document",
            f"file://{tmp_path / name}.trust.json",
        )
    account = aws.account()
    assert policies_of(account) == policies
    assert trusts_of(account) == trusts
    assert len(policies) >= 3 and len(trusts) >= 1


@of(
    "groups",
    "tag",
    "roles-accounts",
    "roles-identity-center",
    "signed",
    "signed-accounts",
    "signed-identity-center",
)
def test_the_script_runs_as_written_and_runs_again(aws, tmp_path, mechanism):
    aws("organizations", "create-organization", "--feature-set", "ALL")
    older, script = tmp_path / "older", tmp_path / "script"
    files(older, "--format", "aws-cli", *mechanism, "--guardrails", "--scp", "--gate")
    files(script, "--format", "aws-cli", *mechanism, *GUARDS)
    assert (script / "create.sh").stat().st_mode & stat.S_IXUSR
    # It updates what is there.
    for directory in (older, script):
        assert aws.run([directory / "create.sh"]) == ""
    for policy in aws("iam", "list-policies", "--scope", "Local")["Policies"]:
        versions = aws("iam", "list-policy-versions", "--policy-arn", policy["Arn"])["Versions"]
        assert [version["IsDefaultVersion"] for version in versions] == [True]

    policies = documents(tmp_path / "json", ".policy.json", *mechanism, *GUARDS)
    account = aws.account()
    assert policies_of(account) == policies
    assert trusts_of(account) == documents(tmp_path / "json", ".trust.json", *mechanism, *GUARDS)
    attached = attachments(account)
    assert {policy for policies in attached.values() for policy in policies} <= policies.keys()
    assert attached["TwoPersonRule-Gate"] == ["TwoPersonRule-Gate"]
    for name, of in attached.items():
        if name != "TwoPersonRule-Gate":
            assert "TwoPersonRule-Guardrails" in of and name in of, attached
    scps = aws("organizations", "list-policies", "--filter", "SERVICE_CONTROL_POLICY")["Policies"]
    ours = [policy["Id"] for policy in scps if policy["Name"].startswith("TwoPersonRule-")]
    described = [
        aws("organizations", "describe-policy", "--policy-id", id)["Policy"] for id in ours
    ]
    written = {
        policy["PolicySummary"]["Name"]: json.loads(policy["Content"]) for policy in described
    }
    assert written == documents(tmp_path / "json", ".scp.json", *mechanism, *GUARDS) != {}
    sets = documents(tmp_path / "json", ".permission-set.json", *mechanism, *GUARDS)
    assert permission_sets(aws) == sets


def test_the_script_names_the_policies_of_an_earlier_run_that_it_no_longer_writes(aws, tmp_path):
    aws("organizations", "create-organization", "--feature-set", "ALL")
    scripts = []
    for slots in (["ApprovalA", "ApprovalB", "ApprovalC"], ["ApprovalA", "ApprovalB"]):
        scripts.append(tmp_path / str(len(slots)))
        chosen = [argument for slot in slots for argument in ("--slot", slot)]
        files(scripts[-1], "--format", "aws-cli", "--guardrails", "--scp", *chosen)
    said = [
        subprocess.run(
            [script / "create.sh"], env=aws.environment, capture_output=True, text=True, check=True
        ).stderr
        for script in scripts
    ]
    assert said == [
        "",
        "policy TwoPersonRule-ApprovalC is there, and not in this script: delete it if nothing "
        "else uses it\n",
    ]


def permission_sets(aws):
    """The inline policies of the permission sets, by name."""
    found = {}
    for arn in aws("sso-admin", "list-permission-sets", "--instance-arn", INSTANCE)[
        "PermissionSets"
    ]:
        which = ["--instance-arn", INSTANCE, "--permission-set-arn", arn]
        name = aws("sso-admin", "describe-permission-set", *which)["PermissionSet"]["Name"]
        found[name] = json.loads(
            aws("sso-admin", "get-inline-policy-for-permission-set", *which)["InlinePolicy"]
        )
    return found


@pytest.mark.filterwarnings("ignore:Tried to parse AWS")
@of("groups", "tag", "roles-accounts", "roles-saml", "roles-identity-center", "signed-accounts")
def test_the_template_is_clean_and_deploys(aws, cfn_lint, tmp_path, mechanism):
    files(tmp_path / "template", "--format", "cloudformation", *mechanism, *GUARDS)
    template = tmp_path / "template" / "template.yaml"
    cfn_lint(template)

    # moto deploys policies and roles; it knows no groups, permission sets and service control
    # policies in templates.
    capability = ["--capabilities", "CAPABILITY_NAMED_IAM"]
    aws.run(
        [
            "aws",
            "cloudformation",
            "deploy",
            "--stack-name",
            "rule",
            "--template-file",
            template,
            *capability,
        ]
    )
    account = aws.account()
    assert policies_of(account) == documents(tmp_path / "json", ".policy.json", *mechanism, *GUARDS)
    assert trusts_of(account) == documents(tmp_path / "json", ".trust.json", *mechanism, *GUARDS)


@of(*MECHANISMS)
def test_terraform_reads_what_is_written(tmp_path, mechanism):
    text = files(tmp_path / "native", "--format", "terraform", *mechanism, *GUARDS)["main.tf"]
    found = {}
    for resource in hcl2.loads(text)["resource"]:
        for kind, labels in resource.items():
            found.setdefault(kind.strip('"'), set()).update(label.strip('"') for label in labels)
    printed = ["--format", "terraform-json", "--print", "main.tf.json"]
    syntax = json.loads(generate(*printed, *mechanism, *GUARDS))
    assert found == {kind: set(labels) for kind, labels in syntax["resource"].items()}

    # A string of the JSON syntax is a template, in which `$${` stands for `${`.
    written = {
        p["name"]: json.loads(p["policy"].replace("$${", "${"))
        for p in syntax["resource"]["aws_iam_policy"].values()
    }
    assert written == documents(tmp_path / "json", ".policy.json", *mechanism, *GUARDS)


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
@of(*MECHANISMS)
def test_terraform_fmt_changes_nothing(tmp_path, mechanism):
    files(tmp_path, "--format", "terraform", *mechanism, *GUARDS)
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull}
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", tmp_path],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_a_patched_pipeline_is_what_update_pipeline_takes(aws, tmp_path):
    trust = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
        '"Principal":{"Service":"codepipeline.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
    )
    role = aws(
        "iam", "create-role", "--role-name", "payments", "--assume-role-policy-document", trust
    )["Role"]["Arn"]
    pipeline = json.loads((FIXTURES / "pipeline" / "good.json").read_text())["pipeline"]
    aws("codepipeline", "create-pipeline", "--pipeline", json.dumps({**pipeline, "roleArn": role}))

    before = tmp_path / "before.json"
    before.write_text(json.dumps(aws("codepipeline", "get-pipeline", "--name", "payments")))
    after = tmp_path / "after.json"
    after.write_text(generate("--patch-pipeline", str(before), "--print", "pipeline.json"))
    aws("codepipeline", "update-pipeline", "--cli-input-json", f"file://{after}")

    stages = aws("codepipeline", "get-pipeline", "--name", "payments")["pipeline"]["stages"]
    assert [stage["name"] for stage in stages] == ["Source", "Build", "Release", "Deploy"]
    # The API adds the lists that an action may leave out.
    for action in stages[2]["actions"]:
        assert (action.pop("inputArtifacts"), action.pop("outputArtifacts")) == ([], [])
    assert stages[2] == json.loads(generate("--stage-json", "--print", "stage.json"))
