"""Reads everything that an audit compares: own sagas and jobs from own tables, all else through the services' APIs."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone

from audits.errors import UnreadableError
from audits.snapshot import (
    Amount,
    BookEntry,
    Checkout,
    Job,
    Line,
    Order,
    Payment,
    Record,
    Reservation,
    Snapshot,
    Stock,
)
from chassis.errors import DomainError
from chassis.jobs.models import Job as JobRow
from chassis.jobs.models import JobState
from checkouts.saga import CHECKOUT, ORDER, PAYMENT, RESERVATION, part_id
from gateways import audits as gateway
from gateways.calls import ServiceDownError
from gateways.service_token import NoServiceTokenError
from sagas.models import Saga
from sagas.selectors import OVERDUE_AFTER
from sagas.states import SagaState
from sagas.tasks import KEPT_FOR

Named = TypeVar("Named", Checkout, Order, Payment, Reservation)
Json = dict[str, Any]

OWN = "aggregator"

LEAD = timedelta(hours=1)
"""So much before what is judged reading begins: for what began a little earlier, and for clocks that differ."""


def read_platform(
    *, since: datetime | None, say: Callable[[str], None], record: Record | None = None, whole: bool = False
) -> Snapshot:
    """Read all that is needed to judge what began after `since`, and what `record` names.

    `whole` looks for each part of each checkout, and for each payment of which something was given back since, however
    old they are.

    Each list is read after those whose rows say something of its own: what a checkout says of its parts is true by the
    time they are read. Raises `UnreadableError`.
    """
    record = record or Record()
    read_at = timezone.now()
    begin = None if since is None else since - LEAD
    with read_from(OWN, "checkouts", say):
        checkouts = _by_id(_checkout(saga) for saga in _sagas(begin, record))
    with read_from("orders", "orders", say):
        orders = _by_id(_order(row) for row in gateway.orders(created_since=begin))
        named = _named_orders(record) | ({each.order for each in checkouts.values()} if whole else set())
        orders |= _by_id(_order(row) for row in gateway.orders_named(sorted(named - orders.keys())))
    with read_from("payment", "payments and the provider's book", say):
        payments = _by_id(_payment(row) for row in gateway.payments(created_since=begin))
        entries = {row["reference"]: row for row in gateway.provider_payments(created_since=begin)}
        if whole and begin is not None:
            entries |= {row["reference"]: row for row in gateway.provider_payments_refunded(since=begin)}
        book = [_book_entry(row) for row in entries.values()]
        if whole:
            named = {each.payment for each in checkouts.values()} | {entry.payment for entry in book}
            payments |= _by_id(_payment(row) for row in gateway.payments_named(sorted(named - payments.keys())))
    with read_from("inventory", "reservations and stock", say):
        reservations = _by_id(_reservation(row) for row in gateway.reservations(created_since=begin))
        if whole:
            named = {each.reservation for each in checkouts.values()}
            reservations |= _by_id(
                _reservation(row) for row in gateway.reservations_named(sorted(named - reservations.keys()))
            )
        stock = [_stock(row) for row in gateway.stock()]
    with read_from(OWN, "jobs", say):
        jobs = [_own_job(job) for job in _unfinished_jobs(begin)]
    for service in gateway.JOBS:
        with read_from(service, "jobs", say):
            # One that waits is looked at however old it is.
            jobs += [_job(service, row) for row in gateway.jobs(service, state=JobState.WAITING)]
            jobs += [_job(service, row) for row in gateway.jobs(service, state=JobState.DEAD, created_since=begin)]
    return Snapshot(
        read_at=read_at,
        since=since,
        checkouts_known_since=read_at - KEPT_FOR + LEAD,
        checkouts=checkouts,
        orders=orders,
        payments=payments,
        book=book,
        reservations=reservations,
        stock=stock,
        jobs=jobs,
        record=record,
    )


@contextmanager
def read_from(service: str, what: str, say: Callable[[str], None]) -> Iterator[None]:
    say(f"reading {what} of {service}")
    try:
        yield
    except NoServiceTokenError as exc:
        raise UnreadableError("auth", "it gives the auditor no token") from exc
    except ServiceDownError as exc:
        raise UnreadableError(service, f"its {what} cannot be read: {exc.__cause__ or exc}") from exc
    except DomainError as exc:
        raise UnreadableError(service, f"its {what} are refused: {exc.code} {exc.detail}") from exc
    except DatabaseError as exc:
        raise UnreadableError(OWN, f"its {what} cannot be read: {exc}".strip()) from exc


def _by_id(rows: Iterable[Named]) -> dict[UUID, Named]:
    return {row.id: row for row in rows}


def _sagas(begin: datetime | None, record: Record) -> Iterator[Saga]:
    """Checkouts that began or ended since, or have not ended; and those that the record names."""
    sagas = Saga.objects.filter(kind=CHECKOUT.kind)
    if begin is not None:
        running = Q(state__in=(SagaState.RUNNING, SagaState.STUCK))
        named = Q(pk__in={answer.checkout for answer in record.checkouts})
        sagas = sagas.filter(Q(created_at__gte=begin) | Q(finished_at__gte=begin) | running | named)
    return sagas.iterator(chunk_size=500)


def _checkout(saga: Saga) -> Checkout:
    answer = json.loads(saga.answer_body) if saga.answer_body else {}
    shown = answer.get("order")
    return Checkout(
        id=saga.pk,
        buyer=saga.account_id,
        state=saga.state,
        order=part_id(saga.pk, ORDER),
        payment=part_id(saga.pk, PAYMENT),
        reservation=part_id(saga.pk, RESERVATION),
        expected_total=Amount(**saga.data["expected_total"]),
        created_at=saga.created_at,
        due_by=saga.deadline_at + OVERDUE_AFTER,
        answer_status=saga.answer_status,
        answered_order=UUID(shown["id"]) if shown else None,
        last_error=saga.last_error,
    )


def _named_orders(record: Record) -> set[UUID]:
    return {answer.order for answer in record.checkouts} | {shown.order for shown in record.orders}


def _order(row: Json) -> Order:
    return Order(
        id=UUID(row["id"]),
        state=row["state"],
        buyer=_id(row["buyer"]),
        total=Amount(**row["total"]),
        lines=tuple(_line(line, part["seller"]) for part in row["seller_orders"] for line in part["lines"]),
        created_at=_time(row["created_at"]),
    )


def _payment(row: Json) -> Payment:
    return Payment(
        id=UUID(row["id"]),
        state=row["state"],
        order=_id(row["order"]),
        buyer=_id(row["buyer"]),
        amount=Amount(**row["amount"]) if row["amount"] else None,
        refunded=row["refunded"]["amount"],
        refunds_pending=row["refunds_pending"]["amount"],
        created_at=_time(row["created_at"]),
    )


def _book_entry(row: Json) -> BookEntry:
    return BookEntry(
        payment=UUID(row["payment"]),
        taken=Amount(**row["taken"]),
        refunded=Amount(**row["refunded"]),
        authorised=Amount(**row["authorised"]),
        created_at=_time(row["created_at"]),
    )


def _reservation(row: Json) -> Reservation:
    return Reservation(
        id=UUID(row["id"]),
        state=row["state"],
        cart=_id(row["cart"]),
        cart_state=row["cart_state"],
        buyer=_id(row["buyer"]),
        total=Amount(**row["total"]),
        lines=tuple(_line(line, line["seller"]) for line in row["lines"]),
        created_at=_time(row["created_at"]),
        finished_at=_time(row["finished_at"]) if row["finished_at"] else None,
        metadata=row["metadata"],
    )


def _line(line: Json, seller: str) -> Line:
    return Line(UUID(line["variant"]), UUID(seller), line["quantity"], line["unit_price"]["amount"])


def _stock(row: Json) -> Stock:
    return Stock(
        variant=UUID(row["variant"]), on_hand=row["on_hand"], reserved=row["reserved"], held=row["held"], **row["moved"]
    )


def _unfinished_jobs(begin: datetime | None) -> Iterator[JobRow]:
    dead = Q(state=JobState.DEAD) if begin is None else Q(state=JobState.DEAD, created_at__gte=begin)
    return JobRow.objects.filter(Q(state=JobState.WAITING) | dead).defer("arguments").iterator(chunk_size=500)


def _own_job(job: JobRow) -> Job:
    return Job(
        service=OWN,
        id=job.pk,
        task=job.task,
        state=job.state,
        attempts=job.attempts,
        run_at=job.run_at,
        leased=job.lease is not None,
        last_error=job.last_error,
    )


def _job(service: str, row: Json) -> Job:
    return Job(
        service=service,
        id=UUID(row["id"]),
        task=row["task"],
        state=row["state"],
        attempts=row["attempts"],
        run_at=_time(row["run_at"]),
        leased=row["leased"],
        last_error=row["last_error"],
    )


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
