"""When this database was put back from a backup, and whether the service may write to it again."""

from django.db import models

from chassis.ids import uuid7


class Restore(models.Model):
    """One restore of this service's database, written into it before the service came back.

    What was committed after `recovery_point` is missing here, while other services remember it. Until they were
    compared and `released_at` is set, the service refuses to write: it would build on what is about to be repaired.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    restored_at = models.DateTimeField(help_text="When the restored database was ready to be used.")
    recovery_point = models.DateTimeField(help_text="It holds what was committed until then.")
    backup = models.CharField(max_length=200, blank=True, help_text="What it was restored from.")
    released_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when the service writes again; until then it refuses to."
    )
    released_by = models.CharField(max_length=64, blank=True, help_text="The account that released it.")
    note = models.CharField(max_length=500, blank=True, help_text="What was found when it was released.")

    class Meta:
        ordering = ("-restored_at", "-id")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(recovery_point__lte=models.F("restored_at")), name="restore_recovers_the_past"
            ),
            models.CheckConstraint(
                condition=models.Q(released_at=None) | models.Q(released_at__gte=models.F("restored_at")),
                name="restore_released_afterwards",
            ),
        ]

    def __str__(self) -> str:
        return f"to {self.recovery_point:%Y-%m-%d %H:%M:%S} UTC"
