from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from chassis.audit import AuditViewSet
from chassis.jobs.api.serializers import AuditedJobSerializer, JobFilterSerializer
from chassis.jobs.models import Job


@extend_schema_view(
    list=extend_schema(
        operation_id="audit_jobs_list",
        summary="List background jobs, newest first",
        description="For the auditor. Arguments are not shown.",
        tags=["audit"],
        parameters=[JobFilterSerializer],
    )
)
class AuditedJobViewSet(AuditViewSet):
    """What the worker was asked to do, and whether it did."""

    serializer_class = AuditedJobSerializer
    filter_class = JobFilterSerializer
    queryset = Job.objects.defer("arguments")

    def narrowed(self, queryset: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        queryset = super().narrowed(queryset, asked)
        return queryset.filter(state=asked["state"]) if "state" in asked else queryset
