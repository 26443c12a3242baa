from django.urls import path

from sellers.api.views import SellerViewSet

urlpatterns = [
    path("sellers", SellerViewSet.as_view({"get": "list"}), name="sellers"),
    path("sellers/<uuid:pk>", SellerViewSet.as_view({"get": "retrieve"}), name="seller"),
]
