from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from logins.models import RefreshFamily, RevocationReason
from logins.services import revoke_family


@admin.register(RefreshFamily)
class RefreshFamilyAdmin(admin.ModelAdmin[RefreshFamily]):
    """Who is signed in, since when, and why a login ended."""

    list_display = ("id", "account", "created_at", "refreshed_at", "expires_at", "revoked_at", "revocation_reason")
    list_select_related = ("account",)
    list_filter = ("revocation_reason",)
    search_fields = ("id", "account__email")
    ordering = ("-created_at",)
    fields = list_display
    readonly_fields = list_display
    actions = ("revoke",)

    @admin.action(description=_("Revoke: sign out"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[RefreshFamily]) -> None:
        families = queryset.filter(revoked_at=None).order_by("pk").values_list("pk", flat=True)
        for family_id in families:
            revoke_family(family_id=family_id, reason=RevocationReason.ADMIN)
        self.message_user(request, _("{count} logins were ended.").format(count=len(families)))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: RefreshFamily | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RefreshFamily | None = None) -> bool:
        return False
