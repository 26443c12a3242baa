"""Writes to sagas by people."""

from django.db.models import F, QuerySet
from django.db.models.functions import Now

from sagas.models import Saga
from sagas.states import SagaState


def resume_stuck(*, sagas: QuerySet[Saga]) -> int:
    """Let stuck sagas be tried again, from the step that was refused; return how many."""
    return sagas.filter(state=SagaState.STUCK).update(
        state=SagaState.RUNNING, attempts=0, next_attempt_at=Now(), version=F("version") + 1
    )
