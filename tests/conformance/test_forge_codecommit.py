"""What the reviews function finds out from CodeCommit and CloudTrail alone: from a forge on
loopback, whose requests and replies are checked against botocore's models. `test_forges.py` has
what is the same for each forge.
"""

import time

import pytest
from forge_codecommit import Failure, arn, commit_by_api
from forge_story import codecommit, reviewed


@pytest.fixture
def story():
    with codecommit() as story:
        yield story


def test_a_direct_push_is_an_objection_and_names_its_pusher(story):
    after = story.shop.work(story.mallory, "main", author=story.alice)
    found = story.found()
    assert found.objections == [f"{arn(story.mallory)} pushed {after[:7]} to main directly"]
    assert found.pushers == story.named(story.mallory)


def test_a_merge_by_hand_is_a_direct_push(story):
    pull = story.change(reviewers=[story.bob])
    parents = [story.base, pull.tip()]
    evil = story.forge.commit(parents, story.alice.email, "Merge 2")
    story.shop.push(story.mallory, "main", evil)
    assert "directly" in story.found().objections[0]


@pytest.mark.parametrize(
    "choices",
    [
        {"conflictResolution": {"replaceContents": [{"filePath": "a"}]}},
        {"conflictResolutionStrategy": "ACCEPT_SOURCE"},
        {"conflictResolutionStrategy": "AUTOMERGE"},
    ],
)
def test_a_user_who_chose_what_a_merge_contains_wrote_it(story, choices):
    story.change(reviewers=[story.bob]).merge(story.carol, "three_way", **choices)
    found = story.found()
    assert f"{arn(story.carol)} pushed" in found.objections[0]
    assert arn(story.carol) in found.pushers


@pytest.mark.parametrize("method", ["three_way", "squash"])
def test_conflicts_that_somebody_resolved_are_an_objection(story, method):
    """CloudTrail may not say that the user who merged chose."""
    pull = story.change(reviewers=[story.bob])
    pull.has_conflicts = True
    pull.merge(story.carol, method)
    [objection] = story.found().objections
    assert objection.startswith("#2 had conflicts when it was merged")


def test_a_reply_that_does_not_say_whether_rules_were_overridden_is_an_objection(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    story.service.GetPullRequestOverrideState = lambda **_: {}
    [objection] = story.found().objections
    assert objection.startswith("nobody can tell whether somebody overrode the approval rules")


def test_a_merge_without_a_choice_is_codecommits(story):
    pull = story.change(reviewers=[story.bob])
    pull.merge(story.carol, "squash", conflictResolutionStrategy="NONE")
    assert reviewed(story.found())


def test_a_user_who_pushed_before_it_was_opened_is_not_a_reviewer_of_it(story):
    """The user who opened it need not have pushed it, and CodeCommit itself does not tell."""
    story.shop.work(story.bob, "fix")
    story.shop.open(story.alice, "fix").review(story.bob).merge(story.carol)
    found = story.found()
    assert found.reviewers == []
    assert found.pushers == story.named(story.bob)
    assert "wrote or pushed some of it" in found.objections[0]


def test_a_user_who_pushed_after_it_was_opened_is_not_a_reviewer_of_it(story):
    pull = story.change()
    story.shop.work(story.bob, "fix", author=story.alice)
    # CloudTrail may be late. CodeCommit itself records the push.
    story.service.hidden.add(story.shop.activity[-1].id)
    pull.review(story.bob).merge(story.carol)
    found = story.found()
    assert found.pushers == story.named(story.alice, story.bob)
    assert "wrote or pushed some of it" in found.objections[0]


@pytest.mark.parametrize("name", ["CreateCommit", "PutFile", "MergeBranchesBySquash"])
def test_a_commit_that_somebody_made_by_the_api_is_theirs(story, name):
    story.shop.push(story.alice, "fix", story.base)
    commit_by_api(story.shop, story.bob, "fix", name)
    story.shop.work(story.alice, "fix")
    story.shop.open(story.alice, "fix").review(story.bob).merge(story.carol)
    found = story.found()
    assert found.pushers == story.named(story.alice, story.bob)
    assert not reviewed(found)


def test_a_commit_by_the_api_that_cloudtrail_does_not_name_is_an_objection(story):
    story.shop.push(story.alice, "fix", story.base)
    commit_by_api(story.shop, story.bob, "fix", response=None)
    story.shop.work(story.alice, "fix")
    story.shop.open(story.alice, "fix").review(story.bob).merge(story.carol)
    said = f"{arn(story.bob)} called CreateCommit, and CloudTrail does not say which commit it made"
    assert said in story.found().objections


def test_a_call_that_failed_made_nothing(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    tip = story.shop.branches["main"]
    commit_by_api(story.shop, story.mallory, "main", more={"errorCode": "AccessDenied"})
    story.shop.branches["main"] = tip
    assert reviewed(story.found())


def test_a_commit_that_may_be_older_than_cloudtrail_is_an_objection(story):
    """Somebody may have pushed it before the 90 days, and somebody else again."""
    first = story.forge.commits[story.base].parents[0]
    story.shop.work(story.alice, "fix", start=first)
    story.shop.open(story.alice, "fix").review(story.bob).merge(story.carol)
    assert "before CloudTrail's 90 days" in " ".join(story.found().objections)


def test_a_push_that_cloudtrail_does_not_show_is_an_objection(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    [push] = [one for one in story.shop.activity if one.branch == "fix"]
    story.service.hidden.add(push.id)
    objections = " ".join(story.found().objections)
    assert "nobody can tell who pushed to fix, the branch of #2" in objections


def test_a_pull_request_that_was_just_opened_is_an_objection(story):
    story.forge.now = int(time.time()) - 600
    story.change(reviewers=[story.bob]).merge(story.carol)
    [objection] = story.found().objections
    assert "#2 was opened less than 15 minutes ago" in objection


def test_an_approval_of_an_older_revision_does_not_count(story):
    pull = story.change(reviewers=[story.bob])
    story.shop.work(story.alice, "fix")
    pull.merge(story.carol)
    [objection] = story.found().objections
    assert objection == "#2 has 0 of 1 required reviews"
    pull.review(story.dave)
    assert reviewed(story.found())


def test_a_branch_that_moved_after_the_merge_is_an_objection(story):
    """If CodeCommit still followed it, the approvals could be of other commits."""
    pull = story.change(reviewers=[story.bob]).merge(story.carol, "squash")
    pull.frozen = None
    story.shop.work(story.alice, "fix")
    pull.review(story.bob)
    objections = " ".join(story.found().objections)
    assert "nobody can tell which commits #2 had when it was merged" in objections


def test_an_approval_that_was_revoked_does_not_count(story):
    pull = story.change().review(story.bob, "REVOKE")
    pull.merge(story.carol)
    assert "does not approve it" in story.found().objections[0]


def test_an_override_of_the_approval_rules_names_who_did_it(story):
    pull = story.change(reviewers=[story.bob])
    pull.overrider = story.mallory
    pull.merge(story.carol)
    [objection] = story.found().objections
    assert objection == f"{arn(story.mallory)} overrode the approval rules of #2"


SSO = "AWSReservedSSO_Developer_0123456789abcdef"


@pytest.mark.parametrize("name", ["alice", "alice-admin", "Alice@example.com"])
def test_one_human_with_two_principals_does_not_review_their_own_change(story, name):
    rule = {"trustedSessionRoles": [SSO]}
    other = story.session(SSO, name)
    story.change(reviewers=[other]).merge(story.carol)
    found = story.found(rule=rule)
    assert "wrote or pushed some of it" in found.objections[0]
    assert arn(other) in found.authors


def test_the_people_of_the_rule_join_principals(story):
    rule = {"people": {"bob": [arn(story.bob)], "alice": [arn(story.alice), arn(story.dave)]}}
    pull = story.change(reviewers=[story.dave]).merge(story.carol)
    assert "wrote or pushed some of it" in story.found(rule=rule).objections[0]
    pull.review(story.bob)
    assert reviewed(story.found(rule=rule))


def test_two_principals_of_one_human_are_one_reviewer(story):
    rule = {"trustedSessionRoles": [SSO]}
    story.change(reviewers=[story.bob, story.session(SSO, "bob@example.com")]).merge(story.carol)
    [objection] = story.found(rule=rule, REQUIRED="2").objections
    assert objection.startswith("#2 has 1 of 2 required reviews")


def test_a_session_of_a_role_that_anybody_may_name_is_not_a_reviewer(story):
    session = story.session("Deployer", "bob-at-work")
    story.change(reviewers=[session]).merge(story.carol)
    [objection] = story.found().objections
    assert "may be anybody" in objection and arn(session) in objection


def test_nobody_reviewed_what_a_session_pushed_that_may_be_anybody(story):
    session = story.session("Deployer", "somebody")
    story.change(by=session, reviewers=[story.bob]).merge(story.carol)
    found = story.found()
    assert any("may be anybody" in objection for objection in found.objections)


def test_what_happened_in_another_repository_is_not_ours(story):
    other = story.forge.repository("acme/other")
    story.change(reviewers=[story.bob]).merge(story.carol)
    other.push(story.mallory, "main", story.shop.branches["main"])
    assert reviewed(story.found())


def test_a_long_range_is_read_page_by_page(story):
    for number in range(5):
        story.change(branch=f"fix-{number}", count=21, reviewers=[story.bob]).merge(story.carol)
    for number in range(60):
        story.shop.work(story.dave, f"other-{number}")
    found = story.found()
    assert found.commits == 110 and reviewed(found)


@pytest.mark.parametrize(
    "name", ["GetRepository", "BatchGetCommits", "LookupEvents", "GetMergeConflicts"]
)
def test_a_missing_permission_is_an_error_that_names_it(story, name):
    story.change(reviewers=[story.bob]).merge(story.carol)
    story.service.denied = {name}
    done = story.run()
    assert done.returncode == 1 and done.stdout == ""
    service = "cloudtrail" if name == "LookupEvents" else "codecommit"
    assert f"allow {service}:{name}" in done.stderr


def test_a_repository_that_is_not_there_is_an_error(story):
    story.shop.name = story.forge.repositories.pop("acme/shop").name
    done = story.run()
    assert done.returncode == 1 and "no repository acme/shop" in done.stderr


def test_throttling_that_passes_is_waited_for(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    story.service.failures = [Failure("ThrottlingException"), Failure("ThrottlingException")]
    assert reviewed(story.found())
