"""The job table: work that is committed with the change that asks for it, and done afterwards."""

from django.db import models
from django.db.models.functions import Now

from chassis.ids import uuid7


class JobState(models.TextChoices):
    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


class Job(models.Model):
    """One call of a task.

    A worker that takes a job moves `run_at` to the end of its lease and notes a lease of its own: when it dies, the job
    is due again by itself, and what it finishes later, past its lease, counts no more.

    Of the jobs of one task and key at most one waits to be taken. One that runs does not stop another from being added,
    because what it has read may already be old.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    task = models.CharField(max_length=120)
    arguments = models.JSONField(default=dict)
    # NULL where each call counts.
    key = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.WAITING)
    run_at = models.DateTimeField(db_default=Now())
    lease = models.UUIDField(null=True, blank=True, help_text="Names the worker's claim while one works on it.")
    attempts = models.PositiveIntegerField(default=0)
    request_id = models.CharField(max_length=64, blank=True)
    # A default of the database, too: the last release writes rows without it.
    traceparent = models.CharField(max_length=80, blank=True, default="", db_default="")
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task", "key"],
                condition=models.Q(state="waiting", lease=None),
                name="job_waits_once_per_key",
            ),
            models.CheckConstraint(condition=models.Q(state__in=JobState.values), name="job_state_known"),
        ]
        indexes = [
            models.Index(fields=["run_at"], condition=models.Q(state="waiting"), name="job_due"),
            models.Index(fields=["finished_at"], name="job_finished_at"),
            models.Index(fields=["finished_at"], condition=models.Q(state="dead"), name="job_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.id}"


class Schedule(models.Model):
    """When a periodic task is due next; one row per task, shared by all workers."""

    task = models.CharField(max_length=120, primary_key=True)
    due_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.task
