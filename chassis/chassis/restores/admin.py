from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chassis.admin_pages import ReadOnlyAdmin, apply_to_rows
from chassis.restores.models import Restore
from chassis.restores.services import release


@admin.register(Restore)
class RestoreAdmin(ReadOnlyAdmin[Restore]):
    """When this database went back in time; who knows that nothing is left to compare lets the service write again."""

    list_display = ("restored_at", "recovery_point", "backup", "released_at", "released_by", "note")
    ordering = ("-restored_at",)
    actions = ("release",)

    @admin.action(description=_("Release: let the service write again without reconcile"))
    def release(self, request: HttpRequest, queryset: QuerySet[Restore]) -> None:
        apply_to_rows(
            self,
            request,
            queryset.filter(released_at=None),
            done=gettext("Released"),
            apply=lambda row: release(restore_id=row.pk, note=gettext("by hand"), by=str(request.user.pk)),
        )
