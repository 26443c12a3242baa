from django.urls import path
from rest_framework.routers import SimpleRouter

from carts.api.views import CartLineViewSet, CartViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("carts", CartViewSet, basename="cart")

urlpatterns = [
    *router.urls,
    path(
        "carts/<uuid:cart>/lines/<uuid:variant>",
        CartLineViewSet.as_view({"put": "update", "delete": "destroy"}),
        name="cart-line",
    ),
]
