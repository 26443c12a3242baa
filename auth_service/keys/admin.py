from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chassis.admin_pages import ReadOnlyAdmin
from keys import services
from keys.models import SigningKey


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyAdmin[SigningKey]):
    """Which key signs, which waits and which still verify. Private keys are never shown."""

    list_display = ("kid", "state", "published_at", "signing_since", "retired_at")
    list_filter = ("state",)
    search_fields = ("kid",)
    ordering = ("-published_at",)
    fields = ("kid", "state", "public_jwk", "published_at", "signing_since", "retired_at")
    readonly_fields = fields
    actions = ("rotate",)

    @admin.action(description=_("Rotate: publish the next key"))
    def rotate(self, request: HttpRequest, queryset: QuerySet[SigningKey]) -> None:
        key = services.publish_next_key()
        self.message_user(
            request, _("Key {kid} is published and will sign once every service knows it.").format(kid=key.kid)
        )
