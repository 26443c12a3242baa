"""The writes: paying, cancelling, refunding.

Each is three steps: write down the intention, ask the provider outside of any transaction, write down what it said by
an UPDATE that counts only while nothing was written yet. A crash between two steps leaves a row that says how far it
came, and the same call again continues from there, because the provider decides each intent once and knows each call
by its id. No transaction can be left open around a call to the provider: what is written stands at once.
"""

import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Now

from chassis.database.transactions import autocommitted
from chassis.money import Money
from chassis.statements import NOW, insert, row, updated
from chassis.states import sources
from payments.errors import (
    OrderHasPaymentError,
    PaymentCancelledError,
    PaymentMismatchError,
    PaymentNotCapturedError,
    PaymentNotFoundError,
    ProviderUnreachableError,
    RefundExceedsPaymentError,
    RefundMismatchError,
)
from payments.models import Payment, Refund
from payments.providers import (
    IntentOutcome,
    ProviderRefusedError,
    ProviderUnavailableError,
    RefundOutcome,
    RefundVerdict,
    Verdict,
    provider_named,
)
from payments.states import PAYMENT_TRANSITIONS, REFUND_TRANSITIONS, PaymentState, RefundState

logger = logging.getLogger(__name__)

AUTHENTICATION_REQUIRED = "authentication_required"

FINISH_REFUND_AFTER = timedelta(seconds=30)
"""Longer than the request that settles it itself."""

STATES = {
    Verdict.REQUIRES_ACTION: PaymentState.REQUIRES_ACTION,
    Verdict.CAPTURED: PaymentState.CAPTURED,
    Verdict.DECLINED: PaymentState.DECLINED,
    Verdict.CANCELLED: PaymentState.CANCELLED,
}
"""What the provider's verdict makes of a payment; by the others it stays as it is."""


# Paying and cancelling


def pay(
    *, payment_id: uuid.UUID, order: uuid.UUID, buyer: uuid.UUID, amount: Money, payment_method: str
) -> tuple[Payment, bool]:
    """Take `amount` from `buyer` for `order`, or continue where an earlier call stopped.

    Returns the payment, which may be declined or cancelled, and whether this call wrote it down first. One that needs
    the buyer's authentication is called off at once, with the decline code `authentication_required`.

    Raises `PaymentCancelledError` for a tombstone, `PaymentMismatchError` when the id has another content,
    `OrderHasPaymentError`, and `ProviderUnreachableError` when the provider cannot say what became of it.
    """
    payment, created = write_down(
        Payment(
            id=payment_id,
            order=order,
            buyer=buyer,
            amount=amount.amount,
            currency=amount.currency,
            payment_method=payment_method,
            state=PaymentState.PROCESSING,
            provider=settings.PAYMENT_PROVIDER,
        )
    )
    if payment.state == PaymentState.PROCESSING:
        payment = _confirm(payment)
    if payment.state == PaymentState.REQUIRES_ACTION:
        payment = _call_off(payment)
    return payment, created


def cancel_payment(*, payment_id: uuid.UUID) -> Payment:
    """Make sure that nothing is or ever will be taken, unless it was taken already; the state returned says which.

    An unknown id becomes a tombstone. Raises `ProviderUnreachableError` when the provider cannot say.
    """
    if not Payment.objects.filter(pk=payment_id).exists():
        _call_off_forgotten(payment_id)
    payment = _meet_or_bury(payment_id)
    return payment if payment.is_decided else _call_off(payment)


def settle_from_provider(*, payment: Payment) -> Payment:
    """Write down what the provider decided about an undecided payment, if it did; it is asked to change nothing.

    Raises `ProviderUnreachableError`.
    """
    try:
        outcome = provider_named(payment.provider).retrieve(reference=payment.provider_reference)
    except ProviderUnavailableError as exc:
        raise ProviderUnreachableError() from exc
    return settle(payment_id=payment.pk, outcome=outcome)


@autocommitted
def settle(*, payment_id: uuid.UUID, outcome: IntentOutcome) -> Payment:
    """Move the payment by what the provider said, unless it was moved already; return it as it is then."""
    target = STATES.get(outcome.verdict)
    if target is not None:
        changes: dict[str, object] = {"state": target}
        if target == PaymentState.CAPTURED:
            changes["captured_at"] = NOW
        elif target == PaymentState.DECLINED:
            changes["decline_code"] = outcome.decline_code or "generic_decline"
        elif target == PaymentState.CANCELLED:
            # It ended because its buyer was not there to authenticate it.
            waited = When(state=PaymentState.REQUIRES_ACTION, then=Value(AUTHENTICATION_REQUIRED))
            changes["decline_code"] = Case(waited, default=Value(None))
        where = {"pk": payment_id, "state__in": sources(PAYMENT_TRANSITIONS, target)}
        moved = updated(Payment, where=where, changes=changes)
        if moved is not None:
            logger.info("payment moved", extra={"payment": str(payment_id), "state": str(target)})
            return moved
    payment = Payment.objects.get(pk=payment_id)
    if target is not None and payment.is_decided and target not in PAYMENT_TRANSITIONS and payment.state != target:
        logger.error(
            "payment and provider disagree",
            extra={"payment": str(payment_id), "state": payment.state, "provider_says": str(target)},
        )
    return payment


@autocommitted
def write_down(asked: Payment) -> tuple[Payment, bool]:
    """Insert the payment, or meet the one that has its id; the flag says which. Raises as `pay` does."""
    while not insert(asked, unless_known=True):
        present = met(asked)
        if present is not None:
            return present, False
        refuse_second_payment(asked)
        # What stood in the way has ended meanwhile.
    return asked, True


def met(asked: Payment) -> Payment | None:
    """Return the payment that has this id, if there is one. Raises `PaymentCancelledError`, `PaymentMismatchError`."""
    present = row(Payment, pk=asked.pk)
    if present is None:
        return None
    if present.is_tombstone:
        raise PaymentCancelledError()
    if _content(present) != _content(asked):
        raise PaymentMismatchError()
    return present


def _content(payment: Payment) -> tuple[object, ...]:
    return payment.order, payment.buyer, payment.amount, payment.currency, payment.payment_method


def refuse_second_payment(asked: Payment) -> None:
    """Raises `OrderHasPaymentError` when another payment of the order is under way or captured."""
    blocking = [*PAYMENT_TRANSITIONS, PaymentState.CAPTURED]
    others = Payment.objects.filter(order=asked.order, state__in=blocking).exclude(pk=asked.pk)
    other = others.values_list("pk", flat=True).first()
    if other is not None:
        raise OrderHasPaymentError(data={"payment": str(other)})


@transaction.atomic(durable=True)
def _meet_or_bury(payment_id: uuid.UUID) -> Payment:
    """Return the payment, or its tombstone, written so that the payment is refused when it arrives later."""
    tombstone = Payment(id=payment_id, currency=settings.CURRENCY, state=PaymentState.CANCELLED)
    Payment.objects.bulk_create([tombstone], ignore_conflicts=True)
    return Payment.objects.get(pk=payment_id)


def _confirm(payment: Payment) -> Payment:
    try:
        payment = _with_intent(payment)
        if payment.state != PaymentState.PROCESSING:
            return payment
        outcome = provider_named(payment.provider).confirm(reference=payment.provider_reference)
    except ProviderRefusedError as exc:
        outcome = _refused(exc)
    except ProviderUnavailableError as exc:
        raise ProviderUnreachableError() from exc
    return settle(payment_id=payment.pk, outcome=outcome)


def _call_off(payment: Payment) -> Payment:
    """Cancel the intent. Where none is known yet one is created first: its creation may be under way, and what is
    cancelled under the payment's id can be confirmed by nobody later.
    """
    try:
        payment = _with_intent(payment)
        if payment.is_decided:
            return payment
        outcome = provider_named(payment.provider).cancel(reference=payment.provider_reference)
    except ProviderRefusedError as exc:
        outcome = _refused(exc)
    except ProviderUnavailableError as exc:
        raise ProviderUnreachableError() from exc
    payment = settle(payment_id=payment.pk, outcome=outcome)
    if not payment.is_decided:
        raise ProviderUnreachableError()
    return payment


def _call_off_forgotten(payment_id: uuid.UUID) -> None:
    """See to it that nothing is taken under an id that we do not know, but may have known before a restore.

    What was taken is no longer called off: it is for reconcile to write the payment down again. Raises
    `ProviderUnreachableError` then, too.
    """
    provider = provider_named(settings.PAYMENT_PROVIDER)
    try:
        found = provider.find(payment_id=payment_id)
        outcome = provider.cancel(reference=found.reference) if found is not None else None
    except ProviderUnavailableError as exc:
        raise ProviderUnreachableError() from exc
    if outcome is not None and outcome.verdict not in {Verdict.CANCELLED, Verdict.DECLINED}:
        raise ProviderUnreachableError()


def _refused(exc: ProviderRefusedError) -> IntentOutcome:
    return IntentOutcome(reference="", verdict=Verdict.DECLINED, decline_code=exc.code)


def _with_intent(payment: Payment) -> Payment:
    """Return the payment with its intent's reference written down, creating the intent where needed."""
    if payment.provider_reference:
        return payment
    money = payment.money
    if money is None or payment.payment_method is None:
        raise ValueError("a tombstone has no intent")
    intent = provider_named(payment.provider).create(
        payment_id=payment.pk,
        amount=money,
        payment_method=payment.payment_method,
        metadata={"order": str(payment.order)},
    )
    return note_reference(payment.pk, intent.reference)


@autocommitted
def note_reference(payment_id: uuid.UUID, reference: str) -> Payment:
    """Write the intent's name down. The first one stays: it is the one that may be confirmed."""
    where = {"pk": payment_id, "provider_reference": ""}
    noted = updated(Payment, where=where, changes={"provider_reference": reference})
    return noted or Payment.objects.get(pk=payment_id)


# Refunding


def refund_payment(*, refund_id: uuid.UUID, payment_id: uuid.UUID, amount: Money, reason: str) -> tuple[Refund, bool]:
    """Give `amount` of a captured payment back, or continue where an earlier call stopped.

    Returns the refund, and whether this call wrote it down first. It stays pending where the provider does not answer;
    a job goes on asking. Raises `PaymentNotFoundError`, `PaymentNotCapturedError`, `RefundExceedsPaymentError`, and
    `RefundMismatchError` when the id has another content.
    """
    refund, created = _reserve(refund_id=refund_id, payment_id=payment_id, amount=amount, reason=reason)
    if refund.state == RefundState.PENDING:
        try:
            refund = settle_refund(refund=refund)
        except ProviderUnreachableError as exc:
            logger.warning("refund left pending", extra={"refund": str(refund.pk), "error": str(exc.__cause__)})
    return refund, created


def settle_refund(*, refund: Refund) -> Refund:
    """Have the provider make the refund, and write down what it says. Raises `ProviderUnreachableError`."""
    payment = refund.payment
    try:
        outcome = provider_named(payment.provider).refund(
            reference=payment.provider_reference, refund_id=refund.pk, amount=refund.money
        )
    except ProviderRefusedError as exc:
        outcome = RefundOutcome(reference="", verdict=RefundVerdict.FAILED, failure_code=exc.code)
    except ProviderUnavailableError as exc:
        raise ProviderUnreachableError() from exc
    return close_refund(refund_id=refund.pk, outcome=outcome)


@transaction.atomic(durable=True)
def _reserve(*, refund_id: uuid.UUID, payment_id: uuid.UUID, amount: Money, reason: str) -> tuple[Refund, bool]:
    """Insert the refund and hold its amount, or meet the one that has its id; the flag says which.

    The refund is inserted before the amount is held: a twin of this call waits there, and then meets it.
    """
    from payments.tasks import finish_refund  # noqa: PLC0415 - the task calls this module

    present = _refund(refund_id)
    if present is None:
        payment = Payment.objects.filter(pk=payment_id).first()
        if payment is None:
            raise PaymentNotFoundError()
        refund = Refund(id=refund_id, payment=payment, amount=amount.amount, state=RefundState.PENDING, reason=reason)
        try:
            with transaction.atomic():
                refund.save(force_insert=True)
        except IntegrityError:
            present = _refund(refund_id)
            if present is None:
                raise
        else:
            _hold(payment, amount)
            # The request itself settles the refund; the job is for the case that it does not live to do so.
            finish_refund.enqueue_once(str(refund_id), delay=FINISH_REFUND_AFTER, refund_id=str(refund_id))
            return refund, True
    asked = (payment_id, amount, reason)
    if (present.payment_id, present.money, present.reason) != asked:
        raise RefundMismatchError()
    return present, False


@transaction.atomic(durable=True)
def write_down_refund(given: Refund) -> Refund:
    """Insert a refund that its provider has made already, or meet the one that has its id; return it as it is then.

    Raises `RefundExceedsPaymentError`, `PaymentNotCapturedError`, and `RefundMismatchError` when the id has another
    content.
    """
    if insert(given, unless_known=True):
        _hold(given.payment, given.money)
        logger.info("refund written down again", extra={"refund": str(given.pk), "payment": str(given.payment_id)})
        return given
    present = Refund.objects.select_related("payment").get(pk=given.pk)
    if (present.payment_id, present.amount) != (given.payment_id, given.amount) or present.state == RefundState.FAILED:
        raise RefundMismatchError()
    return present


def _refund(refund_id: uuid.UUID) -> Refund | None:
    return Refund.objects.select_related("payment").filter(pk=refund_id).first()


def _hold(payment: Payment, amount: Money) -> None:
    held = Payment.objects.filter(
        pk=payment.pk,
        state=PaymentState.CAPTURED,
        currency=amount.currency,
        amount__gte=F("refunded_amount") + amount.amount,
    ).update(refunded_amount=F("refunded_amount") + amount.amount)
    if not held:
        present = Payment.objects.get(pk=payment.pk)
        if present.state != PaymentState.CAPTURED:
            raise PaymentNotCapturedError(data={"state": present.state})
        raise RefundExceedsPaymentError(data={"refundable": present.refundable.as_json()})


@transaction.atomic(durable=True)
def close_refund(*, refund_id: uuid.UUID, outcome: RefundOutcome) -> Refund:
    """Move the refund by what the provider said; a failed one lets its amount go, once."""
    if outcome.verdict != RefundVerdict.PENDING:
        target = RefundState.SUCCEEDED if outcome.verdict == RefundVerdict.SUCCEEDED else RefundState.FAILED
        moved = Refund.objects.filter(pk=refund_id, state__in=sources(REFUND_TRANSITIONS, target)).update(
            state=target,
            provider_reference=outcome.reference,
            failure_code=outcome.failure_code,
            settled_at=Now(),
        )
        if moved:
            logger.info("refund moved", extra={"refund": str(refund_id), "state": str(target)})
        if moved and target == RefundState.FAILED:
            amount, payment_id = Refund.objects.values_list("amount", "payment_id").get(pk=refund_id)
            Payment.objects.filter(pk=payment_id).update(refunded_amount=F("refunded_amount") - amount)
    return Refund.objects.select_related("payment").get(pk=refund_id)
