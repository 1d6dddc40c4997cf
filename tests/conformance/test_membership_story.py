"""Approvers change only by two people: a repository with the rule, the approver groups and
the assignments of permission sets, and a pipeline that deploys it behind the gate that it
configures. All in one `emulator serve`; IAM and IAM Identity Center are moto's.
"""

import json
import subprocess
import time

import pytest
from conftest import Emulator, action
from iam_endpoint import ACCOUNT, emptied, serving
from lambda_function import written
from signatures import Key
from test_templates_audit import POLICYGEN

GATE, DEPLOY = "two-person-rule", "membership-deploy"
MEMBERSHIP, PAYMENTS, STAGE = "membership", "payments", "Release"
SLOTS = ("ApprovalA", "ApprovalB")
ASSIGNED = {
    "InstanceArn": "arn:aws:sso:::instance/ssoins-0123456789abcdef",
    "PermissionSetArn": "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef",
    "AccountId": "111122223333",
}
APPROVERS = f"""
region = ["us-east-1"]
account = ["{ACCOUNT}"]
pipeline = ["membership", "payments"]
stage = "Release"
slot = ["ApprovalA", "ApprovalB"]
mechanism = "groups"

"""
USERS = {"alice": "u-alice", "bob": "u-bob", "carol": "u-carol"}


def deploys(job, client):
    """Puts in force what one commit of the repository says, and nothing else."""
    import os
    import subprocess
    import tomllib

    commit = job["data"]["inputArtifacts"][0]["revision"]

    def read(name):
        show = ["git", "-C", os.environ["REPOSITORY"], "show", f"{commit}:{name}"]
        return subprocess.run(show, check=True, capture_output=True, text=True).stdout

    client("lambda").update_function_configuration(
        FunctionName="two-person-rule",
        Environment={"Variables": {"TWO_PERSON_RULE": read("rule.json")}},
    )
    iam = client("iam")
    for slot, members in tomllib.loads(read("approvers.toml"))["members"].items():
        group = {"GroupName": f"TwoPersonRule-{slot}"}
        there = {user["UserName"] for user in iam.get_group(**group)["Users"]}
        for name in set(members) - there:
            iam.add_user_to_group(**group, UserName=name)
        for name in there - set(members):
            iam.remove_user_from_group(**group, UserName=name)
    center = client("sso-admin")
    assigned = json.loads(read("assignments.json"))
    place = {name: assigned[name] for name in ("InstanceArn", "PermissionSetArn")}
    account = assigned["AccountId"]
    listed = center.list_account_assignments(AccountId=account, **place)["AccountAssignments"]
    there = {assignment["PrincipalId"] for assignment in listed}
    place |= {"TargetType": "AWS_ACCOUNT", "TargetId": account, "PrincipalType": "USER"}
    for user in set(assigned["Users"]) - there:
        center.create_account_assignment(PrincipalId=user, **place)
    for user in there - set(assigned["Users"]):
        center.delete_account_assignment(PrincipalId=user, **place)
    client("codepipeline").put_job_success_result(jobId=job["id"])


def stages(*last):
    """A source of commits; two approvals and the gate; and what the release then does."""
    connection = {
        "ConnectionArn": "arn:aws:codeconnections:us-east-1:111122223333:connection/GitHub",
        "FullRepositoryId": "acme/membership",
        "BranchName": "main",
    }
    source = action(
        "Source", "Source", "CodeStarSourceConnection",
        outputArtifacts=[{"name": "Source"}], configuration=connection,
    )  # fmt: skip
    gate = action("Gate", "Invoke", "Lambda", 2, configuration={"FunctionName": GATE})
    return [
        {"name": "Source", "actions": [source]},
        {
            "name": STAGE,
            "actions": [*(action(slot, "Approval", "Manual") for slot in SLOTS), gate],
        },
        {"name": "Deploy", "actions": list(last)},
    ]


class Firm:
    """The repository, the two pipelines, and the people with their keys."""

    def __init__(self, folder, aws):
        self.aws = aws
        self.people = {name: Key(folder, name) for name in USERS}
        self.repository = folder / "repository"
        self.repository.mkdir()
        self.git("init", "--quiet")
        for name in USERS:
            aws("iam", "create-user", "--user-name", name)
        self.first = self.commit("alice", "alice", "bob")
        # The groups and their policies, once. Members are put into them by the deployments.
        config = self.repository / "approvers.toml"
        generate = [POLICYGEN, "generate", "--config", config, "--format", "aws-cli"]
        subprocess.run([*generate, "--out", folder], check=True, capture_output=True)
        aws.run([folder / "create.sh"])
        rule = folder / "rule.json"
        rule.write_text(self.git("show", f"{self.first}:rule.json"))
        variables = {
            "REPOSITORY": self.repository,
            "AWS_ENDPOINT_URL_IAM": aws.endpoint,
            "AWS_ENDPOINT_URL_SSO_ADMIN": aws.endpoint,
        }
        environment = (
            argument
            for name, value in variables.items()
            for argument in ("--function-env", f"{DEPLOY}:{name}={value}")
        )
        program = written(folder / "deploy", deploys)
        self.emulator = Emulator(
            "--account-id",
            ACCOUNT,
            "--rule",
            rule,
            "--function",
            f"{DEPLOY}={program}",
            *environment,
        )
        self.api = self.emulator.client("deployer-1")
        deploy = {"FunctionName": DEPLOY}
        self.create(
            MEMBERSHIP,
            action(
                "Deploy", "Invoke", "Lambda",
                configuration=deploy, inputArtifacts=[{"name": "Source"}],
            ),
        )  # fmt: skip
        self.create(PAYMENTS, action("Deploy", "Deploy", "S3"))

    def git(self, *arguments):
        who = ["-c", "user.name=anybody", "-c", "user.email=anybody@example.com"]
        command = ["git", "-C", self.repository, *who, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def commit(self, by, first, second, keys=None):
        """Proposes that these two may approve. Returns the commit."""
        keys = keys or {name: [self.people[name].line] for name in (first, second)}
        rule = {
            "requireSignature": True,
            "onlyPeople": True,
            "people": {name: [f"arn:aws:iam::*:user/{name}"] for name in keys},
            "signingKeys": keys,
            "roster": dict(zip(SLOTS, ([first], [second]), strict=True)),
        }
        members = "".join(
            f'{slot} = ["{name}"]\n' for slot, name in zip(SLOTS, (first, second), strict=True)
        )
        assignments = {**ASSIGNED, "Users": [USERS[first], USERS[second]]}
        files = {
            "rule.json": json.dumps(rule),
            "approvers.toml": f"{APPROVERS}[members]\n{members}",
            "assignments.json": json.dumps(assignments),
        }
        for name, content in files.items():
            (self.repository / name).write_text(content)
        self.git("add", *files)
        self.git("commit", "--quiet", "--message", f"{by} proposes {first} and {second}")
        return self.git("rev-parse", "HEAD").strip()

    def create(self, name, *last):
        declared = {
            "name": name,
            "roleArn": "arn:aws:iam::111122223333:role/pipeline",
            "artifactStore": {"type": "S3", "location": "artifacts"},
            "stages": stages(*last),
        }
        self.api.create_pipeline(pipeline=declared)
        self.emulator.idle("deployer-1", name)

    def release(self, pipeline, commit, *signers):
        """Releases a commit, with these signatures for the slots. All are carried by sessions of
        one role. Returns how it ended, and what the gate said.
        """
        revision = {"revisionType": "COMMIT_ID", "revisionValue": commit}
        id = self.api.start_pipeline_execution(
            name=pipeline, sourceRevisions=[{"actionName": "Source", **revision}]
        )["pipelineExecutionId"]
        for slot, person in zip(SLOTS, signers, strict=True):
            token = self.until(lambda slot=slot: self.state(pipeline, slot).get("token"))
            comment = self.people[person].comment(
                {
                    "pipeline": pipeline,
                    "execution": id,
                    "stage": STAGE,
                    "action": slot,
                    "attempt": token,
                    "answer": "Approved",
                    "revisions": commit,
                }
            )
            self.api.put_approval_result(
                pipelineName=pipeline, stageName=STAGE, actionName=slot, token=token,
                result={"status": "Approved", "summary": comment},
            )  # fmt: skip
        self.until(lambda: self.status(pipeline, id) != "InProgress")
        gate = self.state(pipeline, "Gate")
        return self.status(pipeline, id), gate.get("errorDetails", {}).get("message", "")

    def state(self, pipeline, name):
        state = self.api.get_pipeline_state(name=pipeline)
        return next(
            action.get("latestExecution", {})
            for stage in state["stageStates"]
            for action in stage["actionStates"]
            if action["actionName"] == name
        )

    def status(self, pipeline, id):
        found = self.api.get_pipeline_execution(pipelineName=pipeline, pipelineExecutionId=id)
        return found["pipelineExecution"]["status"]

    def until(self, holds):
        deadline = time.monotonic() + 60
        while not (value := holds()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return value

    def in_force(self):
        """What counts at this moment: the gate's rule, the groups, and the assignments."""
        gate = self.emulator.client("deployer-1", "lambda").get_function_configuration(
            FunctionName=GATE
        )
        groups = {
            slot: [
                user["UserName"]
                for user in self.aws("iam", "get-group", "--group-name", f"TwoPersonRule-{slot}")[
                    "Users"
                ]
            ]
            for slot in SLOTS
        }
        listed = self.aws(
            "sso-admin",
            "list-account-assignments",
            "--region",
            "us-east-1",
            "--cli-input-json",
            json.dumps(ASSIGNED),
        )
        assigned = sorted(it["PrincipalId"] for it in listed["AccountAssignments"])
        return gate["Environment"]["Variables"]["TWO_PERSON_RULE"], groups, assigned


@pytest.fixture
def firm(tmp_path):
    with serving() as endpoint:
        firm = Firm(tmp_path, emptied(endpoint))
        yield firm
        firm.emulator.stop()


def test_membership_changes_by_two_people_and_counts_from_then_on(firm):
    # The first state: two people have set it up together.
    assert firm.release(MEMBERSHIP, firm.first, "alice", "bob") == ("Succeeded", "")
    before = firm.in_force()
    rule, groups, assigned = before
    assert groups == {"ApprovalA": ["alice"], "ApprovalB": ["bob"]}
    assert assigned == ["u-alice", "u-bob"]

    # Alice would like to be two people: she proposes her own second key as that of carol.
    keys = {"alice": [firm.people["alice"].line], "carol": [firm.people["carol"].line]}
    proposed = firm.commit("alice", "alice", "carol", keys)
    for signers, code in [
        (("alice", "alice"), "not-on-roster"),
        # Carol counts in the rule that is proposed, and the gate judges by the one in force.
        (("alice", "carol"), "bad-signature"),
    ]:
        ended, told = firm.release(MEMBERSHIP, proposed, *signers)
        assert ended == "Failed" and code in told, told
        assert firm.in_force() == before

    # Bob agrees, and everything of the commit is in force together.
    assert firm.release(MEMBERSHIP, proposed, "alice", "bob") == ("Succeeded", "")
    rule, groups, assigned = firm.in_force()
    assert json.loads(rule)["roster"] == {"ApprovalA": ["alice"], "ApprovalB": ["carol"]}
    assert groups == {"ApprovalA": ["alice"], "ApprovalB": ["carol"]}
    assert assigned == ["u-alice", "u-carol"]

    # From now on bob is nobody and carol is somebody, in every pipeline and in this one.
    head = "5f1ab6f6e1c9a1b2c3d4e5f60718293a4b5c6d7e"
    ended, told = firm.release(PAYMENTS, head, "alice", "bob")
    assert ended == "Failed" and "bad-signature" in told
    assert firm.release(PAYMENTS, head, "alice", "carol") == ("Succeeded", "")
    back = firm.commit("bob", "alice", "bob")
    ended, told = firm.release(MEMBERSHIP, back, "alice", "bob")
    assert ended == "Failed" and firm.in_force() == (rule, groups, assigned)


def check(firm, folder, commit):
    """What `policygen rule check` says about the rule of a commit, for its reviewers."""
    rules = []
    for name, text in (
        ("old", firm.in_force()[0]),
        ("new", firm.git("show", f"{commit}:rule.json")),
    ):
        rules.append(folder / f"{name}.json")
        rules[-1].write_text(text)
    return subprocess.run([POLICYGEN, "rule", "check", *rules], capture_output=True, text=True)


def drift(firm, folder):
    """The differences between the repository and what counts, as `policygen audit` names them."""
    account = folder / "account.json"
    account.write_text(json.dumps(firm.aws("iam", "get-account-authorization-details")))
    gate = folder / "gate.json"
    function = firm.emulator.client("deployer-1", "lambda").get_function_configuration(
        FunctionName=GATE
    )
    del function["ResponseMetadata"]
    gate.write_text(json.dumps(function))
    code = ["--config", firm.repository / "approvers.toml", "--rule", firm.repository / "rule.json"]
    command = [POLICYGEN, "audit", "--account-file", account, "--gate-rule", gate, *code]
    done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True)
    assert done.returncode in (0, 10), done.stderr
    return {
        finding["code"]
        for finding in json.loads(done.stdout)["findings"]
        if finding["code"].endswith(("-in-code", "member-missing"))
    }


def test_reviewers_see_what_a_change_loosens_and_auditors_what_was_changed_by_hand(firm, tmp_path):
    firm.release(MEMBERSHIP, firm.first, "alice", "bob")
    assert drift(firm, tmp_path) == set()
    same = check(firm, tmp_path, firm.first)
    assert same.returncode == 0, same.stdout + same.stderr
    proposed = firm.commit("alice", "alice", "carol")
    told = check(firm, tmp_path, proposed)
    assert told.returncode == 10 and "carol" in told.stdout, told.stdout + told.stderr
    # It is in the repository, and not in force.
    assert drift(firm, tmp_path) >= {"member-missing", "member-not-in-code"}
    assert firm.release(MEMBERSHIP, proposed, "alice", "bob") == ("Succeeded", "")
    assert drift(firm, tmp_path) == set()

    # Somebody with too many permissions bypasses the pipeline.
    group = ["--group-name", "TwoPersonRule-ApprovalB"]
    firm.aws("iam", "add-user-to-group", *group, "--user-name", "bob")
    assert drift(firm, tmp_path) == {"member-not-in-code"}
    rule = json.loads(firm.in_force()[0])
    rule["signingKeys"]["carol"].append(firm.people["bob"].line)
    firm.emulator.client("deployer-1", "lambda").update_function_configuration(
        FunctionName=GATE, Environment={"Variables": {"TWO_PERSON_RULE": json.dumps(rule)}}
    )
    assert drift(firm, tmp_path) == {"member-not-in-code", "key-not-in-code"}
