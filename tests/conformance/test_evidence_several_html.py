"""The HTML report over several pipelines in a real headless Chromium: it fits every screen and
paper, works without a script, asks nobody for anything, and shows names from outside as text.
"""

import subprocess
from datetime import UTC, datetime, timedelta

import axe
import pytest
from browser import Browser
from conftest import BINARIES
from test_evidence_html import ATTACKS, LONG, TOO_WIDE, make

ROWS = "document.querySelectorAll('.overview > tbody > tr').length"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


def history(count, kinds=None):
    maker = make(count, datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1))
    if kinds:
        kinds(maker)
    return maker


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Five pipelines: in order, not in order, with the longest names, with attacks, and broken."""
    root = tmp_path_factory.mktemp("several")

    def folder(*names):
        path = root.joinpath(*names)
        path.mkdir(parents=True)
        return path

    history(40).write(folder("111122223333", "ap-southeast-2", "payments"))
    history(1).write(folder("111122223333", "eu-west-1", "refunds"))
    long = history(20)
    for detail in long.actions:
        if detail["actionName"].startswith("Approval"):
            detail["updatedBy"] = LONG["session"]
    long.write(folder("111122223333", "us-gov-west-1", "L" * 100))
    planted = history(10)
    for detail in planted.actions:
        if detail["actionName"].startswith("Approval"):
            detail["updatedBy"] = ATTACKS[0]
    planted.write(folder("111122223333", "eu-west-1", ATTACKS[2].replace("/", "")))
    (folder("444455556666", "eu-west-1", "broken") / "x.json").write_text("{" + "W" * 400)
    command = [BINARIES / "policygen", "evidence", "--all", "--input", root, "--format", "html"]
    ran = subprocess.run([*command, "--fail-on", "never"], check=True, stdout=subprocess.PIPE)
    path = root / "report.html"
    path.write_bytes(ran.stdout)
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 390, 600, 768, 960, 961, 1280, 1920])
def test_nothing_is_wider_than_the_screen(browser, page, width, scheme):
    browser.open(page, width=width, scheme=scheme)
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert browser.evaluate(TOO_WIDE) == []
    assert browser.evaluate(ROWS) == 5


# The width between the margins of 12 mm, in pixels of 1/96 inch.
@pytest.mark.parametrize("paper, width", [("A4", 703), ("Letter", 725)])
def test_nothing_is_cut_on_paper(browser, page, paper, width):
    browser.open(page, width=width)
    browser.call("Emulation.setEmulatedMedia", media="print")
    try:
        assert browser.evaluate(TOO_WIDE) == [], paper
        assert browser.evaluate(ROWS) == 5
        assert browser.pdf().startswith(b"%PDF")
    finally:
        browser.call("Emulation.setEmulatedMedia", media="")


def test_the_answer_is_first_and_the_worst_pipeline_comes_first(browser, page):
    browser.open(page)
    headings = browser.evaluate(
        "[...document.querySelectorAll('h1, h2')].map((it) => it.textContent)"
    )
    assert headings[0].startswith("No: ") and "1 pipeline could not be judged" in headings[0]
    assert headings[1:] == ["Pipelines", "To look at", "About this report"]
    answers = browser.evaluate(
        "[...document.querySelectorAll('.overview tbody .badge')].map((it) => it.textContent)"
    )
    ranks = [["no", "not judged", "no, justified", "yes", "none"].index(it) for it in answers]
    assert ranks == sorted(ranks) and "not judged" in answers, answers
    # Each link leads to what is wrong with that pipeline.
    targets = browser.evaluate(
        "[...document.querySelectorAll('.overview a')]"
        ".map((it) => document.querySelector(it.getAttribute('href')).tagName)"
    )
    assert targets and set(targets) == {"ARTICLE"}


def test_it_asks_nobody_for_anything_and_runs_nothing(browser, page):
    browser.open(page)
    logged, requests = browser.complaints()
    assert logged == [] and len(requests) == 1, (logged, requests)
    assert browser.evaluate("window.attacked") is None
    assert browser.evaluate("document.querySelectorAll('script, img, iframe, svg').length") == 0
    assert browser.evaluate("document.querySelectorAll('a:not([href^=\"#\"])').length") == 0
    assert "onerror" in browser.evaluate("document.querySelector('.overview').textContent")


def test_it_keeps_the_rules_of_axe_in_both_sizes_and_schemes(browser, page):
    browser.open(page)
    axe.check_everywhere(browser, "the report over several pipelines")
