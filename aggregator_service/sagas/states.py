"""States of a saga and of its decision."""

from django.db import models


class SagaState(models.TextChoices):
    RUNNING = "running"
    COMPLETED = "completed"
    COMPENSATED = "compensated"
    STUCK = "stuck"


TRANSITIONS = {
    SagaState.RUNNING: {SagaState.COMPLETED, SagaState.COMPENSATED, SagaState.STUCK},
    SagaState.STUCK: {SagaState.RUNNING},
}


class Direction(models.TextChoices):
    """Which way a saga goes. It is decided once: past the pivot nobody compensates, and the reverse."""

    UNDECIDED = "undecided"
    FORWARD = "forward"
    BACKWARD = "backward"
