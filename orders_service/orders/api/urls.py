from rest_framework.routers import SimpleRouter

from orders.api.views import AuditedOrderViewSet, OrderViewSet, SaleViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("orders", OrderViewSet, basename="order")
router.register("sales", SaleViewSet, basename="sale")
router.register("audit/orders", AuditedOrderViewSet, basename="audited-order")

urlpatterns = router.urls
