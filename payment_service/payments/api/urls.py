from rest_framework.routers import SimpleRouter

from payments.api.restoration import RestoredPaymentViewSet
from payments.api.views import (
    AuditedPaymentViewSet,
    AuditedProviderPaymentViewSet,
    PaymentViewSet,
    RefundViewSet,
)

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("payments", PaymentViewSet, basename="payment")
router.register("refunds", RefundViewSet, basename="refund")
router.register("audit/payments", AuditedPaymentViewSet, basename="audited-payment")
router.register("audit/provider-payments", AuditedProviderPaymentViewSet, basename="audited-provider-payment")
router.register("reconcile/payments", RestoredPaymentViewSet, basename="restored-payment")

urlpatterns = router.urls
