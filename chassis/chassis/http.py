"""Calls to other services: bounded in time, retried where that is safe, and stopped early when a service is down.

`ServiceSession` is a `requests.Session`, so generated clients use it as they would any other. One lives per process
and service. What it adds: time-outs within the deadline of the request being served, retries of idempotent calls within
a budget, a circuit breaker, a bulkhead, and the request id.
"""

import random
import threading
import time
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import pybreaker
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError
from urllib3.util.retry import Retry

from chassis.logs import deadline, request_id

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
RETRIED_STATUSES = frozenset({502, 503, 504})
BULKHEAD = 4
"""Threads of a process that may wait on one service: half of gunicorn's eight."""


class CallError(Exception):
    """The call has no usable answer; whether it took effect is unknown."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"{service}: {reason}")
        self.service = service


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


class BudgetedRetry(Retry):
    """urllib3's policy, which gives up when the budget is spent or the deadline near."""

    budget: RetryBudget

    def new(self, **kwargs: Any) -> "BudgetedRetry":
        policy = super().new(**kwargs)
        policy.budget = self.budget
        return policy

    def increment(self, *args: Any, **kwargs: Any) -> "BudgetedRetry":
        policy = super().increment(*args, **kwargs)
        if _remaining() < 1.0 or not self.budget.spend():
            raise MaxRetryError(args[2] if len(args) > 2 else None, "", kwargs.get("error"))  # type: ignore[arg-type]
        return policy


class ServiceSession(requests.Session):
    """A session for the calls to one service. Raises `CallError` for everything but an HTTP answer."""

    def __init__(self, service: str, *, timeout: tuple[float, float] = (1.0, 5.0)) -> None:
        super().__init__()
        self.service = service
        self.timeout = timeout
        # Proxies and .netrc of the environment have no say in calls between services, and looking for them costs time.
        self.trust_env = False
        # Calls of many people share this session: no answer's cookie may travel with another's call.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._budget = RetryBudget()
        self._bulkhead = threading.BoundedSemaphore(BULKHEAD)
        self._breaker = pybreaker.CircuitBreaker(fail_max=5, reset_timeout=2, name=service)
        retry = BudgetedRetry(
            total=1,
            allowed_methods=IDEMPOTENT_METHODS,
            status_forcelist=RETRIED_STATUSES,
            backoff_factor=0.1,
            backoff_jitter=0.1,
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        retry.budget = self._budget
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=BULKHEAD, pool_block=True, max_retries=retry)
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    @property
    def is_open(self) -> bool:
        """Whether the breaker is open: the service failed several times in a row."""
        return self._breaker.current_state == pybreaker.STATE_OPEN

    def request(self, method: str | bytes, url: str | bytes, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        connect, read = kwargs.pop("timeout", None) or self.timeout
        remaining = _remaining()
        if remaining < 0.1:
            raise CallError(self.service, "no time left for the call")
        kwargs["headers"] = {**(kwargs.get("headers") or {})}
        kwargs["allow_redirects"] = False
        if request_id.get():
            kwargs["headers"].setdefault("X-Request-ID", request_id.get())
        if not self._bulkhead.acquire(timeout=min(connect, remaining)):
            raise CallError(self.service, "too many calls are waiting for it")
        try:
            self._budget.earn()
            bounds = (min(connect, remaining), min(read, remaining))
            with self._breaker.calling():
                response = super().request(method, url, timeout=bounds, **kwargs)
                if response.status_code in RETRIED_STATUSES:
                    raise _UnavailableAnswerError(response)
                return response
        except _UnavailableAnswerError as exc:
            return exc.response
        except pybreaker.CircuitBreakerError as exc:
            if isinstance(exc.__context__, _UnavailableAnswerError):  # the failure that opened the breaker
                return exc.__context__.response
            raise CallError(self.service, "failed several times in a row, not called for now") from exc
        except requests.RequestException as exc:
            raise CallError(self.service, f"call failed ({type(exc).__name__})") from exc
        finally:
            self._bulkhead.release()


class _UnavailableAnswerError(Exception):
    """An answer that says "not now": the breaker counts it as a failure, the caller still gets it."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__()
        self.response = response


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
