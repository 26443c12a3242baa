from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.identity.permissions import IsNoService, has_scope
from chassis.states import move
from chassis.throttles.throttling import AddressThrottle
from chassis.viewsets import ServiceViewSet
from tests.parcels.models import TRANSITIONS, Parcel, ParcelState


class ParcelSerializer(serializers.ModelSerializer[Parcel]):
    class Meta:
        model = Parcel
        fields = ("id", "name", "weight", "state", "created_at")
        read_only_fields = ("state",)


class ParcelThrottle(AddressThrottle):
    scope = "parcel"


class ParcelViewSet(
    mixins.CreateModelMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    ServiceViewSet,
):
    """Parcels of whoever asks."""

    serializer_class = ParcelSerializer
    permission_classes = (IsAuthenticated,)
    ordering = ("-weight", "id")

    def get_queryset(self) -> QuerySet[Parcel]:
        return Parcel.objects.filter(owner=self.request.user.pk)  # type: ignore[misc]

    def perform_create(self, serializer: Any) -> None:
        serializer.save(owner=self.request.user.pk)

    @action(detail=True, methods=["post"], permission_classes=[has_scope("parcels.send")])
    def send(self, request: Request, pk: str) -> Response:
        parcel = Parcel.objects.get(pk=pk)
        move(parcel, to=ParcelState.SENT, table=TRANSITIONS)
        return Response(ParcelSerializer(parcel).data)

    @action(detail=False, permission_classes=[IsNoService])
    def tariff(self, request: Request) -> Response:
        return Response({"per_kilogram": 5})

    @action(detail=False, throttle_classes=[ParcelThrottle], permission_classes=[AllowAny])
    def counted(self, request: Request) -> Response:
        return Response({"counted": True})
