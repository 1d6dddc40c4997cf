"""desk-alb.yaml and the module `desk-alb`: people reach the desk by their identity provider."""

import json
import re
import zipfile

import hcl2
import pytest
from cloudformation import PSEUDO, ROOT, TEMPLATES, RefusedParameters, load, resolve
from iam_endpoint import ACCOUNT, emptied, serving
from test_templates import hcl, plain
from test_templates_deployed import deploy
from test_templates_desk import KEY, LAYER, bodies

ELB = "arn:aws:elasticloadbalancing:us-east-1:111122223333"
ARN = f"{ELB}:loadbalancer/app/two-person-rule-desk/0123456789abcdef"
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:desk-a1B2c3"
PROVIDER = {
    "Issuer": "https://login.example.com",
    "AuthorizationEndpoint": "https://login.example.com/authorize",
    "TokenEndpoint": "https://login.example.com/token",
    "UserInfoEndpoint": "https://login.example.com/userinfo",
    "ClientId": "desk",
}


def balanced(**parameters):
    return resolve(load("desk-alb.yaml"), ClientSecretArn=SECRET, **PROVIDER, **parameters)


def desk(**parameters):
    return resolve(load("desk.yaml"), CookieKey=KEY, Front="alb", **parameters)


def test_behind_a_load_balancer_the_function_has_no_url_and_only_the_target_group_invokes_it():
    of_desk = desk(LoadBalancerArn=ARN, RuleLayer=LAYER)
    kinds = {of["Type"] for of in of_desk.values()}
    assert not kinds & {"AWS::Lambda::Url", "AWS::Lambda::Permission"}
    found = balanced()
    (grant,) = (of for of in found.values() if of["Type"] == "AWS::Lambda::Permission")
    assert grant["Properties"] == {
        "FunctionName": load("desk.yaml")["Parameters"]["FunctionName"]["Default"],
        "Action": "lambda:InvokeFunction",
        "Principal": "elasticloadbalancing.amazonaws.com",
        "SourceArn": f"{ELB}:targetgroup/two-person-rule-desk/*",
    }
    target = found["Target"]["Properties"]
    assert (target["Name"], target["TargetType"]) == ("two-person-rule-desk", "lambda")
    # A function cannot become a target before it may be invoked.
    assert load("desk-alb.yaml")["Resources"]["Target"]["DependsOn"] == "Invoke"


def test_a_desk_with_a_rule_does_not_start_behind_a_load_balancer_that_it_does_not_know():
    def variables(**parameters):
        return desk(**parameters)["Desk"]["Properties"]["Environment"]["Variables"]

    own = {"DESK_COOKIE_KEY": KEY, "DESK_PIPELINES": "payments", "DESK_ROLE": "AnsweringRole.Arn"}
    assert variables() == own
    for rule in ({"RuleLayer": LAYER}, {"TwoPersonRule": "{}"}):
        with pytest.raises(RefusedParameters, match="needs LoadBalancerArn"):
            variables(**rule)
    provider = {"OidcIssuer": PROVIDER["Issuer"], "OidcClientId": "desk"}
    front = {
        "DESK_LOAD_BALANCER": ARN,
        "DESK_OIDC_ISSUER": PROVIDER["Issuer"],
        "DESK_OIDC_CLIENT": "desk",
        "DESK_OIDC_CLAIM": "email",
    }
    known = variables(LoadBalancerArn=ARN, TwoPersonRule="{}", **provider)
    assert known == own | front | {"TWO_PERSON_RULE": "{}"}
    source = (ROOT / "desk" / "src" / "command" / "front.rs").read_text()
    read = set(re.findall(r'&str = "(DESK_[A-Z_]+)"', source))
    # Where a test has public keys.
    assert read - front.keys() == {"DESK_LOAD_BALANCER_KEYS"}
    claims = set(load("desk.yaml")["Parameters"]["OidcClaim"]["AllowedValues"])
    token = (ROOT / "desk" / "src" / "web" / "front" / "token.rs").read_text()
    assert claims == set(re.findall(r'Self::\w+ => "(\w+)"', token))


def authenticated(actions):
    """How a listener authenticates before it forwards."""
    first, second = sorted(actions, key=lambda action: action["Order"])
    assert (first["Type"], second["Type"]) == ("authenticate-oidc", "forward")
    config = first["AuthenticateOidcConfig"]
    assert {name: config[name] for name in PROVIDER} == PROVIDER
    return config


def test_every_way_through_the_listener_asks_the_identity_provider():
    found = balanced()
    listener, rule = found["Listener"]["Properties"], found["Scripts"]["Properties"]
    assert (listener["Port"], listener["Protocol"]) == (443, "HTTPS")
    assert listener["SslPolicy"].startswith("ELBSecurityPolicy-TLS13-1-2-")
    pages, scripts = authenticated(listener["DefaultActions"]), authenticated(rule["Actions"])
    assert pages.pop("OnUnauthenticatedRequest") == "authenticate"
    assert scripts.pop("OnUnauthenticatedRequest") == "deny"
    # One session for both. CloudFormation reads the secret where it is.
    assert pages == scripts
    assert pages["ClientSecret"] == f"{{{{resolve:secretsmanager:{SECRET}:SecretString}}}}"
    assert pages["SessionTimeout"] == 8 * 60 * 60
    kinds = [of["Type"].rpartition("::")[2] for of in found.values()]
    assert kinds.count("Listener") == kinds.count("ListenerRule") == 1
    (condition,) = rule["Conditions"]
    modes = condition["HttpHeaderConfig"]
    # Browsers send these with the requests of a page. If a person opens a page, it is `navigate`.
    assert (modes["HttpHeaderName"], modes["Values"]) == (
        "Sec-Fetch-Mode",
        ["cors", "no-cors", "same-origin"],
    )


def attributes(properties, name):
    return {it["Key"]: it["Value"] for it in properties[name]}


def test_the_load_balancer_lets_in_https_and_what_is_optional_is_left_out():
    found = balanced(SubnetIds=["a", "b"])
    group = found["Group"]["Properties"]
    ways = [*group["SecurityGroupIngress"], *group["SecurityGroupEgress"]]
    assert all((it["FromPort"], it["ToPort"]) == (443, 443) for it in ways)
    balancer = found["LoadBalancer"]["Properties"]
    set_to = attributes(balancer, "LoadBalancerAttributes")
    timeout = int(set_to.pop("idle_timeout.timeout_seconds"))
    assert timeout > resolve(load("desk.yaml"), CookieKey=KEY)["Desk"]["Properties"]["Timeout"]
    assert set_to == {
        "routing.http.drop_invalid_header_fields.enabled": "true",
        "routing.http.desync_mitigation_mode": "strictest",
        "deletion_protection.enabled": "true",
    }
    assert "WebAcl" not in found
    lists = attributes(found["Target"]["Properties"], "TargetGroupAttributes")
    assert lists == {"lambda.multi_value_headers.enabled": "true"}

    acl = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/desk/1"
    more = balanced(WebAclArn=acl, AccessLogBucket="logs", AllowedCidr="192.0.2.0/24")
    association = {"ResourceArn": "LoadBalancer", "WebACLArn": acl}
    assert more["WebAcl"]["Properties"] == association
    logs = attributes(more["LoadBalancer"]["Properties"], "LoadBalancerAttributes")
    assert (logs["access_logs.s3.enabled"], logs["access_logs.s3.bucket"]) == ("true", "logs")
    (people,) = more["Group"]["Properties"]["SecurityGroupIngress"]
    assert people["CidrIp"] == "192.0.2.0/24"


def test_the_module_is_the_template():
    kinds = bodies("desk-alb")
    found = balanced()
    listener, rule = kinds["aws_lb_listener", "desk"], kinds["aws_lb_listener_rule", "scripts"]
    template = found["Listener"]["Properties"]
    assert (listener["port"], listener["protocol"], listener["ssl_policy"]) == (
        template["Port"],
        template["Protocol"],
        template["SslPolicy"],
    )
    local = plain(hcl(TEMPLATES / "terraform" / "desk-alb" / "main.tf")["locals"][0])
    assert local["unauthenticated"] == {"pages": "authenticate", "scripts": "deny"}
    for actions, way in [(listener["default_action"], "pages"), (rule["action"], "scripts")]:
        first, second = actions
        assert (first["type"], second["type"]) == ("authenticate-oidc", "forward")
        (config,) = first["authenticate_oidc"]
        assert config.pop("on_unauthenticated_request") == f"${{local.unauthenticated.{way}}}"
        renamed = {"session_timeout": "session_seconds"}
        for name, value in config.items():
            assert value == f"${{var.{renamed.get(name, name)}}}"
    (header,) = rule["condition"][0]["http_header"]
    (condition,) = found["Scripts"]["Properties"]["Conditions"]
    assert [header["http_header_name"], list(map(plain, header["values"]))] == [
        *condition["HttpHeaderConfig"].values()
    ]
    invoke = kinds["aws_lambda_permission", "invoke"]
    assert (invoke["principal"], invoke["source_arn"]) == (
        "elasticloadbalancing.amazonaws.com",
        "${aws_lb_target_group.desk.arn}",
    )
    balancer = kinds["aws_lb", "desk"]
    assert balancer["drop_invalid_header_fields"] is True
    assert balancer["desync_mitigation_mode"] == "strictest"
    assert kinds["aws_lb_target_group", "desk"]["lambda_multi_value_headers_enabled"] is True
    variables = {
        plain(name): plain(of).get("default")
        for it in hcl(TEMPLATES / "terraform" / "desk-alb" / "variables.tf")["variable"]
        for name, of in it.items()
    }
    parameters = load("desk-alb.yaml")["Parameters"]
    for variable, parameter in [
        ("name", "Name"),
        ("scope", "Scope"),
        ("session_seconds", "SessionSeconds"),
    ]:
        assert variables[variable] == parameters[parameter]["Default"], variable
    by_url = ("aws_lambda_function_url.desk", "aws_lambda_permission.use_url")
    for name in (*by_url, "aws_lambda_permission.invoke_by_url"):
        assert bodies("desk")[tuple(name.split("."))]["count"] == "${local.by_url}"


def test_the_readme_joins_the_two_modules():
    text = (TEMPLATES / "README.md").read_text()
    (written,) = re.findall(r"```hcl\n(.*?)```", text, re.DOTALL)
    path = TEMPLATES / "terraform"
    given = {
        plain(label): plain(body)
        for block in hcl2.loads(written)["module"]
        for label, body in block.items()
    }
    assert given.keys() == {"desk", "desk_alb"}
    for module in given.values():
        folder = path / module.pop("source").rpartition("/")[2]
        variables = {
            plain(name): plain(of)
            for it in hcl(folder / "variables.tf")["variable"]
            for name, of in it.items()
        }
        needed = {name for name, of in variables.items() if "default" not in of}
        assert needed <= module.keys() <= variables.keys(), folder
    outputs = {
        module: {plain(name) for it in hcl(path / folder / "outputs.tf")["output"] for name in it}
        for module, folder in (("desk", "desk"), ("desk_alb", "desk-alb"))
    }
    used = re.findall(r"module\.(\w+)\.(\w+)", written)
    assert len(used) == 3 and all(output in outputs[module] for module, output in used)


def test_what_cloudformation_makes_of_it(tmp_path):
    """Deployed by the AWS CLI to moto's server, and read back."""
    with serving() as endpoint:
        aws = emptied(endpoint)
        (vpc,) = aws("ec2", "describe-vpcs")["Vpcs"]
        subnets = aws("ec2", "describe-subnets")["Subnets"][:2]
        with zipfile.ZipFile(tmp_path / "desk.zip", "w") as package:
            package.writestr("bootstrap", "")
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        role = ["--role-name", "desk", "--assume-role-policy-document", trust]
        function = ["--function-name", "two-person-rule-desk", "--handler", "bootstrap"]
        function += ["--role", aws("iam", "create-role", *role)["Role"]["Arn"]]
        function += ["--runtime", "provided.al2023", "--zip-file", f"fileb://{tmp_path}/desk.zip"]
        aws("lambda", "create-function", *function)
        certificate = aws("acm", "request-certificate", "--domain-name", "approve.example.com")
        parameters = {
            **PROVIDER,
            "VpcId": vpc["VpcId"],
            "SubnetIds": ",".join(it["SubnetId"] for it in subnets),
            "CertificateArn": certificate["CertificateArn"],
            "ClientSecretArn": SECRET,
        }
        given = [f"{name}={value}" for name, value in parameters.items()]
        deploy(aws, "desk-alb", TEMPLATES / "desk-alb.yaml", *given)

        (balancer,) = aws("elbv2", "describe-load-balancers")["LoadBalancers"]
        arn = balancer["LoadBalancerArn"]
        pattern = load("desk.yaml")["Parameters"]["LoadBalancerArn"]["AllowedPattern"]
        assert re.fullmatch(pattern, arn)
        (listener,) = aws("elbv2", "describe-listeners", "--load-balancer-arn", arn)["Listeners"]
        rules = aws("elbv2", "describe-rules", "--listener-arn", listener["ListenerArn"])["Rules"]
        ways = {rule["Priority"]: rule["Actions"][0]["AuthenticateOidcConfig"] for rule in rules}
        unauthenticated = {name: way["OnUnauthenticatedRequest"] for name, way in ways.items()}
        assert unauthenticated == {"1": "deny", "default": "authenticate"}
        name = ["--function-name", "two-person-rule-desk"]
        policy = json.loads(aws("lambda", "get-policy", *name)["Policy"])
        (statement,) = policy["Statement"]
        group = statement["Condition"]["ArnLike"]["AWS:SourceArn"]
        (target,) = aws("elbv2", "describe-target-groups")["TargetGroups"]
        assert target["TargetGroupArn"].startswith(group.removesuffix("*"))
        assert f":{ACCOUNT}:" in group and PSEUDO["AWS::AccountId"] not in group
