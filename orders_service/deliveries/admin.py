from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from chassis.admin_pages import ReadOnlyAdmin, ReadOnlyInline
from deliveries.models import Delivery, DeliveryEvent


class DeliveryEventInline(ReadOnlyInline[DeliveryEvent, Delivery]):
    model = DeliveryEvent
    fields = ("occurred_at", "status", "recorded_at")
    readonly_fields = fields


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin[Delivery]):
    """Parcels with their timelines, as sellers and carriers reported them."""

    list_display = ("tracking_number", "carrier", "status", "order_reference", "shipped_at")
    list_filter = ("status", "carrier", "shipped_at")
    list_select_related = ("seller_order__order",)
    search_fields = ("tracking_number",)
    id_search_fields = ("pk", "seller_order")
    ordering = ("-shipped_at",)
    date_hierarchy = "shipped_at"
    fields = ("id", "seller_order", "carrier", "tracking_number", "tracking_url", "status", "shipped_at")
    readonly_fields = fields
    inlines = (DeliveryEventInline,)

    @admin.display(description=_("order"))
    def order_reference(self, delivery: Delivery) -> str:
        return str(delivery.seller_order.order)
