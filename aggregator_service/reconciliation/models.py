"""What reconcile found, and what became of it."""

from django.db import models
from django.db.models.functions import Now

from chassis.ids import uuid7
from reconciliation.states import FindingState


class Finding(models.Model):
    """A difference between services, found after one of them was restored to an earlier moment.

    The same difference about the same things is one row, however often it is found.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=60)
    subject = models.CharField(max_length=400, help_text="The ids of what it is about.")
    cause = models.TextField(help_text="What differs, and why.")
    repair = models.CharField(max_length=40, blank=True, help_text="What is to be done; empty where a person decides.")
    state = models.CharField(max_length=10, choices=FindingState.choices, default=FindingState.OPEN)
    last_error = models.TextField(blank=True)
    compared_since = models.DateTimeField(
        null=True, blank=True, help_text="The run that found it compared what began after that; empty: everything."
    )
    found_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "subject"], name="finding_once"),
            models.CheckConstraint(condition=models.Q(state__in=FindingState.values), name="finding_state_known"),
        ]
        indexes = [models.Index(fields=["state", "-found_at"], name="finding_by_state")]

    def __str__(self) -> str:
        return f"{self.code} {self.subject}"
