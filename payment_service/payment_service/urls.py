from django.urls import include, path

from chassis.urls import error_handlers, service_urls

urlpatterns = [
    *service_urls(
        "Payment",
        "payments.api.urls",
        "chassis.jobs.api.urls",
        "chassis.restores.api.urls",
    ),
    path("api/v1/sandbox/", include("sandbox.api.urls")),
]
handler400, handler403, handler404, handler500 = error_handlers
