from rest_framework.routers import SimpleRouter

from orders.api.restoration import RestoredOrderViewSet
from orders.api.views import AuditedOrderViewSet, OrderViewSet, SaleViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("orders", OrderViewSet, basename="order")
router.register("sales", SaleViewSet, basename="sale")
router.register("audit/orders", AuditedOrderViewSet, basename="audited-order")
router.register("reconcile/orders", RestoredOrderViewSet, basename="restored-order")

urlpatterns = router.urls
