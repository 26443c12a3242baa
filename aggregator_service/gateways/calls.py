"""How every call to a service is made, and what its failures mean here.

Gateways are the only modules that know the generated clients. They return plain JSON objects, whose shape the client
has checked against the service's spec, and raise two kinds of errors: `RefusedError`, the service's own problem, to be
passed on as it is; and `ServiceDownError`, when there is no usable answer and what happened is unknown.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import requests
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

import auth_client
import inventory_client
import orders_client
import payment_client
from chassis.errors import DomainError, UnavailableError
from chassis.http import ServiceSession
from gateways.service_token import ServiceTokenKeeper, service_token

if TYPE_CHECKING:
    # A worker, which has no requests, does without the REST framework.
    from rest_framework.request import Request

logger = logging.getLogger(__name__)

Headers = Mapping[str, str]

MALFORMED = (
    auth_client.MalformedResponse,
    inventory_client.MalformedResponse,
    orders_client.MalformedResponse,
    payment_client.MalformedResponse,
)

sessions = {name: ServiceSession(name) for name in ("auth", "inventory", "orders", "payment")}

# For what an answer can do without: few wait for it, and not long. Sessions of their own, because a service that is
# slow for such a part is not one that is down for a payment.
optional_sessions = {name: ServiceSession(name, timeout=(0.2, 0.5), failures=3) for name in ("auth", "payment")}


class ServiceDownError(UnavailableError):
    """A service gave no usable answer."""

    code = "service_unavailable"
    message = _("A part of the marketplace does not answer right now. Please try again in a moment.")

    def __init__(self, service: str) -> None:
        super().__init__(data={"service": service})
        self.service = service


class RefusedError(DomainError):
    """A service's refusal, passed on with its own code, status and data."""

    def __init__(self, body: Mapping[str, Any], *, status: int, retry_after: int | None = None) -> None:
        own = {"type", "title", "status", "code", "detail", "errors", "request_id"}
        super().__init__(
            str(body.get("detail", "")),
            data={name: value for name, value in body.items() if name not in own},
            retry_after=retry_after,
        )
        self.code = str(body.get("code", "refused"))
        self.status = status
        self.errors = list(body.get("errors", []))


def answer(service: str, operation: Callable[..., Any], headers: Headers | None = None) -> Any:
    """Call a generated operation, its arguments bound, and return its JSON body, or None where it has none.

    Raises `RefusedError` and `ServiceDownError`.
    """
    _status, body = exchange(service, operation, headers)
    return body


def passed_answer(
    service: str, operation: Callable[..., Any], headers: Headers | None = None, *, used: Sequence[str] = ()
) -> dict[str, Any]:
    """Like `answer`, for an object that is passed on as it came.

    Its spec is not looked at again: building the models of a page costs as much as fetching it. Only the fields that
    are `used` here must be there, on a page in each of its results.
    """
    client = _client(service, sessions[service], models=False)
    return _with_fields(service, _exchange(client, service, operation, headers)[1], used)


def optional_answer(service: str, operation: Callable[..., Any], headers: Headers | None = None) -> Any:
    """Like `answer`, for a part that is left out when it does not come within half a second."""
    _status, body = _exchange(_client(service, optional_sessions[service]), service, operation, headers)
    return body


def optional_passed_answer(
    service: str, operation: Callable[..., Any], headers: Headers | None = None, *, used: Sequence[str] = ()
) -> dict[str, Any]:
    """Like `passed_answer`, for a part that is left out when it does not come within half a second."""
    client = _client(service, optional_sessions[service], models=False)
    return _with_fields(service, _exchange(client, service, operation, headers)[1], used)


def exchange(service: str, operation: Callable[..., Any], headers: Headers | None = None) -> tuple[int, Any]:
    """Like `answer`, for operations that succeed in more than one way: return the status too."""
    return _exchange(_client(service, sessions[service]), service, operation, headers)


def _exchange(client: Any, service: str, operation: Callable[..., Any], headers: Headers | None) -> tuple[int, Any]:
    try:
        response = operation(client=client, headers=headers)
    except requests.RequestException as exc:
        logger.warning("call failed", extra={"to": service, "error": str(exc)})
        raise ServiceDownError(service) from exc
    except MALFORMED as exc:
        logger.exception("answer off its spec", extra={"to": service, "status_code": exc.status_code})
        raise ServiceDownError(service) from exc
    if response.status_code < 300:
        return response.status_code, response.answer.json() if response.content else None
    if response.status_code >= 500 or response.parsed is None:
        logger.warning("call failed", extra={"to": service, "status_code": response.status_code})
        raise ServiceDownError(service)
    retry_after = response.headers.get("Retry-After", "")
    raise RefusedError(
        response.answer.json(),
        status=response.status_code,
        retry_after=int(retry_after) if retry_after.isdigit() else None,
    )


def _with_fields(service: str, body: Any, used: Sequence[str]) -> dict[str, Any]:
    rows = body.get("results", [body]) if isinstance(body, dict) else None
    if isinstance(rows, list) and all(isinstance(row, dict) and row.keys() >= set(used) for row in rows):
        found: dict[str, Any] = body
        return found
    logger.error("answer off its spec", extra={"to": service})
    raise ServiceDownError(service)


_acting: ContextVar[ServiceTokenKeeper | None] = ContextVar("acting", default=None)


@contextmanager
def acting_as(keeper: ServiceTokenKeeper) -> Iterator[None]:
    """Make the platform's own calls of the block with the token of another of its accounts."""
    token = _acting.set(keeper)
    try:
        yield
    finally:
        _acting.reset(token)


def acting_keeper() -> ServiceTokenKeeper | None:
    """Whose token the platform's own calls are made with now; None for its usual one's."""
    return _acting.get()


def service_answer(service: str, operation: Callable[..., Any], *, keeper: ServiceTokenKeeper | None = None) -> Any:
    """Call as the platform itself, or as another of its accounts, with its token. Raises as `answer` does.

    A service that does not take the token is out of reach like one that is down: the token is renewed, and whoever
    drives the call tries again.
    """
    keeper = keeper or acting_keeper() or service_token
    headers = {"Authorization": f"Bearer {keeper.get()}", **_language()}
    try:
        return answer(service, operation, headers)
    except RefusedError as exc:
        if exc.status == 401:
            keeper.renew()
        if exc.status in {401, 403, 429}:
            # Nothing is wrong with what was asked: the platform itself is not let in.
            logger.exception("service call not let in", extra={"to": service, "status_code": exc.status})
            raise ServiceDownError(service) from exc
        raise


def caller_headers(request: "Request") -> dict[str, str]:
    """Headers of a call made for the caller of `request`: their own token, language and Idempotency-Key."""
    headers = _language()
    token: Any = request.auth
    if token is not None:
        headers["Authorization"] = f"Bearer {token.token.decode()}"
    if key := request.META.get("HTTP_IDEMPOTENCY_KEY"):
        headers["Idempotency-Key"] = key
    return headers


def _language() -> dict[str, str]:
    return {"Accept-Language": get_language() or "en"}


def _client(service: str, session: ServiceSession, *, models: bool = True) -> Any:
    module, url = {
        "auth": (auth_client, settings.AUTH_URL),
        "inventory": (inventory_client, settings.INVENTORY_URL),
        "orders": (orders_client, settings.ORDERS_URL),
        "payment": (payment_client, settings.PAYMENT_URL),
    }[service]
    return module.Client(base_url=url, session=session, timeout=None, models=models)
