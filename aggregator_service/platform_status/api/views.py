from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.viewsets import ServiceViewSet
from platform_status.api.serializers import StatusSerializer
from platform_status.selectors import platform_status


class StatusViewSet(ServiceViewSet):
    """Health of the platform, for people and monitors."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = StatusSerializer

    @extend_schema(
        operation_id="status_retrieve",
        summary="Each service's health; 200 even when some are down",
        tags=["status"],
        examples=[
            OpenApiExample(
                "One service down",
                value={
                    "status": "degraded",
                    "services": [{"name": "payment", "status": "down"}],
                    "sagas": {"running": 1, "stuck": 0},
                },
            )
        ],
    )
    def retrieve(self, request: Request) -> Response:
        return Response(platform_status())
