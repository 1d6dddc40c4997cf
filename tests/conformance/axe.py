"""The accessibility rules of axe-core, run in a page. The page's own policy does not apply to what
comes over the DevTools pipe.
"""

import itertools
import json

import pytest
from conftest import ROOT

SCRIPT = ROOT / "target/tools/accessibility/node_modules/axe-core/axe.min.js"
# Every rule that is not experimental, those of good practice too.
RUN = """
axe.run(document, {resultTypes: ['violations']}).then(({violations, passes}) => ({
  rules: passes.length,
  broken: violations.map(({id, help, nodes}) =>
    [id, help, ...nodes.map(({html, failureSummary}) => `${html}: ${failureSummary}`)]),
}))
"""


def check(browser, what):
    """Fails if the page breaks a rule."""
    if not SCRIPT.exists():
        pytest.skip(f"there is no axe-core in {SCRIPT.parent}; `tests/run conformance` gets it")
    if not browser.evaluate("typeof axe === 'object'"):
        browser.evaluate(f"{SCRIPT.read_text()};void 0")
    found = browser.evaluate(RUN)
    assert found["rules"] > 20, (what, found)
    assert found["broken"] == [], f"{what}: {json.dumps(found['broken'], indent=1)}"


def check_everywhere(browser, what):
    """Checks the open page on a phone and on a wide screen, light and dark."""
    for width, scheme in itertools.product((390, 1280), ("light", "dark")):
        browser.look(width, scheme=scheme)
        check(browser, f"{what}, {width} pixels, {scheme}")
