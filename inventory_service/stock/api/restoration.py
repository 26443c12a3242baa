"""Reservations brought back by the reconciler, after the database was restored to an earlier moment."""

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from carts.models import MAX_LINES, MAX_QUANTITY
from carts.services import BoughtLine
from catalogue.models import MAX_PRICE
from chassis.fields import CurrencyField, IdField, MetadataField, MoneySerializer
from chassis.identity.callers import caller
from chassis.reconciling import IsReconciler
from chassis.viewsets import ServiceViewSet
from stock import restoration
from stock.api.serializers import ReservationSerializer
from stock.api.views import RESERVATION_EXAMPLE, reservation_answer
from stock.models import Reservation
from stock.restoration import RememberedReservation


class RememberedLineSerializer(serializers.Serializer[Any]):
    variant = IdField()
    product = IdField()
    seller = IdField()
    title = serializers.CharField(max_length=255)
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    unit_price = MoneySerializer()

    def validate_unit_price(self, value: Any) -> Any:
        if not 0 < value.amount <= MAX_PRICE:
            raise serializers.ValidationError("No variant has such a price.", code="max_value")
        return value


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Bought",
            value={
                "committed": True,
                "cart": RESERVATION_EXAMPLE["cart"],
                "cart_version": 2,
                "buyer": RESERVATION_EXAMPLE["buyer"],
                "currency": "EUR",
                "created_at": "2026-01-01T12:00:00Z",
                "lines": [
                    {name: value for name, value in line.items() if name != "line_total"}
                    for line in RESERVATION_EXAMPLE["lines"]
                ],
            },
            request_only=True,
        )
    ]
)
class RememberedReservationSerializer(serializers.Serializer[Any]):
    """A reservation as its checkout remembers it."""

    committed = serializers.BooleanField(help_text="Whether it was bought; else it is held.")
    cart = IdField()
    cart_version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    buyer = IdField(help_text="Account id.")
    currency = CurrencyField()
    created_at = serializers.DateTimeField()
    lines = serializers.ListField(child=RememberedLineSerializer(), allow_empty=False, max_length=MAX_LINES)
    metadata = MetadataField(required=False)

    def validate_lines(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({line["variant"] for line in value}) < len(value):
            raise serializers.ValidationError("A variant appears twice.", code="duplicate")
        return value

    def remembered(self) -> RememberedReservation:
        """Return the validated content."""
        content = dict(self.validated_data)
        lines = [
            BoughtLine(
                **{name: value for name, value in line.items() if name != "unit_price"},
                price_amount=line["unit_price"].amount,
            )
            for line in content.pop("lines")
        ]
        return RememberedReservation(lines=lines, **{"metadata": None, **content})


class RestoredReservationViewSet(ServiceViewSet):
    """What checkouts remember of their reservations, told to a database that was restored."""

    queryset = Reservation.objects.none()
    permission_classes = (IsReconciler,)
    serializer_class = RememberedReservationSerializer
    lookup_value_converter = "uuid"
    idempotency = "natural"

    @extend_schema(
        operation_id="reconcile_reservations_restore",
        summary="Bring back a reservation as its checkout remembers it",
        description=(
            "For the reconciler. One that is known is left as it is, or committed; one that was forgotten is written "
            "again, with its cart and, as drafts, the variants that were forgotten with it. What was sold and is not "
            "on hand is added by a correction. Refused with 409 `reservation_released`, `cart_in_checkout` or "
            "`cart_closed` (another checkout has the cart), 404 `cart_not_found` (it is another buyer's) or "
            "`variant_not_found` (it cannot be written again), 422 `reservation_mismatch`."
        ),
        tags=["reconcile"],
        request=RememberedReservationSerializer,
        responses={200: ReservationSerializer, 201: ReservationSerializer},
    )
    def update(self, request: Request, pk: uuid.UUID) -> Response:
        serializer = RememberedReservationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        actor = caller(request).pk
        reservation, written = restoration.restore_reservation(
            reservation_id=pk, remembered=serializer.remembered(), actor=actor
        )
        return reservation_answer(reservation, code=status.HTTP_201_CREATED if written else status.HTTP_200_OK)
