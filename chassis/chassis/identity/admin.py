import django.contrib.auth.admin  # noqa: F401 - registers what is unregistered below
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from chassis.identity.models import User

# Roles decide who may do what; groups would only seem to.
admin.site.unregister(Group)


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

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False
