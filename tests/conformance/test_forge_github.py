"""What the reviews function finds out from GitHub alone, from a stand-in whose replies are as
GitHub describes them. `test_forges.py` has what is the same for each forge.
"""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from forge_server import Refusal
from forge_story import github, reviewed


@pytest.fixture
def story():
    with github() as story:
        yield story


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


def test_a_restored_branch_does_not_hide_an_earlier_pusher(story):
    pull = story.change(by=story.carol, author=story.alice)
    story.shop.delete(story.alice, "fix")
    story.shop.push(story.alice, "fix", pull.head)
    pull.user = story.alice
    pull.review(story.carol).merge(story.bob)
    assert story.carol.login in " ".join(story.found().pushers)
    assert not reviewed(story.found())


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


def test_a_user_who_reviews_twice_is_one_reviewer(story):
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


def test_a_co_author_is_an_author_if_the_e_mail_tells(story):
    message = f"pairing\n\nCo-authored-by: Dave <{story.dave.noreply}>\n"
    message += "Co-authored-by: Eve <eve@example.com>"
    story.change(message=message, reviewers=[story.bob]).merge(story.carol)
    assert story.found().authors == story.named(story.alice, story.dave)


def test_a_commit_is_githubs_own_only_by_its_signature(story):
    web_flow = story.forge.web_flow
    pull = story.change(committer=web_flow, verified=True, reviewers=[story.bob])
    pull.merge(story.carol)
    assert story.found().authors == story.named(story.alice)
    base = story.shop.branches["main"]
    story.change(branch="two", committer=web_flow, reviewers=[story.bob]).merge(story.carol)
    assert story.found(base=base).authors == story.named(story.alice, web_flow)


def test_a_bypass_names_who_bypassed(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    story.shop.bypass(story.carol)
    [objection] = story.found().objections
    assert objection.startswith(f"{story.named(story.carol)[0]} bypassed the rules of main")
    story.server.forbidden = {"/repos/{owner}/{repo}/rulesets/rule-suites"}
    assert reviewed(story.found())


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


def test_the_branch_of_a_fork_is_read_too(story):
    _, fork = story.change_from_fork()
    assert reviewed(story.found())
    fork.may_read = False
    [objection] = story.found().objections
    assert "nobody can tell who pushed to mallory/shop:fix" in objection


def test_a_fork_that_is_gone_is_an_objection(story):
    pull, _ = story.change_from_fork()
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


def test_an_outage_that_does_not_pass_is_an_error(story):
    story.server.refuse.extend(Refusal(502, "Bad Gateway") for _ in range(20))
    done = story.run(SECONDS="3")
    assert done.returncode == 1 and "GitHub is unavailable" in done.stderr


def test_a_token_is_never_sent_in_the_clear(story):
    done = story.run(api="http://example.com")
    assert done.returncode == 1 and "must begin with `https://`" in done.stderr
