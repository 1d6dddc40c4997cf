#!/usr/bin/env python3
"""How long 10,000 lines of a release take from the container to CI: `relay run` numbers them, the
relay's function sends them to a queue, and `desk release` prints them. moto plays SQS, which takes
most of the time.

Prints how many lines were lost, how many came twice, and the time from the request to the end. The
exit code is 1 if a line was lost, came twice, or came out of order.

cargo build -p relay -p desk
target/tools/venv/bin/python tests/bench/relay.py [--lines N] [--json FILE]
"""

import argparse
import json
import logging
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "conformance"))

from relay_function import World, production  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    given = parser.parse_args()
    count = given.lines
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder, production(Path(folder), "bench") as account:
        world = World(Path(folder), account)
        wanted, out, err, code, seconds = world.printed(count)
        world.stop()
    printed = out.splitlines()
    times = Counter(printed)
    lost = sum(1 for line in wanted if line not in times)
    twice = sum(1 for line in times if times[line] > 1)
    order = "in order" if printed == wanted else "not in order"
    if given.json:
        row = {"lines": count, "lost": lost, "twice": twice, "order": order}
        row["seconds"] = round(seconds, 1)
        title = "The lines of a release, from the container to CI"
        notes = "Moto plays SQS, and takes most of the time"
        document = {"title": title, "unit notes": notes, "rows": [row]}
        given.json.write_text(json.dumps(document, indent=2) + "\n")
    print(f"{count:,} lines: {lost} lost, {twice} twice, {order}, {seconds:.1f} s")
    print(f"exit code {code}, and on standard error: {err.strip()}")
    return 0 if printed == wanted and code == 3 else 1


if __name__ == "__main__":
    sys.exit(main())
