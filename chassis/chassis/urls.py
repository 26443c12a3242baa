"""The addresses that every service has: probes, admin, login for the browsable API, spec and its pages.

from chassis.urls import service_urls
urlpatterns = service_urls("Orders") + [path("api/v1/", include("orders.api.urls")), ...]
handler400, handler403, handler404, handler500 = error_handlers
"""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

import chassis.identity.schema  # noqa: F401 - registers how the spec names our authentication
from chassis.health import livez, readyz

error_handlers = (
    "chassis.problems.bad_request",
    "chassis.problems.permission_denied",
    "chassis.problems.not_found",
    "chassis.problems.server_error",
)


def service_urls(name: str) -> list[URLPattern | URLResolver]:
    """Return the standard addresses of a service that people know as `name`."""
    admin.site.site_header = admin.site.site_title = f"Mylittleshopping · {name}"
    admin.site.index_title = name
    return [
        path("livez", livez),
        path("readyz", readyz),
        path("", RedirectView.as_view(url="/api/docs/")),
        path("admin/", admin.site.urls),
        # /login/ and /logout/, under the names that the browsable API links to.
        path("", include("rest_framework.urls")),
        path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
        path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    ]
