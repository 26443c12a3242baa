import uuid
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from carts.api.permissions import RESERVE_SCOPE
from catalogue.api.permissions import SellerOrAdmin, managed_seller
from catalogue.errors import VariantNotFoundError
from catalogue.selectors import managed_variants
from chassis.audit import AuditFilterSerializer, AuditViewSet
from chassis.identity.callers import caller
from chassis.identity.permissions import has_scope
from chassis.shapes import parsed, shown
from chassis.viewsets import ServiceViewSet
from stock import selectors, services
from stock.api.serializers import (
    AuditedReservationSerializer,
    AuditedStockSerializer,
    MovementSerializer,
    NewMovementSerializer,
    ReservationChangeSerializer,
    ReservationReleaseSerializer,
    ReservationSerializer,
    VariantFilterSerializer,
)
from stock.models import Reservation, StockLevel, StockMovement

_EUR = {"amount": 2490, "currency": "EUR"}
RESERVATION_EXAMPLE: dict[str, Any] = {
    "id": "0b9c8f0e-6a55-5c1e-8d7e-2f4a6b8c0d1e",
    "state": "live",
    "cart": "5f0c6c1e-3b86-4d64-9a52-6a3d1b2c4e5f",
    "buyer": "01936b1c-0000-7000-8000-00000000000b",
    "currency": "EUR",
    "lines": [
        {
            "variant": "01936b1c-0000-7000-8000-000000000002",
            "product": "01936b1c-0000-7000-8000-000000000001",
            "seller": "01936b1c-0000-7000-8000-00000000000a",
            "title": "Stoneware mug – Blue",
            "sku": "MUG-BLU",
            "quantity": 1,
            "unit_price": _EUR,
            "line_total": _EUR,
        }
    ],
    "total": _EUR,
}
_MOVEMENT = {
    "id": "01936b1c-0000-7000-8000-000000000004",
    "variant": "01936b1c-0000-7000-8000-000000000002",
    "delta": 20,
    "reason": "receipt",
    "reservation": None,
    "actor": "01936b1c-0000-7000-8000-00000000000a",
    "created_at": "2026-01-01T12:00:00Z",
}


def _shown(state: str) -> list[OpenApiExample]:
    return [OpenApiExample("A reservation", value={**RESERVATION_EXAMPLE, "state": state}, response_only=True)]


def reservation_answer(reservation: Reservation, *, code: int = status.HTTP_200_OK) -> Response:
    return Response(shown(ReservationSerializer, reservation), status=code)


class ReservationViewSet(ServiceViewSet):
    """What checkouts hold back. Every operation may be repeated, and may arrive after it was called off."""

    queryset = Reservation.objects.none()
    permission_classes = (has_scope(RESERVE_SCOPE),)
    lookup_value_converter = "uuid"
    idempotency = "natural"

    def get_serializer_class(self) -> Any:
        return {"update": ReservationChangeSerializer, "release": ReservationReleaseSerializer}.get(
            self.action, ReservationSerializer
        )

    @extend_schema(
        operation_id="reservations_retrieve",
        summary="Show a reservation",
        tags=["reservations"],
        responses=ReservationSerializer,
        examples=_shown("live"),
    )
    def retrieve(self, request: Request, pk: uuid.UUID) -> Response:
        return reservation_answer(selectors.reservation_by_id(reservation_id=pk))

    @extend_schema(
        operation_id="reservations_reserve",
        summary="Hold all that is in a cart, or nothing",
        description=(
            "The lines are copied from the cart, at the prices of now. Refused with 409 `out_of_stock` (with `lines`, "
            "each `{variant, title, requested, available}`), `cart_in_checkout`, `cart_closed`, `cart_changed`, "
            "`cart_empty` or `reservation_released` (the id was called off), 404 `cart_not_found` (also another "
            "buyer's), 422 `reservation_mismatch` (the id names something else)."
        ),
        tags=["reservations"],
        request=ReservationChangeSerializer,
        responses={201: ReservationSerializer, 200: ReservationSerializer},
        examples=_shown("live"),
    )
    def update(self, request: Request, pk: uuid.UUID) -> Response:
        asked = parsed(ReservationChangeSerializer, request.data)
        reservation, created = services.reserve(
            reservation_id=pk,
            cart_id=asked["cart"],
            cart_version=asked["cart_version"],
            buyer=asked["buyer"],
            metadata=asked.get("metadata"),
        )
        return reservation_answer(reservation, code=status.HTTP_201_CREATED if created else status.HTTP_200_OK)

    @extend_schema(
        operation_id="reservations_release",
        summary="Give back what is held, and open the cart again",
        description="An unknown id is noted as called off. Refused with 409 `reservation_committed`.",
        tags=["reservations"],
        request=ReservationReleaseSerializer,
        responses=ReservationSerializer,
        examples=_shown("released"),
    )
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: uuid.UUID) -> Response:
        serializer = ReservationReleaseSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return reservation_answer(
            services.release(reservation_id=pk, metadata=serializer.validated_data.get("metadata"))
        )

    @extend_schema(
        operation_id="reservations_commit",
        summary="Let what is held leave the stock, and close the cart",
        description="Refused with 409 `reservation_released`.",
        tags=["reservations"],
        request=None,
        responses=ReservationSerializer,
        examples=_shown("committed"),
    )
    @action(detail=True, methods=["post"])
    def commit(self, request: Request, pk: uuid.UUID) -> Response:
        return reservation_answer(services.commit(reservation_id=pk))


class MovementViewSet(mixins.ListModelMixin, ServiceViewSet):
    """The ledger of a variant's stock. What is on hand changes by a movement only, and a movement is final."""

    queryset = StockMovement.objects.none()
    permission_classes = (SellerOrAdmin,)
    ordering = ("-created_at", "-id")

    def get_serializer_class(self) -> Any:
        return NewMovementSerializer if self.action == "create" else MovementSerializer

    def get_queryset(self) -> QuerySet[StockMovement]:
        return selectors.movements_of(variant_id=self._variant())

    @extend_schema(
        operation_id="seller_movements_list",
        summary="List the movements of a variant's stock",
        tags=["seller"],
        responses=MovementSerializer(many=True),
        examples=[OpenApiExample("A movement", value=_MOVEMENT, response_only=True)],
    )
    def list(self, request: Request, variant: uuid.UUID) -> Response:
        return super().list(request)

    @extend_schema(
        operation_id="seller_movements_create",
        summary="Record a movement of a variant's stock",
        description=(
            "Refused with 409 `stock_reserved` or `insufficient_stock` when it takes away more than is free or there."
        ),
        tags=["seller"],
        request=NewMovementSerializer,
        responses={201: MovementSerializer},
        examples=[OpenApiExample("A movement", value=_MOVEMENT, response_only=True)],
    )
    def create(self, request: Request, variant: uuid.UUID) -> Response:
        variant_id = self._variant()
        asked = parsed(NewMovementSerializer, request.data)
        movement = services.record_movement(
            variant_id=variant_id,
            delta=asked["delta"],
            reason=asked["reason"],
            actor=caller(request).pk,
        )
        return Response(shown(MovementSerializer, movement), status=status.HTTP_201_CREATED)

    def _variant(self) -> uuid.UUID:
        """Return the id of the address, if the caller manages that variant. Raises `VariantNotFoundError`."""
        variant_id: uuid.UUID = self.kwargs["variant"]
        if not managed_variants(seller=managed_seller(self.request)).filter(pk=variant_id).exists():
            raise VariantNotFoundError()
        return variant_id


@extend_schema_view(
    list=extend_schema(
        operation_id="audit_stock_list",
        summary="List every variant's stock, with its ledger's sums",
        description="For the auditor. `on_hand` is the sum of what was moved, and `reserved` is what is held.",
        tags=["audit"],
        parameters=[VariantFilterSerializer],
    )
)
class AuditedStockViewSet(AuditViewSet):
    """What lies in the warehouses, for the auditor."""

    serializer_class = AuditedStockSerializer
    filter_class = VariantFilterSerializer
    queryset = StockLevel.objects.none()
    ordering = ("variant_id",)

    def get_queryset(self) -> QuerySet[StockLevel]:
        return selectors.audited_levels()

    def narrowed(self, queryset: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        return queryset.filter(variant__in=asked["variant"]) if "variant" in asked else queryset


@extend_schema_view(
    list=extend_schema(
        operation_id="audit_reservations_list",
        summary="List all reservations, newest first",
        description="For the auditor.",
        tags=["audit"],
        parameters=[AuditFilterSerializer],
        examples=[
            OpenApiExample(
                "A reservation",
                value={
                    **RESERVATION_EXAMPLE,
                    "cart_state": "in_checkout",
                    "metadata": {"checkout": "01936b1c-0000-7000-8000-00000000000c"},
                    "created_at": "2026-01-01T12:00:00Z",
                    "finished_at": None,
                },
                response_only=True,
            )
        ],
    )
)
class AuditedReservationViewSet(AuditViewSet):
    """What checkouts hold, held and bought, for the auditor."""

    serializer_class = AuditedReservationSerializer
    queryset = Reservation.objects.none()

    def get_queryset(self) -> QuerySet[Reservation]:
        return selectors.audited_reservations()
