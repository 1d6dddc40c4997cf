#!/usr/bin/env python3
"""How long an audit takes, and how much memory, beside what one would write without it.

    tests/bench/audit.py            5,000 users, 300 groups, 1,000 roles, 1,500 customer managed
                                    policies, seed 1
    tests/bench/audit.py --runs 30  the median of more runs
    tests/bench/audit.py --hard     accounts that are hard each in its own way, beside `json.load`

Builds the release binary, makes the account up, and prints a table. Exit code 1 when a target is
missed. Needs Node for the simulator, which it says when there is none.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from accounts import HARD

BENCHES = Path(__file__).resolve().parent
ROOT = BENCHES.parent.parent
DIFFERENTIAL = ROOT / "tests" / "differential"
SIMULATOR = ROOT / "target" / "tools" / "differential"

SECONDS = 0.25
MEGABYTES = 150

# The most that a hard account takes: this many times the time of `json.load`, and some more.
TIMES = 5
PLUS = 0.5
HARD_MEGABYTES = 1000


def measure(command, runs, codes=(0,)):
    """Runs a command several times: the median of its seconds, the most of its peak memory in MB,
    and its last output.
    """
    seconds, kilobytes = [], []
    for _ in range(runs):
        with tempfile.TemporaryFile() as output:
            started = time.perf_counter()
            process = subprocess.Popen(command, cwd=ROOT, stdout=output)
            # Not Popen.wait: this tells the peak of this one child.
            _, status, usage = os.wait4(process.pid, 0)
            seconds.append(time.perf_counter() - started)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode not in codes:
                sys.exit(f"error: {command[0]} ended with {process.returncode}")
            # In bytes on macOS, in kilobytes elsewhere.
            kilobytes.append(usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1))
            output.seek(0)
            text = output.read()
    return statistics.median(seconds), max(kilobytes) * 1024 / 1e6, text


def account(path, size, seed):
    """Makes an account up."""
    with path.open("wb") as file:
        generator = [
            "cargo",
            "run",
            "--quiet",
            "--locked",
            "-p",
            "kit",
            "--example",
            "account",
            "--",
            size,
            str(seed),
        ]
        subprocess.run(generator, cwd=ROOT, stdout=file, check=True)


def simulator():
    """The folder of the simulator of IAM that the differential test uses too; none without Node."""
    if not shutil.which("node") or not shutil.which("npm"):
        return None
    if not (SIMULATOR / "node_modules" / "@cloud-copilot" / "iam-simulate").is_dir():
        SIMULATOR.mkdir(parents=True, exist_ok=True)
        for name in ["package.json", "package-lock.json"]:
            shutil.copy(DIFFERENTIAL / name, SIMULATOR)
        subprocess.run(["npm", "ci", "--silent", "--ignore-scripts"], cwd=SIMULATOR, check=True)
    return SIMULATOR


def build():
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "-p", "policygen"], cwd=ROOT, check=True
    )
    return ROOT / "target" / "release" / "policygen"


def hard(arguments):
    policygen = build()
    load = "import json, sys; json.load(open(sys.argv[1]))"
    met = True
    print(f"\n{'':<38} {'json.load':>10} {'audit':>10} {'ratio':>7} {'peak':>9}")
    for name, make in HARD.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "account.json"
            path.write_text(json.dumps(make(), indent=4))
            loads, _, _ = measure([sys.executable, "-c", load, path], arguments.runs)
            command = [policygen, "audit", "--account-file", path, "--format", "json"]
            seconds, megabytes, _ = measure(command, arguments.runs, codes=(0, 10))
        well = seconds <= TIMES * loads + PLUS and megabytes <= HARD_MEGABYTES
        met = met and well
        print(
            f"{name:<38} {loads:>8.3f} s {seconds:>8.3f} s {seconds / loads:>7.1f} "
            f"{megabytes:>6.0f} MB {'' if well else 'MISSED'}"
        )
    print(f"target: {TIMES} times json.load + {PLUS} s and {HARD_MEGABYTES} MB")
    return 0 if met else 1


def audit(arguments):
    policygen = build()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "account.json"
        account(path, arguments.size, arguments.seed)
        command = [policygen, "audit", "--account-file", path, "--format", "json"]
        # 10: there are findings, as there should be.
        seconds, megabytes, report = measure(command, arguments.runs, codes=(10,))
        rows = [("policygen audit: every finding", arguments.runs, seconds, megabytes)]

        join = [sys.executable, BENCHES / "join.py", path]
        rows.append(
            ("Python: members of both groups", arguments.runs, *measure(join, arguments.runs)[:2])
        )

        tool = arguments.simulator or simulator()
        if tool:
            simulate = ["node", BENCHES / "simulate.mjs", tool, path]
            runs = min(arguments.runs, arguments.simulations)
            rows.append(
                ("iam-simulate: both slots of one pipeline", runs, *measure(simulate, runs)[:2])
            )
        size = path.stat().st_size / 1e6
    print(
        f"\n{arguments.size} account, seed {arguments.seed}: {size:.1f} MB; "
        f"report of {len(report) / 1e6:.1f} MB"
    )
    print(f"{'':<42} {'runs':>5} {'median':>10} {'peak':>9} {'ratio':>8}")
    for name, runs, its_seconds, its_megabytes in rows:
        print(
            f"{name:<42} {runs:>5} {its_seconds:>8.3f} s {its_megabytes:>6.0f} MB "
            f"{its_seconds / seconds:>8.2f}"
        )
    if not tool:
        print("iam-simulate: skipped, there is no node and npm")
    if arguments.size != "large":
        return 0
    met = seconds <= SECONDS and megabytes <= MEGABYTES
    print(f"target: {SECONDS} s and {MEGABYTES} MB, {'met' if met else 'MISSED'}")
    return 0 if met else 1


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=["small", "middle", "large"], default="large")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--runs", type=int, default=10, help="runs of audit and of Python (default: 10)"
    )
    parser.add_argument(
        "--simulations", type=int, default=3, help="runs of iam-simulate at most (default: 3)"
    )
    parser.add_argument(
        "--simulator", type=Path, metavar="FOLDER", help="whose node_modules holds iam-simulate"
    )
    parser.add_argument(
        "--hard", action="store_true", help="accounts that are hard each in its own way"
    )
    arguments = parser.parse_args()
    return hard(arguments) if arguments.hard else audit(arguments)


if __name__ == "__main__":
    sys.exit(main())
