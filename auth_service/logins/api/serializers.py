from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from accounts.passwords import MAX_PASSWORD
from chassis.shapes import shown
from logins.services import IssuedTokens

TOKEN_TYPE = "Bearer"  # noqa: S105

NOT_TO_BE_CACHED = {"Cache-Control": "no-store"}
"""RFC 6749 §5.1: an answer that carries a token is kept by nobody on its way."""


class CredentialsSerializer(serializers.Serializer[dict[str, Any]]):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(
        max_length=MAX_PASSWORD,
        trim_whitespace=False,
        write_only=True,
        style={"input_type": "password", "autocomplete": "current-password"},
    )


class RefreshSerializer(serializers.Serializer[dict[str, Any]]):
    refresh = serializers.CharField(max_length=200, help_text="The refresh token.")


class IssuedTokensSerializer(serializers.Serializer[dict[str, Any]]):
    access = serializers.CharField(help_text="For `Authorization: Bearer …`.")
    refresh = serializers.CharField(help_text="To be used once, for the next pair.")
    expires_in = serializers.IntegerField(help_text="Seconds for which `access` is valid.")
    token_type = serializers.CharField()


def issued(tokens: IssuedTokens) -> dict[str, Any]:
    """Return the answer that carries `tokens`."""
    return shown(IssuedTokensSerializer, {**asdict(tokens), "token_type": TOKEN_TYPE})
