"""Brings back what a checkout remembers of a payment, and what was given back of it, after this database was restored
to an earlier moment.

It moves no money. The provider has the last word on what became of the payment, as always: see `Provider.recall`.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from chassis.money import Money
from payments.errors import (
    PaymentNotCapturedError,
    PaymentNotFoundError,
    PaymentNotRecalledError,
    ProviderUnreachableError,
)
from payments.models import Payment, Refund
from payments.providers import (
    BookRefund,
    IntentOutcome,
    ProviderRefusedError,
    ProviderUnavailableError,
    RefundOutcome,
    RefundVerdict,
    Verdict,
    provider_named,
)
from payments.services import (
    close_refund,
    met,
    note_reference,
    refuse_second_payment,
    settle,
    write_down,
    write_down_refund,
)
from payments.states import PaymentState, RefundState

REASON = "By the payment provider's book; the reason was lost."
"""Of a refund that came back."""


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


def restore_refunds(*, payment_id: uuid.UUID) -> Payment:
    """Write down what by the provider's book was given back of a payment, and is not known here or is still pending.

    No money moves. What we asked for has its id again; what others did at the provider has one made of the payment's
    and the provider's name for it. Raises `PaymentNotFoundError`, `PaymentNotCapturedError`,
    `RefundExceedsPaymentError` and `RefundMismatchError` where both contradict, `ProviderUnreachableError`.
    """
    payment = Payment.objects.filter(pk=payment_id).first()
    if payment is None:
        raise PaymentNotFoundError()
    if payment.state != PaymentState.CAPTURED:
        raise PaymentNotCapturedError(data={"state": payment.state})
    try:
        book = provider_named(payment.provider).refunds(reference=payment.provider_reference)
    except ProviderUnavailableError as exc:
        raise ProviderUnreachableError() from exc
    for given in book:
        refund = write_down_refund(_refund_of(payment, given))
        if refund.state == RefundState.PENDING:
            outcome = RefundOutcome(reference=given.reference, verdict=RefundVerdict.SUCCEEDED)
            close_refund(refund_id=refund.pk, outcome=outcome)
    return Payment.objects.get(pk=payment_id)


def _refund_of(payment: Payment, given: BookRefund) -> Refund:
    return Refund(
        id=given.refund_id or uuid.uuid5(payment.pk, given.reference),
        payment=payment,
        amount=given.amount.amount,
        state=RefundState.SUCCEEDED,
        reason=REASON,
        provider_reference=given.reference,
        created_at=given.created_at,
        settled_at=given.created_at,
    )


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
