"""Shorthand for what most tests do: pay, and look at both sides."""

import threading
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections
from django.db.models import Sum

from chassis.ids import uuid7
from chassis.money import Money
from payments import services
from payments.models import Payment, Refund
from payments.states import PaymentState
from sandbox.models import SandboxEvent, SandboxIntent

EUR = "EUR"


def body(**changes: Any) -> dict[str, Any]:
    """A valid body of PUT /payments/{id}."""
    return {
        "order": str(uuid7()),
        "buyer": str(uuid7()),
        "amount": {"amount": 4598, "currency": EUR},
        "payment_method": "pm_card_visa",
        **changes,
    }


def pay(
    payment_id: uuid.UUID | None = None,
    *,
    order: uuid.UUID | None = None,
    buyer: uuid.UUID | None = None,
    amount: int = 1000,
    method: str = "pm_card_visa",
) -> Payment:
    payment, _created = services.pay(
        payment_id=payment_id or uuid7(),
        order=order or uuid7(),
        buyer=buyer or uuid7(),
        amount=Money(amount, EUR),
        payment_method=method,
    )
    return payment


def give_back(payment: Payment, amount: int, *, refund_id: uuid.UUID | None = None) -> Refund:
    refund, _created = services.refund_payment(
        refund_id=refund_id or uuid7(), payment_id=payment.pk, amount=Money(amount, EUR), reason=""
    )
    return refund


def money_taken(payment_id: uuid.UUID) -> int:
    """What the provider's book says it holds of this payment, summed over its lines."""
    lines = SandboxEvent.objects.filter(intent__payment=payment_id)
    return lines.aggregate(total=Sum("moved_amount"))["total"] or 0


def assert_both_sides_agree(payment_id: uuid.UUID) -> None:
    """The payment and the provider's book say the same: what is captured was taken, all else was not."""
    payment = Payment.objects.get(pk=payment_id)
    intent = SandboxIntent.objects.filter(payment=payment_id).first()
    captured = payment.state == PaymentState.CAPTURED
    assert captured == (intent is not None and intent.status == "succeeded")
    assert money_taken(payment_id) == ((payment.amount or 0) - payment.refunded_amount if captured else 0)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls on threads of their own, released together; return each one's result or exception."""
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(position: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait(timeout=10)
            results[position] = call()
        except Exception as exc:  # noqa: BLE001 - handed to the test
            results[position] = exc
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n, call)) for n, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return results


def states(payments: Sequence[Any]) -> set[Any]:
    return {payment.state if isinstance(payment, Payment) else payment for payment in payments}
