from datetime import timedelta

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chassis.admin_pages import ReadOnlyAdmin
from sagas.models import Saga
from sagas.services import resume_stuck


@admin.register(Saga)
class SagaAdmin(ReadOnlyAdmin[Saga]):
    """Where each business transaction stands; nothing is edited by hand, stuck ones can be tried again."""

    list_display = ("id", "kind", "state", "direction", "step", "age", "attempts", "last_error")
    list_filter = ("state", "direction", "kind", "step")
    search_fields = ("last_error",)
    id_search_fields = ("pk", "account_id")
    ordering = ("-created_at",)
    date_hierarchy = "created_at"
    actions = ("try_again",)
    readonly_fields = [field.name for field in Saga._meta.fields]

    @admin.display(description=_("age"), ordering="created_at")
    def age(self, saga: Saga) -> timedelta:
        """From its start to its end, or to now."""
        age = (saga.finished_at or timezone.now()) - saga.created_at
        return timedelta(seconds=round(age.total_seconds()))

    @admin.action(description=_("Try stuck sagas again"))
    def try_again(self, request: HttpRequest, queryset: QuerySet[Saga]) -> None:
        count = resume_stuck(sagas=queryset)
        self.message_user(request, _("{count} sagas will be tried again.").format(count=count))
