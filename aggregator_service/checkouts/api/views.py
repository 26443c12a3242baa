from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.idempotency.replay import key_of
from chassis.identity.callers import caller
from chassis.identity.permissions import IsPerson
from chassis.problems import PROBLEM_JSON
from chassis.schema import REQUIRED_IDEMPOTENCY_KEY
from chassis.shapes import parsed
from chassis.viewsets import ServiceViewSet
from checkouts.api.serializers import CheckoutInputSerializer, CheckoutSerializer
from checkouts.errors import KeyRequiredError
from checkouts.selectors import as_json, get_checkout
from checkouts.services import cancel_checkout, check_out
from gateways.calls import caller_headers
from sagas.models import Saga
from sagas.states import SagaState


class CheckoutViewSet(ServiceViewSet):
    """Buying what is in a cart. The checkout itself is the record of its Idempotency-Key."""

    idempotency = "natural"
    permission_classes = (IsPerson,)
    serializer_class = CheckoutInputSerializer

    @extend_schema(
        summary="Buy the cart: reserve, order, pay",
        operation_id="checkouts_create",
        parameters=[REQUIRED_IDEMPOTENCY_KEY],
        responses={
            201: OpenApiResponse(CheckoutSerializer, "Bought: the confirmed order is in `order`."),
            202: OpenApiResponse(CheckoutSerializer, "Not decided yet: ask again at the address in `Location`."),
            402: OpenApiResponse(
                description="`payment_declined` with its `decline_code`, or `authentication_required`."
            ),
            404: OpenApiResponse(description="`cart_not_found` or `address_not_found`: not there, or not the buyer's."),
            409: OpenApiResponse(
                description="`out_of_stock` with the `lines`, `total_changed` with the new totals, `cart_changed` with "
                "its `cart_version`, or the cart's state."
            ),
        },
        examples=[
            OpenApiExample(
                "Pay by card",
                value={
                    "cart": "2f1f5dd0-6f0e-4c9e-9a54-1f4a3f1d2c11",
                    "cart_version": 2,
                    "shipping_address": "0190f0c2-7b7e-7c9a-8b1e-0d9f3f1d2c11",
                    "payment_method": "pm_card_visa",
                    "expected_total": {"amount": 4980, "currency": "EUR"},
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response | HttpResponse:
        key = key_of(request)
        if key is None:
            raise KeyRequiredError()
        asked = parsed(CheckoutInputSerializer, request.data)
        saga = check_out(
            buyer=caller(request),
            key=key,
            cart_id=asked["cart"],
            cart_version=asked.get("cart_version"),
            shipping_address=asked["shipping_address"],
            payment_method=asked["payment_method"],
            expected_total=asked["expected_total"],
            headers=caller_headers(request),
        )
        return _answer(request, saga)

    @extend_schema(summary="How a checkout stands", operation_id="checkouts_retrieve", responses=CheckoutSerializer)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(as_json(get_checkout(account_id=caller(request).id, saga_id=pk)))

    @extend_schema(
        summary="Call an undecided checkout off",
        operation_id="checkouts_cancel",
        request=None,
        responses={
            200: OpenApiResponse(CheckoutSerializer, "Called off; the cart can be edited again."),
            202: OpenApiResponse(CheckoutSerializer, "Being called off."),
            409: OpenApiResponse(description="`checkout_decided`: it has been paid."),
        },
    )
    def cancel(self, request: Request, pk: UUID) -> Response:
        saga = cancel_checkout(account_id=caller(request).id, saga_id=pk)
        return Response(as_json(saga), status=200 if saga.state == SagaState.COMPENSATED else 202)


def _answer(request: Request, saga: Saga) -> Response | HttpResponse:
    """The stored answer to the byte, or where to look for it."""
    location = f"/api/v1/checkouts/{saga.id}"
    if saga.answer_status is None:
        return Response(as_json(saga), status=202, headers={"Location": location, "Retry-After": "2"})
    kind = "application/json" if saga.answer_status < 400 else PROBLEM_JSON
    return HttpResponse(saga.answer_body, status=saga.answer_status, content_type=kind, headers={"Location": location})
