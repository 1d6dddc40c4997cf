"""What the reviews function finds out from GitHub, from a stand-in whose replies are as GitHub
describes them.
"""

import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import forge_github
import forge_schema
import pytest
from forge import Forge
from forge_server import TOKEN, Refusal, Server

CONSENSUS = Path(__file__).resolve().parents[2] / "target/debug/examples/consensus"


class Story:
    """A repository `acme/shop` with users, released at its first commit."""

    def __init__(self, server, problems):
        self.server, self.problems = server, problems
        self.forge = server.forge
        for name in ("alice", "bob", "carol", "dave", "mallory"):
            setattr(self, name, self.forge.user(name))
        self.shop = self.forge.repository("acme/shop", self.alice, self.bob, self.carol, self.dave)
        first = self.forge.commit([], self.dave.email, "first")
        self.base = self.shop.push(self.dave, "main", first)

    def run(self, base=None, head=None, branch="main", api=None, **environment):
        head = head or self.shop.branches["main"]
        environment = {"GITHUB_TOKEN": TOKEN, "API": api or self.server.url, **environment}
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
        assert not self.problems
        return SimpleNamespace(**json.loads(done.stdout))

    def named(self, *users):
        return sorted(f"github:{user.login}/{user.id}" for user in users)

    def change(self, by=None, branch="fix", reviewers=(), **more):
        """A pull request of one commit, reviewed by some."""
        self.shop.work(by or self.alice, branch, **more)
        pull = self.shop.open(by or self.alice, branch)
        for user in reviewers:
            pull.review(user)
        return pull


@pytest.fixture
def story():
    if not forge_schema.is_installed():
        pytest.skip("GitHub's description of its API is not installed: it needs Node")
    problems = []

    def check(template, reply):
        try:
            forge_schema.check(template, reply)
        except AssertionError as problem:
            problems.append(str(problem))

    with Server(Forge(), forge_github.api, check) as server:
        yield Story(server, problems)


def reviewed(found):
    return found.objections == []


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_reviewed_change_names_its_author_and_not_the_user_who_merged_it(story, method):
    story.change(reviewers=[story.bob], count=3).merge(story.carol, method, delete=True)
    found = story.found()
    assert reviewed(found)
    assert found.authors == found.pushers == story.named(story.alice)
    assert found.reviewers == story.named(story.bob)
    assert found.commits == {"merge": 4, "squash": 1, "rebase": 3}[method]


def test_nothing_new_is_reviewed(story):
    found = story.found()
    assert (found.commits, found.authors, found.objections) == (0, [], [])


def test_the_default_branch_is_read_if_no_branch_is_named(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    assert reviewed(story.found(branch="-"))


def test_a_direct_push_is_an_objection_and_names_its_pusher(story):
    after = story.shop.work(story.mallory, "main", author=story.alice)
    found = story.found()
    assert found.objections == [
        f"{story.named(story.mallory)[0]} pushed {after[:7]} to main directly"
    ]
    assert found.pushers == story.named(story.mallory)
    assert found.authors == story.named(story.alice)


def test_a_merge_that_somebody_made_by_hand_is_a_direct_push(story):
    pull = story.change(reviewers=[story.bob])
    pull.freeze()
    parents = [story.base, pull.head]
    evil = story.forge.commit(parents, story.alice.email, "Merge pull request #1")
    story.shop.push(story.alice, "main", evil)
    pull.close(evil)
    [objection] = story.found().objections
    assert "directly" in objection


def test_a_user_who_pushed_to_the_branch_is_not_a_reviewer_of_it(story):
    pull = story.change()
    story.shop.work(story.bob, "fix", author=story.alice)
    pull.review(story.bob).merge(story.carol)
    found = story.found()
    assert found.reviewers == []
    assert "wrote or pushed some of it" in found.objections[0]
    assert found.pushers == story.named(story.alice, story.bob)


def test_a_user_whose_commits_were_replaced_still_had_a_part_in_it(story):
    story.shop.work(story.carol, "fix", author=story.alice)
    rebased = story.forge.commit([story.base], story.alice.email, "rebased")
    story.shop.push(story.alice, "fix", rebased, force=True)
    story.shop.open(story.alice, "fix").review(story.carol).merge(story.bob)
    found = story.found()
    assert found.pushers == story.named(story.alice, story.carol)
    assert not reviewed(found)


def test_a_restored_branch_does_not_hide_an_earlier_pusher(story):
    pull = story.change(by=story.carol, author=story.alice)
    story.shop.delete(story.alice, "fix")
    story.shop.push(story.alice, "fix", pull.head)
    pull.user = story.alice
    pull.review(story.carol).merge(story.bob)
    assert story.carol.login in " ".join(story.found().pushers)
    assert not reviewed(story.found())


def test_a_user_who_pushed_the_commits_to_another_branch_first_had_a_part_in_it(story):
    tip = story.shop.work(story.carol, "draft", author=story.alice)
    story.shop.push(story.alice, "fix", tip)
    story.shop.open(story.alice, "fix").review(story.carol).merge(story.bob)
    found = story.found()
    assert found.pushers == story.named(story.alice, story.carol)
    assert not reviewed(found)


def test_a_branch_that_starts_at_a_released_commit_makes_nobody_an_author(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    story.shop.push(story.dave, "next", story.shop.branches["main"])
    found = story.found()
    assert reviewed(found) and found.pushers == story.named(story.alice)


def test_a_review_of_an_older_head_counts_only_if_the_rules_say_so(story):
    pull = story.change(reviewers=[story.bob])
    story.shop.work(story.alice, "fix")
    pull.merge(story.carol)
    [objection] = story.found().objections
    assert "reviewed an older version" in objection
    parameters = {
        "dismiss_stale_reviews_on_push": False,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_approving_review_count": 1,
        "required_review_thread_resolution": False,
    }
    story.shop.rules = [("main", "pull_request", parameters)]
    assert reviewed(story.found())
    for strict in ("dismiss_stale_reviews_on_push", "require_last_push_approval"):
        also = {**parameters, strict: True}
        story.shop.rules = [
            ("main", "pull_request", parameters),
            ("main", "pull_request", also),
        ]
        assert not reviewed(story.found())
    story.shop.rules = [("main", "pull_request", parameters)]
    story.server.forbidden = {"/repos/{owner}/{repo}/rules/branches/{branch}"}
    assert not reviewed(story.found())


def test_a_review_before_a_change_got_another_target_is_of_something_else(story):
    story.shop.work(story.mallory, "evil", author=story.alice)
    story.shop.work(story.alice, "fix", start=story.shop.branches["evil"])
    pull = story.shop.open(story.alice, "fix", base="evil").review(story.bob)
    pull.retarget(story.alice, "main")
    pull.merge(story.carol)
    [objection] = story.found().objections
    assert "reviewed it before it got another target" in objection
    pull.review(story.bob)
    found = story.found()
    assert reviewed(found) and found.pushers == story.named(story.alice, story.mallory)


def test_the_newest_answer_of_a_reviewer_holds_and_a_comment_is_none(story):
    pull = story.change(reviewers=[story.bob])
    pull.review(story.bob, "COMMENTED")
    pull.merge(story.carol)
    assert reviewed(story.found())
    pull.review(story.bob, "CHANGES_REQUESTED")
    [objection] = story.found().objections
    assert f"{story.named(story.bob)[0]} does not approve it" in objection
    pull.review(story.bob)
    assert reviewed(story.found())
    pull.dismiss(story.bob)
    assert not reviewed(story.found())


def test_as_many_as_required_must_review(story):
    pull = story.change(reviewers=[story.bob])
    pull.review(story.bob).merge(story.carol)
    [objection] = story.found(REQUIRED="2").objections
    assert objection == "#1 has 1 of 2 required reviews"
    pull.review(story.dave)
    assert reviewed(story.found(REQUIRED="2"))


def test_machines_and_users_who_may_not_write_are_not_reviewers(story):
    robot = story.forge.user("approver[bot]", "Bot")
    story.shop.writers[robot.login] = "write"
    story.change(reviewers=[robot, story.mallory]).merge(story.carol)
    [objection] = story.found().objections
    assert f"{story.named(robot)[0]} is not a person" in objection
    assert f"{story.named(story.mallory)[0]} may not write to acme/shop" in objection


def test_a_false_author_loses_the_right_to_review_and_nobody_gains_one(story):
    pull = story.change(author=story.bob, reviewers=[story.bob])
    pull.merge(story.carol)
    found = story.found()
    assert found.authors == story.named(story.alice, story.bob)
    assert found.pushers == story.named(story.alice)
    assert not reviewed(found)


def test_a_co_author_is_an_author_if_the_e_mail_tells(story):
    message = f"pairing\n\nCo-authored-by: Dave <{story.dave.noreply}>\n"
    message += "Co-authored-by: Eve <eve@example.com>"
    story.change(message=message, reviewers=[story.bob]).merge(story.carol)
    assert story.found().authors == story.named(story.alice, story.dave)


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_an_e_mail_that_belongs_to_nobody_is_an_objection(story, method):
    stranger = SimpleNamespace(email="somebody@example.org")
    story.change(author=stranger, reviewers=[story.bob]).merge(story.carol, method)
    assert "nobody has the e-mail" in " ".join(story.found().objections)


def test_a_commit_is_githubs_own_only_by_its_signature(story):
    web_flow = story.forge.web_flow
    pull = story.change(committer=web_flow, verified=True, reviewers=[story.bob])
    pull.merge(story.carol)
    assert story.found().authors == story.named(story.alice)
    base = story.shop.branches["main"]
    story.change(branch="two", committer=web_flow, reviewers=[story.bob]).merge(story.carol)
    assert story.found(base=base).authors == story.named(story.alice, web_flow)


def test_a_deleted_account_may_be_anybody(story):
    pull = story.change(by=story.mallory, author=story.alice, reviewers=[story.bob])
    pull.merge(story.carol)
    assert reviewed(story.found())
    story.forge.remove(story.mallory)
    objections = " ".join(story.found().objections)
    assert "nobody can tell who opened #1" in objections
    assert "nobody can tell who pushed" in objections


def test_a_bypass_names_who_bypassed(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    story.shop.bypass(story.carol)
    [objection] = story.found().objections
    assert objection.startswith(f"{story.named(story.carol)[0]} bypassed the rules of main")
    story.server.forbidden = {"/repos/{owner}/{repo}/rulesets/rule-suites"}
    assert reviewed(story.found())


def test_a_base_that_is_lost_is_an_objection(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    lost = story.shop.branches["main"]
    other = story.forge.commit([story.base], story.alice.email, "other")
    story.shop.push(story.alice, "main", other, force=True)
    [objection] = story.found(base=lost).objections
    assert "does not follow the last satisfied release" in objection
    [objection] = story.found(base="f" * 40).objections
    assert "lost" in objection
    [objection] = story.found(base=lost, head=story.base).objections
    assert "an older commit is released" in objection


def test_a_force_push_of_the_released_branch_is_an_objection(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    other = story.forge.commit([story.base], story.alice.email, "other")
    story.shop.push(story.mallory, "main", other, force=True)
    found = story.found()
    assert any("force-pushed" in objection for objection in found.objections)
    assert story.named(story.mallory)[0] in found.pushers


def test_a_merge_queue_merges_changes_that_are_judged_one_by_one(story):
    one = story.change(by=story.alice, branch="one", reviewers=[story.bob])
    two = story.change(by=story.bob, branch="two", reviewers=[story.alice])
    story.shop.queue(one, two)
    found = story.found()
    assert reviewed(found)
    assert found.pushers == story.named(story.alice, story.bob)
    one.dismiss(story.bob)
    [objection] = story.found().objections
    assert objection.startswith("#1 has 0 of 1")


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_change_of_a_change_has_its_writers_too(story, method):
    story.shop.work(story.alice, "feature")
    story.shop.work(story.carol, "part", start=story.shop.branches["feature"])
    story.shop.open(story.carol, "part", base="feature").merge(story.alice, method)
    outer = story.shop.open(story.alice, "feature")
    outer.review(story.carol).merge(story.dave, "squash")
    found = story.found()
    assert set(story.named(story.alice, story.carol)) <= {*found.authors, *found.pushers}
    assert not reviewed(found)
    outer.review(story.bob)
    assert reviewed(story.found())


def test_the_branch_of_a_fork_is_read_too(story):
    fork = story.forge.fork(story.shop, story.mallory)
    fork.work(story.mallory, "fix")
    pull = story.shop.open(story.mallory, "fix", fork=fork)
    pull.review(story.bob).merge(story.carol)
    assert reviewed(story.found())
    fork.may_read = False
    [objection] = story.found().objections
    assert "nobody can tell who pushed to mallory/shop:fix" in objection


def test_a_fork_that_is_gone_is_an_objection(story):
    fork = story.forge.fork(story.shop, story.mallory)
    fork.work(story.mallory, "fix")
    pull = story.shop.open(story.mallory, "fix", fork=fork)
    pull.review(story.bob).merge(story.carol)
    pull.repository = None
    # GitHub sends `null` there, and its description does not say so.
    story.server.check = None
    [objection] = story.found().objections
    assert "nobody can tell who pushed the commits of #1" in objection


def test_a_change_within_another_needs_no_review_for_itself(story):
    story.shop.work(story.dave, "part")
    part = story.shop.open(story.dave, "part")
    story.shop.work(story.alice, "whole", start=story.shop.branches["part"])
    whole = story.shop.open(story.alice, "whole").review(story.bob).merge(story.carol)
    part.freeze()
    # GitHub calls it merged too, with the same commit.
    part.close(whole.merge_commit)
    found = story.found()
    assert reviewed(found)
    assert found.pushers == story.named(story.alice, story.dave)


def test_a_merge_commit_that_github_says_it_made_has_the_head_for_a_parent(story):
    pull = story.change(reviewers=[story.bob])
    pull.freeze()
    evil = story.forge.commit([pull.head], story.alice.email, "on top")
    story.shop.move(story.alice, "main", evil, "pr_merge")
    pull.close(evil)
    [objection] = story.found().objections
    assert objection == f"{evil[:7]} is not the forge's merge of #1"


def test_an_enterprise_server_is_read_under_its_path(story):
    story.change(reviewers=[story.bob], count=150).merge(story.carol)
    assert reviewed(story.found(api=f"{story.server.url}/api/v3/"))
    assert all(path.startswith("/api/v3/repos/") for path in story.server.requests)


def test_machines_stay_authors(story):
    robot = story.forge.user("dependabot[bot]", "Bot")
    story.change(by=robot, reviewers=[story.bob]).merge(story.carol)
    found = story.found()
    assert reviewed(found) and found.authors == story.named(robot)


def test_a_long_range_is_read_page_by_page(story):
    for number in range(5):
        pull = story.change(branch=f"fix-{number}", count=51, reviewers=[story.bob])
        pull.merge(story.carol)
    found = story.found()
    assert found.commits == 260 and reviewed(found)


def test_a_change_with_more_commits_than_github_shows_is_an_objection(story):
    story.change(count=260, reviewers=[story.bob]).merge(story.carol, "squash")
    assert "250 commits or more" in " ".join(story.found().objections)


def test_a_renamed_repository_is_followed_and_another_host_is_not(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    story.forge.repositories["acme/store"] = story.forge.repositories.pop("acme/shop")
    story.shop.name = "acme/store"
    story.forge.moved["acme/shop"] = "acme/store"
    assert reviewed(story.found())
    asked = []

    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers["authorization"])

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        location = f"http://127.0.0.1:{other.server_port}/repos/acme/shop"
        story.server.refuse.append(Refusal(301, "Moved", location=location))
        done = story.run()
        other.shutdown()
    assert done.returncode == 1 and "another host" in done.stderr
    assert asked == []


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (Refusal(401, "Bad credentials"), "wrong or has expired"),
        (Refusal(403, "Resource not accessible"), "Resource not accessible"),
        (Refusal(404, "Not Found"), "no repository acme/shop that our token may read"),
        (Refusal(403, "limit", retry_after=3600), "limits how often"),
    ],
)
def test_what_cannot_be_read_is_an_error_in_words_and_no_verdict(story, refusal, said):
    story.server.refuse.append(refusal)
    done = story.run()
    assert done.returncode == 1 and done.stdout == ""
    assert said in done.stderr and TOKEN not in done.stderr


def test_an_outage_and_a_limit_that_pass_are_waited_for(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    story.server.refuse.extend(
        [Refusal(502, "Bad Gateway"), Refusal(403, "secondary rate limit", retry_after=1)]
    )
    assert reviewed(story.found())


def test_an_outage_that_does_not_pass_is_an_error(story):
    story.server.refuse.extend(Refusal(502, "Bad Gateway") for _ in range(20))
    done = story.run(SECONDS="3")
    assert done.returncode == 1 and "GitHub is unavailable" in done.stderr


def test_a_token_is_never_sent_in_the_clear(story):
    done = story.run(api="http://example.com")
    assert done.returncode == 1 and "must begin with `https://`" in done.stderr
