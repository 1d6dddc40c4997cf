"""The texts of AWS managed policies that somebody may attach are those of AWS."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_policy_of_aws_that_leads_somewhere_is_known():
    command = [sys.executable, ROOT / "tests/differential/attachable.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
