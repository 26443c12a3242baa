"""Reads of checkouts."""

import json
import uuid
from typing import Any

from checkouts.errors import CheckoutNotFoundError
from checkouts.saga import CHECKOUT
from sagas.models import Saga
from sagas.states import SagaState


def get_checkout(*, account_id: uuid.UUID, saga_id: uuid.UUID) -> Saga:
    """Return the buyer's own checkout. Raises `CheckoutNotFoundError`, also for somebody else's."""
    saga = Saga.objects.filter(pk=saga_id, account_id=account_id, kind=CHECKOUT.kind).first()
    if saga is None:
        raise CheckoutNotFoundError()
    return saga


def as_json(saga: Saga) -> dict[str, Any]:
    """The checkout as its buyer sees it while or after it runs."""
    if saga.state == SagaState.COMPLETED:
        body: dict[str, Any] = json.loads(saga.answer_body)
        return body
    problem = json.loads(saga.answer_body) if saga.state == SagaState.COMPENSATED else None
    return {
        "id": str(saga.id),
        "state": "failed" if saga.state == SagaState.COMPENSATED else "processing",
        "order": None,
        "problem": problem,
    }
