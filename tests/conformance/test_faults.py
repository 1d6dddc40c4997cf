"""Whatever fails on the wire, each program reports what is so: nothing passes that should not, no
job is left without a report or an error, and nothing hangs. See faults.py.
"""

import faults
import pytest
from faults_desk import Follow, Page
from faults_proof import GateProof
from faults_relay import Feedback, Relay, RelayOfOne
from faults_reviews import Reviews, ReviewsCodeCommit, ReviewsGitLab, ReviewsOfNone
from faults_worlds import Desk, Gate, GateOfOne

WORLDS = (
    Gate, GateOfOne, GateProof, Desk, Page, Follow, Reviews, ReviewsOfNone, ReviewsGitLab,
    ReviewsCodeCommit, Relay, RelayOfOne, Feedback,
)  # fmt: skip


@pytest.mark.parametrize("kind", WORLDS, ids=lambda kind: kind.name)
def test_each_fault_of_each_call_is_reported_as_the_book_says(kind):
    words, problems = faults.played(faults.sample(kind))
    assert not problems, "\n".join(problems)
    book = faults.committed(kind)
    # The book has every case, and these are so.
    assert set(book) == {(it.operation, it.fault, it.times) for it in faults.cases(kind)}
    says = lambda case: book[case.operation, case.fault, case.times]
    # On a busy machine, the time of an invocation may be over before the faults are.
    differ = [case for case, word in words.items() if word != says(case)]
    again, problems = faults.played(differ, at_once=1)
    assert not problems, "\n".join(problems)
    assert again == {case: says(case) for case in differ}
