"""What a payment provider must offer, in the terms of intents that are created unconfirmed and decided once.

An intent names what may be taken. Creating it takes nothing; confirming it takes the money, or declines, or asks for
the buyer's authentication; cancelling it makes sure that nothing will ever be taken. A provider serialises both on one
intent, so that it is decided once, and answers either call on a decided intent with that decision. Every call may be
repeated: `create` is known by the payment's id and `refund` by the refund's (sent as idempotency keys).
"""

import enum
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from django.utils.module_loading import import_string

from chassis.money import Money

PROVIDERS = {"sandbox": "sandbox.provider.SandboxProvider"}
"""Providers by the name that the setting PAYMENT_PROVIDER and each payment give them."""


class Verdict(enum.Enum):
    """Where an intent stands at the provider."""

    UNCONFIRMED = "unconfirmed"
    PROCESSING = "processing"
    REQUIRES_ACTION = "requires_action"
    CAPTURED = "captured"
    DECLINED = "declined"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class IntentOutcome:
    """An intent as the provider answered it. `decline_code` says why it was declined, in Stripe's vocabulary."""

    reference: str
    verdict: Verdict
    decline_code: str | None = None


class RefundVerdict(enum.Enum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    """A refund as the provider answered it."""

    reference: str
    verdict: RefundVerdict
    failure_code: str = ""


@dataclass(frozen=True, slots=True)
class BookEntry:
    """What the provider's own book says of one payment, whatever we wrote down.

    `authorised` may still be taken: it is the amount of an intent that is not decided.
    """

    reference: str
    payment_id: uuid.UUID
    taken: Money
    refunded: Money
    authorised: Money
    created_at: datetime


@dataclass(frozen=True, slots=True)
class BookRefund:
    """Money that by the provider's book was given back.

    `refund_id` is the id that it was asked for with; None where it was not we who asked.
    """

    reference: str
    refund_id: uuid.UUID | None
    amount: Money
    created_at: datetime


@dataclass(frozen=True, slots=True)
class BookPage:
    """Some entries, newest first, and whether there are older ones."""

    entries: Sequence[BookEntry]
    more: bool


class UnknownReferenceError(Exception):
    """The provider's book has no such reference."""


class ProviderUnavailableError(Exception):
    """No usable answer: whether the call took effect is unknown, until it is repeated."""


class ProviderRefusedError(Exception):
    """A definite no: this can never succeed and nothing was moved. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Provider(Protocol):
    """Calls raise `ProviderUnavailableError`; `create` and `refund` also `ProviderRefusedError`.

    None of them may be made inside a database transaction.
    """

    def create(
        self, *, payment_id: uuid.UUID, amount: Money, payment_method: str, metadata: Mapping[str, str]
    ) -> IntentOutcome:
        """Create the intent of this payment, or find the one that this id has already; nothing is taken."""

    def confirm(self, *, reference: str) -> IntentOutcome:
        """Take the money, unless the intent is decided; answer where it stands then."""

    def cancel(self, *, reference: str) -> IntentOutcome:
        """Call the intent off, unless it is decided; answer where it stands then."""

    def retrieve(self, *, reference: str) -> IntentOutcome:
        """Answer where the intent stands, changing nothing."""

    def find(self, *, payment_id: uuid.UUID) -> IntentOutcome | None:
        """Find the intent of a payment that we may have forgotten, by the payment's id; None where there is none."""

    def recall(
        self, *, payment_id: uuid.UUID, amount: Money, payment_method: str, metadata: Mapping[str, str]
    ) -> IntentOutcome | None:
        """Find the intent of a payment that is remembered as captured; no money moves.

        A provider that keeps its book apart from us only looks it up. One whose book went back in time with our
        database, as the sandbox's does, has nothing else to know it from: it enters what is remembered.
        """

    def refund(self, *, reference: str, refund_id: uuid.UUID, amount: Money) -> RefundOutcome:
        """Give part of a captured intent back, once per refund id."""

    def refunds(self, *, reference: str) -> Sequence[BookRefund]:
        """All that was given back of an intent, oldest first; what failed or is under way is not among it."""

    def book(
        self, *, created_since: datetime | None, refunded_since: datetime | None, after: str | None, limit: int
    ) -> BookPage:
        """Read the book, from its newest entry or from the one after the reference `after`, back to `created_since`;
        with `refunded_since` only entries of which something was given back then or later, however old they are.

        Raises `UnknownReferenceError`.
        """


def provider_named(name: str) -> Provider:
    """Return the provider called `name` in `PROVIDERS`."""
    return cast(Provider, import_string(PROVIDERS[name])())
