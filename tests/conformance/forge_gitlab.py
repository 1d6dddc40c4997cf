"""The replies of the forge of `forge.py` as GitLab's API has them."""

import json
import urllib.parse
from dataclasses import dataclass
from datetime import UTC, datetime

from forge import NO_COMMIT, Forge, Pull, User
from forge_server import Refusal, Replies


@dataclass(eq=False)
class MergeRequest(Pull):
    merged_by: User | None = None
    # The commit of a push that contained its commits, if somebody merged it by hand.
    pushed_as: str | None = None
    squashed_as: str | None = None

    def merge(self, by, method="merge"):
        self.merged_by = by
        return super().merge(by, method)

    def merge_by_hand(self, by, sha):
        """Somebody pushes a commit that contains it: GitLab then says that it was merged."""
        self.merged_by, self.pushed_as = by, sha
        self.freeze()
        self.home.push(by, self.base, sha)
        self.close(sha)
        return self

    def _merge(self, by, before, head=None):
        message = f"Merge branch '{self.branch}' into '{self.base}'"
        return self.home.forge.commit([before, head or self.head], by.email, message)

    def _squash(self, by, before):
        author = self.user.email if self.user else "ghost@example.com"
        message = f"Squash !{self.number}"
        self.squashed_as = self.home.forge.commit([before], author, message, by)
        return self.squashed_as

    def _squash_and_merge(self, by, before):
        return self._merge(by, before, self._squash(by, before))

    def _fast_forward(self, by, before):
        assert self.home.forge.reaches(self.head, before)
        return self.head

    def versions(self):
        """The heads that it had: when it was opened, and after each push since."""
        activity = [one for one in self.repository.activity if one.branch == self.branch]
        heads = [(one.at, one.after) for one in activity if one.after != NO_COMMIT]
        first = [after for at, after in heads if at <= self.at][-1]
        later = [(at, after) for at, after in heads if at > self.at]
        return [(at, head) for at, head in [(self.at, first), *later] if at <= (self.merged or at)]


class GitLab(Forge):
    pull = MergeRequest
    is_old = False  # An old one does not say when somebody approved.


def no_reply(user):
    return f"{user.id}-{user.login}@users.noreply.gitlab.com"


def api(server, path, query, body=None):
    """The template of a path, and the reply."""
    parts = [urllib.parse.unquote(part) for part in path.strip("/").split("/")]
    match parts:
        case ["api", "graphql"]:
            template, reply = "POST graphql", Api(server, None, query).graphql(json.loads(body))
        case ["api", "v4", "projects", project, *rest]:
            found = [
                one
                for one in server.forge.repositories.values()
                if project in (str(one.id), one.name) and one.may_read
            ]
            if not found:
                raise Refusal(404, "404 Project Not Found")
            template, reply = Api(server, found[0], query).read(rest)
        case ["api", "v4", "users", *rest]:
            template, reply = Api(server, None, query).users(rest)
        case _:
            raise Refusal(404, "404 Not Found")
    if template in server.forbidden:
        raise Refusal(403, "403 Forbidden")
    return template, reply


class Api(Replies):
    """The replies for one project."""

    def read(self, rest):
        match rest:
            case []:
                return "project", self.project()
            case ["events"]:
                return "events", self.events()
            case ["merge_requests"]:
                return "merge_requests", self.requests()
            case ["merge_requests", iid, "approvals"]:
                return "approvals", self.approvals(self.request_of(iid))
            case ["merge_requests", iid, "versions"]:
                return "versions", self.versions(self.request_of(iid))
            case ["merge_requests", iid, "resource_state_events"]:
                return "state_events", self.state_events(self.request_of(iid))
            case ["repository", "commits"]:
                return "commits", self.commits(*self.query["ref_name"].split(".."))
            case ["repository", "commits", sha]:
                return "commit", self.commit(self.find(sha))
            case ["repository", "commits", sha, "signature"]:
                return "signature", self.signature(self.find(sha))
            case ["repository", "merge_base"]:
                return "commit", self.merge_base(*self.query["refs[]"])
            case ["members", "all", number]:
                return "member", self.member(number)
        raise Refusal(404, "404 Not Found")

    def users(self, rest):
        match rest:
            case []:
                known = self.forge.users.values()
                wanted = self.query["search"]
                return "users", [self.user(one, True) for one in known if public(one) == wanted]
            case [number]:
                user = self.user_of(number)
                return "user", {**self.user(user), "bot": user.type == "Bot"}
        raise Refusal(404, "404 Not Found")

    def user_of(self, number):
        for user in self.forge.users.values():
            if str(user.id) == number:
                return user
        raise Refusal(404, "404 User Not Found")

    def user(self, user, with_email=False):
        if user is None or user.login not in self.forge.users:
            user = User("ghost", 3)
        told = {
            "id": user.id,
            "username": user.login,
            "name": "Ghost User" if user.login == "ghost" else user.login.title(),
            "state": "active",
            "locked": False,
            "avatar_url": None,
            "web_url": f"{self.url}/{user.login}",
        }
        return {**told, "public_email": public(user)} if with_email else told

    def project(self):
        return {
            "id": self.repository.id,
            "path_with_namespace": self.repository.name,
            "default_branch": "main",
            "visibility": "private",
        }

    def events(self):
        """The newest first."""
        assert self.query["action"] == "pushed"
        return [self.event(one) for one in reversed(self.repository.activity)]

    def event(self, one):
        gone, fresh = one.after == NO_COMMIT, one.before == NO_COMMIT
        action = "removed" if gone else "created" if fresh else "pushed"
        names = {"removed": "deleted", "created": "pushed new", "pushed": "pushed to"}
        in_bulk = one.type == "bulk"
        return {
            "id": one.id,
            "project_id": self.repository.id,
            "action_name": names[action],
            "target_id": None,
            "target_iid": None,
            "target_type": None,
            "author_id": one.actor.id if one.actor else None,
            "target_title": None,
            "created_at": when(one.at),
            "author": self.user(one.actor),
            "push_data": {
                "commit_count": 1,
                "action": action,
                "ref_type": "tag" if one.type == "tag" else "branch",
                "commit_from": None if fresh or in_bulk else one.before,
                "commit_to": None if gone or in_bulk else one.after,
                "ref": None if in_bulk else one.branch,
                "commit_title": "work",
                "ref_count": 4 if in_bulk else None,
            },
            "author_username": one.actor.login if one.actor else "ghost",
        }

    def find(self, sha):
        if sha not in self.forge.commits:
            raise Refusal(404, "404 Commit Not Found")
        return self.forge.commits[sha]

    def commits(self, base, head):
        self.find(base), self.find(head)
        return [self.commit(one) for one in reversed(self.forge.between(base, head))]

    def merge_base(self, one, other):
        for sha in (one, other):
            if sha not in self.forge.commits:
                raise Refusal(400, f"400 Bad request - Could not find ref: {sha}")
        common = self.forge.ancestors(one) & self.forge.ancestors(other)
        if not common:
            raise Refusal(404, "404 Merge Base Not Found")
        return self.commit(max(map(self.find, common), key=lambda commit: commit.date))

    def commit(self, commit):
        return {
            "id": commit.sha,
            "short_id": commit.sha[:8],
            "created_at": when(commit.date),
            "parent_ids": list(commit.parents),
            "title": commit.message.splitlines()[0],
            "message": commit.message,
            "author_name": commit.author.split("@")[0],
            "author_email": commit.author,
            "authored_date": when(commit.date),
            "committer_name": commit.committer.split("@")[0],
            "committer_email": commit.committer,
            "committed_date": when(commit.date),
            "trailers": {},
            "extended_trailers": {},
            "web_url": f"{self.url}/{self.repository.name}/-/commit/{commit.sha}",
        }

    def signature(self, commit):
        if not commit.verified:
            raise Refusal(404, "404 Signature Not Found")
        return {
            "signature_type": "SSH",
            "verification_status": "verified_system",
            "commit_source": "gitaly",
            "key": None,
        }

    def requests(self):
        assert self.query["state"] == "merged" and self.query["order_by"] == "updated_at"
        found = [one for one in self.repository.pulls if one.merged]
        found.sort(key=lambda one: one.updated, reverse=True)
        return [self.request(one) for one in found]

    def request_of(self, iid):
        for request in self.repository.pulls:
            if str(request.number) == iid:
                return request
        raise Refusal(404, "404 Not found")

    def request(self, one):
        is_merge = one.merge_commit not in (one.squashed_as, one.head)
        return {
            "id": one.number + 9_000,
            "iid": one.number,
            "project_id": self.repository.id,
            "title": f"Change {one.number}",
            "state": "merged",
            "created_at": when(one.at),
            "updated_at": when(one.updated),
            "merged_at": when(one.merged),
            "merge_user": self.user(one.merged_by),
            "target_branch": one.base,
            "source_branch": one.branch,
            "author": self.user(one.user),
            "source_project_id": one.repository.id if one.repository else None,
            "target_project_id": self.repository.id,
            "sha": one.head,
            "merge_commit_sha": one.merge_commit if is_merge else None,
            "squash_commit_sha": one.squashed_as,
            "squash": one.squashed_as is not None,
        }

    def approvals(self, request):
        approved = [one for one in request.reviews if one.state == "APPROVED"]
        told = [{"user": self.user(one.user), "approved_at": when(one.at)} for one in approved]
        if self.forge.is_old:
            told = [{"user": one["user"]} for one in told]
        return {
            "user_has_approved": False,
            "user_can_approve": False,
            "approved": bool(told),
            "approved_by": told,
        }

    def versions(self, request):
        return [
            {
                "id": number + 1,
                "head_commit_sha": head,
                "base_commit_sha": self.repository.branches["main"],
                "start_commit_sha": self.repository.branches["main"],
                "created_at": when(at),
                "merge_request_id": request.number + 9_000,
                "state": "collected",
                "real_size": "1",
                "patch_id_sha": head[::-1],
            }
            for number, (at, head) in reversed([*enumerate(request.versions())])
        ]

    def state_events(self, request):
        event = {
            "id": request.number,
            "user": self.user(request.merged_by),
            "created_at": when(request.merged),
            "resource_type": "MergeRequest",
            "resource_id": request.number + 9_000,
        }
        source = {"source_commit": request.pushed_as, "source_merge_request_id": None}
        return [{**event, **source, "state": "merged"}]

    def member(self, number):
        user = self.user_of(number)
        if user.login not in self.repository.writers:
            raise Refusal(404, "404 Not found")
        level = {"read": 20, "write": 30, "admin": 40}[self.repository.writers[user.login]]
        return {
            **self.user(user),
            "access_level": level,
            "created_at": when(self.forge.now),
            "expires_at": None,
            "membership_state": "active",
        }

    def graphql(self, question):
        """The one question that is asked."""
        given = question["variables"]
        self.repository = self.forge.repositories[given["path"]]
        commits = self.request_of(given["iid"]).commits
        start = int(given["after"] or 0)
        nodes = [{"sha": one.sha, "author": self.node(one)} for one in commits[start : start + 100]]
        is_more = len(commits) > start + 100
        page = {"hasNextPage": is_more, "endCursor": str(start + 100) if is_more else None}
        found = {"commits": {"pageInfo": page, "nodes": nodes}}
        return {"data": {"project": {"mergeRequest": found}}}

    def node(self, commit):
        for user in self.forge.users.values():
            if commit.author in (user.email, no_reply(user)):
                return {"id": f"gid://gitlab/User/{user.id}", "username": user.login}
        return None


def public(user):
    """The e-mail that a user shows. Most show none."""
    return getattr(user, "public_email", None)


def when(seconds):
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
