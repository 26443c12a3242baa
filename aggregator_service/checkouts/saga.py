"""The checkout: reserve, order, pay, confirm, commit.

Every id derives from the saga's, which derives from the buyer and their Idempotency-Key: the same key meets the same
reservation, order and payment whatever was lost in between. The buyer's token is not used: the calls name the buyer,
and each service checks that cart and address are theirs.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chassis.errors import DomainError
from checkouts.errors import (
    AuthenticationRequiredError,
    CheckoutExpiredError,
    PaymentDeclinedError,
    TotalChangedError,
)
from gateways import inventory, orders, payments
from sagas.steps import Definition, Pivot, PivotPassedError, SagaContext, Step
from storefront.composition import payment_summary

NAMESPACE = uuid.UUID("6c1d3b52-3f0e-5a66-9a0b-6d1f8f0f6d55")
UNDECIDED_FOR = timedelta(minutes=2)
ASKED = ("cart", "shipping_address", "payment_method", "expected_total")

RESERVATION, ORDER, PAYMENT = "reservation", "order", "payment"


def checkout_id(*, account_id: uuid.UUID, key: str) -> uuid.UUID:
    """The checkout that this buyer's key names, whether or not anything is known of it."""
    return uuid.uuid5(NAMESPACE, f"{account_id}\n{key}")


def part_id(saga_id: uuid.UUID, part: str) -> uuid.UUID:
    """The id of a checkout's reservation, order or payment."""
    return uuid.uuid5(saga_id, part)


def fingerprint(asked: Mapping[str, Any]) -> str:
    """Digest of what a buyer asked for with their key; anything else in `asked` does not count."""
    return hashlib.sha256(json.dumps({name: asked[name] for name in ASKED}, sort_keys=True).encode()).hexdigest()


def memo(saga: SagaContext) -> dict[str, Any]:
    """What is left with the reservation, to tell this checkout again should the aggregator forget it.

    No name, no address, no card: ids, and why it was called off.
    """
    kept = {"checkout": str(saga.id), "buyer": str(saga.account_id), "language": saga.data["language"]}
    kept |= {name: saga.data[name] for name in (*ASKED, "cart_version")}
    return kept if saga.failure is None else {**kept, "failure": saga.failure}


def reserve(saga: SagaContext) -> Mapping[str, Any]:
    reservation = inventory.reserve(
        reservation_id=part_id(saga.id, RESERVATION),
        cart=saga.data["cart"],
        cart_version=saga.data["cart_version"],
        buyer=saga.account_id,
        metadata=memo(saga),
    )
    return {"lines": reservation["lines"], "currency": reservation["currency"]}


def release(saga: SagaContext) -> Mapping[str, Any]:
    inventory.release(reservation_id=part_id(saga.id, RESERVATION), metadata=memo(saga))
    return {}


def place_order(saga: SagaContext) -> Mapping[str, Any]:
    """Write the pending order with the reserved lines and prices, then compare its total with what the buyer saw."""
    order = orders.place(
        order_id=part_id(saga.id, ORDER),
        buyer={"id": str(saga.account_id), "email": saga.data["email"], "language": saga.data["language"]},
        shipping_address=saga.data["shipping_address"],
        currency=saga.data["currency"],
        lines=[
            {name: line[name] for name in ("variant", "product", "seller", "title", "sku", "quantity", "unit_price")}
            for line in saga.data["lines"]
        ],
    )
    if order["total"] != saga.data["expected_total"]:
        raise TotalChangedError(
            data={
                "expected_total": saga.data["expected_total"],
                "items_total": order["items_total"],
                "shipping_total": order["shipping_total"],
                "total": order["total"],
            }
        )
    return {"total": order["total"], "order": order}


def reject_order(saga: SagaContext) -> Mapping[str, Any]:
    orders.reject(order_id=part_id(saga.id, ORDER))
    return {}


def pay(saga: SagaContext) -> Mapping[str, Any]:
    payment = payments.pay(
        payment_id=part_id(saga.id, PAYMENT),
        order=part_id(saga.id, ORDER),
        buyer=saga.account_id,
        amount=saga.data["total"],
        payment_method=saga.data["payment_method"],
    )
    if payment["state"] == "captured":
        return {"payment": payment_summary(payment)}
    if payment["state"] == "processing":
        raise payments.undecided()
    if payment["decline_code"] == AuthenticationRequiredError.code:
        raise AuthenticationRequiredError()
    raise PaymentDeclinedError(data={"decline_code": payment["decline_code"]})


def cancel_payment(saga: SagaContext) -> Mapping[str, Any]:
    payment = payments.cancel(payment_id=part_id(saga.id, PAYMENT))
    if payment["state"] == "captured":
        raise PivotPassedError({"payment": payment_summary(payment)})
    if payment["state"] == "processing":
        raise payments.undecided()
    return {}


def confirm_order(saga: SagaContext) -> Mapping[str, Any]:
    return {"order": orders.confirm(order_id=part_id(saga.id, ORDER))}


def commit(saga: SagaContext) -> Mapping[str, Any]:
    inventory.commit(reservation_id=part_id(saga.id, RESERVATION))
    return {}


def completed(saga: SagaContext) -> tuple[int, dict[str, Any]]:
    order = {**saga.data["order"], "payment": saga.data["payment"]}
    return 201, {"id": str(saga.id), "state": "completed", "order": order, "problem": None}


def failed(saga: SagaContext, failure: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    return int(failure["status"]), {**failure, "checkout": str(saga.id)}


def expired() -> DomainError:
    return CheckoutExpiredError()


CHECKOUT = Definition(
    kind="checkout",
    steps=(
        Step("reserve", reserve, compensate=release),
        Step("order", place_order, compensate=reject_order),
        Pivot("pay", pay, compensate=cancel_payment),
        Step("confirm", confirm_order),
        Step("commit", commit),
    ),
    undecided_for=UNDECIDED_FOR,
    completed=completed,
    failed=failed,
    expired=expired,
)
