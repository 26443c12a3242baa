"""What goes over the wire about orders."""

from typing import Any

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from chassis.fields import CurrencyField, IdField, MoneySerializer
from chassis.money import MAX_AMOUNT
from deliveries.api.serializers import DeliverySerializer
from orders.models import MAX_QUANTITY, Order, OrderLine, SellerOrder
from orders.services import PlacedLine, Placement

MAX_LINES = 500


class OrderAddressSerializer(serializers.Serializer[Any]):
    """Where an order goes: a copy of the address of that moment."""

    full_name = serializers.CharField()
    company = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    postal_code = serializers.CharField()
    city = serializers.CharField()
    region = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2 code.")
    phone = serializers.CharField()


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    unit_price = MoneySerializer(read_only=True)
    line_total = MoneySerializer(read_only=True)

    class Meta:
        model = OrderLine
        fields = ("variant", "product", "title", "sku", "quantity", "unit_price", "line_total")


class SellerOrderSerializer(serializers.ModelSerializer[SellerOrder]):
    """One seller's part of an order."""

    total = MoneySerializer(read_only=True)
    lines = OrderLineSerializer(many=True, read_only=True)
    deliveries = DeliverySerializer(many=True, read_only=True)

    class Meta:
        model = SellerOrder
        fields = ("id", "seller", "state", "total", "lines", "deliveries")


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order with all its parts."""

    reference = serializers.CharField(read_only=True, help_text="What people call the order by.")
    buyer = serializers.UUIDField(read_only=True)
    shipping_address = OrderAddressSerializer(read_only=True)
    items_total = MoneySerializer(read_only=True)
    shipping_total = MoneySerializer(read_only=True)
    total = MoneySerializer(read_only=True)
    seller_orders = SellerOrderSerializer(many=True, read_only=True)

    class Meta:
        model = Order
        fields = (
            "id",
            "reference",
            "state",
            "buyer",
            "shipping_address",
            "items_total",
            "shipping_total",
            "total",
            "seller_orders",
            "created_at",
            "confirmed_at",
        )


class AuditedLineSerializer(serializers.ModelSerializer[OrderLine]):
    unit_price = MoneySerializer(read_only=True)

    class Meta:
        model = OrderLine
        fields = ("variant", "quantity", "unit_price")


class AuditedSellerOrderSerializer(serializers.ModelSerializer[SellerOrder]):
    lines = AuditedLineSerializer(many=True, read_only=True)

    class Meta:
        model = SellerOrder
        fields = ("id", "seller", "state", "lines")


class AuditedOrderSerializer(serializers.ModelSerializer[Order]):
    """What was bought, by whom, of whom. An order called off before it arrived has no buyer and no parts."""

    buyer = serializers.UUIDField(read_only=True, allow_null=True)
    items_total = MoneySerializer(read_only=True)
    shipping_total = MoneySerializer(read_only=True)
    total = MoneySerializer(read_only=True)
    seller_orders = AuditedSellerOrderSerializer(many=True, read_only=True)

    class Meta:
        model = Order
        fields = (
            "id",
            "state",
            "buyer",
            "items_total",
            "shipping_total",
            "total",
            "seller_orders",
            "created_at",
            "confirmed_at",
        )


class RejectionSerializer(serializers.ModelSerializer[Order]):
    """An order that was called off; one that never arrived has nothing else to show."""

    class Meta:
        model = Order
        fields = ("id", "state")


class SaleSerializer(serializers.ModelSerializer[SellerOrder]):
    """A seller order as its seller sees it."""

    order_reference = serializers.CharField(source="order.reference", read_only=True)
    total = MoneySerializer(read_only=True)
    lines = OrderLineSerializer(many=True, read_only=True)
    shipping_address = OrderAddressSerializer(source="order.shipping_address", read_only=True)
    deliveries = DeliverySerializer(many=True, read_only=True)

    class Meta:
        model = SellerOrder
        fields = (
            "id",
            "order_reference",
            "state",
            "lines",
            "total",
            "shipping_address",
            "deliveries",
            "created_at",
        )


class PlacedBuyerSerializer(serializers.Serializer[Any]):
    """Who buys, and where and in which language the order's mails go."""

    id = IdField()
    email = serializers.EmailField(max_length=254)
    language = serializers.CharField(max_length=5, validators=[RegexValidator(r"^[a-z]{2}(-[A-Z]{2})?\Z")])


class PlacedLineSerializer(serializers.Serializer[PlacedLine]):
    variant = IdField()
    product = IdField()
    seller = IdField()
    title = serializers.CharField(max_length=500)
    sku = serializers.CharField(max_length=128, allow_blank=True)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    unit_price = MoneySerializer()


class PlacementSerializer(serializers.Serializer[Placement]):
    """An order as the checkout sends it: the reserved lines, with their authoritative prices and titles."""

    buyer = PlacedBuyerSerializer()
    shipping_address = IdField(help_text="One of the buyer's addresses.")
    currency = CurrencyField()
    lines = serializers.ListField(child=PlacedLineSerializer(), allow_empty=False, max_length=MAX_LINES)

    def validate_lines(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({line["variant"] for line in value}) < len(value):
            raise serializers.ValidationError(_("A variant appears twice."), code="duplicate")
        if sum(line["quantity"] * line["unit_price"].amount for line in value) > MAX_AMOUNT:
            raise serializers.ValidationError(_("The total is too large."), code="max_value")
        return value


def placement_of(content: dict[str, Any]) -> Placement:
    """Return what `PlacementSerializer` found valid as the order to be placed."""
    return Placement(
        buyer=content["buyer"]["id"],
        buyer_email=content["buyer"]["email"],
        buyer_language=content["buyer"]["language"],
        shipping_address=content["shipping_address"],
        currency=content["currency"],
        lines=tuple(PlacedLine(**line) for line in content["lines"]),
    )
