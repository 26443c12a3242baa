from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from payment_service.read_only_admin import ReadOnlyAdmin
from sandbox.models import SandboxEvent, SandboxIntent, SandboxRefund


class EventInline(admin.TabularInline[SandboxEvent, SandboxIntent]):
    """The book's lines of one intent."""

    model = SandboxEvent
    fields = ("created_at", "type", "moved_amount", "refund")
    readonly_fields = fields
    ordering = ("pk",)
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: SandboxIntent | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SandboxIntent)
class SandboxIntentAdmin(ReadOnlyAdmin[SandboxIntent]):
    """What the embedded provider was asked to take, and what became of it."""

    list_display = ("reference", "payment", "status", "money", "refunded", "payment_method", "created_at")
    list_filter = ("status", "payment_method", "created_at")
    search_fields = ("=reference", "=payment")
    ordering = ("-created_at", "-reference")
    inlines = (EventInline,)


@admin.register(SandboxRefund)
class SandboxRefundAdmin(ReadOnlyAdmin[SandboxRefund]):
    """What the embedded provider gave back."""

    list_display = ("reference", "refund", "intent_id", "amount", "status", "failure_code", "created_at")
    list_filter = ("status", "created_at")
    search_fields = ("=reference", "=refund", "=intent__reference")
    ordering = ("-created_at", "-reference")


@admin.register(SandboxEvent)
class SandboxEventAdmin(ReadOnlyAdmin[SandboxEvent]):
    """The book, line by line."""

    list_display = ("created_at", "type", "intent_id", "refund_id", "moved_amount")
    list_filter = ("type", "created_at")
    search_fields = ("=intent__reference",)
    ordering = ("-pk",)
