import uuid
from datetime import datetime

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from chassis.statements import row
from sandbox.errors import UnknownIntentError
from sandbox.models import SandboxEvent, SandboxIntent, SandboxRefund
from sandbox.states import EventType, ProviderRefundStatus


def intent_of(reference: str) -> SandboxIntent:
    """Return the intent as it stands. Raises `UnknownIntentError`."""
    intent = row(SandboxIntent, pk=reference)
    if intent is None:
        raise UnknownIntentError(reference)
    return intent


def intents(*, payment: uuid.UUID | None) -> QuerySet[SandboxIntent]:
    """Return the book's intents; of one payment, if it is named."""
    book = SandboxIntent.objects.all()
    return book if payment is None else book.filter(payment=payment)


def refunds_given(reference: str) -> QuerySet[SandboxRefund]:
    """Return what was given back of an intent, oldest first."""
    given = SandboxRefund.objects.filter(intent=reference, status=ProviderRefundStatus.SUCCEEDED)
    return given.order_by("created_at", "reference")


def book(
    *, created_since: datetime | None, refunded_since: datetime | None, after: str | None
) -> QuerySet[SandboxIntent]:
    """Return intents with the money that the book's lines say was moved, newest first, those after one if it is named;
    with `refunded_since` those of which something was given back since.

    Raises `UnknownIntentError`.
    """
    entries = SandboxIntent.objects.annotate(
        taken_amount=Coalesce(Sum("events__moved_amount", filter=Q(events__moved_amount__gt=0)), 0),
        given_amount=Coalesce(Sum("events__moved_amount", filter=Q(events__moved_amount__lt=0)), 0),
    ).order_by("-created_at", "-reference")
    if created_since is not None:
        entries = entries.filter(created_at__gte=created_since)
    if refunded_since is not None:
        lines = SandboxEvent.objects.filter(type=EventType.REFUNDED, created_at__gte=refunded_since)
        entries = entries.filter(pk__in=lines.values("intent"))
    if after is not None:
        last = intent_of(after)
        older = Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, reference__lt=last.reference)
        entries = entries.filter(older)
    return entries
