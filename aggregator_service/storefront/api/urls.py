from typing import Any

from django.urls import path, re_path

from storefront.api import views

read: dict[str, Any] = {"get": "retrieve"}
urlpatterns = [
    path("accounts", views.AccountViewSet.as_view({"post": "create"}), name="accounts"),
    path("accounts/verify", views.AccountViewSet.as_view({"post": "verify"}), name="accounts-verify"),
    path("accounts/me", views.OwnAccountViewSet.as_view(read), name="accounts-me"),
    path("auth/token", views.TokenViewSet.as_view({"post": "create"}), name="token"),
    path("auth/token/refresh", views.TokenViewSet.as_view({"post": "refresh"}), name="token-refresh"),
    path("auth/token/revoke", views.TokenViewSet.as_view({"post": "revoke"}), name="token-revoke"),
    path("categories", views.CategoryViewSet.as_view({"get": "list"}), name="categories"),
    path("products", views.ProductViewSet.as_view({"get": "list"}), name="products"),
    re_path(r"^products/(?P<id_or_slug>[-a-zA-Z0-9_]{1,200})$", views.ProductViewSet.as_view(read), name="product"),
    path("carts", views.CartViewSet.as_view({"post": "create"}), name="carts"),
    path("carts/<uuid:pk>", views.CartViewSet.as_view(read), name="cart"),
    path(
        "carts/<uuid:pk>/lines/<uuid:variant>",
        views.CartLineViewSet.as_view({"put": "update", "delete": "destroy"}),
        name="cart-line",
    ),
    path("addresses", views.AddressViewSet.as_view({"get": "list", "post": "create"}), name="addresses"),
    path(
        "addresses/<uuid:pk>",
        views.AddressViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="address",
    ),
    path("orders", views.OrderViewSet.as_view({"get": "list"}), name="orders"),
    path("orders/<uuid:pk>", views.OrderViewSet.as_view(read), name="order"),
    path("seller/sales", views.SaleViewSet.as_view({"get": "list"}), name="sales"),
    path("seller/sales/<uuid:pk>/deliveries", views.SaleViewSet.as_view({"post": "ship"}), name="sale-deliveries"),
]
