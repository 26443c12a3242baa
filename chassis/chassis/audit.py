"""What services show the auditor: lists that only its scope opens, in large pages.

An audit compares what the services wrote down, so these lists show rows as they are and conclude nothing. Reading them
is all that the scope is good for.
"""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import mixins, serializers

from chassis.fields import IdField
from chassis.identity.permissions import has_scope
from chassis.pagination import KeysetPagination
from chassis.shapes import parsed
from chassis.viewsets import ServiceViewSet

IsAuditor = has_scope("audit.read")
MAX_IDS = 100


class AuditPagination(KeysetPagination):
    """Large pages: who reads one reads them all."""

    max_size = 500


class AuditFilterSerializer(serializers.Serializer[Any]):
    """What every list can be narrowed by."""

    created_since = serializers.DateTimeField(required=False, help_text="Only what was created then or later.")
    id = serializers.ListField(child=IdField(), max_length=MAX_IDS, required=False, help_text="Only these.")


class AuditViewSet(mixins.ListModelMixin, ServiceViewSet):
    """A list for the auditor, newest first."""

    permission_classes = (IsAuditor,)
    pagination_class = AuditPagination
    filter_class: ClassVar[type[serializers.Serializer[Any]]] = AuditFilterSerializer
    ordering: tuple[str, ...] = ("-created_at", "-id")

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.narrowed(queryset, parsed(self.filter_class, self.request.query_params))

    def narrowed(self, queryset: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Return what the query's valid parameters leave."""
        if "created_since" in asked:
            queryset = queryset.filter(created_at__gte=asked["created_since"])
        if "id" in asked:
            queryset = queryset.filter(pk__in=asked["id"])
        return queryset
