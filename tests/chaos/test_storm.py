"""The faults themselves, struck on processes and calls that are nobody's."""

import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from chassis.testing_mailjet import Failure, FakeMailjet
from local.processes import Process
from tests.chaos.schedule import Act, Fault, Part
from tests.chaos.storm import LATEST_REPETITION, Storm, mailjet_variables
from tests.faults import FaultProxy

FAMILY = "sleep 60 & sleep 60 & wait"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    """A process with two children, as a gunicorn has."""
    found = Process(name="orders-web", argv=["sh", "-c", FAMILY], log=tmp_path / "log")
    found.start()
    family(found)
    yield found
    found.kill()


def family(process: Process) -> list[psutil.Process]:
    """The process and its two children, once they are there."""
    leader = psutil.Process(process.pid)
    until = time.monotonic() + 10
    while len(children := leader.children()) < 2:
        assert time.monotonic() < until
        time.sleep(0.01)
    return [leader, *children]


class Upstream:
    """A service that counts its calls."""

    def __init__(self) -> None:
        upstream = self
        self.calls = 0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                upstream.calls += 1
                self.send_response(200)
                self.send_header("Content-Length", "10")
                self.end_headers()
                self.wfile.write(b"0123456789")

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    found = Upstream()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def proxy(upstream: Upstream) -> Iterator[FaultProxy]:
    found = FaultProxy("orders", upstream=upstream.server.server_port)
    yield found
    found.close()


def fault(part: Part, act: Act, seconds: float = 0.0, *, due: int = 0, pick: int = 0) -> Fault:
    return Fault(number=1, due=due, service="orders", part=part, act=act, seconds=seconds, pick=pick)


def storm(*faults: Fault, process: Process | None = None, proxy: FaultProxy | None = None, **options: Any) -> Storm:
    platform = SimpleNamespace(process=lambda _name: process, services=[SimpleNamespace(name="orders")])
    shop: Any = SimpleNamespace(platform=platform, proxies={"orders": proxy})
    mailjet = options.pop("mailjet", FakeMailjet())
    found = Storm(shop, mailjet, faults, **{"seed": 1, "begun": lambda: 1, "now": time.monotonic, **options})
    found.start()
    return found


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def dead(process: psutil.Process) -> bool:
    """Killed: waiting for its parent to notice, or gone altogether. It may go between any two questions about it."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def stopped(processes: list[psutil.Process]) -> list[bool]:
    return [each.status() == psutil.STATUS_STOPPED for each in processes]


def test_a_killed_web_process_leaves_its_workers_to_notice_it(process: Process) -> None:
    leader, *workers = family(process)
    blown = storm(fault(Part.WEB, Act.KILL), process=process)
    blown.end()
    assert process.wait(10) == -9
    assert [worker.is_running() for worker in workers] == [True, True]
    assert [struck.on for struck in blown.struck] == [f"pid {leader.pid}"]


@pytest.mark.parametrize("pick", [0, 3])
def test_a_killed_worker_leaves_its_master_and_the_other_worker(process: Process, pick: int) -> None:
    leader, *workers = family(process)
    storm(fault(Part.WEB_WORKER, Act.KILL, pick=pick), process=process).end()
    wait_for(lambda: dead(workers[pick % 2]))
    assert workers[1 - pick % 2].status() == psutil.STATUS_SLEEPING
    assert leader.is_running()


def test_who_hangs_does_so_with_all_children_and_then_goes_on(process: Process) -> None:
    processes = family(process)
    blown = storm(fault(Part.WEB, Act.HANG, 0.5), process=process)
    wait_for(lambda: stopped(processes) == [True, True, True])
    blown.end()
    assert stopped(processes) == [False, False, False]
    (struck,) = blown.struck
    assert struck.ended - struck.began >= 0.4
    assert struck.on == f"pid {processes[0].pid} and 2 more"


def test_a_storm_that_is_ended_at_once_lets_nobody_hang(process: Process) -> None:
    processes = family(process)
    blown = storm(fault(Part.WEB, Act.HANG, 60.0), fault(Part.WEB, Act.KILL, due=100), process=process)
    wait_for(lambda: stopped(processes) == [True, True, True])
    began = time.monotonic()
    blown.end(at_once=True)
    assert time.monotonic() - began < 5
    assert stopped(processes) == [False, False, False]
    assert process.running


def test_a_restart_is_an_orderly_end(process: Process) -> None:
    storm(fault(Part.WEB, Act.RESTART), process=process).end()
    assert process.exit_code == -15


def test_a_power_cut_leaves_nobody(process: Process) -> None:
    _leader, *workers = family(process)
    storm(fault(Part.PLATFORM, Act.KILL), process=process).end()
    assert process.wait(10) == -9
    wait_for(lambda: not any(worker.is_running() and worker.status() != "zombie" for worker in workers))


def test_a_process_that_is_gone_is_struck_in_vain(process: Process) -> None:
    process.kill()
    blown = storm(fault(Part.WEB, Act.KILL), process=process)
    blown.end()
    assert [struck.on for struck in blown.struck] == ["nothing: it was not running"]


def test_a_fault_waits_for_its_checkout(process: Process) -> None:
    begun = 0
    blown = storm(fault(Part.WEB, Act.KILL, due=5), process=process, begun=lambda: begun)
    time.sleep(0.2)
    assert process.running
    begun = 5
    blown.end()
    assert process.wait(10) == -9


def asked(proxy: FaultProxy, times: int = 30) -> list[bytes | None]:
    """What so many calls through the proxy were answered; None is no whole answer."""
    answers: list[bytes | None] = []
    for _ in range(times):
        connection = HTTPConnection("127.0.0.1", int(proxy.url.rpartition(":")[2]), timeout=10)
        try:
            connection.request("GET", "/")
            answers.append(connection.getresponse().read())
        except (OSError, HTTPException):
            answers.append(None)
        finally:
            connection.close()
    return answers


@pytest.mark.parametrize("act", [Act.DROP_BEFORE, Act.DROP_AFTER, Act.TRUNCATE, Act.DUPLICATE])
def test_some_calls_of_a_window_fail_and_all_later_ones_pass(proxy: FaultProxy, upstream: Upstream, act: Act) -> None:
    blown = storm(fault(Part.CALLS, act, 60.0), proxy=proxy)
    time.sleep(0.2)
    during = asked(proxy)
    blown.end(at_once=True)
    (struck,) = blown.struck
    spoilt = int(struck.on.removesuffix(" calls"))
    assert 3 <= spoilt <= 25
    assert during.count(None) == (0 if act is Act.DUPLICATE else spoilt)
    arrived = {Act.DROP_BEFORE: 30 - spoilt, Act.DUPLICATE: 30 + spoilt}.get(act, 30)
    wait_for(lambda: upstream.calls == arrived, LATEST_REPETITION + 5)
    assert asked(proxy) == [b"0123456789"] * 30


def test_mailjet_fails_for_a_while_and_then_no_more() -> None:
    mailjet = FakeMailjet()
    blown = storm(fault(Part.MAILJET, Act.REFUSE, 60.0), mailjet=mailjet)
    wait_for(lambda: mailjet.failures == [Failure(status=500)])
    mailjet.failures.clear()
    wait_for(lambda: mailjet.failures == [Failure(status=500)])
    blown.end(at_once=True)
    assert mailjet.failures == []
    assert [struck.on for struck in blown.struck] == ["2 mails"]


def test_services_send_their_mails_to_the_fake_mailjet() -> None:
    assert mailjet_variables(FakeMailjet(url="http://127.0.0.1:1"))["MAILJET_URL"] == "http://127.0.0.1:1"
