from django.urls import path
from rest_framework.routers import SimpleRouter

from stock.api.restoration import RestoredReservationViewSet
from stock.api.views import AuditedReservationViewSet, AuditedStockViewSet, MovementViewSet, ReservationViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("reservations", ReservationViewSet, basename="reservation")
router.register("audit/stock", AuditedStockViewSet, basename="audited-stock")
router.register("audit/reservations", AuditedReservationViewSet, basename="audited-reservation")
router.register("reconcile/reservations", RestoredReservationViewSet, basename="restored-reservation")

urlpatterns = [
    *router.urls,
    path(
        "seller/variants/<uuid:variant>/movements",
        MovementViewSet.as_view({"get": "list", "post": "create"}),
        name="seller-movement",
    ),
]
