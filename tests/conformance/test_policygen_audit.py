"""`policygen audit` of accounts that the real AWS CLI makes in an IAM endpoint (moto's server),
read page by page.
"""

import json
import os
import subprocess
import threading
import urllib.parse
import urllib.request
import xml.etree.ElementTree as xml
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from iam_endpoint import ACCOUNT, Aws
from test_policygen_iam import MECHANISMS, POLICYGEN, aws, files, permission_sets, server  # noqa: F401

NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
LISTS = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"]
# "IAM might return fewer than the MaxItems number of results, even when there are more results
# available." (IAM API Reference)
PAGE = 5

xml.register_namespace("", NAMESPACE)


def tag(name):
    return f"{{{NAMESPACE}}}{name}"


class Pages(ThreadingHTTPServer):
    """In front of moto, which gives an account on one page."""

    def __init__(self, endpoint):
        super().__init__(("127.0.0.1", 0), Handler)
        self.moto = endpoint
        # The `MaxItems` and `Marker` of each request for an account.
        self.asked = []

    @property
    def endpoint(self):
        return "http://{}:{}".format(*self.server_address)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        form = urllib.parse.parse_qs(body.decode())
        headers = {
            name: self.headers[name] for name in ("Authorization", "Content-Type", "X-Amz-Date")
        }
        answer = urllib.request.urlopen(
            urllib.request.Request(self.server.moto, body, headers)
        ).read()
        if form["Action"] == ["GetAccountAuthorizationDetails"]:
            wanted, marker = int(form.get("MaxItems", ["100"])[0]), form.get("Marker", [None])[0]
            self.server.asked.append((wanted, marker))
            answer = page(xml.fromstring(answer), min(wanted, PAGE), int(marker or 0))
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def page(root, size, start):
    """What IAM would give of the whole answer from `start` on."""
    (result,) = root.iter(tag("GetAccountAuthorizationDetailsResult"))
    lists = [found for found in (result.find(tag(name)) for name in LISTS) if found is not None]
    at = 0
    for members in lists:
        for member in list(members):
            if not start <= at < start + size:
                members.remove(member)
            at += 1
    more = at > start + size
    result.find(tag("IsTruncated")).text = str(more).lower()
    if more:
        xml.SubElement(result, tag("Marker")).text = str(start + size)
    return xml.tostring(root)


@pytest.fixture
def pages(server):
    pages = Pages(server)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    yield pages
    pages.shutdown()
    pages.server_close()


def policygen(*arguments):
    """`policygen audit`, as somebody with keys and no other configuration: not even a region."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    keys = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    return subprocess.run(
        [POLICYGEN, "audit", *arguments], env={**kept, **keys}, capture_output=True, text=True
    )


def findings(pages, *arguments):
    """What is found in the live account: (severity, code, the end of the subject's ARN)."""
    done = policygen("--endpoint-url", pages.endpoint, "--format", "json", *arguments)
    assert done.returncode in (0, 10), done.stderr
    report = json.loads(done.stdout)["findings"]
    assert (done.returncode == 10) == any(finding["severity"] == "error" for finding in report)
    return sorted(
        (finding["severity"], finding["code"], finding["subject"]["arn"].rpartition("/")[2])
        for finding in report
    )


def account_file(pages, path, *arguments):
    """What the AWS CLI prints of the account, in a file."""
    printed = Aws(pages.endpoint).run(
        ["aws", "iam", "get-account-authorization-details", "--output", "json", *arguments]
    )
    path.write_text(printed)
    return path


def approver(aws, name, *groups):
    aws("iam", "create-user", "--user-name", name)
    for group in groups:
        aws("iam", "add-user-to-group", "--user-name", name, "--group-name", group)


A, B = "TwoPersonRule-ApprovalA", "TwoPersonRule-ApprovalB"
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "codepipeline:*", "Resource": "*"},
}


def make(aws, directory, *arguments):
    """Runs the script that `policygen generate` writes."""
    files(directory, "--format", "aws-cli", *arguments)
    aws.run([directory / "create.sh"])


def test_a_live_account_is_read_page_by_page_and_is_what_its_file_is(aws, pages, tmp_path):
    make(aws, tmp_path / "script", *MECHANISMS["groups"], "--gate")
    for name, group in {
        "alice": A,
        "bob": B,
        "carol": A,
        "dave": B,
        "erin+approver@example.com": A,
        "frank": B,
    }.items():
        approver(aws, name, group)

    # The gate's own role reports the gate's success, and is not reported for it.
    assert findings(pages) == []
    markers = [marker for _, marker in pages.asked]
    assert markers == [None, "5", "10"], "12 users, groups, roles and policies are three pages of 5"
    assert {wanted for wanted, _ in pages.asked} == {1000}

    aws("iam", "add-user-to-group", "--user-name", "alice", "--group-name", B)
    aws(
        "iam",
        "put-user-policy",
        "--user-name",
        "bob",
        "--policy-name",
        "Own",
        "--policy-document",
        json.dumps(EVERYTHING),
    )
    aws("iam", "create-user", "--user-name", "grace")
    aws(
        "iam",
        "put-user-policy",
        "--user-name",
        "grace",
        "--policy-name",
        "Own",
        "--policy-document",
        json.dumps(EVERYTHING),
    )
    found = findings(pages)
    assert ("error", "member-of-both-groups", "alice") in found
    # The group denies him the other slot of this stage, but not of others.
    assert ("error", "can-approve-both", "bob") in found
    assert ("error", "can-approve-both", "grace") in found
    assert {name for severity, _, name in found if severity == "error"} == {"alice", "bob", "grace"}

    file = account_file(pages, tmp_path / "account.json")
    for output in ("human", "json", "sarif", "csv"):
        live = policygen("--endpoint-url", pages.endpoint, "--format", output)
        from_file = policygen("--account-file", file, "--format", output)
        assert (
            (live.returncode, live.stderr) == (from_file.returncode, from_file.stderr) == (10, "")
        )
        assert live.stdout == from_file.stdout != ""


def test_a_part_of_an_account_is_refused(aws, pages, tmp_path):
    for name in ("alice", "bob", "carol", "dave", "erin", "frank"):
        approver(aws, name)
    for part in (["--max-items", "3"], ["--no-paginate"]):
        done = policygen("--account-file", account_file(pages, tmp_path / "part.json", *part))
        assert (done.returncode, done.stdout) == (1, ""), part
        assert "only a part of the account" in done.stderr, part
    # Of what is filtered out the AWS CLI prints an empty list.
    done = policygen(
        "--account-file", account_file(pages, tmp_path / "part.json", "--filter", "User", "Group")
    )
    assert "if it was created with --filter, create it again without" in done.stderr


def test_an_empty_account_is_not_clean(aws, pages):
    done = policygen("--endpoint-url", pages.endpoint)
    assert (done.returncode, done.stdout) == (3, "")
    assert "nothing to audit" in done.stderr


def may_assume(aws, user, role):
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": f"arn:aws:iam::{ACCOUNT}:role/{role}",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    aws(
        "iam",
        "put-user-policy",
        "--user-name",
        user,
        "--policy-name",
        f"Assume-{role}",
        "--policy-document",
        document,
    )


def people_in_groups(aws):
    for name, group in {"alice": A, "carol": A, "bob": B, "dave": B}.items():
        approver(aws, name, group)


def people_with_tags(aws):
    (group,) = aws("iam", "list-groups")["Groups"]
    for name, slot in {"alice": "A", "carol": "A", "bob": "B", "dave": "B"}.items():
        approver(aws, name, group["GroupName"])
        aws("iam", "tag-user", "--user-name", name, "--tags", f"Key=ApprovalSlot,Value={slot}")


def people_with_roles(aws):
    for name, role in {"alice": A, "carol": A, "bob": B, "dave": B}.items():
        approver(aws, name)
        may_assume(aws, name, role)


def nobody(aws):
    pass


def provisioned(aws):
    """The roles that IAM Identity Center makes of permission sets."""
    provider = {
        "Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE"
    }
    actions = ["sts:AssumeRoleWithSAML", "sts:TagSession"]
    trust = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": provider, "Action": actions},
    }
    for name, policy in permission_sets(aws).items():
        role = f"AWSReservedSSO_{name}_0123456789abcdef"
        path = ["--path", "/aws-reserved/sso.amazonaws.com/"]
        aws(
            "iam",
            "create-role",
            "--role-name",
            role,
            *path,
            "--assume-role-policy-document",
            json.dumps(trust),
        )
        aws(
            "iam",
            "put-role-policy",
            "--role-name",
            role,
            "--policy-name",
            "AwsSSOInlinePolicy",
            "--policy-document",
            json.dumps(policy),
        )


PEOPLE = {
    "groups": people_in_groups,
    "no-exclusive": people_in_groups,
    "tag": people_with_tags,
    "roles-accounts": people_with_roles,
    "roles-saml": nobody,
    "roles-identity-center": provisioned,
    "split": people_in_groups,
}
# The findings for what `generate` writes.
WITHOUT_MFA = [("note", "approver-without-mfa", name) for name in ("alice", "bob", "carol", "dave")]
SAID = {
    "groups": [],
    "no-exclusive": WITHOUT_MFA,
    "tag": WITHOUT_MFA,
    "roles-accounts": [],
    # Nobody can tell from an account whose identity provider it is, or who may enter which role. By
    # the rule, one human counts once.
    "roles-saml": [
        ("warning", "session-names-from-provider", A),
        ("warning", "session-names-from-provider", B),
        ("warning", "undecided", "Example"),
    ],
    # The account does not say who is assigned to them; `--identity-center` does.
    "roles-identity-center": [("warning", "undecided", A.removeprefix("TwoPersonRule-"))],
    "split": WITHOUT_MFA,
}


@pytest.mark.parametrize("name", PEOPLE)
def test_what_generate_writes_is_sound(aws, pages, tmp_path, name):
    guards = ["--guardrails", "--break-glass", "BreakGlass", "--gate"]
    make(aws, tmp_path / "script", *MECHANISMS[name], *guards)
    PEOPLE[name](aws)
    rule = tmp_path / "rule.json"
    # What the note of `generate` says: these names are pinned, or set by the identity provider.
    believed = ["AWSReservedSSO_TwoPersonRule-*"] if name == "roles-identity-center" else [A, B]
    rule.write_text(json.dumps({"trustedSessionRoles": believed}))
    found = findings(pages, "--rule", rule)
    assert found == sorted(SAID[name])


def test_who_may_only_sign_can_still_answer_both_and_the_audit_says_so(aws, pages, tmp_path):
    make(aws, tmp_path / "script", *MECHANISMS["signed"], "--guardrails", "--gate")
    for name in ("alice", "bob"):
        approver(aws, name, "TwoPersonRule-Approvers")
    found = [finding for finding in findings(pages) if finding[0] == "error"]
    # The gate counts signatures. IAM lets each of them answer both approvals, with a second factor.
    assert found == [("error", "can-approve-both-if", name) for name in ("alice", "bob")]


def test_who_may_assume_both_roles_is_found(aws, pages, tmp_path):
    make(aws, tmp_path / "script", *MECHANISMS["roles-accounts"])
    people_with_roles(aws)
    may_assume(aws, "alice", B)
    assert ("error", "can-approve-both-through-role", "alice") in findings(pages)
