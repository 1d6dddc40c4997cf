"""The pages of the desk for everybody: the rules of axe-core, the keyboard, and no script."""

import axe
import pytest
from conftest import PIPELINE
from test_desk_web import found, people  # noqa: F401

# What a person can use or scroll, as far as it is shown.
REACHABLE = """
[...document.querySelectorAll('a, button, input, select, textarea, summary, pre[tabindex]')]
  .filter((it) => !it.disabled && it.type !== 'hidden' && it.checkVisibility())
"""


def test_every_page_keeps_the_rules_of_axe_in_both_sizes_and_schemes(found):
    firm = found()
    alice, bob = firm.people["alice"], firm.people["bob"]
    alice.open(firm.desk)
    axe.check_everywhere(alice.browser, "sign-in")
    alice.sign_in(firm.desk)
    bob.sign_in(firm.desk)
    alice.open(firm.desk, firm.page)
    axe.check_everywhere(alice.browser, "both open")
    alice.answer("ApprovalA", comment="reviewed\nthe diff")
    alice.answer("ApprovalB")
    axe.check_everywhere(alice.browser, "answered, and refused")
    bob.open(firm.desk, firm.page)
    bob.answer("ApprovalB")
    bob.until("document.querySelector('#progress').innerText.includes('The stage has passed.')")
    axe.check_everywhere(bob.browser, "passed")
    firm.ended("Deploy")
    firm.release()
    for path in ("/", firm.page, f"/p/{PIPELINE}", "/enrol", "/nothing"):
        alice.open(firm.desk, path)
        axe.check_everywhere(alice.browser, path)
    mallory = firm.people["mallory"]
    mallory.enrol(firm.desk)
    mallory.click("[data-copy]")
    # Also if the browser does not let it.
    mallory.until("document.querySelector('#enrolled .status').textContent")
    axe.check_everywhere(mallory.browser, "enrolled")
    # The page of an error.
    firm.processes.remove(firm.emulator)
    firm.emulator.stop()
    alice.open(firm.desk, f"/p/{PIPELINE}")
    assert "cannot be read" in alice.text()
    axe.check_everywhere(alice.browser, "problem")


def test_without_script_a_page_shows_everything_and_how_to_see_more(found):
    firm = found()
    alice, bob = firm.people["alice"], firm.people["bob"]
    alice.sign_in(firm.desk)
    bob.sign_in(firm.desk)
    alice.browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        alice.browser.open(firm.desk.origin + firm.page)
        text = read_out(alice.browser)
        assert {"Reload", "Approve / ApprovalA", "Approve / ApprovalB", "You would count"} <= text
        assert "Passkeys need JavaScript: the browser offers them to scripts only." in text
        bob.open(firm.desk, firm.page)
        bob.answer("ApprovalA")
        firm.ended("ApprovalA")
        document = alice.browser.call("DOM.getDocument")["root"]["nodeId"]
        link = alice.browser.call("DOM.querySelector", nodeId=document, selector=".reload")
        alice.browser.call("DOM.focus", nodeId=link["nodeId"])
        alice.browser.events.clear()
        alice.browser.press("Enter")
        alice.browser.loaded()
        text = read_out(alice.browser)
        assert "Approve / ApprovalB" in text and "Approve / ApprovalA" not in text
        assert any(it.startswith("approved by bob") for it in text), text
    finally:
        alice.browser.call("Emulation.setScriptExecutionDisabled", value=False)


def read_out(browser):
    """The names of everything that a screen reader finds."""
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    return {node.get("name", {}).get("value", "").strip() for node in nodes if not node["ignored"]}


def test_the_title_says_what_awaits_and_whom(found):
    firm = found()
    alice, bob = firm.people["alice"], firm.people["bob"]
    title = lambda person: person.browser.evaluate("document.title.split(' \u2013 ')[0]")
    alice.open(firm.desk)
    assert title(alice) == "Sign in"
    alice.sign_in(firm.desk)
    assert title(alice) == "2 approvals await you"
    alice.open(firm.desk, firm.page)
    assert title(alice) == f"ApprovalA and ApprovalB await you: {PIPELINE}"
    alice.answer("ApprovalA")
    # It changes on the open page.
    alice.until(f"document.title.startsWith('ApprovalB is open: {PIPELINE} ')")
    alice.open(firm.desk)
    assert title(alice) == "Nothing awaits you"
    bob.sign_in(firm.desk, firm.page)
    assert title(bob) == f"ApprovalB awaits you: {PIPELINE}"
    bob.answer("ApprovalB")
    bob.until(f"document.title.startsWith('{PIPELINE}: succeeded ')")


def test_the_keyboard_reaches_everything_and_shows_where_it_is(found):
    firm = found()
    alice = firm.people["alice"]
    alice.sign_in(firm.desk)
    for path in ("/", firm.page, "/enrol"):
        alice.open(firm.desk, path)
        wanted = alice.browser.evaluate(f"{REACHABLE}.length")
        reached = []
        for _ in range(wanted):
            alice.browser.press("Tab")
            reached.append(alice.browser.evaluate(f"{REACHABLE}.indexOf(document.activeElement)"))
            style = "(({outlineStyle, outlineWidth}) => [outlineStyle, parseFloat(outlineWidth)])"
            shown = alice.browser.evaluate(f"{style}(getComputedStyle(document.activeElement))")
            assert shown[0] != "none" and shown[1] >= 2, (path, reached, shown)
        # In the order in which they are read.
        assert reached == list(range(wanted)), (path, reached)


def test_the_rules_find_what_is_wrong(found):
    """The test above can fail."""
    firm = found()
    alice = firm.people["alice"]
    alice.open(firm.desk)
    alice.browser.evaluate("document.querySelector('main').innerHTML = '<img src=/icon.svg>'")
    with pytest.raises(AssertionError, match="image-alt"):
        axe.check(alice.browser, "wrong")
