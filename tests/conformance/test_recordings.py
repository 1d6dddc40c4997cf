"""The emulator answers as AWS CodePipeline was recorded to: each sequence of tests/recorded is
replayed and every reply compared.
"""

from concurrent.futures import ThreadPoolExecutor

from recorded import NAMES, Accepted, Recording
from recorded_stories import BEFORE, NAMED, UPLOADED_BEFORE
from replay import Replay

# Seconds that the emulator takes at most to notice an answer: a tenth of what was recorded, as in
# all other delays. On a busy machine the replay may miss a moment that lasts for some milliseconds;
# then it is played again, slower.
LAGS = (3.5, 10)
# Where two approvals are open at a time, it is chance which of them the state shows first, and
# which answer the history notices first. With these numbers the emulator does it in the recorded
# order; about one number of four does.
SEEDS = {"approvals-retried": "3", "one-approval-retried": "5"}


def replay(name, accepted, folder, lag=LAGS[0]):
    recording = Recording(name, NAMED.get(name, {}))
    return Replay(
        recording,
        accepted,
        folder,
        lag,
        SEEDS.get(name, "1"),
        BEFORE[name],
        UPLOADED_BEFORE.get(name, {}),
    )


def play(name, accepted, folders):
    """What differs, and the numbers of the accepted differences that occurred."""
    for lag, folder in zip(LAGS, folders, strict=True):
        try:
            played = replay(name, accepted, folder, lag).run()
        except Exception as error:
            differences, used = [f"{name}: {type(error).__name__}: {error}"], set()
        else:
            differences, used = list(map(str, played.differences)), played.used
        if not differences:
            break
    return differences, used


# One test, as tests are spread over processes, and the list of accepted differences is about all
# recordings.
def test_every_reply_is_as_recorded_and_every_accepted_difference_occurs(tmp_path):
    accepted = Accepted()
    folders = {name: [tmp_path / f"{name}-{lag}" for lag in LAGS] for name in NAMES}
    # They wait more than they work.
    with ThreadPoolExecutor(len(NAMES)) as pool:
        played = dict(
            zip(
                NAMES,
                pool.map(lambda name: play(name, accepted, folders[name]), NAMES),
                strict=True,
            )
        )
    wrong = [difference for differences, _ in played.values() for difference in differences]
    wrong += [
        f"{name}: if the order of two approvals differs alone, "
        f"another seed than {seed} may give the recorded one"
        for name, seed in SEEDS.items()
        if played[name][0]
    ]
    used = set().union(*(used for _, used in played.values()))
    wrong += [
        f"differences.toml lists what no longer occurs: {entry}"
        for number, entry in enumerate(accepted.entries)
        if number not in used
    ]
    assert not wrong, "\n".join(wrong)
