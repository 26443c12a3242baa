"""Reads of sagas."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from sagas.models import Saga
from sagas.states import SagaState

OVERDUE_AFTER = timedelta(minutes=10)
OVERDUE = Q(state=SagaState.RUNNING, deadline_at__lt=Now() - OVERDUE_AFTER)


def stuck_sagas() -> QuerySet[Saga]:
    """Sagas that need a person: refused for good, or running for far longer than any should."""
    return Saga.objects.filter(Q(state=SagaState.STUCK) | OVERDUE)


def overdue_sagas() -> QuerySet[Saga]:
    return Saga.objects.filter(OVERDUE)
