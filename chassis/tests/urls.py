from django.urls import include, path
from rest_framework.routers import SimpleRouter

from chassis.urls import error_handlers, service_urls
from tests.parcels.views import ParcelViewSet

router = SimpleRouter(trailing_slash=False)
router.register("parcels", ParcelViewSet, basename="parcel")

urlpatterns = [
    *service_urls("Parcels"),
    path("api/v1/", include(router.urls)),
    path("api/v1/", include("chassis.jobs.api.urls")),
    path("api/v1/", include("chassis.restores.api.urls")),
]
handler400, handler403, handler404, handler500 = error_handlers
