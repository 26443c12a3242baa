from django.contrib import admin

from carts.models import Cart, CartLine
from chassis.admin_pages import ReadOnlyAdmin, ReadOnlyInline


class CartLineInline(ReadOnlyInline[CartLine, Cart]):
    model = CartLine
    fields = ("variant", "quantity", "price_when_added")
    readonly_fields = fields


@admin.register(Cart)
class CartAdmin(ReadOnlyAdmin[Cart]):
    """For looking only: carts belong to buyers and their checkouts."""

    list_display = ("id", "account", "state", "is_current", "version", "created_at")
    list_filter = ("state", "is_current")
    id_search_fields = ("pk", "account")
    ordering = ("-created_at",)
    fields = list_display
    inlines = (CartLineInline,)
