"""The provider's book, written. Each function commits before it returns, and never inside its caller's transaction.

An intent's row lock serialises what is asked about it, so that confirming and cancelling it at once decide it once.
"""

import uuid
from collections.abc import Mapping

from django.db import transaction
from django.db.models import F

from chassis.money import Money
from chassis.statements import NOW, insert, row
from chassis.states import move
from sandbox.errors import IntentMismatchError, RefusedError, SandboxUnavailableError, UnknownIntentError
from sandbox.methods import METHODS, Behaviour
from sandbox.models import SandboxEvent, SandboxIntent, SandboxRefund
from sandbox.states import INTENT_TRANSITIONS, EventType, IntentStatus, ProviderRefundStatus

PARAMETERS = ("amount", "currency", "payment_method", "metadata")
"""What an intent is asked for with; the same again for the same payment, or it is another."""


@transaction.atomic(durable=True)
def create_intent(
    *, payment: uuid.UUID, amount: Money, payment_method: str, metadata: Mapping[str, str]
) -> SandboxIntent:
    """Write an intent down, or return the one that this payment has.

    Raises `RefusedError` for a method that does not exist, `IntentMismatchError` for other parameters.
    """
    if payment_method not in METHODS:
        raise RefusedError("invalid_payment_method")
    intent = SandboxIntent(
        payment=payment,
        amount=amount.amount,
        currency=amount.currency,
        payment_method=payment_method,
        metadata=dict(metadata),
        status=IntentStatus.REQUIRES_CONFIRMATION,
    )
    if insert(intent, unless_known=True):
        insert(SandboxEvent(intent=intent, type=EventType.CREATED))
        return intent
    known = SandboxIntent.objects.get(payment=payment)
    if any(getattr(known, name) != getattr(intent, name) for name in PARAMETERS):
        raise IntentMismatchError(known.reference)
    return known


def confirm_intent(*, reference: str) -> SandboxIntent:
    """Decide the intent by its method, unless it is decided already; return it as it stands.

    Raises `UnknownIntentError`, and `SandboxUnavailableError` where the method says so.
    """
    with transaction.atomic(durable=True):
        intent = lock_intent(reference)
        behaviour = METHODS[intent.payment_method]
        answered = True
        if intent.status == IntentStatus.REQUIRES_CONFIRMATION:
            if behaviour.fails_once and _first_time(intent, EventType.CONFIRM_UNAVAILABLE):
                answered = False
            else:
                _decide(intent, behaviour)
                answered = not (behaviour.loses_answer and _first_time(intent, EventType.CONFIRM_ANSWER_LOST))
    if not answered:
        raise SandboxUnavailableError(reference)
    return intent


@transaction.atomic(durable=True)
def cancel_intent(*, reference: str) -> SandboxIntent:
    """Call the intent off, unless it is decided already; return it as it stands. Raises `UnknownIntentError`."""
    intent = lock_intent(reference)
    if intent.status in INTENT_TRANSITIONS:
        move(intent, to=IntentStatus.CANCELED, table=INTENT_TRANSITIONS, field="status", canceled_at=NOW)
        insert(SandboxEvent(intent=intent, type=EventType.CANCELED))
    return intent


def enter_again(
    *, payment: uuid.UUID, amount: Money, payment_method: str, metadata: Mapping[str, str]
) -> SandboxIntent:
    """Enter a captured intent as it is remembered, unless it is there already; return it as it stands.

    This book lies in the database of who pays with it, and goes back in time with that. Raises as `create_intent` does.
    """
    reference = create_intent(
        payment=payment, amount=amount, payment_method=payment_method, metadata=metadata
    ).reference
    with transaction.atomic(durable=True):
        intent = lock_intent(reference)
        if intent.status == IntentStatus.REQUIRES_CONFIRMATION:
            _take(intent)
    return intent


def refund_intent(*, reference: str, refund: uuid.UUID, amount: int) -> SandboxRefund:
    """Give `amount` minor units of the intent back, or return the refund of this id.

    Raises `UnknownIntentError`, `RefusedError` where there is not so much to give back, `IntentMismatchError` for other
    parameters, and `SandboxUnavailableError` where the method says so.
    """
    with transaction.atomic(durable=True):
        intent = lock_intent(reference)
        behaviour = METHODS[intent.payment_method]
        answered = True
        entry = SandboxRefund.objects.filter(refund=refund).first()
        if entry is not None:
            if (entry.intent_id, entry.amount) != (reference, amount):
                raise IntentMismatchError(entry.reference)
        elif behaviour.fails_once and _first_time(intent, EventType.REFUND_UNAVAILABLE):
            answered = False
        else:
            entry = _give_back(intent, behaviour, refund=refund, amount=amount)
            answered = not (behaviour.loses_answer and _first_time(intent, EventType.REFUND_ANSWER_LOST))
    if entry is None or not answered:
        raise SandboxUnavailableError(reference)
    return entry


def lock_intent(reference: str) -> SandboxIntent:
    """Lock the intent's row for the present transaction. Raises `UnknownIntentError`."""
    intent = row(SandboxIntent, lock=True, pk=reference)
    if intent is None:
        raise UnknownIntentError(reference)
    return intent


def _decide(intent: SandboxIntent, behaviour: Behaviour) -> None:
    if behaviour.requires_action:
        move(intent, to=IntentStatus.REQUIRES_ACTION, table=INTENT_TRANSITIONS, field="status")
        insert(SandboxEvent(intent=intent, type=EventType.REQUIRES_ACTION))
    elif behaviour.decline_code is not None:
        move(
            intent,
            to=IntentStatus.REQUIRES_PAYMENT_METHOD,
            table=INTENT_TRANSITIONS,
            field="status",
            decline_code=behaviour.decline_code,
        )
        insert(SandboxEvent(intent=intent, type=EventType.DECLINED))
    else:
        _take(intent)


def _take(intent: SandboxIntent) -> None:
    move(intent, to=IntentStatus.SUCCEEDED, table=INTENT_TRANSITIONS, field="status", succeeded_at=NOW)
    insert(SandboxEvent(intent=intent, type=EventType.SUCCEEDED, moved_amount=intent.amount))


def _give_back(intent: SandboxIntent, behaviour: Behaviour, *, refund: uuid.UUID, amount: int) -> SandboxRefund:
    if intent.status != IntentStatus.SUCCEEDED:
        raise RefusedError("charge_not_captured")
    if behaviour.refund_failure:
        entry = SandboxRefund.objects.create(
            refund=refund,
            intent=intent,
            amount=amount,
            status=ProviderRefundStatus.FAILED,
            failure_code=behaviour.refund_failure,
        )
        insert(SandboxEvent(intent=intent, refund=entry, type=EventType.REFUND_FAILED))
        return entry
    given = SandboxIntent.objects.filter(pk=intent.pk, amount__gte=F("refunded_amount") + amount).update(
        refunded_amount=F("refunded_amount") + amount
    )
    if not given:
        raise RefusedError("amount_too_large")
    entry = SandboxRefund.objects.create(
        refund=refund, intent=intent, amount=amount, status=ProviderRefundStatus.SUCCEEDED
    )
    insert(SandboxEvent(intent=intent, refund=entry, type=EventType.REFUNDED, moved_amount=-amount))
    return entry


def _first_time(intent: SandboxIntent, act: EventType) -> bool:
    """Note that a failure was acted out on the intent; tell whether it had not been before."""
    if SandboxEvent.objects.filter(intent=intent, type=act).exists():
        return False
    insert(SandboxEvent(intent=intent, type=act))
    return True
