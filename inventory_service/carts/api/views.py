import uuid
from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from carts import selectors, services
from carts.api.permissions import MayReadCart, account_of, reads_any_cart
from carts.api.serializers import CartLineChangeSerializer, CartSerializer, NewCartSerializer
from carts.models import Cart, CartLine
from chassis.identity.permissions import IsNoService
from chassis.shapes import parsed
from chassis.viewsets import ServiceViewSet

_EUR = {"amount": 2490, "currency": "EUR"}
_EXAMPLE = OpenApiExample(
    "A cart",
    value={
        "id": "5f0c6c1e-3b86-4d64-9a52-6a3d1b2c4e5f",
        "state": "open",
        "version": 2,
        "currency": "EUR",
        "account": None,
        "lines": [
            {
                "variant": "01936b1c-0000-7000-8000-000000000002",
                "product": "01936b1c-0000-7000-8000-000000000001",
                "slug": "stoneware-mug",
                "title": "Stoneware mug",
                "variant_title": "Blue",
                "sku": "MUG-BLU",
                "seller": "01936b1c-0000-7000-8000-00000000000a",
                "image": "https://inventory.example/media/products/stoneware-mug.webp",
                "quantity": 2,
                "unit_price": _EUR,
                "price_when_added": _EUR,
                "line_total": {"amount": 4980, "currency": "EUR"},
                "available": 12,
                "status": "ok",
            }
        ],
        "total": {"amount": 4980, "currency": "EUR"},
    },
    response_only=True,
)


def _answer(cart: Cart, *, is_new: bool = False) -> Response:
    # The spec tells it by `CartSerializer`; what every step of shopping answers is answered without it.
    code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
    return Response(selectors.cart_shown(cart, is_new=is_new), status=code)


class CartViewSet(ServiceViewSet):
    """Carts. An anonymous one is open to whoever knows its id; a buyer's, to that buyer."""

    queryset = Cart.objects.none()
    lookup_value_converter = "uuid"

    def get_permissions(self) -> Sequence[Any]:
        return [MayReadCart() if self.action == "retrieve" else IsNoService()]

    def get_serializer_class(self) -> Any:
        return NewCartSerializer if self.action == "create" else CartSerializer

    @extend_schema(
        operation_id="carts_open",
        summary="Open a cart",
        description="A buyer who has an open cart is given that one, with 200.",
        tags=["carts"],
        request=NewCartSerializer,
        responses={
            201: OpenApiResponse(CartSerializer, "A new cart"),
            200: OpenApiResponse(CartSerializer, "The buyer's open cart"),
        },
        examples=[_EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        parsed(NewCartSerializer, request.data)
        cart, created = services.open_cart(account=account_of(request))
        return _answer(cart, is_new=created)

    @extend_schema(
        operation_id="carts_retrieve",
        summary="Show a cart at the prices and stock of now",
        tags=["carts"],
        responses=CartSerializer,
        examples=[_EXAMPLE],
    )
    def retrieve(self, request: Request, pk: uuid.UUID) -> Response:
        return _answer(selectors.cart_for(cart_id=pk, account=account_of(request), any_account=reads_any_cart(request)))


class CartLineViewSet(ServiceViewSet):
    """The lines of a cart, each named by its variant."""

    queryset = CartLine.objects.none()
    lookup_url_kwarg = "variant"
    permission_classes = (IsNoService,)
    serializer_class = CartLineChangeSerializer

    @extend_schema(
        operation_id="cart_lines_put",
        summary="Set how many of a variant a cart holds",
        description="Refused with `cart_in_checkout`, `cart_closed` or `cart_full`.",
        tags=["carts"],
        responses=CartSerializer,
        examples=[_EXAMPLE],
    )
    def update(self, request: Request, cart: uuid.UUID, variant: uuid.UUID) -> Response:
        asked = parsed(CartLineChangeSerializer, request.data)
        changed = services.put_line(
            cart_id=cart,
            account=account_of(request),
            variant_id=variant,
            quantity=asked["quantity"],
        )
        return _answer(changed)

    @extend_schema(
        operation_id="cart_lines_remove",
        summary="Take a variant out of a cart",
        description="Refused with `cart_in_checkout` or `cart_closed`; nothing happens if it is not in the cart.",
        tags=["carts"],
        responses={204: None},
    )
    def destroy(self, request: Request, cart: uuid.UUID, variant: uuid.UUID) -> Response:
        services.remove_line(cart_id=cart, account=account_of(request), variant_id=variant)
        return Response(status=status.HTTP_204_NO_CONTENT)
