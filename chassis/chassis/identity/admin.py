import django.contrib.auth.admin  # noqa: F401 - registers what is unregistered below
from django.contrib import admin
from django.contrib.auth.models import Group

from chassis.admin_pages import ReadOnlyAdmin
from chassis.identity.models import User

# Roles decide who may do what; groups would only seem to.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(ReadOnlyAdmin[User]):
    """Who has entered this service's admin or browsable API; accounts are edited in the auth service."""

    list_display = ("email", "username", "roles", "is_superuser", "last_login")
    list_filter = ("is_superuser",)
    search_fields = ("email", "username")
    fields = ("username", "email", "email_verified", "language", "roles", "is_superuser", "is_active", "last_login")
    readonly_fields = fields
