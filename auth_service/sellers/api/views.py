import uuid

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.shapes import parsed, shown
from chassis.viewsets import ServiceViewSet
from sellers import selectors
from sellers.api.serializers import SellerSerializer, SellersQuerySerializer, SellersSerializer

SELLER_EXAMPLE = {"id": "01936d0c-7c3e-7b1e-8f43-0d2f6c6b7a11", "name": "Atelier Lumen", "slug": "atelier-lumen"}


class SellerViewSet(ServiceViewSet):
    """Sellers as the public sees them."""

    serializer_class = SellerSerializer
    permission_classes = (AllowAny,)
    pagination_class = None

    @extend_schema(
        operation_id="sellers_list",
        summary="List sellers' public profiles",
        description="Sellers that do not exist are left out.",
        tags=["sellers"],
        parameters=[SellersQuerySerializer],
        responses=SellersSerializer,
        examples=[OpenApiExample("One seller", value={"results": [SELLER_EXAMPLE]}, response_only=True)],
    )
    def list(self, request: Request) -> Response:
        query = parsed(SellersQuerySerializer, request.query_params)
        return Response(shown(SellersSerializer, {"results": selectors.profiles(ids=query.get("id", ()))}))

    @extend_schema(
        operation_id="sellers_retrieve",
        summary="Show a seller's public profile",
        tags=["sellers"],
        responses=SellerSerializer,
        examples=[OpenApiExample("A seller", value=SELLER_EXAMPLE, response_only=True)],
    )
    def retrieve(self, request: Request, pk: uuid.UUID) -> Response:
        profile = selectors.profile(seller_id=pk)
        if profile is None:
            raise Http404
        return Response(self.get_serializer(profile).data)
