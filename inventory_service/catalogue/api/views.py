import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer
from rest_framework.utils.serializer_helpers import ReturnDict

from catalogue import selectors, services
from catalogue.api.filters import ManagedProductFilters, ProductFilters, checked
from catalogue.api.permissions import SellerOrAdmin, managed_seller
from catalogue.api.serializers import (
    EUR,
    CategoryListSerializer,
    ManagedProductSerializer,
    ManagedVariantSerializer,
    NewProductSerializer,
    ProductChangeSerializer,
    ProductDetailSerializer,
    ProductSummarySerializer,
    VariantChangeSerializer,
)
from catalogue.errors import ProductNotFoundError
from catalogue.models import Category, Product, Variant
from chassis.shapes import shown
from chassis.viewsets import ServiceViewSet

_SUMMARY = {
    "id": "01936b1c-0000-7000-8000-000000000001",
    "slug": "stoneware-mug",
    "title": "Stoneware mug",
    "seller": "01936b1c-0000-7000-8000-00000000000a",
    "category": "mugs",
    "price": EUR,
    "in_stock": True,
    "image": "https://inventory.example/media/products/stoneware-mug.webp",
}
_VARIANT = {
    "id": "01936b1c-0000-7000-8000-000000000002",
    "sku": "MUG-BLU",
    "title": "Blue",
    "options": {"colour": "blue"},
    "price": EUR,
    "available": 12,
}


class CategoryViewSet(ServiceViewSet):
    """The tree of categories."""

    queryset = Category.objects.none()
    serializer_class = CategoryListSerializer
    permission_classes = (AllowAny,)
    pagination_class = None

    @extend_schema(
        operation_id="categories_list",
        summary="List all categories",
        tags=["catalogue"],
        responses=CategoryListSerializer,
        examples=[
            OpenApiExample(
                "A department",
                value={
                    "results": [
                        {
                            "id": "01936b1c-0000-7000-8000-000000000003",
                            "name": "Kitchen",
                            "slug": "kitchen",
                            "parent": None,
                        }
                    ]
                },
                response_only=True,
            )
        ],
    )
    def list(self, request: Request) -> Response:
        return Response(shown(CategoryListSerializer, {"results": selectors.categories()}))


class ProductViewSet(ServiceViewSet):
    """Published products, as everybody sees them."""

    queryset = Product.objects.none()
    serializer_class = ProductSummarySerializer
    permission_classes = (AllowAny,)
    lookup_field = "key"
    lookup_value_converter = "slug"

    def get_ordering(self) -> Sequence[str]:
        return selectors.ORDERINGS[self.request.query_params.get("ordering", "newest")]

    @extend_schema(
        operation_id="products_list",
        summary="List, filter and search products",
        tags=["catalogue"],
        parameters=[ProductFilters],
        responses=ProductSummarySerializer(many=True),
        examples=[OpenApiExample("A product", value=_SUMMARY, response_only=True)],
    )
    def list(self, request: Request) -> Response:
        asked = checked(ProductFilters, request)
        asked.pop("ordering", None)
        # The spec tells it by `ProductSummarySerializer`; what is asked most is answered without one.
        filters = selectors.public_filters(**asked)
        read = selectors.narrowed_product_rows if filters else selectors.public_product_rows
        rows = self.paginate_hot_read(read, **filters)
        return self.get_paginated_response(selectors.product_summaries(rows))

    @extend_schema(
        operation_id="products_retrieve",
        summary="Show a product",
        tags=["catalogue"],
        parameters=[OpenApiParameter("key", str, OpenApiParameter.PATH, description="The product's id or slug.")],
        responses=ProductDetailSerializer,
        examples=[
            OpenApiExample(
                "A product",
                value={
                    **{name: _SUMMARY[name] for name in ("id", "slug", "title")},
                    "description": "Thrown by hand.",
                    "seller": _SUMMARY["seller"],
                    "category": "mugs",
                    "images": [{"url": _SUMMARY["image"], "alt": "A blue mug"}],
                    "variants": [_VARIANT],
                    "created_at": "2026-01-01T12:00:00Z",
                },
                response_only=True,
            )
        ],
    )
    def retrieve(self, request: Request, key: str) -> Response:
        product = selectors.public_product(key=key)
        if product is None:
            raise ProductNotFoundError()
        return Response(product)


_PRODUCT = {
    "id": _SUMMARY["id"],
    "slug": "stoneware-mug",
    "seller": _SUMMARY["seller"],
    "category": "mugs",
    "title": "Stoneware mug",
    "description": "Thrown by hand.",
    "state": "published",
    "price_from": EUR,
    "created_at": "2026-01-01T12:00:00Z",
}
_MANAGED_VARIANT = {
    "id": _VARIANT["id"],
    "product": _SUMMARY["id"],
    "sku": "MUG-BLU",
    "title": "Blue",
    "options": {"colour": "blue"},
    "price_amount": 2490,
    "currency": "EUR",
    "position": 0,
    "on_hand": 14,
    "reserved": 2,
    "archived_at": None,
    "created_at": "2026-01-01T12:00:00Z",
}


def _documented(*, noun: str, model: str, request: Any, change: Any, answer: Any, example: dict[str, Any]) -> Any:
    """Describe the operations that a seller has on things of one kind."""
    shown = [OpenApiExample(f"A {noun}", value=example, response_only=True)]
    shared: dict[str, Any] = {"tags": ["seller"], "examples": shown}
    return extend_schema_view(
        list=extend_schema(operation_id=f"seller_{model}_list", summary=f"List own {model}", **shared),
        retrieve=extend_schema(operation_id=f"seller_{model}_retrieve", summary=f"Show an own {noun}", **shared),
        create=extend_schema(
            operation_id=f"seller_{model}_create",
            summary=f"Add a {noun}",
            request=request,
            responses={201: answer},
            **shared,
        ),
        update=extend_schema(
            operation_id=f"seller_{model}_update",
            summary=f"Change all of a {noun}",
            request=change,
            responses=answer,
            **shared,
        ),
        partial_update=extend_schema(
            operation_id=f"seller_{model}_partial_update",
            summary=f"Change what is given of a {noun}",
            request=change,
            responses=answer,
            **shared,
        ),
        destroy=extend_schema(
            operation_id=f"seller_{model}_archive",
            summary=f"Archive a {noun}",
            description="It is never deleted: what was bought of it stays valid.",
            tags=["seller"],
        ),
    )


class ManagedViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ServiceViewSet):
    """What sellers manage of their own, and admins of everybody's."""

    permission_classes = (SellerOrAdmin,)
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"

    def checked(self, instance: Any = None, *, partial: bool = False) -> BaseSerializer[Any]:
        """Return what was sent, valid."""
        sent = self.get_serializer(instance, data=self.request.data, partial=partial)
        sent.is_valid(raise_exception=True)
        return sent

    def answer(self, sent: BaseSerializer[Any], row: Any, shown: Any, *, code: int = status.HTTP_200_OK) -> Response:
        """Answer with the changed row; in the browser its form stays the one that was sent."""
        sent.instance = row
        return Response(ReturnDict(shown(row).data, serializer=sent), status=code)


@_documented(
    noun="product",
    model="products",
    request=NewProductSerializer,
    change=ProductChangeSerializer,
    answer=ManagedProductSerializer,
    example=_PRODUCT,
)
class ManagedProductViewSet(ManagedViewSet):
    """Sellers' own products; admins see everybody's. Archived ones are listed by `?state=archived` only."""

    queryset = Product.objects.none()

    def get_queryset(self) -> QuerySet[Product]:
        products = selectors.managed_products(seller=managed_seller(self.request))
        if self.action == "list":
            return selectors.in_state(products, **checked(ManagedProductFilters, self.request))
        return products

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        if self.action == "create":
            return NewProductSerializer
        return ProductChangeSerializer if self.action in {"update", "partial_update"} else ManagedProductSerializer

    @extend_schema(parameters=[ManagedProductFilters])
    def list(self, request: Request) -> Response:
        return super().list(request)

    def create(self, request: Request) -> Response:
        sent = self.checked()
        product = services.create_product(**sent.validated_data)
        return self.answer(sent, product, ManagedProductSerializer, code=status.HTTP_201_CREATED)

    def update(self, request: Request, pk: uuid.UUID, *, partial: bool = False) -> Response:
        sent = self.checked(self.get_object(), partial=partial)
        product = services.update_product(product_id=pk, **sent.validated_data)
        return self.answer(sent, product, ManagedProductSerializer)

    def partial_update(self, request: Request, pk: uuid.UUID) -> Response:
        return self.update(request, pk, partial=True)

    def destroy(self, request: Request, pk: uuid.UUID) -> Response:
        services.archive_product(product_id=self.get_object().pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="seller_products_publish",
        summary="Offer a product to everybody",
        tags=["seller"],
        request=None,
        responses=ManagedProductSerializer,
        examples=[OpenApiExample("A product", value=_PRODUCT, response_only=True)],
    )
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: uuid.UUID) -> Response:
        product = services.publish_product(product_id=self.get_object().pk)
        return Response(ManagedProductSerializer(product).data)

    @extend_schema(
        operation_id="seller_products_unpublish",
        summary="Take a product back to draft",
        tags=["seller"],
        request=None,
        responses=ManagedProductSerializer,
        examples=[OpenApiExample("A product", value={**_PRODUCT, "state": "draft"}, response_only=True)],
    )
    @action(detail=True, methods=["post"])
    def unpublish(self, request: Request, pk: uuid.UUID) -> Response:
        product = services.unpublish_product(product_id=self.get_object().pk)
        return Response(ManagedProductSerializer(product).data)


@_documented(
    noun="variant",
    model="variants",
    request=ManagedVariantSerializer,
    change=VariantChangeSerializer,
    answer=ManagedVariantSerializer,
    example=_MANAGED_VARIANT,
)
class ManagedVariantViewSet(ManagedViewSet):
    """Variants of sellers' own products, archived ones too; admins see everybody's."""

    queryset = Variant.objects.none()

    def get_queryset(self) -> QuerySet[Variant]:
        return selectors.managed_variants(seller=managed_seller(self.request))

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return VariantChangeSerializer if self.action in {"update", "partial_update"} else ManagedVariantSerializer

    def get_extra_action_url_map(self) -> dict[str, str]:
        """What the browsable API offers beside a variant."""
        pages: dict[str, str] = super().get_extra_action_url_map()
        if self.detail:
            pages["Stock movements"] = reverse("seller-movement", args=[self.kwargs["pk"]])
        return pages

    def create(self, request: Request) -> Response:
        sent = self.checked()
        product, values = sent.validated_data["product"], dict(sent.validated_data)
        del values["product"]
        variant = services.create_variant(product_id=product.pk, **values)
        return self.answer(sent, variant, ManagedVariantSerializer, code=status.HTTP_201_CREATED)

    def update(self, request: Request, pk: uuid.UUID, *, partial: bool = False) -> Response:
        sent = self.checked(self.get_object(), partial=partial)
        variant = services.update_variant(variant_id=pk, **sent.validated_data)
        return self.answer(sent, variant, ManagedVariantSerializer)

    def partial_update(self, request: Request, pk: uuid.UUID) -> Response:
        return self.update(request, pk, partial=True)

    def destroy(self, request: Request, pk: uuid.UUID) -> Response:
        services.archive_variant(variant_id=self.get_object().pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
