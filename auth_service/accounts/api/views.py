from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import (
    AccountSerializer,
    RegisteredSerializer,
    RegistrationSerializer,
    VerificationSerializer,
)
from accounts.api.throttles import RegistrationAddressThrottle
from accounts.selectors import active_account, normalized_email
from accounts.services import register, verify_email
from chassis.identity.callers import caller
from chassis.identity.permissions import IsPerson
from chassis.schema import CLIENT_ADDRESS
from chassis.viewsets import ServiceViewSet

ACCOUNT_EXAMPLE = {
    "id": "01936d0c-7c3e-7b1e-8f43-0d2f6c6b7a11",
    "email": "ada@example.com",
    "full_name": "Ada Lovelace",
    "language": "en",
    "email_verified": True,
    "roles": ["buyer"],
    "created_at": "2026-11-22T15:30:00Z",
}


class RegistrationViewSet(ServiceViewSet):
    """Opening an account."""

    serializer_class = RegistrationSerializer
    permission_classes = (AllowAny,)
    throttle_classes = (RegistrationAddressThrottle,)

    @extend_schema(
        operation_id="accounts_register",
        summary="Open an account",
        description=(
            "Answers the same whether or not the address has an account: what happened is in the mail to the address. "
            "The account is a buyer's, and may sign in at once, but not buy before its address is verified."
        ),
        tags=["accounts"],
        parameters=[CLIENT_ADDRESS],
        request=RegistrationSerializer,
        responses={201: RegisteredSerializer},
        examples=[
            OpenApiExample(
                "A buyer",
                value={
                    "email": "ada@example.com",
                    "password": "difference engine no. 2",
                    "full_name": "Ada Lovelace",
                    "language": "en",
                },
                request_only=True,
            ),
            OpenApiExample("Registered", value={"email": "ada@example.com"}, response_only=True, status_codes=["201"]),
        ],
    )
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        register(**serializer.validated_data)
        email = normalized_email(serializer.validated_data["email"])
        return Response(RegisteredSerializer({"email": email}).data, status=status.HTTP_201_CREATED)


class VerificationViewSet(ServiceViewSet):
    """Verifying the address of an account."""

    serializer_class = VerificationSerializer
    permission_classes = (AllowAny,)
    idempotency = "natural"

    @extend_schema(
        operation_id="accounts_verify",
        summary="Verify an e-mail address by the token of the mailed link",
        description=(
            "Repeatable. A token that was never given out, or has expired unused, is 400 `invalid_token`. An account "
            "that came back without its password, as the mail says, needs a new one: 400 `password_required` without."
        ),
        tags=["accounts"],
        request=VerificationSerializer,
        responses={204: OpenApiResponse(description="Verified")},
        examples=[
            OpenApiExample("A token", value={"token": "pUq0nYy1wqR3x6rE3l0cYV0l5x1m2nJ3b4k5j6h7g8f"}, request_only=True)
        ],
    )
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        verify_email(**serializer.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)


class OwnAccountViewSet(ServiceViewSet):
    """The caller's own account."""

    serializer_class = AccountSerializer
    permission_classes = (IsPerson,)

    @extend_schema(
        operation_id="accounts_me",
        summary="Show the caller's account",
        tags=["accounts"],
        responses=AccountSerializer,
        examples=[OpenApiExample("A buyer", value=ACCOUNT_EXAMPLE, response_only=True)],
    )
    def retrieve(self, request: Request) -> Response:
        account = active_account(account_id=caller(request).pk)
        if account is None:
            raise AuthenticationFailed(_("This account is not active."), code="account_inactive")
        return Response(self.get_serializer(account).data)
