from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from chassis.fields import IdField
from chassis.money import MoneySerializer
from stock.models import MAX_DELTA, Reservation, ReservationLine, StockMovement
from stock.states import SELLER_REASONS


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A checkout's",
            value={
                "cart": "5f0c6c1e-3b86-4d64-9a52-6a3d1b2c4e5f",
                "cart_version": 2,
                "buyer": "01936b1c-0000-7000-8000-00000000000b",
            },
            request_only=True,
        )
    ]
)
class ReservationChangeSerializer(serializers.Serializer[Any]):
    cart = IdField()
    cart_version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="The version the buyer saw.")
    buyer = IdField(help_text="Account id; an anonymous cart becomes theirs.")


class ReservationLineSerializer(serializers.ModelSerializer[ReservationLine]):
    variant = serializers.UUIDField(source="variant_id")
    product = serializers.UUIDField(source="product_id")
    unit_price = MoneySerializer()
    line_total = MoneySerializer()

    class Meta:
        model = ReservationLine
        fields = ("variant", "product", "seller", "title", "sku", "quantity", "unit_price", "line_total")


class ReservationSerializer(serializers.ModelSerializer[Reservation]):
    cart = serializers.UUIDField(source="cart_id", allow_null=True, help_text="Null if called off before it arrived.")
    buyer = serializers.UUIDField(allow_null=True)
    lines = ReservationLineSerializer(many=True)
    total = MoneySerializer()

    class Meta:
        model = Reservation
        fields = ("id", "state", "cart", "buyer", "currency", "lines", "total")


class MovementSerializer(serializers.ModelSerializer[StockMovement]):
    variant = serializers.UUIDField(source="level_id")
    reservation = serializers.UUIDField(source="reservation_id", allow_null=True, help_text="Of a sale.")
    actor = serializers.UUIDField(allow_null=True, help_text="Who recorded it; null for a sale.")

    class Meta:
        model = StockMovement
        fields = ("id", "variant", "delta", "reason", "reservation", "actor", "created_at")


@extend_schema_serializer(
    examples=[OpenApiExample("A delivery", value={"delta": 20, "reason": "receipt"}, request_only=True)]
)
class NewMovementSerializer(serializers.Serializer[Any]):
    delta = serializers.IntegerField(
        min_value=-MAX_DELTA, max_value=MAX_DELTA, help_text="Pieces: positive adds, negative takes away."
    )
    reason = serializers.ChoiceField(choices=SELLER_REASONS)
