from rest_framework.routers import SimpleRouter

from chassis.jobs.api.views import AuditedJobViewSet

router = SimpleRouter(trailing_slash=False)
router.register("audit/jobs", AuditedJobViewSet, basename="audited-job")

urlpatterns = router.urls
