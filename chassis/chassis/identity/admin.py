from django.contrib import admin
from django.http import HttpRequest

from chassis.identity.models import User


@admin.register(User)
class UserAdmin(admin.ModelAdmin[User]):
    """Who has entered this service's admin or browsable API; accounts are edited in the auth service."""

    list_display = ("email", "username", "roles", "is_superuser", "last_login")
    list_filter = ("is_superuser",)
    search_fields = ("email", "username")
    fields = ("username", "email", "email_verified", "language", "roles", "is_superuser", "is_active", "last_login")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False
