from django.urls import include, path

from chassis.urls import error_handlers, service_urls

urlpatterns = [
    *service_urls("Payment"),
    path("api/v1/", include("payments.api.urls")),
    path("api/v1/sandbox/", include("sandbox.api.urls")),
    path("api/v1/", include("chassis.jobs.api.urls")),
    path("api/v1/", include("chassis.restores.api.urls")),
]
handler400, handler403, handler404, handler500 = error_handlers
