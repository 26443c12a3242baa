"""Real sockets against a real web process: slow clients wait for nobody but themselves, and not for long."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from gunicorn.config import Config

from chassis.gunicorn_worker import Connection, Outlet
from tests.clients_app import LARGE

HEAD_SECONDS = 1.5
BODY_SECONDS = 2.0
SLOWEST_BYTES = 2_000_000
SWEEP = 1.6
"""How much later than its time a client may be cut off, and then some for a busy machine."""
CROWD = 24
"""More than all threads of the process under test, several times."""


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """A web process with the services' own gunicorn settings, but for its times and its four threads."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        place: tuple[str, int] = free.getsockname()
    gunicorn = [sys.executable, "-m", "gunicorn", "tests.clients_app", "-c", "python:chassis.gunicorn_config"]
    process = subprocess.Popen(  # noqa: S603 - all of it is written here
        [*gunicorn, "-b", f"127.0.0.1:{place[1]}"],
        cwd=Path(__file__).parent.parent,
        env={
            **os.environ,
            "WEB_WORKERS": "1",
            "WEB_THREADS": "4",
            "WEB_HEAD_SECONDS": str(HEAD_SECONDS),
            "WEB_BODY_SECONDS": str(BODY_SECONDS),
            "WEB_SLOWEST_BYTES": str(SLOWEST_BYTES),
        },
    )
    try:
        _wait_until_up(place)
        yield place
    finally:
        process.terminate()
        process.wait(timeout=15)


def _wait_until_up(place: tuple[str, int]) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(place, timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def _connect(place: tuple[str, int]) -> "closing[socket.socket]":
    return closing(socket.create_connection(place, timeout=10))


def _exchange(place: tuple[str, int], *parts: bytes, pause: float = 0.0) -> bytes:
    """Everything the server says until it closes, or for ten seconds."""
    with _connect(place) as client:
        for part in parts:
            client.sendall(part)
            time.sleep(pause)
        return _all_of(client)


def _all_of(client: socket.socket) -> bytes:
    said = b""
    while data := client.recv(65536):
        said += data
    return said


def _size_of(client: socket.socket) -> int:
    try:
        return len(_all_of(client))
    except ConnectionResetError:
        return 0


def _is_served(place: tuple[str, int]) -> float:
    """How many seconds somebody who is not slow waits for an answer."""
    started = time.monotonic()
    answer = _exchange(place, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")
    assert answer.endswith(b"\r\n\r\n3"), answer
    return time.monotonic() - started


def _dribbling_crowd_is_cut_off(place: tuple[str, int], begin: bytes, more: bytes, seconds: float) -> None:
    """So many clients send a little again and again: others are served meanwhile, and they are not waited for."""
    with ExitStack() as stack:
        crowd = [stack.enter_context(_connect(place)) for _ in range(CROWD)]
        started = time.monotonic()
        for client in crowd:
            client.sendall(begin)
        ended: dict[socket.socket, float] = {}
        slowest = 0.0
        while len(ended) < CROWD and time.monotonic() < started + seconds + 8:
            for client in crowd:
                if client in ended:
                    continue
                try:
                    client.sendall(more)
                    client.settimeout(0.001)
                    if client.recv(1000) == b"":
                        ended[client] = time.monotonic() - started
                except TimeoutError:
                    continue
                except OSError:
                    ended[client] = time.monotonic() - started
            slowest = max(slowest, _is_served(place))
            time.sleep(0.1)
    assert len(ended) == CROWD
    assert seconds - 0.1 < min(ended.values())
    assert max(ended.values()) < seconds + SWEEP
    assert slowest < 1.0


def test_who_dribbles_headers_stops_nobody_and_is_cut_off(address: tuple[str, int]) -> None:
    _dribbling_crowd_is_cut_off(address, b"GET / HTTP/1.1\r\nHost: a\r\n", b"X-More: a\r\n", HEAD_SECONDS)


def test_who_dribbles_a_body_stops_nobody_and_is_cut_off(address: tuple[str, int]) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"
    _dribbling_crowd_is_cut_off(address, head, b"a", BODY_SECONDS + 60_000 / SLOWEST_BYTES)


def test_who_says_nothing_is_cut_off(address: tuple[str, int]) -> None:
    started = time.monotonic()
    assert _exchange(address) == b""
    assert HEAD_SECONDS - 0.1 < time.monotonic() - started < HEAD_SECONDS + SWEEP


def test_who_does_not_read_stops_nobody_and_is_cut_off(address: tuple[str, int]) -> None:
    with ExitStack() as stack:
        crowd = []
        for _ in range(CROWD):
            client = stack.enter_context(closing(socket.socket()))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(10)
            client.connect(address)
            client.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            crowd.append(client)
        served = [_is_served(address) for _ in range(5)]
        time.sleep(BODY_SECONDS + LARGE / SLOWEST_BYTES + SWEEP)
        # What the kernels had taken before still comes, then the end.
        received = [_size_of(client) for client in crowd]
    assert max(served) < 2.0
    assert max(received) < LARGE


def test_who_takes_an_answer_slowly_gets_all_of_it(address: tuple[str, int]) -> None:
    with closing(socket.socket()) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        client.settimeout(10)
        client.connect(address)
        client.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        time.sleep(0.5)
        _head, _end, body = _all_of(client).partition(b"\r\n\r\n")
    assert body == b"x" * LARGE


def test_what_arrives_in_pieces_or_together_is_answered_in_order(address: tuple[str, int]) -> None:
    one = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde"
    last = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab"
    together = _exchange(address, one + one + last)
    pieces = [one[place : place + 7] for place in range(0, len(one), 7)]
    apart = _exchange(address, *pieces, one[:30], one[30:] + last, pause=0.02)
    for answers in (together, apart):
        assert [part.partition(b"HTTP/1.1")[0] for part in answers.split(b"\r\n\r\n")[1:]] == [b"5", b"5", b"2"]


def test_a_head_goes_with_its_body_and_an_answer_without_one_at_once(address: tuple[str, int]) -> None:
    ours, theirs = socket.socketpair()
    with closing(Outlet(ours)) as outlet, closing(theirs):
        outlet.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        with pytest.raises(BlockingIOError):
            theirs.recv(1000, socket.MSG_DONTWAIT)
        outlet.sendall(b"ab")
        assert theirs.recv(1000) == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"
    with _connect(address) as client:
        for _ in range(2):  # on a connection that stays
            started = time.monotonic()
            client.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.recv(1000).endswith(b"\r\n\r\n")
            assert time.monotonic() - started < 1.0


def test_who_asks_before_sending_and_has_gone_meanwhile_hurts_nobody() -> None:
    ours, theirs = socket.socketpair()
    with closing(Outlet(ours)) as outlet:
        connection = Connection(Config(), outlet, ("127.0.0.1", 1), ("127.0.0.1", 2))
        connection.received += b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
        theirs.close()
        assert not connection.has_request()  # raised in the loop, an error would end the process


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(address: tuple[str, int]) -> None:
    with _connect(address) as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n"
        )
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abcd")
        assert _all_of(client).endswith(b"\r\n\r\n4")


@pytest.mark.parametrize(
    "header", [b"Content-Length: 999999999", b"Transfer-Encoding: chunked"], ids=["too long", "without a length"]
)
def test_a_body_that_will_be_refused_is_not_waited_for(address: tuple[str, int], header: bytes) -> None:
    started = time.monotonic()
    answer = _exchange(address, b"POST / HTTP/1.1\r\nHost: a\r\n" + header + b"\r\n\r\n")
    assert answer.endswith(b"unread")
    assert b"Connection: close" in answer
    assert time.monotonic() - started < 1.0


def test_a_refusal_can_be_read_by_who_goes_on_sending(address: tuple[str, int]) -> None:
    with _connect(address) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n")
        client.sendall(b"x" * 3_000_000)
        answer = b""
        while not answer.endswith(b"unread") and (piece := client.recv(65536)):
            answer += piece
        assert answer.endswith(b"unread")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 9000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-A: a\r\n" * 80 + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-A: aaaaaaaaaaaaaaa\r\n" * 5000, b"431"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization hidden\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", b"400"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\na", b"400"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: strange\r\n\r\n", b"501"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_what_is_no_request_is_refused_as_a_problem(
    address: tuple[str, int], request_bytes: bytes, status: bytes
) -> None:
    answer = _exchange(address, request_bytes)
    head, _end, body = answer.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == status
    for header in (b"application/problem+json", b"nosniff", b"DENY", b"no-store", b"default-src 'none'"):
        assert header in head
    assert b"Server: gunicorn\r\n" in head
    assert b'"status": ' + status in body
    assert b"hidden" not in body
