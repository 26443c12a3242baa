from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.viewsets import ServiceViewSet
from logins.api.serializers import NOT_TO_BE_CACHED
from service_accounts.api.serializers import ClientCredentialsSerializer, ServiceTokenSerializer
from service_accounts.services import issue_service_token


class ServiceTokenViewSet(ServiceViewSet):
    """Tokens for services."""

    serializer_class = ClientCredentialsSerializer
    permission_classes = (AllowAny,)
    # A kept answer would be a token at rest; each call gives another token.
    idempotency = "natural"
    writes_while_awaiting_reconcile = True

    @extend_schema(
        operation_id="auth_service_token_create",
        summary="Get a token for a service (client credentials)",
        description="A wrong id or secret is 401 `invalid_client`.",
        tags=["auth"],
        request=ClientCredentialsSerializer,
        responses={200: ServiceTokenSerializer},
        examples=[
            OpenApiExample(
                "The aggregator",
                value={"client_id": "aggregator", "client_secret": "Wm9vY2hpbmktYW5kLWF1YmVyZ2luZS1zb3Vw"},
                request_only=True,
            ),
            OpenApiExample(
                "A token",
                value={
                    "access": "eyJhbGciOiJSUzI1NiIsImtpZCI6Ik56YkwifQ.eyJzdWIiOiIwMTkzIn0.c2lnbmF0dXJl",
                    "expires_in": 43200,
                    "scope": "inventory.reserve orders.checkout",
                },
                response_only=True,
            ),
        ],
    )
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        token = issue_service_token(**serializer.validated_data)
        return Response(ServiceTokenSerializer(token).data, headers=NOT_TO_BE_CACHED)
