"""The pages of the desk for everybody: the rules of axe-core, the keyboard, and no script."""

import itertools

import axe
import pytest
from conftest import PIPELINE
from test_desk_web import found, people  # noqa: F401


def test_every_page_keeps_the_rules_of_axe_in_both_sizes_and_schemes(found):
    firm = found()
    alice, bob = firm.people["alice"], firm.people["bob"]
    alice.open(firm.desk)
    everywhere(alice, "sign-in")
    alice.sign_in(firm.desk)
    bob.sign_in(firm.desk)
    alice.open(firm.desk, firm.page)
    everywhere(alice, "both open")
    alice.answer("ApprovalA", comment="reviewed\nthe diff")
    alice.answer("ApprovalB")
    everywhere(alice, "answered, and refused")
    bob.open(firm.desk, firm.page)
    bob.answer("ApprovalB")
    bob.until("document.querySelector('#progress').innerText.includes('The stage has passed.')")
    everywhere(bob, "passed")
    firm.ended("Deploy")
    firm.release()
    for path in ("/", firm.page, f"/p/{PIPELINE}", "/enrol", "/nothing"):
        alice.open(firm.desk, path)
        everywhere(alice, path)
    mallory = firm.people["mallory"]
    mallory.enrol(firm.desk)
    everywhere(mallory, "enrolled")
    # The page of an error.
    firm.processes.remove(firm.emulator)
    firm.emulator.stop()
    alice.open(firm.desk, f"/p/{PIPELINE}")
    assert "cannot be read" in alice.text()
    everywhere(alice, "problem")


def everywhere(person, what):
    """Checks the open page on a phone and on a wide screen, light and dark."""
    for width, scheme in itertools.product((390, 1280), ("light", "dark")):
        person.browser.look(width, scheme=scheme)
        axe.check(person.browser, f"{what}, {width} pixels, {scheme}")


def test_the_rules_find_what_is_wrong(found):
    """The test above can fail."""
    firm = found()
    alice = firm.people["alice"]
    alice.open(firm.desk)
    alice.browser.evaluate("document.querySelector('main').innerHTML = '<img src=/icon.svg>'")
    with pytest.raises(AssertionError, match="image-alt"):
        axe.check(alice.browser, "wrong")
