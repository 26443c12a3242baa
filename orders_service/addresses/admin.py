from django.contrib import admin
from django.http import HttpRequest

from addresses.models import Address
from orders_service.admin_pages import IdSearchMixin


@admin.register(Address)
class AddressAdmin(IdSearchMixin, admin.ModelAdmin[Address]):
    """Address books; a change here does not reach orders already placed, which keep their own copy."""

    list_display = ("full_name", "line1", "postal_code", "city", "country", "account_id", "updated_at")
    search_fields = ("full_name", "line1", "postal_code", "city", "=country")
    id_search_fields = ("id", "account_id")
    ordering = ("-created_at",)
    readonly_fields = ("id", "created_at", "updated_at")
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Address | None = None) -> tuple[str, ...]:
        return ("account_id", *self.readonly_fields) if obj else self.readonly_fields
