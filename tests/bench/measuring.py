"""What the benchmarks of the audit share: a release build, one child's CPU and memory, and rows."""

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# What a program that only reads the account does at least.
LOAD = "import json, sys; json.load(open(sys.argv[1], encoding='utf-8'))"


def build():
    """Builds policygen for release, unless POLICYGEN names one that is built."""
    if given := os.environ.get("POLICYGEN"):
        return Path(given)
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "-p", "policygen"], cwd=ROOT, check=True
    )
    return ROOT / "target" / "release" / "policygen"


def measured(command, runs=1, codes=(0,), limit=None):
    """Runs a command several times: the median of its CPU seconds, the peak of its memory in MB,
    and its last output. CPU seconds are those of all its threads, and a busy machine changes them
    less than the time on the clock. `limit` is called in the child first; `None` comes back if a
    limit ends it.

    A child begins with the memory of its parent, so a caller must not hold a large account itself.
    """
    seconds, kilobytes = [], []
    for _ in range(runs):
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(command, cwd=ROOT, stdout=output, preexec_fn=limit)
            # Not Popen.wait: this tells the usage of this one child.
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if limit and process.returncode < 0:
                return None
            if process.returncode not in codes:
                sys.exit(f"error: {command[0]} ended with {process.returncode}")
            seconds.append(usage.ru_utime + usage.ru_stime)
            # In bytes on macOS, in kilobytes elsewhere.
            kilobytes.append(usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1))
            output.seek(0)
            text = output.read()
    return statistics.median(seconds), max(kilobytes) * 1024 / 1e6, text


def audited(policygen, path, runs=1, limit=None):
    """The CPU seconds of an audit of an account, and its peak in MB. `None` if a limit ends it."""
    command = [policygen, "audit", "--account-file", path, "--format", "json"]
    # 10: there are findings.
    found = measured(command, runs, codes=(0, 10), limit=limit)
    return found and found[:2]


def loaded(path, runs=1):
    """The CPU seconds of `json.load` of a file."""
    return measured([sys.executable, "-c", LOAD, path], runs)[0]


def exponent(sizes, seconds):
    """The growth between two sizes: 1 is linear, 2 is quadratic."""
    (small, large), (first, second) = sizes, seconds
    return math.log(max(second, 1e-3) / max(first, 1e-3)) / math.log(large / small)


def row(shape, users, cpu, load, peak, growth=None):
    """One row for plots."""
    return {
        "shape": shape,
        "users": users,
        "cpu_s": round(cpu, 4),
        "json_load_s": round(load, 4),
        "ratio": round(cpu / load, 3),
        "peak_mb": round(peak, 1),
        "exponent": None if growth is None else round(growth, 3),
    }


def write_rows(path, title, rows):
    """Writes the rows, if a file is wanted."""
    if path:
        path.write_text(json.dumps({"title": title, "rows": rows}, indent=2) + "\n", "utf-8")
