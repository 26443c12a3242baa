from django.conf import settings

from chassis.urls import error_handlers, service_urls

links = ", ".join(f"[{name}]({address})" for name, address in settings.SERVICE_DOCS.items())
description = settings.SPECTACULAR_SETTINGS["DESCRIPTION"] + (f" The services' own: {links}." if links else "")

urlpatterns = service_urls(
    "Aggregator",
    "storefront.api.urls",
    "checkouts.api.urls",
    "platform_status.api.urls",
    description=description,
)
handler400, handler403, handler404, handler500 = error_handlers
