import uuid

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.serializers import BaseSerializer

from chassis.identity.callers import caller
from chassis.viewsets import ServiceViewSet
from deliveries import selectors, services
from deliveries.api.serializers import DeliverySerializer
from deliveries.models import Delivery
from orders.api.permissions import IsSeller

PARCEL = {"carrier": "Colissimo", "tracking_number": "6A12345678901"}
EXAMPLES = [
    OpenApiExample("A parcel handed over", value=PARCEL, request_only=True),
    OpenApiExample(
        "A delivery",
        value={
            "id": "0193a5d0-1111-7c41-9d2e-5b1f0c6a7d88",
            **PARCEL,
            "tracking_url": "https://www.laposte.fr/outils/suivre-vos-envois?code=6A12345678901",
            "status": "info_received",
            "shipped_at": "2026-11-22T10:15:00Z",
        },
        response_only=True,
    ),
]


@extend_schema_view(
    list=extend_schema(operation_id="sales_deliveries_list", summary="List the parcels of one of one's own sales"),
    create=extend_schema(
        operation_id="sales_ship",
        summary="Mark a sale as shipped, with carrier and tracking number; the buyer gets a mail",
        description="Refused with 409 `already_shipped` or `sale_cancelled`.",
        examples=EXAMPLES,
    ),
)
class SaleDeliveryViewSet(mixins.ListModelMixin, mixins.CreateModelMixin, ServiceViewSet):
    """The parcels of a sale. Adding one marks the sale as shipped."""

    serializer_class = DeliverySerializer
    permission_classes = (IsSeller,)
    ordering = ("id",)
    queryset = Delivery.objects.none()

    def get_queryset(self) -> QuerySet[Delivery]:
        return selectors.deliveries_of_sale(seller=caller(self.request).pk, sale_id=self.sale_id)

    def perform_create(self, serializer: BaseSerializer[Delivery]) -> None:
        serializer.instance = services.ship_sale(
            seller=caller(self.request).pk, sale_id=self.sale_id, **serializer.validated_data
        )

    @property
    def sale_id(self) -> uuid.UUID:
        sale_id: uuid.UUID = self.kwargs["sale"]
        return sale_id
