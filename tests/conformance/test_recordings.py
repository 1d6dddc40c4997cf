"""The emulator answers as AWS CodePipeline was recorded to: each sequence of tests/recorded is replayed and every reply compared."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from recorded import NAMES, Accepted, Recording
from recorded_stories import BEFORE
from replay import Replay


@pytest.fixture(scope="module")
def replays(tmp_path_factory):
    """Every recording, replayed; or why it could not be."""
    accepted = Accepted()

    def play(name):
        try:
            return Replay(Recording(name), accepted, tmp_path_factory.mktemp(name), before=BEFORE[name]).run()
        except Exception as error:
            return error

    # They wait more than they work.
    with ThreadPoolExecutor(len(NAMES)) as pool:
        return dict(zip(NAMES, pool.map(play, NAMES)))


@pytest.mark.parametrize("name", NAMES)
def test_every_reply_is_as_recorded(replays, name):
    replay = replays[name]
    if isinstance(replay, Exception):
        raise replay
    assert not replay.differences, "\n".join(map(str, replay.differences))


def test_every_accepted_difference_occurs(replays):
    accepted = Accepted()
    used = set().union(*(replay.used for replay in replays.values() if isinstance(replay, Replay)))
    unused = [entry for number, entry in enumerate(accepted.entries) if number not in used]
    assert not unused, f"differences.toml lists what no longer occurs: {unused}"
