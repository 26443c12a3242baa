from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from carts.states import CartState
from chassis.audit import MAX_IDS
from chassis.fields import IdField, MetadataField, MoneySerializer
from stock.models import MAX_DELTA, Reservation, ReservationLine, StockLevel, StockMovement
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
    metadata = MetadataField(required=False, help_text="The caller's own; kept as it comes, and shown to the auditor.")


class ReservationReleaseSerializer(serializers.Serializer[Any]):
    """What is kept with a reservation that is called off; nothing need be."""

    metadata = MetadataField(required=False, help_text="In place of what was given before.")


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
    lines = ReservationLineSerializer(many=True, source="contents")
    total = MoneySerializer()

    class Meta:
        model = Reservation
        fields: tuple[str, ...] = ("id", "state", "cart", "buyer", "currency", "lines", "total")


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


class VariantFilterSerializer(serializers.Serializer[Any]):
    """Which variants' stock."""

    variant = serializers.ListField(child=IdField(), max_length=MAX_IDS, required=False, help_text="Only of these.")


class MovedSerializer(serializers.Serializer[StockLevel]):
    """Sums of a variant's movements by reason, in pieces; negative where they took away."""

    receipts = serializers.IntegerField()
    returns = serializers.IntegerField()
    corrections = serializers.IntegerField()
    losses = serializers.IntegerField()
    sales = serializers.IntegerField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Two of twenty sold, one promised",
            value={
                "variant": "01936b1c-0000-7000-8000-000000000002",
                "on_hand": 18,
                "reserved": 1,
                "held": 1,
                "moved": {"receipts": 20, "returns": 0, "corrections": 0, "losses": 0, "sales": -2},
            },
            response_only=True,
        )
    ]
)
class AuditedStockSerializer(serializers.ModelSerializer[StockLevel]):
    """A variant's stock, as it is and as the ledger and the reservations say it should be, at one moment."""

    variant = serializers.UUIDField(source="variant_id")
    held = serializers.IntegerField(help_text="Pieces in lines of live reservations.")
    moved = MovedSerializer(source="*")

    class Meta:
        model = StockLevel
        fields = ("variant", "on_hand", "reserved", "held", "moved")


class AuditedReservationSerializer(ReservationSerializer):
    """A reservation with its cart's state. One that was called off before it arrived has no cart, buyer and lines."""

    cart_state = serializers.ChoiceField(choices=CartState.choices, allow_null=True)
    metadata = serializers.DictField(allow_null=True, help_text="What the caller gave to be kept with it.")

    class Meta(ReservationSerializer.Meta):
        fields = (
            *ReservationSerializer.Meta.fields,
            "cart_state",
            "metadata",
            "created_at",
            "finished_at",
        )
