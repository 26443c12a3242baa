from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chassis.admin_pages import ReadOnlyAdmin, apply_to_rows
from logins.models import RefreshFamily, RevocationReason
from logins.services import revoke_family


@admin.register(RefreshFamily)
class RefreshFamilyAdmin(ReadOnlyAdmin[RefreshFamily]):
    """Who is signed in, since when, and why a login ended."""

    list_display = ("id", "account", "created_at", "refreshed_at", "expires_at", "revoked_at", "revocation_reason")
    list_select_related = ("account",)
    list_filter = ("revocation_reason",)
    search_fields = ("account__email",)
    id_search_fields = ("pk", "account")
    ordering = ("-created_at",)
    fields = list_display
    readonly_fields = list_display
    actions = ("revoke",)

    @admin.action(description=_("Revoke: sign out"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[RefreshFamily]) -> None:
        apply_to_rows(
            self,
            request,
            queryset.filter(revoked_at=None),
            done=gettext("Revoked"),
            apply=lambda row: revoke_family(family_id=row.pk, reason=RevocationReason.ADMIN),
        )
