from django.urls import path
from rest_framework.routers import SimpleRouter

from chassis.restores.api.views import AuditedRestoreViewSet, ReleaseViewSet

router = SimpleRouter(trailing_slash=False)
router.register("audit/restores", AuditedRestoreViewSet, basename="audited-restore")

urlpatterns = [
    *router.urls,
    path("restores/<uuid:restore_id>/release", ReleaseViewSet.as_view({"post": "release"}), name="restore-release"),
]
