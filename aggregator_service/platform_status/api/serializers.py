from typing import Any

from rest_framework import serializers


class ServiceStatusSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=["up", "down"])


class SagaCountsSerializer(serializers.Serializer[Any]):
    running = serializers.IntegerField(allow_null=True)
    stuck = serializers.IntegerField(allow_null=True, help_text="Waiting for a person.")


class StatusSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["ok", "degraded"])
    services = ServiceStatusSerializer(many=True)
    sagas = SagaCountsSerializer()
