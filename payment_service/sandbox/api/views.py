from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.viewsets import ServiceViewSet
from payments.api.permissions import MayCharge
from sandbox.api.permissions import SandboxIsTheProvider
from sandbox.api.serializers import IntentFilterSerializer, SandboxIntentSerializer
from sandbox.models import SandboxIntent
from sandbox.selectors import intents


class SandboxIntentViewSet(mixins.ListModelMixin, ServiceViewSet):
    """The sandbox's book, for audits: what the provider did, whatever the payments say."""

    serializer_class = SandboxIntentSerializer
    queryset = SandboxIntent.objects.none()
    permission_classes = (SandboxIsTheProvider, MayCharge)
    ordering = ("-created_at", "-reference")

    def get_queryset(self) -> QuerySet[SandboxIntent]:
        asked = IntentFilterSerializer(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        return intents(payment=asked.validated_data.get("payment"))

    @extend_schema(
        operation_id="sandbox_intents_list",
        summary="List the sandbox's intents, newest first",
        tags=["sandbox"],
        parameters=[OpenApiParameter("payment", OpenApiTypes.UUID, description="Only the intent of this payment.")],
        responses={
            200: SandboxIntentSerializer(many=True),
            404: OpenApiResponse(description="The sandbox is not the payment provider."),
        },
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)
