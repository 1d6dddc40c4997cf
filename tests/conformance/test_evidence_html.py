"""The HTML report in a real headless Chromium: it works from the keyboard, offline, in both schemes
and in print, and runs nothing that a commit message or a comment brings along.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import axe
import pytest
from browser import Browser
from conftest import BINARIES, ROOT

sys.path.insert(0, str(ROOT / "tests" / "bench"))

from evidence import make

ATTACKS = [
    "<script>window.attacked = 1</script>",
    "</script><script>window.attacked = 1</script>",
    '<img src=x onerror="window.attacked = 1">',
    "\"><svg onload='window.attacked = 1'>",
    "'; window.attacked = 1; //",
    "</style><style>body { display: none }</style>",
    '<meta http-equiv=refresh content="0; url=https://attacker.example/">',
    '<a href="javascript:window.attacked = 1">look</a>',
    '<iframe src="https://attacker.example/"></iframe><base href="https://attacker.example/">',
    "\u202egnp.exe \u0000\u001b[2K {{constructor.constructor('window.attacked = 1')()}}",
]


def report(history, folder, name="report", *more):
    inputs = [argument for path in history.write(folder) for argument in ("--input", path)]
    command = [
        BINARIES / "policygen",
        "evidence",
        "--pipeline",
        "payments",
        "--format",
        "html",
        "--fail-on",
        "never",
        *inputs,
        *more,
    ]
    path = folder / f"{name}.html"
    path.write_bytes(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return path


def history(count=60):
    return make(count, datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1))


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


def open_report(browser, path, **screen):
    """Opens a report, and waits until its details are unpacked."""
    browser.open(path, **screen)
    ready = """new Promise((done) => {
      const ask = () => 'ready' in document.documentElement.dataset
        ? done(true)
        : setTimeout(ask, 5);
      ask();
    })"""
    assert browser.evaluate(ready)


OPEN_ALL = """new Promise((done) => {
  document.querySelector('#open').click();
  const rows = document.querySelectorAll('.executions > tbody > tr[id]').length;
  const ask = () => document.querySelectorAll('.more').length === rows
    ? done(rows)
    : setTimeout(ask, 5);
  ask();
})"""


@pytest.fixture
def page(browser, tmp_path):
    open_report(browser, report(history(), tmp_path))
    return browser


SHOWN = (
    "[...document.querySelectorAll('.executions > tbody > tr[id]')]"
    ".filter((row) => row.offsetParent !== null).length"
)


def test_it_asks_nobody_for_anything_and_complains_of_nothing(page):
    logged, requests = page.complaints()
    assert logged == []
    assert len(requests) == 1 and requests[0].startswith("file://"), requests
    # Its own policy would not let it.
    refused = page.evaluate(
        "fetch('https://attacker.example/').then(() => 'sent', () => 'refused')"
    )
    assert refused == "refused"
    directives = page.evaluate("document.querySelector('meta[http-equiv]').content")
    assert (
        directives.startswith("default-src 'none'; style-src 'sha256-")
        and "unsafe" not in directives
    )


def test_the_summary_comes_before_the_exceptions_before_the_executions(page):
    headings = page.evaluate("[...document.querySelectorAll('h1, h2')].map((it) => it.textContent)")
    assert headings == [
        "No: 4 of 45 releases were not approved by two people.",
        "To look at",
        "About this report",
        "Timeline",
        "Executions",
        "Verdicts",
    ]
    looked = page.evaluate("document.querySelectorAll('.executions tr.look').length")
    assert looked == int(page.evaluate("document.querySelector('.tile dd').textContent")) > 0
    marks = page.evaluate("[...document.querySelectorAll('.timeline a')].map((it) => it.ariaLabel)")
    assert len(marks) == page.evaluate(SHOWN) == 60
    assert "2026-01-01 00:00, satisfied" in marks


def tab_to(page, expression):
    """Presses Tab until what has the focus is what is meant."""
    for _ in range(300):
        page.press("Tab")
        if page.evaluate(
            f"document.activeElement !== document.body && ({expression})(document.activeElement)"
        ):
            return
    raise AssertionError(f"the keyboard does not reach {expression}")


def test_rows_and_filters_work_from_the_keyboard(page):
    tab_to(page, "(it) => it.name === 'look'")
    page.press(" ")
    looked = page.evaluate("document.querySelectorAll('.executions tr.look').length")
    assert page.evaluate(SHOWN) == looked
    assert (
        page.evaluate("document.querySelector('#shown').textContent")
        == f"{looked} of 60 executions shown"
    )

    tab_to(page, "(it) => it.type === 'search'")
    for letter in "same":
        page.press(letter)
    filtered = page.evaluate(SHOWN)
    assert 0 < filtered <= looked

    tab_to(page, "(it) => it.type === 'reset'")
    page.press("Enter")
    page.evaluate("new Promise((done) => setTimeout(done, 20))")
    assert page.evaluate(SHOWN) == 60

    tab_to(page, "(it) => it.matches('button.open')")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", (
        "the focus is seen"
    )
    page.press("Enter")
    assert page.evaluate("document.activeElement.ariaExpanded") == "true"
    caption = (
        "[...document.activeElement.closest('tr').nextElementSibling.querySelectorAll('caption')]"
        ".map((it) => it.textContent)"
    )
    assert "Approvals, every attempt" in page.evaluate(caption)
    page.press("Enter")
    assert page.evaluate("document.activeElement.ariaExpanded") == "false"
    assert page.evaluate("document.querySelectorAll('.more').length") == 0


def test_an_execution_says_how_many_approvals_were_asked_for_answered_and_counted(page):
    page.evaluate(OPEN_ALL)
    facts = page.evaluate(
        "[...document.querySelectorAll('.more dl')].map((it) => it.children[1].textContent)"
    )
    assert "2 asked for, 2 answered, 2 counted; the gate ran once" in facts
    assert "4 asked for, 4 answered, 2 counted; the gate ran 2 times" in facts
    assert "0 asked for, 0 answered, 0 counted; the gate did not run" in facts


def test_code_in_a_message_is_code_and_has_no_backticks(page):
    page.evaluate(OPEN_ALL)
    assert "`" not in page.evaluate("document.body.innerText")
    assert page.evaluate("document.querySelectorAll('.causes code').length") > 0
    assert page.evaluate("document.querySelectorAll('.more code').length") > 0


def test_text_is_found_in_the_details(page):
    tab_to(page, "(it) => it.type === 'search'")
    for letter in "arn:aws:iam::111122223333:user/carol":
        page.press(letter)
    assert 0 < page.evaluate(SHOWN) < 60


def test_verdicts_can_be_left_out(page):
    satisfied = page.evaluate("document.querySelectorAll('tr.satisfied').length")
    tab_to(page, "(it) => it.value === 'satisfied'")
    page.press(" ")
    assert page.evaluate(SHOWN) == 60 - satisfied


def test_a_link_from_an_exception_opens_its_execution(page):
    target = page.evaluate("document.querySelector('section a[href^=\"#e\"]').hash")
    tab_to(page, "(it) => it.hash && it.hash.startsWith('#e') && it.hash !== '#executions'")
    page.press("Enter")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    opened = f"document.querySelector('{target}').nextElementSibling.className"
    assert page.evaluate(opened) == "more"


def test_a_point_of_the_timeline_leads_to_its_execution(page):
    target = page.evaluate(
        "document.querySelector('.timeline a .look').closest('a[href]').getAttribute('href')"
    )
    tab_to(page, "(it) => !!(it.closest('.timeline') && it.querySelector('.look'))")
    page.press("Enter")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    opened = f"document.querySelector('{target}').nextElementSibling.className"
    assert page.evaluate(opened) == "more"


def test_assistive_technology_finds_tables_and_names(page):
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"]
    ]
    roles = [role for role, _ in named]
    assert ("RootWebArea", "Release evidence: payments") in named
    assert roles.count("table") >= 2 and "main" in roles
    assert ("group", "Executions over time, by verdict") in named, [
        it for it in named if it[0] in ("group", "SvgRoot")
    ]
    assert [name for role, name in named if role == "columnheader"][:4] == [
        "Severity",
        "What",
        "In words",
        "Executions",
    ]
    for role, name in named:
        assert name or role not in (
            "link",
            "button",
            "checkbox",
            "searchbox",
            "table",
            "columnheader",
        ), (role, name)
    unlabelled = page.evaluate(
        "[...document.querySelectorAll('table')].filter((it) => !it.caption).length"
    )
    assert unlabelled == 0
    scopeless = page.evaluate(
        "[...document.querySelectorAll('th')].filter((it) => !it.scope).length"
    )
    assert scopeless == 0


CONTRAST = """
(() => {
  const channel = (value) => (value /= 255) <= 0.04045
    ? value / 12.92
    : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  const words =
    'h1, h2, p, dt, dd, th, td, caption, summary, .badge, a, label, legend, button';
  for (const element of document.querySelectorAll(words)) {
    if (element.offsetParent === null || !element.textContent.trim()) continue;
    const a = luminance(numbers(getComputedStyle(element).color));
    const b = luminance(background(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push([element.className || element.tagName, ratio]);
  }
  return poor;
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_it_fits_and_can_be_read(browser, tmp_path, scheme, width):
    open_report(browser, report(history(), tmp_path), width=width, scheme=scheme)
    browser.evaluate(OPEN_ALL)
    assert browser.evaluate(CONTRAST) == []
    colour = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, colour[4:-1].split(","))) < 300) == (scheme == "dark"), colour
    # A picture of something: many colours, and not one alone.
    image = tmp_path / "report.png"
    browser.screenshot(image)
    assert image.stat().st_size > 20_000
    pixels = browser.evaluate(
        "[innerWidth, document.querySelector('.timeline').getBoundingClientRect().height]"
    )
    assert pixels[1] > 100


def test_it_keeps_the_rules_of_axe_in_both_sizes_and_schemes(browser, tmp_path):
    open_report(browser, report(history(8), tmp_path))
    browser.evaluate(OPEN_ALL)
    axe.check_everywhere(browser, "the report")


def test_it_prints_with_its_details_and_without_its_filters(page):
    page.call("Emulation.setEmulatedMedia", media="print")
    hidden = page.evaluate("getComputedStyle(document.querySelector('.filters')).display")
    assert hidden == "none"
    # The page itself adds them before it prints.
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    articles = "[...document.querySelectorAll('#appendix article')].map((it) => it.textContent)"
    printed = page.evaluate(articles)
    ids = page.evaluate(
        "[...document.querySelectorAll('.executions button.open')].map((it) => it.textContent)"
    )
    assert len(printed) == len(ids) == 60
    assert all(own in article for own, article in zip(ids, printed, strict=True))
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.querySelector('#appendix')") is None
    page.call("Emulation.setEmulatedMedia", media="")
    assert page.pdf().startswith(b"%PDF")


LONG = {
    "session": f"arn:aws:sts::111122223333:assumed-role/{'R' * 64}/{'s' * 64}",
    "sso": "arn:aws:sts::111122223333:assumed-role/"
    f"AWSReservedSSO_{'P' * 32}_0123456789abcdef/{'n' * 52}@example.com",
    "action": "A" * 100,
    "text": "W" * 400,
}
# Whatever is wider than the page, by its tag and class.
TOO_WIDE = """
[...document.querySelectorAll('body *')]
  .filter((it) => !it.closest('svg') && it.getBoundingClientRect().right
    > document.documentElement.clientWidth + 0.5)
  .map((it) => `${it.tagName}.${it.className} ${it.textContent.slice(0, 40)}`)
"""
# Text that ends beyond the page, even if the element that holds it does not.
TEXT_TOO_WIDE = """
(() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const found = [];
  while (walk.nextNode()) {
    range.selectNodeContents(walk.currentNode);
    const clipped = getComputedStyle(walk.currentNode.parentElement).overflow === 'hidden';
    const { right } = range.getBoundingClientRect();
    if (!clipped && right > document.documentElement.clientWidth + 0.5)
      found.push(walk.currentNode.data.slice(0, 40));
  }
  return found;
})()
"""
CUT = """
[...document.querySelectorAll('.executions > tbody > tr[id] > *')]
  .filter((it) => it.cellIndex !== 3 && it.scrollWidth > it.clientWidth)
  .map((it) => it.textContent)
"""


@pytest.fixture(scope="module")
def long_names(tmp_path_factory):
    """A report with the longest names that AWS allows."""
    named = history(20)
    for execution in named.executions:
        execution["trigger"]["triggerDetail"] = LONG["sso"]
        execution["sourceRevisions"][0].update(
            revisionSummary=LONG["text"], revisionUrl=f"https://example.com/{LONG['text']}"
        )
    for detail in named.actions:
        if detail["actionName"].startswith("Approval"):
            first = detail["actionName"] == "ApprovalA"
            detail["updatedBy"] = LONG["session" if first else "sso"]
            detail["actionName"] = detail["actionName"][-1] + LONG["action"][1:]
            detail["output"]["executionResult"]["externalExecutionSummary"] = LONG["text"]
    folder = tmp_path_factory.mktemp("long")
    rule = folder / "rule.json"
    rule.write_text(json.dumps({"trustedSessionRoles": ["R" * 64, LONG["sso"].split("/")[1]]}))
    return report(named, folder, "report", "--rule", rule)


@pytest.mark.parametrize("width", [360, 390, 600, 768, 960, 961, 1280, 1920])
def test_nothing_is_wider_than_the_screen(browser, long_names, width):
    open_report(browser, long_names, width=width)
    browser.evaluate(OPEN_ALL)
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert browser.evaluate(TOO_WIDE) == [] == browser.evaluate(TEXT_TOO_WIDE)
    marks = "[...document.querySelectorAll('.timeline .look, .timeline circle')]"
    outside = (
        f"{marks}.filter((it) => it.getBoundingClientRect().right > innerWidth"
        " || it.getBoundingClientRect().left < 0).length"
    )
    assert browser.evaluate(f"{marks}.length") > 0 and browser.evaluate(outside) == 0


@pytest.mark.parametrize("width", [961, 1100])
def test_no_verdict_is_broken_in_two(browser, tmp_path, width):
    open_report(browser, report(history(), tmp_path), width=width)
    heights = browser.evaluate("""[...document.querySelectorAll('tr.unsatisfied > td:nth-child(5)')]
      .map((it) => {
        const range = document.createRange();
        range.selectNodeContents(it);
        return range.getClientRects().length;
      })""")
    assert set(heights) == {1}, heights


# The width between the margins of 12 mm, in pixels of 1/96 inch.
@pytest.mark.parametrize("paper, width", [("A4", 703), ("Letter", 725)])
def test_nothing_is_cut_on_paper(browser, long_names, paper, width):
    open_report(browser, long_names, width=width)
    browser.call("Emulation.setEmulatedMedia", media="print")
    try:
        browser.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert browser.evaluate(TOO_WIDE) == [] == browser.evaluate(TEXT_TOO_WIDE), paper
        assert browser.evaluate(CUT) == [], paper
        assert browser.evaluate("document.querySelectorAll('#appendix article').length") == 20
    finally:
        browser.call("Emulation.setEmulatedMedia", media="")


def test_a_release_is_one_line_on_paper(page):
    page.look(703)
    page.call("Emulation.setEmulatedMedia", media="print")
    try:
        heights = page.evaluate(
            "[...document.querySelectorAll('.executions > tbody > tr.satisfied')]"
            ".map((it) => it.getBoundingClientRect().height)"
        )
        assert len(heights) > 30 and max(heights) < 20, max(heights)
    finally:
        page.call("Emulation.setEmulatedMedia", media="")


def test_ten_thousand_executions_are_a_small_page_that_opens_at_once(browser, tmp_path):
    many = make(10_000, datetime(2026, 1, 1, tzinfo=UTC), timedelta(minutes=50))
    path = report(many, tmp_path)
    assert path.stat().st_size <= 4_000_000, path.stat().st_size
    times = []
    for _ in range(3):
        open_report(browser, path)
        # From the start of the navigation until the page is drawn, and until all is unpacked.
        times.append(
            browser.evaluate(
                "[performance.getEntriesByName('first-contentful-paint')[0].startTime,"
                " performance.timing.loadEventEnd - performance.timing.navigationStart]"
            )
        )
    assert min(max(time) for time in times) < 2000, times
    assert browser.evaluate(SHOWN) == 10_000
    marks = browser.evaluate("document.querySelectorAll('.timeline a').length")
    assert 0 < marks < 2000, marks
    last = "document.querySelector('.month:last-of-type tbody > tr:last-child')"
    browser.evaluate(f"{last}.querySelector('button').click()")
    assert "Approvals, every attempt" in browser.evaluate(
        "document.querySelector('.more').textContent"
    )


def test_without_its_script_every_execution_has_its_line(browser, tmp_path):
    path = report(history(), tmp_path)
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(path)
        outline = browser.call("Accessibility.getFullAXTree")["nodes"]
        names = [node.get("name", {}).get("value", "") for node in outline if not node["ignored"]]
        assert "60 executions, the newest first" in names
        assert "searchbox" not in [node["role"]["value"] for node in outline if not node["ignored"]]
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)


def test_text_from_outside_stays_text(browser, tmp_path):
    clean = history(len(ATTACKS))
    planted = history(len(ATTACKS))
    for execution, attack in zip(planted.executions, ATTACKS, strict=True):
        revision = execution["sourceRevisions"][0]
        revision.update(revisionSummary=attack, revisionUrl=attack, revisionId=attack)
        execution["trigger"]["triggerDetail"] = attack
        execution["stopTrigger"] = {"reason": attack}
        for detail in planted.actions:
            if detail["pipelineExecutionId"] != execution["pipelineExecutionId"]:
                continue
            result = detail["output"]["executionResult"]
            result["externalExecutionSummary"] = attack
            if detail["actionName"].startswith("Approval"):
                detail["updatedBy"] = attack
    elements = (
        "[...document.querySelectorAll("
        "'script, style, img, iframe, base, meta, [onload], [onerror]')].length"
    )
    (tmp_path / "clean").mkdir()
    browser.open(report(clean, tmp_path / "clean"))
    expected = browser.evaluate(elements)
    path = report(planted, tmp_path)
    open_report(browser, path)
    browser.evaluate(OPEN_ALL)
    assert browser.evaluate("window.attacked") is None
    assert browser.evaluate(elements) == expected
    assert browser.evaluate("document.querySelectorAll('a:not([href^=\"#\"])').length") == 0
    logged, requests = browser.complaints()
    assert logged == [] and len(requests) == 1, (logged, requests)
    text = browser.evaluate("document.querySelector('#executions').textContent")
    for attack in ATTACKS[:-1]:
        assert attack in text
    assert "\u001b" not in text and "\u0000" not in text


def test_the_browser_would_run_what_is_not_escaped(browser, tmp_path):
    """The test above can fail: the same text in a page without escapes or a policy is run."""
    path = tmp_path / "open.html"
    path.write_text(f"<!doctype html><p>{ATTACKS[0]}")
    browser.open(path)
    assert browser.evaluate("window.attacked") == 1


def test_the_numbers_are_those_of_the_json(page, tmp_path):
    inputs = [argument for path in history().write(tmp_path) for argument in ("--input", path)]
    command = [
        BINARIES / "policygen",
        "evidence",
        "--pipeline",
        "payments",
        "--format",
        "json",
        "--fail-on",
        "never",
        *inputs,
    ]
    summary = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)[
        "summary"
    ]
    tiles = [
        int(text)
        for text in page.evaluate(
            "[...document.querySelectorAll('.tile dd')].map((it) => it.textContent)"
        )
    ]
    assert tiles == [
        summary["exceptional"],
        summary["releases"],
        summary["satisfiedReleases"],
        summary["executions"],
    ]
