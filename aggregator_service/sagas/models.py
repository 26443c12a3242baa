"""The saga's row: how far it came, which way it goes, and who drives it now."""

from django.db import models
from django.db.models.functions import Now

from sagas.states import Direction, SagaState


class Saga(models.Model):
    """One business transaction over several services, driven by one process at a time.

    Every write is an UPDATE conditional on `version`, which it increments. Whoever finds another version was
    overtaken and stops. Its calls may still arrive: the services refuse them by the tombstones of compensations.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(max_length=40)
    account_id = models.UUIDField(help_text="For whom the saga runs.")
    fingerprint = models.CharField(max_length=64, help_text="Digest of the request that started it.")
    state = models.CharField(max_length=12, choices=SagaState.choices, default=SagaState.RUNNING)
    direction = models.CharField(max_length=10, choices=Direction.choices, default=Direction.UNDECIDED)

    # Steps are counted in the order of the saga's table. `done` have succeeded; `intended` may have been called, so
    # compensation starts there. Going backward, `intended` counts down.
    done = models.PositiveSmallIntegerField(default=0)
    intended = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=40, blank=True, help_text="The step being called or called off.")
    data = models.JSONField(default=dict, help_text="What the steps need and what they answered.")
    failure = models.JSONField(null=True, blank=True, help_text="Why it is called off: the problem its caller gets.")

    answer_status = models.PositiveSmallIntegerField(null=True, blank=True)
    # Text, not jsonb: the repeated answer is the same to the byte.
    answer_body = models.TextField(blank=True)

    lease_owner = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    attempts = models.PositiveIntegerField(default=0, help_text="Failed attempts at the present step.")
    next_attempt_at = models.DateTimeField(db_default=Now())
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    deadline_at = models.DateTimeField(help_text="Undecided by then, it is called off.")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=SagaState.values), name="saga_state_known"),
            models.CheckConstraint(condition=models.Q(direction__in=Direction.values), name="saga_direction_known"),
            models.CheckConstraint(
                condition=~models.Q(state="completed") | models.Q(direction="forward", answer_status__isnull=False),
                name="saga_completed_forward",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="compensated")
                | models.Q(direction="backward", intended=0, failure__isnull=False, answer_status__isnull=False),
                name="saga_compensated_backward",
            ),
            models.CheckConstraint(
                condition=models.Q(direction="backward") | models.Q(intended__gte=models.F("done")),
                name="saga_done_was_intended",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=models.Q(state="running"), name="saga_to_resume"),
            models.Index(fields=["state", "created_at"], name="saga_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
