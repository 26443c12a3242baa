from django.conf import settings
from django.urls import include, path

from chassis.urls import error_handlers, service_urls

links = ", ".join(f"[{name}]({address})" for name, address in settings.SERVICE_DOCS.items())
description = settings.SPECTACULAR_SETTINGS["DESCRIPTION"] + (f" The services' own: {links}." if links else "")

urlpatterns = [
    *service_urls("Aggregator", description=description),
    path("api/v1/", include("storefront.api.urls")),
    path("api/v1/", include("checkouts.api.urls")),
    path("api/v1/", include("platform_status.api.urls")),
]
handler400, handler403, handler404, handler500 = error_handlers
