from django.contrib import admin

from carts.models import Cart, CartLine
from inventory_service.admin_pages import ReadOnlyAdmin, ReadOnlyInline


class CartLineInline(ReadOnlyInline):
    model = CartLine
    fields = ("variant", "quantity", "price_when_added")
    readonly_fields = fields


@admin.register(Cart)
class CartAdmin(ReadOnlyAdmin):
    """For looking only: carts belong to buyers and their checkouts."""

    list_display = ("id", "account", "state", "is_current", "version", "created_at")
    list_filter = ("state", "is_current")
    search_fields = ("=id", "=account")
    ordering = ("-created_at",)
    fields = list_display
    inlines = (CartLineInline,)
