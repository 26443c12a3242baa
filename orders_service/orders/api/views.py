import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from chassis.audit import AuditFilterSerializer, AuditViewSet
from chassis.hot_reads import given
from chassis.identity.callers import caller
from chassis.identity.permissions import IsPerson
from chassis.shapes import parsed, shown
from chassis.viewsets import ServiceViewSet
from orders import selectors, services
from orders.api import examples
from orders.api.filters import SaleFilterSerializer
from orders.api.permissions import IsCheckout, IsPersonOrCheckout, IsSeller
from orders.api.serializers import (
    AuditedOrderSerializer,
    OrderSerializer,
    PlacementSerializer,
    RejectionSerializer,
    SaleSerializer,
    placement_of,
)
from orders.models import Order, SellerOrder


@extend_schema_view(
    list=extend_schema(
        operation_id="orders_list", summary="List one's own orders, newest first", examples=[examples.ORDER]
    ),
    retrieve=extend_schema(
        operation_id="orders_get",
        summary="Show an order: one's own; any to admins and to the checkout",
        examples=[examples.ORDER],
    ),
)
class OrderViewSet(ServiceViewSet):
    """Buyers read their orders here; the checkout places, confirms and rejects them."""

    serializer_class = OrderSerializer
    lookup_value_converter = "uuid"
    idempotency = "natural"
    ordering = ("-created_at", "-id")
    queryset = Order.objects.none()

    def get_permissions(self) -> Sequence[Any]:
        if self.action == "list":
            return [IsPerson()]
        if self.action == "retrieve":
            return [IsPersonOrCheckout()]
        return [IsCheckout()]

    def list(self, request: Request) -> Response:
        # The spec tells it by `OrderSerializer`; the database puts an order's parts together in one query.
        buyer = given(caller(request).pk, Order._meta.get_field("buyer"))
        rows = self.paginate_hot_read(selectors.orders_of_buyer, buyer=buyer)
        return self.get_paginated_response(selectors.orders_shown(rows))

    def retrieve(self, request: Request, pk: uuid.UUID) -> Response:
        user = caller(request)
        sees_all = user.has_role("admin") or user.has_scope(IsCheckout.scope)
        order = selectors.order_shown(order_id=pk, buyer=None if sees_all else user.pk)
        if order is None:
            raise Http404
        return Response(order)

    @extend_schema(
        operation_id="orders_place",
        summary="Place a pending order under an id of the caller's",
        description=(
            "Repeated with the same content it answers what is there. Refused with 404 `address_not_found` when the "
            "address is not the buyer's, 409 `order_rejected` when the id was called off, 422 `order_mismatch` when "
            "it names an order of other content."
        ),
        request=PlacementSerializer,
        responses={200: OrderSerializer, 201: OrderSerializer},
        examples=[examples.PLACEMENT, examples.ORDER],
    )
    def update(self, request: Request, pk: uuid.UUID) -> Response:
        placement = placement_of(parsed(PlacementSerializer, request.data))
        _order, created = services.place_order(order_id=pk, placement=placement)
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(selectors.order_shown(order_id=pk), status=code)

    @extend_schema(
        operation_id="orders_confirm",
        summary="Confirm a paid order; the buyer gets a mail",
        description="Repeatable. Refused with 404 `order_not_found` and 409 `order_rejected`.",
        request=None,
        responses=OrderSerializer,
        examples=[examples.ORDER],
    )
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: uuid.UUID) -> Response:
        services.confirm_order(order_id=pk)
        return Response(selectors.order_shown(order_id=pk))

    @extend_schema(
        operation_id="orders_reject",
        summary="Call an order off, also one that has not arrived yet",
        description=(
            "Repeatable. An unknown id is kept as rejected, so that its order is refused when it arrives. "
            "Refused with 409 `order_confirmed`."
        ),
        request=None,
        responses=RejectionSerializer,
        examples=[examples.REJECTION],
    )
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: uuid.UUID) -> Response:
        return Response(shown(RejectionSerializer, services.reject_order(order_id=pk)))


@extend_schema_view(
    list=extend_schema(
        operation_id="sales_list",
        summary="List one's own sales, newest first",
        parameters=[
            OpenApiParameter(
                "state", {"$ref": "#/components/schemas/SellerOrderState"}, description="Only sales in this state."
            )
        ],
        examples=[examples.SALE],
    ),
    retrieve=extend_schema(operation_id="sales_get", summary="Show one of one's own sales", examples=[examples.SALE]),
)
class SaleViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ServiceViewSet):
    """What sellers have to prepare and have shipped: their parts of confirmed orders."""

    serializer_class = SaleSerializer
    permission_classes = (IsSeller,)
    lookup_value_converter = "uuid"
    ordering = ("-created_at", "-id")
    queryset = SellerOrder.objects.none()

    def get_queryset(self) -> QuerySet[SellerOrder]:
        return selectors.sales_of_seller(caller(self.request).pk)

    def get_extra_action_url_map(self) -> dict[str, str]:
        """What the browsable API offers beside a sale."""
        pages: dict[str, str] = super().get_extra_action_url_map()
        if self.detail:
            pages["Deliveries"] = reverse("sale-deliveries", args=[self.kwargs["pk"]])
        return pages

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.action != "list":
            return queryset
        return queryset.filter(**parsed(SaleFilterSerializer, self.request.query_params))


@extend_schema_view(
    list=extend_schema(
        operation_id="audit_orders_list",
        summary="List all orders, newest first",
        description="For the auditor; also those that were called off.",
        tags=["audit"],
        parameters=[AuditFilterSerializer],
        examples=[examples.AUDITED_ORDER],
    )
)
class AuditedOrderViewSet(AuditViewSet):
    """What was ordered, for the auditor."""

    serializer_class = AuditedOrderSerializer
    queryset = Order.objects.none()

    def get_queryset(self) -> QuerySet[Order]:
        return selectors.audited_orders()
