"""What a hostile or slow client can do to `desk serve`: figures, and that others are served."""

import contextlib
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from desk_web import Desk, free_port

KIB = 1024
# The limits of `server.rs` and `guard.rs`.
BODY, HEADERS, CONNECTIONS = 32 * KIB, 16 * KIB, 128


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    port = free_port()
    rule = {"desk": {"rpId": "localhost", "origin": f"http://localhost:{port}"}}
    nowhere = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    served = Desk(tmp_path_factory.mktemp("desk"), port, rule, nowhere)
    yield served
    served.stop()


def memory(desk):
    """The most memory that it has had, in MiB."""
    status = Path(f"/proc/{desk.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / KIB


def connect(desk):
    return socket.create_connection(("127.0.0.1", desk.port), timeout=60)


def head(desk, length):
    return (
        f"POST /enrol HTTP/1.1\r\nHost: localhost:{desk.port}\r\nOrigin: {desk.origin}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def status(connection):
    """The status of the reply, or `None` if the desk has closed the connection."""
    with contextlib.suppress(ConnectionError):
        line = connection.makefile("rb").readline()
        return int(line.split()[1]) if line else None
    return None


def serves(desk):
    return desk.ask("GET", "/enrol")[0] == 200


def test_a_body_of_ten_megabytes_is_refused_and_not_kept(desk):
    before = memory(desk)
    connection = connect(desk)
    connection.sendall(head(desk, 10 * KIB * KIB))
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < 10 * KIB * KIB:
            sent += connection.send(b" " * 64 * KIB)
    assert status(connection) in (413, None)
    # What the buffers of two sockets hold, and no more.
    assert sent < 8 * KIB * KIB
    assert memory(desk) - before < 4
    connection.close()
    assert desk.ask("POST", "/enrol", " " * (BODY + 1))[0] == 413
    assert desk.ask("POST", "/enrol", " " * BODY)[0] == 400
    assert serves(desk)


def test_headers_of_more_than_sixteen_kilobytes_are_refused(desk):
    connection = connect(desk)
    with contextlib.suppress(ConnectionError):
        connection.sendall(b"GET /enrol HTTP/1.1\r\nHost: localhost\r\nA: " + b"a" * 2 * HEADERS)
    assert status(connection) in (431, None)
    connection.close()
    assert serves(desk)


def test_a_client_that_sends_its_body_or_headers_slowly_is_given_up_and_others_are_served(desk):
    """A byte at a time, so that it is never idle; and one that stops in the middle."""
    slow_body, slow_head = connect(desk), connect(desk)
    slow_body.sendall(head(desk, 100) + b"{")
    slow_head.sendall(b"GET /enrol HTTP/1.1\r\nHost: ")
    drips = [connect(desk) for _ in range(20)]
    for number, drip in enumerate(drips):
        drip.sendall(head(desk, 10_000) if number % 2 else b"GET /enrol HTTP/1.1\r\nX: ")
    begun = time.monotonic()
    cut = set()
    while len(cut) < len(drips):
        # Also while it waits for them.
        assert serves(desk)
        assert time.monotonic() - begun < 60
        for drip in set(drips) - cut:
            try:
                drip.sendall(b" ")
            except ConnectionError:
                cut.add(drip)
        time.sleep(0.2)
    assert time.monotonic() - begun > 5
    assert status(slow_body) == 408
    assert status(slow_head) in (408, None)
    for connection in (slow_body, slow_head, *drips):
        connection.close()


def test_a_body_of_a_request_that_has_none_is_not_read(desk):
    connection = connect(desk)
    request = (
        f"GET /enrol HTTP/1.1\r\nHost: localhost:{desk.port}\r\nContent-Length: 10000000\r\n\r\n"
    )
    connection.sendall(request.encode())
    assert status(connection) == 200
    connection.close()
    # Two lengths, or a length and chunks: nobody reads the rest as another request.
    for more in ("Content-Length: 4\r\nContent-Length: 5", "Content-Length: 4, 5"):
        connection = connect(desk)
        connection.sendall(request.replace("Content-Length: 10000000", more).encode() + b"GET /")
        assert status(connection) in (400, None), more
        connection.close()
    assert serves(desk)


NOT_HTTP = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /enrol\r\n\r\n",
    b"\r\n\r\n\r\n\r\nGET",
    b"\x00" * 2000,
    bytes(range(256)) * 8,
    b"GET " + b"/" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"A" * 20_000 + b" / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: {host}\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost {host}\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: {host}\r\nA: b\r\n c\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: {host}\r\nCookie: desk=\x00\r\n\r\n",
    b"POST /enrol HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n",
    b"POST /enrol HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /enrol HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"TRACE / HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"GET http://attacker.example/ HTTP/1.1\r\nHost: attacker.example\r\n\r\n",
]


@pytest.mark.parametrize("sent", NOT_HTTP, ids=range(len(NOT_HTTP)))
def test_what_is_not_a_request_ends_its_connection_and_nothing_else(desk, sent):
    connection = connect(desk)
    with contextlib.suppress(OSError):
        connection.sendall(sent.replace(b"{host}", f"localhost:{desk.port}".encode()))
        connection.shutdown(socket.SHUT_WR)
    assert status(connection) in (None, 400, 401, 403, 405, 408, 414, 421, 431, 501, 505)
    connection.close()
    assert serves(desk)
    assert desk.logged().count("\n") == 1, desk.logged()


def test_a_thousand_quick_requests_are_answered_and_leave_nothing_behind(desk):
    """Without a session, as anybody on the internet can: pages, challenges, and refusals."""
    before = memory(desk)
    asks = [("GET", "/", 401), ("POST", "/sign-in/challenge", 200), ("POST", "/sign-in", 400)]
    asks += [("POST", "/enrol", 400), ("GET", "/desk.js", 200)]

    def some(worker):
        for number in range(worker, 1000, 8):
            method, path, expected = asks[number % len(asks)]
            assert desk.ask(method, path, "{}" if method == "POST" else None)[0] == expected

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(some, range(8)))
    assert memory(desk) - before < 8
    assert desk.logged().count("\n") == 1, desk.logged()


def test_three_hundred_idle_connections_delay_others_until_they_are_given_up(desk):
    idle = [connect(desk) for _ in range(2 * CONNECTIONS + 44)]
    # Each lot of connections has the time of its headers. Then those that wait have their turn.
    assert serves(desk)
    assert memory(desk) < 64
    for connection in idle:
        connection.close()
    assert serves(desk)
