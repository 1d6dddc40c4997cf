"""The desk as a Lambda function behind an Application Load Balancer with an identity provider. A
server plays the load balancer that templates/desk-alb.yaml describes: it sends browsers to the
provider, exchanges the code, asks who it is, signs that, and makes events of requests. The provider
is a real one, tests/provider.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

import base64
import json
import secrets
import subprocess
import time
import urllib.request
import uuid
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from cloudformation import ROOT, load, resolve
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from function_url import TEXT, FunctionDesk, Invocation, Quiet

PROVIDER = ROOT / "tests" / "provider"
INSTALLED = ROOT / "target" / "tools" / "provider"
ARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/desk/0123456789abcdef"
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/desk/0123456789abcdef"
CLIENT, SECRET = "desk", "the client's secret"
COOKIE = "AWSELBAuthSessionCookie-0"
DENIED = b"<html><head><title>401 Authorization Required</title></head></html>"
# Nobody but the load balancer may say these (AWS: it removes what a client sends).
OWN = "x-amzn-oidc-"


def padded(data):
    """Base64url with padding, as load balancers write it and JWTs do not."""
    return base64.urlsafe_b64encode(data).decode()


class Key:
    """A key of a load balancer."""

    def __init__(self):
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = str(uuid.uuid4())

    def pem(self):
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, form)

    def token(self, claims, **changes):
        header = {
            "typ": "JWT",
            "kid": self.id,
            "alg": "ES256",
            "iss": None,
            "client": CLIENT,
            "signer": ARN,
            "exp": int(time.time()) + 120,
            **changes,
        }
        signed = ".".join(padded(json.dumps(part).encode()) for part in (header, claims))
        signature = self.private.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
        numbers = (number.to_bytes(32, "big") for number in decode_dss_signature(signature))
        return f"{signed}.{padded(b''.join(numbers))}"


class Listener:
    """What the template's listener does with a request."""

    def __init__(self):
        resources = resolve(load("desk-alb.yaml")).values()
        self.default = self.actions(resources, "Listener", "DefaultActions")
        (rule,) = (
            it["Properties"]
            for it in resources
            if it["Type"] == "AWS::ElasticLoadBalancingV2::ListenerRule"
        )
        (condition,) = rule["Conditions"]
        self.header = condition["HttpHeaderConfig"]
        self.rule = rule["Actions"]
        (group,) = (
            it["Properties"]
            for it in resources
            if it["Type"] == "AWS::ElasticLoadBalancingV2::TargetGroup"
        )
        attributes = {it["Key"]: it["Value"] for it in group["TargetGroupAttributes"]}
        self.has_lists = attributes.get("lambda.multi_value_headers.enabled") == "true"

    def actions(self, resources, kind, name):
        (found,) = (
            it["Properties"]
            for it in resources
            if it["Type"] == f"AWS::ElasticLoadBalancingV2::{kind}"
        )
        return found[name]

    def of(self, headers):
        """How to authenticate a request."""
        given = headers.get(self.header["HttpHeaderName"])
        actions = self.rule if given in self.header["Values"] else self.default
        authenticate, forward = sorted(actions, key=lambda action: action["Order"])
        assert (authenticate["Type"], forward["Type"]) == ("authenticate-oidc", "forward")
        return authenticate["AuthenticateOidcConfig"]


class BalancedDesk(FunctionDesk):
    """A desk behind a load balancer, with the same face as one that is served."""

    claim = "email"

    def __init__(self, folder, port, rule, environment, *arguments):
        self.listener = Listener()
        self.key = Key()
        self.sessions = {}
        self.begun = {}
        origin = f"http://localhost:{port}"
        self.callback = f"{origin}/oauth2/idpresponse"
        command = ["node", PROVIDER / "provider.mjs", INSTALLED, CLIENT, SECRET, self.callback]
        self.provider_log = (folder / "provider.log").open("w+")
        self.provider = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.provider_log, text=True
        )
        self.issuer = next(line for line in self.provider.stdout if line.startswith("http")).strip()
        discovery = f"{self.issuer}/.well-known/openid-configuration"
        self.endpoints = fetched(discovery)
        assert self.endpoints["issuer"] == self.issuer
        self.keys = self.serve(0, self.key_server())
        settings = {
            "DESK_LOAD_BALANCER": ARN,
            "DESK_OIDC_ISSUER": self.issuer,
            "DESK_OIDC_CLIENT": CLIENT,
            "DESK_OIDC_CLAIM": self.claim,
            "DESK_LOAD_BALANCER_KEYS": f"127.0.0.1:{self.keys.server_address[1]}",
        }
        super().__init__(folder, port, rule, {**environment, **settings}, *arguments)

    def key_server(desk):
        class Keys(Quiet):
            def do_GET(self):
                known = self.path == f"/{desk.key.id}"
                self.answer(200 if known else 404, body=desk.key.pem() if known else b"")

        return Keys

    def function_url(desk):
        class Balancer(Quiet):
            def relay(self):
                if urlsplit(self.path).path == urlsplit(desk.callback).path:
                    desk.signed_in(self)
                    return
                cookies = SimpleCookie(self.headers.get("cookie", ""))
                claims = COOKIE in cookies and desk.sessions.get(cookies[COOKIE].value)
                if claims:
                    desk.forward(self, desk.key.token(claims, iss=desk.issuer))
                    return
                config = desk.listener.of(self.headers)
                if config["OnUnauthenticatedRequest"] == "deny":
                    self.answer(401, [("content-type", "text/html")], DENIED)
                    return
                state = secrets.token_urlsafe()
                desk.begun[state] = self.path
                asked = {
                    "client_id": CLIENT,
                    "redirect_uri": desk.callback,
                    "response_type": "code",
                    "scope": config["Scope"],
                    "state": state,
                }
                where = f"{desk.endpoints['authorization_endpoint']}?{urlencode(asked)}"
                self.answer(302, [("location", where)])

            do_GET = do_POST = do_HEAD = do_PUT = relay

        return Balancer

    def signed_in(self, request):
        """The provider sends the browser back with a code."""
        given = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        page = self.begun.pop(given["state"])
        form = {"grant_type": "authorization_code", "code": given["code"]}
        form["redirect_uri"] = self.callback
        # RFC 6749, section 2.3.1: both are form-encoded.
        basic = urlencode({"": CLIENT})[1:] + ":" + urlencode({"": SECRET})[1:]
        tokens = fetched(
            self.endpoints["token_endpoint"],
            urlencode(form).encode(),
            authorization=f"Basic {base64.b64encode(basic.encode()).decode()}",
        )
        assert "id_token" in tokens
        claims = fetched(
            self.endpoints["userinfo_endpoint"], authorization=f"Bearer {tokens['access_token']}"
        )
        session = secrets.token_urlsafe()
        self.sessions[session] = claims
        cookie = f"{COOKIE}={session}; Path=/; HttpOnly"
        request.answer(302, [("location", page), ("set-cookie", cookie)])

    def forward(self, request, token):
        """Through the function, with a token."""
        reply = self.invoked(event_of(request, token, self.listener.has_lists))
        if reply is None:
            request.answer(502)
            return
        assert reply["statusDescription"].startswith(f"{reply['statusCode']} ")
        headers = (
            [(name, value) for name, many in reply["multiValueHeaders"].items() for value in many]
            if self.listener.has_lists
            else list(reply["headers"].items())
        )
        body = reply["body"].encode()
        if reply["isBase64Encoded"]:
            body = base64.b64decode(body)
        request.answer(reply["statusCode"], headers, body)

    def invoked(self, event):
        """The function's reply to an event, as anybody gets it who may invoke the function."""
        invocation = Invocation(event)
        self.waiting.put(invocation)
        assert invocation.ended.wait(120)
        return invocation.reply

    def stop(self):
        super().stop()
        self.keys.shutdown()
        self.keys.server_close()
        self.provider.terminate()
        self.provider.wait(10)
        self.provider.stdout.close()
        self.provider_log.close()


def fetched(url, form=None, **headers):
    request = urllib.request.Request(url, form, headers)
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


def event_of(request, token, has_lists):
    """What a load balancer makes of a request. Without lists, the last value of a name is left."""
    address = urlsplit(request.path)
    body = request.body()
    headers = [(name.lower(), value) for name, value in request.headers.items()]
    headers = [(name, value) for name, value in headers if not name.startswith(OWN)]
    content = dict(headers).get("content-type", "")
    headers += [("x-forwarded-proto", "https"), ("x-forwarded-port", "443")]
    headers += [("x-amzn-oidc-data", token)] if token else []
    is_text = content.startswith((*TEXT, "application/javascript", "application/xml"))
    # Not decoded.
    query = [part.partition("=")[::2] for part in address.query.split("&") if part]
    assert len(query) == len(parse_qsl(address.query, keep_blank_values=True))
    named = {
        "multiValueHeaders" if has_lists else "headers": headers,
        "multiValueQueryStringParameters" if has_lists else "queryStringParameters": query,
    }
    return {
        "requestContext": {"elb": {"targetGroupArn": GROUP}},
        "httpMethod": request.command,
        "path": address.path,
        **{name: lists(pairs) if has_lists else dict(pairs) for name, pairs in named.items()},
        "body": body.decode() if is_text or not body else base64.b64encode(body).decode(),
        "isBase64Encoded": bool(body) and not is_text,
    }


def lists(pairs):
    found = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found
