"""What the reviews function finds out from GitLab: from a forge on loopback, whose replies have
the fields that GitLab documents.
"""

import forge_gitlab
import pytest
from forge import Forge
from forge_server import TOKEN, Refusal, Server
from test_forge_github import Story, reviewed

# "REST API resources" in GitLab's documentation: the fields that we read, and their types.
USER = {"id": int, "username": str, "name": str}
COMMIT = {"id": str, "parent_ids": list, "author_email": str, "committer_email": str}
DOCUMENTED = {
    "project": {"id": int, "path_with_namespace": str, "default_branch": str},
    "commit": COMMIT,
    "commits": COMMIT,
    "signature": {"signature_type": str, "verification_status": str},
    "user": {**USER, "bot": bool},
    "users": {**USER, "public_email": (str, type(None))},
    "member": {**USER, "access_level": int},
    "events": {"id": int, "created_at": str, "author": USER, "push_data": {"ref_type": str}},
    "versions": {"head_commit_sha": str, "created_at": str},
    "state_events": {"state": str, "user": USER, "source_commit": (str, type(None))},
    "approvals": {"approved": bool, "approved_by": list},
    "merge_requests": {
        "iid": int,
        "sha": str,
        "author": USER,
        "merge_user": USER,
        "source_branch": str,
        "target_branch": str,
        "updated_at": str,
    },
    "POST graphql": {"data": {"project": {"mergeRequest": {"commits": {"nodes": list}}}}},
}


def check(template, reply):
    def fits(value, kind):
        if isinstance(kind, dict):
            return all(name in value and fits(value[name], kind[name]) for name in kind)
        return isinstance(value, kind)

    for one in reply if isinstance(reply, list) else [reply]:
        assert fits(one, DOCUMENTED[template]), (template, one)


class GitLabStory(Story):
    def run(self, **options):
        api = options.pop("api", f"{self.server.url}/api/v4")
        return super().run(api=api, GITLAB_TOKEN=TOKEN, **options)

    def named(self, *users):
        return sorted(f"gitlab:{user.login}/{user.id}" for user in users)

    def change(self, by=None, branch="fix", reviewers=(), **more):
        self.shop.work(by or self.alice, branch, **more)
        request = forge_gitlab.open_request(self.shop, by or self.alice, branch)
        for user in reviewers:
            request.review(user)
        return request


@pytest.fixture
def story():
    problems = []

    def checked(template, reply):
        try:
            check(template, reply)
        except AssertionError as problem:
            problems.append(str(problem))

    forge = Forge()
    forge.is_old = False
    with Server(forge, forge_gitlab.api, checked, limits=False) as server:
        yield GitLabStory(server, problems)


METHODS = ["merge", "squash", "squash_and_merge", "fast_forward"]


@pytest.mark.parametrize("method", METHODS)
def test_a_reviewed_change_names_its_author_and_not_the_user_who_merged_it(story, method):
    story.change(reviewers=[story.bob], count=3).merge(story.carol, method, delete=True)
    found = story.found()
    assert reviewed(found), found
    assert found.authors == found.pushers == story.named(story.alice)
    assert found.reviewers == story.named(story.bob)
    commits = {"merge": 4, "squash": 1, "squash_and_merge": 2, "fast_forward": 3}
    assert found.commits == commits[method]


def test_nothing_new_is_reviewed(story):
    found = story.found()
    assert (found.commits, found.authors, found.objections) == (0, [], [])


def test_the_default_branch_is_read_if_no_branch_is_named(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    assert reviewed(story.found(branch="-"))


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


def test_a_user_who_pushed_to_the_branch_is_not_a_reviewer_of_it(story):
    request = story.change()
    story.shop.work(story.bob, "fix", author=story.alice)
    request.review(story.bob).merge(story.carol)
    found = story.found()
    assert found.reviewers == []
    assert "wrote or pushed some of it" in found.objections[0]
    assert found.pushers == story.named(story.alice, story.bob)


def test_the_author_of_a_merge_request_is_not_a_reviewer_of_it(story):
    request = story.change()
    request.user = story.bob
    request.review(story.bob).merge(story.carol)
    assert "wrote or pushed some of it" in story.found().objections[0]


def test_a_user_whose_commits_were_replaced_still_had_a_part_in_it(story):
    story.shop.work(story.carol, "fix", author=story.alice)
    rebased = story.forge.commit([story.base], story.alice.email, "rebased")
    story.shop.push(story.alice, "fix", rebased, force=True)
    request = forge_gitlab.open_request(story.shop, story.alice, "fix")
    request.review(story.carol).merge(story.bob)
    found = story.found()
    assert found.pushers == story.named(story.alice, story.carol)
    assert not reviewed(found)


def test_a_user_who_pushed_the_commits_to_another_branch_first_had_a_part_in_it(story):
    tip = story.shop.work(story.carol, "draft", author=story.alice)
    story.shop.push(story.alice, "fix", tip)
    request = forge_gitlab.open_request(story.shop, story.alice, "fix")
    request.review(story.carol).merge(story.bob)
    found = story.found()
    assert found.pushers == story.named(story.alice, story.carol)
    assert not reviewed(found)


def test_a_branch_that_was_made_long_before_the_base_is_read_to_its_beginning(story):
    story.shop.work(story.carol, "fix", author=story.alice)
    for number in range(130):
        story.shop.work(story.dave, f"other-{number}")
    request = story.change(branch="one", reviewers=[story.bob]).merge(story.carol)
    story.base = story.shop.branches["main"]
    assert request.merged
    story.shop.work(story.alice, "fix")
    request = forge_gitlab.open_request(story.shop, story.alice, "fix")
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
    request = forge_gitlab.open_request(story.shop, story.alice, "fix")
    request.review(story.bob).merge(story.carol)
    assert reviewed(story.found(base=base))


def test_a_replaced_commit_of_an_unknown_user_is_an_objection(story):
    story.shop.work(story.carol, "fix", author=story.alice)
    story.shop.activity[-1].type = "bulk"
    tip = story.forge.commit([story.base], story.alice.email, "work")
    story.shop.push(story.alice, "fix", tip, force=True)
    request = forge_gitlab.open_request(story.shop, story.alice, "fix")
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


def test_as_many_as_required_must_approve(story):
    request = story.change(reviewers=[story.bob]).merge(story.carol)
    [objection] = story.found(REQUIRED="2").objections
    assert objection == "!1 has 1 of 2 required reviews"
    request.review(story.dave)
    assert reviewed(story.found(REQUIRED="2"))


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


def test_a_false_author_loses_the_right_to_approve_and_nobody_gains_one(story):
    story.change(author=story.bob, reviewers=[story.bob]).merge(story.carol)
    found = story.found()
    assert found.authors == story.named(story.alice, story.bob)
    assert found.pushers == story.named(story.alice)
    assert not reviewed(found)


class Stranger:
    def __init__(self, email):
        self.email = email


@pytest.mark.parametrize("method", METHODS)
def test_an_e_mail_that_belongs_to_nobody_is_an_objection(story, method):
    stranger = Stranger("somebody@example.org")
    story.change(author=stranger, reviewers=[story.bob]).merge(story.carol, method)
    assert "nobody has the e-mail" in " ".join(story.found().objections)


def test_an_e_mail_that_a_user_shows_or_gitlab_made_is_theirs(story):
    story.dave.public_email = "dave@example.org"
    for number, email in enumerate(["dave@example.org", forge_gitlab.no_reply(story.dave)]):
        request = story.change(
            branch=f"fix-{number}", committer=Stranger(email), reviewers=[story.bob]
        )
        request.merge(story.carol)
        found = story.found()
        assert reviewed(found), found
        assert found.authors == story.named(story.alice, story.dave)


def test_gitlab_is_a_committer_only_by_its_signature(story):
    gitlab = Stranger("noreply@gitlab.com")
    story.change(committer=gitlab, verified=True, reviewers=[story.bob]).merge(story.carol)
    found = story.found()
    assert reviewed(found) and found.authors == story.named(story.alice)
    base = story.shop.branches["main"]
    story.change(branch="two", committer=gitlab, reviewers=[story.bob]).merge(story.carol)
    assert "nobody has the e-mail" in " ".join(story.found(base=base).objections)


def test_a_deleted_account_may_be_anybody(story):
    request = story.change(by=story.mallory, author=story.alice, reviewers=[story.bob])
    request.merge(story.carol)
    assert reviewed(story.found())
    story.forge.remove(story.mallory)
    objections = " ".join(story.found().objections)
    assert "nobody can tell who opened !1" in objections
    assert "nobody can tell who pushed" in objections


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


@pytest.mark.parametrize("method", METHODS)
def test_a_change_of_a_change_has_its_writers_too(story, method):
    story.shop.work(story.alice, "feature")
    story.shop.work(story.carol, "part", start=story.shop.branches["feature"])
    inner = forge_gitlab.open_request(story.shop, story.carol, "part", base="feature")
    inner.merge(story.alice, method)
    outer = forge_gitlab.open_request(story.shop, story.alice, "feature")
    outer.review(story.carol).merge(story.dave, "squash")
    found = story.found()
    assert set(story.named(story.alice, story.carol)) <= {*found.authors, *found.pushers}
    assert not reviewed(found)
    outer.review(story.bob)
    assert reviewed(story.found())


def test_the_branch_of_a_fork_is_read_too(story):
    fork = story.forge.fork(story.shop, story.mallory)
    fork.work(story.mallory, "fix")
    request = forge_gitlab.open_request(story.shop, story.mallory, "fix", fork=fork)
    request.review(story.bob).merge(story.carol)
    found = story.found()
    assert reviewed(found), found
    fork.may_read = False
    assert "nobody can tell who pushed the commits of !1" in " ".join(story.found().objections)


def test_a_fork_that_is_gone_is_an_objection(story):
    fork = story.forge.fork(story.shop, story.mallory)
    fork.work(story.mallory, "fix")
    request = forge_gitlab.open_request(story.shop, story.mallory, "fix", fork=fork)
    request.review(story.bob).merge(story.carol)
    versions = request.versions()
    request.repository, request.versions = None, lambda: versions
    assert "nobody can tell who pushed the commits of !1" in " ".join(story.found().objections)


def test_a_long_range_is_read_page_by_page(story):
    for number in range(5):
        request = story.change(branch=f"fix-{number}", count=51, reviewers=[story.bob])
        request.merge(story.carol)
    found = story.found()
    assert found.commits == 260 and reviewed(found)


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (Refusal(401, "401 Unauthorized"), "wrong or has expired"),
        (Refusal(403, "insufficient_scope"), "insufficient_scope"),
        (Refusal(404, "404 Project Not Found"), "no project acme/shop that our token may read"),
        (Refusal(429, "Retry later", retry_after=3600), "limits how often"),
    ],
)
def test_what_cannot_be_read_is_an_error_in_words_and_no_verdict(story, refusal, said):
    story.server.refuse.append(refusal)
    done = story.run()
    assert done.returncode == 1 and done.stdout == ""
    assert said in done.stderr and TOKEN not in done.stderr


def test_an_outage_and_a_limit_that_pass_are_waited_for(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    limit = Refusal(429, "Retry later", retry_after=1)
    story.server.refuse.extend([Refusal(502, "Bad Gateway"), limit])
    assert reviewed(story.found())


def test_the_address_must_be_the_one_of_the_rest_api(story):
    done = story.run(api=f"{story.server.url}/api/v3")
    assert done.returncode == 1 and "must end with `/api/v4`" in done.stderr
