from typing import Any

from rest_framework import serializers

from service_accounts.services import ServiceToken


class ClientCredentialsSerializer(serializers.Serializer[dict[str, Any]]):
    client_id = serializers.CharField(max_length=50)
    client_secret = serializers.CharField(
        max_length=200, trim_whitespace=False, write_only=True, style={"input_type": "password"}
    )


class ServiceTokenSerializer(serializers.Serializer[ServiceToken]):
    access = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds; a service renews its token at half of it.")
    scope = serializers.CharField(help_text="Scopes, separated by spaces.")
