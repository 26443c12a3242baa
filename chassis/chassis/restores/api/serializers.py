from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from chassis.audit import AuditFilterSerializer
from chassis.restores.models import Restore

EXAMPLE = {
    "id": "01939c5e-7e20-7b5a-8f7e-0d4f6a1c2b3d",
    "restored_at": "2026-11-22T14:20:31.123456Z",
    "recovery_point": "2026-11-22T14:05:00Z",
    "backup": "20261122T030000",
    "released_at": None,
    "released_by": "",
    "note": "",
}


class RestoreFilterSerializer(AuditFilterSerializer):
    created_since = serializers.DateTimeField(required=False, help_text="Only what was restored then or later.")
    awaiting = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Only those that were not released yet, or only others.",
    )


@extend_schema_serializer(examples=[OpenApiExample("Not released yet", value=EXAMPLE, response_only=True)])
class AuditedRestoreSerializer(serializers.ModelSerializer[Restore]):
    """A restore of this service's database."""

    class Meta:
        model = Restore
        fields = ("id", "restored_at", "recovery_point", "backup", "released_at", "released_by", "note")


class ReleaseSerializer(serializers.Serializer[Restore]):
    note = serializers.CharField(max_length=500, allow_blank=True, help_text="What was found and done, for people.")
