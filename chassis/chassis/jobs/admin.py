from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chassis.jobs.models import Job, JobState


@admin.register(Job)
class JobAdmin(admin.ModelAdmin[Job]):
    """What was asked of the worker, how often it was tried, and why it failed; dead jobs can be run again."""

    list_display = ("task", "state", "attempts", "run_at", "created_at", "finished_at", "last_error")
    list_filter = ("state", "task")
    search_fields = ("id", "request_id", "last_error")
    ordering = ("-created_at",)
    actions = ("run_again",)
    readonly_fields = [field.name for field in Job._meta.fields]

    @admin.action(description=_("Run again"))
    def run_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        count = queryset.filter(state=JobState.DEAD).update(
            state=JobState.WAITING, attempts=0, run_at=Now(), finished_at=None
        )
        self.message_user(request, _("{count} jobs will run again.").format(count=count))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False
