"""The accounts of `audit_cases`, one a line. `policygen/tests/cli/audit_cases.rs` compares what is
found in each with what is written beside it.
"""

import json
from pathlib import Path

CASES = [
    json.loads(line)
    for file in sorted((Path(__file__).parent / "audit_cases").glob("*.jsonl"))
    for line in file.read_text().splitlines()
]
