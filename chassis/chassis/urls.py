"""The addresses that every service has: probes, metrics, admin, login for the browsable API, spec and its pages.

from chassis.urls import service_urls
urlpatterns = service_urls("Orders") + [path("api/v1/", include("orders.api.urls")), ...]
handler400, handler403, handler404, handler500 = error_handlers
"""

from importlib import import_module

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

import chassis.identity.schema  # noqa: F401 - registers how the spec names our authentication
from chassis.api_root import ApiRootView
from chassis.health import livez, metrics, readyz
from chassis.identity.forms import AdminLoginForm, LoginForm

error_handlers = (
    "chassis.problems.bad_request",
    "chassis.problems.permission_denied",
    "chassis.problems.not_found",
    "chassis.problems.server_error",
)


# Under the names that the browsable API links to.
sign_in = (
    [
        path(
            "login/",
            LoginView.as_view(template_name="rest_framework/login.html", authentication_form=LoginForm),
            name="login",
        ),
        path("logout/", LogoutView.as_view(), name="logout"),
    ],
    "rest_framework",
)

FAVICON = static("drf_spectacular_sidecar/swagger-ui-dist/favicon-32x32.png")


def service_urls(name: str, *apis: str, description: str = "") -> list[URLPattern | URLResolver]:
    """Return the addresses of a service that people know as `name`: those of its `apis`, and the standard ones.

    `description` replaces the spec's where it is served: for what depends on where the service runs.
    """
    admin.autodiscover()
    served = {"DESCRIPTION": description} if description else None
    admin.site.site_header = admin.site.site_title = f"Mylittleshopping · {name}"
    admin.site.index_title = name
    admin.site.login_form = AdminLoginForm
    return [
        # First, because nearly every request is for them; one list, because each that is included is gone through anew.
        path("api/v1/", include([each for api in apis for each in import_module(api).urlpatterns])),
        path("livez", livez),
        path("readyz", readyz),
        path("metrics", metrics),
        path("favicon.ico", RedirectView.as_view(url=FAVICON)),
        path("", RedirectView.as_view(url="/api/docs/")),
        path("admin/", admin.site.urls),
        path("", include(sign_in)),
        re_path(r"^api/v1/?$", ApiRootView.as_view(service=name), name="api-root"),
        path("api/schema/", SpectacularAPIView.as_view(custom_settings=served), name="schema"),
        path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    ]
