"""Brings back what a checkout remembers of a payment, after this database was restored to an earlier moment.

It takes no money. The provider has the last word on what became of the payment, as always: see `Provider.recall`.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from chassis.money import Money
from payments.errors import PaymentNotRecalledError, ProviderUnreachableError
from payments.models import Payment
from payments.providers import (
    IntentOutcome,
    ProviderRefusedError,
    ProviderUnavailableError,
    Verdict,
    provider_named,
)
from payments.services import met, note_reference, refuse_second_payment, settle, write_down
from payments.states import PaymentState


@dataclass(frozen=True, kw_only=True)
class RememberedPayment:
    """A payment as its checkout remembers it: captured."""

    order: uuid.UUID
    buyer: uuid.UUID
    amount: Money
    payment_method: str
    created_at: datetime
    captured_at: datetime


def restore_payment(*, payment_id: uuid.UUID, remembered: RememberedPayment) -> tuple[Payment, bool]:
    """Write a captured payment down again, by its provider's book; return it and whether it had been forgotten.

    One that is decided here already stays as it is. Raises `PaymentNotRecalledError` where the provider has not
    captured it, `PaymentMismatchError` when the id has another content, `PaymentCancelledError` for a tombstone,
    `OrderHasPaymentError`, and `ProviderUnreachableError`.
    """
    asked = Payment(
        id=payment_id,
        order=remembered.order,
        buyer=remembered.buyer,
        amount=remembered.amount.amount,
        currency=remembered.amount.currency,
        payment_method=remembered.payment_method,
        state=PaymentState.PROCESSING,
        provider=settings.PAYMENT_PROVIDER,
        created_at=remembered.created_at,
    )
    present = met(asked)
    if present is not None and present.is_decided:
        return present, False
    refuse_second_payment(asked)
    outcome = _recalled(present or asked, remembered)
    _payment, written = write_down(asked)
    note_reference(payment_id, outcome.reference)
    payment = settle(payment_id=payment_id, outcome=outcome)
    Payment.objects.filter(pk=payment_id, captured_at=payment.captured_at).update(captured_at=remembered.captured_at)
    return Payment.objects.get(pk=payment_id), written


def _recalled(payment: Payment, remembered: RememberedPayment) -> IntentOutcome:
    """What the provider has captured; asked first, so that nothing is written down of what it does not know."""
    try:
        outcome = provider_named(payment.provider).recall(
            payment_id=payment.pk,
            amount=remembered.amount,
            payment_method=remembered.payment_method,
            metadata={"order": str(remembered.order)},
        )
    except ProviderRefusedError as exc:
        raise PaymentNotRecalledError(data={"verdict": exc.code}) from exc
    except ProviderUnavailableError as exc:
        raise ProviderUnreachableError() from exc
    if outcome is None or outcome.verdict != Verdict.CAPTURED:
        raise PaymentNotRecalledError(data={"verdict": outcome.verdict.value if outcome else "unknown"})
    return outcome
