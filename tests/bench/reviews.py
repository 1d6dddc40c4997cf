#!/usr/bin/env python3
"""How long it takes to read the authors and reviewers of a long range on GitHub, and in how many
requests.

    cargo build --package reviews --example consensus
    tests/bench/reviews.py [--commits 1000] [--changes 200] [--squash] [--latency 0.2]

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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--commits", type=int, default=1000)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--squash", action="store_true")
    parser.add_argument("--latency", type=float, default=0.2, help="of each reply, in seconds")
    arguments = parser.parse_args()
    forge = Forge()
    people = [forge.user(f"user-{number}") for number in range(20)]
    shop = forge.repository("acme/shop", *people)
    base = shop.push(people[0], "main", forge.commit([], people[0].email, "first"))
    method = "squash" if arguments.squash else "merge"
    # A merge adds a commit to those of the change.
    count = arguments.commits // arguments.changes - (method == "merge")
    for number in range(arguments.changes):
        author, reviewer = people[number % 20], people[(number + 7) % 20]
        shop.work(author, f"fix-{number}", count=max(count, 1))
        shop.open(author, f"fix-{number}").review(reviewer).merge(reviewer, method, delete=True)
    with Server(forge, api, latency=arguments.latency) as server:
        start = time.monotonic()
        done = subprocess.run(
            [
                ROOT / "target/debug/examples/consensus",
                "acme/shop",
                "main",
                base,
                shop.branches["main"],
            ],
            env={**os.environ, "API": server.url, "GITHUB_TOKEN": TOKEN, "SECONDS": str(SECONDS)},
            check=True,
            capture_output=True,
            text=True,
        )
        seconds = time.monotonic() - start
    found = json.loads(done.stdout)
    assert found["objections"] == [], found["objections"]
    print(
        f"{found['commits']} commits, {arguments.changes} changes by {method}, "
        f"{arguments.latency} s a reply: {len(server.requests)} requests in {seconds:.1f} s, "
        f"at most {server.most_at_once} at once"
    )


if __name__ == "__main__":
    main()
