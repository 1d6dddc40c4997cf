"""A release on the emulator that people approved with SSH keys, and its proof. The gate's key is a
new one, so that nothing of the product signs.
"""

import base64
import json
import subprocess
import time

import proofs
from conftest import BINARIES, PIPELINE, STAGE, Emulator, declaration
from signatures import Key

APPROVALS = {"ApprovalA": "alice", "ApprovalB": "bob"}


class GateKey(proofs.GateKey):
    """A key of the gate, in the place of KMS. Its public half is in a file."""

    def __init__(self, folder):
        super().__init__()
        self.path = folder / "gate.pem"
        self.path.write_bytes(self.pem())

    def signed(self, proof):
        """The envelope with one more signature."""
        signature = self.sign(proofs.pae(base64.b64decode(proof["payload"])))
        signature = {"keyid": "gate", "sig": base64.b64encode(signature).decode()}
        return {**proof, "signatures": [*proof["signatures"], signature]}


class Release:
    """A release of the pipeline, its people and their rule. `signs` are those who sign; everybody
    else approves without a signature.
    """

    def __init__(self, folder, signs=("alice", "bob"), answers=APPROVALS):
        self.folder = folder
        self.keys = {person: Key(folder, person) for person in ("alice", "bob", "carol")}
        self.rule = {
            "stage": STAGE,
            "actions": list(APPROVALS),
            "people": {
                person: [f"arn:aws:iam::111122223333:user/{person}"] for person in self.keys
            },
            "signingKeys": {person: [key.line] for person, key in self.keys.items()},
        }
        self.emulator = Emulator("--rule", self.write("rule.json", self.rule))
        self.api = self.emulator.client("alice")
        self.api.create_pipeline(pipeline=declaration())
        ((self.execution, attempts),) = self.waiting().items()
        for name, person in answers.items():
            self.approve(name, person, attempts[name], person in signs)

    def write(self, name, value):
        path = self.folder / name
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path

    def waiting(self):
        """The open approvals, by their execution."""
        for _ in range(100):
            details = self.api.list_action_executions(pipelineName=PIPELINE)
            found = {}
            for it in details["actionExecutionDetails"]:
                if it["status"] == "InProgress" and it["actionName"] in APPROVALS:
                    of = found.setdefault(it["pipelineExecutionId"], {})
                    of[it["actionName"]] = it["actionExecutionId"]
                if it["actionName"] == "Source" and it["status"] == "Succeeded":
                    self.revision = it["output"]["executionResult"]["externalExecutionId"]
            if found and all(len(of) == len(APPROVALS) for of in found.values()):
                return found
            time.sleep(0.1)
        raise AssertionError("nothing waits for an approval")

    def approve(self, name, person, attempt, signs):
        fields = {
            "pipeline": PIPELINE,
            "execution": self.execution,
            "stage": STAGE,
            "action": name,
            "attempt": attempt,
            "answer": "Approved",
            "revisions": self.revision,
        }
        self.emulator.client(person).put_approval_result(
            pipelineName=PIPELINE,
            stageName=STAGE,
            actionName=name,
            token=attempt,
            result={
                "status": "Approved",
                "summary": self.keys[person].comment(fields) if signs else "reviewed",
            },
        )

    def ended(self):
        """Waits until the execution is over."""
        for _ in range(100):
            execution = self.api.get_pipeline_execution(
                pipelineName=PIPELINE, pipelineExecutionId=self.execution
            )["pipelineExecution"]
            if execution["status"] != "InProgress":
                return execution["status"]
            time.sleep(0.1)
        raise AssertionError("the execution does not end")

    def policygen(self, *arguments, person="alice"):
        """Exit code, stdout and stderr."""
        command = [str(word) for word in (BINARIES / "policygen", *arguments)]
        environment = {**self.emulator.environment(person), "COLUMNS": "80"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def proof(self):
        """The proof that evidence writes, without a signature of the gate."""
        # How long it is valid is in the rule of a gate that signs; this gate has no key.
        key = "arn:aws:kms:us-east-1:111122223333:key/11112222-3333-4444-5555-666677778888"
        floor = self.rule | {"proof": {"key": key, "store": "s3://proofs/two-person-rule"}}
        code, printed, said = self.policygen(
            *("evidence", "--pipeline", PIPELINE, "--execution", self.execution),
            *("--rule", self.write("floor.json", floor), "--gate-function", "two-person-rule"),
            *("--format", "proof"),
        )
        assert code == 0, said
        return json.loads(printed)

    def verify(self, proof, *arguments, rule=None):
        """Exit code and document of the answer about a proof."""
        code, printed, said = self.policygen(
            *("verify", self.write("proof.json", proof), "--format", "json"),
            *("--rule", self.write("own-rule.json", rule or self.rule), *arguments),
        )
        assert code in (0, 10), said
        document = json.loads(printed)
        assert document["verified"] == (code == 0) == (not document["problems"])
        return code, document

    def codes(self, proof, *arguments, rule=None):
        """The codes of the problems with a proof."""
        _, document = self.verify(proof, *arguments, rule=rule)
        return [problem["code"] for problem in document["problems"]]


def statement(proof):
    return json.loads(base64.b64decode(proof["payload"]))


def changed(proof, change):
    """The proof after a change of its statement, with the same signatures."""
    document = statement(proof)
    change(document)
    payload = base64.b64encode(json.dumps(document).encode()).decode()
    return {**proof, "payload": payload}
