from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chassis.admin_pages import ReadOnlyAdmin
from reconciliation.models import Finding
from reconciliation.services import settle


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin[Finding]):
    """What reconcile found. What it left to a person is closed here, once that person has seen to it."""

    list_display = ("code", "state", "cause", "repair", "subject", "found_at", "ended_at", "last_error")
    list_filter = ("state", "code")
    search_fields = ("subject", "cause")
    id_search_fields = ("pk",)
    ordering = ("-found_at", "-id")
    actions = ("mark_settled",)
    readonly_fields = [field.name for field in Finding._meta.fields]

    @admin.action(description=_("Mark as settled"))
    def mark_settled(self, request: HttpRequest, queryset: QuerySet[Finding]) -> None:
        count = settle(findings=queryset)
        self.message_user(request, _("{count} findings are settled.").format(count=count))
