from django.contrib import admin

from chassis.admin_pages import ReadOnlyAdmin, ReadOnlyInline
from sandbox.models import SandboxEvent, SandboxIntent, SandboxRefund


class EventInline(ReadOnlyInline[SandboxEvent, SandboxIntent]):
    """The book's lines of one intent."""

    model = SandboxEvent
    fields = ("created_at", "type", "moved_amount", "refund")
    readonly_fields = fields
    ordering = ("pk",)


@admin.register(SandboxIntent)
class SandboxIntentAdmin(ReadOnlyAdmin[SandboxIntent]):
    """What the embedded provider was asked to take, and what became of it."""

    list_display = ("reference", "payment", "status", "money", "refunded", "payment_method", "created_at")
    list_filter = ("status", "payment_method", "created_at")
    search_fields = ("=reference",)
    id_search_fields = ("payment",)
    ordering = ("-created_at", "-reference")
    inlines = (EventInline,)


@admin.register(SandboxRefund)
class SandboxRefundAdmin(ReadOnlyAdmin[SandboxRefund]):
    """What the embedded provider gave back."""

    list_display = ("reference", "refund", "intent_id", "amount", "status", "failure_code", "created_at")
    list_filter = ("status", "created_at")
    search_fields = ("=reference", "=intent__reference")
    id_search_fields = ("refund", "intent__payment")
    ordering = ("-created_at", "-reference")


@admin.register(SandboxEvent)
class SandboxEventAdmin(ReadOnlyAdmin[SandboxEvent]):
    """The book, line by line."""

    list_display = ("created_at", "type", "intent_id", "refund_id", "moved_amount")
    list_filter = ("type", "created_at")
    search_fields = ("=intent__reference", "=refund__reference")
    id_search_fields = ("intent__payment", "refund__refund")
    ordering = ("-pk",)
