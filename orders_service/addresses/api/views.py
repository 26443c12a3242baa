from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.serializers import BaseSerializer

from addresses import selectors, services
from addresses.api.serializers import AddressSerializer
from addresses.models import Address
from chassis.identity.callers import caller
from chassis.identity.permissions import IsPerson
from chassis.viewsets import ServiceViewSet

ADDRESS = {
    "full_name": "Claire Martin",
    "company": "",
    "line1": "12 rue des Lilas",
    "line2": "Bâtiment B",
    "postal_code": "69003",
    "city": "Lyon",
    "region": "",
    "country": "FR",
    "phone": "+33 6 12 34 56 78",
}
EXAMPLES = [
    OpenApiExample("An address to add", value=ADDRESS, request_only=True),
    OpenApiExample("An address", value={"id": "0193a5c2-7e3b-7c41-9d2e-5b1f0c6a7d88", **ADDRESS}, response_only=True),
]


@extend_schema_view(
    list=extend_schema(operation_id="addresses_list", summary="List one's own addresses, newest first"),
    create=extend_schema(operation_id="addresses_create", summary="Add an address", examples=EXAMPLES),
    retrieve=extend_schema(operation_id="addresses_get", summary="Show one of one's own addresses", examples=EXAMPLES),
    update=extend_schema(operation_id="addresses_replace", summary="Replace an address as a whole", examples=EXAMPLES),
    partial_update=extend_schema(
        operation_id="addresses_change",
        summary="Change the fields that are sent",
        examples=[
            OpenApiExample("Another floor", value={"line2": "2e étage"}, request_only=True),
            EXAMPLES[1],
        ],
    ),
    destroy=extend_schema(
        operation_id="addresses_remove", summary="Remove an address; orders sent there keep their copy of it"
    ),
)
class AddressViewSet(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    ServiceViewSet,
):
    """The address book of whoever asks."""

    serializer_class = AddressSerializer
    permission_classes = (IsPerson,)
    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options"]
    lookup_value_converter = "uuid"
    ordering = ("-created_at", "-id")
    queryset = Address.objects.none()

    def get_queryset(self) -> QuerySet[Address]:
        return selectors.addresses_of(caller(self.request).pk)

    def perform_create(self, serializer: BaseSerializer[Address]) -> None:
        serializer.instance = services.add_address(account_id=caller(self.request).pk, fields=serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Address]) -> None:
        serializer.instance = services.change_address(
            account_id=caller(self.request).pk, address_id=self.kwargs["pk"], fields=serializer.validated_data
        )

    def perform_destroy(self, instance: Address) -> None:
        services.remove_address(account_id=instance.account_id, address_id=instance.pk)
