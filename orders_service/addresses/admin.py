from django.contrib import admin
from django.http import HttpRequest

from addresses.models import Address
from chassis.admin_pages import SearchedAdmin


@admin.register(Address)
class AddressAdmin(SearchedAdmin[Address]):
    """Address books; a change here does not reach orders already placed, which keep their own copy."""

    list_display = ("full_name", "line1", "postal_code", "city", "country", "account_id", "updated_at")
    search_fields = ("full_name", "line1", "postal_code", "city", "=country")
    id_search_fields = ("pk", "account_id")
    ordering = ("-created_at",)
    readonly_fields = ("id", "created_at", "updated_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Address | None = None) -> tuple[str, ...]:
        return ("account_id", *self.readonly_fields) if obj else self.readonly_fields
