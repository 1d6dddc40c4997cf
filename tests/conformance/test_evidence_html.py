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


def report(history, folder, name="report"):
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


@pytest.fixture
def page(browser, tmp_path):
    path = report(history(), tmp_path)
    browser.open(path)
    return browser


SHOWN = (
    "[...document.querySelectorAll('.executions > tbody')]"
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
        "Release evidence: payments",
        "To look at",
        "Timeline",
        "Executions",
        "Verdicts",
    ]
    looked = page.evaluate("document.querySelectorAll('.executions > tbody.look').length")
    assert looked == int(page.evaluate("document.querySelector('.tile dd').textContent")) > 0
    marks = page.evaluate("document.querySelectorAll('.timeline .mark').length")
    assert marks == page.evaluate(SHOWN) == 60


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
    looked = page.evaluate("document.querySelectorAll('.executions > tbody.look').length")
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

    tab_to(page, "(it) => it.tagName === 'SUMMARY'")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", (
        "the focus is seen"
    )
    page.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open")
    caption = (
        "[...document.activeElement.parentElement.querySelectorAll('caption')]"
        ".map((it) => it.textContent)"
    )
    assert "Approvals, every attempt" in page.evaluate(caption)


def test_verdicts_can_be_left_out(page):
    satisfied = page.evaluate("document.querySelectorAll('tbody[data-verdict=satisfied]').length")
    tab_to(page, "(it) => it.value === 'satisfied'")
    page.press(" ")
    assert page.evaluate(SHOWN) == 60 - satisfied


def test_a_link_from_an_exception_opens_its_execution(page):
    target = page.evaluate("document.querySelector('section a[href^=\"#e\"]').hash")
    tab_to(page, "(it) => it.hash && it.hash.startsWith('#e') && it.hash !== '#executions'")
    page.press("Enter")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert page.evaluate(f"document.querySelector('{target} details').open")


def test_assistive_technology_finds_tables_and_names(page):
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"]
    ]
    roles = [role for role, _ in named]
    assert ("RootWebArea", "Release evidence: payments") in named
    assert roles.count("table") >= 2 and "main" in roles and "contentinfo" in roles
    assert ("image", "Executions over time, by verdict") in named, [
        it for it in named if it[0] in ("image", "img", "SvgRoot")
    ]
    assert [name for role, name in named if role == "columnheader"][:4] == [
        "Severity",
        "What",
        "Execution",
        "In words",
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
    path = report(history(), tmp_path)
    browser.open(path, width=width, scheme=scheme)
    browser.evaluate("document.querySelectorAll('details').forEach((it) => it.open = true)")
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        "it scrolls sideways"
    )
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
    browser.open(report(history(8), tmp_path))
    browser.evaluate("document.querySelectorAll('details').forEach((it) => it.open = true)")
    axe.check_everywhere(browser, "the report")


def test_it_prints_with_its_details_and_without_its_filters(page):
    page.call("Emulation.setEmulatedMedia", media="print")
    hidden = page.evaluate("getComputedStyle(document.querySelector('.filters')).display")
    assert hidden == "none"
    # The page itself opens them before it prints.
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(
        "[...document.querySelectorAll('.executions details')].every((it) => it.open)"
    )
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(
        "[...document.querySelectorAll('.executions details')].every((it) => !it.open)"
    )
    page.call("Emulation.setEmulatedMedia", media="")
    assert page.pdf().startswith(b"%PDF")


def test_without_its_script_everything_is_there(browser, tmp_path):
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
    browser.open(path)
    browser.evaluate("document.querySelectorAll('details').forEach((it) => it.open = true)")
    assert browser.evaluate("window.attacked") is None
    assert browser.evaluate(elements) == expected
    assert browser.evaluate("document.querySelectorAll('a:not([href^=\"#\"])').length") == 0
    logged, requests = browser.complaints()
    assert logged == [] and len(requests) == 1, (logged, requests)
    text = browser.evaluate("document.querySelector('.executions').textContent")
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
