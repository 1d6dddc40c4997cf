"""Faults on the wire: what each program reports if a call that it makes fails in one way, so many
times. `target/tools/venv/bin/python tests/conformance/faults.py` plays every case and writes the
tables of docs/faults.md; test_faults.py plays some of them and compares.
"""

import argparse
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "faults.md"
FAULTS = (
    "throttle", "server-error", "reset", "reset-after", "reset-within", "truncate", "wrong-json",
    "slow", "stale",
)  # fmt: skip
DELIVERIES = ("deliver-twice", "two-processes")
INVOKE = "lambda:Invoke"
TIMES = (1, 3, "for-ever")
# Seconds, more than any program waits.
NEVER = 3600
# Most of the time of a case is waiting.
AT_ONCE = 8


class Case:
    """One fault of one operation, in a world of `kind`."""

    def __init__(self, kind, operation, fault, times):
        self.kind, self.operation, self.fault, self.times = kind, operation, fault, times

    def __repr__(self):
        return f"{self.kind.name}: {self.operation} {self.fault} {self.times}"

    def entry(self, caller):
        """The fault, as the file of `emulator serve --faults` says it."""
        entry = {"operation": self.operation, "fault": self.fault, "times": self.times}
        if self.fault == "slow":
            entry["seconds"] = NEVER
        if self.operation != INVOKE:
            entry["caller"] = caller
        return entry

    def play(self):
        """What is reported, in a word. Fails if it is not true."""
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            word = self.kind(Path(folder)).play(self)
            took = time.monotonic() - began
            assert word in self.kind.words, (self, word)
            assert took < self.kind.patience, f"{self} took {took:.0f} s"
            return word


def cases(kind):
    """Every case of a world."""
    for operation in kind.operations:
        for fault in DELIVERIES if operation == INVOKE else FAULTS:
            for times in TIMES:
                yield Case(kind, operation, fault, times)


def sample(kind):
    """Every fault of every operation, each so many times: the next number of times with each. Of a
    world that differs from another in the people only, every third.
    """
    every = list(cases(kind))
    for number, of_one in enumerate(zip(*[iter(every)] * len(TIMES), strict=True)):
        quick = [case for case in of_one if not kind.is_long(case)]
        if number % kind.step == 0:
            yield (quick or of_one)[number // kind.step % len(quick or of_one)]


def played(chosen, at_once=AT_ONCE):
    """The word for each case, and what went wrong. The longest begin first."""
    chosen = sorted(chosen, key=lambda it: (not it.kind.is_long(it), it.fault != "slow"))
    problems, words, lock = [], {}, threading.Lock()

    def play(case):
        try:
            word = case.play()
        except Exception as problem:
            with lock:
                problems.append(f"{case}: {problem!r}")
        else:
            with lock:
                words[case] = word

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(play, chosen))
    return words, problems


def table(kind, words):
    """The rows of one world: a cell has what is reported if the fault happens once, three times and
    for ever, or one word for all.
    """
    columns = (*FAULTS, *DELIVERIES) if INVOKE in kind.operations else FAULTS
    rows = [f"| call | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for operation in kind.operations:
        cells = []
        for fault in columns:
            cell = [words.get((operation, fault, times), "") for times in TIMES]
            cells.append(cell[0] if len(set(cell)) == 1 else ", ".join(cell))
        rows.append(f"| {operation.split(':')[1]} | {' | '.join(cells)} |")
    return rows


def committed(kind):
    """What the page says: a word for each operation, fault and number of times."""
    lines = section(PAGE.read_text(), kind)[1].splitlines()
    if not lines:
        return {}
    header, _, *rows = [[it.strip() for it in line.strip("|").split("|")] for line in lines]
    full = {operation.split(":")[1]: operation for operation in kind.operations}
    found = {}
    for name, *cells in rows:
        for fault, cell in zip(header[1:], cells, strict=True):
            of_times = cell.split(", ") if ", " in cell else [cell] * len(TIMES)
            for times, word in zip(TIMES, of_times, strict=True):
                if word:
                    found[full[name], fault, times] = word
    return found


def section(text, kind):
    """The page before the table of a world, the table, and the page after it."""
    begin, end = f"<!-- {kind.name} -->\n", f"<!-- end of {kind.name} -->\n"
    before, _, rest = text.partition(begin)
    inside, _, after = rest.partition(end)
    assert rest and end in rest, f"{PAGE} has no table of `{kind.name}`"
    return before + begin, inside, end + after


def main():
    from test_faults import WORLDS

    parser = argparse.ArgumentParser(description="Plays the cases, and writes docs/faults.md.")
    parser.add_argument("worlds", nargs="*", help="the names of worlds; by default all")
    parser.add_argument("--only", default="", help="play these only: a part of `CALL FAULT TIMES`")
    given = parser.parse_args()
    for kind in WORLDS:
        if given.worlds and kind.name not in given.worlds:
            continue
        chosen = [it for it in cases(kind) if given.only in str(it).removeprefix(kind.name)]
        words, problems = played(chosen)
        # On a busy machine, the time of an invocation may be over before the faults are.
        late = [
            it
            for it in chosen
            if it not in words or (it.times != "for-ever" and words[it] != kind.words[0])
        ]
        again, left = played(late, at_once=2)
        print(*problems, sep="\n")
        assert not left, "\n".join(left)
        found = {(it.operation, it.fault, it.times): it for it in chosen}
        now = {key: (words | again)[it] for key, it in found.items()}
        before, _, after = section(PAGE.read_text(), kind)
        rows = [f"{row}\n" for row in table(kind, committed(kind) | now)]
        PAGE.write_text("".join([before, *rows, after]))
        print(f"{kind.name}: {len(words)} cases")


if __name__ == "__main__":
    main()
