from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.idempotency.replay import key_of
from chassis.schema import CLIENT_ADDRESS
from chassis.viewsets import ServiceViewSet
from logins import services
from logins.api.serializers import (
    NOT_TO_BE_CACHED,
    CredentialsSerializer,
    IssuedTokensSerializer,
    RefreshSerializer,
    issued,
)
from logins.api.throttles import LoginAccountThrottle, LoginAddressThrottle

TOKENS_EXAMPLE = OpenApiExample(
    "A pair of tokens",
    value={
        "access": "eyJhbGciOiJSUzI1NiIsImtpZCI6Ik56YkwifQ.eyJzdWIiOiIwMTkzIn0.c2lnbmF0dXJl",
        "refresh": "N3o1bXWmyq3Ylw8nYdQ5s1QxU2Jm0XkH0b7T9v4c2aE",
        "expires_in": 600,
        "token_type": "Bearer",
    },
    response_only=True,
)
REFRESH_EXAMPLE = OpenApiExample(
    "A refresh token", value={"refresh": "N3o1bXWmyq3Ylw8nYdQ5s1QxU2Jm0XkH0b7T9v4c2aE"}, request_only=True
)


class LoginViewSet(ServiceViewSet):
    """Signing in with a password."""

    serializer_class = CredentialsSerializer
    permission_classes = (AllowAny,)
    throttle_classes = (LoginAddressThrottle, LoginAccountThrottle)
    # A kept answer would be a token at rest; a second login is merely a second login.
    idempotency = "natural"
    writes_while_awaiting_reconcile = True

    @extend_schema(
        operation_id="auth_token_create",
        summary="Sign in",
        description="Unknown address, wrong password, account shut out: one and the same 401 `invalid_credentials`.",
        tags=["auth"],
        parameters=[CLIENT_ADDRESS],
        request=CredentialsSerializer,
        responses={200: IssuedTokensSerializer},
        examples=[
            OpenApiExample(
                "A buyer",
                value={"email": "ada@example.com", "password": "difference engine no. 2"},
                request_only=True,
            ),
            TOKENS_EXAMPLE,
        ],
    )
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(issued(services.log_in(**serializer.validated_data)), headers=NOT_TO_BE_CACHED)


class RefreshViewSet(ServiceViewSet):
    """Staying signed in."""

    serializer_class = RefreshSerializer
    permission_classes = (AllowAny,)
    # The rotation itself knows the key of the refresh that made it: no token lies in a kept answer.
    idempotency = "natural"
    writes_while_awaiting_reconcile = True

    @extend_schema(
        operation_id="auth_token_refresh",
        summary="Use a refresh token for a new pair",
        description=(
            "Each refresh token works once; a second use signs the device out, and is 401 `invalid_refresh_token` like "
            "an expired or revoked one. A refresh whose answer was lost may be repeated with the same "
            "`Idempotency-Key`, or without one within ten seconds: it gives the same successor, as long as that has "
            "not been used."
        ),
        tags=["auth"],
        request=RefreshSerializer,
        responses={200: IssuedTokensSerializer},
        examples=[REFRESH_EXAMPLE, TOKENS_EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        tokens = services.refresh(token=serializer.validated_data["refresh"], idempotency_key=key_of(request))
        return Response(issued(tokens), headers=NOT_TO_BE_CACHED)


class RevocationViewSet(ServiceViewSet):
    """Signing out."""

    serializer_class = RefreshSerializer
    permission_classes = (AllowAny,)
    idempotency = "natural"
    writes_while_awaiting_reconcile = True

    @extend_schema(
        operation_id="auth_token_revoke",
        summary="Sign out on one device",
        description="Repeatable; an unknown token is answered like a known one. Access tokens live on for minutes.",
        tags=["auth"],
        request=RefreshSerializer,
        responses={204: OpenApiResponse(description="Signed out")},
        examples=[REFRESH_EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.revoke(token=serializer.validated_data["refresh"])
        return Response(status=status.HTTP_204_NO_CONTENT)
