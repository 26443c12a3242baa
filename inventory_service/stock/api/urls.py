from django.urls import path
from rest_framework.routers import SimpleRouter

from stock.api.views import MovementViewSet, ReservationViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("reservations", ReservationViewSet, basename="reservation")

urlpatterns = [
    *router.urls,
    path(
        "seller/variants/<uuid:variant>/movements",
        MovementViewSet.as_view({"get": "list", "post": "create"}),
        name="seller-movement",
    ),
]
