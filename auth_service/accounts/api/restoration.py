"""Which accounts there are, and those brought back by the reconciler, after the database was restored."""

import uuid

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import AuditedAccountSerializer, RememberedAccountSerializer
from accounts.models import Account
from accounts.services import restore_account
from chassis.audit import AuditFilterSerializer, AuditViewSet
from chassis.reconciling import IsReconciler
from chassis.viewsets import ServiceViewSet

_EXAMPLE = {
    "id": "01936d0c-7c3e-7b1e-8f43-0d2f6c6b7a11",
    "email_verified": True,
    "awaits_password": False,
    "is_active": True,
    "created_at": "2026-11-22T15:30:00Z",
}


@extend_schema_view(
    list=extend_schema(
        operation_id="audit_accounts_list",
        summary="List which accounts there are, newest first",
        description="For the auditor. Nothing is shown of whose they are.",
        tags=["audit"],
        parameters=[AuditFilterSerializer],
        examples=[OpenApiExample("An account", value=_EXAMPLE, response_only=True)],
    )
)
class AuditedAccountViewSet(AuditViewSet):
    """Which accounts there are, for the auditor."""

    serializer_class = AuditedAccountSerializer
    queryset = Account.objects.all()


class RestoredAccountViewSet(ServiceViewSet):
    """What others remember of accounts, told to a database that was restored."""

    queryset = Account.objects.none()
    permission_classes = (IsReconciler,)
    serializer_class = RememberedAccountSerializer
    idempotency = "natural"

    @extend_schema(
        operation_id="reconcile_accounts_restore",
        summary="Bring back a buyer's account that has bought",
        description=(
            "For the reconciler. One that was forgotten is written again without a password, and its owner is mailed a "
            "link to choose one; one that is known is verified, since who has bought was. Refused with 409 "
            "`address_taken` when another account has the address."
        ),
        tags=["reconcile"],
        request=RememberedAccountSerializer,
        responses={200: AuditedAccountSerializer, 201: AuditedAccountSerializer},
        examples=[
            OpenApiExample(
                "A buyer",
                value={"email": "ada@example.com", "full_name": "Ada Lovelace", "language": "en"},
                request_only=True,
            ),
            OpenApiExample("An account", value=_EXAMPLE, response_only=True),
        ],
    )
    def update(self, request: Request, pk: uuid.UUID) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        account, written = restore_account(account_id=pk, **serializer.validated_data)
        code = status.HTTP_201_CREATED if written else status.HTTP_200_OK
        return Response(AuditedAccountSerializer(account).data, status=code)
