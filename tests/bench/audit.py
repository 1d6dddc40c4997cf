#!/usr/bin/env python3
"""How long an audit takes, and how much memory, beside what one would write without it.

    tests/bench/audit.py             5,000 users, 300 groups, 1,000 roles, 1,500 customer managed
                                     policies, seed 1
    tests/bench/audit.py --runs 30   the median of more runs
    tests/bench/audit.py --json FILE the rows too, for plots

Builds the release binary, or takes the one that POLICYGEN names. Makes the account up, and prints a
table of CPU seconds. `json.load + join` lists the members of both groups, and that is wrong: it
knows no policy, role or change. Exit code 1 when a target is missed. Needs Node for the simulator,
and says when there is none. `accounts.py` beside it has accounts that are hard.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import ROOT, audited, build, loaded, measured, row, write_rows

BENCHES = Path(__file__).resolve().parent
DIFFERENTIAL = ROOT / "tests" / "differential"
SIMULATOR = ROOT / "target" / "tools" / "differential"

# The most that the audit of the large account takes, of the time of `json.load + join`.
TIMES = 0.6
MEGABYTES = 150

# The users of each size, as in tests/kit/src/size.rs.
SIZES = {"small": 60, "middle": 500, "large": 5000}


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


def audit(arguments):
    policygen = build()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "account.json"
        account(path, arguments.size, arguments.seed)
        seconds, peak = audited(policygen, path, arguments.runs)
        load = loaded(path, arguments.runs)
        join = [sys.executable, BENCHES / "join.py", path]
        join_seconds, join_peak, _ = measured(join, arguments.runs)
        found = [
            ("policygen audit: every finding", arguments.runs, seconds, peak),
            ("Python: json.load + join", arguments.runs, join_seconds, join_peak),
        ]
        tool = arguments.simulator or simulator()
        if tool:
            simulate = ["node", BENCHES / "simulate.mjs", tool, path]
            runs = min(arguments.runs, arguments.simulations)
            name = "iam-simulate: both slots of one pipeline"
            found.append((name, runs, *measured(simulate, runs)[:2]))
        size = path.stat().st_size / 1e6
    print(f"\n{arguments.size} account, seed {arguments.seed}: {size:.1f} MB")
    print(f"{'':<42} {'runs':>5} {'CPU':>10} {'peak':>9} {'ratio':>8}")
    for name, runs, its_seconds, its_peak in found:
        print(
            f"{name:<42} {runs:>5} {its_seconds:>8.3f} s {its_peak:>6.0f} MB "
            f"{its_seconds / seconds:>8.2f}"
        )
    if not tool:
        print("iam-simulate: skipped, there is no node and npm")
    users = SIZES[arguments.size]
    rows = [row(name, users, cpu, load, megabytes) for name, _, cpu, megabytes in found]
    write_rows(arguments.json, f"An audit of {users:,} users, beside other programs", rows)
    if arguments.size != "large":
        return 0
    ratio = seconds / join_seconds
    met = ratio <= TIMES and peak <= MEGABYTES
    print(
        f"the audit takes {ratio:.2f} times json.load + join; target: {TIMES} times and "
        f"{MEGABYTES} MB, {'met' if met else 'MISSED'}"
    )
    return 0 if met else 1


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=list(SIZES), default="large")
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
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows to this file")
    return audit(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
