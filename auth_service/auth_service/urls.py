from django.urls import include, path

from chassis.urls import error_handlers, service_urls

urlpatterns = [
    *service_urls(
        "Auth",
        "accounts.api.urls",
        "sellers.api.urls",
        "logins.api.urls",
        "service_accounts.api.urls",
        "chassis.jobs.api.urls",
        "chassis.restores.api.urls",
    ),
    path(".well-known/", include("keys.api.urls")),
]
handler400, handler403, handler404, handler500 = error_handlers
