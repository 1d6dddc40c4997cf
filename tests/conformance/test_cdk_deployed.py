"""The example `plain` of templates/cdk, deployed to moto's server with CloudFormation, as far as
moto knows its resources, and audited there.
"""

import json

import pytest
from cdk import actions, assembly, errors_and_warnings, gate_zip, rule, template, the_only
from iam_endpoint import ACCOUNT, emptied, serving
from test_policygen_iam import policies_of
from test_templates_deployed import deploy, with_groups

ASSETS = f"cdk-hnb659fds-assets-{ACCOUNT}-eu-west-1"
# The types that moto's CloudFormation leaves out without an error.
LEFT_OUT = {
    "AWS::CDK::Metadata",
    "AWS::CloudWatch::Alarm",
    "AWS::IAM::Group",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::S3::BucketPolicy",
}
# The types that it lacks, and that others refer to: they are taken out of the template.
LACKING = {
    "AWS::CodeBuild::Project": f"arn:aws:codebuild:eu-west-1:{ACCOUNT}:project/payments",
    "AWS::CodePipeline::Pipeline": f"arn:aws:codepipeline:eu-west-1:{ACCOUNT}:payments",
}


def without_lacking(of):
    """The template without the types that moto lacks. References to them have what AWS gives."""
    gone = {
        name: LACKING[resource["Type"]]
        for name, resource in of["Resources"].items()
        if resource["Type"] in LACKING
    }

    def rewritten(value):
        if isinstance(value, list):
            return [rewritten(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get("Ref") in gone:
            return gone[value["Ref"]].rpartition("/")[2].rpartition(":")[2]
        if "Fn::GetAtt" in value and value["Fn::GetAtt"][0] in gone:
            return gone[value["Fn::GetAtt"][0]]
        return {key: rewritten(item) for key, item in value.items()}

    kept = {name: each for name, each in of["Resources"].items() if name not in gone}
    return {**of, "Resources": rewritten(kept)}


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    """An account with the CDK's bootstrap bucket and both stacks: the gate's has the approvers."""
    folder = tmp_path_factory.mktemp("templates")
    with serving() as endpoint:
        aws = emptied(endpoint)
        place = ("--create-bucket-configuration", "LocationConstraint=eu-west-1")
        aws("s3api", "create-bucket", "--bucket", ASSETS, *place)
        version = ("--name", "/cdk-bootstrap/hnb659fds/version", "--value", "30")
        aws("ssm", "put-parameter", *version, "--type", "String")
        code = the_only(template("plain", "Gate"), "AWS::Lambda::Function")["Code"]
        aws.run(["aws", "s3", "cp", "--quiet", gate_zip(), f"s3://{ASSETS}/{code['S3Key']}"])
        for stack in ("Gate", "Payments"):
            path = folder / f"{stack}.json"
            path.write_text(json.dumps(without_lacking(template("plain", stack))))
            deploy(aws, stack, path)
        with_groups(aws)
        yield aws


def test_moto_makes_all_but_what_it_lacks(aws):
    for stack in ("Gate", "Payments"):
        listed = aws("cloudformation", "describe-stack-resources", "--stack-name", stack)
        made = {each.get("LogicalResourceId") for each in listed["StackResources"]}
        resources = template("plain", stack)["Resources"]
        missing = {each["Type"] for name, each in resources.items() if name not in made}
        types = {each["Type"] for each in resources.values()}
        assert missing == types & {*LEFT_OUT, *LACKING}
        assert types - missing


def test_the_gate_that_is_deployed_has_the_rule_of_the_code(aws):
    name = ("--function-name", "two-person-rule-gate")
    deployed = aws("lambda", "get-function-configuration", *name)
    assert deployed["Environment"]["Variables"] == {"TWO_PERSON_RULE": rule("plain")}


def test_the_role_of_the_gates_action_may_invoke_the_gate(aws):
    account = aws.account()
    action = actions(template("plain"), "Release")["TwoPersonRule"]
    role = action["RoleArn"]["Fn::GetAtt"][0]
    (details,) = [each for each in account["RoleDetailList"] if role in each["RoleName"]]
    statements = [
        statement
        for policy in details["RolePolicyList"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "lambda:InvokeFunction"
    ]
    function = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:two-person-rule-gate"
    assert [statement["Resource"] for statement in statements] == [[function, f"{function}:*"]]
    assert "TwoPersonRule-Gate" in policies_of(account)


def audit(aws, folder):
    """The exit code, and the codes of what is an error or a warning."""
    floor = folder / "rule.json"
    floor.write_text(rule("plain"))
    of = assembly("plain") / "Payments.template.json"
    return errors_and_warnings(
        *("audit", "--rule", floor, "--template", of, "--region", "eu-west-1"),
        *("--endpoint-url", aws.endpoint),
        env=aws.environment,
    )


def test_the_audit_finds_nothing_and_then_somebody_in_both_groups(aws, tmp_path):
    assert audit(aws, tmp_path) == set()
    both = ("--group-name", "TwoPersonRule-ApprovalB", "--user-name", "alice")
    aws("iam", "add-user-to-group", *both)
    try:
        assert "member-of-both-groups" in audit(aws, tmp_path)
    finally:
        aws("iam", "remove-user-from-group", *both)
