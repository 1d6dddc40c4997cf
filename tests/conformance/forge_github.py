"""The replies of the forge of `forge.py` as GitHub's REST API has them."""

import urllib.parse
from datetime import UTC, datetime

from forge_server import Refusal, Replies

REPOSITORY_URLS = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
    "clone",
    "git",
    "ssh",
    "svn",
    "mirror",
]
USER_URLS = [
    "followers",
    "following",
    "gists",
    "starred",
    "subscriptions",
    "organizations",
    "repos",
    "events",
    "received_events",
]


def api(server, path, query):
    """The template of a path, and the reply."""
    # An Enterprise Server has this before each path.
    path = path.removeprefix("/api/v3")
    parts = [urllib.parse.unquote(part) for part in path.strip("/").split("/")]
    match parts:
        case ["repos", owner, name, *rest]:
            full = f"{owner}/{name}"
        case ["repositories", number, *rest]:
            found = [one for one in server.forge.repositories.values() if str(one.id) == number]
            full = found[0].name if found else ""
        case _:
            raise Refusal(404, "Not Found")
    repository = server.forge.repositories.get(full)
    if repository is None and full in server.forge.moved:
        moved = server.forge.repositories[server.forge.moved[full]]
        tail = "/".join(["", *map(urllib.parse.quote, rest)])
        text = urllib.parse.urlencode(query)
        location = f"{server.url}/repositories/{moved.id}{tail}" + (f"?{text}" if text else "")
        raise Refusal(301, "Moved Permanently", location=location)
    if repository is None or not repository.may_read:
        raise Refusal(404, "Not Found")
    template, reply = Api(server, repository, query).read(rest)
    if template in server.forbidden:
        raise Refusal(403, "Resource not accessible by personal access token")
    return template, reply


class Api(Replies):
    """The replies for one repository."""

    def read(self, rest):
        prefix = "/repos/{owner}/{repo}"
        match rest:
            case []:
                return prefix, self.repo(self.repository, full=True)
            case ["compare", basehead]:
                return f"{prefix}/compare/{{basehead}}", self.compare(*basehead.split("..."))
            case ["activity"]:
                return f"{prefix}/activity", self.activity()
            case ["commits", sha, "pulls"]:
                return f"{prefix}/commits/{{commit_sha}}/pulls", self.pulls_of(sha)
            case ["pulls"]:
                return f"{prefix}/pulls", self.pulls()
            case ["pulls", number, "reviews"]:
                pull = self.pull_number(number)
                return (
                    f"{prefix}/pulls/{{pull_number}}/reviews",
                    [self.review(pull, one) for one in pull.reviews],
                )
            case ["pulls", number, "commits"]:
                commits = self.pull_number(number).commits[:250]
                return f"{prefix}/pulls/{{pull_number}}/commits", [*map(self.commit, commits)]
            case ["issues", number, "events"]:
                events = [*map(self.event, self.pull_number(number).events)]
                return f"{prefix}/issues/{{issue_number}}/events", events
            case ["rules", "branches", branch]:
                rules = [self.rule(*one) for one in self.repository.rules if one[0] == branch]
                return f"{prefix}/rules/branches/{{branch}}", rules
            case ["rulesets", "rule-suites"]:
                return f"{prefix}/rulesets/rule-suites", self.suites()
            case ["collaborators", login, "permission"]:
                return f"{prefix}/collaborators/{{username}}/permission", self.permission(login)
        raise Refusal(404, "Not Found")

    def user(self, user):
        if user is None or user.login not in self.forge.users:
            return None
        url = f"{self.url}/users/{user.login}"
        return {
            "login": user.login,
            "id": user.id,
            "node_id": f"U_{user.id}",
            "avatar_url": f"https://avatars.example.com/u/{user.id}",
            "gravatar_id": "",
            "url": url,
            "html_url": f"https://example.com/{user.login}",
            **{f"{name}_url": f"{url}/{name}" for name in USER_URLS},
            "type": user.type,
            "site_admin": False,
        }

    def repo(self, repository, full=False):
        if repository is None:
            return None
        owner, name = repository.name.split("/")
        url = f"{self.url}/repos/{repository.name}"
        counts = ("forks", "forks_count", "stargazers_count", "watchers", "watchers_count", "size")
        counts += ("open_issues", "open_issues_count")
        counts += ("network_count", "subscribers_count") if full else ()
        flags = ["private", "fork", "archived", "disabled", "has_downloads", "has_issues"]
        flags += ["has_projects", "has_wiki", "has_pages", "has_discussions"]
        return {
            "id": repository.id,
            "node_id": f"R_{repository.id}",
            "name": name,
            "full_name": repository.name,
            "owner": self.user(self.forge.user(owner)),
            "url": url,
            "html_url": f"https://example.com/{repository.name}",
            **{f"{name}_url": f"{url}/{name}" for name in REPOSITORY_URLS},
            **dict.fromkeys(counts, 0),
            **dict.fromkeys(flags, False),
            "default_branch": "main",
            "description": "",
            "homepage": "",
            "language": "",
            "license": None,
            **dict.fromkeys(("pushed_at", "created_at", "updated_at"), when(self.forge.now)),
        }

    def commit(self, commit):
        url = f"{self.url}/repos/{self.repository.name}/commits/{commit.sha}"
        tree = {"sha": commit.sha[::-1], "url": f"{url}/tree"}
        return {
            "url": url,
            "sha": commit.sha,
            "node_id": f"C_{commit.sha}",
            "html_url": url,
            "comments_url": f"{url}/comments",
            "commit": {
                "url": url,
                "author": git_user(commit.author, commit.date),
                "committer": git_user(commit.committer, commit.date),
                "message": commit.message,
                "comment_count": 0,
                "tree": tree,
                "verification": {
                    "verified": commit.verified,
                    "reason": "valid" if commit.verified else "unsigned",
                    "payload": None,
                    "signature": None,
                    "verified_at": when(commit.date) if commit.verified else None,
                },
            },
            "author": self.user(self.forge.account(commit.author)),
            "committer": self.user(self.forge.account(commit.committer)),
            "parents": [{"sha": sha, "url": url, "html_url": url} for sha in commit.parents],
        }

    def compare(self, base, head):
        if base not in self.forge.commits or head not in self.forge.commits:
            raise Refusal(404, "Not Found")
        ahead, behind = self.forge.between(base, head), self.forge.between(head, base)
        common = self.forge.ancestors(base) & self.forge.ancestors(head)
        merge_base = max((self.forge.commits[sha] for sha in common), key=lambda it: it.date)
        status = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind"}
        url = f"{self.url}/repos/{self.repository.name}/compare/{base}...{head}"
        page, link = self.page(ahead)
        names = ("url", "html_url", "permalink_url", "diff_url", "patch_url")
        whole = {
            **dict.fromkeys(names, url),
            "base_commit": self.commit(self.forge.commits[base]),
            "merge_base_commit": self.commit(merge_base),
            "status": status.get((bool(ahead), bool(behind)), "identical"),
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "commits": [*map(self.commit, page)],
            "files": [],
        }
        return whole, link

    def activity(self):
        """The newest first, by a cursor."""
        found = list(reversed(self.repository.activity))
        if ref := self.query.get("ref"):
            found = [one for one in found if ref in (one.branch, f"refs/heads/{one.branch}")]
        items = [
            {
                "id": one.id,
                "node_id": f"PUSH_{one.id}",
                "before": one.before,
                "after": one.after,
                "ref": f"refs/heads/{one.branch}",
                "timestamp": when(one.at),
                "activity_type": one.type,
                "actor": self.user(one.actor),
            }
            for one in found
        ]
        start = int(self.query.get("after", 0))
        size = int(self.query.get("per_page", 30))
        link = start + size if len(items) > start + size else None
        return items[start : start + size], link and {"after": link}

    def pull_number(self, number):
        for pull in self.repository.pulls:
            if str(pull.number) == number:
                return pull
        raise Refusal(404, "Not Found")

    def pulls(self):
        assert self.query["state"] == "closed" and self.query["direction"] == "desc"
        found = [pull for pull in self.repository.pulls if pull.merged]
        found.sort(key=lambda pull: pull.updated, reverse=True)
        return [*map(self.pull, found)]

    def pulls_of(self, sha):
        return [self.pull(pull) for pull in self.repository.pulls if pull.merge_commit == sha]

    def pull(self, pull):
        url = f"{self.url}/repos/{self.repository.name}/pulls/{pull.number}"
        names = ["url", "html_url", "diff_url", "patch_url", "issue_url", "commits_url"]
        names += ["review_comments_url", "review_comment_url", "comments_url", "statuses_url"]
        links = ("comments", "commits", "statuses", "html", "issue", "review_comments")
        links += ("review_comment", "self")
        return {
            **dict.fromkeys(names, url),
            "_links": {name: {"href": url} for name in links},
            "id": pull.number + 5_000_000_000,
            "node_id": f"PR_{pull.number}",
            "number": pull.number,
            "state": "closed" if pull.merged else "open",
            "locked": False,
            "title": f"Change {pull.number}",
            "user": self.user(pull.user),
            "body": None,
            "labels": [],
            "milestone": None,
            "assignee": None,
            "created_at": when(pull.at),
            "updated_at": when(pull.updated),
            "closed_at": pull.merged and when(pull.merged),
            "merged_at": pull.merged and when(pull.merged),
            "merge_commit_sha": pull.merge_commit,
            "head": self.tip(pull.repository, pull.branch, pull.tip()),
            "base": self.tip(pull.home, pull.base, self.repository.branches[pull.base]),
            "author_association": "MEMBER",
            "auto_merge": None,
        }

    def tip(self, repository, branch, sha):
        owner = repository.name.split("/")[0] if repository else "gone"
        user = self.user(self.forge.users.get(owner))
        repo = self.repo(repository)
        return {"label": f"{owner}:{branch}", "ref": branch, "sha": sha, "user": user, "repo": repo}

    def review(self, pull, review):
        url = f"{self.url}/repos/{self.repository.name}/pulls/{pull.number}"
        return {
            "id": review.id,
            "node_id": f"PRR_{review.id}",
            "user": self.user(review.user),
            "body": "",
            "state": review.state,
            "html_url": url,
            "pull_request_url": url,
            "_links": {"html": {"href": url}, "pull_request": {"href": url}},
            "submitted_at": when(review.at),
            "commit_id": review.commit_id,
            "author_association": "MEMBER",
        }

    def event(self, event):
        number, kind, by, at = event
        return {
            "id": number,
            "node_id": f"E_{number}",
            "url": f"{self.url}/repos/{self.repository.name}/issues/events/{number}",
            "actor": self.user(by),
            "event": kind,
            "commit_id": None,
            "commit_url": None,
            "created_at": when(at),
            "performed_via_github_app": None,
        }

    def rule(self, _, kind, parameters):
        info = {"ruleset_source_type": "Repository", "ruleset_source": self.repository.name}
        return {"type": kind, "parameters": parameters, **info, "ruleset_id": 42}

    def suites(self):
        wanted = self.query.get("ref"), self.query.get("rule_suite_result", "all")
        return [
            {
                "id": move.id,
                "actor_id": by.id,
                "actor_name": by.login,
                "before_sha": move.before,
                "after_sha": move.after,
                "ref": f"refs/heads/{move.branch}",
                "repository_id": self.repository.id,
                "repository_name": self.repository.name.split("/")[1],
                "pushed_at": when(move.at),
                "result": result,
                "evaluation_result": result,
            }
            for move, by, result in self.repository.suites
            if wanted[0] == f"refs/heads/{move.branch}" and wanted[1] in ("all", result)
        ]

    def permission(self, login):
        user = self.forge.users.get(login)
        if user is None:
            raise Refusal(404, "Not Found")
        role = self.repository.writers.get(login, "read")
        told = {**self.user(user), "role_name": role}
        return {"permission": role, "role_name": role, "user": told}

    def page(self, items):
        number, size = int(self.query.get("page", 1)), int(self.query.get("per_page", 30))
        link = {"page": number + 1} if len(items) > number * size else None
        return items[(number - 1) * size : number * size], link


def when(seconds):
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def git_user(email, at):
    return {"name": email.split("@")[0], "email": email, "date": when(at)}
