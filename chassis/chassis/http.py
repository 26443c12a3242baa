"""Calls to other services: bounded in time, retried where that is safe, and stopped early when a service is down.

`ServiceSession` is a `requests.Session`, so generated clients use it as they would any other. One lives per process
and service. What it adds: time-outs within the deadline of the request being served, retries of idempotent calls within
a budget, a circuit breaker, a bulkhead, the request id and the trace; and every call is counted.

A hanging service costs a time-out each to the few calls that are under way until the breaker opens; from then on calls
fail at once. Nobody's call is spent on finding out whether the service is back: a thread asks for its readiness, and
only when that is well are calls let through again.
"""

import os
import random
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from json import dumps
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import certifi
import orjson
import pybreaker
import pycurl
import requests

from chassis import tracing
from chassis.logs import deadline, request_id
from chassis.metrics import BreakerListener, calls, calls_refused
from chassis.restores.errors import AWAITING_RECONCILE

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
UNAVAILABLE_STATUSES = frozenset({502, 503, 504})
BULKHEAD = max(1, int(os.environ.get("WEB_THREADS", "8")) // 2)
"""Threads of a process that may wait on one service: half of gunicorn's."""
RETRY_PAUSE_SECONDS = 0.2
LEAST_SECONDS = 0.1
"""A call that has less time than this is not begun."""
PROBE_PAUSE_SECONDS = 1.0
PROBE_SECONDS = (0.5, 1.0)


class CallError(requests.RequestException):
    """The call has no usable answer; whether it took effect is unknown.

    One of the errors of `requests`, which is what callers of generated clients expect.
    """

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"{service}: {reason}")
        self.service = service


class Answer(requests.Response):
    """An answer whose body has arrived; its JSON is parsed once, however often it is asked for."""

    def __init__(self, url: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        # Not as `requests` does: it makes a jar for the cookies of each answer, and there are none.
        self.url = url
        self.status_code = status
        self.headers = requests.structures.CaseInsensitiveDict(headers)
        self.encoding = "utf-8"
        self.reason = ""
        self.history = []
        self.raw = None
        self._content = body
        self._content_consumed = True
        self._parsed: Any = None

    def json(self, **_options: Any) -> Any:
        """Raises `requests.JSONDecodeError` for what is no JSON."""
        if self._parsed is None:
            try:
                self._parsed = orjson.loads(self.content)
            except orjson.JSONDecodeError as exc:
                raise requests.JSONDecodeError(exc.msg, exc.doc, exc.pos) from exc
        return self._parsed


class RetryBudget:
    """Lets retries be at most a tenth of all calls over time, so that they cannot double the load on what is ill."""

    def __init__(self, *, ratio: float = 0.1, reserve: float = 10.0) -> None:
        self._ratio, self._reserve, self._tokens = ratio, reserve, reserve
        self._lock = threading.Lock()

    def earn(self) -> None:
        with self._lock:
            self._tokens = min(self._reserve, self._tokens + self._ratio)

    def spend(self) -> bool:
        with self._lock:
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class ServiceSession(requests.Session):
    """A session for the calls to one service. Raises `CallError` for everything but an HTTP answer.

    `timeout` is (connect, answer) in seconds: how long an attempt waits for a connection, then for the whole answer. So
    many `failures` in a row open the breaker.
    """

    def __init__(self, service: str, *, timeout: tuple[float, float] = (1.0, 5.0), failures: int = 5) -> None:
        super().__init__()
        self.service = service
        self.timeout = timeout
        self.failures = failures
        self._budget = RetryBudget()
        self._bulkhead = threading.BoundedSemaphore(BULKHEAD)
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=failures,
            name=service,
            exclude=[lambda exc: not isinstance(exc, requests.RequestException | _UnavailableAnswerError)],
            throw_new_error_on_trip=False,
            listeners=[BreakerListener(service)],
        )
        self._probing = threading.Lock()
        self._idle: list[pycurl.Curl] = []

    @property
    def is_open(self) -> bool:
        """Whether the breaker is open: the service failed several times in a row."""
        return self._breaker.current_state == pybreaker.STATE_OPEN

    def request(self, method: str | bytes, url: str | bytes, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        timeout: tuple[float, float] = kwargs.pop("timeout", None) or self.timeout
        call = _Call.of(method, url, **kwargs)
        # Before there is anything to wait for: others' calls may hang in all places.
        if self.is_open:
            self._probe_in_background(call.url)
            raise self._refused("breaker", "failed several times in a row, not called for now")
        if not self._bulkhead.acquire(timeout=max(0.0, min(timeout[0], _remaining()))):
            raise self._refused("bulkhead", "too many calls are waiting for it")
        try:
            self._budget.earn()
            try:
                response = self._attempt(call, timeout)
            except CallError as exc:
                # Who has waited for a time-out has waited long enough, and what hangs is not helped by a second call.
                if isinstance(exc.__cause__, requests.Timeout) or not self._may_repeat(call.method):
                    raise
            else:
                if not _is_unavailable(response) or not self._may_repeat(call.method):
                    return response
            time.sleep(jitter(RETRY_PAUSE_SECONDS))
            return self._attempt(call, timeout)
        finally:
            self._bulkhead.release()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
        super().close()

    def _refused(self, reason: str, text: str) -> CallError:
        calls_refused.labels(self.service, reason).inc()
        return CallError(self.service, text)

    def _may_repeat(self, method: str) -> bool:
        return (
            method.upper() in IDEMPOTENT_METHODS
            and not self.is_open
            and _remaining() > RETRY_PAUSE_SECONDS + LEAST_SECONDS
            and self._budget.spend()
        )

    def _attempt(self, call: "_Call", timeout: tuple[float, float]) -> requests.Response:
        remaining = _remaining()
        if remaining < LEAST_SECONDS:
            raise self._refused("deadline", "no time left for the call")
        began, outcome = time.monotonic(), "failed"
        connect, answer = timeout
        bounds = _Bounds(connect=min(connect, remaining), whole=min(connect + answer, remaining))
        try:
            # Not `call()`, which would hold the breaker's lock while the answer is awaited.
            with self._breaker.calling():
                response = self._send(call, bounds)
                if _is_unavailable(response):
                    raise _UnavailableAnswerError(response)
                outcome = "answered"
                return response
        except _UnavailableAnswerError as exc:
            outcome = "unavailable"
            return exc.response
        except pybreaker.CircuitBreakerError as exc:  # it opened within this moment
            outcome = "refused"
            raise self._refused("breaker", "failed several times in a row, not called for now") from exc
        except requests.RequestException as exc:
            raise CallError(self.service, f"call failed ({type(exc).__name__})") from exc
        finally:
            if outcome != "refused":
                calls.labels(self.service, outcome).observe(time.monotonic() - began)
            if self.is_open:
                self._probe_in_background(call.url)

    def _send(self, call: "_Call", bounds: "_Bounds") -> Answer:
        if tracing.tracer is None:
            return self._exchange(call, bounds)
        send = partial(self._exchange, call, bounds)
        answer: Answer = tracing.call(self.service, call.method, send, call.headers)
        return answer

    def _exchange(self, call: "_Call", bounds: "_Bounds") -> Answer:
        """Send by libcurl, which takes less than half of the time that urllib3 does.

        A handle keeps its connection. One that its server has closed meanwhile is opened again by libcurl itself, as
        long as nothing of an answer has come.
        """
        try:
            handle = self._idle.pop()
        except IndexError:
            handle = pycurl.Curl()
        lines: list[bytes] = []
        try:
            call.prepare(handle)
            handle.setopt(pycurl.CONNECTTIMEOUT_MS, bounds.milliseconds(bounds.connect))
            handle.setopt(pycurl.TIMEOUT_MS, bounds.milliseconds(bounds.whole))
            handle.setopt(pycurl.HEADERFUNCTION, lines.append)
            try:
                body = handle.perform_rb()
            except pycurl.error as exc:
                raise _error_of(exc, handle) from exc
            return Answer(call.url, handle.getinfo(pycurl.RESPONSE_CODE), _headers(lines), body)
        finally:
            handle.reset()
            self._idle.append(handle)

    def _probe_in_background(self, url: str) -> None:
        if self._probing.acquire(blocking=False):
            parts = urlsplit(url)
            address = f"{parts.scheme}://{parts.netloc}/readyz"
            threading.Thread(target=self._probe, args=(address,), name=f"probe {self.service}", daemon=True).start()

    def _probe(self, address: str) -> None:
        """Ask until the service is ready; then the breaker is half open, and the next call closes or opens it."""
        try:
            while self.is_open:
                time.sleep(PROBE_PAUSE_SECONDS)
                if _is_ready(address):
                    self._breaker.half_open()
        finally:
            self._probing.release()


def _is_ready(address: str) -> bool:
    """Whether the service does not say otherwise: behind an address that hides its readiness, the next call decides."""
    # A session of its own: a probe must not wait behind the calls that hang.
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(address, timeout=PROBE_SECONDS, allow_redirects=False).status_code < 500
    except requests.RequestException:
        return False


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What an attempt may take, in seconds: to connect, and from its beginning to the end of the answer."""

    connect: float
    whole: float

    @staticmethod
    def milliseconds(seconds: float) -> int:
        return max(1, round(seconds * 1000))


@dataclass(frozen=True, slots=True)
class _Call:
    """A request as it goes over the wire, made once for all its attempts."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | str | None

    @classmethod
    def of(
        cls,
        method: str | bytes,
        url: str | bytes,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: bytes | str | None = None,
        allow_redirects: bool = False,
    ) -> Self:
        """Take what `requests.Session.request` would. Redirects are answers, whatever is asked."""
        address = url.decode() if isinstance(url, bytes) else url
        sent = dict(headers or {})
        if request_id.get():
            sent.setdefault("X-Request-ID", request_id.get())
        if trace := tracing.traceparent():
            sent["traceparent"] = trace
        if params:
            given = {name: value for name, value in params.items() if value is not None}
            address = f"{address}?{urlencode(given, doseq=True)}"
        if json is not None:
            sent["Content-Type"] = "application/json"
            # Not orjson, which knows no numbers of more than 64 bits, and takes a form for what it holds inside.
            data = dumps(json, allow_nan=False)
        verb = method.decode() if isinstance(method, bytes) else method
        return cls(verb.upper(), address, sent, data)

    def prepare(self, handle: pycurl.Curl) -> None:
        """Tell a handle all about the request; the environment (proxies, .netrc) has no say.

        Raises `ValueError` for a header that is not one line.
        """
        handle.setopt(pycurl.URL, self.url)
        handle.setopt(pycurl.NOSIGNAL, 1)  # signals would not reach the thread that waits
        handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        handle.setopt(pycurl.PROXY, "")
        handle.setopt(pycurl.CAINFO, certifi.where())
        lines = [_header(name, value) for name, value in self.headers.items()]
        if self.method == "HEAD":
            handle.setopt(pycurl.NOBODY, 1)
        elif self.body is not None or self.method in {"POST", "PUT", "PATCH"}:
            handle.setopt(pycurl.POSTFIELDS, self.body or b"")
            # Neither a form's type where nobody says so, nor a question whether the body may be sent.
            lines += [b"Expect:"] if "Content-Type" in self.headers else [b"Expect:", b"Content-Type:"]
            handle.setopt(pycurl.CUSTOMREQUEST, self.method)
        elif self.method != "GET":
            handle.setopt(pycurl.CUSTOMREQUEST, self.method)
        handle.setopt(pycurl.HTTPHEADER, lines)


def _header(name: str, value: str) -> bytes:
    line = f"{name}: {value}" if value else f"{name};"  # libcurl's way to send an empty one
    if "\n" in line or "\r" in line:
        raise ValueError(f"The header {name} is to be one line.")
    return line.encode("latin-1", errors="replace")


def _headers(lines: Sequence[bytes]) -> dict[str, str]:
    """Return the headers of the last of the answers that came: others may have announced it."""
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            told = headers.get(name)
            headers[name] = value.strip() if told is None else f"{told}, {value.strip()}"
        elif name.startswith("HTTP/"):
            headers = {}
    return headers


def _is_unavailable(response: requests.Response) -> bool:
    """Whether the service cannot answer now. One that only refuses to write after a restore is well: it can be read."""
    return response.status_code in UNAVAILABLE_STATUSES and AWAITING_RECONCILE.encode() not in response.content


class _UnavailableAnswerError(Exception):
    """An answer that says "not now": the breaker counts it as a failure, the caller still gets it."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__()
        self.response = response


def _error_of(exc: pycurl.error, handle: pycurl.Curl) -> requests.RequestException:
    """The error of requests for one of libcurl (https://curl.se/libcurl/c/libcurl-errors.html)."""
    code, text = exc.args[0], str(exc)
    if code == pycurl.E_OPERATION_TIMEDOUT:
        sent = handle.getinfo(pycurl.REQUEST_SIZE) > 0
        return requests.ReadTimeout(text) if sent else requests.ConnectTimeout(text)
    return requests.ConnectionError(text)


def json_of(response: requests.Response) -> dict[str, Any]:
    """Return a successful JSON object. Raises `CallError` for another status or content."""
    if not response.ok:
        raise CallError("service", f"answered {response.status_code}")
    try:
        body = response.json()
    except requests.JSONDecodeError as exc:
        raise CallError("service", "did not answer JSON") from exc
    if not isinstance(body, dict):
        raise CallError("service", "did not answer a JSON object")
    return body


def jitter(seconds: float) -> float:
    """Spread a delay over 50 to 100 % of itself."""
    return seconds * random.uniform(0.5, 1.0)  # noqa: S311


def _remaining() -> float:
    """Seconds until the request being served should be answered; a long time where none is."""
    until = deadline.get()
    return 3600.0 if until is None else until - time.monotonic()
