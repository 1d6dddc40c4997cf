"""The whole way of a release, as production_story.py plays it."""

import subprocess
import sys
from pathlib import Path

STORY = Path(__file__).with_name("production_story.py")


def test_an_approved_release_goes_all_the_way_and_a_forged_one_nowhere():
    """The script checks each step itself."""
    done = subprocess.run([sys.executable, STORY], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith("  done")
