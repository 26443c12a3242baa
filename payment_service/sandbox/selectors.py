import uuid

from django.db.models import QuerySet

from sandbox.errors import UnknownIntentError
from sandbox.models import SandboxIntent


def intent_of(reference: str) -> SandboxIntent:
    """Return the intent as it stands. Raises `UnknownIntentError`."""
    intent = SandboxIntent.objects.filter(pk=reference).first()
    if intent is None:
        raise UnknownIntentError(reference)
    return intent


def intents(*, payment: uuid.UUID | None) -> QuerySet[SandboxIntent]:
    """Return the book's intents; of one payment, if it is named."""
    book = SandboxIntent.objects.all()
    return book if payment is None else book.filter(payment=payment)
