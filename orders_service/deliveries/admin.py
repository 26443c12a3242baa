from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from deliveries.models import Delivery, DeliveryEvent
from orders_service.admin_pages import IdSearchMixin, ReadOnlyMixin


class DeliveryEventInline(ReadOnlyMixin, admin.TabularInline[DeliveryEvent, Delivery]):
    model = DeliveryEvent
    extra = 0
    fields = ("occurred_at", "status", "recorded_at")
    readonly_fields = fields


@admin.register(Delivery)
class DeliveryAdmin(IdSearchMixin, ReadOnlyMixin, admin.ModelAdmin[Delivery]):
    """Parcels with their timelines, as sellers and carriers reported them."""

    list_display = ("tracking_number", "carrier", "status", "order_reference", "shipped_at")
    list_filter = ("status", "carrier", "shipped_at")
    list_select_related = ("seller_order__order",)
    search_fields = ("tracking_number",)
    id_search_fields = ("id", "seller_order")
    ordering = ("-shipped_at",)
    date_hierarchy = "shipped_at"
    fields = ("id", "seller_order", "carrier", "tracking_number", "tracking_url", "status", "shipped_at")
    readonly_fields = fields
    inlines = (DeliveryEventInline,)
    show_full_result_count = False

    @admin.display(description=_("order"))
    def order_reference(self, delivery: Delivery) -> str:
        return str(delivery.seller_order.order)
