"""Logins that a restore of the database brought back to life."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.reconciling import IsReconciler
from chassis.viewsets import ServiceViewSet
from logins.models import RefreshFamily
from logins.selectors import open_families
from logins.services import revoke_families_of_the_past


class PastLoginsFilterSerializer(serializers.Serializer[Any]):
    """Which logins are meant."""

    opened_before = serializers.DateTimeField(help_text="The moment to which the database was restored.")


class PastLoginsSerializer(serializers.Serializer[Any]):
    """Logins on devices, counted."""

    open = serializers.IntegerField(help_text="Those of them that have not ended.")


_NONE = OpenApiExample("All ended", value={"open": 0}, response_only=True)


class PastLoginsViewSet(ServiceViewSet):
    """Logins from before a restore: which of them have ended since, the database forgot."""

    queryset = RefreshFamily.objects.none()
    permission_classes = (IsReconciler,)
    serializer_class = PastLoginsSerializer
    idempotency = "natural"

    @extend_schema(
        operation_id="reconcile_logins_retrieve",
        summary="Count the open logins from before a moment",
        description="For the reconciler.",
        tags=["reconcile"],
        parameters=[PastLoginsFilterSerializer],
        responses=PastLoginsSerializer,
        examples=[OpenApiExample("Some", value={"open": 12}, response_only=True)],
    )
    def retrieve(self, request: Request) -> Response:
        asked = PastLoginsFilterSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return Response({"open": open_families(**asked.validated_data).count()})

    @extend_schema(
        operation_id="reconcile_logins_end",
        summary="End all logins from before a moment",
        description="For the reconciler, after a restore to that moment. Their owners sign in anew.",
        tags=["reconcile"],
        request=PastLoginsFilterSerializer,
        responses=PastLoginsSerializer,
        examples=[
            OpenApiExample("A moment", value={"opened_before": "2026-11-22T14:05:00Z"}, request_only=True),
            _NONE,
        ],
    )
    def end(self, request: Request) -> Response:
        asked = PastLoginsFilterSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        revoke_families_of_the_past(**asked.validated_data)
        return Response({"open": open_families(**asked.validated_data).count()})
