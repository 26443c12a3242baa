from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.audit import AuditFilterSerializer, AuditViewSet
from chassis.hot_reads import given
from chassis.identity.callers import caller
from chassis.shapes import parsed, shown
from chassis.statements import field_of
from chassis.viewsets import ServiceViewSet
from payments import services
from payments.api.filters import orders_asked_for
from payments.api.pagination import BookPagination
from payments.api.permissions import MayCharge, MayRead
from payments.api.serializers import (
    AuditedPaymentSerializer,
    BookEntrySerializer,
    BookFilterSerializer,
    PaymentSerializer,
    PaySerializer,
    RefundPaymentSerializer,
    RefundSerializer,
)
from payments.models import Payment, Refund
from payments.providers import provider_named
from payments.selectors import (
    audited_payments,
    payment_rows,
    payments_shown,
    payments_visible_to,
    refunds_visible_to,
    sees_all_payments,
)


class PaymentViewSet(mixins.RetrieveModelMixin, ServiceViewSet):
    """Payments: made and called off by the platform, read by their buyers and by admins."""

    serializer_class = PaymentSerializer
    queryset = Payment.objects.none()
    idempotency = "natural"
    lookup_value_converter = "uuid"
    ordering = ("-created_at", "-id")

    def get_permissions(self) -> Any:
        return [MayCharge() if self.action in {"update", "cancel"} else MayRead()]

    def get_queryset(self) -> QuerySet[Payment]:
        return payments_visible_to(caller(self.request))

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return PaySerializer if self.action == "update" else PaymentSerializer

    @extend_schema(
        operation_id="payments_list",
        summary="List payments, newest first",
        description="A buyer sees their own, admins and services all.",
        tags=["payments"],
        parameters=[
            OpenApiParameter("order", OpenApiTypes.UUID, many=True, description="Only the payments of these orders.")
        ],
    )
    def list(self, request: Request) -> Response:
        user, orders = caller(request), orders_asked_for(request)
        rows = self.paginate_hot_read(
            payment_rows,
            buyer=None if sees_all_payments(user) else given(user.pk, field_of(Payment, "buyer")),
            orders=None if orders is None else tuple(given(order, field_of(Payment, "order")) for order in orders),
        )
        return self.get_paginated_response(payments_shown(rows))

    @extend_schema(operation_id="payments_retrieve", summary="Read a payment", tags=["payments"])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        operation_id="payments_pay",
        summary="Take a payment",
        description=(
            "Takes the amount from the buyer, once: the same request again continues or answers what came of it. "
            "`state` says whether it was captured, declined or cancelled; one that needs the buyer's authentication is "
            "cancelled, with the decline code `authentication_required`. 409 `payment_cancelled`: the id was called "
            "off before; `order_has_payment`: another payment of the order, named by `payment`, is under way or "
            "captured. 422 `payment_mismatch`: the id has another content. 503 `provider_unavailable`: what became of "
            "it is not known yet; repeat the request, or cancel."
        ),
        tags=["payments"],
        request=PaySerializer,
        responses={200: PaymentSerializer, 201: PaymentSerializer},
    )
    def update(self, request: Request, pk: Any) -> Response:
        values = parsed(PaySerializer, request.data)
        payment, created = services.pay(
            payment_id=pk,
            order=values["order"],
            buyer=values["buyer"],
            amount=values["money"],
            payment_method=values["payment_method"],
        )
        return Response(shown(PaymentSerializer, payment), status=201 if created else 200)

    @extend_schema(
        operation_id="payments_cancel",
        summary="Call a payment off",
        description=(
            "Makes sure that nothing is or ever will be taken, unless it was taken already: `state` says who won. An "
            "unknown id is kept as cancelled, so that the payment is refused when it arrives later. 503 "
            "`provider_unavailable`: the provider cannot say; repeat the request."
        ),
        tags=["payments"],
        request=None,
        responses={200: PaymentSerializer},
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: Any) -> Response:
        return Response(shown(PaymentSerializer, services.cancel_payment(payment_id=pk)))


class RefundViewSet(mixins.RetrieveModelMixin, ServiceViewSet):
    """Refunds: made by the platform, read by their buyers and by admins."""

    serializer_class = RefundSerializer
    queryset = Refund.objects.none()
    lookup_value_converter = "uuid"

    def get_permissions(self) -> Any:
        return [MayCharge() if self.action == "update" else MayRead()]

    def get_queryset(self) -> QuerySet[Refund]:
        return refunds_visible_to(caller(self.request))

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return RefundPaymentSerializer if self.action == "update" else RefundSerializer

    @extend_schema(operation_id="refunds_retrieve", summary="Read a refund", tags=["refunds"])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        operation_id="refunds_refund",
        summary="Give money back",
        description=(
            "Gives all or part of a captured payment back, once: the same request again answers what came of it. A "
            "refund that is still `pending` will be settled without being asked again. 404 `payment_not_found`. 409 "
            "`payment_not_captured`, with the payment's `state`; `refund_exceeds_payment`, with the `refundable` "
            "amount that is left. 422 `refund_mismatch`: the id has another content."
        ),
        tags=["refunds"],
        request=RefundPaymentSerializer,
        responses={200: RefundSerializer, 201: RefundSerializer},
    )
    def update(self, request: Request, pk: Any) -> Response:
        values = parsed(RefundPaymentSerializer, request.data)
        refund, created = services.refund_payment(
            refund_id=pk, payment_id=values["payment_id"], amount=values["money"], reason=values["reason"]
        )
        return Response(shown(RefundSerializer, refund), status=201 if created else 200)


@extend_schema_view(
    list=extend_schema(
        operation_id="audit_payments_list",
        summary="List all payments, newest first",
        description="For the auditor; also those that were called off.",
        tags=["audit"],
        parameters=[AuditFilterSerializer],
    )
)
class AuditedPaymentViewSet(AuditViewSet):
    """What was paid, as this service wrote it down."""

    serializer_class = AuditedPaymentSerializer
    queryset = Payment.objects.none()

    def get_queryset(self) -> QuerySet[Payment]:
        return audited_payments()


@extend_schema_view(
    list=extend_schema(
        operation_id="audit_provider_payments_list",
        summary="List what the payment provider's book says, newest first",
        description=(
            "For the auditor. Asked of the provider itself, whatever the payments say; `previous` is always null. 503 "
            "`provider_unavailable`: the provider does not answer."
        ),
        tags=["audit"],
        parameters=[BookFilterSerializer],
    )
)
class AuditedProviderPaymentViewSet(AuditViewSet):
    """What was paid, as the provider of new payments wrote it down."""

    serializer_class = BookEntrySerializer
    filter_class = BookFilterSerializer
    pagination_class = BookPagination
    queryset = Payment.objects.none()

    def get_queryset(self) -> Any:
        return provider_named(settings.PAYMENT_PROVIDER).book

    def narrowed(self, queryset: Any, asked: dict[str, Any]) -> Any:
        return partial(queryset, created_since=asked.get("created_since"), refunded_since=asked.get("refunded_since"))
