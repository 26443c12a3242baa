"""The sandbox as `payments.providers.Provider`: the part that a provider's SDK plays."""

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings

from chassis.money import Money
from payments.providers import (
    BookEntry,
    BookPage,
    BookRefund,
    IntentOutcome,
    ProviderRefusedError,
    ProviderUnavailableError,
    RefundOutcome,
    RefundVerdict,
    UnknownReferenceError,
    Verdict,
)
from sandbox import services
from sandbox.errors import IntentMismatchError, RefusedError, SandboxUnavailableError, UnknownIntentError
from sandbox.methods import METHODS
from sandbox.models import SandboxIntent
from sandbox.selectors import book, intent_of, intents, refunds_given
from sandbox.states import INTENT_TRANSITIONS, IntentStatus, ProviderRefundStatus

VERDICTS = {
    IntentStatus.REQUIRES_CONFIRMATION: Verdict.UNCONFIRMED,
    IntentStatus.REQUIRES_ACTION: Verdict.REQUIRES_ACTION,
    IntentStatus.REQUIRES_PAYMENT_METHOD: Verdict.DECLINED,
    IntentStatus.SUCCEEDED: Verdict.CAPTURED,
    IntentStatus.CANCELED: Verdict.CANCELLED,
}

REFUND_VERDICTS = {
    ProviderRefundStatus.SUCCEEDED: RefundVerdict.SUCCEEDED,
    ProviderRefundStatus.FAILED: RefundVerdict.FAILED,
}


class SandboxProvider:
    """Takes no money; for development and tests."""

    def create(
        self, *, payment_id: uuid.UUID, amount: Money, payment_method: str, metadata: Mapping[str, str]
    ) -> IntentOutcome:
        with _in_the_interfaces_terms():
            return _outcome(
                services.create_intent(
                    payment=payment_id, amount=amount, payment_method=payment_method, metadata=metadata
                )
            )

    def confirm(self, *, reference: str) -> IntentOutcome:
        with _in_the_interfaces_terms():
            intent = intent_of(reference)
            if METHODS[intent.payment_method].slow and intent.status == IntentStatus.REQUIRES_CONFIRMATION:
                time.sleep(settings.SANDBOX_SLOW_SECONDS)
            return _outcome(services.confirm_intent(reference=reference))

    def cancel(self, *, reference: str) -> IntentOutcome:
        with _in_the_interfaces_terms():
            return _outcome(services.cancel_intent(reference=reference))

    def retrieve(self, *, reference: str) -> IntentOutcome:
        with _in_the_interfaces_terms():
            return _outcome(intent_of(reference))

    def find(self, *, payment_id: uuid.UUID) -> IntentOutcome | None:
        intent = intents(payment=payment_id).first()
        return None if intent is None else _outcome(intent)

    def recall(
        self, *, payment_id: uuid.UUID, amount: Money, payment_method: str, metadata: Mapping[str, str]
    ) -> IntentOutcome | None:
        with _in_the_interfaces_terms():
            try:
                intent = services.enter_again(
                    payment=payment_id, amount=amount, payment_method=payment_method, metadata=metadata
                )
            except IntentMismatchError as exc:
                raise ProviderRefusedError("mismatch") from exc
            return _outcome(intent)

    def refund(self, *, reference: str, refund_id: uuid.UUID, amount: Money) -> RefundOutcome:
        with _in_the_interfaces_terms():
            entry = services.refund_intent(reference=reference, refund=refund_id, amount=amount.amount)
            return RefundOutcome(
                reference=entry.reference,
                verdict=REFUND_VERDICTS[ProviderRefundStatus(entry.status)],
                failure_code=entry.failure_code,
            )

    def refunds(self, *, reference: str) -> Sequence[BookRefund]:
        with _in_the_interfaces_terms():
            currency = intent_of(reference).currency
            return [
                BookRefund(each.reference, each.refund, Money(each.amount, currency), each.created_at)
                for each in refunds_given(reference)
            ]

    def book(
        self, *, created_since: datetime | None, refunded_since: datetime | None, after: str | None, limit: int
    ) -> BookPage:
        try:
            entries = book(created_since=created_since, refunded_since=refunded_since, after=after)
            found = list(entries[: limit + 1])
        except UnknownIntentError as exc:
            raise UnknownReferenceError(after) from exc
        return BookPage(entries=[_entry(intent) for intent in found[:limit]], more=len(found) > limit)


def _entry(intent: Any) -> BookEntry:
    """`intent` carries the sums of its lines."""
    undecided = IntentStatus(intent.status) in INTENT_TRANSITIONS
    return BookEntry(
        reference=intent.reference,
        payment_id=intent.payment,
        taken=Money(intent.taken_amount, intent.currency),
        refunded=Money(-intent.given_amount, intent.currency),
        authorised=Money(intent.amount if undecided else 0, intent.currency),
        created_at=intent.created_at,
    )


def _outcome(intent: SandboxIntent) -> IntentOutcome:
    return IntentOutcome(
        reference=intent.reference,
        verdict=VERDICTS[IntentStatus(intent.status)],
        decline_code=intent.decline_code,
    )


@contextmanager
def _in_the_interfaces_terms() -> Iterator[None]:
    """A mismatch is a defect of the caller's and passes as it is."""
    try:
        yield
    except RefusedError as exc:
        raise ProviderRefusedError(exc.code) from exc
    except (SandboxUnavailableError, UnknownIntentError) as exc:
        # A book that has lost an intent does not prove that nothing was taken.
        raise ProviderUnavailableError(type(exc).__name__) from exc
