"""What the reviews function finds out wherever the code is: the same for each forge. What only one
of them does is in `test_forge_github.py`, `test_forge_gitlab.py` and `test_forge_codecommit.py`.
"""

from types import SimpleNamespace

import forge_story
import pytest
from forge_server import TOKEN, Refusal
from forge_story import reviewed

# How each forge merges, and the commits that a change of three then has.
METHODS = {
    "github": {"merge": 4, "squash": 1, "rebase": 3},
    "gitlab": {"merge": 4, "squash": 1, "squash_and_merge": 2, "fast_forward": 3},
    "codecommit": {"three_way": 4, "squash": 1, "fast_forward": 3},
}


@pytest.fixture(params=METHODS)
def story(request):
    with getattr(forge_story, request.param)() as story:
        yield story


def merged(*forges):
    """The test takes each `method` of these forges."""
    cases = [(forge, method) for forge in forges for method in METHODS[forge]]
    return pytest.mark.parametrize(("story", "method"), cases, indirect=["story"])


# CodeCommit does not tell users by their e-mails, and has its own limits.
github_and_gitlab = pytest.mark.parametrize("story", ["github", "gitlab"], indirect=True)


@merged(*METHODS)
def test_a_reviewed_change_names_who_made_it_and_not_the_user_who_merged_it(story, method):
    story.change(reviewers=[story.bob], count=3).merge(story.carol, method)
    story.shop.delete(story.carol, "fix")
    found = story.found()
    assert reviewed(found), found
    assert found.authors == found.pushers == story.named(story.alice)
    assert found.reviewers == story.named(story.bob)
    assert found.commits == METHODS[story.name][method]


def test_nothing_new_is_reviewed(story):
    found = story.found()
    assert (found.commits, found.authors, found.objections) == (0, [], [])


def test_the_default_branch_is_read_if_no_branch_is_named(story):
    story.change(reviewers=[story.bob]).merge(story.carol)
    assert reviewed(story.found(branch="-"))


def test_a_user_who_pushed_to_the_branch_is_not_a_reviewer_of_it(story):
    pull = story.change()
    story.shop.work(story.bob, "fix", author=story.alice)
    pull.review(story.bob).merge(story.carol)
    found = story.found()
    assert found.reviewers == []
    assert "wrote or pushed some of it" in found.objections[0]
    assert found.pushers == story.named(story.alice, story.bob)


def test_the_user_who_opened_it_is_not_a_reviewer_of_it(story):
    pull = story.change()
    pull.user = story.bob
    pull.review(story.bob).merge(story.carol)
    assert "wrote or pushed some of it" in story.found().objections[0]


def test_a_user_whose_commits_were_replaced_still_had_a_part_in_it(story):
    story.shop.work(story.carol, "fix", author=story.alice)
    rebased = story.forge.commit([story.base], story.alice.email, "rebased")
    story.shop.push(story.alice, "fix", rebased, force=True)
    story.shop.open(story.alice, "fix").review(story.carol).merge(story.bob)
    found = story.found()
    assert found.pushers == story.named(story.alice, story.carol)
    assert not reviewed(found)


def test_a_user_who_pushed_the_commits_to_another_branch_first_had_a_part_in_it(story):
    tip = story.shop.work(story.carol, "draft", author=story.alice)
    story.shop.push(story.alice, "fix", tip)
    story.shop.open(story.alice, "fix").review(story.carol).merge(story.bob)
    found = story.found()
    assert found.pushers == story.named(story.alice, story.carol)
    assert not reviewed(found)


def test_as_many_as_required_must_review(story):
    pull = story.change(reviewers=[story.bob]).merge(story.carol)
    [objection] = story.found(REQUIRED="2").objections
    assert objection == f"{story.sign}{pull.number} has 1 of 2 required reviews"
    pull.review(story.dave)
    assert reviewed(story.found(REQUIRED="2"))


@github_and_gitlab
def test_a_false_author_loses_the_right_to_review_and_nobody_gains_one(story):
    story.change(author=story.bob, reviewers=[story.bob]).merge(story.carol)
    found = story.found()
    assert found.authors == story.named(story.alice, story.bob)
    assert found.pushers == story.named(story.alice)
    assert not reviewed(found)


@merged("github", "gitlab")
def test_an_e_mail_that_belongs_to_nobody_is_an_objection(story, method):
    stranger = SimpleNamespace(email="somebody@example.org")
    story.change(author=stranger, reviewers=[story.bob]).merge(story.carol, method)
    assert "nobody has the e-mail" in " ".join(story.found().objections)


@github_and_gitlab
def test_a_deleted_account_may_be_anybody(story):
    pull = story.change(by=story.mallory, author=story.alice, reviewers=[story.bob])
    pull.merge(story.carol)
    assert reviewed(story.found())
    story.forge.remove(story.mallory)
    objections = " ".join(story.found().objections)
    assert f"nobody can tell who opened {story.sign}1" in objections
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


@merged(*METHODS)
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


@github_and_gitlab
def test_a_long_range_is_read_page_by_page(story):
    for number in range(5):
        pull = story.change(branch=f"fix-{number}", count=51, reviewers=[story.bob])
        pull.merge(story.carol)
    found = story.found()
    assert found.commits == 260 and reviewed(found)


@pytest.mark.parametrize(
    ("story", "refusal", "said"),
    [
        ("github", Refusal(401, "Bad credentials"), "wrong or has expired"),
        ("github", Refusal(403, "Resource not accessible"), "Resource not accessible"),
        ("github", Refusal(404, "Not Found"), "no repository acme/shop that our token may read"),
        ("github", Refusal(403, "limit", retry_after=3600), "limits how often"),
        ("gitlab", Refusal(401, "401 Unauthorized"), "wrong or has expired"),
        ("gitlab", Refusal(403, "insufficient_scope"), "insufficient_scope"),
        (
            "gitlab",
            Refusal(404, "404 Project Not Found"),
            "no project acme/shop that our token may read",
        ),
        ("gitlab", Refusal(429, "Retry later", retry_after=3600), "limits how often"),
    ],
    indirect=["story"],
)
def test_what_cannot_be_read_is_an_error_in_words_and_no_verdict(story, refusal, said):
    story.server.refuse.append(refusal)
    done = story.run()
    assert done.returncode == 1 and done.stdout == ""
    assert said in done.stderr and TOKEN not in done.stderr


@pytest.mark.parametrize(
    ("story", "limit"),
    [
        ("github", Refusal(403, "secondary rate limit", retry_after=1)),
        ("gitlab", Refusal(429, "Retry later", retry_after=1)),
    ],
    indirect=["story"],
)
def test_an_outage_and_a_limit_that_pass_are_waited_for(story, limit):
    story.change(reviewers=[story.bob]).merge(story.carol)
    story.server.refuse.extend([Refusal(502, "Bad Gateway"), limit])
    assert reviewed(story.found())
