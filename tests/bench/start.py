#!/usr/bin/env python3
"""How long gates take to start: from the start of the process until it asks Lambda for an event,
with a rule of 50 people. Several gates take turns, so that the load of the machine is shared.

cargo build --release -p lambda
tests/bench/start.py target/release/gate [ANOTHER …]
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

STARTS = 30
ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "gate",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "none",
}


def start(program, rule, runtime):
    """Seconds until the program asks for its first event."""
    api = f"127.0.0.1:{runtime.getsockname()[1]}"
    variables = {**ENVIRONMENT, "AWS_LAMBDA_RUNTIME_API": api, "TWO_PERSON_RULE": rule}
    started = time.perf_counter()
    process = subprocess.Popen(
        [program], env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        connection, _ = runtime.accept()
        with connection:
            asked = connection.recv(4096)
        took = time.perf_counter() - started
    finally:
        process.kill()
        process.wait()
    if b"/runtime/invocation/next" not in asked:
        sys.exit(f"error: {program} asked for something else: {asked[:80]!r}")
    return took


def executable(path, folder):
    """The program, or the `bootstrap` in a zip."""
    if path.suffix != ".zip":
        return path
    place = Path(folder) / path.stem
    with zipfile.ZipFile(path) as archive:
        archive.extract("bootstrap", place)
    (place / "bootstrap").chmod(0o755)
    return place / "bootstrap"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("gates", nargs="+", type=Path, metavar="GATE", help="a program or its zip")
    parser.add_argument("--rule", type=Path, help="its rule; by default one of 50 people")
    arguments = parser.parse_args()
    people = {f"user{n}": [f"arn:aws:iam::111122223333:user/user{n}"] for n in range(50)}
    rule = arguments.rule.read_text() if arguments.rule else json.dumps({"people": people})
    with socket.create_server(("127.0.0.1", 0)) as runtime, tempfile.TemporaryDirectory() as folder:
        runtime.settimeout(10)
        programs = {path: executable(path, folder) for path in arguments.gates}
        times = {path: [] for path in programs}
        for _ in range(STARTS):
            for path, program in programs.items():
                times[path].append(start(program, rule, runtime))
    first = statistics.median(times[arguments.gates[0]])
    for path, taken in times.items():
        median = statistics.median(taken)
        size = f"{path.stat().st_size / 1e6:5.2f} MB"
        print(f"{path}  {size}  {median * 1000:6.1f} ms  {median / first:4.2f} of the first")
    return 0


if __name__ == "__main__":
    sys.exit(main())
