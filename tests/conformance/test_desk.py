"""`desk` as approvers use it: the built program, a real ssh-agent and ssh-keygen, and `emulator
serve --account`, where IAM decides by the policy of docs/desk.md.
"""

import json
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest
from conftest import BINARIES, PIPELINE, ROOT, STAGE, Emulator, declaration

DESK = BINARIES / "desk"
REGION = "eu-west-1"
ACCOUNT = "111122223333"
GATE = "two-person-rule-gate"
# The last two are sessions of one role that several people may assume.
PRINCIPALS = {
    "manager": f"arn:aws:iam::{ACCOUNT}:user/manager",
    "alice": f"arn:aws:iam::{ACCOUNT}:user/alice",
    "bob": f"arn:aws:iam::{ACCOUNT}:user/bob",
    "reader": f"arn:aws:iam::{ACCOUNT}:user/reader",
    "desk-1": f"arn:aws:sts::{ACCOUNT}:assumed-role/Desk/session-1",
    "desk-2": f"arn:aws:sts::{ACCOUNT}:assumed-role/Desk/session-2",
}


def documented_policy():
    """The policy of docs/desk.md, for the pipeline of these tests."""
    page = (ROOT / "docs" / "desk.md").read_text()
    (policy,) = (json.loads(it) for it in re.findall(r"```json\n(.*?)```", page, re.DOTALL))
    for statement in policy["Statement"]:
        statement["Resource"] = statement["Resource"].replace("/Release/", f"/{STAGE}/")
    return policy


def without(policy, *sids):
    statements = [it for it in policy["Statement"] if it["Sid"] not in sids]
    return {**policy, "Statement": statements}


def account(policies):
    """What `get-account-authorization-details` prints about these users, and one role."""
    inline = lambda name, policy: [{"PolicyName": name, "PolicyDocument": policy}]
    users = [
        {
            "Path": "/",
            "UserName": name,
            "UserId": f"AIDA{name.upper()}",
            "Arn": PRINCIPALS[name],
            "CreateDate": "2026-01-01T00:00:00Z",
            "UserPolicyList": inline("Policy", policy),
            "GroupList": [],
            "AttachedManagedPolicies": [],
        }
        for name, policy in policies.items()
    ]
    trust = {"Version": "2012-10-17", "Statement": []}
    role = {
        "Path": "/",
        "RoleName": "Desk",
        "RoleId": "AROADESK",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/Desk",
        "CreateDate": "2026-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": trust,
        "RolePolicyList": inline("Policy", documented_policy()),
        "AttachedManagedPolicies": [],
        "InstanceProfileList": [],
    }
    return {
        "UserDetailList": users,
        "RoleDetailList": [role],
        "GroupDetailList": [],
        "Policies": [],
    }


def pipeline(name=PIPELINE, **more):
    declared = declaration(name, **more)
    gate = declared["stages"][1]["actions"][2]
    gate["configuration"] = {"FunctionName": GATE}
    return declared


class Agent:
    """A real ssh-agent that holds these keys."""

    def __init__(self, folder, *keys):
        self.socket = folder / f"agent-{len(list(folder.iterdir()))}"
        self.process = subprocess.Popen(
            ["ssh-agent", "-D", "-a", self.socket], stdout=subprocess.DEVNULL
        )
        while not self.socket.exists():
            time.sleep(0.01)
        for key in keys:
            environment = {**os.environ, "SSH_AUTH_SOCK": str(self.socket)}
            subprocess.run(["ssh-add", "-q", key], check=True, env=environment)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Company:
    """alice and bob have a key each, and the rule counts signed approvals only."""

    def __init__(self, folder, rule=None, policies=None, **served):
        self.folder = folder
        self.agents = []
        for name in ("alice", "bob", "mallory"):
            self.make_key(name)
        keys = {name: [self.public(name)] for name in ("alice", "bob")}
        self.rule = {"signingKeys": keys, "requireSignature": True} if rule is None else rule
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        policies = {
            "manager": {"Version": "2012-10-17", "Statement": [everything]},
            "alice": documented_policy(),
            "bob": documented_policy(),
            "reader": without(documented_policy(), "Answer"),
            **(policies or {}),
        }
        contents = {"account": account(policies), "principals": PRINCIPALS, "rule": self.rule}
        arguments = ["--region", REGION]
        for option, content in contents.items():
            (folder / f"{option}.json").write_text(json.dumps(content))
            arguments += [f"--{option}", folder / f"{option}.json"]
        for option, value in served.items():
            arguments += [f"--{option}", value]
        self.log = (folder / "log").open("w+")
        self.emulator = Emulator(*arguments, log=self.log)
        self.api = self.emulator.client("manager")

    def make_key(self, name, *options):
        command = ["ssh-keygen", "-q", "-N", "", "-f", self.folder / name, "-C", name]
        subprocess.run([*command, *(options or ["-t", "ed25519"])], check=True)

    def public(self, name):
        return (self.folder / f"{name}.pub").read_text().strip()

    def create(self, name=PIPELINE, **more):
        self.api.create_pipeline(pipeline=pipeline(name, **more))
        self.emulator.idle("manager", name)

    def start(self, name=PIPELINE):
        return self.api.start_pipeline_execution(name=name)["pipelineExecutionId"]

    def agent(self, *keys):
        self.agents.append(Agent(self.folder, *(self.folder / key for key in keys)))
        return self.agents[-1]

    def environment(self, key_id, agent):
        environment = self.emulator.environment(key_id)
        for name in ("SSH_AUTH_SOCK", "SSH_ASKPASS", "DISPLAY", "CLICOLOR_FORCE"):
            environment.pop(name, None)
        return environment | ({"SSH_AUTH_SOCK": str(agent.socket)} if agent else {})

    def desk(self, key_id, *arguments, agent=None, **more):
        environment = self.environment(key_id, agent)
        command = [DESK, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, **more)

    def approve(self, key_id, *arguments, agent=None, verb="approve"):
        """The exit code and the report of `desk approve` in a script."""
        command = [verb, PIPELINE, *arguments, "--yes", "--format", "json"]
        done = self.desk(key_id, *command, agent=agent)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    def open(self, name=PIPELINE):
        """The actions that wait for an answer."""
        state = self.api.get_pipeline_state(name=name)
        actions = (it for stage in state["stageStates"] for it in stage["actionStates"])
        return {it["actionName"] for it in actions if "token" in it.get("latestExecution", {})}

    def answers(self, key_id):
        """How many answers of a principal have reached the API, accepted or not."""
        self.log.seek(0)
        lines = re.sub(r"\x1b\[[0-9;]*m", "", self.log.read()).splitlines()
        of = f'caller="{PRINCIPALS[key_id]}"'
        return sum('operation="PutApprovalResult"' in line and of in line for line in lines)

    def gate(self, execution):
        """The gate's run, as soon as it has ended."""
        return self.ended(execution, "Gate")

    def ended(self, execution, name):
        for _ in range(200):
            history = self.api.list_action_executions(
                pipelineName=PIPELINE, filter={"pipelineExecutionId": execution}
            )["actionExecutionDetails"]
            ended = [
                it for it in history if it["actionName"] == name and it["status"] != "InProgress"
            ]
            if ended:
                return ended[0]
            time.sleep(0.05)
        raise AssertionError(f"{name} has not ended")

    def stop(self):
        for agent in self.agents:
            agent.stop()
        self.emulator.stop()
        self.log.close()


@pytest.fixture
def company(tmp_path):
    founded = []

    def found(**more):
        founded.append(Company(tmp_path, **more))
        return founded[-1]

    yield found
    for one in founded:
        one.stop()


@pytest.fixture
def release(company):
    """A release of the company's pipeline, with both approvals open."""
    founded = company()
    founded.create()
    founded.execution = founded.start()
    assert founded.open() == {"ApprovalA", "ApprovalB"}
    return founded


def test_a_second_approval_of_one_human_is_refused_before_it_is_given(release):
    alice = release.agent("alice")
    code, report = release.approve("alice", "ApprovalA", "--comment", "reviewed", agent=alice)
    assert code == 0
    assert (report["sent"], report["noticed"]) == (True, True)
    assert report["comment"].startswith("reviewed [2pr1.s.")
    assert report["signature"]["person"] == "alice"
    assert report["outlook"]["missing"] == ["ApprovalB"]
    code, report = release.approve("alice", "ApprovalB", agent=alice)
    assert code == 10
    assert report["you"]["reason"] == "same-person"
    assert not report["sent"]
    assert release.answers("alice") == 1
    assert release.open() == {"ApprovalB"}
    key = release.folder / "bob"
    code, report = release.approve("bob", "ApprovalB", "--key", key, "--wait")
    assert code == 0
    assert report["outlook"]["verdict"] == "satisfied"
    assert report["outlook"]["persons"] == ["person:alice", "person:bob"]
    assert report["stage"] == {"passed": True, "action": None, "message": None}
    outputs = release.gate(release.execution)["output"]["outputVariables"]
    assert (outputs["Basis"], outputs["Approvers"]) == ("signature", "alice, bob")


def test_an_answer_that_codepipeline_has_not_noticed_counts_already(company):
    release = company(lag="1.5")
    release.create()
    release.start()
    for _ in range(100):
        if release.open() == {"ApprovalA", "ApprovalB"}:
            break
        time.sleep(0.1)
    alice = release.agent("alice")
    for action_name, (code, sent) in {"ApprovalA": (0, True), "ApprovalB": (10, False)}.items():
        done, report = release.approve("alice", action_name, agent=alice)
        assert (done, report["sent"]) == (code, sent), report
    assert release.open() == {"ApprovalB"}


def test_two_people_who_share_a_role_are_told_apart_by_their_signatures(release):
    for session, name, slot in (("desk-1", "alice", "ApprovalA"), ("desk-2", "bob", "ApprovalB")):
        code, report = release.approve(session, slot, "--key", release.folder / name)
        assert code == 0, report
        assert report["you"]["person"] == f"person:{name}"
    outputs = release.gate(release.execution)["output"]["outputVariables"]
    assert (outputs["Basis"], outputs["Approvers"]) == ("signature", "alice, bob")


def test_one_human_behind_two_principals_is_refused_by_the_signature(release):
    alice = release.agent("alice")
    assert release.approve("desk-1", "ApprovalA", agent=alice)[0] == 0
    code, report = release.approve("desk-2", "ApprovalB", agent=alice)
    assert (code, report["you"]["reason"]) == (10, "same-person")
    assert release.answers("desk-2") == 0


def test_a_key_that_the_rule_does_not_know_is_refused(release):
    code, report = release.approve("bob", "ApprovalA", "--key", release.folder / "mallory")
    assert (code, report["you"]["reason"]) == (10, "bad-signature")
    assert release.answers("bob") == 0


def test_the_key_of_somebody_else_is_refused(release):
    code, report = release.approve("bob", "ApprovalA", "--key", release.folder / "alice")
    assert (code, report["you"]["reason"]) == (10, "bad-signature")
    assert release.answers("bob") == 0


def test_without_a_key_the_program_says_what_to_do(release):
    for agent in (None, release.agent("mallory")):
        done = release.desk("bob", "approve", PIPELINE, "ApprovalA", "--yes", agent=agent)
        assert done.returncode == 1
        assert "`ssh-add`" in done.stderr and "`desk enrol`" in done.stderr
        pending = json.loads(release.desk("bob", "pending", "--format", "json", agent=agent).stdout)
        assert {it["you"]["reason"] for it in pending["approvals"]} == {"not-signed"}
    assert release.answers("bob") == 0


def test_a_public_key_signs_through_the_agent_and_not_without_it(release):
    key = release.folder / "bob.pub"
    (release.folder / "bob").rename(release.folder / "elsewhere")
    code, problem = release.approve("bob", "ApprovalA", "--key", key)
    assert code == 1 and "must be in the agent" in problem
    agent = release.agent("elsewhere")
    assert release.approve("bob", "ApprovalA", "--key", key, agent=agent)[0] == 0


def test_a_caller_without_permission_leaves_the_approval_open(release):
    arguments = ["reject", PIPELINE, "ApprovalA", "--comment", "no", "--yes"]
    done = release.desk("reader", *arguments)
    assert done.returncode == 1
    assert "you may not answer ApprovalA, so it stays open" in done.stderr
    assert "codepipeline:PutApprovalResult" in done.stderr
    assert release.open() == {"ApprovalA", "ApprovalB"}


def test_the_rule_is_not_guessed(company):
    policy = without(documented_policy(), "ReadTheRule")
    release = company(policies={"alice": policy})
    release.create()
    release.start()
    ask = lambda *more: json.loads(release.desk("alice", "pending", *more).stdout)
    for entry in ask("--format", "json")["approvals"]:
        assert entry["you"]["counts"] is None and not entry["rule"]["known"]
        assert "GetFunctionConfiguration" in entry["rule"]["problem"]
    mine = release.desk("alice", "pending", "--mine")
    assert mine.returncode == 3
    assert "2 more could not be judged; `desk pending` without --mine shows them." in mine.stdout
    agent = release.agent("alice")
    rule = release.folder / "rule.json"
    done = release.desk("alice", "pending", "--rule", rule, "--format", "json", agent=agent)
    for entry in json.loads(done.stdout)["approvals"]:
        assert entry["you"]["counts"] is True and entry["rule"]["from"] == "file"
    # Not judged, so the gate decides; a warning says so.
    done = release.desk("alice", "approve", PIPELINE, "ApprovalA", "--yes")
    assert done.returncode == 0
    assert "the gate's rule is not known" in done.stderr
    assert release.answers("alice") == 1


def test_a_pipeline_that_cannot_be_read_is_a_line_of_the_report(company):
    deny = {
        "Sid": "Deny",
        "Effect": "Deny",
        "Action": "codepipeline:GetPipelineState",
        "Resource": "arn:aws:codepipeline:*:*:secret",
    }
    policy = documented_policy()
    policy["Statement"].append(deny)
    release = company(policies={"alice": policy})
    for name in (PIPELINE, "secret"):
        release.create(name)
        release.start(name)
    done = release.desk("alice", "pending")
    assert done.returncode == 0
    assert "secret: cannot be read: AWS refused GetPipelineState" in done.stdout
    assert done.stdout.count("payments / Approve / ") == 2
    only = release.desk("alice", "pending", "--pipeline", "sec*", "--format", "json")
    assert only.returncode == 1
    assert [it["pipeline"] for it in json.loads(only.stdout)["unreadable"]] == ["secret"]


def test_several_open_approvals_are_listed_and_none_is_answered(release):
    code, problem = release.approve("bob", "--key", release.folder / "bob")
    assert code == 1
    assert "ApprovalA in stage Approve" in problem and "ApprovalB in stage Approve" in problem
    assert release.answers("bob") == 0


def test_what_is_not_open_ends_with_3(release):
    code, problem = release.approve("bob", "ApprovalC")
    assert code == 3 and "no approval of `payments` waits" in problem
    release.emulator.idle("manager", PIPELINE)
    assert release.approve("bob")[0] == 3
    assert release.desk("bob", "pending").returncode == 3


def test_parallel_executions_are_told_apart(company):
    release = company()
    release.create(executionMode="PARALLEL", pipelineType="V2")
    first, second = release.start(), release.start()
    pending = json.loads(release.desk("bob", "pending", "--format", "json").stdout)
    assert {it["executionId"] for it in pending["approvals"]} == {first, second}
    assert len(pending["approvals"]) == 4
    key = ["--key", release.folder / "bob"]
    code, problem = release.approve("bob", "ApprovalA", *key)
    assert code == 1 and "--execution" in problem
    code, report = release.approve("bob", "ApprovalA", "--execution", first, *key)
    assert (code, report["approval"]["executionId"]) == (0, first)
    assert release.ended(first, "ApprovalA")["status"] == "Succeeded"


def test_a_comment_with_a_signature_or_without_room_for_one_is_refused(release):
    key = ["--key", release.folder / "bob"]
    for comment, problem in (
        ("see [2pr1.s.x]", "contains `[2pr1.`"),
        ("x" * 513, "has 513 characters"),
        ("x" * 400, "fit beside the signature"),
    ):
        code, found = release.approve("bob", "ApprovalA", "--comment", comment, *key)
        assert code == 1 and problem in found, found
    assert release.answers("bob") == 0


def test_a_rejection_needs_no_key_and_stops_the_release(release):
    code, report = release.approve("bob", "ApprovalA", "--comment", "not today", verb="reject")
    assert (code, report["answer"], report["comment"]) == (0, "Rejected", "not today")
    result = release.ended(release.execution, "ApprovalA")
    assert result["status"] == "Failed"
    assert result["output"]["executionResult"]["externalExecutionSummary"] == "not today"
    missing = release.desk("bob", "reject", PIPELINE, "ApprovalB", "--yes")
    assert missing.returncode == 2 and "--comment" in missing.stderr


def test_a_stage_that_does_not_pass_ends_with_10_and_the_words_of_the_gate(company):
    # The gate's own rule is stricter than the one that the approvers look at.
    release = company(rule={"quorum": 3})
    release.create()
    release.start()
    (release.folder / "lenient.json").write_text("{}")
    rule = ["--rule", release.folder / "lenient.json"]
    assert release.approve("alice", "ApprovalA", *rule)[0] == 0
    code, report = release.approve("bob", "ApprovalB", *rule, "--wait")
    assert (code, report["outlook"]["verdict"]) == (10, "satisfied")
    assert (report["stage"]["passed"], report["stage"]["action"]) == (False, "Gate")
    assert report["stage"]["message"].startswith("Refused: 2 distinct persons counted, 3 required")


def test_approvals_that_are_all_given_and_not_enough_end_with_10(company):
    release = company(rule={"quorum": 3})
    release.create()
    release.start()
    assert release.approve("alice", "ApprovalA")[0] == 0
    code, report = release.approve("bob", "ApprovalB")
    assert (code, report["sent"], report["outlook"]["missing"]) == (10, True, [])
    assert [why["code"] for why in report["outlook"]["reasons"]] == ["quorum-not-met"]


def test_the_parameters_of_the_action_tighten_the_rule(company):
    release = company(rule={})
    declared = pipeline()
    gate = declared["stages"][1]["actions"][2]
    gate["configuration"]["UserParameters"] = json.dumps(
        {
            "notPeople": ["alice"],
            "pipelineExecutionId": "#{codepipeline.PipelineExecutionId}",
        }
    )
    release.api.create_pipeline(pipeline=declared)
    code, report = release.approve("alice", "ApprovalA")
    assert (code, report["you"]["reason"]) == (10, "not-a-person")
    assert release.approve("bob", "ApprovalA")[0] == 0


def on_a_terminal(release, key_id, *arguments, answer):
    """Runs the program on a terminal, and answers its question."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(DESK, [str(it) for it in (DESK, *arguments)], release.environment(key_id, None))
    shown = b""
    while True:
        if not select.select([terminal], [], [], 20)[0]:
            os.kill(pid, signal.SIGKILL)
            raise AssertionError(shown.decode())
        try:
            read = os.read(terminal, 4096)
        except OSError:
            break
        shown += read
        if answer and b"[y/N]" in shown:
            os.write(terminal, f"{answer}\n".encode())
            answer = None
        if not read:
            break
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), shown.decode()


def test_a_person_is_asked_before_anything_is_sent(release):
    command = ["approve", PIPELINE, "ApprovalA", "--key", release.folder / "bob"]
    code, shown = on_a_terminal(release, "bob", *command, answer="n")
    assert code == 1 and "nothing was sent" in shown
    assert release.answers("bob") == 0
    code, shown = on_a_terminal(release, "bob", *command, answer="y")
    assert code == 0 and "would count as bob" in shown
    assert release.open() == {"ApprovalB"}


def test_without_a_terminal_yes_is_needed(release):
    command = ["approve", PIPELINE, "ApprovalA", "--key", release.folder / "bob"]
    done = release.desk("bob", *command, stdin=subprocess.DEVNULL)
    assert done.returncode == 2 and "--yes" in done.stderr
    assert release.answers("bob") == 0


def test_a_key_with_a_passphrase_asks_for_it(release):
    key = release.folder / "bob"
    command = ["ssh-keygen", "-q", "-p", "-P", "", "-N", "a long secret", "-f", key]
    subprocess.run(command, check=True, capture_output=True)
    pid, terminal = pty.fork()
    if pid == 0:
        arguments = [DESK, "approve", PIPELINE, "ApprovalA", "--key", key, "--yes"]
        os.execve(DESK, [str(it) for it in arguments], release.environment("bob", None))
    shown = b""
    while select.select([terminal], [], [], 20)[0]:
        try:
            read = os.read(terminal, 4096)
        except OSError:
            break
        asks = b"passphrase" in read
        shown += read
        if asks:
            os.write(terminal, b"a long secret\n")
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, shown.decode()
    assert release.open() == {"ApprovalB"}


def test_the_report_fits_on_80_columns_and_has_no_colours(release):
    declared = pipeline()
    declared["stages"][1]["actions"][0]["configuration"] = {
        "CustomData": "Look at the migration of the table of refunds, please, and at its index. "
        * 3,
        "ExternalEntityLink": "https://example.com/review/17",
    }
    release.emulator.idle("manager", PIPELINE)
    release.api.update_pipeline(pipeline=declared)
    release.start()
    agent = release.agent("alice")
    release.approve("alice", "ApprovalA", agent=agent)
    done = release.desk("bob", "pending")
    assert done.returncode == 0 and "\x1b" not in done.stdout
    long = [line for line in done.stdout.splitlines() if len(line) > 80]
    assert not long, long


def test_the_json_of_pending_has_the_published_members(release):
    agent = release.agent("alice")
    release.approve("alice", "ApprovalA", agent=agent)
    pending = json.loads(release.desk("alice", "pending", "--format", "json", agent=agent).stdout)
    assert set(pending) == {"schemaVersion", "region", "you", "approvals", "unreadable"}
    assert (pending["schemaVersion"], pending["region"]) == (1, REGION)
    assert pending["you"] == PRINCIPALS["alice"]
    (entry,) = pending["approvals"]
    assert set(entry) == {
        "pipeline", "executionId", "stage", "action", "actionExecutionId", "openSince",
        "openUntil", "note", "link", "releases", "answered", "rule", "you",
    }  # fmt: skip
    assert entry["action"] == "ApprovalB" and entry["executionId"] == release.execution
    assert entry["openSince"] < entry["openUntil"]
    (released,) = entry["releases"]
    assert set(released) == {"artifact", "revisionId", "message", "author", "url"}
    (answered,) = entry["answered"]
    assert (answered["action"], answered["answer"]) == ("ApprovalA", "Approved")
    assert answered["principal"] == PRINCIPALS["alice"]
    assert entry["rule"] == {"known": True, "from": GATE, "problem": None}
    assert set(entry["you"]) == {"counts", "person", "signed", "reason", "message"}
    assert (entry["you"]["counts"], entry["you"]["reason"]) == (False, "same-person")
    mine = release.desk("alice", "pending", "--mine", agent=agent)
    assert mine.returncode == 3


def test_watch_draws_until_it_is_interrupted(release):
    process = subprocess.Popen(
        [DESK, "pending", "--watch"],
        env=release.environment("bob", None),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "payments / Approve / ApprovalA\n"
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(10) != 0


def test_a_public_key_is_enrolled_and_a_private_one_never_printed(company, tmp_path):
    one = company()
    done = one.desk("bob", "enrol", "--ssh", tmp_path / "bob.pub", "--name", "bob")
    assert done.returncode == 0
    (key,) = json.loads(done.stdout)["bob"]
    assert one.public("bob").startswith(key)
    assert "pull request" in done.stderr
    private = one.desk("bob", "enrol", "--ssh", tmp_path / "bob")
    assert private.returncode == 1 and "private key" in private.stderr
    lines = [line for line in (tmp_path / "bob").read_text().splitlines() if "-" not in line]
    assert lines and not any(line in private.stderr + private.stdout for line in lines)
    one.make_key("old", "-t", "rsa", "-b", "2048")
    rsa = one.desk("bob", "enrol", "--ssh", tmp_path / "old.pub")
    assert rsa.returncode == 1 and "ssh-keygen -t ed25519" in rsa.stderr


def test_verify_key_says_whose_key_a_line_is(company, tmp_path):
    one = company()
    check = lambda *arguments, **more: one.desk("bob", "verify-key", *arguments, **more)
    rule = ["--rule", tmp_path / "rule.json", "--format", "json"]
    for given, more in (
        (tmp_path / "bob.pub", {}),
        (one.public("bob"), {}),
        ("-", {"input": one.public("bob")}),
    ):
        done = check(given, *rule, **more)
        checked = json.loads(done.stdout)
        assert done.returncode == 0
        assert (checked["person"], checked["kind"]) == ("bob", "ssh")
        assert checked["deviceBound"] is False
    done = check(tmp_path / "mallory.pub", *rule)
    assert (done.returncode, json.loads(done.stdout)["inRule"]) == (10, False)
    private = check(tmp_path / "bob")
    assert private.returncode == 1 and "private key" in private.stderr
    assert "OPENSSH" not in private.stderr
    assert check("ssh-ed25519 AAAA").returncode == 1


def test_the_emulator_says_who_calls_and_what_the_rule_is(release):
    """By botocore's own clients."""
    for key_id, arn in PRINCIPALS.items():
        identity = release.emulator.client(key_id, "sts").get_caller_identity()
        assert (identity["Arn"], identity["Account"]) == (arn, ACCOUNT)
    ask = lambda key_id, name: release.emulator.client(key_id, "lambda").get_function_configuration(
        FunctionName=name
    )
    variables = ask("alice", GATE)["Environment"]["Variables"]
    assert json.loads(variables["TWO_PERSON_RULE"]) == release.rule
    with pytest.raises(Exception, match="AccessDeniedException") as refused:
        ask("alice", "another-function")
    assert "lambda:GetFunctionConfiguration" in str(refused.value)
