"""What a checkout remembers, as the services are told it after one of them was restored to an earlier moment; and a
checkout itself, made again from what it left with the others.

A checkout that was forgotten is not made up: it begins again where it asks the payment service what became of the
money, and the engine takes it to the same end, under the same ids.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from checkouts.errors import CheckoutExpiredError
from checkouts.saga import ASKED, CHECKOUT, ORDER, fingerprint, memo, part_id
from sagas.engine import failure_of
from sagas.models import Saga
from sagas.states import Direction, SagaState
from sagas.steps import SagaContext

Json = dict[str, Any]

CONFIRMED_STEPS = 4
"""So many of the table's steps are done once the order is confirmed."""


def remembers_order(data: Mapping[str, Any]) -> bool:
    """Whether all is known that makes its order again."""
    return all(data.get(name) for name in ("order", "lines", "email", "shipping_address"))


def remembers_reservation(data: Mapping[str, Any]) -> bool:
    return all(data.get(name) for name in ("lines", "cart", "cart_version", "currency"))


def remembered_order(saga: Saga) -> Json:
    """The order as the orders service is told it."""
    data = saga.data
    order = data["order"]
    if saga.state == SagaState.COMPENSATED:
        state = "rejected"
    elif saga.state == SagaState.COMPLETED or saga.done >= CONFIRMED_STEPS:
        state = "confirmed"
    else:
        state = "pending"
    line = ("variant", "product", "seller", "title", "sku", "quantity", "unit_price")
    return {
        "state": state,
        "buyer": {"id": str(saga.account_id), "email": data["email"], "language": data["language"]},
        "shipping_address": data["shipping_address"],
        "address": order["shipping_address"],
        "currency": data["currency"],
        "lines": [{name: each[name] for name in line} for each in data["lines"]],
        "seller_orders": [{"id": part["id"], "seller": part["seller"]} for part in order["seller_orders"]],
        "created_at": order["created_at"],
        "confirmed_at": order["confirmed_at"] if state == "confirmed" else None,
    }


def remembered_payment(saga: Saga) -> Json:
    """The captured payment as the payment service is told it."""
    data = saga.data
    captured_at = (data.get("payment") or {}).get("captured_at") or (saga.finished_at or timezone.now()).isoformat()
    return {
        "order": str(part_id(saga.pk, ORDER)),
        "buyer": str(saga.account_id),
        "amount": data.get("total") or data["expected_total"],
        "payment_method": data["payment_method"],
        "created_at": saga.created_at.isoformat(),
        "captured_at": captured_at,
    }


def remembered_reservation(saga: Saga) -> Json:
    """The reservation, held or sold, as the inventory service is told it."""
    data = saga.data
    return {
        "committed": saga.state == SagaState.COMPLETED,
        "cart": data["cart"],
        "cart_version": data["cart_version"],
        "buyer": str(saga.account_id),
        "currency": data["currency"],
        "created_at": saga.created_at.isoformat(),
        "lines": [{name: value for name, value in line.items() if name != "line_total"} for line in data["lines"]],
        "metadata": memo(context_of(saga)),
    }


def context_of(saga: Saga) -> SagaContext:
    return SagaContext(saga.pk, saga.account_id, saga.data, saga.failure)


def restore_checkout(
    *, memo: Mapping[str, Any], lines: Sequence[Json], currency: str, email: str, created_at: datetime
) -> bool:
    """Write a forgotten checkout down again, from the memo that it left with its reservation; whether it was forgotten.

    It shall be called off, for the reason that the memo gives or because it ran out of time, unless the payment service
    answers that it was paid. `email` may be empty where no order was placed.
    """
    data = {
        **{name: memo[name] for name in (*ASKED, "cart_version")},
        "email": email,
        "language": memo["language"],
        "request_id": "",
        "currency": currency,
        "lines": list(lines),
    }
    saga = Saga(
        id=UUID(memo["checkout"]),
        kind=CHECKOUT.kind,
        account_id=UUID(memo["buyer"]),
        fingerprint=fingerprint(memo),
        data=data,
        intended=CHECKOUT.pivot + 1,
        step=CHECKOUT.steps[CHECKOUT.pivot].name,
        failure=memo.get("failure") or failure_of(CheckoutExpiredError()),
        created_at=created_at,
        deadline_at=created_at + CHECKOUT.undecided_for,
    )
    try:
        with transaction.atomic():
            saga.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def call_off_as_before(*, checkout: UUID, failure: Mapping[str, Any]) -> bool:
    """Let an undecided checkout be called off for the reason for which it was, before the aggregator forgot that."""
    undecided = Saga.objects.filter(
        pk=checkout, state=SagaState.RUNNING, direction=Direction.UNDECIDED, failure__isnull=True
    )
    return bool(undecided.update(failure=failure, attempts=0, next_attempt_at=Now(), version=F("version") + 1))
