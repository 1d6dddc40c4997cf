"""What the reviews function finds out from GitLab alone: from a forge on loopback, whose replies
have the fields that GitLab documents. `test_forges.py` has what is the same for each forge.
"""

from types import SimpleNamespace

import forge_gitlab
import pytest
from forge_story import gitlab, reviewed


@pytest.fixture
def story():
    with gitlab() as story:
        yield story


def test_a_direct_push_is_an_objection_and_names_its_pusher(story):
    after = story.shop.work(story.mallory, "main")
    found = story.found()
    [who] = story.named(story.mallory)
    assert found.objections[0] == f"{who} pushed {after[:7]} to main directly"
    assert found.pushers == story.named(story.mallory)


@pytest.mark.parametrize("is_evil", [True, False])
def test_what_somebody_merged_by_hand_is_a_direct_push(story, is_evil):
    request = story.change(reviewers=[story.bob])
    head = request.tip()
    parents = [story.base, head]
    evil = story.forge.commit(parents, story.alice.email, "Merge branch 'fix' into 'main'")
    request.merge_by_hand(story.mallory, evil if is_evil else head)
    found = story.found()
    assert "directly" in found.objections[0]
    assert story.named(story.mallory)[0] in found.pushers


def test_a_merge_is_believed_only_of_the_user_who_asked_for_it(story):
    request = story.change(reviewers=[story.bob]).merge(story.carol)
    request.merged_by = story.dave
    assert "directly" in story.found().objections[0]


def test_a_branch_that_was_made_long_before_the_base_is_read_to_its_beginning(story):
    story.shop.work(story.carol, "fix", author=story.alice)
    for number in range(130):
        story.shop.work(story.dave, f"other-{number}")
    request = story.change(branch="one", reviewers=[story.bob]).merge(story.carol)
    story.base = story.shop.branches["main"]
    assert request.merged
    story.shop.work(story.alice, "fix")
    request = story.shop.open(story.alice, "fix")
    request.review(story.carol).merge(story.bob)
    found = story.found()
    assert found.pushers == story.named(story.alice, story.carol)
    assert not reviewed(found)


def test_a_branch_that_was_brought_up_to_date_is_explained(story):
    """The old commit of the push is not in the range, and GitLab is asked for it."""
    story.shop.push(story.alice, "fix", story.base)
    story.shop.activity[-1].type = "bulk"
    story.change(branch="one", reviewers=[story.bob]).merge(story.carol)
    base = story.shop.branches["main"]
    tip = story.forge.commit([base], story.alice.email, "work")
    story.shop.push(story.alice, "fix", tip)
    request = story.shop.open(story.alice, "fix")
    request.review(story.bob).merge(story.carol)
    assert reviewed(story.found(base=base))


def test_a_replaced_commit_of_an_unknown_user_is_an_objection(story):
    story.shop.work(story.carol, "fix", author=story.alice)
    story.shop.activity[-1].type = "bulk"
    tip = story.forge.commit([story.base], story.alice.email, "work")
    story.shop.push(story.alice, "fix", tip, force=True)
    request = story.shop.open(story.alice, "fix")
    request.review(story.carol).merge(story.bob)
    [objection] = story.found().objections
    assert "nobody can tell who pushed to fix, the branch of !1" in objection


def test_an_approval_of_an_older_version_does_not_count(story):
    request = story.change(reviewers=[story.bob])
    story.shop.work(story.alice, "fix")
    request.merge(story.carol)
    assert "reviewed an older version" in story.found().objections[0]
    request.review(story.dave)
    assert reviewed(story.found())


def test_a_gitlab_that_does_not_say_when_it_was_approved_is_an_objection(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    story.forge.is_old = True
    objections = " ".join(story.found().objections)
    assert "GitLab does not say which version of !1 was approved" in objections


def test_machines_and_users_who_may_not_write_are_not_reviewers(story):
    robot = story.forge.user("project_7_bot", "Bot")
    guest = story.forge.user("guest")
    story.shop.writers |= {robot.login: "admin", guest.login: "read"}
    request = story.change(reviewers=[robot, story.mallory, guest]).merge(story.carol)
    [objection] = story.found().objections
    assert f"{story.named(robot)[0]} is not a person" in objection
    for user in (story.mallory, guest):
        assert f"{story.named(user)[0]} may not write to acme/shop" in objection
    request.review(story.bob)
    assert reviewed(story.found())
    for template in ("user", "member"):
        story.server.forbidden = {template}
        assert not reviewed(story.found())


def test_an_e_mail_that_a_user_shows_or_gitlab_made_is_theirs(story):
    story.dave.public_email = "dave@example.org"
    for number, email in enumerate(["dave@example.org", forge_gitlab.no_reply(story.dave)]):
        committer = SimpleNamespace(email=email)
        request = story.change(branch=f"fix-{number}", committer=committer, reviewers=[story.bob])
        request.merge(story.carol)
        found = story.found()
        assert reviewed(found), found
        assert found.authors == story.named(story.alice, story.dave)


def test_gitlab_is_a_committer_only_by_its_signature(story):
    itself = SimpleNamespace(email="noreply@gitlab.com")
    story.change(committer=itself, verified=True, reviewers=[story.bob]).merge(story.carol)
    found = story.found()
    assert reviewed(found) and found.authors == story.named(story.alice)
    base = story.shop.branches["main"]
    story.change(branch="two", committer=itself, reviewers=[story.bob]).merge(story.carol)
    assert "nobody has the e-mail" in " ".join(story.found(base=base).objections)


def test_a_push_of_many_branches_at_once_is_an_objection(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    assert reviewed(story.found())
    [created] = [one for one in story.shop.activity if one.branch == "fix"]
    created.type = "bulk"
    assert "nobody can tell who pushed" in " ".join(story.found().objections)


def test_a_tag_is_not_a_branch(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    after = story.shop.branches["main"]
    story.shop.record(story.base, after, "main", "tag", story.mallory)
    found = story.found()
    assert reviewed(found) and found.pushers == story.named(story.alice)


def test_the_branch_of_a_fork_is_read_too(story):
    _, fork = story.change_from_fork()
    found = story.found()
    assert reviewed(found), found
    fork.may_read = False
    assert "nobody can tell who pushed the commits of !1" in " ".join(story.found().objections)


def test_a_fork_that_is_gone_is_an_objection(story):
    request, _ = story.change_from_fork()
    versions = request.versions()
    request.repository, request.versions = None, lambda: versions
    assert "nobody can tell who pushed the commits of !1" in " ".join(story.found().objections)


def test_the_address_must_be_the_one_of_the_rest_api(story):
    done = story.run(api=f"{story.server.url}/api/v3")
    assert done.returncode == 1 and "must end with `/api/v4`" in done.stderr
