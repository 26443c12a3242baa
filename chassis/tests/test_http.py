"""Calls to other services, against real servers that behave badly in every way that servers do."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import pytest
import requests
from django.http import QueryDict

from chassis import http
from chassis.http import BULKHEAD, CallError, ServiceSession, json_of
from chassis.logs import deadline, request_id
from tests.loopback import Exchange, serving


@pytest.fixture
def session() -> Iterator[ServiceSession]:
    with ServiceSession("other", timeout=(0.3, 0.5)) as one:
        yield one


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_an_answer_is_given_as_it_is_and_its_connection_kept(session: ServiceSession) -> None:
    with serving(lambda exchange: exchange.reply(404, {"code": "not_found"})) as server:
        first = session.get(server.url, timeout=None)
        session.get(f"{server.url}/again")
    assert (first.status_code, first.json()) == (404, {"code": "not_found"})
    assert len({request.port for request in server.received}) == 1


def test_the_request_id_goes_along(session: ServiceSession) -> None:
    token = request_id.set("request-0001")
    try:
        with serving(lambda exchange: exchange.reply()) as server:
            session.get(server.url)
            session.get(server.url, headers={"X-Request-ID": "another-0002"})
    finally:
        request_id.reset(token)
    assert [request.headers["X-Request-ID"] for request in server.received] == ["request-0001", "another-0002"]


def test_call_errors_are_errors_of_requests(session: ServiceSession, free_port: int) -> None:
    with pytest.raises(requests.RequestException) as caught:
        session.post(f"http://127.0.0.1:{free_port}/")
    assert isinstance(caught.value, CallError)
    assert str(caught.value) == "other: call failed (ConnectionError)"


def test_a_hanging_server_costs_the_answer_time_out(session: ServiceSession) -> None:
    over = threading.Event()
    with serving(lambda exchange: over.wait(5)) as server:
        started = time.monotonic()
        with pytest.raises(CallError, match="ReadTimeout"):
            session.post(server.url)
        took = time.monotonic() - started
        over.set()
    assert 0.4 < took < 0.9
    assert len(server.received) == 1


def test_a_full_backlog_costs_the_connect_time_out(session: ServiceSession) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        url = "http://127.0.0.1:{1}".format(*listener.getsockname())
        clients = [socket.socket() for _ in range(4)]
        for client in clients:  # what accept() never takes fills the queue
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        started = time.monotonic()
        with pytest.raises(CallError, match="ConnectTimeout"):
            session.post(url)
        took = time.monotonic() - started
        for client in clients:
            client.close()
    assert 0.2 < took < 0.7


def _close_early(exchange: Exchange) -> None:
    exchange.close_connection = True
    exchange.connection.shutdown(socket.SHUT_RDWR)


def _truncate(exchange: Exchange) -> None:
    exchange.send_response(200)
    exchange.send_header("Content-Length", "100")
    exchange.end_headers()
    exchange.wfile.write(b'{"half": ')
    _close_early(exchange)


def _break_chunks(exchange: Exchange) -> None:
    exchange.send_response(200)
    exchange.send_header("Transfer-Encoding", "chunked")
    exchange.end_headers()
    exchange.wfile.write(b"5\r\nhello\r\n9\r\nha")
    _close_early(exchange)


def _talk_nonsense(exchange: Exchange) -> None:
    exchange.wfile.write(b"this is no HTTP\r\n\r\n")
    _close_early(exchange)


@pytest.mark.parametrize("misbehave", [_close_early, _truncate, _break_chunks, _talk_nonsense])
def test_an_answer_that_breaks_off_is_no_answer_and_is_asked_for_again_if_that_is_safe(
    session: ServiceSession, misbehave: object
) -> None:
    with serving(misbehave) as server:  # type: ignore[arg-type]
        with pytest.raises(CallError):
            session.post(server.url)
        assert len(server.received) == 1
        with pytest.raises(CallError):
            session.get(server.url)
        assert len(server.received) == 3


def test_an_idempotent_call_survives_one_broken_answer(session: ServiceSession) -> None:
    broken = iter([True, False])
    with serving(
        lambda exchange: _truncate(exchange) if next(broken) else exchange.reply(200, {"whole": True})
    ) as server:
        assert session.put(server.url).json() == {"whole": True}


def test_a_trickling_answer_ends_with_the_time_out(session: ServiceSession) -> None:
    def trickle(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Content-Length", "1000")
        exchange.end_headers()
        for _ in range(1000):
            exchange.wfile.write(b" ")
            time.sleep(0.1)

    with serving(trickle) as server:
        started = time.monotonic()
        with pytest.raises(CallError, match="ReadTimeout"):
            session.post(server.url)
    assert time.monotonic() - started < 1.2


@pytest.mark.parametrize(
    ("method", "calls"), [("GET", 2), ("HEAD", 2), ("PUT", 2), ("DELETE", 2), ("POST", 1), ("PATCH", 1)]
)
@pytest.mark.parametrize("status", [502, 503, 504])
def test_only_idempotent_calls_are_repeated(session: ServiceSession, method: str, calls: int, status: int) -> None:
    with serving(lambda exchange: exchange.reply(status)) as server:
        assert session.request(method, server.url).status_code == status
    assert len(server.received) == calls


@pytest.mark.parametrize("status", [400, 409, 429, 500])
def test_other_statuses_are_not_repeated(session: ServiceSession, status: int) -> None:
    with serving(lambda exchange: exchange.reply(status)) as server:
        assert session.get(server.url).status_code == status
    assert len(server.received) == 1


def test_repetitions_keep_to_their_budget(session: ServiceSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "RETRY_PAUSE_SECONDS", 0.0)
    # Every fourth answer is well, so that the breaker stays closed.
    statuses = cycle([503, 503, 503, 200])
    with serving(lambda exchange: exchange.reply(next(statuses))) as server:
        for _ in range(60):
            session.get(server.url)
    # Ten in reserve, and one more for every ten calls.
    assert 70 <= len(server.received) <= 76


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_the_breaker_opens_and_nobodys_call_is_spent_on_trying_again(
    session: ServiceSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "PROBE_PAUSE_SECONDS", 0.05)
    ready, well = False, False

    def behave(exchange: Exchange) -> None:
        exchange.reply(200 if (ready if exchange.path == "/readyz" else well) else 503)

    with serving(behave) as server:

        def asked(path: str) -> int:
            return sum(request.path == path for request in server.received)

        for _ in range(5):
            assert session.post(f"{server.url}/orders?x=1").status_code == 503
        assert session.is_open
        eventually(lambda: asked("/readyz") >= 3)
        with pytest.raises(CallError, match="not called for now"):
            session.post(f"{server.url}/orders")
        assert (asked("/orders?x=1"), asked("/orders")) == (5, 0)

        ready = True  # or so it says
        eventually(lambda: not session.is_open)
        assert session.post(f"{server.url}/orders").status_code == 503  # half open: one failure is enough
        assert session.is_open

        well = True
        eventually(lambda: not session.is_open)
        assert session.post(f"{server.url}/orders").status_code == 200
        assert session._breaker.current_state == "closed"
        probes = asked("/readyz")
        time.sleep(0.2)
        assert asked("/readyz") == probes


def test_a_service_that_hides_its_readiness_is_called_again(
    session: ServiceSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "PROBE_PAUSE_SECONDS", 0.05)
    well = False
    with serving(
        lambda exchange: exchange.reply(404 if exchange.path == "/readyz" else 200 if well else 503)
    ) as server:
        for _ in range(5):
            session.post(f"{server.url}/orders")
        assert session.is_open
        well = True
        eventually(lambda: not session.is_open)
        assert session.post(f"{server.url}/orders").status_code == 200


def test_a_hanging_service_is_probed_by_one_thread_however_many_call(
    session: ServiceSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "PROBE_PAUSE_SECONDS", 0.02)
    over = threading.Event()
    with serving(lambda exchange: over.wait(5)) as server, ThreadPoolExecutor(BULKHEAD) as threads:

        def call(_number: int) -> float:
            started = time.monotonic()
            with pytest.raises(CallError):
                session.post(f"{server.url}/orders")
            return time.monotonic() - started

        list(threads.map(call, range(BULKHEAD * 2)))
        assert session.is_open
        assert max(threads.map(call, range(BULKHEAD * 20))) < 0.2
        eventually(lambda: any(request.path == "/readyz" for request in server.received))
        assert len([thread for thread in threading.enumerate() if thread.name == "probe other"]) == 1
        over.set()


def test_refusals_and_our_own_mistakes_do_not_open_the_breaker(session: ServiceSession) -> None:
    with serving(lambda exchange: exchange.reply(409)) as server:
        for _ in range(10):
            session.post(server.url)
            with pytest.raises(TypeError):
                session.post(server.url, json={"not": object()})
    assert not session.is_open


def test_calls_to_one_service_run_side_by_side(session: ServiceSession) -> None:
    def slowly(exchange: Exchange) -> None:
        time.sleep(0.3)
        exchange.reply()

    with serving(slowly) as server, ThreadPoolExecutor(BULKHEAD) as threads:
        started = time.monotonic()
        statuses = list(threads.map(lambda _: session.get(server.url).status_code, range(BULKHEAD)))
        took = time.monotonic() - started
    assert statuses == [200] * BULKHEAD
    assert took < 0.9  # one after the other: 1.2


def test_the_bulkhead_turns_away_what_would_wait_too_long() -> None:
    session = ServiceSession("other", timeout=(0.2, 2.0))

    def slowly(exchange: Exchange) -> None:
        time.sleep(0.8)
        exchange.reply()

    def call(_number: int) -> tuple[str, float]:
        started = time.monotonic()
        try:
            session.get(server.url)
        except CallError as exc:
            return str(exc), time.monotonic() - started
        return "", time.monotonic() - started

    with serving(slowly) as server, ThreadPoolExecutor(BULKHEAD + 3) as threads:
        outcomes = list(threads.map(call, range(BULKHEAD + 3)))
    rejected = [took for reason, took in outcomes if reason == "other: too many calls are waiting for it"]
    assert len(rejected) == 3
    assert max(rejected) < 0.5
    assert len(server.received) == BULKHEAD
    assert not session.is_open


def test_a_failed_call_gives_its_place_back(session: ServiceSession, free_port: int) -> None:
    for _ in range(BULKHEAD * 3):
        with pytest.raises(CallError):
            session.get(f"http://127.0.0.1:{free_port}/")
    with serving(lambda exchange: exchange.reply()) as server:
        session._breaker.close()
        assert session.get(server.url).status_code == 200


def test_the_deadline_of_the_request_served_bounds_a_call_with_its_repetition() -> None:
    session = ServiceSession("other", timeout=(1.0, 5.0))
    over = threading.Event()
    pauses = iter([0.5, 5.0])

    def slowly(exchange: Exchange) -> None:
        over.wait(next(pauses))
        exchange.reply(503)

    token = deadline.set(time.monotonic() + 1.0)
    try:
        with serving(slowly) as server:
            started = time.monotonic()
            with pytest.raises(CallError):
                session.get(server.url)
            took = time.monotonic() - started
            over.set()
    finally:
        deadline.reset(token)
    assert len(server.received) == 2
    assert took < 1.15


@pytest.mark.parametrize("begun", [b"", b'{"half": '])
def test_who_waited_for_a_time_out_does_not_wait_again(session: ServiceSession, begun: bytes) -> None:
    over = threading.Event()

    def hang(exchange: Exchange) -> None:
        if begun:
            exchange.send_response(200)
            exchange.send_header("Content-Length", "100")
            exchange.end_headers()
            exchange.wfile.write(begun)
        over.wait(5)

    with serving(hang) as server:
        with pytest.raises(CallError, match="ReadTimeout"):
            session.get(server.url)
        over.set()
    assert len(server.received) == 1


def test_nothing_is_sent_when_no_time_is_left(session: ServiceSession) -> None:
    token = deadline.set(time.monotonic() + 0.05)
    try:
        with serving(lambda exchange: exchange.reply()) as server, pytest.raises(CallError, match="no time left"):
            session.get(server.url)
    finally:
        deadline.reset(token)
    assert server.received == []


def test_cookies_are_not_kept(session: ServiceSession) -> None:
    with serving(lambda exchange: exchange.reply(Set_Cookie="account=someone; Path=/")) as server:
        session.get(server.url)
        session.get(server.url)
    assert "Cookie" not in server.received[1].headers
    assert len(session.cookies) == 0


def test_the_environment_has_no_say(
    session: ServiceSession, monkeypatch: pytest.MonkeyPatch, free_port: int, tmp_path: object
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port}")
    monkeypatch.setenv("no_proxy", "")
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w") as file:
        file.write("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", netrc)
    with serving(lambda exchange: exchange.reply()) as server:
        assert session.get(server.url).status_code == 200
    assert "Authorization" not in server.received[0].headers


def test_redirects_are_answers(session: ServiceSession) -> None:
    with serving(lambda exchange: exchange.reply(302, {"moved": True}, Location="/elsewhere")) as server:
        answer = session.get(server.url, allow_redirects=True)
    assert (answer.status_code, answer.json(), answer.headers["Location"]) == (302, {"moved": True}, "/elsewhere")
    assert len(server.received) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_kept_connection_that_was_closed_meanwhile_is_opened_again(session: ServiceSession, method: str) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = "http://127.0.0.1:{1}".format(*listener.getsockname())

        def serve() -> None:
            for _ in range(3):
                connection, _address = listener.accept()
                connection.recv(65536)
                connection.sendall(answer)
                connection.close()  # without a word, as a server does whose patience has ended

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        for _ in range(3):
            assert session.request(method, url).json() == {}
        thread.join(5)


@pytest.mark.parametrize("value", ["a\r\nX-Injected: yes", "a\nX-Injected: yes"])
def test_a_header_is_one_line(session: ServiceSession, value: str) -> None:
    with serving(lambda exchange: exchange.reply()) as server:
        with pytest.raises(ValueError, match="X-Name"):
            session.get(server.url, headers={"X-Name": value})
        assert session.get(server.url, headers={"X-Name": "", "X-Other": "é"}).status_code == 200
    assert server.received[0].headers["X-Name"] == ""
    assert "X-Injected" not in server.received[0].headers
    assert not session.is_open


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET"])
def test_without_a_body_nothing_is_said_of_one(session: ServiceSession, method: str) -> None:
    with serving(lambda exchange: exchange.reply()) as server:
        session.post(server.url, json={"a": 1})  # nothing of it stays with the connection
        session.request(method, server.url)
    request = server.received[1]
    assert (request.method, request.body) == (method, b"")
    assert "Content-Type" not in request.headers
    assert request.headers.get("Content-Length") == (None if method in {"GET", "DELETE"} else "0")


def test_a_long_body_is_sent_without_asking(session: ServiceSession) -> None:
    with serving(lambda exchange: exchange.reply()) as server:
        session.post(server.url, json={"text": "x" * 3_000_000})
    assert "Expect" not in server.received[0].headers
    assert len(server.received[0].body) > 3_000_000


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, b"{}", "service: answered 500"),
        (200, b"<html>", "service: did not answer JSON"),
        (200, b"[1]", "service: did not answer a JSON object"),
    ],
)
def test_only_a_json_object_is_taken_for_one(session: ServiceSession, status: int, body: bytes, reason: str) -> None:
    with serving(lambda exchange: exchange.reply(status, body)) as server:
        answer = session.get(server.url)
    with pytest.raises(CallError) as caught:
        json_of(answer)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"large": 10**30}, b'{"large": 1000000000000000000000000000000}'),
        (QueryDict("name=a&name=b&weight=3"), b'{"name": "b", "weight": "3"}'),
    ],
)
def test_any_json_is_sent_as_it_is_and_a_form_as_its_values(session: ServiceSession, body: object, sent: bytes) -> None:
    with serving(lambda exchange: exchange.reply()) as server:
        session.post(server.url, json=body)
    assert server.received[0].body == sent
