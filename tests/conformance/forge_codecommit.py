"""Serves the forge of `forge.py` as CodeCommit, and what CloudTrail keeps of it. Requests and
replies are checked against botocore's models.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

import botocore.session
from botocore.model import StructureShape
from botocore.validate import ParamValidator
from forge import NO_COMMIT, Forge, Pull
from forge_server import JsonHandler, Loopback

ACCOUNT = "111122223333"
MODELS = {
    "CodeCommit_20150413": botocore.session.get_session().get_service_model("codecommit"),
    "CloudTrail_20131101": botocore.session.get_session().get_service_model("cloudtrail"),
}


def arn(user):
    return getattr(user, "arn", f"arn:aws:iam::{ACCOUNT}:user/{user.login}")


@dataclass(eq=False)
class PullRequest(Pull):
    method: str = ""
    merged_by: object = None
    # What the user who merged chose, as the request has it.
    choices: dict = field(default_factory=dict)
    overrider: object = None
    has_conflicts: bool = False
    # When its source branch stopped to count: when it was merged.
    frozen: int | None = None

    def review(self, user, state="APPROVE", head=None):
        return super().review(user, state, head)

    def merge(self, by, method="three_way", **choices):
        self.method, self.merged_by, self.choices = method, by, choices
        super().merge(by, method)
        self.frozen = self.merged
        return self

    def _three_way(self, by, before):
        return self.home.forge.commit([before, self.head], by.email, f"Merge {self.number}")

    def _squash(self, by, before):
        return self.home.forge.commit([before], by.email, f"Squash {self.number}")

    def _fast_forward(self, by, before):
        assert self.home.forge.reaches(self.head, before)
        return self.head

    def updates(self):
        return [
            one
            for one in self.home.activity
            if one.branch == self.branch and self.at < one.at <= (self.frozen or one.at)
            if NO_COMMIT not in (one.before, one.after)
        ]

    def revision(self):
        return f"revision-{len(self.updates())}"


class CodeCommit(Forge):
    pull = PullRequest


def commit_by_api(repository, by, branch, name="CreateCommit", **more):
    """Somebody makes a commit in the console, or by the API."""
    tip = repository.branches[branch]
    made = repository.forge.commit([tip], by.email, "by the API")
    repository.move(by, branch, made, name)
    for key, value in more.items():
        setattr(repository.activity[-1], key, value)
    return made


class Failure(Exception):
    def __init__(self, code, message=""):
        self.code, self.message = code, message


class Service:
    """The replies of both services."""

    def __init__(self, forge):
        self.forge, self.denied, self.failures = forge, set(), []
        self.hidden = set()  # Activities that CloudTrail does not show yet.
        self.requests = []

    def answer(self, prefix, name, given):
        model = MODELS[prefix].operation_model(name)
        check(model.input_shape, given)
        self.requests.append(name)
        if self.failures:
            raise self.failures.pop(0)
        if name in self.denied:
            raise Failure("AccessDeniedException", f"not authorized to perform {name}")
        reply = getattr(self, name)(**given)
        check(model.output_shape, reply)
        return reply

    def repository(self, name):
        if name not in self.forge.repositories:
            raise Failure("RepositoryDoesNotExistException", f"{name} does not exist")
        return self.forge.repositories[name]

    def GetRepository(self, repositoryName):
        repository = self.repository(repositoryName)
        return {
            "repositoryMetadata": {
                "accountId": ACCOUNT,
                "repositoryId": str(repository.id),
                "repositoryName": repository.name,
                "defaultBranch": "main",
            }
        }

    def BatchGetCommits(self, repositoryName, commitIds):
        self.repository(repositoryName)
        assert len(commitIds) <= 100
        known = [self.forge.commits[one] for one in commitIds if one in self.forge.commits]
        lost = [one for one in commitIds if one not in self.forge.commits]
        code = "CommitIdDoesNotExistException"
        return {
            "commits": [self.commit(one) for one in known],
            "errors": [{"commitId": one, "errorCode": code} for one in lost],
        }

    def commit(self, commit):
        who = {"name": commit.author, "email": commit.author, "date": f"{commit.date} +0000"}
        return {
            "commitId": commit.sha,
            "treeId": commit.sha[::-1],
            "parents": list(commit.parents),
            "message": commit.message,
            "author": who,
            "committer": who,
            "additionalData": "",
        }

    def pull(self, number):
        for repository in self.forge.repositories.values():
            for pull in repository.pulls:
                if str(pull.number) == number:
                    return pull
        raise Failure("PullRequestDoesNotExistException", number)

    def GetPullRequest(self, pullRequestId):
        pull = self.pull(pullRequestId)
        merge = {"isMerged": False}
        if pull.merged:
            option = {"three_way": "THREE_WAY_MERGE", "squash": "SQUASH_MERGE"}
            merge = {
                "isMerged": True,
                "mergedBy": arn(pull.merged_by),
                "mergeCommitId": pull.merge_commit,
                "mergeOption": option.get(pull.method, "FAST_FORWARD_MERGE"),
            }
        target = {
            "repositoryName": pull.home.name,
            "sourceReference": f"refs/heads/{pull.branch}",
            "destinationReference": f"refs/heads/{pull.base}",
            "sourceCommit": pull.tip(),
            "destinationCommit": pull.home.branches[pull.base],
            "mergeMetadata": merge,
        }
        return {
            "pullRequest": {
                "pullRequestId": pullRequestId,
                "title": f"Change {pull.number}",
                "lastActivityDate": pull.updated,
                "creationDate": pull.at,
                "pullRequestStatus": "CLOSED" if pull.merged else "OPEN",
                "authorArn": arn(pull.user),
                "pullRequestTargets": [target],
                "revisionId": pull.revision(),
                "approvalRules": [],
            }
        }

    def GetMergeConflicts(
        self,
        repositoryName,
        destinationCommitSpecifier,
        sourceCommitSpecifier,
        mergeOption,
    ):
        onto = destinationCommitSpecifier
        [pull] = [
            pull
            for pull in self.repository(repositoryName).pulls
            if pull.head == sourceCommitSpecifier
            if pull.merge_commit and self.forge.commits[pull.merge_commit].parents[0] == onto
        ]
        assert mergeOption in ("SQUASH_MERGE", "THREE_WAY_MERGE")
        conflict = {"filePath": "a", "contentConflict": True}
        return {
            "mergeable": not pull.has_conflicts,
            "destinationCommitId": onto,
            "sourceCommitId": pull.head,
            "conflictMetadataList": [conflict] * pull.has_conflicts,
        }

    def GetPullRequestApprovalStates(self, pullRequestId, revisionId):
        pull = self.pull(pullRequestId)
        assert revisionId == pull.revision()
        states = [one for one in pull.reviews if one.commit_id == pull.tip()]
        approvals = [{"userArn": arn(one.user), "approvalState": one.state} for one in states]
        return {"approvals": approvals}

    def GetPullRequestOverrideState(self, pullRequestId, revisionId):
        pull = self.pull(pullRequestId)
        if pull.overrider is None:
            return {"overridden": False}
        return {"overridden": True, "overrider": arn(pull.overrider)}

    def DescribePullRequestEvents(self, pullRequestId, maxResults, nextToken="0"):
        pull = self.pull(pullRequestId)
        created = {
            "pullRequestId": pullRequestId,
            "eventDate": float(pull.at),
            "pullRequestEventType": "PULL_REQUEST_CREATED",
            "actorArn": arn(pull.user),
            "pullRequestCreatedEventMetadata": {"repositoryName": pull.home.name},
        }
        updates = [
            {
                "pullRequestId": pullRequestId,
                "eventDate": float(one.at),
                "pullRequestEventType": "PULL_REQUEST_SOURCE_REFERENCE_UPDATED",
                "actorArn": arn(one.actor),
                "pullRequestSourceReferenceUpdatedEventMetadata": {
                    "repositoryName": pull.home.name,
                    "beforeCommitId": one.before,
                    "afterCommitId": one.after,
                },
            }
            for one in pull.updates()
        ]
        merged = {
            "pullRequestId": pullRequestId,
            "eventDate": float(pull.merged),
            "pullRequestEventType": "PULL_REQUEST_MERGE_STATE_CHANGED",
            "actorArn": arn(pull.merged_by),
            "pullRequestMergedStateChangedEventMetadata": {"repositoryName": pull.home.name},
        }
        found, token = page([created, *updates, merged], nextToken, min(maxResults, 2))
        return {"pullRequestEvents": found, **({"nextToken": token} if token else {})}

    def LookupEvents(self, LookupAttributes, MaxResults, NextToken="0"):
        [wanted] = LookupAttributes
        assert wanted["AttributeKey"] == "EventName"
        records = [
            record
            for repository in self.forge.repositories.values()
            for one in repository.activity
            if one.id not in self.hidden
            for record in self.records(repository, one)
            if record["eventName"] == wanted["AttributeValue"]
        ]
        records.sort(key=lambda record: record["eventTime"], reverse=True)
        events = [
            {
                "EventId": record["eventID"],
                "EventName": record["eventName"],
                "EventTime": 1_790_000_000.0,
                "EventSource": record["eventSource"],
                "CloudTrailEvent": json.dumps(record),
            }
            for record in records
        ]
        found, token = page(events, NextToken, MaxResults)
        return {"Events": found, **({"NextToken": token} if token else {})}

    def records(self, repository, one):
        """The records of a move, as "Logging CodeCommit API calls with CloudTrail" has them."""
        record = {
            "eventVersion": "1.08",
            "userIdentity": {"type": "IAMUser", "arn": arn(one.actor), "accountId": ACCOUNT},
            "eventTime": datetime.fromtimestamp(one.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": "codecommit.amazonaws.com",
            "awsRegion": "eu-west-1",
            "responseElements": None,
            "additionalEventData": {"repositoryName": repository.name, "protocol": "HTTP"},
            "eventID": f"event-{one.id}",
            "readOnly": False,
            "eventType": "AwsApiCall",
            "recipientAccountId": ACCOUNT,
        }
        if one.type == "pr_merge":
            [pull] = [pull for pull in repository.pulls if pull.merge_commit == one.after]
            names = {"three_way": "ThreeWay", "squash": "Squash", "fast_forward": "FastForward"}
            given = {"pullRequestId": str(pull.number), "repositoryName": repository.name}
            name = f"MergePullRequestBy{names[pull.method]}"
            asked = {**given, **pull.choices}
            return [{**record, "eventName": name, "requestParameters": asked}]
        if one.type in ("push", "force_push", "branch_creation", "branch_deletion"):
            pushed = [{"commit": one.after, "ref": f"refs/heads/{one.branch}"}]
            record |= {"eventName": "GitPush"}
            # A push appears twice: the first record is of its negotiation.
            first = {**record, "eventID": f"event-{one.id}-first", "requestParameters": None}
            return [first, {**record, "requestParameters": {"references": pushed}}]
        given = {"repositoryName": repository.name, "branchName": one.branch}
        made = {"commitId": one.after, "treeId": one.after[::-1]}
        return [
            {
                **record,
                "eventName": one.type,
                "requestParameters": given,
                "responseElements": getattr(one, "response", made),
                **getattr(one, "more", {}),
            }
        ]


def page(items, token, size):
    start = int(token)
    return items[start : start + size], str(start + size) if len(items) > start + size else None


def check(shape, value):
    """Raises if a request or a reply is not of the model's shape, or has more than that."""
    report = ParamValidator().validate(value, shape)
    assert not report.has_errors(), report.generate_report()
    known(shape, value)


def known(shape, value):
    if isinstance(shape, StructureShape):
        assert set(value) <= set(shape.members), (shape, value)
        for name in value:
            known(shape.members[name], value[name])
    elif shape.type_name == "list":
        for one in value:
            known(shape.member, one)


class Server(Loopback):
    """Serves both services."""

    def __init__(self, service):
        self.service, self.forge = service, service.forge
        super().__init__(handler(self))


def handler(server):
    class Handler(JsonHandler):
        content_type = "application/x-amz-json-1.1"

        def do_POST(self):
            given = json.loads(self.rfile.read(int(self.headers["content-length"])))
            prefix, name = self.headers["x-amz-target"].split(".")[-2:]
            signed = self.headers["authorization"]
            service = {"CodeCommit_20150413": "codecommit"}.get(prefix, "cloudtrail")
            try:
                assert f"/eu-west-1/{service}/aws4_request" in signed, signed
                self.send(200, server.service.answer(prefix, name, given))
            except Failure as failure:
                self.send(400, {"__type": failure.code, "message": failure.message})
            except Exception as problem:
                server.problems.append(repr(problem))
                self.send(400, {"__type": "ValidationException", "message": repr(problem)})

    return Handler
