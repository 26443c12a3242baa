from typing import Any

from rest_framework import serializers

SERVICE_STATUSES = ["up", "down"]
PLATFORM_STATUSES = ["ok", "degraded"]


class ServiceStatusSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=SERVICE_STATUSES)


class SagaCountsSerializer(serializers.Serializer[Any]):
    running = serializers.IntegerField(allow_null=True)
    stuck = serializers.IntegerField(allow_null=True, help_text="Waiting for a person.")


class StatusSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=PLATFORM_STATUSES)
    services = ServiceStatusSerializer(many=True)
    sagas = SagaCountsSerializer()
