"""A proxy in front of each service, where tests lose, hold back, spoil and count the aggregator's calls.

    proxy = FaultProxy("orders", upstream=8003)
    held = proxy.hold("PUT", rf"/orders/{order}$", at=BEFORE)
    …                           # the aggregator calls, and waits
    held.wait()                 # the call has arrived at the proxy
    held.let_go()               # only now it reaches the service, even if its caller has given up meanwhile

Without rules every call passes. The services know nothing of it.
"""

import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOOPBACK = "127.0.0.1"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
UPSTREAM_TIMEOUT = 120.0
HELD_AT_MOST = 120.0
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection"}


class Point(Enum):
    """When a rule acts: before the service hears of the call, or when it has answered and its caller does not know."""

    BEFORE = "before"
    AFTER = "after"


BEFORE, AFTER = Point.BEFORE, Point.AFTER


@dataclass
class Call:
    """One call as the proxy saw it. `status` is the service's own answer, None as long as there is none."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int | None = None
    answer: bytes = b""
    ended: threading.Event = field(default_factory=threading.Event)

    def wait(self, seconds: float = 30.0) -> "Call":
        """Returns once the service has answered and the answer was passed on, spoiled or dropped."""
        assert self.ended.wait(seconds), f"{self.method} {self.path} has not ended after {seconds} s"
        return self


class Dropped(Exception):  # noqa: N818 - no error: what a rule does
    """The connection ends here, without an answer."""


class Truncated(Exception):  # noqa: N818
    """Half of the answer is passed on, then the connection ends."""


class Answered(Exception):  # noqa: N818
    """The proxy answers in the service's place."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


Action = Callable[[Call], None]


@dataclass(eq=False)
class Rule:
    """What happens to the calls of a method and a path (a regular expression, searched); once, or until removed."""

    method: str
    path: str
    at: Point
    act: Action
    once: bool

    def fits(self, call: Call, at: Point) -> bool:
        return at is self.at and call.method == self.method and re.search(self.path, call.path) is not None


class Held:
    """The calls that fit a rule, held back until they are let go or dropped; later ones pass."""

    def __init__(self, remove_rule: Callable[[], None]) -> None:
        self.calls: list[Call] = []
        self._remove_rule = remove_rule
        self._arrived = threading.Event()
        self._decided = threading.Event()
        self._dropped = False

    def __call__(self, call: Call) -> None:
        self.calls.append(call)
        self._arrived.set()
        self._decided.wait(HELD_AT_MOST)
        if self._dropped:
            raise Dropped

    @property
    def arrived(self) -> bool:
        return self._arrived.is_set()

    def wait(self, seconds: float = 15.0) -> Call:
        """Returns the first call, once it is held."""
        assert self._arrived.wait(seconds), f"no call was held within {seconds} s"
        return self.calls[0]

    def let_later_pass(self) -> None:
        """Holds on to what it holds, and to nothing that comes from now on."""
        self._remove_rule()

    def let_go(self) -> None:
        self._remove_rule()
        self._decided.set()

    def drop(self) -> None:
        """Lets the calls end without an answer; held before the service, they never reach it."""
        self._dropped = True
        self.let_go()


class FaultProxy:
    """Passes calls on to `upstream`, a port of this machine, and acts on those that a rule names."""

    def __init__(self, service: str, *, upstream: int) -> None:
        self.service = service
        self.upstream = upstream
        self._calls: list[Call] = []
        self._rules: list[Rule] = []
        self._held: list[Held] = []
        self._lock = threading.Lock()
        self.failed_at = float("-inf")
        """When a call last had no usable answer, on the clock of `time.monotonic()`."""
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, name=f"proxy {service}", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def close(self) -> None:
        self.reset()
        self._server.shutdown()
        self._server.server_close()

    def reset(self) -> None:
        """Forgets all rules and calls; what is held goes on."""
        with self._lock:
            self._rules.clear()
            self._calls.clear()
            held, self._held = self._held, []
        for each in held:
            each.let_go()

    def calls(self, method: str, path: str) -> list[Call]:
        """The calls of that method whose path the regular expression is found in, oldest first."""
        with self._lock:
            return [call for call in self._calls if call.method == method and re.search(path, call.path)]

    # Rules. The one made last is asked first.

    def run(self, method: str, path: str, action: Action, *, at: Point, once: bool = True) -> Rule:
        """Runs a function of the test's at that point, while the call waits."""
        rule = Rule(method, path, at, action, once)
        with self._lock:
            self._rules.insert(0, rule)
        return rule

    def hold(self, method: str, path: str, *, at: Point, once: bool = True) -> Held:
        held = Held(lambda: self.remove(rule))
        rule = self.run(method, path, held, at=at, once=once)
        with self._lock:
            self._held.append(held)
        return held

    def drop(self, method: str, path: str, *, at: Point, once: bool = True) -> Rule:
        """AFTER: the service does it and its answer is lost. BEFORE: the service never hears of it."""
        return self.run(method, path, _raises(Dropped()), at=at, once=once)

    def answer(self, method: str, path: str, status: int, *, at: Point, once: bool = True) -> Rule:
        """An error in the service's place; AFTER, although the service did it."""
        return self.run(method, path, _raises(Answered(status)), at=at, once=once)

    def truncate(self, method: str, path: str, *, once: bool = True) -> Rule:
        return self.run(method, path, _raises(Truncated()), at=AFTER, once=once)

    def delay(self, method: str, path: str, seconds: float, *, at: Point = BEFORE, once: bool = True) -> Rule:
        return self.run(method, path, lambda _call: time.sleep(seconds), at=at, once=once)

    def remove(self, rule: Rule) -> None:
        with self._lock:
            if rule in self._rules:
                self._rules.remove(rule)

    # What the handler needs.

    def note(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)

    def act(self, call: Call, at: Point) -> None:
        """Lets the rule that fits act; raises what it decides on."""
        with self._lock:
            rule = next((rule for rule in self._rules if rule.fits(call, at)), None)
            if rule is not None and rule.once:
                self._rules.remove(rule)
        if rule is not None:
            rule.act(call)

    def deliver(self, call: Call) -> list[tuple[str, str]]:
        """Calls the service, fills in its answer, and returns its headers."""
        # A connection of its own for each call: one kept from before the service was killed would fail without need.
        connection = HTTPConnection(LOOPBACK, self.upstream, timeout=UPSTREAM_TIMEOUT)
        try:
            connection.putrequest(call.method, call.path, skip_host=True, skip_accept_encoding=True)
            for name, value in call.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    connection.putheader(name, value)
            connection.putheader("Connection", "close")
            connection.endheaders(call.body or None)
            answer = connection.getresponse()
            call.answer = answer.read()
            call.status = answer.status
            return answer.getheaders()
        finally:
            connection.close()

    def deliver_again(self, call: Call, *, after: float) -> None:
        """The service gets the call once more, so many seconds from now; nobody waits for that answer."""

        def deliver() -> None:
            try:
                self.deliver(replace(call))
            except (OSError, HTTPException):
                return  # the service is down

        late = threading.Timer(after, deliver)
        late.daemon = True
        late.start()


def _raises(what: Exception) -> Action:
    def act(_call: Call) -> None:
        raise what

    return act


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, proxy: FaultProxy) -> None:
        self.proxy = proxy
        super().__init__((LOOPBACK, 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that was killed is no error here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""

    def _pass_on(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        call = Call(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
        proxy = self.server.proxy
        proxy.note(call)
        try:
            proxy.act(call, BEFORE)
            headers = proxy.deliver(call)
            proxy.act(call, AFTER)
            self._answer(call.status or 502, headers, call.answer)
            if call.status in {502, 503, 504}:
                proxy.failed_at = time.monotonic()
        except Dropped:
            self._hang_up()
            proxy.failed_at = time.monotonic()
        except Truncated:
            self._answer(call.status or 502, headers, call.answer, only=len(call.answer) // 2)
            self._hang_up()
            proxy.failed_at = time.monotonic()
        except Answered as instead:
            self._answer(instead.status, [("Content-Type", "text/plain")], b"an error of the test's making")
            proxy.failed_at = time.monotonic()
        except (OSError, HTTPException):  # the service is down, or whoever called is gone
            self._hang_up()
            proxy.failed_at = time.monotonic()
        finally:
            call.ended.set()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _pass_on

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, only: int | None = None) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        if status not in {204, 304}:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if only is None else body[:only])
        self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the caller was quicker
