from django.urls import include, path

from chassis.urls import error_handlers, service_urls

urlpatterns = [
    *service_urls("Aggregator"),
    path("api/v1/", include("storefront.api.urls")),
    path("api/v1/", include("checkouts.api.urls")),
    path("api/v1/", include("platform_status.api.urls")),
]
handler400, handler403, handler404, handler500 = error_handlers
