"""The public API's compositions: each asks the services that own the facts, and says which parts it could not have."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.identity.permissions import IsNoService, IsPerson, has_role
from chassis.viewsets import ServiceViewSet
from gateways import accounts, inventory, orders
from gateways.calls import caller_headers
from gateways.pages import public_page
from storefront.api import serializers as shapes
from storefront.composition import with_payments, with_seller_names


class PublicViewSet(ServiceViewSet):
    """The marketplace."""

    # The caller's request is handed on, with its key: the fact's owner keeps it, and decides who may.
    idempotency = "natural"


class AccountViewSet(PublicViewSet):
    """Opening an account."""

    permission_classes = (AllowAny,)
    serializer_class = shapes.AccountInputSerializer

    @extend_schema(
        operation_id="accounts_register",
        tags=["accounts"],
        summary="Open an account; a mail asks to verify the address",
        responses={201: shapes.RegisteredSerializer},
        examples=[
            OpenApiExample(
                "A new buyer",
                value={"email": "ada@example.com", "password": "a long pass phrase", "full_name": "Ada Lovelace"},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        return Response(accounts.register(request), status=201)

    @extend_schema(
        operation_id="accounts_verify",
        tags=["accounts"],
        summary="Verify an e-mail address by the token of the mail",
        request=shapes.VerificationSerializer,
        responses={204: None},
        examples=[OpenApiExample("From the link", value={"token": "9hQm…"}, request_only=True)],
    )
    def verify(self, request: Request) -> Response:
        accounts.verify(request)
        return Response(status=204)


class OwnAccountViewSet(PublicViewSet):
    """The caller's own account."""

    permission_classes = (IsPerson,)

    @extend_schema(
        operation_id="accounts_me",
        tags=["accounts"],
        summary="The account that the token belongs to",
        responses=shapes.AccountSerializer,
    )
    def retrieve(self, request: Request) -> Response:
        return Response(accounts.me(request))


class TokenViewSet(PublicViewSet):
    """Logging in and out."""

    writes_while_awaiting_reconcile = True
    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = shapes.CredentialsSerializer

    @extend_schema(
        operation_id="auth_token",
        tags=["auth"],
        summary="Log in",
        responses={200: shapes.TokensSerializer},
        examples=[
            OpenApiExample("Log in", value={"email": "buyer001@demo.test", "password": "secret"}, request_only=True)
        ],
    )
    def create(self, request: Request) -> Response:
        return Response(accounts.log_in(request))

    @extend_schema(
        operation_id="auth_token_refresh",
        tags=["auth"],
        summary="Trade a refresh token for new tokens; each works once",
        request=shapes.RefreshSerializer,
        responses={200: shapes.TokensSerializer},
        examples=[OpenApiExample("Refresh", value={"refresh": "eyJ…"}, request_only=True)],
    )
    def refresh(self, request: Request) -> Response:
        return Response(accounts.refresh(request))

    @extend_schema(
        operation_id="auth_token_revoke",
        tags=["auth"],
        summary="Log out",
        request=shapes.RefreshSerializer,
        responses={204: None},
        examples=[OpenApiExample("Log out", value={"refresh": "eyJ…"}, request_only=True)],
    )
    def revoke(self, request: Request) -> Response:
        accounts.log_out(request)
        return Response(status=204)


class CategoryViewSet(PublicViewSet):
    """How the catalogue is ordered."""

    permission_classes = (AllowAny,)
    pagination_class = None

    @extend_schema(
        operation_id="categories_list",
        tags=["catalogue"],
        summary="The whole category tree, parents first",
        responses=shapes.CategoriesSerializer,
    )
    def list(self, request: Request) -> Response:
        return Response(inventory.categories(headers=caller_headers(request)))


class ProductViewSet(PublicViewSet):
    """What is on sale."""

    permission_classes = (AllowAny,)
    pagination_class = None

    @extend_schema(
        operation_id="products_list",
        tags=["catalogue"],
        summary="Browse, filter and search what is on sale",
        parameters=[shapes.ProductQuerySerializer],
        responses=shapes.ProductPageSerializer,
    )
    def list(self, request: Request) -> Response:
        query = validated_query(request, shapes.ProductQuerySerializer)
        page = public_page(request, inventory.products(headers=caller_headers(request), query=query))
        degraded = with_seller_names(page["results"])
        return Response({**page, "degraded": degraded})

    @extend_schema(
        operation_id="products_retrieve",
        tags=["catalogue"],
        summary="A product by id or slug",
        responses=shapes.ProductSerializer,
    )
    def retrieve(self, request: Request, id_or_slug: str) -> Response:
        product = inventory.product(id_or_slug=id_or_slug, headers=caller_headers(request))
        degraded = with_seller_names([product])
        return Response({**product, "degraded": degraded})


class CartViewSet(PublicViewSet):
    """Carts. Whoever knows an anonymous cart's id may use it."""

    permission_classes = (IsNoService,)
    serializer_class = shapes.NewCartSerializer

    @extend_schema(
        operation_id="carts_create",
        tags=["cart"],
        summary="Open a cart; with a token, the buyer's open cart if there is one",
        request=None,
        responses={201: shapes.CartSerializer, 200: OpenApiResponse(shapes.CartSerializer, "The cart already open.")},
    )
    def create(self, request: Request) -> Response:
        cart, created = inventory.open_cart(headers=caller_headers(request))
        return Response(cart, status=201 if created else 200)

    @extend_schema(
        operation_id="carts_retrieve",
        tags=["cart"],
        summary="A cart, at today's prices",
        responses=shapes.CartSerializer,
    )
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(inventory.get_cart(cart_id=pk, headers=caller_headers(request)))


class CartLineViewSet(PublicViewSet):
    """What is in a cart, and how many."""

    permission_classes = (IsNoService,)
    serializer_class = shapes.QuantitySerializer

    @extend_schema(
        operation_id="cart_lines_update",
        tags=["cart"],
        summary="Put a variant into the cart, or change how many",
        responses={200: shapes.CartSerializer},
        examples=[OpenApiExample("Two of them", value={"quantity": 2}, request_only=True)],
    )
    def update(self, request: Request, pk: UUID, variant: UUID) -> Response:
        return Response(
            inventory.set_line(cart_id=pk, variant=variant, body=request.data, headers=caller_headers(request))
        )

    @extend_schema(
        operation_id="cart_lines_destroy",
        tags=["cart"],
        summary="Take a variant out of the cart",
        responses={204: None},
    )
    def destroy(self, request: Request, pk: UUID, variant: UUID) -> Response:
        inventory.remove_line(cart_id=pk, variant=variant, headers=caller_headers(request))
        return Response(status=204)


ADDRESS_EXAMPLE = {
    "full_name": "Ada Lovelace",
    "line1": "12 rue des Lilas",
    "postal_code": "75011",
    "city": "Paris",
    "country": "FR",
}


class AddressViewSet(PublicViewSet):
    """Where parcels go."""

    permission_classes = (IsPerson,)
    serializer_class = shapes.AddressInputSerializer
    pagination_class = None

    @extend_schema(
        operation_id="addresses_list",
        tags=["addresses"],
        summary="The caller's address book",
        parameters=[shapes.PageQuerySerializer],
        responses=shapes.AddressPageSerializer,
    )
    def list(self, request: Request) -> Response:
        query = validated_query(request, shapes.PageQuerySerializer)
        return Response(public_page(request, orders.addresses(headers=caller_headers(request), query=query)))

    @extend_schema(
        operation_id="addresses_create",
        tags=["addresses"],
        summary="Add an address",
        responses={201: shapes.AddressSerializer},
        examples=[OpenApiExample("At home", value=ADDRESS_EXAMPLE, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        return Response(orders.add_address(body=request.data, headers=caller_headers(request)), status=201)

    @extend_schema(
        operation_id="addresses_retrieve",
        tags=["addresses"],
        summary="One of the caller's addresses",
        responses=shapes.AddressSerializer,
    )
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(orders.address(address_id=pk, headers=caller_headers(request)))

    @extend_schema(
        operation_id="addresses_partial_update",
        tags=["addresses"],
        summary="Change an address; orders placed with it keep what it said then",
        responses=shapes.AddressSerializer,
        examples=[OpenApiExample("Moved next door", value={"line1": "14 rue des Lilas"}, request_only=True)],
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        return Response(orders.change_address(address_id=pk, body=request.data, headers=caller_headers(request)))

    @extend_schema(
        operation_id="addresses_destroy", tags=["addresses"], summary="Forget an address", responses={204: None}
    )
    def destroy(self, request: Request, pk: UUID) -> Response:
        orders.forget_address(address_id=pk, headers=caller_headers(request))
        return Response(status=204)


class OrderViewSet(PublicViewSet):
    """What was bought, with payment and deliveries."""

    permission_classes = (IsPerson,)
    pagination_class = None

    @extend_schema(
        operation_id="orders_list",
        tags=["orders"],
        summary="The caller's orders, newest first, with payment and deliveries",
        parameters=[shapes.PageQuerySerializer],
        responses=shapes.OrderPageSerializer,
    )
    def list(self, request: Request) -> Response:
        query = validated_query(request, shapes.PageQuerySerializer)
        headers = caller_headers(request)
        page = public_page(request, orders.orders(headers=headers, query=query))
        degraded = with_payments(page["results"], headers=headers)
        return Response({**page, "degraded": degraded})

    @extend_schema(
        operation_id="orders_retrieve",
        tags=["orders"],
        summary="One of the caller's orders, with payment and deliveries",
        responses=shapes.OrderDetailSerializer,
    )
    def retrieve(self, request: Request, pk: UUID) -> Response:
        headers = caller_headers(request)
        order = orders.order(order_id=pk, headers=headers)
        degraded = with_payments([order], headers=headers)
        return Response({**order, "degraded": degraded})


class SaleViewSet(PublicViewSet):
    """What a seller has sold."""

    permission_classes = (has_role("seller"),)
    serializer_class = shapes.DeliveryInputSerializer
    pagination_class = None

    @extend_schema(
        operation_id="sales_list",
        tags=["seller"],
        summary="The seller's part of confirmed orders, newest first",
        parameters=[shapes.PageQuerySerializer],
        responses=shapes.SalePageSerializer,
    )
    def list(self, request: Request) -> Response:
        query = validated_query(request, shapes.PageQuerySerializer)
        return Response(public_page(request, orders.sales(headers=caller_headers(request), query=query)))

    @extend_schema(
        operation_id="sales_ship",
        tags=["seller"],
        summary="Mark a sale shipped; the buyer gets a mail with the tracking link",
        responses={201: shapes.DeliverySerializer},
        examples=[
            OpenApiExample(
                "Shipped", value={"carrier": "Colissimo", "tracking_number": "6A12345678901"}, request_only=True
            )
        ],
    )
    def ship(self, request: Request, pk: UUID) -> Response:
        return Response(orders.ship(sale_id=pk, body=request.data, headers=caller_headers(request)), status=201)


def validated_query(request: Request, serializer_class: type[shapes.Shape]) -> Mapping[str, Any]:
    """Return the query's known parameters, typed. Raises DRF's `ValidationError`."""
    serializer = serializer_class(data=request.query_params)
    serializer.is_valid(raise_exception=True)
    return {name: value for name, value in serializer.validated_data.items() if value is not None}
