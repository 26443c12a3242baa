from rest_framework.routers import SimpleRouter

from payments.api.views import PaymentViewSet, RefundViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("payments", PaymentViewSet, basename="payment")
router.register("refunds", RefundViewSet, basename="refund")

urlpatterns = router.urls
