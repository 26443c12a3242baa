from django.urls import include, path

from chassis.urls import error_handlers, service_urls

urlpatterns = [
    *service_urls("Auth"),
    path(".well-known/", include("keys.api.urls")),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("sellers.api.urls")),
    path("api/v1/", include("logins.api.urls")),
    path("api/v1/", include("service_accounts.api.urls")),
    path("api/v1/", include("chassis.jobs.api.urls")),
    path("api/v1/", include("chassis.restores.api.urls")),
]
handler400, handler403, handler404, handler500 = error_handlers
