from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from addresses.selectors import AddressSnapshot
from chassis.admin_pages import KeptAdmin, ReadOnlyAdmin, ReadOnlyInline
from deliveries.models import Delivery
from orders.models import Order, OrderLine, SellerOrder
from orders.references import parse_reference
from orders.services import redirect_mails
from orders.templatetags.money import money


class SellerOrderInline(ReadOnlyInline[SellerOrder, Order]):
    model = SellerOrder
    show_change_link = True
    fields = ("seller", "state", "amount", "contents")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[SellerOrder]:
        return super().get_queryset(request).select_related("order").prefetch_related("lines__seller_order__order")

    @admin.display(description=_("total"))
    def amount(self, part: SellerOrder) -> str:
        return money(part.total)

    @admin.display(description=_("lines"))
    def contents(self, part: SellerOrder) -> SafeString:
        rows = ((line.quantity, line.title, line.sku, money(line.line_total)) for line in part.lines.all())
        return format_html_join("", "<div>{} × {} ({}): {}</div>", rows)


@admin.register(Order)
class OrderAdmin(KeptAdmin[Order]):
    """Orders. Only where their mails go can be changed; states move by the checkout."""

    list_display = ("__str__", "state", "amount", "buyer_email", "created_at", "confirmed_at")
    list_filter = ("state", "created_at")
    search_fields = ("buyer_email",)
    id_search_fields = ("pk", "buyer")
    search_help_text = _("Reference, e-mail, or the id of an order or of a buyer")
    ordering = ("-created_at",)
    date_hierarchy = "created_at"
    fields = (
        "reference",
        "id",
        "state",
        "buyer",
        "buyer_email",
        "buyer_language",
        "address",
        "items",
        "shipping",
        "amount",
        "created_at",
        "confirmed_at",
    )
    inlines = (SellerOrderInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Order | None = None) -> list[str]:
        editable = {"buyer_email", "buyer_language"} if obj and obj.buyer else set()
        return [name for name in self.fields if name not in editable]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        reference = parse_reference(search_term)
        if reference is not None:
            return queryset.filter(reference=reference), False
        return super().get_search_results(request, queryset, search_term)

    def save_model(self, request: HttpRequest, obj: Order, form: ModelForm[Order], change: bool) -> None:
        redirect_mails(order_id=obj.pk, email=obj.buyer_email, language=obj.buyer_language)

    @admin.display(description=_("shipping address"))
    def address(self, order: Order) -> SafeString:
        address = order.shipping_address or {}  # the database does not keep its order
        parts = [address[name] for name in AddressSnapshot.__annotations__ if address.get(name)]
        return format_html_join("", "<div>{}</div>", ((part,) for part in parts))

    @admin.display(description=_("items"))
    def items(self, order: Order) -> str:
        return money(order.items_total)

    @admin.display(description=_("shipping"))
    def shipping(self, order: Order) -> str:
        return money(order.shipping_total)

    @admin.display(description=_("total"), ordering="total_amount")
    def amount(self, order: Order) -> str:
        return money(order.total)


class OrderLineInline(ReadOnlyInline[OrderLine, SellerOrder]):
    model = OrderLine
    fields = ("title", "sku", "variant", "quantity", "price", "amount")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        return super().get_queryset(request).select_related("seller_order__order")

    @admin.display(description=_("unit price"))
    def price(self, line: OrderLine) -> str:
        return money(line.unit_price)

    @admin.display(description=_("total"))
    def amount(self, line: OrderLine) -> str:
        return money(line.line_total)


class DeliveryInline(ReadOnlyInline[Delivery, SellerOrder]):
    model = Delivery
    show_change_link = True
    fields = ("carrier", "tracking_number", "status", "shipped_at")


@admin.register(SellerOrder)
class SellerOrderAdmin(ReadOnlyAdmin[SellerOrder]):
    """Each seller's part of an order, with its lines and parcels."""

    list_display = ("order", "seller", "state", "order_state", "amount", "created_at")
    list_filter = ("state", "order__state", "created_at")
    list_select_related = ("order",)
    search_fields = ("order__reference",)
    id_search_fields = ("pk", "order", "seller")
    ordering = ("-created_at",)
    fields = ("id", "order", "order_state", "seller", "state", "amount", "created_at")
    readonly_fields = fields
    inlines = (OrderLineInline, DeliveryInline)

    @admin.display(description=_("order state"))
    def order_state(self, part: SellerOrder) -> str:
        return part.order.get_state_display()

    @admin.display(description=_("total"), ordering="total_amount")
    def amount(self, part: SellerOrder) -> str:
        return money(part.total)
