#!/usr/bin/env python3
"""How long it takes to read the authors and reviewers of a long range on GitHub, and in how many
requests.

    cargo build --package reviews --example consensus
    tests/bench/reviews.py              three ranges: four minutes, most of them waits
    tests/bench/reviews.py --quick      without the last one

It asks a forge on loopback, with the rate limits that GitHub documents and a delay before each
reply. The function has 300 seconds, and a token 5,000 requests an hour.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "conformance"))

from forge import Forge  # noqa: E402
from forge_github import api  # noqa: E402
from forge_server import TOKEN, Server  # noqa: E402

SECONDS = 300
PROGRAM = ROOT / "target" / "debug" / "examples" / "consensus"
# Commits, pull requests, and how these are merged. GitHub asks for waits in the last range.
RANGES = [(1000, 200, "merge"), (1000, 200, "squash"), (1000, 1000, "squash")]


def measure(commits, changes, method, latency):
    """One line of the table."""
    forge = Forge()
    people = [forge.user(f"user-{number}") for number in range(20)]
    shop = forge.repository("acme/shop", *people)
    base = shop.push(people[0], "main", forge.commit([], people[0].email, "first"))
    # A merge adds a commit to those of the change.
    count = commits // changes - (method == "merge")
    for number in range(changes):
        author, reviewer = people[number % 20], people[(number + 7) % 20]
        branch = f"fix-{number}"
        shop.work(author, branch, count=max(count, 1))
        shop.open(author, branch).review(reviewer).merge(reviewer, method)
        shop.delete(reviewer, branch)
    command = [PROGRAM, "acme/shop", "main", base, shop.branches["main"]]
    with Server(forge, api, latency=latency) as server:
        environment = {"API": server.url, "GITHUB_TOKEN": TOKEN, "SECONDS": str(SECONDS)}
        start = time.monotonic()
        done = subprocess.run(
            command, env={**os.environ, **environment}, check=True, capture_output=True, text=True
        )
        seconds = time.monotonic() - start
    found = json.loads(done.stdout)
    assert found["objections"] == [], found["objections"]
    row = {
        "commits": found["commits"],
        "pull requests": changes,
        "merged by": method,
        "requests": len(server.requests),
        "seconds": round(seconds),
        "requests at once": server.most_at_once,
    }
    print(", ".join(f"{name} {value}" for name, value in row.items()))
    return row


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--latency", type=float, default=0.2, help="of each reply, in seconds")
    parser.add_argument("--quick", action="store_true", help="without the longest range")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    given = parser.parse_args()
    ranges = RANGES[:-1] if given.quick else RANGES
    rows = [measure(*each, given.latency) for each in ranges]
    if given.json:
        title = "Reading the authors and reviewers of a range on GitHub"
        notes = f"{given.latency:g} seconds a reply; the function has {SECONDS} seconds"
        document = {"title": title, "unit notes": notes, "rows": rows}
        given.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
