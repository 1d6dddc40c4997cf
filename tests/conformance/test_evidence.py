"""`policygen evidence` over a history of all kinds, made through the API: each execution gets the
verdict that was planted, live and from what the real AWS CLI printed.
"""

import json
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import BINARIES, ROOT, STAGE, Emulator, declaration

RULE = ROOT / "tests" / "conformance" / "rule.json"
GATE = ["--gate-function", "two-person-rule", "--rule", RULE]


def policygen(emulator, pipeline, *arguments, check=True):
    command = [BINARIES / "policygen", "evidence", "--pipeline", pipeline, *GATE, *arguments]
    done = subprocess.run(command, env=emulator.environment("bob"), capture_output=True)
    assert not check or done.returncode in (0, 10), done.stderr.decode()
    return done


class Pipeline:
    """One pipeline, driven by botocore as several people."""

    def __init__(self, emulator, name, mode="SUPERSEDED"):
        self.name = name
        self.mode = mode
        self.clients = {
            key: emulator.client(key)
            for key in ("alice", "bob", "deployer-1", "deployer-2", "sso-carol")
        }
        self.api = self.clients["bob"]
        self.planted = {}
        self.api.create_pipeline(pipeline=self.declare())
        # The execution that this starts is given up.
        for execution in self.api.list_pipeline_executions(pipelineName=name)[
            "pipelineExecutionSummaries"
        ]:
            self.api.stop_pipeline_execution(
                pipelineName=name,
                pipelineExecutionId=execution["pipelineExecutionId"],
                abandon=True,
            )
            self.planted[execution["pipelineExecutionId"]] = ("unsatisfied", False)

    def declare(self, approvals=True, gate=True, source="Succeeded", deploy="Succeeded"):
        pipeline = declaration(self.name, executionMode=self.mode, pipelineType="V2")
        stages = pipeline["stages"]
        stages[0]["actions"][0]["configuration"] = {"EmulatorResult": source}
        stages[2]["actions"][0]["configuration"] = {"EmulatorResult": deploy}
        if not gate:
            del stages[1]["actions"][2]
        if not approvals:
            del stages[1]
        return pipeline

    def update(self, **change):
        self.api.update_pipeline(pipeline=self.declare(**change))

    def start(self, verdict, released):
        execution = self.api.start_pipeline_execution(name=self.name)["pipelineExecutionId"]
        self.planted[execution] = (verdict, released)
        return execution

    def until(self, what, look):
        for _ in range(4000):
            seen = look()
            if seen:
                return seen
            time.sleep(0.005)
        raise AssertionError(f"{self.name}: {what}")

    def open_approval(self, execution, slot):
        """The token of an approval that is open."""
        listed = self.api.list_action_executions(
            pipelineName=self.name, filter={"pipelineExecutionId": execution}
        )
        for detail in listed["actionExecutionDetails"]:
            if detail["actionName"] == slot and detail["status"] == "InProgress":
                return detail["actionExecutionId"]
        return None

    def answer(self, execution, who, slot, status="Approved", summary="reviewed"):
        token = self.until(f"{slot} opens", lambda: self.open_approval(execution, slot))
        self.clients[who].put_approval_result(
            pipelineName=self.name,
            stageName=STAGE,
            actionName=slot,
            token=token,
            result={"status": status, "summary": summary},
        )

    def approve(self, execution, first, second):
        self.answer(execution, first, "ApprovalA")
        self.answer(execution, second, "ApprovalB")

    def status(self, execution):
        reply = self.api.get_pipeline_execution(
            pipelineName=self.name, pipelineExecutionId=execution
        )
        return reply["pipelineExecution"]["status"]

    def ended(self, execution, expected):
        status = self.until(
            "the end", lambda: (s := self.status(execution)) not in ("InProgress", "Stopping") and s
        )
        assert status == expected, (self.name, execution, status)

    def retry(self, execution, mode, stage=STAGE):
        self.api.retry_stage_execution(
            pipelineName=self.name, stageName=stage, pipelineExecutionId=execution, retryMode=mode
        )

    # The kinds of execution, each with the verdict that it deserves.

    def passes(self, first="alice", second="bob"):
        execution = self.start("satisfied", True)
        self.approve(execution, first, second)
        self.ended(execution, "Succeeded")

    def is_refused(self, first="alice", second="alice"):
        execution = self.start("unsatisfied", False)
        self.approve(execution, first, second)
        self.ended(execution, "Failed")

    def passes_after_all_are_asked_again(self):
        execution = self.start("satisfied", True)
        self.approve(execution, "alice", "alice")
        self.ended(execution, "Failed")
        self.retry(execution, "ALL_ACTIONS")
        self.approve(execution, "bob", "alice")
        self.ended(execution, "Succeeded")

    def stays_refused_when_the_gate_alone_runs_again(self):
        execution = self.start("unsatisfied", False)
        self.approve(execution, "deployer-1", "deployer-2")
        self.ended(execution, "Failed")
        self.retry(execution, "FAILED_ACTIONS")
        self.ended(execution, "Failed")

    def is_rejected(self):
        execution = self.start("unsatisfied", False)
        self.answer(execution, "alice", "ApprovalA")
        self.answer(execution, "bob", "ApprovalB", "Rejected", "not on a Friday")
        self.ended(execution, "Failed")

    def cannot_wash_a_rejection_away(self):
        execution = self.start("unsatisfied", False)
        self.answer(execution, "alice", "ApprovalA")
        time.sleep(0.01)
        self.answer(execution, "bob", "ApprovalB", "Rejected")
        self.ended(execution, "Failed")
        self.retry(execution, "FAILED_ACTIONS")
        self.answer(execution, "bob", "ApprovalB")
        self.ended(execution, "Failed")

    def is_stopped(self):
        execution = self.start("unsatisfied", False)
        self.answer(execution, "alice", "ApprovalA")
        self.api.stop_pipeline_execution(
            pipelineName=self.name, pipelineExecutionId=execution, abandon=True, reason="lunch"
        )
        self.ended(execution, "Stopped")

    def supersedes(self):
        first = self.start("satisfied", True)
        self.until("the first waits", lambda: self.open_approval(first, "ApprovalB"))
        second = self.start("not-applicable", False)
        third = self.start("satisfied", True)
        self.approve(first, "alice", "bob")
        self.ended(first, "Succeeded")
        self.ended(second, "Superseded")
        self.approve(third, "alice", "bob")
        self.ended(third, "Succeeded")

    def fails_before_the_approvals(self):
        self.update(source="Failed")
        self.ended(self.start("not-applicable", False), "Failed")
        self.update()

    def fails_after_the_gate(self):
        self.update(deploy="Failed")
        execution = self.start("satisfied", True)
        self.approve(execution, "alice", "bob")
        self.ended(execution, "Failed")
        self.update()

    def goes_round_the_gate(self):
        self.update(gate=False)
        execution = self.start("no-gate", True)
        self.approve(execution, "alice", "alice")
        self.ended(execution, "Succeeded")
        self.update(approvals=False)
        self.ended(self.start("no-gate", True), "Succeeded")
        self.update(approvals=False, deploy="Failed")
        self.ended(self.start("no-gate", True), "Failed")
        self.update()

    def is_in_flight(self):
        execution = self.start("not-finished", False)
        self.answer(execution, "alice", "ApprovalA")

    def every_kind(self):
        self.passes()
        self.is_refused()
        self.passes("sso-carol", "bob")
        self.is_refused("deployer-1", "deployer-2")
        self.passes_after_all_are_asked_again()
        self.stays_refused_when_the_gate_alone_runs_again()
        self.is_rejected()
        self.cannot_wash_a_rejection_away()
        self.is_stopped()
        self.supersedes()
        self.fails_before_the_approvals()
        self.fails_after_the_gate()
        self.goes_round_the_gate()


def every_kind_and_one_in_flight(pipeline, rounds):
    for _ in range(rounds):
        pipeline.every_kind()
    pipeline.is_in_flight()


def many_at_once(pipeline, waves, count):
    """A PARALLEL pipeline: a wave waits at the same time, and is answered in any order."""
    for _ in range(waves):
        executions = [
            pipeline.start(*(("satisfied", True) if number % 3 else ("unsatisfied", False)))
            for number in range(count)
        ]
        for execution in reversed(executions):
            satisfied = pipeline.planted[execution][0] == "satisfied"
            pipeline.approve(execution, "alice", "bob" if satisfied else "alice")
        for execution in executions:
            pipeline.ended(
                execution,
                "Succeeded" if pipeline.planted[execution][0] == "satisfied" else "Failed",
            )
    for _ in range(3):
        pipeline.is_in_flight()


@pytest.fixture(scope="module")
def served():
    emulator = Emulator("--rule", RULE)
    pipelines = [
        Pipeline(emulator, "payments"),
        Pipeline(emulator, "refunds"),
        Pipeline(emulator, "parallel", "PARALLEL"),
    ]
    with ThreadPoolExecutor() as pool:
        done = [
            pool.submit(every_kind_and_one_in_flight, pipeline, 4) for pipeline in pipelines[:2]
        ]
        done.append(pool.submit(many_at_once, pipelines[2], 3, 40))
        for future in done:
            future.result()
    yield emulator, pipelines
    emulator.stop()


def test_each_of_200_executions_gets_the_verdict_that_was_planted(served):
    emulator, pipelines = served
    assert sum(len(pipeline.planted) for pipeline in pipelines) >= 200
    assert len(pipelines[2].planted) > 100, "more than a page"
    for pipeline in pipelines:
        done = policygen(emulator, pipeline.name, "--format", "json")
        report = json.loads(done.stdout)
        found = {
            execution["executionId"]: (execution["verdict"], execution["released"])
            for execution in report["executions"]
        }
        assert found == pipeline.planted
        # The gate ran as today's code does, so the two never differ; and every exception is one
        # that was planted.
        agrees = {
            execution["gate"]["agrees"] for execution in report["executions"] if execution["gate"]
        }
        assert agrees <= {True, None}
        said = {
            run["said"]["verdict"]
            for execution in report["executions"]
            if execution["gate"]
            for run in execution["gate"]["runs"]
        }
        assert said == {"satisfied", "unsatisfied"}
        codes = {
            exception["code"]
            for execution in report["executions"]
            for exception in execution["exceptions"]
        }
        planted = {verdict for verdict, _ in pipeline.planted.values()}
        assert codes == ({"no-gate"} if "no-gate" in planted else set())
        assert done.returncode == (10 if codes else 0)
        for execution in report["executions"]:
            assert execution["startedBy"]["detail"] == "arn:aws:iam::111122223333:user/bob"
            assert (
                execution["decision"] is None
                or execution["decision"]["executionId"] == execution["executionId"]
            )


@pytest.mark.parametrize("timestamps", ["iso8601", "wire"])
def test_what_the_aws_cli_saved_gives_the_same_bytes(served, tmp_path, timestamps):
    emulator, pipelines = served
    config = tmp_path / "config"
    config.write_text(f"[default]\ncli_timestamp_format = {timestamps}\n")
    for pipeline in pipelines:
        inputs = []
        for listing in ("list-pipeline-executions", "list-action-executions"):
            path = tmp_path / f"{pipeline.name}-{listing}.json"
            environment = {
                **emulator.environment("bob"),
                "AWS_CONFIG_FILE": str(config),
                "TZ": "Asia/Tokyo",
            }
            command = [
                "aws",
                "codepipeline",
                listing,
                "--pipeline-name",
                pipeline.name,
                "--output",
                "json",
            ]
            with path.open("wb") as out:
                subprocess.run(command, env=environment, stdout=out, check=True)
            inputs += ["--input", path]
        one = ["--execution", next(iter(pipeline.planted))]
        # A file does not say which account the pipeline is of; AWS does.
        account = ["--account", "111122223333"]
        for arguments in (
            ["--format", "json", *account],
            ["--format", "html", *one, *account],
            ["--format", "csv", "--since", "2020-01-01"],
        ):
            live = policygen(emulator, pipeline.name, *arguments)
            saved = policygen(emulator, pipeline.name, *arguments, *inputs)
            same = without_cover(saved.stdout) == without_cover(live.stdout)
            assert same and saved.returncode == live.returncode, (pipeline.name, arguments)


def without_cover(report):
    """A report without what it says about the way it was made."""
    text = report if isinstance(report, str) else report.decode()
    for cover in (r'  "cover": \{\n.*?\n  \},\n', r'<section id="cover".*?</section>'):
        text = re.sub(cover, "", text, count=1, flags=re.DOTALL)
    return text


def test_a_period_before_the_history_is_nothing_and_never_clean(served):
    emulator, pipelines = served
    done = policygen(emulator, pipelines[0].name, "--until", "2020-01-01", check=False)
    assert done.returncode == 3


def test_an_unknown_pipeline_is_said_in_aws_words(served):
    emulator, _ = served
    done = policygen(emulator, "nowhere", check=False)
    assert done.returncode == 1 and done.stdout == b""
    assert (
        b"codepipeline:ListPipelineExecutions failed: PipelineNotFoundException" in done.stderr
    ), done.stderr
