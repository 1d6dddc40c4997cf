"""The emulator answers as AWS CodePipeline was recorded to: each sequence of tests/recorded is replayed and every reply compared."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from recorded import NAMES, Accepted, Recording
from recorded_stories import BEFORE, NAMED, UPLOADED_BEFORE
from replay import Replay

# Seconds that the emulator takes at most to notice an answer: a tenth of what was recorded, as in all other delays. On a busy machine the
# replay may miss a moment that lasts for some milliseconds; then it is played again, slower.
LAGS = (3.5, 10)
# Where two approvals are open at a time, it is chance which of them the state shows first, and which answer the history notices first. With
# these numbers the emulator does it in the recorded order; about one number of four does.
SEEDS = {"approvals-retried": "3", "one-approval-retried": "5"}


def replay(name, accepted, folder, lag=LAGS[0]):
    recording = Recording(name, NAMED.get(name, {}))
    return Replay(recording, accepted, folder, lag, SEEDS.get(name, "1"), BEFORE[name], UPLOADED_BEFORE.get(name, {}))


@pytest.fixture(scope="module")
def replays(tmp_path_factory):
    """Every recording, replayed; or why it could not be."""
    accepted = Accepted()
    # Made here, as threads that make them get in each other's way.
    folders = {(name, lag): tmp_path_factory.mktemp(name) for name in NAMES for lag in LAGS}

    def play(name):
        for lag in LAGS:
            try:
                played = replay(name, accepted, folders[name, lag], lag).run()
            except Exception as error:
                played = error
            if isinstance(played, Replay) and not played.differences:
                break
        return played

    # They wait more than they work.
    with ThreadPoolExecutor(len(NAMES)) as pool:
        return dict(zip(NAMES, pool.map(play, NAMES)))


@pytest.mark.parametrize("name", NAMES)
def test_every_reply_is_as_recorded(replays, name):
    played = replays[name]
    if isinstance(played, Exception):
        raise played
    hint = f"; the recorded order takes another seed than {SEEDS[name]} if the emulator has learnt to draw otherwise" if name in SEEDS else ""
    assert not played.differences, "\n".join(map(str, played.differences)) + hint


def test_every_accepted_difference_occurs(replays):
    accepted = Accepted()
    used = set().union(*(played.used for played in replays.values() if isinstance(played, Replay)))
    unused = [entry for number, entry in enumerate(accepted.entries) if number not in used]
    assert not unused, f"differences.toml lists what no longer occurs: {unused}"
