from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.renderers import JSONRenderer
from chassis.viewsets import ServiceViewSet
from keys.api.serializers import KeySetSerializer
from keys.lifetimes import KEY_SET_CACHED
from keys.services import published_key_set

KEY_SET_EXAMPLE = OpenApiExample(
    "One key",
    value={
        "keys": [
            {
                "kty": "RSA",
                "kid": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
                "alg": "RS256",
                "use": "sig",
                "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W",  # noqa: E501
                "e": "AQAB",
            }
        ]
    },
    response_only=True,
)


class KeySetViewSet(ServiceViewSet):
    """The public keys that verify access tokens."""

    serializer_class = KeySetSerializer
    # Whoever asks needs these keys to check a token, so none is looked at here.
    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = (JSONRenderer,)
    pagination_class = None

    @extend_schema(
        operation_id="keys_list",
        summary="List the public keys that verify access tokens (JWKS)",
        tags=["keys"],
        responses=KeySetSerializer,
        examples=[KEY_SET_EXAMPLE],
    )
    def list(self, request: Request) -> Response:
        max_age = int(KEY_SET_CACHED.total_seconds())
        return Response(published_key_set(), headers={"Cache-Control": f"public, max-age={max_age}"})
