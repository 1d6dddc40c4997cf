"""A forge for the tests: users, repositories, pull requests, and who did what, as GitHub keeps it.

`forge_server.py` serves it, with the replies of `forge_github.py`. It is as much of git as the
reviews function can see: commits with their parents, and branches that move.
"""

import hashlib
import itertools
import json
from dataclasses import dataclass, field

NO_COMMIT = "0" * 40
EPOCH = 1_790_000_000


@dataclass(eq=False)
class User:
    """An account. Anybody can write its e-mail into a commit."""

    login: str
    id: int
    type: str = "User"

    @property
    def email(self):
        return f"{self.login}@example.com"

    @property
    def noreply(self):
        return f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass(eq=False)
class Commit:
    sha: str
    parents: tuple
    author: str  # An e-mail.
    committer: str
    message: str
    verified: bool
    date: int


@dataclass
class Review:
    id: int
    user: User | None
    state: str
    commit_id: str
    at: int


@dataclass(eq=False)
class Pull:
    number: int
    user: User | None
    home: "Repository"
    base: str
    repository: "Repository | None"  # Of the head branch. None if the fork is gone.
    branch: str
    head: str
    at: int
    updated: int = 0
    merged: int | None = None
    merge_commit: str | None = None
    commits: list = field(default_factory=list)  # As they were when it was merged.
    reviews: list = field(default_factory=list)
    events: list = field(default_factory=list)

    def review(self, user, state="APPROVED", head=None):
        """Somebody reviews it, at its head of now."""
        forge = self.home.forge
        at = self.updated = forge.tick()
        self.reviews.append(Review(next(forge.ids), user, state, head or self.tip(), at))
        return self

    def retarget(self, by, base):
        """Somebody changes the branch that it is to be merged into."""
        at = self.updated = self.home.forge.tick()
        self.base = base
        self.events.append((next(self.home.forge.ids), "base_ref_changed", by, at))

    def dismiss(self, user):
        for review in self.reviews:
            if review.user is user and review.state == "APPROVED":
                review.state = "DISMISSED"

    def tip(self):
        """Its head: frozen since it was merged."""
        if self.merged or not self.repository:
            return self.head
        return self.repository.branches[self.branch]

    def merge(self, by, method="merge"):
        """GitHub merges it. `by` pressed the button."""
        self.freeze()
        before = self.home.branches[self.base]
        after = getattr(self, f"_{method}")(by, before)
        self.home.move(by, self.base, after, "pr_merge")
        self.close(after)
        return self

    def freeze(self):
        self.head = self.tip()
        base = self.home.branches[self.base]
        self.commits = self.home.forge.between(base, self.head)

    def close(self, after):
        self.merged = self.updated = self.home.forge.tick()
        self.merge_commit = after

    def _merge(self, by, before):
        message = f"Merge pull request #{self.number}"
        forge = self.home.forge
        return forge.commit([before, self.head], by.email, message, forge.web_flow, verified=True)

    def _squash(self, by, before):
        forge = self.home.forge
        author = self.user.email if self.user else "ghost@example.com"
        others = {commit.author for commit in self.commits} - {author}
        known = [user.noreply for email in sorted(others) if (user := forge.account(email))]
        message = "\n".join([f"Squash #{self.number}", "", *trailers(known)])
        return forge.commit([before], author, message, forge.web_flow, verified=True)

    def _rebase(self, by, before):
        for commit in self.commits:
            before = self.home.forge.commit([before], commit.author, commit.message, by)
        return before


def trailers(emails):
    return [f"Co-authored-by: Somebody <{email}>" for email in emails]


@dataclass
class Activity:
    id: int
    before: str
    after: str
    branch: str
    type: str
    actor: User | None
    at: int


class Repository:
    def __init__(self, forge, name):
        self.forge = forge
        self.name = name
        self.id = next(forge.ids)
        self.branches = {}
        self.activity = []
        self.pulls = []
        self.writers = {}  # login -> permission
        self.rules = []
        self.suites = []
        self.may_read = True

    def push(self, by, branch, sha, force=False):
        """Somebody pushes a commit, and what is below it."""
        before = self.branches.get(branch)
        if before is None:
            kind = "branch_creation"
        elif self.forge.reaches(sha, before):
            kind = "push"
        else:
            assert force, f"{branch} is not an ancestor"
            kind = "force_push"
        self.move(by, branch, sha, kind)
        return sha

    def work(self, by, branch, count=1, start=None, author=None, message="work", **more):
        """Somebody commits on top of a branch, and pushes."""
        tip = self.branches.get(branch) or start or self.branches["main"]
        for number in range(count):
            tip = self.forge.commit([tip], (author or by).email, f"{message} {number}", **more)
        return self.push(by, branch, tip)

    def move(self, by, branch, after, kind):
        before = self.branches.get(branch, NO_COMMIT)
        self.branches[branch] = after
        self.record(before, after, branch, kind, by)

    def delete(self, by, branch):
        before = self.branches.pop(branch)
        self.record(before, NO_COMMIT, branch, "branch_deletion", by)

    def record(self, before, after, branch, kind, by):
        ids = self.forge.ids
        self.activity.append(
            Activity(next(ids), before, after, branch, kind, by, self.forge.tick())
        )

    def open(self, user, branch, base="main", fork=None):
        """Somebody opens a pull request."""
        repository = fork or self
        number = len(self.pulls) + 1
        head = repository.branches[branch]
        at = self.forge.tick()
        pull = self.forge.pull(number, user, self, base, repository, branch, head, at, updated=at)
        self.pulls.append(pull)
        return pull

    def queue(self, *pulls):
        """A merge queue merges several pull requests in one move."""
        bot = self.forge.queue_bot
        base = pulls[0].base
        before = self.branches[base]
        for pull in pulls:
            pull.head = pull.tip()
            pull.commits = self.forge.between(before, pull.head)
            before = pull._merge(self.forge.queue_bot, before)
            trial = f"gh-readonly-queue/{base}/pr-{pull.number}"
            self.move(bot, trial, before, "branch_creation")
            pull.close(before)
        self.move(bot, base, before, "merge_queue_merge")

    def bypass(self, by, branch="main"):
        """Somebody who may bypass the rules of a branch did so with its newest move."""
        last = [move for move in self.activity if move.branch == branch][-1]
        self.suites.append((last, by, "bypass"))


class Forge:
    pull = Pull

    def __init__(self):
        self.ids = itertools.count(1)
        self.now = EPOCH
        self.users = {}
        self.commits = {}
        self.repositories = {}
        self.moved = {}  # Old names of repositories.
        self.web_flow = self.user("web-flow")
        self.queue_bot = self.user("github-merge-queue[bot]", "Bot")

    def tick(self):
        self.now += 60
        return self.now

    def user(self, login, kind="User"):
        return self.users.setdefault(login, User(login, 1000 + len(self.users), kind))

    def remove(self, user):
        """A deleted account: everything that it did remains, by nobody."""
        del self.users[user.login]

    def account(self, email):
        """The account that an e-mail belongs to."""
        for user in self.users.values():
            if email in (user.email, user.noreply):
                return user
        return None

    def repository(self, name, *writers):
        """A repository with a first commit on `main`, and users who may write."""
        repository = self.repositories[name] = Repository(self, name)
        repository.writers = {user.login: "write" for user in writers}
        return repository

    def fork(self, repository, owner):
        name = f"{owner.login}/{repository.name.split('/')[1]}"
        fork = self.repositories[name] = Repository(self, name)
        fork.branches = dict(repository.branches)
        return fork

    def commit(self, parents, author, message, committer=None, verified=False):
        committer = committer.email if committer else author
        self.tick()
        told = json.dumps([parents, author, committer, message, self.now])
        sha = hashlib.sha1(told.encode()).hexdigest()
        self.commits[sha] = Commit(
            sha, tuple(parents), author, committer, message, verified, self.now
        )
        return sha

    def ancestors(self, sha):
        """A commit and everything below it."""
        found, open_ = set(), [sha]
        while open_:
            sha = open_.pop()
            if sha not in found:
                found.add(sha)
                open_.extend(self.commits[sha].parents)
        return found

    def reaches(self, sha, other):
        return other in self.ancestors(sha)

    def between(self, base, head):
        """The commits of `git log BASE..HEAD`, the oldest first."""
        found = self.ancestors(head) - self.ancestors(base)
        # A commit is made after its parents.
        return sorted((self.commits[sha] for sha in found), key=lambda commit: commit.date)
