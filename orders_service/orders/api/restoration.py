"""Orders brought back by the reconciler, after the database was restored to an earlier moment."""

import uuid
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from addresses.api.serializers import AddressSerializer
from addresses.models import Address
from addresses.selectors import AddressSnapshot, snapshot_of
from chassis.fields import IdField
from chassis.reconciling import IsReconciler
from chassis.viewsets import ServiceViewSet
from orders.api import examples
from orders.api.serializers import OrderSerializer, PlacementSerializer, placement_of
from orders.errors import OrderNotFoundError
from orders.models import Order
from orders.restoration import RememberedOrder, restore_order
from orders.selectors import placed_orders, with_parts
from orders.states import OrderState

REMEMBERED_STATES = [OrderState.PENDING, OrderState.CONFIRMED, OrderState.REJECTED]
"""Those to which a checkout takes an order."""


class RememberedAddressSerializer(AddressSerializer):
    """Where an order goes: the address of that moment."""

    class Meta(AddressSerializer.Meta):
        fields = tuple(AddressSnapshot.__annotations__)


class RememberedPartSerializer(serializers.Serializer[Any]):
    id = IdField()
    seller = IdField()


class RememberedOrderSerializer(PlacementSerializer):
    """An order as its checkout remembers it."""

    state = serializers.ChoiceField(choices=[(state, state.label) for state in REMEMBERED_STATES])
    address = RememberedAddressSerializer(help_text="The address of that id, as it was.")
    seller_orders = serializers.ListField(
        child=RememberedPartSerializer(), max_length=500, required=False, help_text="The ids that its parts had."
    )
    created_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(required=False, allow_null=True)

    def remembered(self) -> RememberedOrder:
        """Return the validated content."""
        content = self.validated_data
        return RememberedOrder(
            state=OrderState(content["state"]),
            placement=placement_of(content),
            address=snapshot_of(Address(**content["address"])),
            part_ids={part["seller"]: part["id"] for part in content.get("seller_orders", [])},
            created_at=content["created_at"],
            confirmed_at=content.get("confirmed_at"),
        )


class CorrespondentSerializer(serializers.Serializer[Any]):
    """To whom an order's mails go, and in which language."""

    id = serializers.UUIDField(source="pk")
    buyer = serializers.UUIDField()
    email = serializers.EmailField(source="buyer_email")
    language = serializers.CharField(source="buyer_language")


_REMEMBERED = OpenApiExample(
    "A bought order",
    value={
        **examples.PLACEMENT.value,
        "state": "confirmed",
        "address": examples.ORDER.value["shipping_address"],
        "seller_orders": [
            {"id": part["id"], "seller": part["seller"]} for part in examples.ORDER.value["seller_orders"]
        ],
        "created_at": "2026-01-01T12:00:00Z",
        "confirmed_at": "2026-01-01T12:00:01Z",
    },
    request_only=True,
)
_CORRESPONDENT = OpenApiExample(
    "A buyer",
    value={
        "id": examples.ORDER.value["id"],
        "buyer": examples.ORDER.value["buyer"],
        "email": "ada@example.com",
        "language": "fr",
    },
    response_only=True,
)


class RestoredOrderViewSet(ServiceViewSet):
    """What checkouts remember of their orders, told to a database that was restored; and what they ask to remember."""

    queryset = Order.objects.none()
    permission_classes = (IsReconciler,)
    serializer_class = RememberedOrderSerializer
    lookup_value_converter = "uuid"
    idempotency = "natural"

    def get_queryset(self) -> QuerySet[Order]:
        return with_parts(placed_orders())

    @extend_schema(
        operation_id="reconcile_orders_retrieve",
        summary="Show to whom an order's mails go",
        description="For the reconciler, which tells it to a checkout that forgot it.",
        tags=["reconcile"],
        responses=CorrespondentSerializer,
        examples=[_CORRESPONDENT],
    )
    def retrieve(self, request: Request, pk: uuid.UUID) -> Response:
        order = self.get_queryset().filter(pk=pk).first()
        if order is None:
            raise OrderNotFoundError()
        return Response(CorrespondentSerializer(order).data)

    @extend_schema(
        operation_id="reconcile_orders_restore",
        summary="Bring back an order as its checkout remembers it",
        description=(
            "For the reconciler. One that is known goes on to the state that its checkout knows of; one that was "
            "forgotten is written again, with its address in its buyer's book. Refused with 409 `order_rejected` or "
            "`order_confirmed` where it ended the other way, 422 `order_mismatch` when the id names other content."
        ),
        tags=["reconcile"],
        request=RememberedOrderSerializer,
        responses={200: OrderSerializer, 201: OrderSerializer},
        examples=[_REMEMBERED, examples.ORDER],
    )
    def update(self, request: Request, pk: uuid.UUID) -> Response:
        content = RememberedOrderSerializer(data=request.data)
        content.is_valid(raise_exception=True)
        order, written = restore_order(order_id=pk, remembered=content.remembered())
        return Response(OrderSerializer(order).data, status=status.HTTP_201_CREATED if written else status.HTTP_200_OK)
