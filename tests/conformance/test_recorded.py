"""The comparison with the recordings passes over nothing: a service that says the same in its own
ids and times agrees, and every change is seen.
"""

import copy

import pytest
from recorded import NAMES, REDACTED, TIMES, Accepted, Comparison, Mapping, Recording, seconds
from replay import said

LATER = 1_000_000
SEEN_ELSEWHERE = ("EventBridgeEvent", "CloudTrailEvent", "ApprovalNotification")


def another(recording, value, key=None):
    """What a service would reply that says the same: other ids, later times, all from the wire."""
    match value:
        case dict():
            return {name: another(recording, member, name) for name, member in value.items()}
        case list():
            return [another(recording, member, key) for member in value]
        case None:
            return None
    if key in TIMES:
        later = seconds(value, key) + LATER
        return later if key == "expirationTime" else later / 1000
    if isinstance(value, str):
        return recording.holes.sub(
            lambda hole: "secret" if hole[0] == REDACTED else turned(hole[0]), value
        )
    return value


def turned(hole):
    """Another id of the same shape."""
    return "-".join(part[::-1] for part in hole.split("-"))


def replies(recording):
    calls = [call for call in recording.calls if call["op"] not in SEEN_ELSEWHERE]
    return [
        (str(number), call["op"], said(call["code"], call["output"]))
        for number, call in enumerate(calls)
    ]


def differences(mapping, number, operation, recorded, emulated):
    comparison = Comparison(number, operation, mapping)
    comparison.compare(recorded, emulated)
    return comparison.differences


def changes(value, path=()):
    """Every way to change one member: without it, with one more, with another value."""
    if isinstance(value, dict):
        yield path, "added"
        for name, member in value.items():
            if name != "__type":
                yield (*path, name), "missing"
            yield from changes(member, (*path, name))
    elif isinstance(value, list):
        yield path, "added"
        for number, member in enumerate(value):
            yield (*path, number), "missing"
            yield from changes(member, (*path, number))
    elif path[-1] != "__type":
        yield path, "differs"


def changed(value, path, kind):
    value = copy.deepcopy(value)
    *above, last = path or ("",)
    parent = value
    for name in above:
        parent = parent[name]
    if kind == "missing":
        del parent[last]
    elif kind == "added":
        inside = parent[last] if path else parent
        inside.append("more") if isinstance(inside, list) else inside.update(more="more")
    else:
        one = parent[last]
        parent[last] = (
            (one or "") + "x"
            if isinstance(one, str | None)
            else one + 1
            if not isinstance(one, bool)
            else not one
        )
    return value


@pytest.mark.parametrize("name", NAMES)
def test_what_says_the_same_agrees_and_every_change_is_seen(name):
    recording = Recording(name)
    mapping = Mapping(recording)
    for reply in replies(recording):
        assert differences(mapping, *reply, another(recording, reply[-1])) == []
    assert not list(mapping.disorder())
    seen = 0
    for number, operation, recorded in replies(recording):
        emulated = another(recording, recorded)
        for path, kind in changes(emulated):
            if "artifactCredentials" in path and kind == "differs" and path[-1] != "expirationTime":
                continue
            found = differences(
                mapping.copy(), number, operation, recorded, changed(emulated, path, kind)
            )
            assert found, (number, operation, path, kind)
            seen += 1
    assert seen > 20


def test_an_id_stands_for_one_id_and_a_time_keeps_its_order():
    recording = Recording("approvals-retried")
    one, other = "8fef2d10-2eeb-4ad2-9e2c-51ee44ee7f0c", "001f85d5-2a42-4fa7-80e5-ffb490abf13d"
    mapping = Mapping(recording)
    assert mapping.agrees(one, turned(one)) and mapping.agrees(f"of {one}", f"of {turned(one)}")
    assert not mapping.agrees(one, turned(other)), "one recorded id, two emulated ones"
    assert not mapping.copy().agrees(other, turned(one)), "two recorded ids, one emulated one"
    assert not mapping.agrees(other, "no-uuid")
    times = Mapping(recording)
    assert (
        times.bind_time(10, 7, "a")
        and times.bind_time(20, 8, "b")
        and not times.bind_time(10, 8, "c")
    )
    assert list(times.disorder()) == []
    assert times.bind_time(30, 8, "d") and times.bind_time(40, 5, "e")
    assert list(times.disorder()) == [("tie", "b", "d"), ("order", "d", "e")]


def test_an_accepted_difference_is_accepted_where_it_is_listed_alone():
    recording = Recording("approvals-retried")
    found = differences(
        Mapping(recording),
        "3",
        "PutApprovalResult",
        {"approvedAt": 1, "code": "x"},
        {"approvedAt": 2},
    )
    assert [(difference.path, difference.kind) for difference in found] == [("code", "missing")]
    entry = {
        "operation": "PutApprovalResult",
        "path": "code",
        "kind": "missing",
        "reason": "a test",
    }
    assert Accepted([entry]).of(found[0]) == {0}
    for elsewhere in (
        {"recording": "other"},
        {"call": [4]},
        {"operation": "Get*"},
        {"path": "message"},
        {"kind": "added"},
    ):
        assert Accepted([{**entry, **elsewhere}]).of(found[0]) == set()
    for unusable in ({**entry, "reason": ""}, {**entry, "why": "x"}):
        with pytest.raises(AssertionError):
            Accepted([unusable])
