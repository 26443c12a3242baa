"""The payment service: taking money, or seeing to it that none is taken."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from gateways.bodies import passed_body
from gateways.calls import ServiceDownError, optional_passed_answer, service_answer
from payment_client.api.payments import payments_cancel, payments_list, payments_pay

SERVICE = "payment"
USED = ("id", "order", "state", "amount", "refunded", "captured_at")

Json = dict[str, Any]


def pay(*, payment_id: UUID, order: UUID, buyer: UUID, amount: Json, payment_method: str) -> Json:
    """Take the money, once however often it is asked; the answer's `state` says what came of it."""
    body = passed_body({"order": str(order), "buyer": str(buyer), "amount": amount, "payment_method": payment_method})
    payment: Json = service_answer(SERVICE, partial(payments_pay.sync_detailed, id=payment_id, body=body))
    return payment


def cancel(*, payment_id: UUID) -> Json:
    """Call the payment off, also one that never arrived; the answer's `state` says who won."""
    payment: Json = service_answer(SERVICE, partial(payments_cancel.sync_detailed, id=payment_id))
    return payment


def undecided() -> ServiceDownError:
    """The error for a payment that its provider has not decided yet: ask again."""
    return ServiceDownError(SERVICE)


def payments_of(*, orders: list[UUID], headers: Mapping[str, str]) -> list[Json]:
    """The caller's payments of these orders, if they come soon."""
    operation = partial(payments_list.sync_detailed, order=orders, page_size=100)
    page = optional_passed_answer(SERVICE, operation, headers=headers, used=USED)
    found: list[Json] = page["results"]
    return found
