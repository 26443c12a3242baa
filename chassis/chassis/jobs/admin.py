import json

from django.contrib import admin
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chassis.admin_pages import ReadOnlyAdmin
from chassis.jobs.models import Job, JobState
from chassis.jobs.tasks import tasks


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin[Job]):
    """What was asked of the worker, how often it was tried, and why it failed; dead jobs can be run again."""

    list_display = ("task", "state", "attempts", "run_at", "created_at", "finished_at", "last_error")
    list_filter = ("state", "task")
    search_fields = ("request_id", "last_error")
    ordering = ("-created_at",)
    actions = ("run_again",)
    exclude = ("arguments",)
    readonly_fields = [*(field.name for field in Job._meta.fields if field.name != "arguments"), "shown_arguments"]

    @admin.display(description=_("arguments"))
    def shown_arguments(self, job: Job) -> str:
        """The arguments, but for those of private tasks: a mail may carry a link that opens an account."""
        known = tasks.get(job.task)
        return "-" if known is None or known.private else json.dumps(job.arguments, ensure_ascii=False)

    @admin.action(description=_("Run again"))
    def run_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        count = 0
        for job_id in queryset.filter(state=JobState.DEAD).values_list("pk", flat=True):
            try:
                with transaction.atomic():
                    count += Job.objects.filter(pk=job_id, state=JobState.DEAD).update(
                        state=JobState.WAITING, attempts=0, run_at=Now(), finished_at=None
                    )
            except IntegrityError:  # a job of the same key waits already
                continue
        self.message_user(request, _("{count} jobs will run again.").format(count=count))
