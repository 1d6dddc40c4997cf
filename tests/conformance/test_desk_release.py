"""`desk release` on CI's side: what it sends, what it prints, and how it ends. The built programs,
with moto's queue and topic between them.
"""

import json
import random
import re
import signal
import time
import uuid

import pytest
from faults import Case
from faults_desk import operation
from faulty_wire import FaultyWire
from proofs import PIPELINE, Release
from relay_function import World, ended, numbered, production, until

GRACE = ("--grace", "2s")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk-release")
    with production(folder, "feedback") as account:
        world = World(folder, account)
        yield world
        world.stop()


@pytest.fixture
def account(world):
    yield world.account
    world.account.stop_readers()
    world.account.messages()


def follow(account, execution, *more):
    return account.desk("--follow", "--execution", execution, *GRACE, *more)


def new():
    return str(uuid.uuid4())


def test_every_line_comes_back_and_the_exit_code_with_them(world, account):
    """`tests/bench/relay.py` measures 10,000."""
    wanted, out, err, code, _ = world.printed(600)
    assert out.splitlines() == wanted
    assert (err, code) == ("note: exit code 3\n", 3)
    assert account.visible() == 0


def test_lines_are_printed_once_and_in_order_however_they_arrive(world, account):
    release = world.approved()
    desk = account.desk("--relay", world.topic, "--proof", world.proof(release))
    lines, _ = numbered(release.execution, "seq", "60")
    shuffled = lines + lines[10:30]
    random.Random(17).shuffle(shuffled)
    for number, line in enumerate(shuffled):
        account.say(**{**json.loads(line), "execution": release.execution}, copy=number)
    account.ended(release.execution)
    out, err, code = ended(desk)
    assert out.splitlines() == [str(number) for number in range(1, 61)], out
    assert (err, code) == ("", 0)


def test_long_lines_and_bad_bytes_arrive_as_they_were_printed(world, account):
    id = new()
    program = "import sys; o = sys.stdout.buffer; o.write(b'x' * 200_000 + b'\\n\\xff\\n\\tend')"
    lines, _ = numbered(id, "python3", "-c", program)
    assert max(map(len, lines)) < 16_384
    account.logged(lines)
    account.ended(id)
    out, err, code = ended(follow(account, id))
    assert out == "x" * 200_000 + "\n\ufffd\n\tend\n"
    assert (err, code) == ("", 0)


def test_what_belongs_to_others_stays_in_the_queue(world, account):
    ours, theirs = new(), new()
    of_theirs, _ = numbered(theirs, "seq", "15")
    of_ours, _ = numbered(ours, "seq", "5")
    account.logged(of_theirs)
    account.logged(of_ours)
    account.ended(ours)
    out, err, code = ended(follow(account, ours))
    assert (out, err, code) == ("1\n2\n3\n4\n5\n", "", 0)
    account.ended(theirs, exit_code=4)
    out, _, code = ended(follow(account, theirs))
    assert (out.split(), code) == ([str(number) for number in range(1, 16)], 4)


def test_two_readers_of_one_queue_get_what_is_theirs(world, account):
    readers = {}
    for count in (40, 70):
        release = world.approved()
        desk = account.desk("--relay", world.topic, "--proof", world.proof(release))
        readers[release.execution] = (count, desk)
    for id, (count, _) in readers.items():
        account.logged(numbered(id, "seq", str(count))[0])
        account.ended(id)
    for count, desk in readers.values():
        out, err, code = ended(desk)
        assert (out.split(), code) == ([str(number) for number in range(1, count + 1)], 0), err


def test_lines_that_never_arrive_are_named(world, account):
    id = new()
    lines, _ = numbered(id, "seq", "9")
    del lines[5], lines[2:4]
    account.logged(lines)
    account.ended(id)
    desk = follow(account, id)
    out, err, code = ended(desk)
    assert out.split() == ["1", "2", "5", "7", "8", "9"]
    assert err == "warning: 3 lines did not arrive: 3 to 4, 6\n"
    assert code == 0


def test_a_container_that_did_not_start_has_an_end_too(world, account):
    id = new()
    account.say(id, end=True, exitCode=None, reason="CannotPullContainerError")
    out, err, code = ended(follow(account, id))
    assert (out, code) == ("", 1)
    assert "note: CannotPullContainerError\n" in err and "has not said how many lines" in err


def test_a_refusal_comes_back_with_its_reasons(world, account):
    release = Release().signed_by(ApprovalA=world.alice)
    desk = account.desk("--relay", world.topic, "--proof", world.proof(release))
    out, err, code = ended(desk)
    assert (out, code) == ("", 10)
    assert err.startswith("error: production does not release it: not-satisfied: missing-approval")
    assert release.execution not in account.started() and account.visible() == 0


def test_if_the_reply_to_the_request_is_lost_it_says_how_to_read_on(world, account):
    release = world.approved()
    lost = Case(None, "states:StartExecution", "reset-after", "for-ever")
    wire = FaultyWire(account.endpoint, lost, lambda it: operation(it) == lost.operation)
    given = ("--relay", account.machine, "--proof", world.proof(release))
    out, err, code = ended(account.desk(*given, "--endpoint-url", wire.endpoint))
    wire.stop()
    assert (out, code) == ("", 1) and account.started()
    again = f"desk release --follow --execution {release.execution} --feedback {account.queue}"
    wanted = "it is not known whether production got the request; if it did, read on with: "
    assert err.startswith(f"error: {wanted}{again}: StartExecution is unavailable"), err
    account.logged(numbered(release.execution, "echo", "released")[0])
    account.ended(release.execution)
    assert ended(follow(account, release.execution)) == ("released\n", "", 0)


def test_the_refusal_of_another_request_ends_nothing(world, account):
    """People who may send a request can name any release in it, and anything as its ticket."""
    release = world.approved()
    desk = account.desk("--relay", world.topic, "--proof", world.proof(release), *GRACE)
    until(lambda: release.execution in account.started(), "the release is not started")
    forged = Release(execution=release.execution).signed_by(ApprovalA=world.alice)
    request = {"proof": json.loads(forged.proof(world.gate.sign)), "ticket": "forged"}
    account.sns.publish(TopicArn=world.topic, Message=json.dumps(request))
    until(lambda: world.refusals, "it is not refused")
    account.logged(numbered(release.execution, "echo", "released")[0])
    account.ended(release.execution)
    assert ended(desk) == ("released\n", "", 0)


def test_a_time_out_says_how_to_read_on(world, account):
    id = new()
    account.logged(numbered(id, "seq", "3")[0][:3])
    out, err, code = ended(follow(account, id, "--timeout", "1s"))
    assert (out, code) == ("1\n2\n3\n", 1)
    again = f"desk release --follow --execution {id} --feedback {account.queue}\n"
    assert err == f"error: the release is still running after 1s; read on with: {again}"


def test_a_person_can_stop_reading_and_read_on(world, account):
    id = new()
    lines, _ = numbered(id, "seq", "6")
    account.logged(lines[:4])
    desk = follow(account, id)
    printed = [desk.stdout.readline() for _ in range(4)]
    desk.send_signal(signal.SIGINT)
    out, err, code = ended(desk)
    assert ("".join(printed) + out, code) == ("1\n2\n3\n4\n", 1)
    assert err.startswith("error: stopped reading, and the release goes on; read on with: desk")
    # moto still answers the desk that is gone, so that one gets the message of another release. In
    # a real FIFO queue, no later message of a release passes one that somebody has.
    account.say(new(), line=1, text="not ours")
    deadline = time.monotonic() + 3
    while account.visible() and time.monotonic() < deadline:
        time.sleep(0.1)
    account.logged(lines[4:])
    account.ended(id)
    assert ended(follow(account, id)) == ("5\n6\n", "", 0)


def test_what_is_wrong_on_the_command_line_is_told(world, tmp_path):
    nonsense = tmp_path / "x.json"
    nonsense.write_text("{}")
    for arguments, code, told in [
        (["--follow", "--execution", "x"], 2, "the id of an execution: a UUID"),
        (["--relay", "x", "--proof", "p"], 2, "neither the ARN of a state machine nor"),
        (["--relay", world.topic, "--proof", nonsense], 1, "it names no execution"),
        (["--relay", world.topic, "--proof", tmp_path / "none"], 1, "cannot be read"),
        (["--relay", world.topic, "--execution", new()], 1, "give the pipeline"),
        (["--relay", world.topic, "--pipeline", PIPELINE], 2, "--execution"),
        (["--follow", "--execution", new(), "--timeout", "soon"], 2, "such as 90s or 1h"),
    ]:
        out, err, returned = ended(world.account.desk(*arguments))
        assert (out, returned) == ("", code), err
        assert told in re.sub(r"\s+", " ", err), err
