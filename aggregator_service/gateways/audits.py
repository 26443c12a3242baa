"""What the services show the auditor: whole lists, page by page, with the auditor's own token."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from time import sleep
from typing import Any
from uuid import UUID

from auth_client.api.audit import audit_accounts_list
from auth_client.api.audit import audit_jobs_list as auth_jobs_list
from auth_client.api.audit import audit_restores_list as auth_restores_list
from auth_client.models import AuditJobsListState as AuthJobState
from chassis.keyset import cursor_of
from gateways.calls import ServiceDownError, acting_keeper, service_answer
from gateways.service_token import auditor_token
from inventory_client.api.audit import audit_jobs_list as inventory_jobs_list
from inventory_client.api.audit import audit_reservations_list, audit_stock_list
from inventory_client.api.audit import audit_restores_list as inventory_restores_list
from inventory_client.models import AuditJobsListState as InventoryJobState
from orders_client.api.audit import audit_jobs_list as orders_jobs_list
from orders_client.api.audit import audit_orders_list
from orders_client.api.audit import audit_restores_list as orders_restores_list
from orders_client.models import AuditJobsListState as OrdersJobState
from payment_client.api.audit import audit_jobs_list as payment_jobs_list
from payment_client.api.audit import audit_payments_list, audit_provider_payments_list
from payment_client.api.audit import audit_restores_list as payment_restores_list
from payment_client.models import AuditJobsListState as PaymentJobState

Json = dict[str, Any]

PAGE_SIZE = 500
IDS_AT_ONCE = 100
TIMEOUT = (2.0, 15.0)
ATTEMPTS = 3
PAUSE_SECONDS = 2.5
"""Longer than a breaker stays open."""

JOBS: dict[str, tuple[Callable[..., Any], Callable[[str], Any]]] = {
    "auth": (auth_jobs_list.sync_detailed, AuthJobState),
    "inventory": (inventory_jobs_list.sync_detailed, InventoryJobState),
    "orders": (orders_jobs_list.sync_detailed, OrdersJobState),
    "payment": (payment_jobs_list.sync_detailed, PaymentJobState),
}

RESTORES: dict[str, Callable[..., Any]] = {
    "auth": auth_restores_list.sync_detailed,
    "inventory": inventory_restores_list.sync_detailed,
    "orders": orders_restores_list.sync_detailed,
    "payment": payment_restores_list.sync_detailed,
}


def jobs(service: str, *, state: str, created_since: datetime | None = None) -> Iterator[Json]:
    operation, states = JOBS[service]
    return _all(service, operation, state=states(state), **_since(created_since))


def stock() -> Iterator[Json]:
    return _all("inventory", audit_stock_list.sync_detailed)


def reservations(*, created_since: datetime | None) -> Iterator[Json]:
    return _all("inventory", audit_reservations_list.sync_detailed, **_since(created_since))


def orders(*, created_since: datetime | None) -> Iterator[Json]:
    return _all("orders", audit_orders_list.sync_detailed, **_since(created_since))


def orders_named(ids: Sequence[UUID]) -> Iterator[Json]:
    """These orders, as far as they exist."""
    return _named("orders", audit_orders_list.sync_detailed, ids)


def payments_named(ids: Sequence[UUID]) -> Iterator[Json]:
    return _named("payment", audit_payments_list.sync_detailed, ids)


def reservations_named(ids: Sequence[UUID]) -> Iterator[Json]:
    return _named("inventory", audit_reservations_list.sync_detailed, ids)


def accounts_named(ids: Sequence[UUID]) -> Iterator[Json]:
    return _named("auth", audit_accounts_list.sync_detailed, ids)


def restores_awaiting(service: str) -> Iterator[Json]:
    """The restores of a service's database after which it does not write yet."""
    return _all(service, RESTORES[service], awaiting=True)


def payments(*, created_since: datetime | None) -> Iterator[Json]:
    return _all("payment", audit_payments_list.sync_detailed, **_since(created_since))


def provider_payments(*, created_since: datetime | None) -> Iterator[Json]:
    """What the payment provider's own book says."""
    return _all("payment", audit_provider_payments_list.sync_detailed, **_since(created_since))


def provider_payments_refunded(*, since: datetime) -> Iterator[Json]:
    """What its book says of payments, however old they are, of which something was given back since."""
    return _all("payment", audit_provider_payments_list.sync_detailed, refunded_since=since)


def _named(service: str, operation: Callable[..., Any], ids: Sequence[UUID]) -> Iterator[Json]:
    for first in range(0, len(ids), IDS_AT_ONCE):
        yield from _all(service, operation, id=list(ids[first : first + IDS_AT_ONCE]))


def _since(moment: datetime | None) -> dict[str, datetime]:
    return {} if moment is None else {"created_since": moment}


def _all(service: str, operation: Callable[..., Any], **query: Any) -> Iterator[Json]:
    """Every row of a list. Raises `ServiceDownError` when a page cannot be had, also after some patience."""
    while True:
        page = _page(service, partial(operation, page_size=PAGE_SIZE, timeout=TIMEOUT, **query))
        yield from page["results"]
        if page["next"] is None:
            return
        query["cursor"] = cursor_of(page["next"])


def _page(service: str, operation: Callable[..., Any]) -> Json:
    attempts = 1
    while True:
        try:
            page: Json = service_answer(service, operation, keeper=acting_keeper() or auditor_token)
        except ServiceDownError:
            # Nobody waits for this answer; and a token that was refused is a new one at the next attempt.
            if attempts == ATTEMPTS:
                raise
            attempts += 1
            sleep(PAUSE_SECONDS)
        else:
            return page
