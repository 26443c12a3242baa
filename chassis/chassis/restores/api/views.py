from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.audit import AuditViewSet
from chassis.identity.callers import caller
from chassis.identity.permissions import has_scope
from chassis.restores.api.serializers import (
    EXAMPLE,
    AuditedRestoreSerializer,
    ReleaseSerializer,
    RestoreFilterSerializer,
)
from chassis.restores.guard import RECONCILE_SCOPE
from chassis.restores.models import Restore
from chassis.restores.services import release
from chassis.viewsets import ServiceViewSet


@extend_schema_view(
    list=extend_schema(
        operation_id="audit_restores_list",
        summary="List restores of the database, newest first",
        description="For the auditor. While one is not released, writes are 503 `restored_awaiting_reconcile`.",
        tags=["audit"],
        parameters=[RestoreFilterSerializer],
    )
)
class AuditedRestoreViewSet(AuditViewSet):
    """When this service's database went back in time."""

    serializer_class = AuditedRestoreSerializer
    filter_class = RestoreFilterSerializer
    queryset = Restore.objects.all()
    ordering = ("-restored_at", "-id")

    def narrowed(self, queryset: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        if "created_since" in asked:
            queryset = queryset.filter(restored_at__gte=asked.pop("created_since"))
        if asked.get("awaiting") is not None:
            queryset = queryset.filter(released_at__isnull=asked["awaiting"])
        return super().narrowed(queryset, asked)


class ReleaseViewSet(ServiceViewSet):
    """The end of a restore."""

    serializer_class = ReleaseSerializer
    permission_classes = (has_scope(RECONCILE_SCOPE),)
    # A second release changes nothing.
    idempotency = "natural"

    @extend_schema(
        operation_id="restores_release",
        summary="Let the restored service write again",
        description="For reconcile, once it has compared the services. Repeated, it answers as the first time.",
        tags=["restores"],
        request=ReleaseSerializer,
        responses={200: AuditedRestoreSerializer},
        examples=[
            OpenApiExample("Nothing was missing", value={"note": "0 differences"}, request_only=True),
            OpenApiExample(
                "Released",
                value={**EXAMPLE, "released_at": "2026-11-22T14:31:07.654321Z", "note": "0 differences"},
                response_only=True,
            ),
        ],
    )
    def release(self, request: Request, restore_id: UUID) -> Response:
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        by = str(caller(request).id)
        released = release(restore_id=restore_id, note=given.validated_data["note"], by=by)
        return Response(AuditedRestoreSerializer(released).data)
