"""What AWS CodePipeline was recorded to answer (tests/recorded), and how a reply is compared with a
recorded one, field by field.

Ids are mapped by a bijection that is learnt as replies come: the first sight binds, and a later
contradiction is a difference. Times are mapped the same way, and their order is compared at the
end. Everything else is compared literally, what is absent included.
"""

import datetime
import fnmatch
import json
import re
import tomllib
from dataclasses import dataclass
from itertools import pairwise

from conftest import ROOT

FOLDER = ROOT / "tests" / "recorded"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
TIMES = {
    "startTime",
    "lastUpdateTime",
    "lastStatusChange",
    "approvedAt",
    "created",
    "updated",
    "expirationTime",
}
REDACTED = "[REDACTED]"
# Values that AWS generates, by their kind: the shape that an emulated one must have too.
SHAPES = {
    "uuid": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "object version": r"[A-Za-z0-9._]{32}",
    "etag": "[A-Za-z0-9]{32}",
    "object key": "[A-Za-z0-9]{7}",
    "name": "[A-Za-z0-9:-]+",
}


@dataclass(frozen=True)
class Difference:
    """Where a reply is not as recorded. `kind`: missing (recorded, not emulated), added (emulated,
    not recorded), differs.
    """

    recording: str
    call: str
    operation: str
    path: str
    kind: str
    recorded: str = ""
    emulated: str = ""

    def __str__(self):
        values = {"missing": f"recorded {self.recorded}", "added": f"emulated {self.emulated}"}
        said = values.get(self.kind, f"recorded {self.recorded}, emulated {self.emulated}")
        return f"{self.recording} {self.call} {self.operation} {self.path}: {self.kind}: {said}"


class Accepted:
    """The differences that are accepted, each with its reason: tests/recorded/differences.toml."""

    def __init__(self, entries=None):
        if entries is None:
            entries = tomllib.loads((FOLDER / "differences.toml").read_text()).get("difference", [])
        for entry in entries:
            unknown = entry.keys() - {
                "recording",
                "call",
                "operation",
                "path",
                "kind",
                "emulated",
                "reason",
            }
            assert not unknown, f"differences.toml: {unknown}"
            assert entry["reason"] and entry["operation"] and entry["kind"], (
                f"differences.toml: {entry}"
            )
        self.entries = entries

    def of(self, difference):
        """The numbers of the entries that say so."""

        def says(entry):
            calls = entry.get("call", [])
            return (
                fnmatch.fnmatchcase(difference.recording, entry.get("recording", "*"))
                and (not calls or difference.call in map(str, calls))
                and fnmatch.fnmatchcase(difference.operation, entry["operation"])
                and fnmatch.fnmatchcase(difference.path, entry.get("path", "*"))
                and difference.kind == entry["kind"]
                and fnmatch.fnmatchcase(difference.emulated, entry.get("emulated", "*"))
            )

        return {number for number, entry in enumerate(self.entries) if says(entry)}


class Recording:
    """One recorded sequence of calls, and what in it AWS made up. `names`: what is called otherwise
    in the replay.
    """

    def __init__(self, name, names=()):
        self.name, self.names = name, dict(names)
        self.calls = json.loads((FOLDER / f"{name}.json").read_text())["calls"]
        self.made_up = dict.fromkeys(self.names, "name")
        for call in self.calls:
            self.collect(call["output"])
        # Longest first, so that no value hides a longer one that begins with it.
        known = sorted(map(re.escape, self.made_up), key=len, reverse=True)
        self.holes = re.compile("|".join([*known, SHAPES["uuid"], re.escape(REDACTED)]))

    def collect(self, value, key=None):
        match value:
            case dict():
                for name, member in value.items():
                    self.collect(member, name)
            case list():
                for member in value:
                    self.collect(member, key)
            case str() if key in ("revisionId", "VersionId", "revision") and re.fullmatch(
                r"[\w.]{32}", value
            ):
                self.made_up[value] = "object version"
            case str() if key == "ETag":
                self.made_up[value] = "etag"
            case str() if key in ("key", "objectKey"):
                self.made_up[value.rsplit("/", 1)[-1].removesuffix(".zip")] = "object key"

    def kind(self, hole):
        return self.made_up.get(hole, "uuid")


class Mapping:
    """What stands for what: recorded to emulated, one to one."""

    def __init__(self, recording, there=None, back=None, times=None):
        self.recording = recording
        self.there = dict(there or recording.names)
        self.back = dict(
            back or {emulated: recorded for recorded, emulated in recording.names.items()}
        )
        # Recorded time: the emulated one, and where it was first seen.
        self.times = dict(times or {})

    def copy(self):
        return Mapping(self.recording, self.there, self.back, self.times)

    def bind(self, recorded, emulated):
        """Whether these two may stand for each other; what is seen first is bound."""
        return (
            self.there.setdefault(recorded, emulated) == emulated
            and self.back.setdefault(emulated, recorded) == recorded
        )

    def bind_time(self, recorded, emulated, where):
        return self.times.setdefault(recorded, (emulated, where))[0] == emulated

    def sent(self, value):
        """Recorded parameters as they are sent: with the emulated ids."""
        match value:
            case dict():
                return {name: self.sent(member) for name, member in value.items()}
            case list():
                return [self.sent(member) for member in value]
            case str():
                # An id that no reply gave is the caller's own, and stands for itself.
                return self.recording.holes.sub(
                    lambda hole: self.there.get(hole[0], hole[0]), value
                )
        return value

    def expected(self, text):
        """A recorded text with the emulated ids, for messages."""
        return self.recording.holes.sub(
            lambda hole: self.there.get(hole[0], f"<{self.recording.kind(hole[0])}>"), text
        )

    def agrees(self, recorded, emulated):
        """Whether a text is the recorded one, apart from generated values."""
        holes = self.recording.holes.findall(recorded)
        if not holes:
            return recorded == emulated
        literal = map(re.escape, self.recording.holes.split(recorded))
        shapes = [".+" if hole == REDACTED else SHAPES[self.recording.kind(hole)] for hole in holes]
        pattern = "".join(
            part
            for pair in zip(literal, [*(f"({shape})" for shape in shapes), ""], strict=True)
            for part in pair
        )
        found = re.fullmatch(pattern, emulated, re.DOTALL)
        return bool(found) and all(
            hole == REDACTED or self.bind(hole, group)
            for hole, group in zip(holes, found.groups(), strict=True)
        )

    def disorder(self):
        """Times that follow each other in the recording and do not in the emulator: (kind, earlier,
        later).
        """
        in_order = [self.times[recorded] for recorded in sorted(self.times)]
        for (earlier, first), (later, second) in pairwise(in_order):
            if earlier >= later:
                yield ("tie" if earlier == later else "order"), first, second


def seconds(value, key):
    """A time in whole milliseconds: epoch seconds from the wire, local time from an SDK, epoch
    milliseconds in an event.
    """
    if key == "expirationTime":
        return value
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value).timestamp()
    return round(value * 1000)


class Comparison:
    """One reply against the recorded one."""

    def __init__(self, call, operation, mapping):
        self.call, self.operation, self.mapping = call, operation, mapping
        self.differences = []

    def differ(self, path, kind, recorded=None, emulated=None):
        recorded = self.mapping.expected(recorded) if isinstance(recorded, str) else recorded
        words = [json.dumps(value)[:300] for value in (recorded, emulated)]
        self.differences.append(
            Difference(self.mapping.recording.name, self.call, self.operation, path, kind, *words)
        )

    def compare(self, recorded, emulated, path="", key=None):
        if key in TIMES:
            self.compare_time(recorded, emulated, path, key)
        elif isinstance(recorded, dict) and isinstance(emulated, dict):
            for name in sorted(recorded.keys() | emulated.keys()):
                at = f"{path}.{name}" if path else name
                if name not in emulated:
                    self.differ(at, "missing", recorded[name])
                elif name in recorded:
                    self.compare(recorded[name], emulated[name], at, name)
                # AWS's SDKs drop `__type`, so that a reply recorded through one lacks it.
                elif name != "__type":
                    self.differ(at, "added", None, emulated[name])
        elif isinstance(recorded, list) and isinstance(emulated, list):
            for number, (one, other) in enumerate(zip(recorded, emulated, strict=False)):
                self.compare(one, other, f"{path}.{label(number, one)}", key)
            for number, one in list(enumerate(recorded))[len(emulated) :]:
                self.differ(f"{path}.{label(number, one)}", "missing", one)
            for number, other in list(enumerate(emulated))[len(recorded) :]:
                self.differ(f"{path}.{label(number, other)}", "added", None, other)
        elif isinstance(recorded, str) and isinstance(emulated, str):
            if not self.mapping.agrees(recorded, emulated):
                self.differ(path, "differs", recorded, emulated)
        elif type(recorded) is not type(emulated) or recorded != emulated:
            self.differ(path, "differs", recorded, emulated)

    def compare_time(self, recorded, emulated, path, key):
        if not isinstance(emulated, (int, float)) or isinstance(emulated, bool):
            self.differ(path, "differs", recorded, emulated)
        elif not self.mapping.bind_time(
            seconds(recorded, key), seconds(emulated, key), f"{self.call} {self.operation} {path}"
        ):
            first, where = self.mapping.times[seconds(recorded, key)]
            self.differ(
                path, "differs", f"the time of {where}", f"{seconds(emulated, key) - first:+d} ms"
            )


def label(number, member):
    """A member of a list by its name, where it has one."""
    if not isinstance(member, dict):
        return str(number)
    if "actionExecutionId" in member and "stageName" in member:
        return f"{number}:{member['stageName']}/{member['actionName']}"
    for name in ("stageName", "actionName", "name"):
        if isinstance(member.get(name), str):
            return member[name]
    return str(number)
