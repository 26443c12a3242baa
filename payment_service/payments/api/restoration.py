"""Payments brought back by the reconciler, after the database was restored to an earlier moment."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.reconciling import IsReconciler
from chassis.viewsets import ServiceViewSet
from payments.api.serializers import PAYMENT_EXAMPLE, PaymentSerializer, PaySerializer
from payments.models import Payment
from payments.restoration import RememberedPayment, restore_payment, restore_refunds


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Captured",
            value={
                name: PAYMENT_EXAMPLE[name]
                for name in ("order", "buyer", "amount", "payment_method", "created_at", "captured_at")
            },
            request_only=True,
        )
    ]
)
class RememberedPaymentSerializer(PaySerializer):
    """A captured payment as its checkout remembers it."""

    created_at = serializers.DateTimeField()
    captured_at = serializers.DateTimeField()


class RestoredPaymentViewSet(ServiceViewSet):
    """What checkouts remember of their payments, and the provider of refunds, told to a database that was restored."""

    queryset = Payment.objects.none()
    permission_classes = (IsReconciler,)
    serializer_class = RememberedPaymentSerializer
    lookup_value_converter = "uuid"
    idempotency = "natural"

    @extend_schema(
        operation_id="reconcile_payments_restore",
        summary="Bring back a captured payment as its checkout remembers it",
        description=(
            "For the reconciler. Takes no money: the provider's book says what became of the payment. One that is "
            "decided here is left as it is. Refused with 409 `payment_not_recalled` where the provider has not "
            "captured it, `payment_cancelled` or `order_has_payment`, 422 `payment_mismatch`; 503 "
            "`provider_unavailable`."
        ),
        tags=["reconcile"],
        request=RememberedPaymentSerializer,
        responses={200: PaymentSerializer, 201: PaymentSerializer},
    )
    def update(self, request: Request, pk: Any) -> Response:
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        payment, written = restore_payment(
            payment_id=pk,
            remembered=RememberedPayment(
                order=values["order"],
                buyer=values["buyer"],
                amount=values["money"],
                payment_method=values["payment_method"],
                created_at=values["created_at"],
                captured_at=values["captured_at"],
            ),
        )
        return Response(PaymentSerializer(payment).data, status=201 if written else 200)

    @extend_schema(
        operation_id="reconcile_payments_restore_refunds",
        summary="Bring back the refunds of a payment that its provider knows of",
        description=(
            "For the reconciler. Gives nothing back: what by the provider's book was given back, and is not known here "
            "or pending, is written down as a refund that succeeded, under the id that it was asked for with. 404 "
            "`payment_not_found`. 409 `payment_not_captured`, with the payment's `state`; `refund_exceeds_payment`, "
            "with the `refundable` amount; 422 `refund_mismatch`: the book and a refund contradict. 503 "
            "`provider_unavailable`."
        ),
        tags=["reconcile"],
        request=None,
        responses={200: PaymentSerializer},
    )
    @action(detail=True, methods=["post"])
    def refunds(self, request: Request, pk: Any) -> Response:
        return Response(PaymentSerializer(restore_refunds(payment_id=pk)).data)
