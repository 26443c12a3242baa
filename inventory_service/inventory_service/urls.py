import mimetypes

from django.conf import settings
from django.urls import path
from django.views.decorators.cache import cache_control
from django.views.static import serve

from chassis.settings import is_production
from chassis.urls import error_handlers, service_urls

urlpatterns = service_urls(
    "Inventory",
    "catalogue.api.urls",
    "carts.api.urls",
    "stock.api.urls",
    "chassis.jobs.api.urls",
    "chassis.restores.api.urls",
)
if not is_production():
    # In production a web server or a bucket serves the images.
    mimetypes.add_type("image/webp", ".webp")
    pictures = cache_control(public=True, max_age=86_400)(serve)
    urlpatterns += [path("media/<path:path>", pictures, {"document_root": settings.MEDIA_ROOT})]
handler400, handler403, handler404, handler500 = error_handlers
