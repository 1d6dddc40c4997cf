"""A forge on loopback with a repository and its users, and what the reviews function finds out
about the commits there. `github`, `gitlab` and `codecommit` serve one until their block ends.
"""

import json
import os
import subprocess
from contextlib import contextmanager
from types import SimpleNamespace

import forge_codecommit
import forge_github
import forge_gitlab
import forge_schema
import pytest
from conftest import BINARIES
from forge import Forge
from forge_server import TOKEN, Server

CONSENSUS = BINARIES / "examples/consensus"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}


class Story:
    """A repository `acme/shop` with users, released at its first commit. `sign` is what the forge
    writes before the number of a change.
    """

    def __init__(self, server):
        self.server, self.forge = server, server.forge
        for name in ("alice", "bob", "carol", "dave", "mallory"):
            setattr(self, name, self.forge.user(name))
        self.shop = self.forge.repository("acme/shop", self.alice, self.bob, self.carol, self.dave)
        first = self.forge.commit([], self.dave.email, "first")
        self.base = self.shop.push(self.dave, "main", first)

    def run(self, base=None, head=None, branch="main", **environment):
        head = head or self.shop.branches["main"]
        return subprocess.run(
            [CONSENSUS, "acme/shop", branch, base or self.base, head],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def found(self, **options):
        done = self.run(**options)
        assert TOKEN not in done.stdout + done.stderr
        assert done.returncode == 0, done.stderr
        assert not self.server.problems, self.server.problems
        return SimpleNamespace(**json.loads(done.stdout))

    def named(self, *users):
        """The words that the function has for users."""
        return sorted(f"{self.name}:{user.login}/{user.id}" for user in users)

    def change(self, by=None, branch="fix", reviewers=(), **more):
        """A change of one commit that somebody asks to merge, reviewed by some."""
        self.shop.work(by or self.alice, branch, **more)
        pull = self.shop.open(by or self.alice, branch)
        for user in reviewers:
            pull.review(user)
        return pull

    def change_from_fork(self):
        """A merged change of mallory's, and her fork that it comes from."""
        fork = self.forge.fork(self.shop, self.mallory)
        fork.work(self.mallory, "fix")
        pull = self.shop.open(self.mallory, "fix", fork=fork)
        return pull.review(self.bob).merge(self.carol), fork


class GitHubStory(Story):
    name, sign = "github", "#"

    def run(self, api=None, **options):
        return super().run(API=api or self.server.url, GITHUB_TOKEN=TOKEN, **options)


class GitLabStory(Story):
    name, sign = "gitlab", "!"

    def run(self, api=None, **options):
        api = api or f"{self.server.url}/api/v4"
        return super().run(API=api, GITLAB_TOKEN=TOKEN, **options)


class CodeCommitStory(Story):
    """A repository that was released after CodeCommit merged a pull request."""

    name, sign = "codecommit", "#"

    def __init__(self, server):
        super().__init__(server)
        self.service = server.service
        self.change(branch="first").merge(self.dave, "squash")
        self.base = self.shop.branches["main"]

    def run(self, rule=None, **options):
        environment = {"ACCOUNT": forge_codecommit.ACCOUNT, "AWS_REGION": "eu-west-1", **KEYS}
        environment["AWS_ENDPOINT_URL"] = self.server.url
        environment["RULE"] = json.dumps(rule or {})
        return super().run(**environment, **options)

    def named(self, *users):
        return sorted(forge_codecommit.arn(user) for user in users)

    def session(self, role, name):
        user = self.forge.user(name)
        user.arn = f"arn:aws:sts::{forge_codecommit.ACCOUNT}:assumed-role/{role}/{name}"
        return user


@contextmanager
def github():
    if not forge_schema.is_installed():
        pytest.skip("GitHub's description of its API is not installed: it needs Node")
    with Server(Forge(), forge_github.api, forge_schema.check_github) as server:
        yield GitHubStory(server)


@contextmanager
def gitlab():
    forge, check = forge_gitlab.GitLab(), forge_schema.check_gitlab
    with Server(forge, forge_gitlab.api, check, limits=False) as server:
        yield GitLabStory(server)


@contextmanager
def codecommit():
    service = forge_codecommit.Service(forge_codecommit.CodeCommit())
    with forge_codecommit.Server(service) as server:
        yield CodeCommitStory(server)


def reviewed(found):
    return found.objections == []
